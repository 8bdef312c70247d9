"""A relay that spoils UDP on purpose: what a bad network does, by seed, on loopback.

Each datagram from a client goes to the target and what the target answers goes back, each direction through a path of its
own that loses, doubles, delays, holds back (reorders), or corrupts, or is cut for a time. Which datagram meets what is
decided by one seeded source, in the order of arrival, so a run can be repeated as far as the arrivals are the same.

Limits: 256 clients; a delayed datagram is kept at most ten seconds; loopback only.
Source: reliability target N1 and section 1 item 1.
"""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from ain_scp.transport.link import Endpoint

MAX_CLIENTS: Final = 256
MAX_DATAGRAM: Final = 65_507
LONGEST_DELAY_MS: Final = 10_000.0


class Impairments(Struct, frozen=True):
    """What one direction does: shares from 0.0 to 1.0, times in milliseconds.

    `reorder` is the share held back by `hold_ms` more; `jitter_ms` is added evenly to `delay_ms`.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    hold_ms: float = 20.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    corrupt: float = 0.0

    def problems(self) -> list[str]:
        """Return what is wrong, in words."""
        shares = {name: getattr(self, name) for name in ("loss", "duplicate", "reorder", "corrupt")}
        wrong = [f"{name} must be from 0 to 1" for name, share in shares.items() if not 0 <= share <= 1]
        longest = self.delay_ms + self.jitter_ms + self.hold_ms
        if min(self.delay_ms, self.jitter_ms, self.hold_ms) < 0 or longest > LONGEST_DELAY_MS:
            wrong.append("delays must be from 0 to ten seconds together")
        return wrong


PROFILES: Final = {
    "clean": Impairments(),
    "loss-1": Impairments(loss=0.01),
    "loss-5": Impairments(loss=0.05),
    "loss-20": Impairments(loss=0.20),
    "duplicate": Impairments(duplicate=0.02),
    "reorder": Impairments(reorder=0.10, hold_ms=10.0),
    "delay": Impairments(delay_ms=5.0, jitter_ms=5.0),
    "corrupt": Impairments(corrupt=0.01),
}
"""The rows of reliability target N1."""


class Fate(Struct, frozen=True):
    """What becomes of a datagram: each copy with its delay in milliseconds; none = lost."""

    copies: tuple[tuple[float, bytes], ...]


class Path:
    """One direction, without sockets: `fate_of` decides."""

    def __init__(self, impairments: Impairments, chance: random.Random) -> None:
        """ValueError with every problem of the impairments."""
        problems = impairments.problems()
        if problems:
            raise ValueError("; ".join(problems))
        self.impairments = impairments
        self.cut = False
        self.counters: Counter[str] = Counter()
        self._chance = chance

    def fate_of(self, octets: bytes) -> Fate:
        """Decide; the same draws are made for every datagram, so that one share does not shift another."""
        draw, rules = self._chance.random, self.impairments
        lost, doubled, held, spoiled = draw(), draw(), draw(), draw()
        jitter, place = draw() * rules.jitter_ms, draw()
        self.counters["seen"] += 1
        if self.cut or lost < rules.loss:
            self.counters["cut" if self.cut else "lost"] += 1
            return Fate(())
        if spoiled < rules.corrupt and octets:
            self.counters["corrupted"] += 1
            octets = _with_bit_flipped(octets, int(place * len(octets) * 8))
        delay = rules.delay_ms + jitter
        if held < rules.reorder:
            self.counters["held_back"] += 1
            delay += rules.hold_ms
        copies = 1
        if doubled < rules.duplicate:
            self.counters["doubled"] += 1
            copies = 2
        self.counters["passed"] += copies
        return Fate(tuple((delay, octets) for _ in range(copies)))


def _with_bit_flipped(octets: bytes, bit: int) -> bytes:
    spoiled = bytearray(octets)
    spoiled[bit // 8] ^= 1 << bit % 8
    return bytes(spoiled)


class Relay:
    """A relay in front of one target. `there` and `back` are its paths; cut one for a partition in one direction."""

    def __init__(
        self,
        target: Endpoint,
        there: Impairments,
        back: Impairments,
        seed: int,
        local: Endpoint | None = None,
    ) -> None:
        """Bind at once; ValueError beyond loopback or for impossible impairments, OSError when the port is taken."""
        local = local or Endpoint(("127.0.0.1",), 0)
        if not all(host.startswith("127.") for host in (*local.hosts, *target.hosts)):
            raise ValueError("a relay is for loopback (127.0.0.0/8)")
        chance = random.Random(seed)
        self.there, self.back = Path(there, chance), Path(back, chance)
        self.counters: Counter[str] = Counter()
        self._target = (target.hosts[0], target.port)
        self._loop = asyncio.get_running_loop()
        self._clients: dict[tuple[str, int], socket.socket] = {}
        self._front = self._bound((local.hosts[0], local.port))
        self._loop.add_reader(self._front.fileno(), self._from_clients)

    @property
    def address(self) -> Endpoint:
        """Where clients send to."""
        host, port = self._front.getsockname()
        return Endpoint((str(host),), int(port))

    def cut(self, seconds: float, *, there: bool = True, back: bool = True) -> None:
        """Cut the paths for a time: a blackout, or a partition in one direction."""
        for path, wanted in ((self.there, there), (self.back, back)):
            if wanted:
                path.cut = True
                self._loop.call_later(seconds, self._mend, path)

    def close(self) -> None:
        """Give every socket back; what is delayed is lost."""
        for one in (self._front, *self._clients.values()):
            self._loop.remove_reader(one.fileno())
            one.close()
        self._clients.clear()

    @staticmethod
    def _mend(path: Path) -> None:
        path.cut = False

    @staticmethod
    def _bound(address: tuple[str, int]) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        try:
            made.bind(address)
        except OSError:
            made.close()
            raise
        return made

    def _from_clients(self) -> None:
        for octets, client in self._waiting(self._front):
            behind = self._clients.get(client) or self._new(client)
            if behind is not None:
                self._pass(self.there, octets, behind, self._target)

    def _new(self, client: tuple[str, int]) -> socket.socket | None:
        if len(self._clients) >= MAX_CLIENTS:
            self.counters["refused_clients"] += 1
            return None
        behind = self._clients[client] = self._bound(("127.0.0.1", 0))
        answers: Callable[[], None] = lambda: self._from_target(behind, client)  # noqa: E731 - one use
        self._loop.add_reader(behind.fileno(), answers)
        return behind

    def _from_target(self, behind: socket.socket, client: tuple[str, int]) -> None:
        for octets, sender in self._waiting(behind):
            if sender == self._target:
                self._pass(self.back, octets, self._front, client)

    @staticmethod
    def _waiting(one: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
        found = []
        for _ in range(64):
            try:
                found.append(one.recvfrom(MAX_DATAGRAM))
            except OSError:
                break
        return found

    def _pass(self, path: Path, octets: bytes, by: socket.socket, to: tuple[str, int]) -> None:
        for delay_ms, copy in path.fate_of(octets).copies:
            if delay_ms:
                self._loop.call_later(delay_ms / 1000, self._send, copy, by, to)
            else:
                self._send(copy, by, to)

    def _send(self, octets: bytes, by: socket.socket, to: tuple[str, int]) -> None:
        try:
            by.sendto(octets, to)
        except OSError:
            self.counters["unsent"] += 1
