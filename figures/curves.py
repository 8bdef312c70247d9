"""Curves over an axis of percentiles or rates and a logarithmic axis of milliseconds, laid out: every line, word and point at its place.

Each curve has a stroke of its own beside its colour, so that the legend needs no eye for colours. A budget is a line with its
words; the ends of the axes have room for their labels.

Source: console.md section 10 (charts).
"""

from collections.abc import Iterable, Sequence
from math import isfinite, log10
from typing import Final

import msgspec

from ain_scp.figures.drawing import Drawing, Part, dashed, line, text
from ain_scp.figures.scale import decades, nines, ticks

WIDTH: Final = 720
HEIGHT: Final = 320
LEFT: Final = 74
RIGHT: Final = 44
TOP: Final = 14
BOTTOM: Final = 44
LOWEST: Final = 0.01
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "14 4", "1 4", "5 2 1 2", "10 6")
COLORS: Final = 5
_MARKED: Final = 20
_HIGHEST: Final = 99.999


class Curve(msgspec.Struct, frozen=True):
    """One curve: places along the axis, and milliseconds."""

    name: str
    points: tuple[tuple[float, float], ...]


class Plot(msgspec.Struct, frozen=True):
    """One plot. `ticks` name places along the axis `across`; `budget` is in milliseconds, None without one."""

    title: str
    across: str
    curves: tuple[Curve, ...]
    ticks: tuple[tuple[float, str], ...]
    budget: float | None = None
    budget_words: str = ""


def by_percentile(
    title: str, curves: Iterable[Curve], budget_words: str, budget: float | None = None
) -> Plot:
    """Curves of percentiles of the queries sent, on an axis on which each further nine is one step; beyond 99.999 % they end."""
    placed, highest = [], 90.0
    for curve in curves:
        shown = [
            (share, value) for share, value in curve.points if share < _HIGHEST and isfinite(nines(share))
        ]
        highest = max(highest, *(share for share, _ in shown), 0.0)
        placed.append(Curve(curve.name, tuple((nines(share), value) for share, value in shown)))
    named = tuple((nines(percent), f"{percent:g} %") for percent in ticks(highest))
    return Plot(title, "share of the queries sent", tuple(placed), named, budget, budget_words)


def lay_out(plot: Plot) -> Drawing | None:
    """Place everything; None when there is no point to draw."""
    points = [point for curve in plot.curves for point in curve.points]
    if not points:
        return None
    values = [max(y, LOWEST) for _, y in points] + ([] if plot.budget is None else [plot.budget])
    powers = decades(min(values), max(values))
    left, right = plot.ticks[0][0], max(plot.ticks[-1][0], *(x for x, _ in points))
    span, base = (right - left) or 1.0, HEIGHT - BOTTOM

    def x_of(x: float) -> float:
        return round(LEFT + (x - left) / span * (WIDTH - LEFT - RIGHT), 1)

    def y_of(y: float) -> float:
        place = (log10(max(y, LOWEST)) - powers[0]) / (powers[-1] - powers[0])
        return round(base - place * (base - TOP), 1)

    key = tuple(
        (curve.name, f"l{at % COLORS + 1}", DASHES[at % len(DASHES)]) for at, curve in enumerate(plot.curves)
    )
    parts: list[Part] = []
    for x, word in plot.ticks:
        parts += [line("axis", x_of(x), x_of(x), TOP, base), text(x_of(x), base + 16, word, "middle")]
    for power in powers:
        y = y_of(10.0**power)
        parts += [
            line("axis", LEFT, WIDTH - RIGHT, y, y),
            text(LEFT - 8, y + 4, f"{10.0**power:g} ms", "end"),
        ]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, plot.across, "middle"))
    for (_, color, dash), curve in zip(key, plot.curves, strict=True):
        parts += _curve(color, dash, [(x_of(x), y_of(y)) for x, y in curve.points])
    if plot.budget is not None:
        y = y_of(plot.budget)
        parts += [
            line("budget", LEFT, WIDTH - RIGHT, y, y),
            text(WIDTH - RIGHT - 4, y - 5, plot.budget_words, "end"),
        ]
    return Drawing(plot.title, _said(plot.title, plot), WIDTH, HEIGHT, key, tuple(parts))


def _curve(color: str, dash: str, points: Sequence[tuple[float, float]]) -> list[Part]:
    """The line of a curve, with its points where they are few."""
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks: list[Part] = [
        ("circle", {"class": f"f{color[1:]}", "r": 3, "cx": x, "cy": y}, "") for x, y in points
    ]
    return [
        ("polyline", {"class": f"line {color}"} | dashed(dash) | {"points": way}, ""),
        *(marks if len(points) < _MARKED else ()),
    ]


def _said(title: str, plot: Plot) -> str:
    """The plot in words: of each curve its first and last value."""
    ends = [_ends(curve.name, curve.points) for curve in plot.curves if curve.points]
    budget = [] if plot.budget is None else [plot.budget_words]
    return f"{title}, over {plot.across}: " + "; ".join([*ends, *budget])


def _ends(name: str, points: Sequence[tuple[float, float]]) -> str:
    return f"{name} from {points[0][1]:.3g} to {points[-1][1]:.3g} ms"
