"""SCTP beside a bare SCTP echo: CPU time of a message in all threads of a server, visited in turn in short slices of one run.

Run: python benchmarks/sctp.py [--numbers 20000] [--cycles 15] [--compiled PYTHON] [--window 32] [--json FILE]

Both sides are libusrsctp over UDP (RFC 6951), whatever the kernel has: the C echo is that library with threads of its own, which
sends each message back; a Python echo of the server's own transport (`bare.py`) runs beside it. One generator keeps 32 messages in flight on one association, of the kinds that are answered (queries
and hosts' queries) and once of all that calls cause. Ratio = median over undisturbed cycles of (the server's CPU time per
message / the echo's of the same slice pair): less is better, as the target is said so.

Source: general-path section 5.2, performance.md section 0.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import HOST, draw_calls  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from ain_scp.signaling import m3ua  # noqa: E402
from ain_scp.signaling.m3ua import Message, MessageKind  # noqa: E402
from ain_scp.transport.link import Endpoint  # noqa: E402
from ain_scp.transport.sctp_usr import UsrSctpStack, missing  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

WINDOW, SLICE_S, POOL, WARM_UP, LEAST, LONGEST_S = 32, 0.06, 10_000, 6_000, 6, 30.0
PATIENCE_S = 1.0
C_ECHO, PYTHON_ECHO = "C echo", "Python echo"
"""The server's own SCTP, and nothing else: `bare.py`."""
NODE = 'name = "SCP"\npoint_code = "245-1-2"\nssn = 250\nrouting_context = 100\nt_beat_ms = 0\nsctp_udp_port = {udp}\n[[listen]]\ntransport = "sctp"\naddress = "127.0.0.1:{sctp}"\n'


