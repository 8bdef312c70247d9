"""The SCP beside Kamailio with its mtree module: one table of dialed numbers, two protocols, CPU time per message.

Run: python benchmarks/kamailio.py [--numbers 1000000] [--cycles 25] [--compiled PYTHON] [--json FILE]

Both hold the same private dialing plan (seven dialed digits, a ten-digit routing number). Kamailio is asked by a SIP INVITE
and answers 302 with the routing number as Contact, stateless, with one worker: it parses SIP and searches one prefix tree. It runs
with its quick memory manager (`-x fm`); the debugging one that Debian's build takes by default costs five times the time. The
SCP is asked by InfoAnalyzed and decides the whole call (screening, blocking, routes, billing treatment) before it answers.
So this is a comparison of jobs, not of equal work. Before anything is timed both are asked for the same numbers, and every
answer must hold the number that the table lists.

The servers are visited in turn in short slices, as in side_by_side.py; Kamailio's CPU time is that of all its processes.

Source: D-004, performance.md section 0.
"""

import contextlib
import json
import os
import random
import shutil
import signal
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

from ain_scp.ain.bench.calls import MARK, octets_of, prepared  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from ain_scp.signaling.bcd import Digits, encode_digits  # noqa: E402
from ain_scp.terms.query import Query  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

SWITCHES = "-DD -E -x fm -m 4000 -M 4000"
POOL, CHECKED = 20_000, 50
SETTLE_S, LONGEST_S, START_S = 1.0, 15.0, 240.0
MODULES = (
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib64/kamailio/modules",
    "/usr/lib/kamailio/modules",
)
CONFIGURATION = """#!KAMAILIO
debug=-1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
mpath="{modules}/"
loadmodule "db_text.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
modparam("db_text", "max_result_rows", 20000000)
loadmodule "mtree.so"
modparam("mtree", "db_url", "text://{work}/tables")
modparam("mtree", "mtree", "name=plan;dbtable=plan;type=0")
modparam("mtree", "pv_value", "$var(found)")
request_route {{
  if (mt_match("plan", "$rU", "0")) {{
    append_to_reply("Contact: <sip:$var(found)@plan>\\r\\n");
    sl_send_reply("302", "Moved Temporarily");
  }} else {{
    sl_send_reply("404", "Not Found");
  }}
  exit;
}}
"""
INVITE = (
    "INVITE sip:{dialed}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{number:08x}\r\n"
    "From: <sip:{calling}@plan>;tag=1\r\nTo: <sip:{dialed}@plan>\r\nCall-ID: {number:08x}\r\nCSeq: 1 INVITE\r\n"
    "Content-Length: 0\r\n\r\n"
)


class Kamailio:
    """A Kamailio of one worker over this table; what `side_by_side.Server` is for the others."""

    name = "Kamailio, mtree"

    def __init__(self, rows, work):
        self.address = ("127.0.0.1", _free_port())
        modules = next((one for one in MODULES if Path(one, "mtree.so").exists()), MODULES[0])
        tables = work / "tables"
        tables.mkdir()
        (tables / "version").write_text("table_name(string) table_version(int)\nplan:1\nmtree:1\nmtrees:2\n")
        with (tables / "plan").open("w") as file:
            file.write("id(int,auto) tprefix(string) tvalue(string)\n")
            file.writelines(f"{at}:{dialed}:{number}\n" for at, (dialed, number) in enumerate(rows, 1))
        configuration = work / "kamailio.cfg"
        configuration.write_text(CONFIGURATION.format(port=self.address[1], modules=modules, work=work))
        words = [
            "kamailio",
            "-f",
            configuration,
            *SWITCHES.split(),
            "-w",
            work,
            "-Y",
            work,
            "-P",
            work / "pid",
        ]
        began = time.perf_counter()
        with (work / "kamailio.log").open("w") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        self._wait(work / "kamailio.log")
        self.load_s = time.perf_counter() - began
        for one in self.processes():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(one, {0})
            beside.prefer(one)

    def processes(self):
        """The process itself and its workers."""
        own = self.process.pid
        return [own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())]

    def schedule(self):
        """Processor time used so far by all of them, and the worker's time spent waiting for it, in nanoseconds."""
        used = [beside.schedule(one) for one in self.processes()]
        return sum(one for one, _ in used), used[1][1]  # the first child is the worker, the others are timers

    def octets(self):
        """Resident memory of the process that holds the table, octets."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def end(self):
        """End the process; the workers go with it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self, log):
        """Return when it answers."""
        until = time.monotonic() + START_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
            port.bind(("127.0.0.1", 0))
            port.settimeout(0.2)
            while time.monotonic() < until and self.process.poll() is None:
                with contextlib.suppress(OSError):
                    port.sendto(INVITE.format(dialed="0", calling="0", number=0).encode(), self.address)
                    port.recv(4096)
                    return
        said = log.read_text().splitlines()[-1:]
        self.end()
        raise SystemExit(f"Kamailio did not start: {said}")


