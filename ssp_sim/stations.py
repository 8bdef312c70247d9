"""The nodes of a running network with their links: what each has to say is taken from it, what it sends is carried.

A link that only delays (`Fabric.steady`), in a network whose messages are not recorded and nothing goes round by a mate,
is a lane of the kernel: octets go straight into it. Every other message is the world's to carry. What a signal transfer
point only passes on (`Stp.transit`) goes from lane to lane.

Source: A-178, A-264; interfaces.md section 3.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ain_scp.ssp_sim.kernel import Event, Kernel
from ain_scp.ssp_sim.nodes.events import LineSignal, TrunkSignal
from ain_scp.ssp_sim.nodes.stp import Stp
from ain_scp.ssp_sim.nodes.switch import Switch

Carry = Callable[[bytes], None]
"""Takes one message of a node for one of its neighbours."""


class Node(Protocol):
    """The verbs of every node; a link is named by the adjacent node."""

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one message."""

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent."""

    def next_event(self) -> object | None:
        """Return the next event, or None."""

    def next_timer(self) -> int | None:
        """Return when `handle_timer` must be called, or None."""

    def handle_timer(self, now: int) -> None:
        """Let timers expire."""


class Ways(dict[str, Carry]):
    """The links of one node by neighbour; those not used yet are made by `make`."""

    def __init__(self, make: Callable[[str], Carry]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, neighbour: str) -> Carry:
        """Make the link to a neighbour."""
        carry = self[neighbour] = self._make(neighbour)
        return carry


class SwitchStation:
    """One switch; its timers are the kernel's own. `takers` take its events, by type."""

    __slots__ = ("_takers", "kernel", "name", "switch", "ways")
    switch: Switch
    """Put in place before anything runs."""

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        takers: Mapping[type, Callable[[str, Any], None]],
        ways: Ways,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.ways = ways
        self._takers = takers

    def hear(self, signal: LineSignal) -> None:
        """Let a telephone's signal arrive."""
        self.switch.receive_line(signal, self.kernel.now)
        self.pump()

    def arrival(self, source: str) -> Carry:
        """Return what takes the messages of the link from `source`."""
        kernel, switch, pump = self.kernel, self.switch, self.pump
        receive, events, out = switch.receive, switch.events, switch.out

        def arrive(octets: bytes) -> None:
            receive(octets, source, kernel.now)
            if events or out:
                pump()

        return arrive

    def take_trunk(self, signal: TrunkSignal) -> None:
        """Let a signal arrive on an MF trunk."""
        self.switch.receive_trunk(signal, self.kernel.now)
        self.pump()

    def pump(self) -> None:
        """Take what the switch has to say: its events, then its messages."""
        switch = self.switch
        events = switch.events
        if events:
            takers, name = self._takers, self.name
            while events:
                event = events.popleft()
                takers[type(event)](name, event)
        out = switch.out
        if out:
            ways = self.ways
            for link, octets in out:
                ways[link](octets)
            switch.sent += len(out)
            out.clear()


class NodeStation:
    """Any other node; `on_event` takes its events."""

    __slots__ = ("_on_event", "kernel", "name", "node", "timer", "ways")

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        node: Node,
        ways: Ways,
        on_event: Callable[[str, object], None] | None,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.node = node
        self.ways = ways
        self.timer: tuple[int, Event] | None = None
        self._on_event = on_event

    def arrival(self, source: str) -> Carry:
        """Return what takes the messages of the link from `source`."""
        if isinstance(self.node, Stp):
            return self._transit(self.node, source)

        def arrive(octets: bytes) -> None:
            self.node.receive(octets, source, self.kernel.now)
            self.pump()

        return arrive

    def _transit(self, stp: Stp, source: str) -> Carry:
        """Return what passes on at once what can be, and has the node look at the rest."""
        stp.ways = self.ways
        transit = stp.transit

        def arrive(octets: bytes) -> None:
            if not transit(octets):
                stp.receive(octets, source, self.kernel.now)
                self.pump()

        return arrive

    def pump(self) -> None:
        """Take what the node has to say, and note when it wants to be woken."""
        node = self.node
        while (event := node.next_event()) is not None:
            if self._on_event is not None:
                self._on_event(self.name, event)
        ways = self.ways
        for link, octets in node.octets_to_send():
            ways[link](octets)
        at, waiting = node.next_timer(), self.timer
        if waiting is not None:
            if waiting[0] == at and waiting[1].action is not None:
                return
            waiting[1].cancel()
            self.timer = None
        if at is not None:
            self.timer = at, self.kernel.schedule(at, self._wake)

    def _wake(self) -> None:
        self.node.handle_timer(self.kernel.now)
        self.pump()


Station = SwitchStation | NodeStation
