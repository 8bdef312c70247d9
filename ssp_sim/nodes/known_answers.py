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
from ain_scp.signaling.shapes.layout import ECHO_HEAD, TRANSACTION_HEAD
from ain_scp.ssp_sim.nodes.data_message import SLS_AFTER, protocol_data_at
from ain_scp.ssp_sim.nodes.instruction import Instruction

MOST_MASKS: Final = 4
MOST_ANSWERS = 4096


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
        place = only(octets, TRANSACTION_HEAD, transaction.to_bytes(4, "big"))
        echo = None if instruction.echo is None else only(octets, ECHO_HEAD, instruction.echo)
        if at < 0 or place is None or (echo is None) != (instruction.echo is None):
            return
        varying = [(at + SLS_AFTER, at + SLS_AFTER + 1), place]
        if echo is not None:
            varying.append(echo)
        bare = msgspec.structs.replace(instruction, echo=None)
        self.keep(
            octets,
            mask_of(len(octets), varying),
            KnownAnswer(bare, place[0], 0 if echo is None else echo[0], calling),
        )
