"""The generator of an open-loop load: it sends when the plan says so, whether or not answers come.

Latency counts from the planned instant, so a generator or a server that falls behind cannot hide its queue (no coordinated
omission). A query that is never answered counts as infinitely late. How late the generator itself was is measured, too: a
result of a generator that was late is void, not good.

Bounds: 8,000,000 queries a step; answers are waited for `GRACE_S` after the last query.

Source: D-004, performance.md sections 0 and 1, reliability targets P1-P3.
"""

import multiprocessing
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.ain.bench.calls import NOTIFICATION, Prepared
from ain_scp.ain.bench.forms import KindResult, StepResult
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.terms.units import SECOND_NS
from ain_scp.transport.udp import BATCH, UdpPort

MAX_QUERIES: Final = 8_000_000
GRACE_S: Final = 0.5
LEAD_NS: Final = 20_000_000
PATIENCE_S: Final = 60.0
IDLE_NS: Final = 300_000
"""A pause longer than this is slept through; a shorter one is waited out."""

_SHORTEST_HEAD: Final = 40  # M3UA and SCCP headers before any transaction ID
_TRANSACTION: Final = b"\xc7\x04"
_INVOKES: Final = (0xE9, 0xED)

Instants = NDArray[np.int64]


def planned(rate: float, duration_s: float, arrivals: str, seed: int) -> Instants:
    """When each query of a step is due, in nanoseconds from its start; ValueError for too many or none."""
    count = int(rate * duration_s)
    if not 1 <= count <= MAX_QUERIES:
        raise ValueError(
            f"{rate:g} a second for {duration_s:g} s are {count} queries: 1 to {MAX_QUERIES} are possible"
        )
    if arrivals == "fixed":
        return (np.arange(count) * (SECOND_NS / rate)).astype(np.int64)
    gaps = np.random.default_rng(seed).exponential(SECOND_NS / rate, count)
    return np.cumsum(gaps).astype(np.int64)


class _Step:
    """One step as the generator process sees it: what was sent when, what came back when."""

    def __init__(
        self, address: tuple[str, int], pool: Sequence[Prepared], due: Instants, first: int, *, runs: bool
    ) -> None:
        self.port = UdpPort(
            "127.0.0.1" if ":" not in address[0] else "::1", 0, segmentation=None if runs else False
        )
        self.address = address
        self.pool = [(one.before, one.after) for one in pool]
        self.due = due.tolist()
        self.first = first
        self.sent_at: list[int] = []
        self.answers: list[tuple[int, list[bytes]]] = []
        self.heard = 0
        self.expected = int(_asked(pool, len(due)).sum())

    def run(self) -> None:
        """Send everything when it is due and hear answers meanwhile and a while after."""
        due, count, start = self.due, len(self.due), time.perf_counter_ns() + LEAD_NS
        end = due[-1] + int(GRACE_S * SECOND_NS)
        at = 0
        while True:
            now = time.perf_counter_ns() - start
            last = at
            while last < count and due[last] <= now and last - at < BATCH:
                last += 1
            if last > at:
                self._send(at, last, now)
                at = last
            if self._hear(start) or last < count:
                self._pause(due[at] if at < count else now, now)
            elif self.heard >= self.expected or now > end:
                return
            else:
                time.sleep(0.0002)

    def _pause(self, next_due: int, now: int) -> None:
        """Sleep when nothing is due for long and nothing is on its way."""
        if next_due - now > IDLE_NS and self.heard >= len(self.sent_at):
            time.sleep((next_due - now - IDLE_NS / 2) / SECOND_NS)

    def _send(self, start: int, end: int, now: int) -> None:
        pool, size, first = self.pool, len(self.pool), self.first
        octets = []
        for number in range(start, end):
            before, after = pool[number % size]
            octets.append(b"%b%b%b" % (before, (first + number & 0xFFFFFFFF).to_bytes(4, "big"), after))
        self.port.send(self.address, octets)
        self.sent_at += [now] * (end - start)

    def _hear(self, start: int) -> bool:
        heard = False
        for _, datagrams in self.port.receive():
            self.answers.append((time.perf_counter_ns() - start, datagrams))
            self.heard += len(datagrams)
            heard = True
        return heard


