"""What a run shows while it runs: one frame a second of wall time, and the messages of its calls, as JSON lines for a program.

A frame has what happened since the one before: messages by link, calls in progress and by status, circuits held. Messages come
as they happen, at most `MOST_MESSAGES` a second; the frame says how many were left out. Nothing waits for the reader: what it
does not take in time is dropped and counted.

Source: console.md section 6.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.terms.digits import is_digits
from ain_scp.terms.localtime import text
from ain_scp.terms.units import SECOND_NS

EVERY_NS: Final = SECOND_NS
MOST_MESSAGES: Final = 500
MOST_LINKS: Final = 200


class LiveMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message; `at` in nanoseconds of simulated time since 1970."""

    number: int
    at: int
    call: str
    source: str
    destination: str
    protocol: str
    name: str
    fields: tuple[tuple[str, str], ...] = ()
    step: str = ""
    lost: bool = False


class LiveFrame(msgspec.Struct, frozen=True):
    """One frame. `links` are two nodes, messages, lost; `groups` name, near, far, circuits, held.

    `answer_us` is what half and what 99 % of the SCP's answers took so far, in microseconds of this machine; None before the first.
    """

    seq: int
    at: str
    clock: str
    elapsed_s: float
    links: list[tuple[str, str, int, int]]
    groups: list[tuple[str, str, str, int, int]]
    in_progress: int
    seen: int
    statuses: dict[str, int]
    messages: int
    left_out: int
    dropped: int
    answer_us: tuple[float, float] | None = None


class World(Protocol):
    """What a frame asks of the network that runs."""

    offered: int
    statuses: Counter[str]

    def in_progress(self) -> int:
        """Calls placed and not over."""

    def groups(self) -> list[tuple[str, str, str, int, int]]:
        """Trunk groups in use: name, near, far, circuits, held."""


class Live:
    """Writes frames and messages through `send`, which says whether it took the line. `now` is the wall clock in nanoseconds."""

    def __init__(self, send: Callable[[bytes], bool], now: Callable[[], int]) -> None:
        self._send = send
        self._now = now
        self._began = self._due = now()
        self.answers: Histogram | None = None
        """The SCP's time for each answer, where it is measured."""
        self._seq = self._messages = self._left_out = self._dropped = self._sent = 0
        self._links: Counter[tuple[str, str]] = Counter()
        self._lost: Counter[tuple[str, str]] = Counter()

    def message(self, message: WireMessage) -> None:
        """Take one message of the run."""
        self._messages += 1
        ends = message.source, message.destination
        if message.protocol != "LINE" and all(ends) and not any(map(is_digits, ends)):
            link = (ends[0], ends[1]) if ends[0] <= ends[1] else (ends[1], ends[0])
            self._links[link] += 1
            self._lost[link] += message.lost
        if self._sent >= MOST_MESSAGES:
            self._left_out += 1
            return
        self._sent += 1
        form = LiveMessage(
            message.number, message.time_ns, message.call, *ends, message.protocol, message.name, message.fields,
            message.step, message.lost,
        )  # fmt: skip
        self._write({"message": form})

    def tick(self, at_ns: int, world: World) -> None:
        """Write a frame when one is due."""
        if self._now() >= self._due:
            self.frame(at_ns, world)

    def frame(self, at_ns: int, world: World) -> None:
        """Write a frame of what happened since the one before."""
        now = self._now()
        self._seq += 1
        links = [(*link, count, self._lost[link]) for link, count in self._links.most_common(MOST_LINKS)]
        self._write(
            {
                "frame": LiveFrame(
                    self._seq, text(at_ns // SECOND_NS), "simulated", round((now - self._began) / SECOND_NS, 3), links,
                    world.groups(), world.in_progress(), world.offered, dict(world.statuses), self._messages,
                    self._left_out, self._dropped, self._answer_us(),
                )
            }
        )  # fmt: skip
        self._links.clear()
        self._lost.clear()
        self._sent = 0
        self._due = now + EVERY_NS

    def _answer_us(self) -> tuple[float, float] | None:
        answers = self.answers
        if answers is None or not answers.count:
            return None
        return answers.percentile(50) / 1000, answers.percentile(99) / 1000

    def about(self, facts: Mapping[str, object]) -> None:
        """Write what is known of the run before it begins: title, kinds of nodes."""
        self._write({"run": facts})

    def _write(self, value: object) -> None:
        if not self._send(msgspec.json.encode(value) + b"\n"):
            self._dropped += 1
