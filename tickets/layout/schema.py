"""A layout as checked data: what the readers of lines are compiled from. `parsing.py` makes it of a file.

Source: C-001, C-010.
"""

from typing import Final

import msgspec

from ain_scp.tickets.site import Site

KINDS: Final = ("fixed", "delimited", "keyvalue", "json", "pattern")
TYPES: Final = (
    "text", "party", "device", "digits", "integer", "choice", "duration", "clock", "date", "datetime", "epoch_s", "iso8601",
)  # fmt: skip
MEANS: Final = (
    "start", "end", "answer", "duration", "ring_s", "dialed", "account", "authorization", "call_id", "trunk",
)  # fmt: skip
FORMATTED: Final = ("duration", "clock", "date", "datetime")
PLAIN: Final = frozenset(("utf-8", "latin-1", "ascii", ""))
"""Encodings in which an ASCII octet is nothing but that character. "" is no fallback."""
CONTROLS: Final = bytes([*range(9), *range(10, 32), 127])
"""Octets that no line may hold."""
MAX_LENGTH: Final = 4096
MAX_LENGTH_JSON: Final = 262_144
MAX_CELL: Final = 131_072
"""The longest cell that the csv module reads."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record. `at` are columns from 1, both included; `sources` the JSON names tried in turn."""

    name: str
    type: str
    at: tuple[int, int] | None = None
    format: str = ""
    format_2: str = ""
    means: str = ""
    values: tuple[str, ...] = ()
    optional: bool = False
    strip: str = ""
    sources: tuple[str, ...] = ()
    overflow: str = ""
    zero_is_absent: bool = False
    secret: bool = False


class Test(msgspec.Struct, frozen=True):
    """One thing that must hold of a record. `how`: is, starts, matches, present, longer."""

    how: str
    field: str
    values: tuple[str, ...] = ()
    seconds: int = 0


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a field: after the first `after`, before the first (or last) `before`, less `strip`; then its digits."""

    of: str
    after: str = ""
    before: str = ""
    last: bool = False
    strip: str = ""
    digits: bool = False


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of directions. `said` names the field that says the direction; `parties` by key."""

    when: tuple[Test, ...]
    outcome: str = ""
    said: str = ""
    by_numbers: bool = False
    parties: dict[str, Extract] = {}


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """Which records are one call."""

    key: tuple[str, ...]
    within_s: int
    more: tuple[Test, ...] | None = None
    last: tuple[Test, ...] | None = None
    attempts: bool = False
    adds: bool = False


class RecordForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a record is cut out of a line."""

    min_length: int = 0
    max_length: int = MAX_LENGTH
    delimiter: str = ","
    quote: str = ""
    columns: tuple[str, ...] = ()
    header: bool = False
    min_fields: int = 0
    max_fields: int = 0
    take: str = ""
    leave: str = ""
    path: tuple[str, ...] = ()
    separator: str = " "
    assign: str = "="
    pattern: str = ""
    loose: str = ""
    skip: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    date_match: str = ""
    date_format: str = ""
    framing: str = "lines"
    padding: str = ""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How one source is read beside its layout: it travels with it. `includes`: the dialed number holds the access code."""

    date_from_receipt: bool = False
    clock_offset_s: int = 0
    includes: bool | None = None
    site: Site | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A checked layout. `digest` is SHA-256 of its text, `text` the file itself: it travels with the tickets."""

    name: str
    title: str
    kind: str
    encoding: str
    fallback: str
    basis: str
    record: RecordForm
    fields: tuple[Field, ...]
    directions: tuple[Direction, ...]
    status: tuple[tuple[str, tuple[Test, ...]], ...]
    answered: tuple[Test, ...] | None
    join: Join | None
    transfer: tuple[tuple[Test, ...], str] | None
    duplicate: tuple[str, ...]
    digest: str
    text: str
    reading: Reading = Reading()
