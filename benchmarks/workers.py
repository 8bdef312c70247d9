"""Two workers beside one: messages per second, each process on a core of its own.

Run: python benchmarks/workers.py [--numbers 1000000] [--cycles 25] [--compiled PYTHON] [--anyway] [--json FILE]

Both servers run the same data set; queries come one by one over one socket, 64 in flight for each worker, and are spread by
transaction; the servers are visited in turn, slice by slice, and the figure is the median over the cycles of (rate of two
workers / rate of one). Two workers and the generator need a core each, and the rest of the machine one: with fewer than four
nothing is measured (`--anyway`: it is, with processes sharing cores, which says nothing about workers that do not). A
generator that seldom looks for answers in vain is the limit itself, and makes the result void.

Source: performance.md section 4 (several workers), D-004.
"""

import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import draw_queries  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

CORES = 4
LEAST_VAIN = 0.05


class Family(beside.Server):
    """A server with its worker processes, each on a core of its own, the generator's left free."""

    def __init__(self, name, command, workers, **options):
        super().__init__(name, [*command, "--workers", str(workers)], **options)
        self.workers = workers
        self.members = [self.process.pid, *children(self.process.pid)]
        for place, member in enumerate(self.members):
            for thread in threads(member):
                beside.prefer(thread)
                os.sched_setaffinity(thread, {place % workers % (os.cpu_count() - 1 or 1)})

    def schedule(self):
        """As a server's, of all its processes."""
        figures = [beside.schedule(member) for member in self.members]
        return sum(used for used, _ in figures), 0


def children(process):
    """The processes a process has started."""
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def threads(process):
    """The threads of a process: what is set for one holds for that one alone."""
    return [int(task.name) for task in Path(f"/proc/{process}/task").iterdir()]


class Watched(beside.Generator):
    """A generator with 64 queries in flight for each worker, and how often it looked in vain in the last slice."""

    def visit(self, server, duration_s):
        """One slice, and the share of looks for answers that found none."""
        self.window = beside.WINDOW * server.workers
        self.looks = self.vain = 0
        return super().visit(server, duration_s), self.vain / max(self.looks, 1)


def measure(numbers, cycles, compiled):
    """Visit both in turn; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-workers-") as scratch:
        dataset = Path(scratch) / "plan"
        grow(ROOT / "examples" / "golden", dataset, numbers)
        python, _, where = (compiled or f"{sys.executable}:{ROOT}").partition(":")
        command = [python, "-m", "ain_scp.ain", "serve", dataset, "--udp", "127.0.0.1:0"]
        with ExitStack() as running:
            both = []
            for count in (1, 2):
                name = f"{count} worker{'s' * (count > 1)}"
                both.append(Family(name, command, count, cwd=where or "/"))
                running.callback(both[-1].end)
            return _cycles(both, dataset, cycles)


def _cycles(both, dataset, cycles):
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    beside.prefer(0)
    generator = Watched(draw_queries(open_program(dataset), beside.POOL, 1), plain=True)
    for one in both:
        met = 0
        while met < 2 * beside.WARM_UP:
            met += generator.visit(one, 0.5)[0].answered
    seen = [[generator.visit(one, beside.SLICE_S) for one in both] for _ in range(cycles)]
    figures = [
        {
            "name": one.name,
            "cpu_us": statistics.median(row[place][0].cost for row in seen) / 1000,
            "per_second": statistics.median(row[place][0].rate for row in seen),
            "vain": statistics.median(row[place][1] for row in seen),
        }
        for place, one in enumerate(both)
    ]
    slow = figures[1]["vain"] < LEAST_VAIN
    why = "inconclusive: the generator was too slow for two" if slow else ""
    ratio = statistics.median(two.rate / one.rate for (one, _), (two, _) in seen)
    return {"servers": figures, "ratio": None if why else ratio, "why": why}


def main():
    parser = beside.arguments(__doc__)
    parser.add_argument("--anyway", action="store_true", help="measure with too few cores, too")
    options = parser.parse_args()
    if os.cpu_count() < CORES and not options.anyway:
        found = {"servers": [], "ratio": None, "why": f"not measurable on {os.cpu_count()} cores"}
    else:
        found = measure(options.numbers, options.cycles, options.compiled)
    for one in found["servers"]:
        print(
            f"{one['name']:10} {one['cpu_us']:.2f} us/message, {one['per_second']:,.0f}/s, "
            f"generator looked in vain {one['vain']:.0%}"
        )
    print("two workers to one:", found["why"] or f"{found['ratio']:.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
