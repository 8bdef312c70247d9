"""What comes of a PBX's line: a call, an event, a heading, a repeat, or a line in quarantine.

Source: C-001, C-003.
"""

from enum import StrEnum
from typing import Final

import msgspec

from ain_scp.terms.zone import Zone

DIRECTIONS: Final = ("outgoing", "incoming", "internal", "tandem")
STATUSES: Final = ("COMPLETED", "NO_ANSWER", "BUSY", "ABANDONED", "FAILED", "BLOCKED")


class Reason(StrEnum):
    """Why a line is in quarantine: kept and delivered, but not counted as a call."""

    CONTROL_OCTETS = "CONTROL_OCTETS"
    BAD_ENCODING = "BAD_ENCODING"
    NO_HEADER = "NO_HEADER"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    NO_MATCH = "NO_MATCH"
    NOT_JSON = "NOT_JSON"
    BAD_FIELD = "BAD_FIELD"
    NO_DIRECTION = "NO_DIRECTION"
    NO_DATE = "NO_DATE"
    IMPOSSIBLE_TIME = "IMPOSSIBLE_TIME"
    NO_LAYOUT = "NO_LAYOUT"


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One extension's part of a call."""

    extension: str | None
    duration_s: int


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call; made by position where there are many of them, as names cost msgspec 40 times as much. Times are UTC seconds; `answer` is the printed time of answer, if the layout has one.

    `lines` are the tickets it was made of (line numbers of a file, or sequences of a store), `dialed` is as printed,
    `called` and `calling` are normalised.
    """

    direction: str
    extension: str | None
    calling: str | None
    called: str | None
    called_kind: str | None
    dialed: str | None
    trunk: str | None
    start: int
    end: int
    ring_s: int | None
    duration_s: int
    answered: bool
    status: str
    account: str | None
    call_id: str | None
    notes: tuple[str, ...]
    lines: tuple[int, ...]
    segments: tuple[Segment, ...]
    attempts: int = 1
    transferred_to: str | None = None
    answer: int | None = None


class Record(msgspec.Struct, frozen=True, gc=False):
    """A line that belongs to a call: the call as this line alone says it, and what joins and repeats ask of it.

    `extra_s` is hold and park, in seconds; `join` and `repeat` are keys, `more` and `last` what the layout's join says. `day` is a
    number for the date that the line shows, whatever the receipt: the same for all lines that are one another's repeats, 0 where the
    key has no date.
    """

    call: Call
    extra_s: int = 0
    join: tuple[str, ...] | None = None
    more: bool = False
    last: bool = False
    repeat: tuple[str, ...] | None = None
    day: int = 0


class Event(msgspec.Struct, frozen=True):
    """A line that is no call: a log-in, a full buffer, a check-out."""


class Heading(msgspec.Struct, frozen=True):
    """A line for people: column names, a page's head, a date record."""


class Quarantined(msgspec.Struct, frozen=True):
    """A line that could not be read; `field` only for BAD_FIELD."""

    reason: Reason
    field: str | None = None


Outcome = Record | Event | Heading | Quarantined


def call_json(call: Call, zone: Zone) -> dict[str, object]:
    """A call in the form of `ain ticket layout test --json`: no key is left out, times with the site's offset."""
    return {
        "kind": "call",
        "direction": call.direction,
        "extension": call.extension,
        "calling": call.calling,
        "called": call.called,
        "called_kind": call.called_kind,
        "dialed": call.dialed,
        "trunk": call.trunk,
        "start": zone.text(call.start),
        "end": zone.text(call.end),
        "ring_s": call.ring_s,
        "duration_s": call.duration_s,
        "answered": call.answered,
        "status": call.status,
        "account": call.account,
        "call_id": call.call_id,
        "notes": list(call.notes),
        "lines": list(call.lines),
        "segments": [{"extension": one.extension, "duration_s": one.duration_s} for one in call.segments],
        "attempts": call.attempts,
        "transferred_to": call.transferred_to,
    }
