"""Tables for people: columns as wide as what stands in them, never run together, and no wider than the terminal.

In a pipe every cell is whole. On a terminal cells of a table that is too wide are cut with `…`, the widest columns first, and
columns that still do not fit are left out, the last ones first; a line says which. What must not leave is shown as its escape
before it is measured, so that no name shifts a table or steers who reads its file.

Source: interfaces.md section 1.
"""

from collections.abc import Sequence
from typing import Final

from ain_scp.reports.sheet import Part, Sheet
from ain_scp.terms.safe_text import printable

SEPARATOR: Final = "  "
SHORTEST: Final = 8
"""No column is cut below this many characters."""

Row = Sequence[str]


def table(
    head: Row, rows: Sequence[Row], *, numbers: Sequence[int] = (), width: int | None = None
) -> list[str]:
    """The lines of a table; `numbers` are the columns that stand to the right. An empty line's end is cut."""
    shown = [[printable(cell) for cell in row] for row in (head, *rows)]
    sizes = [max(len(row[at]) for row in shown) for at in range(len(head))]
    kept = len(head)
    if width is not None:
        sizes, kept = _fitted(sizes, width)
    lines = [_line(row[:kept], sizes, numbers) for row in shown]
    if kept < len(head):
        lines.append(f"(not shown here: {', '.join(shown[0][kept:])}; in a pipe every column is)")
    return lines


def _fitted(sizes: list[int], width: int) -> tuple[list[int], int]:
    """Sizes that fit, and how many columns are left."""
    kept = len(sizes)
    while kept > 1 and _total([min(size, SHORTEST) for size in sizes[:kept]]) > width:
        kept -= 1
    left = sizes[:kept]
    while _total(left) > width and max(left) > SHORTEST:
        left[left.index(max(left))] -= 1
    return left, kept


def _total(sizes: Sequence[int]) -> int:
    return sum(sizes) + len(SEPARATOR) * (len(sizes) - 1)


def _line(row: Row, sizes: Sequence[int], numbers: Sequence[int]) -> str:
    cells = [
        cell if len(cell) <= size else cell[: size - 1] + "…" for cell, size in zip(row, sizes, strict=True)
    ]
    placed = [
        cell.rjust(size) if at in numbers else cell.ljust(size)
        for at, (cell, size) in enumerate(zip(cells, sizes, strict=True))
    ]
    return SEPARATOR.join(placed).rstrip()


def sheet_text(sheet: Sheet) -> str:
    """A sheet as plain text; its charts are left out, the tables have their figures."""
    facts = [(printable(name), printable(said)) for name, said in sheet.facts]
    widest = max((len(name) for name, _ in facts), default=0)
    lines = [*_headed(sheet.title, "="), ""]
    lines += [f"{name.ljust(widest)}  {said}" for name, said in facts]
    for part in sheet.parts:
        body = _part(part)
        if body:
            lines += ["", *_headed(part.heading, "-"), *body]
    return "\n".join(lines) + "\n"


def _headed(text: str, line: str) -> tuple[str, str]:
    shown = printable(text)
    return shown, line * len(shown)


def _part(part: Part) -> list[str]:
    lines = [printable(part.note)] if part.note else []
    if not part.columns:
        return lines
    rows = [
        tuple("" if cell is None else str(cell) for cell in row) for row in (*part.rows, part.sums) if row
    ]
    found = table(part.columns, rows, numbers=part.numbers)
    if part.sums:
        found.insert(-1, "-" * max(map(len, found)))
    return lines + found
