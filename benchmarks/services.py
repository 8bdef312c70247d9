"""The services beside the dialing plan's: rates beside the plan's own, ported numbers in memory and by column, a delta in service.

    python benchmarks/services.py [--what rates,table,delta] [--numbers 10000000] [--delta-numbers 1000000] [--quick] [--json FILE]

rates: three nodes over one data set (a dialing plan of 350,000 numbers, 1,000,000 ported ones, 200,000 toll free records on 1,000
templates) are asked in turn, slice by slice, octets to octets without a socket, in CPU time, no query twice; the first rounds teach, as a server's first
seconds do. The ratio of a service to the plan is the median over the other rounds.

table: a process of its own writes --numbers ported numbers in 60,000 exchanges, loads them with all checks, and counts a file of
as many queries as `ain batch --service LNP` does. Resident octets are those of the table and of the LRNs' places beside it.

delta: a server is asked at a steady rate; a delta file of 100,000 rows is put into place and the server told (SIGHUP). In force =
until an answer has what its last row says. One answer says where one number leads; after the first new one none may be old.
After each query a process that does nothing but send back what it gets is asked, too. The slowest answers of both stand
side by side, while nothing happens and while the delta comes in: what that process is late, too, is the machine's.

Source: B4-012; D-004.
"""

import argparse
import itertools
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import draw_queries  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.bench.services import draw_services  # noqa: E402
from ain_scp.ain.build import mode  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from ain_scp.ain.lnp.ask import Question, query_octets  # noqa: E402
from ain_scp.provisioning.tables.build import compile_exact  # noqa: E402
from ain_scp.scp.batch.services import LNP, ServiceBatch, engine_for, form_for  # noqa: E402
from ain_scp.scp.config import NodeConfig  # noqa: E402
from ain_scp.scp.fast.node import FastNode  # noqa: E402
from ain_scp.signaling import bcd  # noqa: E402

EXAMPLES = ROOT / "examples"
LRNS = [f"{npa}555{last:04d}" for npa in ("323", "626", "925", "510") for last in range(500)]
SLICE, BATCH = 500, 50
TEMPLATES, RECORDS = 1_000, 200_000
DELTA = 100_000
IN_EXCHANGE = 166
"""Ported numbers of an exchange, as in North America."""
RATE = 1_000
OLD, NEW = "3235550000", "6265550000"
NEW_OCTETS = bcd.octets_of(NEW)
LONG_AGO = 1_000_000_000
ECHO = """
import asyncio, socket
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("127.0.0.1", 0))
port.setblocking(False)
print(port.getsockname()[1], flush=True)
loop = asyncio.new_event_loop()
loop.add_reader(port, lambda: port.sendto(*port.recvfrom(2048)))
loop.run_forever()
"""


def exchanges(count):
    """NPA-NXXs in ascending order."""
    areas = [npa for npa in range(201, 320) if npa % 100 != 11]
    made = [f"{npa}{nxx}" for npa in areas for nxx in range(200, 1000) if nxx % 100 != 11]
    return made[:count]


def ported(path, count, exchanges_, seed=1):
    """Write a file of so many ported numbers, scattered over exchanges."""
    chance = np.random.default_rng(seed)
    heads = np.array([int(one) for one in exchanges_], np.int64)
    drawn = chance.choice(heads, count * 11 // 10 + 100) * 10_000 + chance.integers(
        0, 10_000, count * 11 // 10 + 100
    )
    numbers = np.sort(chance.choice(np.unique(drawn), count, replace=False))
    lrns = chance.integers(0, len(LRNS), numbers.size)
    with path.open("w") as file:
        file.write("number,lrn,spid\n")
        for start in range(0, numbers.size, 1 << 16):
            part = zip(
                numbers[start : start + (1 << 16)].tolist(),
                lrns[start : start + (1 << 16)].tolist(),
                strict=True,
            )
            file.write("".join(f"{number},{LRNS[place]},\n" for number, place in part))
    return numbers


