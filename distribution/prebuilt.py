"""Compiled modules out of a wheel that `./dev dist` built, for a checkout of the very same sources.

    python distribution/prebuilt.py CHECKOUT

Puts them beside their sources below CHECKOUT/src, as a compiler would; exit 1, with a line why, when dist/ has no wheel for this
Python that was built of these sources, and nothing is put there.
"""

import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "dist"
PACKAGE, EXAMPLES = "ain_scp/", "ain_scp/examples/"


def built_of(wheel: Path, checkout: Path) -> bool:
    """Whether the wheel has modules for this Python, is newer than the checkout's setup.py, and all its sources are the checkout's."""
    if wheel.stat().st_mtime < (checkout / "setup.py").stat().st_mtime:
        return False
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        sources = [
            name
            for name in names
            if name.startswith(PACKAGE) and name.endswith(".py") and not name.startswith(EXAMPLES)
        ]
        return any(map(_is_module, names)) and all(
            (place := checkout / "src" / name).is_file() and place.read_bytes() == archive.read(name)
            for name in sources
        )


def put(wheel: Path, checkout: Path) -> int:
    """Copy the modules of a wheel to their places below src; how many."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if _is_module(name)]
        for name in names:
            place = checkout / "src" / name
            with archive.open(name) as module, place.open("wb") as file:
                shutil.copyfileobj(module, file)
            place.chmod(0o755)
    return len(names)


def _is_module(name: str) -> bool:
    return name.endswith(sysconfig.get_config_var("EXT_SUFFIX"))


def main(checkout: Path, out: Path = OUT) -> int:
    """0 when the modules are there."""
    for wheel in sorted(out.glob("ain_scp-*.whl")):
        if built_of(wheel, checkout):
            print(
                f"{put(wheel, checkout)} compiled modules of {wheel.name}, which was built of these sources"
            )
            return 0
    print(f"{out} has no compiled wheel of these sources: they are compiled")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
