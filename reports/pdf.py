"""A sheet as PDF (extra `pdf`): tables that go on over pages with their heads, charts as drawings, page numbers.

The same sheet is the same octets in every process: nothing of the day or the machine is written.

Source: charging.md decision 16; libraries.md section 8 (reportlab, `rl_config.invariant`).
"""

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from ain_scp.figures.bars import BASE, HEIGHT, WIDTH, Chart, lay_out
from ain_scp.reports.sheet import Part, Sheet
from ain_scp.reports.source import Value
from ain_scp.terms.safe_text import printable

_INK: Final = "#16202c"
_SOFT: Final = "#465365"
_LINE: Final = "#dfe4ea"
_SUNK: Final = "#eef1f5"
_ACCENT: Final = "#0b5bc4"
_SIZE: Final = 8.5
_MARGIN: Final = 48
_ROOM: Final = 110
"""A heading with less than this below it, in points, begins the next page."""
_WIDE: Final = 595.28 - 2 * _MARGIN
"""The width between the margins of A4, in points."""


class MissingLibrary(Exception):
    """The extra is not installed."""


def library() -> Any:
    """What lays out a document; MissingLibrary without the extra."""
    try:
        lab: Any = import_module("reportlab.rl_config")
        platypus = import_module("reportlab.platypus")
    except ImportError:
        raise MissingLibrary("PDF needs the extra: pip install 'ain-scp[pdf]'") from None
    lab.invariant = 1
    return platypus


def sheet_pdf(sheet: Sheet) -> bytes:
    """The whole document; MissingLibrary without the extra."""
    platypus = library()
    out = io.BytesIO()
    document = platypus.SimpleDocTemplate(
        out,
        pagesize=(595.28, 841.89),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=printable(sheet.title),
        author="",
        invariant=1,
    )
    story = _story(platypus, sheet)
    foot = _Foot(printable(sheet.title))
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


class _Foot:
    """What stands at the bottom of each page."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __call__(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(_SOFT)
        canvas.drawString(_MARGIN, 28, self._title)
        canvas.drawRightString(_MARGIN + _WIDE, 28, f"page {document.page}")
        canvas.restoreState()


def _story(platypus: Any, sheet: Sheet) -> list[Any]:
    styles = _styles()
    story: list[Any] = [platypus.Paragraph(_escaped(sheet.title), styles["title"])]
    facts = [[name, printable(said)] for name, said in sheet.facts]
    if facts:
        table = platypus.Table(facts, hAlign="LEFT", style=[*_PLAIN, ("TEXTCOLOR", (0, 0), (0, -1), _SOFT)])
        story.append(table)
    for part in sheet.parts:
        story += _part(platypus, styles, part)
    return story


def _part(platypus: Any, styles: dict[str, Any], part: Part) -> list[Any]:
    found: list[Any] = [
        platypus.CondPageBreak(_ROOM),
        platypus.Paragraph(_escaped(part.heading), styles["heading"]),
    ]
    if part.note:
        found.append(platypus.Paragraph(_escaped(part.note), styles["text"]))
    for at in range(0, len(part.charts), 2):
        pair = [_chart(chart, _WIDE / 2 - 12) for chart in part.charts[at : at + 2]]
        found.append(platypus.Table([pair], colWidths=[_WIDE / 2] * len(pair), hAlign="LEFT"))
    return [*found, *([_table(platypus, part)] if part.columns else [])]


def _table(platypus: Any, part: Part) -> Any:
    rows = [part.columns, *part.rows, *((part.sums,) if part.sums else ())]
    style = [
        *_PLAIN,
        ("BACKGROUND", (0, 0), (-1, 0), _SUNK),
        ("TEXTCOLOR", (0, 0), (-1, 0), _SOFT),
        ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        *(("ALIGN", (at, 0), (at, -1), "RIGHT") for at in part.numbers),
    ]
    if part.sums:
        style += [
            ("FONTNAME", (0, -1), (-1, -1), "Helvetica-Bold"),
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, _SOFT),
        ]
    cells = [[_cell(value) for value in row] for row in rows]
    return platypus.LongTable(cells, colWidths=_widths(cells, part), repeatRows=1, hAlign="LEFT", style=style)


def _widths(cells: Sequence[Sequence[str]], part: Part) -> list[float]:
    """Columns as wide as their widest cell; what is left goes to the widest one of text, too wide a table shrinks."""
    measure = import_module("reportlab.pdfbase.pdfmetrics").stringWidth
    columns = range(len(cells[0]))
    wanted = [max(measure(row[at], "Helvetica-Bold", _SIZE) for row in cells) + 12 for at in columns]
    total = sum(wanted)
    if total > _WIDE:
        return [width * _WIDE / total for width in wanted]
    texts = [at for at in columns if at not in part.numbers and at not in part.fixed] or [0]
    wanted[max(texts, key=lambda at: wanted[at])] += _WIDE - total
    return wanted


def _cell(value: Value) -> str:
    return "" if value is None else printable(str(value))


def _chart(chart: Chart, wide: float) -> Any:
    """A bar chart as a drawing of some width, in points."""
    shapes = import_module("reportlab.graphics.shapes")
    scale = wide / WIDTH
    drawing = shapes.Drawing(wide, HEIGHT * scale + 18)
    group = shapes.Group(transform=(scale, 0, 0, scale, 0, 0))
    text = {"fontName": "Helvetica", "fontSize": 14, "fillColor": _color(_SOFT), "textAnchor": "middle"}
    for bar in lay_out(chart).bars:
        y = HEIGHT - bar.y - bar.height
        group.add(shapes.Rect(bar.x, y, bar.width, bar.height, fillColor=_color(_ACCENT), strokeColor=None))
        if bar.figured:
            group.add(shapes.String(bar.middle, y + bar.height + 4, printable(bar.figure), **text))
        if bar.labelled:
            group.add(shapes.String(bar.middle, HEIGHT - BASE - 16, printable(bar.label), **text))
    group.add(shapes.Line(0, HEIGHT - BASE, WIDTH, HEIGHT - BASE, strokeColor=_color(_LINE)))
    drawing.add(group)
    title = {**text, "fontName": "Helvetica-Bold", "fontSize": 9, "textAnchor": "start"}
    drawing.add(shapes.String(0, HEIGHT * scale + 4, printable(chart.title), **title))
    return drawing


def _color(text: str) -> Any:
    return import_module("reportlab.lib.colors").HexColor(text)


def _styles() -> dict[str, Any]:
    style = import_module("reportlab.lib.styles").ParagraphStyle
    return {
        "title": style("title", fontName="Helvetica-Bold", fontSize=18, leading=24, spaceAfter=6, textColor=_INK),
        "heading": style(
            "heading", fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=16, spaceAfter=5,
            textColor=_INK,
        ),
        "text": style("text", fontName="Helvetica", fontSize=_SIZE, leading=12, spaceAfter=5, textColor=_INK),
    }  # fmt: skip


def _escaped(text: str) -> str:
    return import_module("xml.sax.saxutils").escape(printable(text))  # type: ignore[no-any-return]


_PLAIN: Final = [
    ("FONTNAME", (0, 0), (-1, -1), "Helvetica"),
    ("FONTSIZE", (0, 0), (-1, -1), _SIZE),
    ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 6),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
]
