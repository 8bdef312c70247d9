"""Servers side by side: CPU time per message and messages per second, visited in turn in short slices of the same run.

Run: python benchmarks/side_by_side.py [--numbers 1000000] [--cycles 25] [--compiled PYTHON] [--plain] [--json FILE]
     [--mix whole|golden|originating|KIND] [--window 64] [--switches 1] [--records]

The yardstick is a C echo (recvfrom, sendto) of the same queries. One generator keeps 64 queries in flight; each server is
visited for a slice, one after the other, cycle after cycle; the ratio is the median over the cycles of (echo's CPU time per
message / server's CPU time per message), so that a phase in which the whole machine is slow falls on all of them alike.
Slices in which server or generator waited for a processor (schedstat) are set aside; too few others: inconclusive.
The generator sends queries of one length in runs (UDP segmentation), which a server may take in runs; with --plain it sends
them one by one, as a peer without offload does.
--mix whole sends all that calls cause: queries, hosts' queries, and notifications, which only the echoes answer; what is counted is
messages, answered or not. --mix golden sends the messages of the golden scenario, shuffled, again and again. HOST_QUERY or NOTIFICATION sends that kind alone (of the latter, one query in eight keeps the pace).
Beside them run what no server in Python can be quicker than (`bare.py`): a bare loop that echoes, and one around the node alone,
one message at a time where one answer is awaited (--window 1), else in batches.
--records adds each server once more with records on; its `to_plain` is its cost to that of the same server without.
Server on core 0, generator on core 1, where there are two; both at raised priority, where that is allowed.

Source: performance.md sections 0, 1 and 8.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import (  # noqa: E402 - runs from a checkout
    HOST,
    NOTIFICATION,
    Prepared,
    draw_calls,
    draw_queries,
)
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.provisioning.loader import load_or_raise  # noqa: E402
from ain_scp.signaling.flat.rows import ECHO  # noqa: E402
from ain_scp.signaling.flat.walk import UNIDIRECTIONAL, Flat  # noqa: E402
from ain_scp.ssp_sim.lab import Lab, default_program  # noqa: E402
from ain_scp.ssp_sim.scenario import load  # noqa: E402
from ain_scp.transport.udp import UdpPort  # noqa: E402

WINDOW = 64
SLICE_S = 0.04
POOL = 20_000
WARM_UP = 25_000
LONGEST_S = 20.0
LEAST = 8
PATIENCE_NS = 1_000_000_000
RECORDED = ", records"
"""After the name of a server that keeps records."""
BARE = ROOT / "benchmarks" / "bare.py"
ECHOES = {"Python echo, recvfrom": "single", "Python echo, batches": "batches"}
NODE_ALONE = ", bare loop"
"""After the name of a server whose node answers in a bare loop."""


def schedule(process):
    """Processor time of all threads of a process so far, and the time its first thread waited for a processor."""
    used, waited = 0, 0
    for task in Path(f"/proc/{process}/task").iterdir():
        own, late, _ = (task / "schedstat").read_text().split()
        used += int(own)
        waited += int(late) if task.name == str(process) else 0
    return used, waited


def prefer(process):
    """Put a process before all others for the seconds this takes, where that is allowed (Linux, as root)."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(1))


class Server:
    """A server process that says where it listens, and its CPU time."""

    def __init__(self, name, command, **options):
        self.name = name
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
        line = self.process.stdout.readline()
        if not line.startswith("ready udp"):
            raise SystemExit(f"{name} did not start: {line}")
        host, _, port = line.split()[2].rpartition(":")
        self.address = (host, int(port))
        self.echoes = not name.startswith("SCP")
        if os.cpu_count() > 1:
            os.sched_setaffinity(self.process.pid, {0})
        prefer(self.process.pid)
        self.samples = []

    def schedule(self):
        """Processor time used so far, and time spent waiting for the processor, in nanoseconds."""
        return schedule(self.process.pid)

    def end(self):
        """End the process."""
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


