"""Sees to it that every room stands below src/ain_scp: `src/ain_scp/scp` is a link to `scp`, and so on.

The links are in git. Where a checkout or an unpacked zip has small text files instead, as git and pip write them where a
link cannot be, the links are made here; else the build ends: without its rooms a wheel would be built empty, in silence.
A source distribution has real folders there: nothing is done.

    python _build/links.py      the build backend does this before every build
"""

import sys
from pathlib import Path

PACKAGE = Path("src", "ain_scp")


def settle(root: Path) -> None:
    """Make the links that are missing. A room is a folder at the top with a file py.typed."""
    for room in sorted(place.parent.name for place in root.glob("*/py.typed")):
        link = root / PACKAGE / room
        if link.is_dir():
            continue
        try:
            link.unlink(missing_ok=True)
            link.symlink_to(Path("..", "..", room), target_is_directory=True)
        except OSError as fault:
            sys.exit(
                f"{link}: this checkout has no links and the system lets none be made ({fault}). Windows: switch on "
                "developer mode, `git config core.symlinks true`, `git checkout -- src`"
            )


if __name__ == "__main__":
    settle(Path(__file__).resolve().parent.parent)
