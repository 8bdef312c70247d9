"""The digest of a data set: one number for everything a load reads, so that two nodes can be compared.

SHA-256 over one line for each file, `path NUL sha256(file) LF`, paths relative with `/`, in the order of their octets.
Hidden files, scenarios and a README beside the tables are not read by a load and do not count.

Source: interfaces.md section 6.6.
"""

import hashlib
from pathlib import Path
from typing import Final

from ain_scp.provisioning.forms import HEAD

FOLDERS: Final = ("network", "customers", "charging", "services")
_CHUNK: Final = 1 << 20


def digest_of(directory: Path) -> str:
    """All 64 hexadecimal digits; OSError when a file cannot be read."""
    whole = hashlib.sha256()
    for name, path in counted_files(directory).items():
        with path.open("rb") as file:
            _add(whole, name, hashlib.file_digest(file, "sha256").hexdigest())
    return whole.hexdigest()


def copied(directory: Path, target: Path) -> str:
    """Copy the files that count into the folder `target` (made by this); the digest of exactly what was copied.

    Who loads the copy loads what the digest says, whatever happens to the files meanwhile. OSError when one cannot be
    read or written.
    """
    whole = hashlib.sha256()
    target.mkdir(parents=True)
    for name, path in counted_files(directory).items():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("rb") as source, place.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
        _add(whole, name, digest.hexdigest())
    return whole.hexdigest()


def counted_files(directory: Path) -> dict[str, Path]:
    """The files that count by relative name, in the order of its octets."""
    paths = [directory / HEAD] + [path for folder in FOLDERS for path in (directory / folder).rglob("*")]
    named = {
        path.relative_to(directory).as_posix(): path
        for path in paths
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    }
    return {name: named[name] for name in sorted(named, key=str.encode)}


def _add(whole: "hashlib._Hash", name: str, digest: str) -> None:
    whole.update(name.encode() + b"\0" + digest.encode() + b"\n")
