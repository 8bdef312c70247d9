"""The queries that were admitted and wait for their turn: two queues, emergency calls first.

Source: A-103, reliability targets O1, O5.
"""

from collections import deque
from typing import Final

from ain_scp.signaling.ain.messages import Operation
from ain_scp.signaling.sccp.routing import UnitDataIndication
from ain_scp.signaling.tcap import Component, Package

URGENT_FACTOR: Final = 4
"""Emergency calls may wait in as many times the places of the others."""


class Waiting:
    """An admitted query: where it came from, its package and operation, the digits it is about, when it came."""

    __slots__ = ("arrival", "code", "component", "known", "link", "package", "unit")

    def __init__(
        self,
        unit: UnitDataIndication,
        package: Package,
        component: Component,
        known: Operation,
        code: str,
        link: str,
        arrival: int,
    ) -> None:
        self.unit = unit
        self.package = package
        self.component = component
        self.known = known
        self.code = code
        self.link = link
        self.arrival = arrival

    @property
    def transaction(self) -> int:
        """The switch's transaction id."""
        return self.package.originating or 0


class AdmissionQueue:
    """Both queues; bounded by `places` and four times as many for emergency calls, and by the age of the first, ns."""

    def __init__(self, places: int, wait_ns: int) -> None:
        self._places = places
        self._wait_ns = wait_ns
        self._urgent: deque[Waiting] = deque()
        self._others: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

    @property
    def waiting(self) -> int:
        """How many queries that are no emergency calls wait."""
        return len(self._others)

    def full(self, now: int) -> bool:
        """Whether only emergency calls are admitted."""
        return len(self._others) >= self._places or self.age(now) >= self._wait_ns

    def age(self, now: int) -> int:
        """How long the first of them has waited, ns."""
        return now - self._others[0].arrival if self._others else 0

    def push(self, query: Waiting) -> None:
        """Admit a query."""
        self._others.append(query)

    def push_urgent(self, query: Waiting) -> bool:
        """Admit an emergency call; False when even those have no room."""
        if len(self._urgent) >= URGENT_FACTOR * self._places:
            return False
        self._urgent.append(query)
        return True

    def pop(self) -> Waiting | None:
        """The query whose turn it is, or None."""
        queue = self._urgent or self._others
        return queue.popleft() if queue else None
