"""Secret fields overwritten before a line is stored: account codes, authorization codes.

By place, so that a line that cannot be read whole is masked as far as its columns go. What stands in another form than
its layout's may stay: docs/tickets.md says so.

Source: C-002, C-016.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ain_scp.tickets.layout.schema import CONTROLS, PLAIN, Layout

Span = tuple[int, int]
Spans = Callable[[str], Iterable[Span]]
_LEFT: Final = ' "*' + "".join(chr(one) for one in CONTROLS)
"""Characters that are not overwritten: a line with a control octet is in quarantine wherever the octet stands."""


class Masker:
    """Overwrites the named fields (default: the layout's secret ones) with asterisks."""

    def __init__(self, layout: Layout, names: Iterable[str] | None = None) -> None:
        wanted = frozenset(names) if names is not None else None
        fields = [
            field for field in layout.fields if (field.name in wanted if wanted is not None else field.secret)
        ]
        self._encoding, self._fallback = layout.encoding, layout.fallback or "latin-1"
        self._layout = layout
        self._names = [field.name for field in fields]
        self._columns = {name: at for at, name in reversed(list(enumerate(layout.record.columns)))}
        form = layout.record
        self._plain: tuple[bytes, bytes, list[int]] | None = None
        if layout.kind == "delimited" and not form.header and {layout.encoding, layout.fallback} <= PLAIN:
            places = [self._columns[name] for name in self._names if name in self._columns]
            if form.delimiter.isascii() and form.quote.isascii():
                self._plain = form.delimiter.encode(), form.quote.encode(), places
        self._spans: list[Spans] = []
        match layout.kind:
            case "fixed":
                self._spans = [_fixed(field.at) for field in fields if field.at]
            case "delimited":
                self._spans = [self._cells] if fields else []
            case "json":
                self._spans = [_json(name) for field in fields for name in (field.sources or (field.name,))]
            case "keyvalue":
                self._spans = [_keyvalue(layout, field.name) for field in fields]
            case _:
                self._spans = [_group(layout, field.name) for field in fields]

    def mask(self, line: bytes) -> bytes:
        """The line with its secrets overwritten, octet for octet as long as before."""
        if not self._spans or (self._plain is not None and _is_empty(line, *self._plain)):
            return line
        try:
            text, encoding = line.decode(self._encoding), self._encoding
        except UnicodeError:
            encoding = "latin-1"
            text = line.decode(encoding)
        found = [(start, end) for spans in self._spans for start, end in spans(text) if start < end]
        if not found:
            return line
        characters = list(text)
        for start, end in found:
            characters[start:end] = (
                one if one in _LEFT or len(one) > 1 else "*" * len(one.encode(encoding))
                for one in characters[start:end]
            )
        return "".join(characters).encode(encoding)

    def _cells(self, text: str) -> Iterator[Span]:
        form = self._layout.record
        if not form.header and not (form.quote and form.quote in text):
            yield from self._plain_cells(text.split(form.delimiter), len(form.delimiter))
            return
        spans = list(_cells(text, form.delimiter, form.quote))
        if form.header:
            cells = [text[start:end].strip('" ') for start, end in spans]
            if set(self._names) <= set(cells):
                self._columns = {name: at for at, name in enumerate(cells)}
                return
        for name in self._names:
            at = self._columns.get(name, -1)
            if 0 <= at < len(spans):
                yield spans[at]

    def _plain_cells(self, cells: list[str], between: int) -> Iterator[Span]:
        """Of a line without quotes and columns that are known: only cells that hold something are looked for."""
        for name in self._names:
            at = self._columns.get(name, -1)
            if 0 <= at < len(cells) and cells[at]:
                start = sum(map(len, cells[:at])) + at * between
                yield start, start + len(cells[at])


def _is_empty(line: bytes, delimiter: bytes, quote: bytes, places: list[int]) -> bool:
    """Whether a line without quotes, of columns that are known, has nothing to overwrite: no character has these octets in it."""
    if quote and quote in line:
        return False
    cells = line.split(delimiter)
    return not any(cells[at] for at in places if at < len(cells))


def _cells(text: str, delimiter: str, quote: str) -> Iterator[Span]:
    start, quoted = 0, False
    if not quote or quote not in text:
        for cell in text.split(delimiter):
            yield start, start + len(cell)
            start += len(cell) + 1
        return
    for at, character in enumerate(text):
        if quote and character == quote:
            quoted = not quoted
        elif character == delimiter and not quoted:
            yield start, at
            start = at + 1
    yield start, len(text)


def _fixed(at: tuple[int, int]) -> Spans:
    return lambda text: [(at[0] - 1, min(at[1], len(text)))] if len(text) >= at[0] else []


def _found(pattern: re.Pattern[str], group: int | str) -> Spans:
    return lambda text: (one.span(group) for one in pattern.finditer(text) if one[group] is not None)


def _json(name: str) -> Spans:
    return _found(re.compile(rf'"{re.escape(name)}"\s*:\s*"?((?<=")(?:[^"\\]|\\.)*|[0-9]+)'), 1)


def _keyvalue(layout: Layout, name: str) -> Spans:
    form = layout.record
    value = rf"{re.escape(form.quote)}[^{re.escape(form.quote)}]*|" if form.quote else ""
    return _found(
        re.compile(
            rf"(?:^|{re.escape(form.separator)}){re.escape(name + form.assign)}({value}[^{re.escape(form.separator)}]*)"
        ),
        1,
    )


def _group(layout: Layout, name: str) -> Spans:
    patterns = [re.compile(one) for one in (layout.record.pattern, layout.record.loose) if one]
    having = [one for one in patterns if name in one.groupindex]
    return lambda text: (one.span(name) for pattern in having[:1] for one in pattern.finditer(text))