class Generator:
    """Keeps `window` queries in flight towards one server at a time.

    `looks` counts how often it looked for answers, `vain` how often there were none: one that never looks in vain is too slow.
    """

    def __init__(self, pool, *, plain, window=WINDOW):
        self.port = UdpPort("127.0.0.1", 0, segmentation=not plain)
        self.pool = [(one.before, one.after, one.answered) for one in pool]
        self.number = 0
        self.window = window
        self.looks = self.vain = 0

    def some(self, count, *, echoed=True):
        """The next messages, each with a number of its own, until so many answers are due."""
        made, number, size = [], self.number, len(self.pool)
        while count:
            before, after, answered = self.pool[number % size]
            made.append(b"%b%b%b" % (before, number.to_bytes(4, "big"), after))
            number += 1
            count -= answered or echoed
        self.number = number
        return made

    def visit(self, server, duration_s):
        """One slice: what was measured in it."""
        (cpu, waited), own_waited = server.schedule(), schedule(os.getpid())[1]
        begun = heard = time.perf_counter_ns()
        end = begun + int(duration_s * 1e9)
        first, echoed = self.number, server.echoes
        self.port.send(server.address, self.some(self.window, echoed=echoed))
        flying = self.window
        while flying:
            groups = self.port.receive()
            now = time.perf_counter_ns()
            self.looks += 1
            if not groups:
                self.vain += 1
                if now - heard > PATIENCE_NS:
                    break
                continue
            heard = now
            for address, datagrams in groups:
                if address != server.address:
                    continue
                flying -= len(datagrams)
                if now < end:
                    self.port.send(server.address, self.some(len(datagrams), echoed=echoed))
                    flying += len(datagrams)
        cpu_after, waited_after = server.schedule()
        lost = waited_after - waited + schedule(os.getpid())[1] - own_waited
        return Slice(self.number - first - flying, cpu_after - cpu, heard - begun, flying, lost)


class Slice(NamedTuple):
    """Messages dealt with, the server's CPU time, wall time, queries unanswered, time both waited for a processor."""

    answered: int
    cpu_ns: int
    wall_ns: int
    unanswered: int
    lost_ns: int

    @property
    def quiet(self):
        """Whether no other process took the processors: less than a tenth of the slice was lost."""
        return self.answered > 0 and self.lost_ns < 0.1 * self.wall_ns

    @property
    def cost(self):
        """CPU nanoseconds per message."""
        return self.cpu_ns / self.answered

    @property
    def rate(self):
        """Messages per second."""
        return self.answered * 1e9 / self.wall_ns


def c_echo(work):
    """The echo in C, compiled into a folder."""
    subprocess.run(["gcc", "-O2", "-o", work / "echo", ROOT / "benchmarks" / "echo.c"], check=True)
    return Server("C echo", [work / "echo"])


def servers(dataset, compiled, work, *, records=False, loop=""):
    """The echoes and the servers, each with its node in a bare loop before it, and with records once more where that is asked for."""
    made = []
    if shutil.which("gcc"):
        made.append(c_echo(work))
    made += [Server(name, [sys.executable, BARE, bare]) for name, bare in ECHOES.items()]
    serve = ["-m", "ain_scp.ain", "serve", dataset, "--udp", "127.0.0.1:0"]
    ways = [("SCP, interpreted", sys.executable, ROOT)]
    if compiled:
        python, _, where = compiled.partition(":")
        ways.append(("SCP, compiled", python, where or "/"))
    for name, python, place in ways:
        if loop:
            made.append(Server(name + NODE_ALONE, [python, BARE, loop, dataset], cwd=place))
        made.append(Server(name, [python, *serve], cwd=place))
        if records:
            kept = ["--records", work / f"records-{len(made)}"]
            made.append(
                Server(name + RECORDED, [python, *serve, *kept], cwd=place, stderr=subprocess.DEVNULL)
            )
    return made


def pool_of(program, mix, switches):
    """The messages of a mix, drawn from the whole plan, or those of the golden scenario."""
    if mix == "golden":
        return golden_messages()
    if mix == "originating" and switches == 1:
        return draw_queries(program, POOL, 1)
    calls = draw_calls(program, POOL, 1, switches)
    if mix == "originating":
        return [one for one in calls if one.answered and one.kind != HOST]
    if mix == "whole":
        return calls
    found = [one for one in calls if one.kind == mix]
    if mix == NOTIFICATION:
        asked = [one for one in calls if one.answered]
        found = [
            one for at in range(0, len(found), 7) for one in (*found[at : at + 7], asked[at % len(asked)])
        ]
    if not found:
        raise SystemExit(f"no message of kind {mix}")
    return found


def golden_messages():
    """What the SCP is sent in the golden scenario, shuffled; transaction ID, or end of the echo data, left out."""
    heard, flat, made = [], Flat(), []
    golden = ROOT / "examples" / "golden"
    plan, dataset = load(golden / "scenario.toml"), load_or_raise(golden)[0]
    Lab(plan, dataset, default_program, on_message=heard.append).run()
    for message in heard:
        if message.destination == "SCP" and flat.walk(message.octets):
            told = flat.package == UNIDIRECTIONAL
            at = flat.at[ECHO] + 2 if told else flat.transaction_at
            before, after = message.octets[:at], message.octets[at + 4 :]
            made.append(Prepared(before, after, NOTIFICATION if told else "QUERY"))
    random.Random(1).shuffle(made)
    return made


