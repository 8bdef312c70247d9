"""Revisions of a data set that lies in a git work tree: which there are, and the files of one as they were.

`git` is a child with fixed arguments. A revision is checked by `rev-parse --verify` behind `--end-of-options`; blobs are read as
they are stored, so that no hook, filter, text conversion, signature program or remote of the repository is ever run.

Limits: MOST_FILES files, MOST_OCTETS octets, PATIENCE_S seconds.
Source: console.md section 9 (git), section 7.1.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.sources.runs import limit

MOST_FILES: Final = 10_000
MOST_OCTETS: Final = 1 << 30
MOST_SHOWN: Final = 50
PATIENCE_S: Final = 20.0
_REVISION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/^~@{}-]{0,99}")
_FIXED: Final = ("--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")  # fmt: skip
_PLAIN: Final = ("100644", "100755")


class Revision(msgspec.Struct, frozen=True):
    """One commit that changed the data set: its name, when, and the first line of what it says."""

    commit: str
    at: str
    title: str


def revisions(directory: Path) -> list[Revision]:
    """The latest commits that changed the data set, the newest first; none outside a work tree, or without git."""
    try:
        said = _git(directory, "rev-list", f"--max-count={MOST_SHOWN}", "--no-commit-header", "--format=%H%x00%cI%x00%s", "HEAD", "--", ".")  # fmt: skip
    except PageFault:
        return []
    lines = (line.split("\0") for line in said.decode("utf-8", "replace").splitlines())
    return [Revision(*parts) for parts in lines if len(parts) == 3]


def commit_of(directory: Path, revision: str) -> str:
    """The full name of a revision's commit; PageFault 404 when there is none."""
    if _REVISION.fullmatch(revision) is None:
        raise absent("such revision")
    try:
        said = _git(
            directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except PageFault:
        raise absent("such revision") from None
    return said.decode("ascii", "replace").strip()


def extract(directory: Path, commit: str, target: Path) -> None:
    """Write the files of the data set as they were at a commit below `target`; links and submodules are left out.

    PageFault when there are too many or too large ones. OSError when they cannot be written.
    """
    listed = _git(directory, "ls-tree", "-r", "-z", "-l", commit, "--", ".")
    rows = [row.partition(b"\t") for row in listed.split(b"\0") if row]
    files = [
        (head.split()[2], int(head.split()[3]), os.fsdecode(name))
        for head, _, name in rows
        if head.split()[0].decode() in _PLAIN
    ]
    if not files:
        raise PageFault(404, "this revision has no such data set")
    if len(files) > MOST_FILES or sum(size for _, size, _ in files) > MOST_OCTETS:
        raise PageFault(413, f"a revision has {MOST_FILES} files and {MOST_OCTETS >> 20} MiB at most")
    octets = _git(directory, "cat-file", "--batch", given=b"\n".join(name for name, _, _ in files) + b"\n")
    at = 0
    for _, size, name in files:
        at = octets.index(b"\n", at) + 1
        place = target / name
        if not place.resolve().is_relative_to(target.resolve()):
            raise PageFault(422, "a name in this revision leads out of the data set")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(octets[at : at + size])
        at += size + 1


def _git(directory: Path, *words: str, given: bytes = b"") -> bytes:
    """What git says about the work tree of a directory; PageFault when it refuses, is absent or takes too long."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    fixed = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments; a revision was checked and stands behind --end-of-options
            ["git", *_FIXED, "-C", str(directory), *words],  # noqa: S607 - git of the user's own PATH
            input=given,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            env=kept | fixed,
            preexec_fn=limit,
        )
    except FileNotFoundError:
        raise PageFault(422, "git is not installed here") from None
    except subprocess.TimeoutExpired:
        raise PageFault(503, f"git did not answer within {PATIENCE_S:g} s") from None
    if done.returncode:
        raise PageFault(422, done.stderr.decode("utf-8", "replace").strip()[:400] or "git refused")
    return done.stdout
