"""A decision graph laid out: questions in a column, what a "yes" leads to beside its question, the way of each branch.

Every line leads from its question to what that answer means and crosses no box. An outcome that several questions lead to is
one box in the row of the first. What the last "no" leads to stands below all questions, unless a "yes" leads there, too.

Source: D-010; console.md section 10.
"""

import textwrap
from collections.abc import Sequence
from typing import Final

import msgspec

BOX_W: Final = 250
BOX_H: Final = 70
_GAP_Y: Final = 28
_GAP_X: Final = 90
_LANE: Final = 30
_TOP: Final = 48
MARGIN: Final = 24
_LETTERS: Final = 38
_MOST_LINES: Final = 3


class Box(msgspec.Struct, frozen=True):
    """One box to place: a question or the start (`asked`), else an outcome. `kind` is handed through to the drawing."""

    key: str
    kind: str
    text: str
    where: str = ""
    taken: bool = False
    asked: bool = False


class Branch(msgspec.Struct, frozen=True):
    """One branch: `label` is yes, no or empty."""

    source: str
    target: str
    label: str
    taken: bool = False


class Placed(msgspec.Struct, frozen=True):
    """A box in its place, its text broken into lines."""

    key: str
    kind: str
    lines: tuple[str, ...]
    where: str
    taken: bool
    x: int
    y: int


class Line(msgspec.Struct, frozen=True):
    """The way of a branch as SVG writes it, and where its label stands."""

    path: str
    label: str
    x: int
    y: int
    taken: bool


class Layout(msgspec.Struct, frozen=True):
    """The whole picture in its own units."""

    title: str
    width: int
    height: int
    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]


def lay_out(title: str, boxes: Sequence[Box], branches: Sequence[Branch]) -> Layout:
    """Place boxes and branches; every branch names boxes that are there."""
    rows = _rows(boxes, branches)
    asked = {box.key for box in boxes if box.asked}
    place = {
        key: (MARGIN + (key not in asked) * (BOX_W + _GAP_X), _TOP + row * (BOX_H + _GAP_Y))
        for key, row in rows.items()
    }
    return Layout(
        title,
        2 * MARGIN + 2 * BOX_W + _GAP_X + _LANE,
        _TOP + (max(rows.values()) + 1) * (BOX_H + _GAP_Y) + MARGIN,
        tuple(
            Placed(box.key, box.kind, _broken(box.text), box.where, box.taken, *place[box.key])
            for box in boxes
        ),
        tuple(_line(place[one.source], place[one.target], one.label, one.taken) for one in branches),
    )


def _broken(text: str) -> tuple[str, ...]:
    """A text in at most three lines; the last one says when there is more."""
    return tuple(textwrap.wrap(text, _LETTERS, max_lines=_MOST_LINES, placeholder=" …")) or ("",)


def _rows(boxes: Sequence[Box], branches: Sequence[Branch]) -> dict[str, int]:
    """The row of each box: questions as they are asked, an outcome in the row of its first question, the others below."""
    asked = [box.key for box in boxes if box.asked]
    rows = {key: row for row, key in enumerate(asked)}
    for branch in branches:
        if branch.label == "yes" and branch.target not in rows:
            rows[branch.target] = rows[branch.source]
    for box in boxes:
        rows.setdefault(box.key, len(asked))
    return rows


def _line(source: tuple[int, int], target: tuple[int, int], label: str, taken: bool) -> Line:
    """A line that crosses no box: "yes" goes right, "no" goes down, and round the right side to an outcome further up."""
    (x1, y1), (x2, y2) = source, target
    middle, below, end = x1 + BOX_W // 2, y1 + BOX_H, y2 + BOX_H // 2
    x, y = middle + 6, below + 19
    if x1 == x2:
        path = f"M{middle} {below} V{y2}"
    elif label == "yes":
        bend, start = x1 + BOX_W + _GAP_X // 2, y1 + BOX_H // 2
        path = f"M{x1 + BOX_W} {start} C{bend} {start} {bend} {end} {x2} {end}"
        x, y = x1 + BOX_W + 6, start - 5
    elif y2 > y1:
        path = f"M{middle} {below} V{end} H{x2}"
    else:
        lane = x2 + BOX_W + _LANE // 2
        path = f"M{middle} {below} V{below + _GAP_Y // 2} H{lane} V{end} H{x2 + BOX_W}"
    return Line(path, label, x, y, taken)
