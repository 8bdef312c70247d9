"""A report as one self-contained HTML page with inline SVG plots: no script, no style sheet, nothing fetched.

Source: A-250; libraries.md section 8 (own inline SVG).
"""

from typing import Final

import msgspec

from ain_scp.smdr.report import Report
from ain_scp.terms.safe_text import in_page

_WIDTH: Final = 640
_HEIGHT: Final = 160
_LEFT: Final = 56
_BASE: Final = 120
_MAX_BARS: Final = 60
_STYLE: Final = (
    "body{font:14px system-ui,sans-serif;margin:2em;color:#222}table{border-collapse:collapse}"
    "th,td{padding:2px 10px;border-bottom:1px solid #ddd;text-align:left}th{background:#f3f3f3}"
    "svg text{font:11px system-ui,sans-serif;fill:#444}rect{fill:#36c}figure{margin:1em 0}"
)


class Chart(msgspec.Struct, frozen=True):
    """A bar chart: a title, and a label and a number for each bar."""

    title: str
    labels: tuple[str, ...]
    values: tuple[int, ...]


def as_html(title: str, report: Report, charts: tuple[Chart, ...]) -> str:
    """The whole page."""
    sums = report.totals
    head = "".join(f"<th>{in_page(name)}</th>" for name in report.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{in_page('' if value is None else str(value))}</td>" for value in row)
        + "</tr>\n"
        for row in report.rows
    )
    cut = "<p>More rows fit the request than are shown.</p>" if report.truncated else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{in_page(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{in_page(title)}</h1>\n"
        f"<p>{sums.calls} calls, {sums.completed} completed, {sums.duration_s} s</p>{cut}\n"
        f"{''.join(svg(chart) for chart in charts)}"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n</body></html>\n"
    )


def svg(chart: Chart) -> str:
    """One chart as a figure; bars beyond the sixtieth are left out and the title says so."""
    values = chart.values[:_MAX_BARS]
    left_out = len(chart.values) - len(values)
    top = max(values, default=0) or 1
    step = (_WIDTH - _LEFT) / max(len(values), 1)
    every = max(1, -(-len(values) // 10))
    bars = []
    for at, (label, value) in enumerate(zip(chart.labels, values, strict=False)):
        height = value / top * (_BASE - 20)
        x = _LEFT + at * step
        bars.append(
            f'<rect x="{x + step * 0.1:.1f}" y="{_BASE - height:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}">'
            f"<title>{in_page(label)}: {value}</title></rect>"
        )
        if at % every == 0:
            bars.append(f'<text x="{x + step * 0.1:.1f}" y="{_BASE + 16}">{in_page(label)}</text>')
    title = chart.title + (f" ({left_out} more bars left out)" if left_out else "")
    return (
        f'<figure><figcaption>{in_page(title)}</figcaption><svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' width="{_WIDTH}" height="{_HEIGHT}"><text x="4" y="24">{top}</text><text x="4" y="{_BASE}">0</text>'
        f'<line x1="{_LEFT}" y1="{_BASE}" x2="{_WIDTH}" y2="{_BASE}" stroke="#999"/>{"".join(bars)}</svg></figure>\n'
    )
