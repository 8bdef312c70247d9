"""A field's text becomes a value, or is refused.

Source: C-001.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ain_scp.tickets.layout.schema import Field
from ain_scp.tickets.layout.times import When, duration, moment

OVERFLOW_S: Final = 360_000
"""What a duration counts as that its PBX could not print: 100 hours."""
TEXTS: Final = ("text", "party", "device")
_DIALABLE: Final = frozenset("0123456789*#+")


class Overflow(int):
    """A duration that was too long to print."""


class Zoneless(int):
    """A printed time without an offset, in seconds of the wall."""


Value = str | int | When | None
Convert = Callable[[str], Value]


class Bad(ValueError):
    """A text that its field's type does not take."""


def converter(field: Field) -> Convert:
    """Text, trimmed, to a value; None: the field is absent. Raises Bad."""
    if field.type in TEXTS:
        return _text(field.strip)
    read = _strict(field)
    may_be_absent = (
        field.optional or field.type == "digits" or (field.type == "choice" and "" in _values(field))
    )
    begin, overflow = field.strip, field.overflow

    def convert(text: str) -> Value:
        if not text:
            if may_be_absent:
                return None
            raise Bad
        if overflow and text == overflow:
            return Overflow(OVERFLOW_S)
        value = read(text.removeprefix(begin) if begin else text)
        if value is None:
            raise Bad
        return None if value == 0 and field.zero_is_absent else value

    return convert


def _text(begin: str) -> Convert:
    if not begin:
        return lambda text: text or None
    return lambda text: text.removeprefix(begin) or None


def _values(field: Field) -> frozenset[str]:
    return frozenset(value.strip(" ") for value in field.values)


def _strict(field: Field) -> Callable[[str], Value]:
    match field.type:
        case "digits":
            return lambda text: text if _DIALABLE.issuperset(text) else None
        case "integer" | "epoch_s":
            return _whole
        case "choice":
            values = _values(field)
            return lambda text: text if text in values else None
        case "iso8601":
            return _iso
    forms = [form for form in (field.format, field.format_2) if form]
    reads: list[Callable[[str], Value]] = [
        duration(form) if field.type == "duration" else moment(form) for form in forms
    ]
    if len(reads) == 1:
        return reads[0]
    return lambda text: next((value for value in (read(text) for read in reads) if value is not None), None)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _iso(text: str) -> int | None:
    """UTC seconds; a time without an offset is the wall's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    away = at.utcoffset()
    wall = at.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's count
    seconds = wall.days * 86_400 + wall.seconds
    return Zoneless(seconds) if away is None else seconds - int(away.total_seconds())
