"""Reading lines: a layout and a site compiled into one reader per source.

The order of the refusals: control octets, encoding, header, length or shape, a field, the direction, the date, the time.
A reader keeps what lines say about later ones: column names, the last date record, the latest end.

Source: C-001, C-010.
"""

import re
from typing import Final

import msgspec

from ain_scp.tickets.call import (
    DIRECTIONS,
    Call,
    Event,
    Heading,
    Outcome,
    Quarantined,
    Reason,
    Record,
    Segment,
)
from ain_scp.tickets.layout.cells import Cutter, asked, cells_of, cutter, delimited
from ain_scp.tickets.layout.numbers import Numbers
from ain_scp.tickets.layout.rules import Holds, Take, holds, take
from ain_scp.tickets.layout.schema import MAX_CELL, Direction, Layout
from ain_scp.tickets.layout.times import When, moment
from ain_scp.tickets.layout.timing import Printed, Span, Timing
from ain_scp.tickets.layout.values import Bad, Overflow, Value, converter
from ain_scp.tickets.site import Site

CONTROLS: Final = bytes([*range(9), *range(10, 32), 127])
_CONTROL: Final = re.compile(b"[" + re.escape(CONTROLS) + b"]")
_NO_CALL: Final = "event"
_SAID: Final = frozenset((*DIRECTIONS, _NO_CALL))
_CUT: Final = re.compile(r" \[cut: [0-9]+ octets, sha256 [0-9a-f]{16}\]$")
"""What the store leaves at the end of a line that was too long to keep."""


class _Row:
    """One row of the table of directions, compiled."""

    def __init__(self, row: Direction, places: dict[str, int]) -> None:
        self.applies: Holds | None = holds(row.when, places) if row.when else None
        self.outcome = row.outcome
        self.said = places.get(row.said, -1)
        self.by_numbers = row.by_numbers
        parties = row.parties
        self.calling: Take = take(parties.get("calling"), places)
        self.called: Take = take(parties.get("called"), places)
        self.extension: dict[str, Take] = {}
        self.trunk: dict[str, Take] = {}
        self.called_by: dict[str, Take] = {}
        for direction in ("outgoing", "incoming", "internal", "tandem"):
            side = "incoming" if direction == "incoming" else "outgoing"
            own = f"extension_{side}" if direction != "tandem" else ""
            self.extension[direction] = take(parties.get(own if row.by_numbers else "extension"), places)
            self.trunk[direction] = take(
                parties.get(f"trunk_{direction}" if row.by_numbers else "trunk"), places
            )
            self.called_by[direction] = take(parties.get(f"called_{direction}"), places)


