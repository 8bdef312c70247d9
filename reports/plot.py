"""Curves over an axis of percentiles or rates and a logarithmic axis of milliseconds, as a figure with its numbers in a table.

Each curve has a stroke of its own beside its colour, so that the legend needs no eye for colours. A budget is a line with its
words; the ends of the axes have room for their labels.

Source: console.md section 10 (charts).
"""

from collections.abc import Sequence
from math import log10
from typing import Final

import msgspec

from ain_scp.figures.scale import decades
from ain_scp.terms.safe_text import in_page

WIDTH: Final = 720
HEIGHT: Final = 320
LEFT: Final = 74
RIGHT: Final = 44
TOP: Final = 14
BOTTOM: Final = 44
LOWEST: Final = 0.01
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "14 4", "1 4", "5 2 1 2", "10 6")
_COLORS: Final = 5
_MARKED: Final = 20

Points = Sequence[tuple[float, float]]


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


def figure(plot: Plot) -> str:
    """The plot as HTML; one sentence when there is nothing to draw."""
    points = [point for curve in plot.curves for point in curve.points]
    if not points:
        return f"<p>{in_page(plot.title)}: nothing was answered.</p>\n"
    values = [max(y, LOWEST) for _, y in points] + ([] if plot.budget is None else [plot.budget])
    powers = decades(min(values), max(values))
    left, right = plot.ticks[0][0], max(plot.ticks[-1][0], *(x for x, _ in points))
    span = (right - left) or 1.0

    def x_of(x: float) -> float:
        return LEFT + (x - left) / span * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        place = (log10(max(y, LOWEST)) - powers[0]) / (powers[-1] - powers[0])
        return HEIGHT - BOTTOM - place * (HEIGHT - BOTTOM - TOP)

    parts = [_across(x_of(x), word) for x, word in plot.ticks]
    parts += [_level(y_of(10.0**power), f"{10.0**power:g} ms") for power in powers]
    parts.append(
        f'<text class="mid" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 6}">{in_page(plot.across)}</text>'
    )
    for number, curve in enumerate(plot.curves):
        parts.append(_curve(number, [(x_of(x), y_of(y)) for x, y in curve.points]))
    if plot.budget is not None:
        parts.append(_budget(y_of(plot.budget), plot.budget_words))
    legend = "".join(
        f"<li>{_sample(number)}{in_page(curve.name)}</li>" for number, curve in enumerate(plot.curves)
    )
    return (
        f'<figure><figcaption>{in_page(plot.title)}</figcaption><ul class="key">{legend}</ul>'
        f'<svg class="plot" role="img" aria-label="{in_page(_said(plot))}" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
        "</figure>\n"
    )


def _across(x: float, word: str) -> str:
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    return f'{line}<text class="mid" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}">{in_page(word)}</text>'


def _level(y: float, word: str) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="end" x="{LEFT - 8}" y="{y + 4:.1f}">{in_page(word)}</text>'


def _curve(number: int, points: Points) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = "".join(
        f'<circle class="c{number % _COLORS + 1}" r="3" cx="{x:.1f}" cy="{y:.1f}"/>' for x, y in points
    )
    return f'<polyline class="c{number % _COLORS + 1}" {_dash(number)} points="{way}"/>' + (
        marks if len(points) < _MARKED else ""
    )


def _budget(y: float, words: str) -> str:
    line = f'<line class="budget" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="end" x="{WIDTH - RIGHT - 4}" y="{y - 5:.1f}">{in_page(words)}</text>'


def _sample(number: int) -> str:
    line = f'<line class="c{number % _COLORS + 1}" {_dash(number)} x1="0" x2="28" y1="4" y2="4"/>'
    return f'<svg aria-hidden="true" viewBox="0 0 28 8" width="28" height="8">{line}</svg>'


def _dash(number: int) -> str:
    dash = _DASHES[number % len(_DASHES)]
    return f'stroke-dasharray="{dash}"' if dash else ""


def _said(plot: Plot) -> str:
    """The plot in words: of each curve its first and last value."""
    ends = [
        f"{curve.name} from {curve.points[0][1]:.3g} to {curve.points[-1][1]:.3g} ms"
        for curve in plot.curves
        if curve.points
    ]
    budget = [] if plot.budget is None else [plot.budget_words]
    return f"{plot.title}, over {plot.across}: " + "; ".join([*ends, *budget])