def _free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        return port.getsockname()[1]


class SipGenerator(beside.Generator):
    """INVITEs in place of queries; every one has a branch and a Call-ID of its own."""

    def __init__(self, asked):
        super().__init__([], plain=False)
        self.asked = asked

    def some(self, count, **_):
        """The next requests."""
        start = self.number
        self.number += count
        size = len(self.asked)
        return [
            INVITE.format(dialed=dialed, calling=calling, number=number).encode()
            for number in range(start, start + count)
            for calling, dialed, _ in (self.asked[number % size],)
        ]


def drawn(program, count):
    """Calls that the service lets through to a number of the plan: (calling, dialed, routing number), as text."""
    chance = random.Random(1)
    snapshot = program.snapshot
    customer = snapshot.customers[0]
    code = next(code for code, plan in customer.access_codes.items() if plan == "MDP")
    callers, plan = snapshot.dataset.triggers.numbers, customer.rows.mdp
    made = []
    for _ in range(20 * count):
        if len(made) == count:
            break
        calling = str(int(callers[chance.randrange(len(callers))]))[1:]
        row = chance.randrange(len(plan.dialed))
        dialed, number = (str(int(column[row]))[1:] for column in (plan.dialed, plan.number))
        decision = program.decide(
            Query("INFO_ANALYZED", "CDP_AC", calling, 0, access_code=code, dialed=dialed)
        )
        if getattr(decision, "response_called_party_id", None) == number and len(dialed) == 7:
            made.append((calling, dialed, number))
    return code, made


def agree(address, requests, expected):
    """Whether each request, asked alone, is answered with the octets expected; how many were not."""
    wrong = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(2)
        for request, octets in zip(requests, expected, strict=True):
            port.sendto(request, address)
            wrong += octets not in port.recv(4096)
    return wrong


