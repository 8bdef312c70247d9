"""The layouts that travel with the product, and finding one by name or path.

Source: C-010.
"""

from functools import cache
from pathlib import Path
from typing import Final

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.schema import Layout

FOLDER: Final = Path(__file__).parent / "shipped"


def names() -> list[str]:
    """The shipped layouts, in order of the alphabet."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def shipped(name: str) -> Layout:
    """A shipped layout by its name; KeyError when there is none."""
    file = FOLDER / f"{name}.toml"
    if name not in names():
        raise KeyError(name)
    return parse(file.read_text(encoding="utf-8"), file.name, shipped)


@cache
def by_mark() -> dict[str, Layout]:
    """The shipped layouts by the first 16 digits of their digests."""
    return {one.digest[:16]: one for one in map(shipped, names())}


def find(name_or_path: str) -> Layout:
    """A shipped layout, or the one in a file; ProvisioningError says what is wrong with it."""
    if name_or_path in names():
        return shipped(name_or_path)
    try:
        text = Path(name_or_path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        why = f"no shipped layout ({', '.join(names())}) and no file that can be read: {fault}"
        raise ProvisioningError([Problem(name_or_path, 0, 0, why, "layout")]) from fault
    return parse(text, name_or_path, shipped)
