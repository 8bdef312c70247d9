"""Whole answers of the service control point known again: an answer like an earlier one means what that one meant.

Two answers are alike when all their octets are the same but SLS, transaction ID and echo data; so are their lengths, their
addresses and every parameter. An answer is learned from what the general decoder made of it, and its echo data and
transaction must stand in it exactly once.

Limits: 4 masks of one length, 4096 answers.
Source: A-264; ain-wire.md sections 1.1, 3.1 and 4.1.
"""

from typing import Final, NamedTuple

import msgspec

from ain_scp.signaling.sccp import Address
from ain_scp.signaling.shapes.known import Known, mask_of, only
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


class KnownAnswers(Known[KnownAnswer]):
    """The answers one switch has seen."""

    def __init__(self) -> None:
        super().__init__(MOST_MASKS, MOST_ANSWERS)

    def learn(self, octets: bytes, transaction: int, instruction: Instruction, calling: Address) -> None:
        """Remember an answer. The caller vouches that it was a Response with this instruction and nothing else."""
        at = protocol_data_at(octets)
        place = only(octets, _TRANSACTION + transaction.to_bytes(4, "big"))
        echo = 0 if instruction.echo is None else only(octets, _ECHO + instruction.echo) + len(_ECHO)
        if at < 0 or place < 0 or (instruction.echo is not None and echo < len(_ECHO)):
            return
        place += len(_TRANSACTION)
        varying = [(at + _SLS_AFTER, at + _SLS_AFTER + 1), (place, place + 4)]
        if echo:
            varying.append((echo, echo + 6))
        bare = msgspec.structs.replace(instruction, echo=None)
        self.keep(octets, mask_of(len(octets), varying), KnownAnswer(bare, place, echo, calling))
