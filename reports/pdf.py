"""A sheet as PDF (extra `pdf`): tables that go on over pages with their heads, charts as drawings, page numbers.

The same sheet is the same octets in every process: nothing of the day or the machine is written.

Source: charging.md decision 16; libraries.md section 8 (reportlab, `rl_config.invariant`).
"""

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
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
_PADDING: Final = 6
"""What the library keeps free within its margins."""
_ROOM: Final = 110
"""A heading with less than this below it, in points, begins the next page."""
_NARROW: Final = 40
"""No column of text is narrower than this, in points."""
_FOOT: Final = 80
"""Letters of the title at the foot of a page."""
_BASE: Final = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i"}
"""Letters with a stroke, which no mark can be taken from."""
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
    lab.invariant, lab.useA85, lab.shapeChecking = 1, 0, 0
    return platypus


def sheet_pdf(sheet: Sheet) -> bytes:
    """The whole document; MissingLibrary without the extra."""
    platypus = library()
    out = io.BytesIO()
    document = platypus.SimpleDocTemplate(
        out,
        pagesize=(595.28, 841.89),
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=_shown(sheet.title),
        author="",
        invariant=1,
    )
    document.build(_story(platypus, sheet), canvasmaker=_numbered(_shown(sheet.title)[:_FOOT]))
    return out.getvalue()


def _numbered(title: str) -> Any:
    """A canvas that keeps its pages until it knows how many there are: each has the title and its number at its foot."""
    whole: Any = import_module("reportlab.pdfgen.canvas").Canvas

    class Numbered(whole):  # type: ignore[misc]
        """Pages with their foot."""

        def __init__(self, *words: Any, **named: Any) -> None:
            super().__init__(*words, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            """Keep the page, and begin the next."""
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Write the pages, each with its foot."""
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setFont("Helvetica", 8)
                self.setFillColor(_color(_SOFT))
                self.drawString(_MARGIN, 28, title)
                self.drawRightString(_MARGIN + _WIDE, 28, f"page {number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return Numbered


def _story(platypus: Any, sheet: Sheet) -> list[Any]:
    styles = _styles()
    story: list[Any] = [platypus.Paragraph(_escaped(sheet.title), styles["title"])]
    facts = [[_shown(name), _shown(said)] for name, said in sheet.facts]
    if facts:
        style = [*_plain(), ("TEXTCOLOR", (0, 0), (0, -1), _color(_SOFT))]
        story.append(_laid(platypus.Table, facts, Part("", ("", ""), fixed=(0,)), style))
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
        *_plain(),
        ("BACKGROUND", (0, 0), (-1, 0), _color(_SUNK)),
        ("TEXTCOLOR", (0, 0), (-1, 0), _color(_SOFT)),
        ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _color(_LINE)),
        *(("ALIGN", (at, 0), (at, -1), "RIGHT") for at in part.numbers),
    ]
    if part.sums:
        style += [
            ("FONTNAME", (0, -1), (-1, -1), "Helvetica-Bold"),
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, _color(_SOFT)),
        ]
    cells = [[_cell(value) for value in row] for row in rows]
    return _laid(platypus.LongTable, cells, part, style, repeatRows=1)


def _laid(table: Any, cells: list[list[str]], part: Part, style: list[Any], **more: int) -> Any:
    """A table no wider than the page; what is too long for its column goes on over lines."""
    widths, wanted = _widths(cells, part)
    shown: list[list[Any]] = [list(row) for row in cells]
    for at in (at for at, width in enumerate(wanted) if width > widths[at]):
        for row in shown:
            row[at] = _folded(row[at], widths[at] - 2 * _PADDING)
    return table(shown, colWidths=widths, hAlign="LEFT", style=style, **more)


def _folded(text: str, wide: float) -> Any:
    """A text that does not fit on one line as a paragraph."""
    if _measure(text) <= wide:
        return text
    return library().Paragraph(import_module("xml.sax.saxutils").escape(text), _styles()["cell"])


def _measure(text: str) -> float:
    """How wide a text is at most, in points."""
    return import_module("reportlab.pdfbase.pdfmetrics").stringWidth(text, "Helvetica-Bold", _SIZE)  # type: ignore[no-any-return]


def _widths(cells: Sequence[Sequence[str]], part: Part) -> tuple[list[float], list[float]]:
    """How wide columns are, and how wide they would be: as their widest cell; what is left goes to the widest one of text.

    Where they are too wide together, those of text share what numbers and fixed ones leave, the narrow ones as they are.
    """
    columns = range(len(cells[0]))
    wanted = [max(_measure(row[at]) for row in cells) + 2 * _PADDING for at in columns]
    texts = [at for at in columns if at not in part.numbers and at not in part.fixed] or list(columns)
    widths, left = list(wanted), _WIDE - sum(wanted)
    if left >= 0:
        widths[max(texts, key=lambda at: wanted[at])] += left
        return widths, wanted
    room = max(left + sum(wanted[at] for at in texts), _NARROW * len(texts))
    for done, at in enumerate(sorted(texts, key=lambda at: wanted[at])):
        widths[at] = min(wanted[at], room / (len(texts) - done))
        room -= widths[at]
    return widths, wanted


def _cell(value: Value) -> str:
    return "" if value is None else _shown(str(value))


def _shown(text: str) -> str:
    """A text in letters that the font has: others without their marks, or as ?; the other forms have them as they are."""
    text = printable(text)
    return text if text.isascii() else "".join(map(_letter, text))


def _letter(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return next(
        (one for one in (letter, plain, _BASE.get(letter, "")) if one.encode("cp1252", "ignore")), "?"
    )


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
            group.add(shapes.String(bar.middle, y + bar.height + 4, _shown(bar.figure), **text))
        if bar.labelled:
            group.add(shapes.String(bar.middle, HEIGHT - BASE - 16, _shown(bar.label), **text))
    group.add(shapes.Line(0, HEIGHT - BASE, WIDTH, HEIGHT - BASE, strokeColor=_color(_LINE)))
    drawing.add(group)
    title = {**text, "fontName": "Helvetica-Bold", "fontSize": 9, "textAnchor": "start"}
    drawing.add(shapes.String(0, HEIGHT * scale + 4, _shown(chart.title), **title))
    return drawing


@cache
def _color(text: str) -> Any:
    return import_module("reportlab.lib.colors").HexColor(text)


@cache
def _styles() -> dict[str, Any]:
    style = import_module("reportlab.lib.styles").ParagraphStyle
    return {
        "title": style("title", fontName="Helvetica-Bold", fontSize=18, leading=24, spaceAfter=6, textColor=_INK),
        "heading": style(
            "heading", fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=16, spaceAfter=5,
            textColor=_INK,
        ),
        "cell": style("cell", fontName="Helvetica", fontSize=_SIZE, leading=11, textColor=_INK, splitLongWords=1),
        "text": style("text", fontName="Helvetica", fontSize=_SIZE, leading=12, spaceAfter=5, textColor=_INK),
    }  # fmt: skip


def _escaped(text: str) -> str:
    return import_module("xml.sax.saxutils").escape(_shown(text))  # type: ignore[no-any-return]


@cache
def _plain() -> tuple[tuple[object, ...], ...]:
    """How every table looks."""
    return (
        ("FONTNAME", (0, 0), (-1, -1), "Helvetica"),
        ("FONTSIZE", (0, 0), (-1, -1), _SIZE),
        ("TEXTCOLOR", (0, 0), (-1, -1), _color(_INK)),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 6),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    )
