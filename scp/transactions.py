"""The transactions the node holds open: found by our own id, bound to the peer, bounded in number and time.

An id is the node's id in the top eight bits, so that a network can route continuations to the mate that holds the
transaction, and 24 bits of chance below, so that none can be guessed. Chance comes in as an argument.
Times are nanoseconds of the caller's clock.

Source: T1.114.4 (transaction sublayer); reliability section 4 (ids of mates), target S2; D-002.
"""

import heapq
from collections.abc import Callable
from typing import Final, Generic, TypeVar

RANDOM_BITS: Final = 24
ATTEMPTS: Final = 8

State = TypeVar("State")


class Transaction(Generic[State]):
    """One open transaction: our id, the peer (point code and link) and its id, and what the dialogue keeps."""

    __slots__ = ("deadline", "link", "own", "peer", "state", "theirs")

    def __init__(self, own: int, theirs: int, peer: int, link: str, state: State) -> None:
        self.own = own
        self.theirs = theirs
        self.peer = peer
        self.link = link
        self.state = state
        self.deadline = 0


class Transactions(Generic[State]):
    """The table of one node."""

    def __init__(self, node_id: int, token: Callable[[], int], capacity: int) -> None:
        """`token` gives unpredictable integers of at least 24 bits."""
        self._prefix = (node_id & 0xFF) << RANDOM_BITS
        self._token = token
        self._capacity = capacity
        self._open: dict[int, Transaction[State]] = {}
        self._of_link: dict[str, dict[int, None]] = {}
        self.evicted = 0
        """Transactions given up because their link held the most when there was no room."""
        self._due: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._open)

    def open(self, theirs: int, peer: int, link: str, state: State) -> Transaction[State] | None:
        """A new transaction, or None when there is no room for any.

        Where the table is full the link that holds the most loses its oldest to another, and gets no more itself, so that
        no peer can fill the table for the others.
        """
        if len(self._open) >= self._capacity:
            held = max(self._of_link.values(), key=len, default={})
            if len(self._of_link.get(link, ())) + 1 >= len(held):
                return None
            self.close(next(iter(held)))
            self.evicted += 1
        for _ in range(ATTEMPTS):
            own = self._prefix | self._token() & (1 << RANDOM_BITS) - 1
            if own not in self._open:
                made = Transaction(own, theirs, peer, link, state)
                self._open[own] = made
                self._of_link.setdefault(link, {})[own] = None
                return made
        return None

    def find(self, own: int) -> Transaction[State] | None:
        """The transaction of one of our ids."""
        return self._open.get(own)

    def close(self, own: int) -> None:
        """Forget a transaction."""
        gone = self._open.pop(own, None)
        if gone is not None:
            held = self._of_link[gone.link]
            del held[own]
            if not held:
                del self._of_link[gone.link]
        if len(self._due) > 2 * len(self._open) + 64:
            self._due = [(one.deadline, one.own) for one in self._open.values()]
            heapq.heapify(self._due)

    def arm(self, transaction: Transaction[State], deadline: int) -> None:
        """Set when the transaction is due."""
        transaction.deadline = deadline
        heapq.heappush(self._due, (deadline, transaction.own))

    def next_timer(self) -> int | None:
        """When the next transaction is due, or None."""
        self._discard()
        return self._due[0][0] if self._due else None

    def expired(self, now: int) -> Transaction[State] | None:
        """One transaction that is due, or None; it stays open and unarmed."""
        self._discard()
        if not self._due or self._due[0][0] > now:
            return None
        _, own = heapq.heappop(self._due)
        found = self._open[own]
        found.deadline = 0
        return found

    def _discard(self) -> None:
        """Drop entries of closed transactions and of deadlines since changed."""
        due = self._due
        while due:
            deadline, own = due[0]
            found = self._open.get(own)
            if found is not None and found.deadline == deadline:
                return
            heapq.heappop(due)
