"""Links in memory, for machines in virtual time: two users, one queue, no clock.

What is sent waits until `deliver` hands it over, in order, so that a test decides when anything happens. A network can
be cut between two places: what is sent there is lost, and neither side hears of it (as over UDP); or broken: both
sides hear that the link is gone (as over SCTP).

Source: reliability target N1.
"""

from collections import Counter, deque

from ain_scp.transport.link import Link, LinkEnd, LinkUser

MAX_WAITING = 100_000


class MemoryLink:
    """One end of a link in memory."""

    waited_ns = 0

    def __init__(self, network: "MemoryNetwork", name: str, user: LinkUser, streams: int) -> None:
        self.name = name
        self.streams = streams
        self.counters: Counter[str] = Counter()
        self.user = user
        self.up = False
        self.peer: MemoryLink | None = None
        self._network = network

    def send(self, octets: bytes, stream: int) -> bool:
        """Queue one message for the other end."""
        if not self.up or stream >= self.streams:
            self.counters["dropped_not_up" if not self.up else "dropped_stream"] += 1
            return False
        return self._network.put(self, octets, stream)

    def close(self) -> None:
        """End both ends, after what is queued."""
        self._network.close(self, LinkEnd.SHUTDOWN)

    def abort(self) -> None:
        """End both ends now."""
        self._network.break_off(self)


class MemoryNetwork:
    """All links of one test. `cut` names links whose messages are lost."""

    def __init__(self, streams: int = 4) -> None:
        self._streams = streams
        self._listeners: dict[str, LinkUser] = {}
        self._waiting: deque[tuple[MemoryLink, bytes | LinkEnd | None, int]] = deque()
        self.cut: set[str] = set()
        self.lost = 0

    def listen(self, address: str, user: LinkUser) -> None:
        """Let peers connect to an address."""
        self._listeners[address] = user

    def connect(self, local: str, remote: str, user: LinkUser) -> Link:
        """Open a link; it comes up, or is refused, with the next `deliver`."""
        here = MemoryLink(self, remote, user, self._streams)
        listener = self._listeners.get(remote)
        if listener is None or local in self.cut or remote in self.cut:
            self._waiting.append((here, LinkEnd.REFUSED, 0))
            return here
        there = MemoryLink(self, local, listener, self._streams)
        here.peer, there.peer = there, here
        self._waiting.append((there, None, 0))
        self._waiting.append((here, None, 0))
        return here

    def put(self, sender: MemoryLink, octets: bytes, stream: int) -> bool:
        """Take a message; those of a place that is cut are lost."""
        peer = sender.peer
        if peer is None or len(self._waiting) >= MAX_WAITING:
            return False
        if sender.name in self.cut or peer.name in self.cut:
            self.lost += 1
        else:
            self._waiting.append((peer, octets, stream))
        return True

    def close(self, link: MemoryLink, end: LinkEnd) -> None:
        """End a link after what waits for its peer; the closing side hears CLOSED."""
        if link.peer is not None:
            self._waiting.append((link.peer, end, 0))
        self._waiting.append((link, LinkEnd.CLOSED, 0))

    def break_off(self, link: MemoryLink) -> None:
        """End both ends at once: what waits between them is lost."""
        ends = (link, link.peer)
        kept = [item for item in self._waiting if item[0] not in ends]
        self.lost += len(self._waiting) - len(kept)
        self._waiting = deque(kept)
        if link.peer is not None:
            self._waiting.append((link.peer, LinkEnd.ABORTED, 0))
        self._waiting.append((link, LinkEnd.CLOSED, 0))

    def deliver(self, limit: int = MAX_WAITING) -> int:
        """Hand over what waits now and what that makes the users send, at most `limit`; how many were handed over."""
        count = 0
        while self._waiting and count < limit:
            link, what, stream = self._waiting.popleft()
            count += 1
            if what is None:
                link.up = True
                link.user.link_up(link)
            elif isinstance(what, LinkEnd):
                self._end(link, what)
            elif link.up:
                link.user.link_received(link, what, stream)
        return count

    def _end(self, link: MemoryLink, end: LinkEnd) -> None:
        if link.up or end is LinkEnd.REFUSED:
            link.up = False
            link.user.link_down(link, end)
