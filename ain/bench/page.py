"""The page of a load test: latency by percentile, latency against rate, and the figures; one file that opens anywhere.

Drawn as SVG without scripts: nothing is fetched, nothing runs.

Source: D-004, D-011, performance.md section 1.
"""

import math
from collections.abc import Sequence
from typing import Final

from ain_scp.ain.bench.forms import StepForm, StepResult
from ain_scp.terms.safe_text import in_page

WIDTH: Final = 720
HEIGHT: Final = 320
LEFT: Final = 70
BOTTOM: Final = 40
TOP: Final = 20
RIGHT: Final = 20
COLORS: Final = ("#1f6feb", "#d9480f", "#2b8a3e", "#862e9c", "#c2255c", "#5c940d", "#0b7285", "#e67700")
NINES: Final = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
LOWEST_MS: Final = 0.01

Points = list[tuple[float, float]]

STYLE: Final = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }
.axis { stroke: currentColor; opacity: .25; } .WITHIN_BUDGET { color: #2b8a3e; } .OVER_BUDGET { color: #c92a2a; }
"""


def page_of(
    steps: Sequence[StepResult], forms: Sequence[StepForm], name: str, words: str, budget: str
) -> str:
    """The whole page."""
    rows = "".join(_row(form) for form in forms)
    head = "".join(f"<th>{word}</th>" for word in _HEAD)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>ain bench</title>'
        f"<style>{STYLE}</style><h1>Load test</h1>"
        f'<p class="{name}"><strong>{in_page(budget)}: {in_page(words)}</strong></p>'
        f"<h2>Latency by percentile</h2>{_by_percentile(steps)}"
        f"<h2>Latency against rate</h2>{_against_rate(forms)}"
        f"<h2>Figures</h2><table><tr>{head}</tr>{rows}</table>"
        "<p>Milliseconds from the planned instant; a query without an answer is later than all others.</p></html>\n"
    )


_HEAD: Final = (
    "rate/s", "answered/s", "p50", "p90", "p99", "p99.9", "max", "unanswered", "CPU us", "echo", "verdict",
)  # fmt: skip


def _row(form: StepForm) -> str:
    cells = (
        f"{form.rate:,.0f}", f"{form.answered_per_second:,.0f}", _ms(form.p50_ms), _ms(form.p90_ms), _ms(form.p99_ms),
        _ms(form.p999_ms), _ms(form.max_ms), str(form.unanswered), _ms(form.cpu_us_per_query), _ms(form.echo_ms),
        form.verdict,
    )  # fmt: skip
    row = "".join(f"<td>{in_page(cell)}</td>" for cell in cells)
    kinds = "".join(
        f'<tr><td colspan="2">&nbsp;&nbsp;{in_page(kind.kind)}</td><td>{_ms(kind.p50_ms)}</td><td></td>'
        f'<td>{_ms(kind.p99_ms)}</td><td colspan="6">{kind.sent:,} sent</td></tr>'
        for kind in form.kinds
    )
    return f"<tr>{row}</tr>{kinds}"


def _ms(value: float | None) -> str:
    return "&ndash;" if value is None else f"{value:.3f}"


def _by_percentile(steps: Sequence[StepResult]) -> str:
    """One curve a step; the axis is 1/(1-p), so that the tail has room."""
    curves: list[tuple[str, Points]] = []
    for step in steps:
        points: Points = []
        share = 100.0
        for percent, value, _ in step.latency.curve():
            share = percent * step.latency.count / step.sent
            if share < NINES[-1]:
                points.append((_nines(share), max(value / 1e6, LOWEST_MS)))
        curves.append((f"{step.rate:,.0f}/s", points))
    ticks = [(_nines(nine), f"{nine:g} %") for nine in NINES]
    return _plot(curves, ticks)


def _nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def _against_rate(forms: Sequence[StepForm]) -> str:
    """p50 and p99 over the rates that were offered."""
    ordered = sorted(forms, key=lambda form: form.rate)
    curves: list[tuple[str, Points]] = [
        ("p50", [(form.rate, max(form.p50_ms, LOWEST_MS)) for form in ordered if form.p50_ms is not None]),
        ("p99", [(form.rate, max(form.p99_ms, LOWEST_MS)) for form in ordered if form.p99_ms is not None]),
    ]
    ticks = [(form.rate, f"{form.rate:,.0f}") for form in ordered]
    return _plot(curves, ticks)


def _plot(curves: Sequence[tuple[str, Points]], ticks: Sequence[tuple[float, str]]) -> str:
    """Curves over a linear axis with the ticks given and a logarithmic axis of milliseconds."""
    points = [point for _, curve in curves for point in curve]
    if not points:
        return "<p>Nothing was answered.</p>"
    left, right = min(at for at, _ in ticks), max(at for at, _ in ticks)
    low = math.floor(math.log10(min(y for _, y in points)))
    high = max(math.ceil(math.log10(max(y for _, y in points))), low + 1)
    span = (right - left) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - left) / span * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - (math.log10(y) - low) / (high - low) * (HEIGHT - BOTTOM - TOP)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">']
    for power in range(low, high + 1):
        _, y = place(left, 10.0**power)
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    for at, word in ticks:
        x, _ = place(at, 10.0**low)
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{in_page(word)}</text>'
        )
    for number, (name, curve) in enumerate(curves):
        color = COLORS[number % len(COLORS)]
        line = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in curve)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{line}"/>')
        parts += [
            '<circle r="3" fill="{}" cx="{:.1f}" cy="{:.1f}"/>'.format(color, *place(x, y))
            for x, y in (curve if len(curve) < 20 else ())
        ]
        parts.append(
            f'<text x="{LEFT + 10 + 110 * number}" y="{TOP - 6}" style="fill:{color}">{in_page(name)}</text>'
        )
    return "".join([*parts, "</svg>"])
