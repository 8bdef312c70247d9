"""A data set that was uploaded as a tar file: its regular files, below a folder of its own, or nothing.

Plain tar only: what is packed cannot be larger than the upload. A link, a device, a sparse file, an absolute name or one with `..`
refuses the whole. A child with limits of memory, processor time and file size unpacks it: this module, run with the two paths.

Limits: MOST_FILES files, MOST_OCTETS octets, DEEPEST folders, LONGEST letters a name; those of `limit_upload`; PATIENCE_S seconds.
Source: console.md section 9 (uploads).
"""

import errno
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from ain_scp.console.resources.fault import PageFault
from ain_scp.console.sources.runs import UPLOAD_BOUNDS, limit_upload

MOST_FILES: Final = 10_000
MOST_OCTETS: Final = 1 << 30
DEEPEST: Final = 10
LONGEST: Final = 200
ROOT: Final = "dataset.toml"
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PATIENCE_S: Final = 25.0
_TOO_MUCH: Final = f"the archive cannot be unpacked within {UPLOAD_BOUNDS}"


class _Refusal(msgspec.Struct):
    """Why the child unpacked nothing."""

    status: int
    detail: str


def unpack_apart(archive: Path, target: Path) -> None:
    """`unpack` in a child with limits; PageFault in its words, 413 when it met a limit, 503 when it took too long."""
    words = [sys.executable, "-m", __name__, str(archive), str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, two paths of the workspace
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False, preexec_fn=limit_upload
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PageFault(503, f"the archive was not unpacked within {PATIENCE_S:g} s") from None
    if done.returncode == 0:
        return
    try:
        refusal = msgspec.json.decode(done.stdout, type=_Refusal)
    except (msgspec.DecodeError, RecursionError):  # it was ended by a limit before it could say so
        refusal = _Refusal(413, _TOO_MUCH)
    raise PageFault(refusal.status, refusal.detail)


def unpack(archive: Path, target: Path) -> None:
    """Write the files of the data set below `target`; PageFault 422 for what is none. OSError when they cannot be written.

    The data set begins at the folder that holds dataset.toml, so an archive of the folder and one of its contents are alike.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            files = _files(tar)
            root = min(
                (name.parent for name in files if name.name == ROOT),
                key=lambda one: len(one.parts),
                default=None,
            )
            if root is None:
                raise PageFault(422, f"no {ROOT} in this archive: make it with tar -cf DATASET.tar DATASET")
            for name, member in files.items():
                if name.is_relative_to(root):
                    place = target / name.relative_to(root)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    held = tar.extractfile(member)
                    if held is not None:
                        with place.open("wb") as file:
                            shutil.copyfileobj(held, file)
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as fault:
        raise PageFault(422, f"no plain tar archive: {fault}") from None


def _files(tar: tarfile.TarFile) -> dict[PurePosixPath, tarfile.TarInfo]:
    """The regular files by name; PageFault when anything else is there, or there is too much."""
    files: dict[PurePosixPath, tarfile.TarInfo] = {}
    octets = 0
    for count, member in enumerate(tar, 1):
        name = PurePosixPath(member.name)
        octets += member.size
        if count > MOST_FILES or octets > MOST_OCTETS:
            raise PageFault(413, f"an archive has {MOST_FILES} entries and {MOST_OCTETS >> 20} MiB at most")
        if member.isdir():
            continue
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse() or member.size < 0:
            raise PageFault(422, f"{member.name[:80]}: neither a plain file nor a folder")
        if (
            name.is_absolute()
            or ".." in name.parts
            or len(name.parts) > DEEPEST
            or len(member.name) > LONGEST
            or "\0" in member.name
        ):
            raise PageFault(422, f"{member.name[:80]}: a name below the archive's own folder, please")
        files[name] = member
    return files


def _main(archive: str, target: str) -> int:
    """The child: 0 when everything was unpacked, else 1 and why on standard output."""
    try:
        unpack(Path(archive), Path(target))
    except PageFault as fault:
        refusal = _Refusal(fault.status, fault.detail)
    except (MemoryError, RecursionError):
        refusal = _Refusal(413, _TOO_MUCH)
    except OSError as fault:
        status = 507 if fault.errno in _NO_ROOM else 422
        refusal = _Refusal(status, f"the archive cannot be unpacked: {fault.strerror or fault}")
    else:
        return 0
    sys.stdout.buffer.write(msgspec.json.encode(refusal))
    return 1


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
