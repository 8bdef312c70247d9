"""Self-contained HTML pages: one style sheet for light, dark and paper, tables, and charts as inline SVG. No script.

Everything foreign goes through `in_page`. `page(title, *parts)` joins what the other functions write.

Source: A-250; libraries.md section 8 (own inline SVG); console.md section 10.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files
from typing import Final

from ain_scp.figures.bars import BASE, HEIGHT, WIDTH, Chart, lay_out
from ain_scp.reports.report import Report
from ain_scp.reports.sheet import Part, Sheet
from ain_scp.reports.source import Value
from ain_scp.terms.safe_text import in_page


def _tokens() -> str:
    """Colours, type and space, light and dark: the head of the one style sheet that the console's pages use, too."""
    sheet = files("ain_scp.reports").joinpath("static", "console.css").read_text("utf-8")
    return sheet[sheet.index(":root") : sheet.index("*{box-sizing")]


def palettes() -> tuple[dict[str, str], dict[str, str]]:
    """The colours of the style sheet by name without hyphens (ink, ink2, okbg ...), light and dark: for files without variables."""
    found = [
        {name.replace("-", ""): color for name, color in _COLOR.findall(block)}
        for block in _tokens().split("}", 2)[:2]
    ]
    return found[0], found[1]


_COLOR: Final = re.compile(r"--([a-z0-9-]+):(#[0-9a-f]{6});")

_STROKES: Final = ("accent", "warn", "bad", "ok", "sccp")
"""The colours of the curves of a plot, l1 to l5, and of their points, f1 to f5."""
STYLE: Final = (
    _tokens()
    + """
*{box-sizing:border-box}
body{margin:0 auto;max-width:1040px;padding:24px 16px 48px;background:var(--bg);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:26px;line-height:1.25;margin:0 0 4px}h2{font-size:16px;margin:32px 0 8px}p{margin:0 0 12px;max-width:78ch}
.soft{color:var(--ink-2)}.box{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}td{overflow-wrap:break-word}
th{background:var(--sunk);color:var(--ink-2);font-weight:600;white-space:nowrap}tbody tr:last-child>*{border-bottom:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0 0}dt{color:var(--ink-2)}dd{margin:0}.pair+.box{margin-top:16px}
.num{text-align:right;white-space:nowrap}.time{white-space:nowrap;width:1%}tr.sum>*{font-weight:650;border-top:2px solid var(--line)}
tfoot td,tfoot th{background:none;color:inherit}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
figure{margin:0;padding:12px;background:var(--surface);border:1px solid var(--line);border-radius:8px}
figcaption{font-weight:600}svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:11px;fill:var(--ink-2)}svg rect{fill:var(--accent)}svg line{stroke:var(--line)}
figure+figure{margin-top:16px}.pair figure+figure{margin-top:0}.pair svg text{font-size:15px}.line{fill:none;stroke-width:2}
"""
    + "".join(
        f".l{at}{{stroke:var(--{name})}}.f{at}{{fill:var(--{name})}}" for at, name in enumerate(_STROKES, 1)
    )
    + """
.plot .budget{stroke:var(--bad);stroke-dasharray:4 3;stroke-width:1.5}.key{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:4px 0;padding:0}.key li{display:flex;gap:6px;align-items:center}.key svg{width:28px}
.verdict{font-weight:650;border-left:3px solid;padding:8px 12px;border-radius:0 6px 6px 0;max-width:none}.verdict.good{color:var(--ok)}.verdict.bad{color:var(--bad)}.verdict.open{color:var(--warn)}
@media print{body{background:none;padding:0;max-width:none}.box,figure{border-color:#ccc}tr,figure{break-inside:avoid}thead{display:table-header-group}}
"""
)