def free_port():
    """A free UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process with one association to it; `link` when it may be used."""

    def __init__(self, name, command, ports, **options):
        self.name, (self.udp, self.sctp) = name, ports
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
        line = self.process.stdout.readline()
        if not line.startswith("ready"):
            raise SystemExit(f"{name} did not start: {line}")
        self.echoes = not name.startswith("SCP")
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            if os.cpu_count() > 1:
                os.sched_setaffinity(int(task.name), {0})
            beside.prefer(int(task.name))
        self.link = None
        self.heard = 0
        self.changed = asyncio.Event()

    def schedule(self):
        """CPU time of all its threads and waiting time, ns; the threads of the C echo wait for each other, which does not count."""
        used, waited = beside.schedule(self.process.pid)
        return used, 0 if self.name == C_ECHO else waited

    def link_up(self, link):
        """The association is up."""
        self.link = link
        self.changed.set()

    def link_down(self, _link, _end):
        """It is gone."""
        self.link = None
        self.changed.set()

    def link_received(self, _link, octets, _stream):
        """Count answers; other messages only wake who waits for them."""
        self.heard += octets[2] == 1 or self.echoes
        self.changed.set()

    async def open(self, stack):
        """Associate, and become active where M3UA is spoken."""
        stack.connect(Endpoint(("127.0.0.1",), self.sctp), self, self.udp)
        await self._wait()
        if self.link is None:
            raise SystemExit(f"{self.name}: no association")
        if not self.echoes:
            for message in (Message(MessageKind.ASPUP), Message(MessageKind.ASPAC, routing_contexts=(100,))):
                self.link.send(m3ua.encode(message), 0)
                await self._wait()
            await asyncio.sleep(0.1)

    async def _wait(self):
        self.changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), 5)

    def end(self):
        """End the process."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.stdout.close()


class Generator:
    """Keeps messages in flight towards one server at a time."""

    def __init__(self, pool, window):
        self.pool = [(one.before, one.after, one.answered) for one in pool]
        self.window = window
        self.number = 0

    def send(self, server, due):
        """Send messages until so many answers more are due; how many messages these were."""
        sent = 0
        while due > 0:
            before, after, answered = self.pool[self.number % len(self.pool)]
            self.number += 1
            server.link.send(
                b"%b%b%b" % (before, self.number.to_bytes(4, "big"), after),
                self.number % (server.link.streams - 1) + 1,
            )
            sent += 1
            due -= answered or server.echoes
        return sent

    async def visit(self, server, duration_s):
        """One slice."""
        (cpu, waited), own_waited = server.schedule(), beside.schedule(os.getpid())[1]
        begun, sent, server.heard = time.perf_counter(), 0, 0
        due, last = self.window, time.perf_counter()
        sent += self.send(server, due)
        flying = due
        while flying > 0:
            server.changed.clear()
            before = server.heard
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.changed.wait(), PATIENCE_S)
            came, now = server.heard - before, time.perf_counter()
            if came <= 0 and now - last > PATIENCE_S:
                break
            last, flying = now, flying - came
            if came and now - begun < duration_s:
                sent += self.send(server, came)
                flying += came
        cpu_after, waited_after = server.schedule()
        lost = waited_after - waited + beside.schedule(os.getpid())[1] - own_waited
        wall = int((time.perf_counter() - begun) * 1e9)
        return beside.Slice(sent - max(flying, 0), cpu_after - cpu, wall, max(flying, 0), lost)


def started(dataset, compiled, work, ends):
    """The echo and the servers, each ended when `ends` is."""
    made, ports = [], (free_port(), 2905)
    command = [
        "gcc",
        "-O2",
        "-o",
        work / "sctp_echo",
        ROOT / "benchmarks" / "sctp_echo.c",
        "-l:libusrsctp.so.2",
    ]
    subprocess.run(command, check=True)
    made.append(Server(C_ECHO, [work / "sctp_echo", *map(str, ports)], ports))
    ends.callback(made[-1].end)
    ports = free_port(), 2905
    made.append(Server(PYTHON_ECHO, [sys.executable, beside.BARE, "sctp", *map(str, ports)], ports))
    ends.callback(made[-1].end)
    ways = [("SCP, interpreted", sys.executable, ROOT)]
    if compiled:
        python, _, where = compiled.partition(":")
        ways.append(("SCP, compiled", python, where or "/"))
    for name, python, place in ways:
        ports = free_port(), 2905
        config = work / f"node-{len(made)}.toml"
        config.write_text(NODE.format(udp=ports[0], sctp=ports[1]))
        serve = ["-m", "ain_scp.ain", "serve", dataset, "--config", config]
        made.append(Server(name, [python, *serve], ports, cwd=place))
        ends.callback(made[-1].end)
    return made


async def _measure(servers, pools, cycles, window):
    stack = UsrSctpStack(Endpoint(("127.0.0.1",), 0))
    found = {}
    try:
        for server in servers:
            await server.open(stack)
        for mix, pool in pools.items():
            generator = Generator(pool, window)
            for server in servers:
                met, until = 0, time.monotonic() + 20
                while met < WARM_UP and time.monotonic() < until:
                    met += (await generator.visit(server, 0.3)).answered
            seen, begun = [], time.monotonic()
            while len(seen) < 4 * cycles and time.monotonic() - begun < LONGEST_S:
                seen.append([await generator.visit(server, SLICE_S) for server in servers])
                if sum(all(one.quiet for one in row) for row in seen) >= cycles:
                    break
            found[mix] = [_summary(one.name, seen, place) for place, one in enumerate(servers)]
    finally:
        stack.close()
    return found


def _summary(name, seen, place):
    pairs = [(row[0], row[place]) for row in seen if row[0].answered and row[place].answered]
    quiet = [pair for pair in pairs if pair[0].quiet and pair[1].quiet]
    ratios = [own.cost / echo.cost for echo, own in quiet or pairs]
    return {
        "name": name,
        "cpu_us": statistics.median(own.cost for _, own in quiet or pairs) / 1000,
        "ratio": statistics.median(ratios),
        "quiet": len(quiet),
        "unanswered": sum(own.unanswered for _, own in pairs),
    }


def measure(numbers, cycles, compiled, window):
    """Visit all servers in turn for each mix; a mapping ready to be written as JSON, or what is missing."""
    absent = missing() or (None if shutil.which("gcc") else "there is no C compiler")
    if absent:
        return {"why": absent, "mixes": {}}
    with tempfile.TemporaryDirectory(prefix="ain-sctp-") as scratch, contextlib.ExitStack() as ends:
        work = Path(scratch)
        grow(ROOT / "examples" / "golden", work / "plan", numbers)
        servers = started(work / "plan", compiled, work, ends)
        if os.cpu_count() > 1:
            os.sched_setaffinity(0, {1})
        beside.prefer(0)
        calls = draw_calls(open_program(work / "plan"), POOL, 1, 1)
        pools = {
            "queries": [one for one in calls if one.answered and one.kind != HOST],
            "hosts' queries": [one for one in calls if one.kind == HOST],
            "whole calls": calls,
        }
        return {"why": "", "mixes": asyncio.run(_measure(servers, pools, cycles, window))}


def main():
    parser = beside.arguments(__doc__, count=15)
    parser.add_argument("--window", type=int, default=WINDOW, help="answers awaited at a time")
    parser.set_defaults(numbers=20_000)
    options = parser.parse_args()
    found = measure(options.numbers, options.cycles, options.compiled, options.window)
    if found["why"]:
        print(f"not measured: {found['why']}")
    for mix, rows in found["mixes"].items():
        for one in rows:
            print(
                f"{mix:14} {one['name']:18} {one['cpu_us']:6.1f} us/message  x {one['ratio']:.2f}"
                f"  ({one['quiet']} undisturbed cycles, {one['unanswered']} unanswered)"
            )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
