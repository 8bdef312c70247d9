"""Trunk groups: members, seizure, release, overflow; and the order in which returned facilities are tried.

A group is one-way outgoing from `near` to `far`; the other direction is another group, so two switches never seize one
circuit at once. A circuit is known by its number (the ISUP circuit identification code; on an MF group it is only a
place on the frame).

Source: A-111, A-112, A-175, A-176, requirements.md section 4.6, [0094], [0119], [0130].
"""

from collections import deque
from typing import Final, Literal

import msgspec

TrunkSignaling = Literal["ISUP", "MF"]
FacilityKind = Literal["TRUNK", "CARRIER", "PSTN"]

PRIVATE_MEMBERS: Final = 24
"""Circuits of a private trunk group unless the scenario says otherwise: one DS1."""

PUBLIC_MEMBERS: Final = 4000
"""Circuits between two public switches unless the scenario says otherwise: enough never to be what is studied."""

MAX_CIRCUIT: Final = 16_383
"""The highest circuit identification code of ANSI ISUP (14 bits; T1.113.3)."""

HALF_OF_CIRCUITS: Final = MAX_CIRCUIT // 2
"""Circuits between two switches: one half of the codes for each direction, so that a code names one circuit."""


class Circuit(msgspec.Struct, frozen=True, cache_hash=True):
    """One circuit: from which switch to which, its number, how it is signalled, and the group it belongs to.

    The hash is kept, for circuits are keys wherever calls are held; so a group gives out the same object again.
    """

    near: str
    far: str
    number: int
    signaling: TrunkSignaling
    group: str


class Choice(msgspec.Struct, frozen=True):
    """One facility of an answer: a trunk group, a carrier, or the public network."""

    kind: FacilityKind
    id: str | None = None


PSTN: Final = Choice("PSTN")


class Outage(msgspec.Struct, frozen=True):
    """A facility that cannot be seized from `from_ns` to `until_ns` (excluded)."""

    facility: str
    from_ns: int
    until_ns: int


class TrunkGroup:
    """A group of circuits, seized in turn (the longest idle one first), with its traffic counters."""

    __slots__ = (
        "_fresh",
        "_idle",
        "far",
        "first",
        "id",
        "in_use",
        "members",
        "near",
        "offered",
        "overflowed",
        "peak",
        "signaling",
    )

    def __init__(
        self, group_id: str, near: str, far: str, signaling: TrunkSignaling, members: int, first: int = 1
    ) -> None:
        if members < 0 or first < 0 or first + members - 1 > MAX_CIRCUIT:
            raise ValueError(
                f"trunk group {group_id}: {members} circuits from {first} do not fit 0 to {MAX_CIRCUIT}"
            )
        self.id = group_id
        self.near = near
        self.far = far
        self.signaling: TrunkSignaling = signaling
        self.members = members
        self.first = first
        self.in_use = 0
        self.peak = 0
        self.offered = 0
        self.overflowed = 0
        self._fresh = 0
        self._idle: deque[Circuit] = deque()

    def seize(self) -> Circuit | None:
        """Take an idle circuit, or None when all are busy; either way the call was offered to the group."""
        self.offered += 1
        if self._fresh < self.members:
            number = self.first + self._fresh
            circuit = Circuit(self.near, self.far, number, self.signaling, self.id)
            self._fresh += 1
        elif self._idle:
            circuit = self._idle.popleft()
        else:
            self.overflowed += 1
            return None
        self.in_use += 1
        self.peak = max(self.peak, self.in_use)
        return circuit

    def release(self, circuit: Circuit) -> None:
        """Give a circuit back."""
        self.in_use -= 1
        self._idle.append(circuit)


def seizing_end(one: str, other: str, number: int) -> str:
    """Return which of two switches a circuit number belongs to: the first in name order seizes the lower half."""
    first, second = sorted((one, other))
    return first if number <= HALF_OF_CIRCUITS else second


def facility_order(trunk_groups: tuple[str, ...], carriers: tuple[str, ...]) -> tuple[Choice, ...]:
    """List what to try, in order: trunk groups before carriers; nothing returned means the public network.

    Source: requirements.md section 4.6 (last line), A-112, A-175.
    """
    if not trunk_groups and not carriers:
        return (PSTN,)
    return (
        *(Choice("TRUNK", group) for group in trunk_groups),
        *(Choice("CARRIER", carrier) for carrier in carriers),
    )