def page(title: str, *parts: str) -> str:
    """The whole page; `parts` are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{in_page(title)}</title><style>{STYLE}</style></head><body>\n"
        f"<main>\n<h1>{in_page(title)}</h1>\n{''.join(parts)}</main></body></html>\n"
    )


def verdict(text: str, *, good: bool | None) -> str:
    """The sentence that the page is about; a sign beside the colour says whether it is good (None: neither)."""
    sign, style = ("!", "open") if good is None else ("✓", "good") if good else ("✗", "bad")
    return f'<p class="verdict {style}"><span aria-hidden="true">{sign}</span> {in_page(text)}</p>\n'


def heading(text: str) -> str:
    """The heading of a part of a page."""
    return f"<h2>{in_page(text)}</h2>\n"


def paragraph(text: str, *, soft: bool = False) -> str:
    """A paragraph of text; a soft one stands back."""
    style = ' class="soft"' if soft else ""
    return f"<p{style}>{in_page(text)}</p>\n"


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    numbers: Collection[int] = (),
    times: Collection[int] = (),
    sums: Sequence[Value] = (),
) -> str:
    """A table; `numbers` are the columns that stand to the right, `times` those never broken, `sums` a last row."""
    style = dict.fromkeys(numbers, ' class="num"') | dict.fromkeys(times, ' class="time"')
    name = "Table of " + ", ".join(columns)
    head = "".join(
        f'<th scope="col"{style.get(at, "")}>{in_page(name)}</th>' for at, name in enumerate(columns)
    )
    body = "".join(f"<tr>{_cells(row, style)}</tr>\n" for row in rows)
    foot = f'<tfoot><tr class="sum">{_cells(sums, style)}</tr></tfoot>' if sums else ""
    return f'<div class="box" tabindex="0" role="region" aria-label="{in_page(name)}"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody>{foot}</table></div>\n'


def _cells(row: Sequence[Value], style: dict[int, str]) -> str:
    return "".join(
        f"<td{style.get(at, '')}>{in_page('' if value is None else str(value))}</td>"
        for at, value in enumerate(row)
    )


def figures(charts: Iterable[Chart]) -> str:
    """Charts side by side where there is room."""
    return f'<div class="pair">{"".join(map(svg, charts))}</div>\n'


def svg(chart: Chart) -> str:
    """One chart as a figure; bars that are left out are counted in its title, each bar has its figure or says it when touched."""
    laid = lay_out(chart)
    parts = []
    for bar in laid.bars:
        parts.append(
            f'<rect x="{bar.x:.1f}" y="{bar.y:.1f}" width="{bar.width:.1f}" height="{bar.height:.1f}">'
            f"<title>{in_page(bar.label)}: {in_page(bar.figure)}</title></rect>"
        )
        if bar.figured:
            parts.append(
                f'<text text-anchor="middle" x="{bar.middle:.1f}" y="{bar.y - 5:.1f}">{in_page(bar.figure)}</text>'
            )
        if bar.labelled:
            parts.append(
                f'<text text-anchor="middle" x="{bar.middle:.1f}" y="{BASE + 18}">{in_page(bar.label)}</text>'
            )
    title = chart.title + (f" ({laid.left_out} more bars left out)" if laid.left_out else "")
    return (
        f'<figure><figcaption>{in_page(title)}</figcaption><svg role="img" aria-label="{in_page(title)}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}"><line x1="0" y1="{BASE}" x2="{WIDTH}" y2="{BASE}"/>{"".join(parts)}'
        "</svg></figure>\n"
    )


SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg"'


def alone(drawn: str) -> str:
    """A drawing as a file of its own: with its name space and its colours."""
    light, dark = (
        f"svg{{background:{of['surface']}}}text{{fill:{of['ink']}}}rect{{fill:{of['accent']}}}line{{stroke:{of['line2']}}}.budget{{stroke:{of['bad']}}}"
        + "".join(
            f".l{at}{{stroke:{of[name]}}}.f{at}{{fill:{of[name]}}}" for at, name in enumerate(_STROKES, 1)
        )
        for of in palettes()
    )
    fixed = "svg{font:12px sans-serif}.line{fill:none;stroke-width:2}.budget{stroke-dasharray:4 3}"
    colors = f"{fixed}{light}@media(prefers-color-scheme:dark){{{dark}}}"
    inner = drawn[drawn.index("<svg") : drawn.index("</svg>") + len("</svg>")]
    head, _, rest = inner.partition(">")
    return f"{head.replace('<svg', SVG, 1)}><style>{colors}</style>{rest}"


def sheet_page(sheet: Sheet) -> str:
    """A sheet as a page."""
    facts = "".join(f"<dt>{in_page(name)}</dt><dd>{in_page(said)}</dd>" for name, said in sheet.facts)
    return page(sheet.title, f"<dl>{facts}</dl>\n", *map(_part, sheet.parts))


def _part(part: Part) -> str:
    said = paragraph(part.note) if part.note else ""
    drawn = figures(part.charts) if part.charts else ""
    rows = (
        table(part.columns, part.rows, numbers=part.numbers, times=part.fixed, sums=part.sums)
        if part.columns
        else ""
    )
    return heading(part.heading) + said + drawn + rows


def as_html(title: str, report: Report, charts: tuple[Chart, ...]) -> str:
    """A report as a page: totals, charts, rows."""
    cut = paragraph("More rows fit the request than are shown.") if report.truncated else ""
    numbers = {at for row in report.rows[:1] for at, value in enumerate(row) if isinstance(value, int)}
    times = {at for at, name in enumerate(report.columns) if name.endswith(("_time", "day"))}
    rows = table(report.columns, report.rows, numbers=numbers, times=times)
    return page(title, paragraph(report.sums), cut, figures(charts), rows)
