"""Runs the associations of a node under asyncio: sockets below, one timer above.

Everything happens in one thread and nothing is awaited between a message and its answer.

Source: house.md section 2, interfaces.md section 1 (`ain serve`).
"""

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from ain_scp.scp.associations.asp import AspRow
from ain_scp.scp.associations.gateway import GatewaySide
from ain_scp.scp.associations.octets import is_data
from ain_scp.scp.associations.open_side import OpenSide
from ain_scp.scp.associations.screen import Screen
from ain_scp.scp.associations.signaling import NodePort, Signaling
from ain_scp.scp.faults import Faults
from ain_scp.scp.mate import Fence, Pulse
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.m3ua.peers import Peers
from ain_scp.signaling.m3ua.sg import Gateway, SgConfig
from ain_scp.terms.units import SECOND_NS
from ain_scp.transport import sctp_kernel, sctp_usr
from ain_scp.transport.datagram import UdpEndpoint
from ain_scp.transport.link import Endpoint, Link, LinkEnd, LinkUser, Listener, told_of

SHORTEST_SLEEP_S: Final = 0.001
LONGEST_SLEEP_S: Final = 0.05


class StpRow(Struct, frozen=True):
    """One STP: its name, how it is reached ("sctp" or "udp"), from where, how we register there, what it may send us."""

    name: str
    transport: str
    remote: Endpoint
    asp: AspConfig
    local: Endpoint | None = None
    screen: Screen = Screen()


class ListenRow(Struct, frozen=True):
    """Where peers come to: a transport and an address."""

    transport: str
    local: Endpoint


class AssociationsConfig(Struct, frozen=True):
    """The associations of a node: STPs to register with, places to listen, and who may come.

    `gateway` and `peers` both None: every peer is served. `point_codes` are the node's own. `stale_ms` is T1 of the
    switches: after a stop that long, what waits is dropped. `encapsulation_port` is UDP's, where the kernel has no SCTP.
    """

    point_codes: frozenset[int]
    stps: tuple[StpRow, ...] = ()
    listens: tuple[ListenRow, ...] = ()
    gateway: SgConfig | None = None
    peers: Peers | None = None
    t_beat_ms: int = 500
    beat_misses: int = 2
    stale_ms: int = 3_000
    encapsulation_port: int = sctp_usr.ENCAPSULATION_PORT


class NoSctpError(Exception):
    """Neither the kernel nor libusrsctp gives SCTP here; the text says in one line what to install."""


def sctp_here() -> str:
    """Return which SCTP this host has, "kernel" or "usrsctp"; NoSctpError when it has none."""
    kernel = sctp_kernel.missing()
    if kernel is None:
        return "kernel"
    library = sctp_usr.missing()
    if library is None:
        return "usrsctp"
    raise NoSctpError(f"no SCTP on this host: {kernel}; or, without root, {library}")