def measure(numbers, cycles, compiled):
    """Start the servers, compare their answers, visit them in turn; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-kamailio-") as scratch, contextlib.ExitStack() as stack:
        work = Path(scratch)
        dataset = work / "plan"
        grow(ROOT / "examples" / "golden", dataset, numbers)
        program = open_program(dataset)
        code, asked = drawn(program, POOL)
        plan = program.snapshot.customers[0].rows.mdp
        rows = [
            (str(a)[1:], str(b)[1:]) for a, b in zip(plan.dialed.tolist(), plan.number.tolist(), strict=True)
        ]
        del program
        kamailio = Kamailio(rows, work)
        stack.callback(kamailio.end)
        servers = _others(stack, dataset, compiled, work)
        queries = [prepared(octets_of(calling, code, dialed), "PLAN") for calling, dialed, _ in asked]
        sip = SipGenerator(asked)
        wrong = _compare(kamailio, servers, sip, queries, asked)
        if os.cpu_count() > 1:
            os.sched_setaffinity(0, {1})
        beside.prefer(0)
        ours = beside.Generator(queries, plain=False)
        pairs = [(one, ours) for one in servers] + [(kamailio, sip)]
        found = _visit(pairs, cycles)
        return {
            "numbers": len(rows),
            "wrong": wrong,
            "kamailio_load_s": round(kamailio.load_s, 1),
            "kamailio_octets_per_entry": round(kamailio.octets() / len(rows)),
            **found,
        }


def _others(stack, dataset, compiled, work):
    """The C echo, where there is a compiler, and the SCP both ways; each ends with the stack."""
    started = []
    if shutil.which("gcc"):
        subprocess.run(["gcc", "-O2", "-o", work / "echo", ROOT / "benchmarks" / "echo.c"], check=True)
        started.append(beside.Server("C echo", [work / "echo"]))
        stack.callback(started[-1].end)
    serve = ["-m", "ain_scp.ain", "serve", dataset, "--udp", "127.0.0.1:0"]
    started.append(beside.Server("SCP, interpreted", [sys.executable, *serve], cwd=ROOT))
    stack.callback(started[-1].end)
    if compiled:
        python, _, where = compiled.partition(":")
        started.append(beside.Server("SCP, compiled", [python, *serve], cwd=where or "/"))
        stack.callback(started[-1].end)
    return started


def _compare(kamailio, servers, sip, queries, asked):
    """Ask for the same numbers; how many answers lack the number that the table lists."""
    few = asked[:CHECKED]
    wrong = agree(
        kamailio.address, sip.some(len(few)), [f"<sip:{number}@plan>".encode() for _, _, number in few]
    )
    octets = [
        one.before + (MARK + at).to_bytes(4, "big") + one.after for at, one in enumerate(queries[: len(few)])
    ]
    numbers = [encode_digits(Digits(3, 1, number))[2:] for _, _, number in few]
    for server in servers:
        if server.name.startswith("SCP"):
            wrong += agree(server.address, octets, numbers)
    return wrong


def _visit(pairs, cycles):
    for server, generator in pairs:
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            generator.visit(server, 0.2)
    seen, begun = [], time.monotonic()
    while time.monotonic() - begun < LONGEST_S:
        seen.append([generator.visit(server, beside.SLICE_S) for server, generator in pairs])
        if all(len(_quiet(seen, at)) >= cycles for at in range(len(pairs))):
            break
    return {
        "cycles": len(seen),
        "unanswered": sum(one.unanswered for row in seen for one in row),
        "servers": [_summary(server.name, seen, at) for at, (server, _) in enumerate(pairs)],
    }


def _quiet(seen, at):
    """The cycles in which neither this server nor Kamailio, the last, was disturbed."""
    return [(row[-1], row[at]) for row in seen if row[-1].quiet and row[at].quiet]


def _summary(name, seen, at):
    """Medians over the undisturbed cycles."""
    quiet = _quiet(seen, at)
    if len(quiet) < min(beside.LEAST, len(seen)):
        return {"name": name, "quiet_cycles": len(quiet)}
    return {
        "name": name,
        "quiet_cycles": len(quiet),
        "cpu_us": statistics.median(own.cost for _, own in quiet) / 1000,
        "ratio": statistics.median(kamailio.cost / own.cost for kamailio, own in quiet),
    }


def text_of(one):
    """One server's figures in a line."""
    if "ratio" not in one:
        return f"{one['name']:24} inconclusive: only {one['quiet_cycles']} undisturbed cycles"
    return f"{one['name']:24} {one['cpu_us']:6.2f} us/message  {one['ratio']:.2f} times as many as Kamailio per CPU second"


def main():
    parser = beside.arguments(__doc__)
    options = parser.parse_args()
    if shutil.which("kamailio") is None:
        print("not measured: Kamailio is not installed (Debian: apt install kamailio)")
        return
    found = measure(options.numbers, options.cycles, options.compiled)
    for one in found["servers"]:
        print(text_of(one))
    print(
        f"{found['numbers']:,} rows; Kamailio loaded them in {found['kamailio_load_s']} s and holds "
        f"{found['kamailio_octets_per_entry']} octets each; {found['wrong']} of the compared answers differ"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
