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
from ain_scp.tickets.layout.rules import Parts, Row, asks, holds, several
from ain_scp.tickets.layout.schema import CONTROLS, MAX_CELL, PLAIN, Direction, Layout
from ain_scp.tickets.layout.times import When, day_number, moment
from ain_scp.tickets.layout.timing import Printed, Span, Timing
from ain_scp.tickets.layout.values import TEXTS, Bad, Convert, Overflow, Value, converter
from ain_scp.tickets.site import Site

_CONTROL: Final = re.compile(b"[" + re.escape(CONTROLS) + b"]")
_NO_CALL: Final = "event"
MOST_KNOWN: Final = 4096
LONGEST_KNOWN: Final = 32
"""Texts of fields that are converted once: how many of a field, and of how many characters."""
_UNKNOWN: Final[Value] = Overflow()
_SAID: Final = frozenset((*DIRECTIONS, _NO_CALL))
_CUT: Final = re.compile(r" \[cut: [0-9]+ octets, sha256 [0-9a-f]{16}\]$")
"""What the store leaves at the end of a line that was too long to keep."""


_Read = tuple[list[str], list[Value], Row, str, Span, int, int, tuple[str, ...]]
"""A line that belongs to a call, as far as it is judged: texts, values, the row and direction that apply, when it was, seconds of
its duration and of hold and park, notes."""
_NO_ROW: Final = Row(Direction(when=()), {}, frozenset())


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
        self._strict: list[tuple[int, Convert, dict[str, Value]]] = [
            (at, converter(field), {})
            for at, field in enumerate(fields)
            if field.strip or field.type not in TEXTS
        ]
        self._columns: tuple[str, ...] = ()
        self._cut: Cutter | None = None if form.header else cutter(layout)
        self._skip = [re.compile(one).search for one in form.skip]
        self._events = [re.compile(one).search for one in form.events]
        self._date_match = re.compile(form.date_match).search if form.date_match else None
        self._date_read = moment(form.date_format) if form.date_match else None
        self._is_plain = {layout.encoding, layout.fallback} <= PLAIN
        self._padding = form.padding.encode(layout.encoding, "ignore") + b"\0"
        plain = frozenset(field.name for field in fields if field.type in TEXTS)
        self._rows = [Row(row, places, plain) for row in layout.directions]
        length = next((places[one.name] for one in layout.fields if one.means == "duration"), 0)
        self._row_asks = asks([row.when for row in layout.directions], places, length)
        self._row_of: dict[object, Row | None] = {}
        self._status = [(name, holds(tests, places)) for name, tests in layout.status]
        self._status_asks = asks([tests for _name, tests in layout.status], places, length)
        self._status_of: dict[object, str] = {}
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
        self._is_trimmed = layout.kind not in ("keyvalue", "json")
        self._last_texts: list[str] = []
        self._keys(layout, places)

    def _keys(self, layout: Layout, places: dict[str, int]) -> None:
        join, transfer = layout.join, layout.transfer
        self._join_key = several([places[name] for name in join.key]) if join else None
        self._more = holds(join.more, places) if join and join.more is not None else None
        self._last = holds(join.last, places) if join and join.last is not None else None
        day = next(one for one in (self._date, self._start, self._end, 0) if one is not None)
        self._day = day if not layout.duplicate or self._names[day] in layout.duplicate else None
        self._repeat_key = several([places[name] for name in layout.duplicate])
        self._transfer = (holds(transfer[0], places), places[transfer[1]]) if transfer else None

    def read(self, line: bytes, received: int, number: int = 0) -> Outcome | None:
        """What a line is; None for an empty one. `received` is UTC seconds, `number` the ticket's."""
        found = self._read(line, received)
        return self._made(found, number) if isinstance(found, tuple) else found

    def glance(self, line: bytes, received: int) -> Event | Heading | Quarantined | int | None:
        """The same in short: of a line that belongs to a call only its end, UTC seconds."""
        found = self._read(line, received)
        return found[4].end if isinstance(found, tuple) else found

    def _read(self, line: bytes, received: int) -> "_Read | Event | Heading | Quarantined | None":
        line = line.strip(self._padding)
        if not line:
            return None
        text, notes = self._decode(line)
        if (text is None or not self._is_plain or not text.isprintable()) and _CONTROL.search(line):
            return Quarantined(Reason.CONTROL_OCTETS)
        if text is None:
            return Quarantined(Reason.BAD_ENCODING)
        other = self._not_a_record(text, received)
        if other is not None:
            return other
        texts = self._texts(text)
        if isinstance(texts, Reason):
            return Quarantined(texts)
        values = self._values(texts)
        self._last_texts = texts
        if isinstance(values, str):
            return Quarantined(Reason.BAD_FIELD, values)
        return self._judged(texts, values, notes, received)

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
    def call_number(self) -> int | None:
        """The PBX's own number of the last record, or of its call, where it prints one in digits."""
        text = "" if self._call_id is None else self._last_texts[self._call_id]
        return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_KNOWN else None

    @property
    def filled(self) -> list[bool]:
        """Which of the layout's fields the last record had."""
        return [text != "" for text in self._last_texts[: len(self.layout.fields)]]

    def _not_a_record(self, text: str, received: int) -> Event | Heading | Quarantined | None:
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

    def _dated(self, text: str, received: int) -> Heading | Quarantined:
        found: When | None = self._date_read(text) if self._date_read is not None else None
        if found is None:
            return Quarantined(Reason.BAD_FIELD, "date")
        return Heading() if self._timing.new_date(found, received) else Quarantined(Reason.IMPOSSIBLE_TIME)

    def _names_columns(self, text: str) -> bool:
        """Whether a line names every column that must be there; the lines after it are read by it."""
        columns = cells_of(self.layout, text)
        if not self._required <= set(columns):
            return False
        self._use(columns)
        return True

    def _use(self, columns: list[str]) -> None:
        self._columns, self._cut = tuple(columns), delimited(self.layout, columns)

    @property
    def shown(self) -> "Shown":
        """What lines have said about later ones."""
        return Shown(self._columns, self._timing.date, self._timing.latest)

    def go_on(self, shown: "Shown") -> None:
        """Read on as a reader that had been shown this."""
        if shown.columns and self.layout.record.header:
            self._use(list(shown.columns))
        self._timing.date, self._timing.latest = shown.date, shown.latest

    def _texts(self, text: str) -> list[str] | Reason:
        if self._cut is None:
            return Reason.NO_HEADER
        if len(text) > self.layout.record.max_length or (text[-1:] == "]" and _CUT.search(text)):
            return Reason.TOO_LONG
        return self._cut(text)

    def _values(self, texts: list[str]) -> list[Value] | str:
        """The values, or the name of the first field that does not fit. Texts seen lately are not converted again."""
        values: list[Value] = [text or None for text in texts]
        for at, convert, known in self._strict:
            text = texts[at]
            value = known.get(text, _UNKNOWN)
            if value is _UNKNOWN:
                try:
                    value = convert(text)
                except Bad:
                    return self._names[at]
                if len(text) <= LONGEST_KNOWN:
                    if len(known) >= MOST_KNOWN:
                        known.clear()
                    known[text] = value
            values[at] = value
        return values

    def _judged(
        self, texts: list[str], values: list[Value], notes: tuple[str, ...], received: int
    ) -> "_Read | Event | Quarantined":
        length = _whole(values, self._duration)
        seconds = length or 0
        found = self._direction(texts, values, seconds)
        if found is None:
            return Quarantined(Reason.NO_DIRECTION)
        row, direction = found
        if direction == _NO_CALL:
            return Event()
        held = self._hold(values) if self._extra else 0
        span = self._span(values, seconds, held, received)
        if isinstance(span, Reason):
            return Quarantined(span)
        if isinstance(length, Overflow):
            notes = (*notes, "DURATION_OVERFLOW")
        return texts, values, row, direction, span, int(seconds), held, (*notes, *span.notes)

    def _direction(self, texts: list[str], values: list[Value], seconds: int) -> tuple[Row, str] | None:
        key = self._row_asks(texts)
        row = self._row_of.get(key, _NO_ROW)
        if row is _NO_ROW:
            row = next(
                (one for one in self._rows if one.applies is None or one.applies(texts, values, seconds)),
                None,
            )
            if len(self._row_of) >= MOST_KNOWN:
                self._row_of.clear()
            self._row_of[key] = row
        if row is None:
            return None
        if row.by_numbers:
            ours = self._numbers.ours
            return row, _BY_NUMBERS[row.calling(values) in ours, row.called(values) in ours]
        if row.said >= 0:
            said = str(values[row.said])
            return (row, said) if said in _SAID else None
        return row, row.outcome

    def _span(self, values: list[Value], seconds: int, held: int, received: int) -> Span | Reason:
        start = None if self._start is None else _when(values[self._start])
        end = None if self._end is None else _when(values[self._end])
        if start is None and end is None:
            return Reason.NO_DATE
        answer = None if self._answer is None else _when(values[self._answer])
        date = None if self._date is None else _date(values[self._date])
        ring = 0 if self._ring is None else _whole(values, self._ring) or 0
        if answer is None and (start is None or end is None):
            before, after = (seconds + ring, 0) if start is None else (0, seconds + ring + held)
            found = self._timing.alone(end if start is None else start, date, before, after, received)
            if found is not None:
                return found
        return self._timing.span(Printed(start, end, answer, date, seconds, ring, held), received)

    def _hold(self, values: list[Value]) -> int:
        total = 0
        for at in self._extra:
            value = values[at]
            if isinstance(value, int):
                total += value
        return total

    def _made(self, found: "_Read", number: int) -> Record:
        texts, values, row, direction, span, seconds, held, notes = found
        extension = row.extension[direction](values)
        called = row.called_by[direction](values) or row.called(values)
        named = self._numbers.called(called, direction)
        answered = self._answered is not None and self._answered(texts, values, seconds)
        moved = self._transfer is not None and self._transfer[0](texts, values, seconds)
        ring = _whole(values, self._ring)
        call = Call(
            direction,
            extension,
            self._numbers.calling(row.calling(values), direction),
            named.number,
            named.kind,
            _text(values, self._dialed),
            row.trunk[direction](values),
            span.start,
            span.end,
            None if ring is None else int(ring),
            seconds,
            answered,
            self._named(texts, values, seconds, answered=answered),
            _text(values, self._account),
            _text(values, self._call_id),
            notes,
            (number,),
            (Segment(extension, seconds),),
            1,
            _text(values, self._transfer[1]) if moved and self._transfer else None,
            span.answer,
        )
        repeat = self._key(self._repeat_key, texts)
        return Record(
            call,
            held,
            None if self._join_key is None else self._key(self._join_key, texts),
            self._more is not None and self._more(texts, values, seconds),
            self._last is not None and self._last(texts, values, seconds),
            repeat if any(repeat) else None,
            0 if self._day is None else day_number(values[self._day]),
        )

    def _named(self, texts: list[str], values: list[Value], seconds: int, *, answered: bool) -> str:
        """The status: the first that applies, or what answered or not says."""
        if not self._status:
            return "COMPLETED" if answered else "NO_ANSWER"
        key = self._status_asks(texts)
        found = self._status_of.get(key)
        if found is None:
            found = next((name for name, applies in self._status if applies(texts, values, seconds)), "")
            if len(self._status_of) >= MOST_KNOWN:
                self._status_of.clear()
            self._status_of[key] = found
        return found or ("COMPLETED" if answered else "NO_ANSWER")

    def _key(self, parts: Parts, texts: list[str]) -> tuple[str, ...]:
        found = parts(texts)
        return found if self._is_trimmed else tuple(one.strip(" ") for one in found)


class Shown(msgspec.Struct, frozen=True):
    """What a source's lines say about later ones: names of columns, the last date record, the latest end."""

    columns: tuple[str, ...] = ()
    date: When | None = None
    latest: int | None = None


_BY_NUMBERS: Final = {
    (True, True): "internal", (True, False): "outgoing", (False, True): "incoming", (False, False): "tandem",
}  # fmt: skip


def _whole(values: list[Value], at: int | None) -> int | None:
    value = None if at is None else values[at]
    return value if isinstance(value, int) else None


def _when(value: Value) -> When | int | None:
    return None if isinstance(value, str) else value


def _date(value: Value) -> When | None:
    return value if isinstance(value, When) else None


def _text(values: list[Value], at: int | None) -> str | None:
    value = None if at is None else values[at]
    return None if value is None else str(value)
