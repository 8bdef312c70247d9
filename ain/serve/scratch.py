"""A private temporary folder that goes with its process, and is swept by the next one when the process was killed.

The folder is locked while its owner lives (flock, released by the kernel however the owner dies). It gets its name when it
is already locked, so that no other start takes it for one left over. Only a folder with our mark in it is ever swept: a name
proves nothing, and somebody's own folder may begin with the same letters.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK: Final = ".ain-scratch"


class Scratch:
    """One folder named `prefix` and some letters, mode 0700; making it removes those of dead owners."""

    def __init__(self, prefix: str) -> None:
        made = Path(tempfile.mkdtemp(prefix=f".{prefix}"))
        self._lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (made / MARK).touch()
        self.path = made.rename(made.with_name(made.name[1:]))
        _sweep(self.path.parent, prefix)

    def close(self) -> None:
        """Remove the folder; a second call does nothing."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _sweep(parent: Path, prefix: str) -> None:
    """Remove the marked folders of this user that no process holds."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(lock).st_uid == os.geteuid() and (folder / MARK).is_file():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
