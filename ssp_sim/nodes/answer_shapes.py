"""Answers of the service control point read by their shape: what the general decoder made of one, again for the next.

Two Response packages that agree in every octet except the transaction id, the digits of numbers and the echo data mean
the same but for these: every length stands in the octets they agree in. An answer is learned from what the general
decoder made of it; its places are found by the octets of its numbers, each of which must stand in it exactly once. A
shape that does not give back what it was learned from is not kept.

Limits: 8 masks of one length, 16,384 shapes.
Source: A-264; ain-wire.md sections 1.1, 3.1 and 4.1.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from ain_scp.signaling.bcd import digits_of
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.templates import bcd

_RESPONSE: Final = 0xE4
_ONE_ID: Final = b"\xc7\x04"
MOST_LAYOUTS: Final = 8
MOST_SHAPES: Final = 16_384
LEAST: Final = 3
"""Octets by which a number is found."""
_DIGIT_FIELDS: Final = ("called", "calling", "redirecting")
ECHO: Final = "echo"
Place = tuple[int, int, str]
"""From, until (excluded), field of Instruction."""


class _Answer(NamedTuple):
    """An answer: where its transaction and its fields stand, and what it means."""

    places: tuple[Place, ...]
    instruction: Instruction

    def read(self, data: bytes) -> Instruction:
        """Return the instruction of an answer of the same shape."""
        fields: dict[str, str | bytes] = {}
        for start, until, name in self.places[1:]:
            octets = data[start:until]
            if name == ECHO:
                fields[name] = octets
            else:
                fields[name] = digits_of(octets)[: len(getattr(self.instruction, name))]
        return msgspec.structs.replace(self.instruction, **fields)


class AnswerShapes:
    """The shapes of answers one switch has seen."""

    def __init__(self) -> None:
        self._known: Known[_Answer] = Known(MOST_LAYOUTS, MOST_SHAPES)

    def __len__(self) -> int:
        return len(self._known)

    def read(self, data: bytes) -> tuple[int, Instruction] | None:
        """Return the transaction and the instruction of an answer of a known shape, else None."""
        known = self._known.find(data)
        if known is None:
            return None
        at = known.places[0][0]
        return int.from_bytes(data[at : at + 4], "big"), known.read(data)

    def learn(self, data: bytes, instruction: Instruction) -> None:
        """Remember what an answer means. The caller vouches that it was a Response of one routing answer, nothing else."""
        places = _places(data, instruction)
        if places is None:
            return
        known = _Answer(places, instruction)
        if known.read(data) == instruction:
            self._known.keep(data, mask_of(len(data), [place[:2] for place in places]), known)


def _places(data: bytes, instruction: Instruction) -> tuple[Place, ...] | None:
    """Find the transaction id and the fields; None when one is not certain."""
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
