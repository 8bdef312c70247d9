"""Answers of the service control point read by their shape: what the general decoder made of one, again for the next.

Two Response packages that agree in every octet except the transaction id, the digits of numbers and the echo data mean
the same but for these: every length stands in the octets they agree in. An answer is learned from what the general
decoder made of it; its places are found by the octets of its numbers, each of which must stand in it exactly once. A
shape that does not give back what it was learned from is not kept.

Limits: 8 layouts per length of answer, 4096 shapes in each, then all of that length are forgotten.
Source: A-264; ain-wire.md sections 1.1, 3.1 and 4.1.
"""

from itertools import pairwise
from typing import Final

import msgspec

from ain_scp.signaling.bcd import digits_of
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.templates import bcd

_RESPONSE: Final = 0xE4
_ONE_ID: Final = b"\xc7\x04"
MOST_LAYOUTS: Final = 8
MOST_SHAPES: Final = 4096
LEAST: Final = 3
"""Octets by which a number is found."""
_DIGIT_FIELDS: Final = ("called", "calling", "redirecting")
ECHO: Final = "echo"
Place = tuple[int, int, str]
"""From, until (excluded), field of Instruction."""


class _Layout:
    """Where the fields of some answers stand, and the instructions of the shapes seen with it."""

    __slots__ = ("_fixed", "places", "shapes")

    def __init__(self, places: tuple[Place, ...], size: int) -> None:
        self.places = places
        self.shapes: dict[bytes, Instruction] = {}
        self._fixed: list[tuple[int, int]] = []
        at = 0
        for start, until, _field in places:
            self._fixed.append((at, start))
            at = until
        self._fixed.append((at, size))

    def shape(self, data: bytes) -> bytes:
        """Return the octets that are not in a field."""
        return b"".join([data[start:until] for start, until in self._fixed])

    def read(self, data: bytes) -> Instruction | None:
        """Return the instruction of an answer whose shape is known."""
        like = self.shapes.get(self.shape(data))
        if like is None:
            return None
        fields: dict[str, str | bytes] = {}
        for start, until, name in self.places[1:]:
            octets = data[start:until]
            if name == ECHO:
                fields[name] = octets
            else:
                fields[name] = digits_of(octets)[: len(getattr(like, name))]
        return msgspec.structs.replace(like, **fields)


class AnswerShapes:
    """The shapes of answers one switch has seen."""

    def __init__(self) -> None:
        self._layouts: dict[int, list[_Layout]] = {}

    def read(self, data: bytes) -> tuple[int, Instruction] | None:
        """Return the transaction and the instruction of an answer of a known shape, else None."""
        for layout in self._layouts.get(len(data), ()):
            found = layout.read(data)
            if found is not None:
                at = layout.places[0][0]
                return int.from_bytes(data[at : at + 4], "big"), found
        return None

    def learn(self, data: bytes, instruction: Instruction) -> None:
        """Remember what an answer means. The caller vouches that it was a Response of one routing answer, nothing else."""
        places = _places(data, instruction)
        if places is None:
            return
        known = self._layouts.setdefault(len(data), [])
        layout = next((one for one in known if one.places == places), None)
        if layout is None:
            if len(known) >= MOST_LAYOUTS:
                known.clear()
            layout = _Layout(places, len(data))
            known.append(layout)
        if len(layout.shapes) >= MOST_SHAPES:
            layout.shapes.clear()
        shape = layout.shape(data)
        layout.shapes[shape] = instruction
        if layout.read(data) != instruction:
            del layout.shapes[shape]


def _places(data: bytes, instruction: Instruction) -> tuple[Place, ...] | None:
    """Find the transaction id and the fields; None when one cannot be told for certain."""
    at = 3 if data[1:2] == b"\x81" else 2
    if data[:1] != bytes((_RESPONSE,)) or data[at : at + 2] != _ONE_ID:
        return None
    places: list[Place] = [(at + 2, at + 6, "transaction")]
    for name in (*_DIGIT_FIELDS, ECHO):
        value = getattr(instruction, name)
        if not value:
            continue
        octets = value if isinstance(value, bytes) else bcd(value)
        sure = octets if isinstance(value, bytes) else octets[: len(value) // 2]  # the filler may be any
        start = data.find(sure, at + 6)
        if len(sure) < LEAST or start < 0 or data.find(sure, start + 1) >= 0:
            return None
        places.append((start, start + len(octets), name))
    places.sort()
    return None if any(a[1] > b[0] for a, b in pairwise(places)) else tuple(places)
