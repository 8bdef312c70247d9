"""A data set that was uploaded as a tar file: its regular files, below a folder of its own, or nothing.

Plain tar only: what is packed cannot be larger than the upload. A link, a device, a sparse file, an absolute name or one with `..`
refuses the whole.

Limits: MOST_FILES files, MOST_OCTETS octets, DEEPEST folders, LONGEST letters a name.
Source: console.md section 9 (uploads).
"""

import tarfile
from pathlib import Path, PurePosixPath
from typing import Final

from ain_scp.console.resources.fault import PageFault

MOST_FILES: Final = 10_000
MOST_OCTETS: Final = 1 << 30
DEEPEST: Final = 10
LONGEST: Final = 200
ROOT: Final = "dataset.toml"


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
                    place.write_bytes(held.read() if held is not None else b"")
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
            raise PageFault(422, f"{member.name[:80]}: neither a file nor a folder")
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
