"""A printed sheet, before it is text, a page or a PDF: a title, facts, and parts with a table, notes and charts each.

Source: charging.md 9.3 (one record, four forms); console.md section 5.
"""

import msgspec

from ain_scp.figures.bars import Chart
from ain_scp.reports.source import Value


class Part(msgspec.Struct, frozen=True):
    """One part of a sheet: a table whose `numbers` stand to the right, a last row of `sums`, charts, and a sentence before.

    `fixed` are columns that are never broken or cut; a part without columns has its sentence and its charts alone.
    """

    heading: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    numbers: tuple[int, ...] = ()
    fixed: tuple[int, ...] = ()
    sums: tuple[Value, ...] = ()
    note: str = ""
    charts: tuple[Chart, ...] = ()


class Sheet(msgspec.Struct, frozen=True):
    """The whole: what it is, the facts at its head, its parts."""

    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
