"""Cutting a line into the texts of a layout's fields: one function per kind of layout.

A cutter takes the decoded line and gives the texts in the order it was asked for, or the reason why there are none.

Source: C-001.
"""

import csv
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

import msgspec

from ain_scp.tickets.call import Reason
from ain_scp.tickets.layout.rules import several
from ain_scp.tickets.layout.schema import Field, Layout

Texts = list[str]
Cutter = Callable[[str], Texts | Reason]
_ESCAPED: Final = re.compile("%[0-9A-Fa-f]{2}")


def asked(layout: Layout) -> tuple[Field, ...]:
    """The fields to cut: the layout's own, then columns that only its keys name."""
    names = {field.name for field in layout.fields}
    keys = [*layout.duplicate, *(layout.join.key if layout.join else ())]
    extra = dict.fromkeys(name for name in keys if name not in names)
    return (*layout.fields, *(Field(name=name, type="text", optional=True) for name in extra))


def cutter(layout: Layout) -> Cutter:
    """The function for a layout whose columns are known: all kinds but those with a header line."""
    form, fields = layout.record, asked(layout)
    match layout.kind:
        case "fixed":
            return _fixed(fields, form.min_length)
        case "delimited":
            return delimited(layout, list(form.columns))
        case "keyvalue":
            return _keyvalue(fields, form.separator, form.assign, form.quote)
        case "json":
            return _json(fields, form.path)
    return _pattern(fields, form.pattern)


def _fixed(fields: tuple[Field, ...], least: int) -> Cutter:
    slices = [slice(field.at[0] - 1, field.at[1]) if field.at else slice(0) for field in fields]

    def cut(text: str) -> Texts | Reason:
        if len(text) < least:
            return Reason.TOO_SHORT
        return [text[one].strip(" ") for one in slices]

    return cut


def cells_of(layout: Layout, text: str) -> Texts:
    """The cells of a delimited line, spaces at their ends cut; none where a quote is not closed: the line is not whole."""
    form = layout.record
    if not (form.quote and form.quote in text):
        return [cell.strip(" ") for cell in text.split(form.delimiter)]
    reader = csv.reader([text, ""], delimiter=form.delimiter, quotechar=form.quote)
    row = next(reader, [])
    return [cell.strip(" ") for cell in row] if reader.line_num == 1 else []


def delimited(layout: Layout, columns: list[str]) -> Cutter:
    """The function for a line whose cells are the named columns."""
    form = layout.record
    place = {name: at for at, name in reversed(list(enumerate(columns)))}
    places = [place.get(field.name, -1) for field in asked(layout)]
    least, most = form.min_fields, form.max_fields or 1 << 30
    delimiter, quote, last = form.delimiter, form.quote, max(places)
    pick = several(places)
    before, behind = " " + delimiter, delimiter + " "

    def cut(text: str) -> Texts | Reason:
        cells = cells_of(layout, text) if quote and quote in text else text.split(delimiter)
        count = len(cells)
        if count < least or not count:
            return Reason.TOO_SHORT
        if count > most:
            return Reason.TOO_LONG
        if count <= last:
            cells += [""] * (last + 1 - count)
        cells.append("")  # the place -1: a column that the line does not have
        if before in text or behind in text or text.startswith(" ") or text.endswith(" "):
            return [cell.strip(" ") for cell in pick(cells)]
        return list(pick(cells))

    return cut


def _keyvalue(fields: tuple[Field, ...], separator: str, assign: str, quote: str) -> Cutter:
    names = [field.name for field in fields]
    mark = re.escape(quote)
    value = f"({mark})([^{mark}]*)({mark}?)|" if quote else "()()()"
    pair = re.compile(
        rf"([^{re.escape(assign + separator)}]+){re.escape(assign)}(?:{value}([^{re.escape(separator)}]*))"
    )

    def cut(text: str) -> Texts | Reason:
        found, opened, closed = {}, "", ""
        for name, opened, quoted, closed, plain in pair.findall(text):  # noqa: B007 - the last one's quotes are asked for
            found[name] = quoted or plain
        if opened and not closed:
            return Reason.TOO_SHORT
        return [found.get(name, "") for name in names]

    return cut


def _json(fields: tuple[Field, ...], path: tuple[str, ...]) -> Cutter:
    wanted = [field.sources or (field.name,) for field in fields]

    def cut(text: str) -> Texts | Reason:
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return Reason.NOT_JSON
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return Reason.NOT_JSON
        return [_first(found, names) for names in wanted]

    return cut


def _first(found: dict[str, object], names: tuple[str, ...]) -> str:
    """The first of the names that is neither missing, null nor empty; a number as JSON writes it."""
    for name in names:
        value = found.get(name)
        if value is None or value == "":
            continue
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return unquote(text) if _ESCAPED.search(text) else text
    return ""


def _pattern(fields: tuple[Field, ...], pattern: str) -> Cutter:
    fits = re.compile(pattern).search
    groups = re.compile(pattern).groupindex
    places = [groups.get(field.name, 0) for field in fields]

    def cut(text: str) -> Texts | Reason:
        found = fits(text)
        if found is None:
            return Reason.NO_MATCH
        parts = ("", *found.groups(""))
        return [parts[at].strip(" ") for at in places]

    return cut
