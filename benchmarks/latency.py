"""Latency at half of capacity: the p99 of a server's answers beside a bare C echo's at the same rate, in the same run.

Run: python benchmarks/latency.py [--numbers 1000000] [--slices 160] [--compiled PYTHON] [--rates 500,2000,10000] [--json FILE]

Capacity is what a server answered a second in a closed loop (64 in flight, sent one by one as independent calls come, median
of short slices just before). Then, open loop: queries are due at Poisson arrivals of half that rate, each is timed from the
instant it was due, and echo and server are visited in turn with the same arrivals, slice by slice. The figure is the median
over the slices of (a slice's p99 / the p99 of the echo's slice beside it): the whole run's tail says more about the machine
than about the server, and a phase in which the machine is slow falls on both alike. Beside it stands the lowest tenth of the slices
of either, which is as near to an undisturbed machine as can be seen from inside one. The first LEAD_S of a slice are not
counted: a server that slept while the other was visited finds its caches taken. Slices in which server or generator waited
for a processor are set aside. Too few others, odd and even slices whose figures differ by more than NOISE times, or a
generator that is late itself: inconclusive.

--rates: what a query costs at these rates, open loop, in CPU time, beside the echo's: a server that is woken for each query
pays for it. Medians over slices visited in turn.

Source: D-004, performance.md sections 0 and 1.
"""

import bisect
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import draw_queries  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from ain_scp.transport.udp import UdpPort  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

LEAD_S, SLICE_S, LEAST, LONGEST_S = 0.03, 0.05, 8, 60.0
NOISE = 1.3
PATIENCE_NS = 500_000_000
TRANSACTION = b"\xc7\x04"
HEADERS = 40
"""Octets of M3UA and SCCP before any TCAP: the transaction ID is looked for after them."""


class Open(NamedTuple):
    """One open-loop slice: microseconds of the median and the p99, the generator's lateness, the server's share of its core."""

    p50: float
    p99: float
    late: float
    unanswered: int
    busy: float
    quiet: bool


