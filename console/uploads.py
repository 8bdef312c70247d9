"""What was uploaded: captures, and data sets and query lines for reviews; each a file named by its SHA-256, with a note of who brought it and under which name.

The client's name is a label and never a path; files are written beside their place and moved when they are whole; nothing that a
link stands for is read or written.

Limits: `MOST_OCTETS` a file, `MOST_ALL` all together.
Source: console.md section 9 (uploads, paths).
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent

MOST_OCTETS: Final = 64 << 20
MOST_ALL: Final = 1 << 30
KINDS: Final = ("capture", "dataset", "calls")
_SHA: Final = re.compile(r"[0-9a-f]{64}")


class Upload(msgspec.Struct):
    """One file. `replay` is the outcome of a capture's last replay, `state`: none, running, done, failed. `kind` as in KINDS."""

    sha: str
    label: str
    by: str
    at: str
    octets: int
    state: str = "none"
    why: str = ""
    replay: dict[str, Any] | None = None
    kind: str = "capture"


class Uploads:
    """The uploads of a workspace; `stamp` is the time as text."""

    def __init__(
        self, folder: Path, stamp: Callable[[], str], most: int = MOST_OCTETS, most_all: int = MOST_ALL
    ) -> None:
        """OSError when the folder cannot be used, or is a link."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._at = os.open(folder, flags)
        self._folder = folder
        self._most, self._most_all = most, most_all
        self._stamp = stamp
        self.known: dict[str, Upload] = {}
        for name in sorted(one.name for one in folder.iterdir()):
            if name.startswith(".part-"):
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=self._at)  # of a console that was killed
            elif name.endswith(".json"):
                with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
                    self._know(msgspec.json.decode(self._read(name), type=Upload))

    def _know(self, found: Upload) -> None:
        if _SHA.fullmatch(found.sha) is None or not self._is_file(found.sha):
            return
        if found.state == "running":
            found.state, found.why = "failed", "the console ended while it was replayed"
        self.known[found.sha] = found

    async def take(
        self, chunks: AsyncIterator[bytes], length: int, label: str, by: str, kind: str = "capture"
    ) -> Upload:
        """Take a file of this many octets; PageFault when it is too long, too many, cut short, or there as another kind."""
        if kind not in KINDS:
            raise PageFault(400, f"kind: one of {', '.join(KINDS)}")
        if length > self._most:
            raise PageFault(413, f"an upload has {self._most >> 20} MiB at most")
        if sum(one.octets for one in self.known.values()) + length > self._most_all:
            raise PageFault(
                413, f"all uploads together have {self._most_all >> 20} MiB at most; delete one first"
            )
        part = f".part-{secrets.token_hex(8)}"
        file = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._at
        )
        digest, taken = hashlib.sha256(), 0
        try:
            with os.fdopen(file, "wb") as stream:
                async for chunk in chunks:
                    taken += len(chunk)
                    if taken > length:
                        raise PageFault(400, "more octets than were announced")
                    digest.update(chunk)
                    stream.write(chunk)
            if taken != length:
                raise PageFault(400, f"cut short: {taken} of {length} octets came")
            sha = digest.hexdigest()
            os.rename(part, sha, src_dir_fd=self._at, dst_dir_fd=self._at)
        except OSError as fault:
            raise PageFault(507, f"the upload cannot be stored: {fault.strerror}") from None
        finally:
            with contextlib.suppress(OSError):
                os.unlink(part, dir_fd=self._at)
        made = Upload(sha, label[:120] or kind, by, self._stamp(), taken, kind=kind)
        found = self.known.setdefault(sha, made)
        if found.kind != kind:
            raise PageFault(409, f"the same octets were uploaded as {found.kind}; delete that first")
        self.keep(found)
        return found

    def find(self, sha: str, *kinds: str) -> Upload:
        """An upload of one of the kinds (any, when none is given); PageFault 404 when there is none."""
        found = self.known.get(sha)
        if found is None or (kinds and found.kind not in kinds):
            raise absent("such upload")
        return found

    def of_kind(self, *kinds: str) -> list[Upload]:
        """All of these kinds, the latest first."""
        return sorted((one for one in self.known.values() if one.kind in kinds), key=lambda one: one.at)[::-1]

    def path(self, found: Upload) -> Path:
        """Where its octets are; PageFault 404 when it is no file any more."""
        if not self._is_file(found.sha):
            raise absent("such upload")
        return self._folder.resolve() / found.sha

    def remove(self, found: Upload) -> None:
        """Forget an upload."""
        self.known.pop(found.sha, None)
        for name in (found.sha, f"{found.sha}.json"):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._at)

    def keep(self, found: Upload) -> None:
        """Write the note of an upload."""
        part = f".part-{secrets.token_hex(8)}"
        file = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._at
        )
        with os.fdopen(file, "wb") as stream:
            stream.write(msgspec.json.encode(found))
        os.rename(part, f"{found.sha}.json", src_dir_fd=self._at, dst_dir_fd=self._at)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._at)

    def _is_file(self, name: str) -> bool:
        try:
            status = os.stat(name, dir_fd=self._at, follow_symlinks=False)
        except OSError:
            return False
        return (status.st_mode & 0o170000) == 0o100000

    def _read(self, name: str) -> bytes:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=self._at)
        with os.fdopen(file, "rb") as stream:
            return stream.read(8 << 20)
