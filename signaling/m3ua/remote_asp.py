"""What a gateway keeps of each association and of each ASP that is up.

Source: RFC 4666 clause 1.4.2.
"""

from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.m3ua.beat import BeatSupervision
from ain_scp.signaling.m3ua.peers import Peer

ERRORS_PER_SECOND = 20.0


class Association:
    """An admitted association: its number, its peer and how many answers to faults it may still have."""

    __slots__ = ("errors", "number", "peer")

    def __init__(self, number: int, peer: Peer) -> None:
        self.number = number
        self.peer = peer
        self.errors = Allowance(ERRORS_PER_SECOND, ERRORS_PER_SECOND)


class RemoteAsp:
    """An ASP that is up: where, with which identifier, and its supervision."""

    __slots__ = ("association", "beat", "identifier", "name")

    def __init__(self, name: str, association: int, t_beat_ms: int, beat_misses: int) -> None:
        self.name = name
        self.association = association
        self.identifier: int | None = None
        self.beat = BeatSupervision(t_beat_ms, beat_misses)
