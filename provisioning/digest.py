"""The digest of a data set: one number for everything a load reads, so that two nodes can be compared.

SHA-256 over one line for each file, `path NUL sha256(file) LF`, paths relative with `/`, in the order of their octets.
Hidden files, scenarios and a README beside the tables are not read by a load and do not count.

Source: interfaces.md section 6.6.
"""

import hashlib
from pathlib import Path
from typing import Final

FOLDERS: Final = ("network", "customers", "charging", "services")
HEAD: Final = "dataset.toml"


def digest_of(directory: Path) -> str:
    """All 64 hexadecimal digits; OSError when a file cannot be read."""
    paths = [directory / HEAD] + [path for folder in FOLDERS for path in (directory / folder).rglob("*")]
    named = {
        path.relative_to(directory).as_posix().encode(): path
        for path in paths
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    }
    whole = hashlib.sha256()
    for name in sorted(named):
        with named[name].open("rb") as file:
            whole.update(name + b"\0" + hashlib.file_digest(file, "sha256").hexdigest().encode() + b"\n")
    return whole.hexdigest()
