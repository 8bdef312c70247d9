"""A bar chart laid out: where each bar, its figure and its label stand; upright, or lying where labels are long.

Source: console.md section 10 (bars with their figure; the axis begins at 0).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ain_scp.figures.drawing import Drawing, Part

WIDTH: Final = 640
HEIGHT: Final = 168
BASE: Final = 132
"""The y of the axis; bars stand on it."""
_TOP: Final = 28
_MOST: Final = 60
_WIDEST: Final = 44.0
_LETTER: Final = 9.0
"""How wide a letter of the labels is, on the safe side: they are 15 high, as a chart stands at two thirds of its width."""


_ROW: Final = 22
_BESIDE: Final = 230
_LYING: Final = 800
_LONGEST: Final = 28


class Chart(msgspec.Struct, frozen=True):
    """A bar chart: a title, and a label and a number for each bar; `words` are the numbers as people read them."""

    title: str
    labels: tuple[str, ...]
    values: tuple[int, ...]
    words: tuple[str, ...] = ()


class Bar(msgspec.Struct, frozen=True):
    """One bar: its place, its label, its figure; `labelled`, `figured` say whether they are shown: where all have room, or every so manieth label and the tallest bar's figure."""

    x: float
    y: float
    width: float
    height: float
    label: str
    figure: str
    labelled: bool
    figured: bool

    @property
    def middle(self) -> float:
        """The x of its label and its figure."""
        return self.x + self.width / 2


class Layout(msgspec.Struct, frozen=True):
    """The bars shown, and how many are left out."""

    bars: tuple[Bar, ...]
    left_out: int


def lay_out(chart: Chart) -> Layout:
    """Place the bars; those beyond the sixtieth are left out and counted. A value below 0 has no height."""
    values = chart.values[:_MOST]
    if not values:
        return Layout((), 0)
    figures = chart.words or tuple(str(value) for value in chart.values)
    top, step = max(*values, 0) or 1, WIDTH / len(values)
    width = min(step * 0.8, _WIDEST)
    every, shown = _every(chart.labels[: len(values)], step), _every(figures[: len(values)], step)
    tallest = values.index(max(values))
    bars = tuple(
        Bar(
            x=at * step + (step - width) / 2,
            y=BASE - max(value, 0) / top * (BASE - _TOP),
            width=width,
            height=max(value, 0) / top * (BASE - _TOP),
            label=label,
            figure=figure,
            labelled=at % every == 0,
            figured=shown == 1 or at == tallest,
        )
        for at, (value, label, figure) in enumerate(zip(values, chart.labels, figures, strict=False))
    )
    return Layout(bars, len(chart.values) - len(values))


def _every(texts: Sequence[str], step: float) -> int:
    """Each how manieth text has room beside its neighbours."""
    widest = max(map(len, texts)) * _LETTER + _LETTER
    return max(1, -(-int(widest) // max(int(step), 1)))


def lying(title: str, bars: Sequence[tuple[str, float]]) -> Drawing | None:
    """Bars one below the other, each with its label before and its figure behind it; None without a bar."""
    if not bars:
        return None
    most = max(1.0, *(size for _, size in bars))
    parts: list[Part] = []
    for at, (label, size) in enumerate(bars):
        y, wide = at * _ROW, round(max(size, 0) / most * (_LYING - _BESIDE - 80), 1)
        short = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
        parts += [
            ("text", {"x": _BESIDE - 8, "y": y + 17, "text-anchor": "end", "font-size": 12}, short),
            (
                "rect",
                {"class": "f1", "x": _BESIDE, "y": y + 5, "width": max(wide, 1), "height": _ROW - 7, "rx": 3},
                "",
            ),
            ("text", {"x": _BESIDE + wide + 8, "y": y + 17, "font-size": 12}, f"{size:,g}"),
        ]
    said = f"{title}: " + ", ".join(f"{label} {size:g}" for label, size in bars)
    return Drawing(title, said, _LYING, len(bars) * _ROW + 6, (), tuple(parts))
