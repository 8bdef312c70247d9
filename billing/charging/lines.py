"""Event lines and result lines: JSON objects, one a line, in virtual time.

The result of a line follows what timers caused before it (their `line` is 0). Times are ISO 8601, local, all of a file
with an offset or all without: order and lengths are those of the instants, dates and bands those of the written time.

Source: charging.md 9.2.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final

import msgspec

from ain_scp.billing.charging.engine import Engine, TimerLine
from ain_scp.billing.charging.events import AnyEvent
from ain_scp.billing.charging.results import NOTHING, Said

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
_MS: Final = dt.timedelta(milliseconds=1)
_END_MS: Final = (dt.datetime(2200, 1, 1) - _EPOCH) // _MS  # noqa: DTZ001 - the same calendar
_decoder: Final = msgspec.json.Decoder(AnyEvent)
_encode: Final = msgspec.json.Encoder().encode


class LineFault(Exception):
    """A line that cannot be understood: what is wrong, in words."""


class Moment(msgspec.Struct, frozen=True):
    """An instant and how far local time is ahead of it (ms); `zoned`: it was written with an offset."""

    at_ms: int
    offset_ms: int
    zoned: bool


class EventLine(msgspec.Struct, frozen=True):
    """One request with its moment, and the text it had."""

    number: int
    moment: Moment
    asked: AnyEvent


def read(octets: bytes, number: int) -> EventLine:
    """Read one event line; LineFault when it is none."""
    try:
        asked = _decoder.decode(_gathered(octets) if b'"service"' in octets else octets)
    except msgspec.MsgspecError as fault:
        raise LineFault(_plain(str(fault))) from None
    except (UnicodeDecodeError, RecursionError) as fault:
        raise LineFault(
            "not UTF-8" if isinstance(fault, UnicodeDecodeError) else "nested too deeply"
        ) from None
    return EventLine(number, moment_of(asked.at), asked)


def _gathered(octets: bytes) -> bytes:
    """A line of a service's event, its own fields gathered under `fields`."""
    line = msgspec.json.decode(octets)
    if not isinstance(line, dict) or line.get("event") != "service" or "fields" in line:
        return octets
    known = {name: line.pop(name) for name in ("at", "event", "key", "service", "name") if name in line}
    return _encode({**known, "fields": line})


def moment_of(text: str) -> Moment:
    """Read an ISO time with or without offset; LineFault for anything else."""
    try:
        found = dt.datetime.fromisoformat(text)
        offset = found.utcoffset()
        local = (found.replace(tzinfo=None) - _EPOCH) // _MS
    except (ValueError, OverflowError):
        raise LineFault(f"at: {ascii(text)[:60]} is not a time (2001-01-17T10:00:00)") from None
    if not 0 <= local < _END_MS:
        raise LineFault(f"at: {ascii(text)[:60]} is not between 1970 and 2199")
    ahead = 0 if offset is None else offset // _MS
    return Moment(local - ahead, ahead, offset is not None)


def text_of(at_ms: int, offset_ms: int, *, zoned: bool) -> str:
    """Write an instant as local time, with its offset or without."""
    local = _EPOCH + dt.timedelta(milliseconds=at_ms + offset_ms)
    text = local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")
    if not zoned:
        return text
    minutes = offset_ms // 60_000
    sign = "-" if minutes < 0 else "+"
    return f"{text}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def play(engine: Engine, line: EventLine) -> Iterator[bytes]:
    """Serve one line: what timers caused before it, its result, what it caused itself."""
    moment = line.moment
    engine.arrive(moment.at_ms, moment.offset_ms)
    yield from timer_lines(engine, zoned=moment.zoned)
    said = engine.serve(line.asked, moment.at_ms, moment.offset_ms)
    yield result_line(line, said)
    yield from timer_lines(engine, zoned=moment.zoned)


def finish(engine: Engine, *, zoned: bool) -> Iterator[bytes]:
    """Let time run on until no call is open."""
    engine.finish()
    yield from timer_lines(engine, zoned=zoned)


def result_line(line: EventLine, said: Said) -> bytes:
    """The result of a line."""
    event = type(line.asked).__struct_config__.tag
    head: dict[str, object] = {"line": line.number, "at": line.asked.at, "event": event, "ok": said.ok}
    if said.reason:
        head["reason"] = said.reason
    return _joined(head, said.body)


def timer_lines(engine: Engine, *, zoned: bool) -> list[bytes]:
    """What timers caused since the last time this was asked."""
    found, engine.lines = engine.lines, []
    return [_timer_line(line, zoned=zoned) for line in found]


def _timer_line(line: TimerLine, *, zoned: bool) -> bytes:
    at = text_of(line.at_ms, line.offset_ms, zoned=zoned)
    return _joined({"line": 0, "at": at, "event": line.event, "ok": True}, line.body)


def _joined(head: dict[str, object], body: bytes) -> bytes:
    front = _encode(head)
    return front if body in (NOTHING, b"") else front[:-1] + b"," + body[1:]


def _plain(text: str) -> str:
    """The decoder's words, with the field's name before them."""
    what, _, where = text.partition(" - at ")
    field = where.strip("`").removeprefix("$.").removeprefix("$")
    return f"{field}: {what}" if field else what