class OpenLoop:
    """Sends each query when it is due."""

    def __init__(self, pool):
        self.port = UdpPort("127.0.0.1", 0, segmentation=False)
        self.pool = [(one.before, one.after) for one in pool]
        self.number = 1

    def queries(self, count):
        """The next queries, each with a transaction ID of its own, and the first of these."""
        first, size = self.number, len(self.pool)
        self.number += count
        return first, [
            b"%b%b%b" % (before, number.to_bytes(4, "big"), after)
            for number in range(first, first + count)
            for before, after in (self.pool[number % size],)
        ]

    def visit(self, server, due):
        """One slice: queries due at these nanoseconds after its start."""
        first, queries = self.queries(len(due))
        count, sent, answered = len(due), 0, 0
        took, late = [PATIENCE_NS] * count, [0] * count
        used, waited = server.schedule()
        own_waited = beside.schedule(os.getpid())[1]
        clock, port, address = time.perf_counter_ns, self.port, server.address
        begun = clock()
        end = begun + due[-1] + PATIENCE_NS
        while answered < count:
            now = clock() - begun
            ready = sent
            while ready < count and due[ready] <= now:
                late[ready] = now - due[ready]
                ready += 1
            if ready > sent:
                port.send(address, queries[sent:ready])
                sent = ready
            for _, datagrams in port.receive():
                now = clock() - begun
                for octets in datagrams:
                    at = octets.find(TRANSACTION, HEADERS) + 2
                    place = int.from_bytes(octets[at : at + 4], "big") - first
                    if 0 <= place < count:
                        took[place] = now - due[place]
                        answered += 1
            if now + begun > end:
                break
        counted = bisect.bisect_left(due, LEAD_S * 1e9)
        took, late = took[counted:], late[counted:]
        count = len(took)
        used_after, waited_after = server.schedule()
        lost = waited_after - waited + beside.schedule(os.getpid())[1] - own_waited
        took.sort()
        late.sort()
        high = min(count - 1, count * 99 // 100)
        return Open(
            took[count // 2] / 1000,
            took[high] / 1000,
            late[high] / 1000,
            len(due) - answered,
            (used_after - used) / due[-1],
            lost < 0.1 * due[-1],
        )


def arrivals(rate, chance):
    """Nanoseconds at which the queries of a slice are due."""
    due, at = [], 0.0
    while at < (LEAD_S + SLICE_S) * 1e9:
        due.append(int(at))
        at += chance.expovariate(rate) * 1e9
    return due


def capacity(server, pool):
    """Messages a second that a server answers in a closed loop, its median over some slices after a warm-up."""
    generator = beside.Generator(pool, plain=True)
    for _ in range(3):
        generator.visit(server, 0.5)
    return statistics.median(generator.visit(server, beside.SLICE_S).rate for _ in range(15))


def compare(echo, server, pool, slices):
    """Visit echo and server in turn at half of the server's capacity; the figures of both."""
    rate, loop, chance = capacity(server, pool) / 2, OpenLoop(pool), random.Random(7)
    seen, begun = [], time.monotonic()
    while time.monotonic() - begun < LONGEST_S:
        due = arrivals(rate, chance)
        seen.append((loop.visit(echo, due), loop.visit(server, due)))
        quiet = [(one, own) for one, own in seen if one.quiet and own.quiet]
        if len(quiet) >= slices:
            break
    used = quiet or seen
    echo_p99, own_p99 = (statistics.median(pair[at].p99 for pair in used) for at in (0, 1))
    late = statistics.median(max(one.late for one in pair) for pair in used)
    ratios = [own.p99 / one.p99 for one, own in used]
    noise = unlike(ratios)
    tenth = [sorted(pair[at].p99 for pair in used)[len(used) // 10] for at in (0, 1)]
    why = ""
    if len(quiet) < min(LEAST, slices):
        why = f"inconclusive: {len(quiet)} undisturbed slices"
    elif noise > NOISE:
        why = f"inconclusive: {statistics.median(ratios):.2f}, but odd and even slices differ by {noise:.1f} times"
    elif late > echo_p99:
        why = f"inconclusive: the generator itself was {late:.0f} us late"
    return {
        "name": server.name,
        "rate": rate,
        "p50_us": statistics.median(own.p50 for _, own in used),
        "p99_us": own_p99,
        "echo_p99_us": echo_p99,
        "busy": statistics.median(own.busy for _, own in used),
        "late_us": late,
        "slices": len(quiet),
        "unanswered": sum(own.unanswered for _, own in used),
        "tenth_us": tenth[1],
        "echo_tenth_us": tenth[0],
        "ratio": None if why else statistics.median(ratios),
        "why": why,
    }


def costs(echo, server, pool, slices, rate):
    """CPU time of a query at a rate, open loop, of echo and server visited in turn; medians over the undisturbed slices."""
    loop, chance, seen = OpenLoop(pool), random.Random(7), []
    begun = time.monotonic()
    while time.monotonic() - begun < LONGEST_S / 4:
        due = arrivals(rate, chance)
        if len(due) > 1:
            seen.append((loop.visit(echo, due), loop.visit(server, due)))
        quiet = [pair for pair in seen if pair[0].quiet and pair[1].quiet]
        if len(quiet) >= slices:
            break
    echo_us, own_us = (
        statistics.median(pair[at].busy for pair in quiet or seen) * 1e6 / rate for at in (0, 1)
    )
    ratios = [own.busy / one.busy for one, own in quiet or seen if one.busy]
    enough = len(quiet) >= min(LEAST, slices)
    return {
        "name": server.name,
        "rate": rate,
        "echo_us": echo_us,
        "cpu_us": own_us,
        "slices": len(quiet),
        "ratio": statistics.median(ratios) if enough and ratios else None,
    }


def unlike(values):
    """How many times the median of the odd values is that of the even ones, or the other way round."""
    halves = [statistics.median(values[at::2] or values) for at in (0, 1)]
    return max(halves) / min(halves)


def measure(numbers, slices, compiled, rates=()):
    """Start the servers and compare each with the echo; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-latency-") as scratch, contextlib.ExitStack() as stack:
        work = Path(scratch)
        dataset = work / "plan"
        grow(ROOT / "examples" / "golden", dataset, numbers)
        started = beside.servers(dataset, compiled, work)
        for one in started:
            stack.callback(one.end)
        if os.cpu_count() > 1:
            os.sched_setaffinity(0, {1})
        beside.prefer(0)
        pool = draw_queries(open_program(dataset), beside.POOL, 1)
        echo = started[0]
        own = [one for one in started if one.name.startswith("SCP")]
        return {
            "echo": echo.name,
            "servers": [compare(echo, one, pool, slices) for one in own],
            "rates": [costs(echo, one, pool, slices, rate) for rate in rates for one in own],
        }


def main():
    parser = beside.arguments(__doc__, counted="--slices", count=160)
    parser.add_argument("--rates", default="", help="queries a second, separated by commas")
    options = parser.parse_args()
    rates = [int(one) for one in options.rates.split(",") if one]
    found = measure(options.numbers, options.slices, options.compiled, rates)
    for one in found["servers"]:
        ratio = one["why"] or f"x {one['ratio']:.2f}"
        print(
            f"{one['name']:20} {one['rate']:,.0f}/s: p50 {one['p50_us']:.0f} us, p99 {one['p99_us']:.0f} us, {found['echo']} "
            f"{one['echo_p99_us']:.0f} us, {ratio}; lowest tenth {one['tenth_us']:.0f} us, {one['echo_tenth_us']:.0f} us ({one['slices']} slices, {one['unanswered']} unanswered, core {one['busy']:.0%} used)"
        )
    for one in found["rates"]:
        ratio = "inconclusive" if one["ratio"] is None else f"x {one['ratio']:.2f}"
        print(
            f"{one['name']:20} {one['rate']:,}/s open loop: {one['cpu_us']:.1f} us a query, {found['echo']} {one['echo_us']:.1f} us, {ratio}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
