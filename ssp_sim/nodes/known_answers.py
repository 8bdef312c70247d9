"""Whole answers of the service control point known again: an answer like an earlier one means what that one meant.

Two answers are alike when all their octets are the same but SLS, transaction ID and echo data; so are their lengths, their
addresses and every parameter. An answer is learned from what the general decoder made of it, and its echo data and
transaction must stand in it exactly once.

Limits: 4 masks of one length, 4096 answers, then all are forgotten.
Source: A-264; ain-wire.md sections 1.1, 3.1 and 4.1.
"""

from typing import Final, NamedTuple

import msgspec

from ain_scp.signaling.sccp import Address
from ain_scp.ssp_sim.nodes.data_message import protocol_data_at
from ain_scp.ssp_sim.nodes.instruction import Instruction

MOST_MASKS: Final = 4
MOST_ANSWERS = 4096
_TRANSACTION: Final = b"\xc7\x04"
_ECHO: Final = b"\x9f\x3c\x06"
_SLS_AFTER: Final = 15
"""Octets from the protocol data parameter to the SLS."""


class KnownAnswer(NamedTuple):
    """What an answer says, without its echo data; where its transaction and echo data stand (0: none); who sent it."""

    instruction: Instruction
    transaction: int
    echo: int
    calling: Address


class KnownAnswers:
    """The answers one switch has seen."""

    def __init__(self) -> None:
        self._by_length: dict[int, list[tuple[int, dict[int, KnownAnswer]]]] = {}
        self._count = 0

    def find(self, octets: bytes) -> KnownAnswer | None:
        """Return what an answer like one seen before means."""
        groups = self._by_length.get(len(octets))
        if groups is not None:
            number = int.from_bytes(octets, "big")
            for mask, answers in groups:
                known = answers.get(number & mask)
                if known is not None:
                    return known
        return None

    def learn(self, octets: bytes, transaction: int, instruction: Instruction, calling: Address) -> None:
        """Remember an answer. The caller vouches that it was a Response with this instruction and nothing else."""
        at = protocol_data_at(octets)
        place = _only(octets, _TRANSACTION + transaction.to_bytes(4, "big"))
        echo = 0 if instruction.echo is None else _only(octets, _ECHO + instruction.echo) + len(_ECHO)
        if at < 0 or place < 0 or (instruction.echo is not None and echo < len(_ECHO)):
            return
        place += len(_TRANSACTION)
        varying = bytearray(b"\xff" * len(octets))
        varying[at + _SLS_AFTER] = 0
        varying[place : place + 4] = bytes(4)
        if echo:
            varying[echo : echo + 6] = bytes(6)
        bare = msgspec.structs.replace(instruction, echo=None)
        self._keep(octets, int.from_bytes(varying, "big"), KnownAnswer(bare, place, echo, calling))

    def _keep(self, octets: bytes, mask: int, known: KnownAnswer) -> None:
        if self._count >= MOST_ANSWERS:
            self._by_length.clear()
            self._count = 0
        groups = self._by_length.setdefault(len(octets), [])
        answers = next((answers for one, answers in groups if one == mask), None)
        if answers is None:
            if len(groups) >= MOST_MASKS:
                return
            answers = {}
            groups.append((mask, answers))
        answers[int.from_bytes(octets, "big") & mask] = known
        self._count += 1


def _only(octets: bytes, part: bytes) -> int:
    """Where a part stands, -1 when it stands nowhere or more than once."""
    at = octets.find(part)
    return -1 if at < 0 or octets.find(part, at + 1) >= 0 else at