class Reader:
    """Reads the lines of one source in order. `live`: lines come as calls end; else they are a file's."""

    def __init__(
        self,
        layout: Layout,
        site: Site,
        *,
        live: bool = False,
        date_from_receipt: bool = False,
        clock_offset_s: int = 0,
    ) -> None:
        self.layout = layout
        form, own = layout.record, layout.reading
        site = own.site or site
        if own.includes is not None:
            site = msgspec.structs.replace(site, dialed_includes_access_code={layout.name: own.includes})
        fields = asked(layout)
        places = {field.name: at for at, field in enumerate(fields)}
        self._names = [field.name for field in fields]
        self._convert = [converter(field) for field in fields]
        self._cut: Cutter | None = None if form.header else cutter(layout)
        self._skip = [re.compile(one).search for one in form.skip]
        self._events = [re.compile(one).search for one in form.events]
        self._date_match = re.compile(form.date_match).search if form.date_match else None
        self._date_read = moment(form.date_format) if form.date_match else None
        self._padding = form.padding.encode(layout.encoding, "ignore") + b"\0"
        self._rows = [_Row(row, places) for row in layout.directions]
        self._status = [(name, holds(tests, places)) for name, tests in layout.status]
        self._answered = holds(layout.answered, places) if layout.answered is not None else None
        self._required = frozenset(field.name for field in layout.fields if not field.optional)
        self._numbers = Numbers(site, layout.name)
        self._timing = Timing(
            site.zone_for(layout.name),
            live=live,
            date_from_receipt=date_from_receipt or own.date_from_receipt,
            offset_s=clock_offset_s or own.clock_offset_s,
        )
        at = {field.means: places[field.name] for field in layout.fields if field.means}
        self._start, self._end, self._answer = at.get("start"), at.get("end"), at.get("answer")
        self._duration, self._ring = at.get("duration"), at.get("ring_s")
        self._dialed, self._account, self._call_id = at.get("dialed"), at.get("account"), at.get("call_id")
        self._date = next((places[field.name] for field in layout.fields if field.type == "date"), None)
        self._extra = [places[name] for name in ("hold", "park") if name in places]
        self._last_texts: list[str] = []
        self._keys(layout, places)

    def _keys(self, layout: Layout, places: dict[str, int]) -> None:
        join, transfer = layout.join, layout.transfer
        self._join_key = [places[name] for name in join.key] if join else None
        self._more = holds(join.more, places) if join and join.more is not None else None
        self._last = holds(join.last, places) if join and join.last is not None else None
        self._repeat_key = [places[name] for name in layout.duplicate]
        self._transfer = (holds(transfer[0], places), places[transfer[1]]) if transfer else None

    def read(self, line: bytes, received: int, number: int = 0) -> Outcome | None:
        """What a line is; None for an empty one. `received` is UTC seconds, `number` the ticket's."""
        line = line.strip(self._padding)
        if not line:
            return None
        if _CONTROL.search(line):
            return Quarantined(Reason.CONTROL_OCTETS)
        text, notes = self._decode(line)
        if text is None:
            return Quarantined(Reason.BAD_ENCODING)
        other = self._not_a_record(text, received)
        if other is not None:
            return other
        texts = self._texts(text)
        if isinstance(texts, Reason):
            return Quarantined(texts)
        values, bad = self._values(texts)
        self._last_texts = texts
        if bad is not None:
            return Quarantined(Reason.BAD_FIELD, bad)
        return self._record(texts, values, notes, received, number)

    def _decode(self, line: bytes) -> tuple[str | None, tuple[str, ...]]:
        try:
            return line.decode(self.layout.encoding), ()
        except UnicodeError:
            pass
        if not self.layout.fallback:
            return None, ()
        try:
            return line.decode(self.layout.fallback), ("ENCODING_FALLBACK",)
        except UnicodeError:
            return None, ()

    def cut(self, line: bytes) -> list[str] | Reason:
        """The texts of a line's fields, as they stand in it."""
        text, _notes = self._decode(line.strip(self._padding))
        return Reason.BAD_ENCODING if text is None else self._texts(text)

    @property
    def filled(self) -> list[bool]:
        """Which of the layout's fields the last record had."""
        return [text != "" for text in self._last_texts[: len(self.layout.fields)]]

    def _not_a_record(self, text: str, received: int) -> Outcome | None:
        for skip in self._skip:
            if skip(text):
                return Heading()
        for event in self._events:
            if event(text):
                return Event()
        if self._date_match is not None and self._date_match(text.strip()):
            return self._dated(text.strip(), received)
        form = self.layout.record
        if form.header and len(text) <= MAX_CELL and self._names_columns(text):
            return Heading()
        return None

    def _dated(self, text: str, received: int) -> Outcome:
        found: When | None = self._date_read(text) if self._date_read is not None else None
        if found is None:
            return Quarantined(Reason.BAD_FIELD, "date")
        return Heading() if self._timing.new_date(found, received) else Quarantined(Reason.IMPOSSIBLE_TIME)

    def _names_columns(self, text: str) -> bool:
        """Whether a line names every column that must be there; the lines after it are read by it."""
        columns = cells_of(self.layout, text)
        if not self._required <= set(columns):
            return False
        self._cut = delimited(self.layout, columns)
        return True

    def _texts(self, text: str) -> list[str] | Reason:
        if self._cut is None:
            return Reason.NO_HEADER
        if len(text) > self.layout.record.max_length or (text[-1:] == "]" and _CUT.search(text)):
            return Reason.TOO_LONG
        return self._cut(text)

    def _values(self, texts: list[str]) -> tuple[list[Value], str | None]:
        values: list[Value] = []
        append = values.append
        try:
            for convert, text in zip(self._convert, texts, strict=True):
                append(convert(text))
        except Bad:
            return values, self._names[len(values)]
        return values, None

    def _record(
        self, texts: list[str], values: list[Value], notes: tuple[str, ...], received: int, number: int
    ) -> Outcome:
        length = _whole(values, self._duration)
        seconds = length or 0
        found = self._direction(texts, values, seconds)
        if found is None:
            return Quarantined(Reason.NO_DIRECTION)
        row, direction = found
        if direction == _NO_CALL:
            return Event()
        span = self._span(values, seconds, received)
        if isinstance(span, Reason):
            return Quarantined(span)
        if isinstance(length, Overflow):
            notes = (*notes, "DURATION_OVERFLOW")
        call = self._call(texts, values, row, direction, span, seconds, (*notes, *span.notes), number)
        return self._with_keys(texts, values, call, seconds)

    def _direction(self, texts: list[str], values: list[Value], seconds: int) -> tuple[_Row, str] | None:
        for row in self._rows:
            if row.applies is not None and not row.applies(texts, values, seconds):
                continue
            if row.by_numbers:
                calling, called = (
                    row.calling(values) in self._numbers.ours,
                    row.called(values) in self._numbers.ours,
                )
                return row, _BY_NUMBERS[calling, called]
            if row.said >= 0:
                said = str(values[row.said])
                return (row, said) if said in _SAID else None
            return row, row.outcome
        return None

    def _span(self, values: list[Value], seconds: int, received: int) -> Span | Reason:
        def when(at: int | None) -> When | int | None:
            value = None if at is None else values[at]
            return value if isinstance(value, When | int) else None

        date = when(self._date)
        printed = Printed(
            when(self._start),
            when(self._end),
            when(self._answer),
            date if isinstance(date, When) else None,
            seconds,
            _whole(values, self._ring) or 0,
            self._hold(values),
        )
        if printed.start is None and printed.end is None:
            return Reason.NO_DATE
        return self._timing.span(printed, received)

    def _hold(self, values: list[Value]) -> int:
        return sum(_whole(values, at) or 0 for at in self._extra)

    def _call(
        self,
        texts: list[str],
        values: list[Value],
        row: _Row,
        direction: str,
        span: Span,
        seconds: int,
        notes: tuple[str, ...],
        number: int,
    ) -> Call:
        extension = row.extension[direction](values)
        called = row.called_by[direction](values) or row.called(values)
        named = self._numbers.called(called, direction)
        answered = self._answered is not None and self._answered(texts, values, seconds)
        moved = self._transfer is not None and self._transfer[0](texts, values, seconds)
        return Call(
            direction=direction,
            extension=extension,
            calling=self._numbers.calling(row.calling(values), direction),
            called=named.number,
            called_kind=named.kind,
            dialed=_text(values, self._dialed),
            trunk=row.trunk[direction](values),
            start=span.start,
            end=span.end,
            ring_s=_plain(_whole(values, self._ring)),
            duration_s=int(seconds),
            answered=answered,
            status=self._status_of(texts, values, seconds, answered),
            account=_text(values, self._account),
            call_id=_text(values, self._call_id),
            notes=notes,
            lines=(number,),
            segments=(Segment(extension, int(seconds)),),
            transferred_to=_text(values, self._transfer[1]) if moved and self._transfer else None,
            answer=span.answer,
        )

    def _status_of(self, texts: list[str], values: list[Value], seconds: int, answered: bool) -> str:
        for name, applies in self._status:
            if applies(texts, values, seconds):
                return name
        return "COMPLETED" if answered else "NO_ANSWER"

    def _with_keys(self, texts: list[str], values: list[Value], call: Call, seconds: int) -> Record:
        key = None if self._join_key is None else tuple(texts[at].strip(" ") for at in self._join_key)
        repeat = tuple(texts[at].strip(" ") for at in self._repeat_key)
        return Record(
            call,
            self._hold(values),
            key,
            self._more is not None and self._more(texts, values, seconds),
            self._last is not None and self._last(texts, values, seconds),
            repeat if any(repeat) else None,
        )


_BY_NUMBERS: Final = {
    (True, True): "internal", (True, False): "outgoing", (False, True): "incoming", (False, False): "tandem",
}  # fmt: skip


def _whole(values: list[Value], at: int | None) -> int | None:
    value = None if at is None else values[at]
    return value if isinstance(value, int) else None


def _plain(value: int | None) -> int | None:
    return None if value is None else int(value)


def _text(values: list[Value], at: int | None) -> str | None:
    value = None if at is None else values[at]
    return None if value is None else str(value)