class Driver:
    """The associations of one node on this machine. `after` is called after each burst, to take samples."""

    def __init__(
        self,
        config: AssociationsConfig,
        node: NodePort,
        node_clock: Callable[[], int],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self.faults = Faults()
        self.ports: list[tuple[str, Endpoint]] = []
        self._loop = asyncio.get_running_loop()
        self._after = after
        silence_ms = config.t_beat_ms * config.beat_misses
        fence = Fence(silence_ms, max(config.stale_ms, silence_ms)) if silence_ms else None
        chance = random.SystemRandom().random
        self.signaling = Signaling(
            node, time.monotonic_ns, node_clock, chance, fence, self._discard, self._hold, self._bundle
        )
        self._udp: list[UdpEndpoint] = []
        self._usr: sctp_usr.UsrSctpStack | None = None
        self._listeners: list[Listener] = []
        self._timer: asyncio.TimerHandle | None = None
        self._stale = False
        self.gone = asyncio.Event()

    def start(self) -> None:
        """Listen and dial. OSError or NoSctpError, with nothing left open, when a place cannot be had."""
        try:
            for listen in self.config.listens:
                self._listen(listen)
            for stp in self.config.stps:
                row = AspRow(stp.name, stp.asp, screen=stp.screen)
                self.signaling.add_asp(row, self._dial(stp))
        except (OSError, NoSctpError):
            self.close()
            raise
        self.signaling.start()
        self._wake()

    def leave(self) -> None:
        """Begin to leave; `gone` is set when that is done."""
        self.signaling.leave()
        self._wake()

    def close(self) -> None:
        """Break off what is still up and give every socket back."""
        if self._timer is not None:
            self._timer.cancel()
        for listener in self._listeners:
            listener.close()
        for endpoint in self._udp:
            endpoint.close()
        if self._usr is not None:
            self._usr.close()
        self._listeners, self._udp, self._usr = [], [], None

    # -- building -----------------------------------------------------------------------------------------------------

    def _serving(self) -> GatewaySide | OpenSide:
        config = self.config
        if config.peers is not None and config.gateway is not None:
            return GatewaySide(
                Gateway(config.gateway, config.peers), self.signaling.deliver, time.monotonic_ns
            )
        return OpenSide(
            config.point_codes,
            self.signaling.deliver,
            time.monotonic_ns,
            t_beat_ms=config.t_beat_ms,
            beat_misses=config.beat_misses,
        )

    def _listen(self, row: ListenRow) -> None:
        side = self._serving()
        self.signaling.add_serving(side)
        user = _Guarded(side, self)
        if row.transport == "udp":
            endpoint = self._udp_endpoint(row.local)
            self._udp.append(endpoint)
            endpoint.listen(user)
            self.ports.append(("udp", endpoint.address))
            return
        if sctp_here() == "kernel":
            try:
                listener: Listener = sctp_kernel.listen(row.local, user)
            except OSError as fault:
                raise told_of(f"sctp {row.local}", fault) from None
            self.ports.append(("sctp", Endpoint(row.local.hosts, listener.port)))
        else:
            stack = self._usr_stack(Endpoint(row.local.hosts, self.config.encapsulation_port))
            try:
                listener = stack.listen(row.local.port, user)
            except OSError as fault:
                raise told_of(f"sctp {row.local}", fault) from None
            here = row.local.hosts[:1]  # the library's packets all travel in one UDP socket
            self.ports.append(("sctp", Endpoint(here, listener.port)))
            self.ports.append(("sctp over udp", Endpoint(here, stack.encapsulation_port)))
        self._listeners.append(listener)

    def _dial(self, row: StpRow) -> Callable[[LinkUser], Link]:
        if row.transport == "udp":
            endpoint = self._udp_endpoint(row.local or Endpoint(("0.0.0.0",), 0))  # noqa: S104 - answers of one peer only
            self._udp.append(endpoint)
            return lambda user: endpoint.connect(row.remote, _Guarded(user, self))
        if sctp_here() == "kernel":
            return lambda user: sctp_kernel.connect(row.remote, _Guarded(user, self), row.local)
        stack = self._usr_stack(row.local or Endpoint(("0.0.0.0",), 0))  # noqa: S104 - as above
        port = self.config.encapsulation_port
        return lambda user: stack.connect(row.remote, _Guarded(user, self), port)

    def _usr_stack(self, local: Endpoint) -> sctp_usr.UsrSctpStack:
        if self._usr is None:
            try:
                self._usr = sctp_usr.UsrSctpStack(local)
            except OSError as fault:
                raise told_of(f"sctp over udp {local} (sctp_udp_port)", fault) from None
        return self._usr

    @staticmethod
    def _udp_endpoint(local: Endpoint) -> UdpEndpoint:
        try:
            return UdpEndpoint(local)
        except OSError as fault:
            raise told_of(f"udp {local}", fault) from None

    # -- running ------------------------------------------------------------------------------------------------------

    def guard(self, call: Callable[[], None], *, message: bool = False) -> None:
        """Run one callback of a link: a fault of our own drops one message, is reported, and ends nothing.

        After a stop, the messages read together with the one that found it are as old as it: they are dropped too.
        """
        if self.signaling.pulse() is Pulse.STALE and not self._stale:
            self._stale = True
            self._loop.call_soon(self._fresh)
        if message and self._stale:
            self.signaling.counters["dropped_stale"] += 1
            return
        try:
            call()
        except Exception as fault:  # noqa: BLE001 - the edge: one bad message must not end the service
            self.faults.report(fault)
        if not message:
            self._after()

    def let_go(self) -> None:
        """Have the node take what was held of this wake-up."""
        self.guard(self.signaling.let_go)

    def _fresh(self) -> None:
        self._stale = False

    def _wake(self) -> None:
        """Let what is due expire and sleep until the next, at most 50 ms: messages may make something due sooner."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.signaling.next_timer()
        if due is not None and due <= time.monotonic_ns():
            self.signaling.handle_timer()
            self._after()
            due = self.signaling.next_timer()
        if self.signaling.gone:
            self.gone.set()
            return
        if due is not None:
            delay = max(SHORTEST_SLEEP_S, (due - time.monotonic_ns()) / SECOND_NS)
            self._timer = self._loop.call_later(min(delay, LONGEST_SLEEP_S), self._wake)

    def _hold(self) -> None:
        """Let go of what is held when this wake-up is over."""
        if self._usr is not None and self._usr.pumping:
            self._usr.pumped = self._pumped
        else:
            self._loop.call_soon(self.let_go)

    def _pumped(self) -> None:
        if self._usr is not None:
            self._usr.pumped = sctp_usr.nothing
        self.let_go()

    def _bundle(self, on: bool) -> None:
        if self._usr is not None:
            self._usr.bundle(on=on)

    def _discard(self) -> int:
        return sum(endpoint.discard_waiting() for endpoint in self._udp)


class _Guarded:
    """A user of links whose faults end nothing."""

    def __init__(self, user: LinkUser, driver: Driver) -> None:
        self._user = user
        self._driver = driver

    def link_up(self, link: Link) -> None:
        self._driver.guard(partial(self._user.link_up, link))

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        if not is_data(octets):
            self._driver.let_go()  # what came before it goes before it
        else:
            self._driver.signaling.waited(link.waited_ns)
        self._driver.guard(partial(self._user.link_received, link, octets, stream), message=True)

    def link_down(self, link: Link, end: LinkEnd) -> None:
        self._driver.let_go()
        self._driver.guard(partial(self._user.link_down, link, end))
