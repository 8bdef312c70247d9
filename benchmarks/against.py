"""A former commit and this checkout in one run: the server's ratio to the C echo, and batch calls a second and core.

Run: python benchmarks/against.py [--commit 619b820] [--compile] [--numbers 100000] [--cycles 25] [--calls 524288] [--json FILE]

Both are installed anew, each in an environment of its own in a temporary folder (the network is needed), and once more with
compiled modules with --compile (a C compiler; minutes). Servers are visited in turn with the C echo, cycle after cycle, in each of
WAYS; batch processes take turns pass by pass over the same calls, and the calls that each counts otherwise are named. Ratio = median over the cycles of (the
former's CPU time / this one's); below LIMIT it is marked.

Source: performance.md sections 0, 1 and 5.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.plan import grow  # noqa: E402 - runs from a checkout
from ain_scp.ain.dataset import open_program  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402
from benchmarks.compiled import copy_of_checkout, installed  # noqa: E402
from benchmarks.former import FORMER, GOLDEN, Way, taken_out  # noqa: E402

LIMIT = 0.95
WAYS = {
    "in runs, 64 awaited": {"plain": False, "window": 64},
    "one datagram at a time, 64 awaited": {"plain": True, "window": 64},
    "one in flight": {"plain": True, "window": 1},
}
BATCH = """
import json, sys, time
from pathlib import Path
import numpy as np
from benchmarks import test_batch as batch
_, golden, sizes = sys.argv[1:4]
batch.GOLDEN = Path(golden)
batch.PLAN, calls = map(int, sizes.split())
program, numbers, keys = batch.scaled()
whole, engine = batch.attempts(numbers, keys, calls), batch.Engine(program)
starts = range(0, calls, batch.CHUNK)
chunks = [whole.rows(np.arange(start, min(start + batch.CHUNK, calls))) for start in starts]
print("ready", flush=True)
for _ in sys.stdin:
    totals = batch.Totals()
    began = time.process_time_ns()
    for chunk in chunks:
        totals.count(engine, engine.decide(chunk))
    took = (time.process_time_ns() - began) / calls
    counts = (totals.ctc, totals.screening, totals.blocking, totals.route, totals.announcement, totals.flag)
    print(json.dumps([took, counts], sort_keys=True), flush=True)
"""


class Installation(NamedTuple):
    """An environment with one of the two commits, and a folder that has its benchmarks and nothing else of it."""

    name: str
    mode: str
    python: Path
    place: Path


def installations(commit, work, modes):
    """The former commit and this checkout in each mode, the former first; (them, why there are none)."""
    sources = {commit: work / "former", "this": work / "this"}
    why = taken_out(commit, sources[commit])
    if why:
        return [], why
    copy_of_checkout(ROOT, sources["this"])
    made = []
    for mode in modes:
        for name, source in sources.items():
            place = work / f"{name} {mode}"
            python = installed(source, place / "venv", mode=mode)
            (place / "benchmarks").symlink_to(source / "benchmarks")
            made.append(Installation(name, mode, python, place))
    return made, ""


def servers(made, work, options):
    """Each way of asking, and in it each mode: both ratios to the echo, and the former's cost to this one's."""
    dataset = work / "plan"
    grow(GOLDEN, dataset, options.numbers)
    pool = beside.pool_of(open_program(dataset), options.mix, 1)
    started = [beside.c_echo(work)]
    try:
        for one in made:
            words = [one.python.with_name("ain"), "serve", dataset, "--udp", "127.0.0.1:0"]
            started.append(beside.Server(f"SCP, {one.name}, {one.mode}", words, cwd=work))
        for way, how in WAYS.items():
            seen = beside.visits(started, pool, options.cycles, **how)
            for at in range(1, len(started), 2):
                yield {"what": f"server, {made[at].mode}, {way}"} | _servers(seen, at)
    finally:
        for server in started:
            server.end()


def _servers(seen, at):
    quiet = [row for row in seen if row[0].quiet and row[at].quiet and row[at + 1].quiet]
    found = {
        "cycles": len(quiet),
        "unanswered": sum(row[at].unanswered + row[at + 1].unanswered for row in seen),
    }
    if len(quiet) < beside.LEAST:
        return found
    return found | {
        "former": statistics.median(row[0].cost / row[at].cost for row in quiet),
        "this": statistics.median(row[0].cost / row[at + 1].cost for row in quiet),
        "ratio": statistics.median(row[at].cost / row[at + 1].cost for row in quiet),
    }


def batches(made, options):
    """Each mode: millions of calls a second and core of both, and the former's time to this one's."""
    given = f"{options.numbers} {options.calls}"
    ways = [Way(one.name, BATCH, "", one.python, one.place, given) for one in made]
    try:
        for way in ways:
            way.ask()  # what is made once
        seen = [[way.ask() for way in ways] for _ in range(options.cycles)]
    finally:
        for way in ways:
            way.end()
    for at in range(0, len(ways), 2):
        yield {
            "what": f"batch, {made[at].mode}, million calls/s and core",
            "cycles": len(seen),
            "otherwise": _otherwise(seen[0][at][1], seen[0][at + 1][1]),
            "former": 1000 / statistics.median(row[at][0] for row in seen),
            "this": 1000 / statistics.median(row[at + 1][0] for row in seen),
            "ratio": statistics.median(row[at][0] / row[at + 1][0] for row in seen),
        }


def _otherwise(counted, again):
    """How many calls at least two counts of them tell apart."""
    return max(
        sum(max(0, count - second.get(word, 0)) for word, count in first.items())
        for first, second in zip(counted, again, strict=True)
    )


def text_of(one):
    """One comparison in a line."""
    if "ratio" not in one:
        return f"{one['what']:60} inconclusive: only {one['cycles']} undisturbed cycles"
    below = f"  BELOW {LIMIT}" if one["ratio"] < LIMIT else ""
    wrong = "".join(f", {one[name]} {name}" for name in ("unanswered", "otherwise") if one.get(name))
    return (
        f"{one['what']:60} former {one['former']:.2f}, this {one['this']:.2f}, "
        f"ratio {one['ratio']:.2f} ({one['cycles']} cycles){below}{wrong}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--compile", action="store_true", help="compiled installations of both, too")
    parser.add_argument("--numbers", type=int, default=100_000)
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--commit", default=FORMER)
    parser.add_argument("--mix", default="originating", help="what is asked, as in side_by_side.py")
    parser.add_argument("--calls", type=int, default=524_288, help="calls of a pass of the batch")
    options = parser.parse_args()
    found = {"commit": options.commit, "load": [os.getloadavg()], "rows": []}
    with tempfile.TemporaryDirectory(prefix="ain-against-") as scratch:
        modes = ("interpreted", "compiled") if options.compile else ("interpreted",)
        made, why = installations(options.commit, Path(scratch), modes)
        if why:
            raise SystemExit(f"not measured: {why}")
        for one in chain(batches(made, options), servers(made, Path(scratch), options)):
            found["rows"].append(one)
            print(text_of(one), flush=True)
    found["load"].append(os.getloadavg())
    print("load before and after:", *(f"{one:.2f}" for loads in found["load"] for one in loads))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