def measure(
    numbers, cycles, compiled, *, plain=False, mix="originating", window=WINDOW, switches=1, records=False
):
    """Visit all servers in turn; a mapping ready to be written as JSON."""
    work = Path(tempfile.mkdtemp(prefix="ain-side-by-side-"))
    try:
        dataset = work / "plan"
        grow(ROOT / "examples" / "golden", dataset, numbers)
        started = servers(
            dataset, compiled, work, records=records, loop="single" if window == 1 else "batches"
        )
        try:
            return _cycles(started, dataset, cycles, (mix, switches), plain=plain, window=window)
        finally:
            for server in started:
                server.end()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _cycles(started, dataset, cycles, mix, *, plain, window):
    from ain_scp.ain.dataset import open_program

    pool = pool_of(open_program(dataset), *mix)
    seen = visits(started, pool, cycles, plain=plain, window=window)
    found = [_summary(server.name, seen, place) for place, server in enumerate(started)]
    for place, one in enumerate(found):
        if one["name"].endswith(RECORDED):
            pairs = [
                (row[place - 1], row[place]) for row in seen if row[place - 1].quiet and row[place].quiet
            ]
            if len(pairs) >= LEAST:
                one["to_plain"] = statistics.median(own.cost / plain.cost for plain, own in pairs)
    return {
        "cycles": len(seen),
        "unanswered": sum(one.unanswered for row in seen for one in row),
        "servers": found,
        **({"messages_a_call": len(pool) / POOL, "shares": _shares(pool)} if mix[0] == "whole" else {}),
    }


def visits(started, pool, cycles, *, plain, window):
    """Warm the servers up and visit them in turn, until each has so many undisturbed cycles: a row of slices for each cycle."""
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {1})
    prefer(0)
    generator = Generator(pool, plain=plain, window=window)
    for server in started:
        met = 0
        while met < WARM_UP:
            met += generator.visit(server, 0.5).answered
    begun = time.monotonic()
    seen = []
    while time.monotonic() - begun < LONGEST_S:
        seen.append([generator.visit(server, SLICE_S) for server in started])
        if all(len(_pairs(seen, place)) >= cycles for place in range(len(started))):
            break
    return seen


def _shares(pool):
    """How many messages of each kind a call causes."""
    hosts = sum(one.kind == HOST for one in pool)
    told = sum(one.kind == NOTIFICATION for one in pool)
    each = {"queries": len(pool) - hosts - told, "hosts": hosts, "notifications": told}
    return {name: count / POOL for name, count in each.items()}


def _pairs(seen, place):
    """Cycles in which both the echo and this server were left alone: (echo's slice, its slice)."""
    return [(row[0], row[place]) for row in seen if row[0].quiet and row[place].quiet]


def _summary(name, seen, place):
    pairs = _pairs(seen, place)
    if len(pairs) < LEAST:
        return {"name": name, "quiet_cycles": len(pairs)}
    return {
        "name": name,
        "quiet_cycles": len(pairs),
        "cpu_us": statistics.median(own.cost for _, own in pairs) / 1000,
        "cpu_us_best": min(own.cost for _, own in pairs) / 1000,
        "per_second": statistics.median(own.rate for _, own in pairs),
        "per_second_best": max(own.rate for _, own in pairs),
        "ratio": statistics.median(echo.cost / own.cost for echo, own in pairs),
        "rate_ratio": statistics.median(own.rate / echo.rate for echo, own in pairs),
    }


def text_of(one):
    """One server's figures in a line."""
    if "ratio" not in one:
        return f"{one['name']:24} inconclusive: only {one['quiet_cycles']} undisturbed cycles"
    return (
        f"{one['name']:24} {one['cpu_us']:6.2f} us/message (best {one['cpu_us_best']:.2f})  ratio {one['ratio']:.2f}"
        f"  rate {one['rate_ratio']:.2f}  best {one['per_second_best']:,.0f}/s  ({one['quiet_cycles']} cycles)"
        + (f"  x {one['to_plain']:.2f} without records" if "to_plain" in one else "")
    )


def arguments(doc, *, counted="--cycles", count=25):
    """The words that every comparison of servers takes; `doc` is what its file says of it."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=1_000_000)
    parser.add_argument(counted, type=int, default=count)
    parser.add_argument(
        "--compiled", help="PYTHON or PYTHON:DIRECTORY of an environment with the compiled package"
    )
    parser.add_argument("--json", type=Path)
    return parser


def main():
    parser = arguments(__doc__)
    parser.add_argument(
        "--plain", action="store_true", help="the generator sends datagram by datagram, not in runs"
    )
    parser.add_argument(
        "--mix", default="originating", help="whole, golden, originating, HOST_QUERY or NOTIFICATION"
    )
    parser.add_argument("--window", type=int, default=WINDOW, help="answers awaited at a time")
    parser.add_argument("--switches", type=int, default=1, help="point codes that ask")
    parser.add_argument("--records", action="store_true", help="each server with records, too")
    options = parser.parse_args()
    how = {name: getattr(options, name) for name in ("plain", "mix", "window", "switches", "records")}
    found = measure(options.numbers, options.cycles, options.compiled, **how)
    for one in found["servers"]:
        print(text_of(one))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