def _numbers(step: _Step) -> tuple[Instants, Instants, NDArray[np.bool_]]:
    """Of every answer: which query it belongs to (-1: none of ours), when it came, whether it was an instruction."""
    numbers: list[int] = []
    served: list[bool] = []
    times: list[int] = []
    for at, datagrams in step.answers:
        times += [at] * len(datagrams)
        for octets in datagrams:
            place = octets.find(_TRANSACTION, _SHORTEST_HEAD)
            found = octets[place + 2 : place + 6]
            numbers.append(int.from_bytes(found, "big") - step.first & 0xFFFFFFFF if place > 0 else -1)
            components = place + 6
            component = components + (2 if octets[components + 1 : components + 2] < b"\x80" else 3)
            served.append(octets[component : component + 1] in (b"\xe9", b"\xed") if place > 0 else False)
    return np.array(numbers, np.int64), np.array(times, np.int64), np.array(served, bool)


def _generate(
    pipe: Connection,
    address: tuple[str, int],
    pool: Sequence[Prepared],
    due: Instants,
    first: int,
    runs: bool,
) -> None:
    """What the generator process does: one step, then the raw columns through the pipe."""
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # an interrupt ends it without a word; the command says what is to be said
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    step = _Step(address, pool, due, first, runs=runs)
    step.run()
    numbers, times, served = _numbers(step)
    used = time.process_time_ns()
    pipe.send(
        (
            np.array(step.sent_at, np.int64),
            numbers,
            times,
            served,
            step.port.unsent,
            step.port.kernel_drops(),
            used,
        )
    )
    pipe.close()


def run_step(
    address: tuple[str, int],
    pool: Sequence[Prepared],
    due: Instants,
    *,
    rate: float,
    first: int,
    runs: bool = True,
) -> StepResult:
    """Run one step in a process of its own and judge its columns.

    `first` is its first transaction ID; `runs`: queries due together leave in runs of one length where that is possible.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_generate, args=(theirs, address, pool, due, first, runs), daemon=True)
    signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT}
    )  # one that falls into a callback of the fork is lost
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    theirs.close()
    patience = due[-1] / SECOND_NS + PATIENCE_S
    try:
        columns = ours.recv() if ours.poll(patience) else None
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGINT:
            raise KeyboardInterrupt from None
        raise ChildProcessError(
            f"the generator of queries ended in the middle of a step (exit code {process.exitcode}): run this again"
        ) from None
    finally:  # it has said all it has to say, or its reader is gone
        ours.close()
        process.kill()
        process.join()
    if columns is None:
        raise TimeoutError("the generator does not end")
    return _judged(pool, due, rate, *columns)


def _judged(
    pool: Sequence[Prepared],
    due: Instants,
    rate: float,
    sent_at: Instants,
    numbers: Instants,
    times: Instants,
    served: NDArray[np.bool_],
    unsent: int,
    own_drops: int,
    generator_ns: int,
) -> StepResult:
    asked = _asked(pool, len(due))
    count = len(due)
    ours = (numbers >= 0) & (numbers < count)
    first_answer = np.full(count, -1, np.int64)
    places, first_place = np.unique(numbers[ours], return_index=True)
    first_answer[places] = times[ours][first_place]
    instruction = np.zeros(count, bool)
    instruction[places] = served[ours][first_place]
    answered = (first_answer >= 0) & asked
    latency = first_answer - due
    kinds = [one.kind for one in pool]
    names = sorted(set(kinds))
    of_kind = np.array([names.index(kind) for kind in kinds])[np.arange(count) % len(pool)]
    lag = sent_at - due
    span = (times[-1] if len(times) else due[-1]) / SECOND_NS
    return StepResult(
        rate=rate,
        sent=int(asked.sum()),
        silent=count - int(asked.sum()),
        answered=int(answered.sum()),
        refused=int((answered & ~instruction).sum()),
        repeated=int(ours.sum()) - len(places),
        foreign=int((~ours).sum()),
        unsent=unsent,
        generator_drops=own_drops,
        seconds=float(due[-1] / SECOND_NS),
        answered_per_second=float(answered.sum() / span) if span > 0 else 0.0,
        lag_p99_ns=int(np.percentile(lag, 99)),
        generator_cpu_ns=generator_ns,
        latency=histogram_of(latency[answered]),
        kinds=tuple(
            KindResult(
                name, int((of_kind == place).sum()), histogram_of(latency[answered & (of_kind == place)])
            )
            for place, name in enumerate(names)
            if name != NOTIFICATION
        ),
    )


def _asked(pool: Sequence[Prepared], count: int) -> NDArray[np.bool_]:
    """Which of so many messages ask for an answer."""
    return np.array([one.answered for one in pool])[np.arange(count) % len(pool)]


def histogram_of(values: Instants) -> Histogram:
    """Count nanoseconds, to the tenth of a microsecond."""
    histogram = Histogram()
    unique, counts = np.unique(np.sort(values // 100), return_counts=True)
    for value, times in zip((unique * 100).tolist(), counts.tolist(), strict=True):
        histogram.record(value, times)
    return histogram
