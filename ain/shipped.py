"""Where the examples are: in the checkout, or in the installed package.

Source: interfaces.md sections 2 and 3 (examples/golden).
"""

from pathlib import Path

import ain_scp

_PLACES = (Path(__file__).resolve().parent.parent / "examples", Path(*ain_scp.__path__) / "examples")


def examples() -> Path | None:
    """The folder with golden/scenario.toml and its neighbours; none in an installation stripped of them."""
    return next((place for place in _PLACES if (place / "golden" / "dataset.toml").exists()), None)


def scenarios(place: Path) -> dict[str, Path]:
    """Every shipped scenario by the name `ain demo NAME` takes: its file, or its folder's name for scenario.toml."""
    found = {}
    for file in sorted(place.glob("*/*.toml")):
        if file.name == "scenario.toml":
            found[file.parent.name] = file
        elif file.parent.name in ("features", "figures", "traffic"):
            found[file.stem] = file
    return found


def scripted(place: Path) -> dict[str, Path]:
    """Demos of several commands by name: the folder of a demo.txt."""
    return {file.parent.name: file for file in sorted(place.glob("*/demo.txt"))}
