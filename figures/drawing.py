"""A drawing as its elements: a page makes them as they are, a file has them as markup.

Source: console.md section 1 (decision 10).
"""

import msgspec

Places = dict[str, str | float]
Part = tuple[str, Places, str]
"""One element: its tag, its attributes (never of foreign words), the text in it."""


class Drawing(msgspec.Struct, frozen=True):
    """A chart with everything at its place. `key` names curves: name, class and dash of the stroke; `said` is it in words."""

    title: str
    said: str
    width: int
    height: int
    key: tuple[tuple[str, str, str], ...]
    parts: tuple[Part, ...]


def line(style: str, x1: float, x2: float, y1: float, y2: float, dash: str = "") -> Part:
    """A line, with the dash of a curve or none."""
    places: Places = {"class": style, "x1": x1, "x2": x2, "y1": y1, "y2": y2}
    return "line", places | dashed(dash), ""


def text(x: float, y: float, word: str, anchor: str) -> Part:
    """A word that begins (`start`), ends (`end`) or has its middle at a place."""
    return "text", {"class": "small", "text-anchor": anchor, "x": x, "y": y}, word


def dashed(dash: str) -> Places:
    """The attribute of a dashed stroke; none for a solid one."""
    return {"stroke-dasharray": dash} if dash else {}
