"""Octets of messages that differ only in digits and numbers of fixed size: encoded once per shape, filled in after.

A template is learned from the general encoder itself: it encodes stand-ins, then changes one field at a time; the octets
that change are that field's. A template that does not give the general encoder's octets for the first real message of
its shape is never used, and that shape goes the general way for good. So a template can be wrong in no way that the
encoder is not, as long as layout depends on the shape alone: the key, and the size of each field.

Limit: 4096 shapes, then all are forgotten and learned again.
Source: A-264 (runs of an hour in seconds); performance: encoding from tables costs ten times as much as filling.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Final

from ain_scp.signaling.bcd import octets_of
from ain_scp.signaling.shapes.holes import Holes

Field = str | bytes | None
"""Digits (written as BCD), octets as they are, or nothing there."""

MOST_SHAPES = 4096
_DIGITS: Final = ("1", "2")
_OCTETS: Final = (b"\x15", b"\x2a")
# Stand-ins: two values that differ in every digit and every octet, and fit fourteen bits twice over.

bcd: Final = lru_cache(maxsize=65_536)(octets_of)
"""Digits as BCD, remembered: a run's numbers come again and again."""


class Template:
    """Octets with holes, and which field goes into each."""

    __slots__ = ("_holes", "_order")

    def __init__(self, octets: bytes, places: list[tuple[int, int, int]]) -> None:
        places.sort()
        self._holes = Holes(octets, [(start, start + size) for start, size, _ in places])
        self._order = [field for _, _, field in places]

    def fill(self, fields: tuple[Field, ...]) -> bytes:
        """Return the octets with these fields."""
        parts: list[bytes] = []
        for index in self._order:
            field = fields[index]
            parts.append(bcd(field) if isinstance(field, str) else field or b"")
        return self._holes.fill(tuple(parts))


class Templates:
    """Templates of one encoder, which takes a key and the fields and returns octets."""

    def __init__(self, encode: Callable[[Hashable, tuple[Field, ...]], bytes]) -> None:
        self._encode = encode
        self._known: dict[Hashable, Template | None] = {}

    def octets(self, key: Hashable, fields: tuple[Field, ...]) -> bytes:
        """Return the octets of a message, by its template if it has one. Raises what the encoder raises."""
        shape = key, *[None if field is None else len(field) for field in fields]
        try:
            template = self._known[shape]
        except KeyError:
            octets, template = self._learn(key, fields)
            if len(self._known) >= MOST_SHAPES:
                self._known.clear()
            self._known[shape] = template
            return octets
        return self._encode(key, fields) if template is None else template.fill(fields)

    def _learn(self, key: Hashable, fields: tuple[Field, ...]) -> tuple[bytes, Template | None]:
        octets = self._encode(key, fields)
        stand_ins = tuple(_stand_in(field, 0) for field in fields)
        base = self._encode(key, stand_ins)
        places: list[tuple[int, int, int]] = []
        for index, field in enumerate(fields):
            if not field:
                continue
            changed = (*stand_ins[:index], _stand_in(field, 1), *stand_ins[index + 1 :])
            size = len(bcd(field)) if isinstance(field, str) else len(field)
            found = _places(base, self._encode(key, changed), size)
            if found is None:
                return octets, None
            places += [(start, size, index) for start in found]
        try:
            template = Template(base, places)
        except ValueError:  # one octet for two fields
            return octets, None
        return octets, template if template.fill(fields) == octets else None


def _stand_in(field: Field, which: int) -> Field:
    if field is None:
        return None
    return _DIGITS[which] * len(field) if isinstance(field, str) else _OCTETS[which] * len(field)


def _places(base: bytes, changed: bytes, size: int) -> list[int] | None:
    """Find where two encodings differ, in runs of whole fields; None when they differ in any other way."""
    if len(base) != len(changed):
        return None
    places: list[int] = []
    at = 0
    while at < len(base):
        if base[at] == changed[at]:
            at += 1
            continue
        run = range(at, at + size)
        if run.stop > len(base) or any(base[i] == changed[i] for i in run):
            return None
        places.append(at)
        at = run.stop
    return places