def dataset(root, numbers, *, plan=0, records=0):
    """A data set with so many ported numbers; their codes."""
    if plan:
        grow(EXAMPLES / "golden", root, plan)
    else:
        shutil.copytree(EXAMPLES / "golden", root)
    lata = (root / "network/lata.csv").read_text()
    shutil.copytree(EXAMPLES / "services/services", root / "services")
    for name in ("services.csv", "announcements.csv"):
        shutil.copyfile(EXAMPLES / "services/network" / name, root / "network" / name)
    (root / "network/lata.csv").write_text(lata)
    lnp, chosen = root / "services/lnp", exchanges(max(numbers // IN_EXCHANGE, 10))
    shutil.rmtree(root / "services/cnam")
    shutil.rmtree(root / "services/terminating")
    rows = (root / "network/services.csv").read_text().splitlines(keepends=True)
    (root / "network/services.csv").write_text(
        "".join(row for row in rows if not row.startswith("TERMINATING"))
    )
    for name in ("blocks.csv", "lrn.csv"):
        (lnp / name).unlink()
    (lnp / "lnp.toml").write_text("")
    (lnp / "portable.csv").write_text("npanxx\n" + "".join(f"{one}\n" for one in chosen))
    found = ported(lnp / "ported.csv", numbers, chosen)
    if records:
        toll_free(root / "services/tollfree", records)
    for path in root.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return found


def toll_free(folder, records):
    """Records on templates that ask for the caller's LATA, the time and a share."""
    logic = (
        '[ {{ if = {{ from_lata = ["722"] }}, tel = "4155551000" }}, {{ if = {{ tod = ["08:00", "17:00"] }}, tel = "213555{0:04d}" }}, '
        '{{ if = {{ percent = 40 }}, tel = "DIAL", carrier = "0288" }}, {{ tel = "DIAL" }} ]'
    )
    (folder / "templates.toml").write_text(
        "".join(f'[T{at}]\ncarrier_inter = "0222"\nlogic = {logic.format(at)}\n' for at in range(TEMPLATES))
    )
    rows = (
        f"{npa}{at:07d},WORKING,,,,T{at % TEMPLATES}\n"
        for npa in ("800", "888")
        for at in range(2_000_000, 2_000_000 + records // 2)
    )
    (folder / "records.csv").write_text(
        "number,status,carrier_intra,carrier_inter,tel,template\n" + "".join(rows)
    )


def rates(asked):
    """Median CPU time of a query to each service, and its ratio to the plan's."""
    numbers, rounds = (20_000, 6) if asked.quick else (1_000_000, 40)
    learning = 3 if asked.quick else 60
    with tempfile.TemporaryDirectory(prefix="ain-services-") as place:
        root = Path(place, "set")
        plan, records = (20_000, 2_000) if asked.quick else (350_000, RECORDS)
        dataset(root, numbers, plan=plan, records=records)
        program = open_program(root)
    count = SLICE * (rounds + learning)
    pools = {
        "dialing plan": draw_queries(program, count, 1),
        "LNP": draw_services(program, "LNP", count, 1),
        "TOLLFREE": draw_services(program, "TOLLFREE", count, 1),
    }
    turn = itertools.count()
    nodes = {name: FastNode(program, NodeConfig(), lambda: next(turn) * 37 % 10_000) for name in pools}
    times = {name: [] for name in pools}
    for one in range(learning + rounds):
        for name, pool in sorted(pools.items(), reverse=one % 2 == 1):
            part = pool[one * SLICE : (one + 1) * SLICE]
            sent = [octets_of(query, one * SLICE + at) for at, query in enumerate(part)]
            node, answers = nodes[name], 0
            before, began = node.short, time.process_time_ns()
            for at in range(0, SLICE, BATCH):
                answers += len(node.answer_all(sent[at : at + BATCH], "link", one * 1_000_000))
            spent = time.process_time_ns() - began
            if answers < SLICE:
                raise SystemExit(f"{name}: {answers} answers to {SLICE} queries")
            node.sample_texts()
            if one >= learning:
                times[name].append((spent, (node.short - before) / SLICE))
    found = []
    for name, slices in times.items():
        ratios = [plan / own for (plan, _), (own, _) in zip(times["dialing plan"], slices, strict=True)]
        us = statistics.median(spent for spent, _ in slices) / SLICE / 1000
        short = statistics.mean(short for _, short in slices)
        found.append({"name": name, "us": us, "ratio": statistics.median(ratios), "short": short})
    return {"mode": mode(), "numbers": numbers, "rates": found}


def octets_of(query, transaction):
    """A query with a transaction ID of its own."""
    return query.before + (transaction & 0xFFFFFFFF).to_bytes(4, "big") + query.after


def table(asked):
    """Load time, memory, and rates by column, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ain-services-") as place:
        root = Path(place, "set")
        found = dataset(root, asked.numbers)
        queries = Path(place, "queries.csv")
        chance = np.random.default_rng(2)
        wanted = np.where(
            chance.random(found.size) < 0.5, found, chance.integers(2_010_000_000, 4_000_000_000, found.size)
        )
        with queries.open("w") as file:
            file.write("called_party\n")
            for start in range(0, wanted.size, 1 << 16):
                file.write("\n".join(map(str, wanted[start : start + (1 << 16)].tolist())) + "\n")
        words = [sys.executable, __file__, "--loaded", str(root), str(queries)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
        if done.returncode:
            raise SystemExit(done.stderr.strip().splitlines()[-1])
        return json.loads(done.stdout)


def loaded(root, queries):
    """What the process of `table` finds."""
    began = time.perf_counter()
    program = open_program(Path(root))
    load_s = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    tables = program.services.tables.lnp
    described = tables.numbers.describe()
    given = program.snapshot.dataset.services.lnp.ported.numbers
    began = time.process_time()
    built = compile_exact(np.sort(given), None)
    build_s = time.process_time() - began
    del built
    engine = engine_for(program, program.services, LNP)
    codes = np.sort(np.random.default_rng(3).choice(given, min(given.size, 1 << 20)))
    columns = []
    for _ in range(5):
        began = time.process_time()
        engine.ported.answers(codes)
        columns.append(codes.size / (time.process_time() - began))
    began = time.process_time()
    totals = ServiceBatch(LNP, form_for(program, LNP, "", None, "2001-01-17T12:00:00"), [engine], 0, 0).read(
        Path(queries)
    )
    batch_s = time.process_time() - began
    return {
        "numbers": described.entries,
        "octets": (described.octets + tables.place.nbytes) / described.entries,
        "build_s": build_s,
        "load_s": load_s,
        "peak": peak,
        "columns": statistics.median(columns),
        "batch": totals.queries / batch_s,
        "queries": totals.queries,
    }


class Peer:
    """A server on a data set, a bare process that echoes, and sockets that ask them."""

    def __init__(self, root):
        words = [sys.executable, "-m", "ain_scp.ain", "serve", str(root), "--udp", "127.0.0.1:0"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        host, _, port = self.process.stdout.readline().split()[2].rpartition(":")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))
        self.socket.settimeout(5)
        self.sent = 0
        self.late = []

        words = [sys.executable, "-c", ECHO]
        self.echo = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.echoed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.echoed.connect(("127.0.0.1", int(self.echo.stdout.readline())))
        self.echoed.settimeout(5)

    def ask(self, number):
        """The answer about a number, and how many milliseconds it and the bare process took."""
        self.sent += 1
        octets = query_octets(Question(number, None, 37, 250, 3), self.sent)
        began = time.perf_counter()
        self.socket.send(octets)
        answer = self.socket.recv(2048)
        answered = time.perf_counter()
        self.echoed.send(octets)
        self.echoed.recv(2048)
        return answer, (answered - began) * 1000, (time.perf_counter() - answered) * 1000

    def watch(self, numbers, seconds, until=None):
        """Ask steadily for a while, or until so long after an answer leads to NEW.

        Seconds to the first new answer, slowest ms of the server and of the bare process, old answers after the first new.
        """
        began, new, wrong, at, slowest, bare = time.perf_counter(), 0.0, 0, 0, 0.0, 0.0
        while (now := time.perf_counter() - began) < seconds and (
            until is None or not new or now < new + until
        ):
            answer, ms, other = self.ask(numbers[at % len(numbers)])
            slowest, bare, at = max(slowest, ms), max(bare, other), at + 1
            if NEW_OCTETS in answer:
                new = new or time.perf_counter() - began
            elif new:
                wrong += 1
            time.sleep(max(at / RATE - (time.perf_counter() - began), 0))
        return new, slowest, bare, wrong

    def end(self):
        """End both."""
        self.echo.kill()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        self.socket.close()
        self.echoed.close()


def delta(asked):
    """A delta put into service under load, a few times, each over the one before."""
    numbers = min(asked.numbers, 200_000) if asked.quick else asked.delta_numbers
    rows = DELTA // 10 if asked.quick else DELTA
    with tempfile.TemporaryDirectory(prefix="ain-services-") as place:
        root = Path(place, "set")
        given = dataset(root, numbers)
        peer = Peer(root)
        try:
            return _deltas(
                peer, root, np.random.default_rng(4).choice(given, rows, replace=False).tolist(), rows
            )
        finally:
            peer.end()


def _deltas(peer, root, numbers, rows):
    asked = [str(one) for one in numbers[-200:]]
    folder = root / "services/lnp/delta"
    folder.mkdir()
    found = []
    peer.watch(asked, 1.0)
    for lrn in (OLD, NEW) * (2 if rows < DELTA else 5):
        _, idle, idle_bare, _ = peer.watch(asked, 1.0)
        path = root.parent / "delta.csv"
        path.write_text("action,number,lrn,spid\n" + "".join(f"MOD,{one},{lrn},\n" for one in numbers))
        path.replace(folder / "changes.csv")
        peer.process.send_signal(signal.SIGHUP)
        if lrn == NEW:
            new, slowest, bare, wrong = peer.watch(asked, 30.0, until=0.5)
            late = {"slowest_ms": slowest, "bare_ms": bare, "idle_ms": idle, "idle_bare_ms": idle_bare}
            found.append({"in_force_s": new or None, **late, "mixed": wrong})
        if "data set reloaded" not in peer.process.stderr.readline():
            raise SystemExit("the delta was not taken")
    return {"rows": rows, "load": os.getloadavg()[0], "runs": found}


def main():
    """Measure what is asked for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--what", default="rates,table,delta")
    options.add_argument("--numbers", type=int, default=10_000_000)
    options.add_argument("--delta-numbers", type=int, default=1_000_000)
    options.add_argument("--quick", action="store_true", help="small tables: to see that it works")
    options.add_argument("--json", type=Path)
    options.add_argument("--loaded", nargs=2, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.loaded:
        print(json.dumps(loaded(*asked.loaded)))
        return
    if asked.quick:
        asked.numbers = min(asked.numbers, 200_000)
    parts = {"rates": rates, "table": table, "delta": delta}
    found = {name: parts[name](asked) for name in asked.what.split(",")}
    for name, value in found.items():
        print(name, json.dumps(value, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
