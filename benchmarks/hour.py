"""An hour of 100 calls a second in virtual time: how long the simulated network takes for it, beside a former commit in one run.

Run: python benchmarks/hour.py [--commit 619b820] [--cycles 3] [--calls 4000] [--compiled PYTHON] [--json FILE]

Real octets on every link, no report, ladder or capture; four kinds of calls (dialing plans of both kinds, a PBX, an ASF-RTL host,
refused calls). Each process places the first calls of the hour, cycle after cycle in turn; what they take in CPU time is
reckoned up to 360,000 calls. Ratio = median over the cycles of (the former's time / this one's).

Source: A-264, interfaces.md section 3.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from benchmarks import side_by_side as beside  # noqa: E402 - runs from a checkout
from benchmarks.former import FORMER, GOLDEN, Way, taken_out  # noqa: E402
from benchmarks.test_network import TRAFFIC  # noqa: E402

HOUR = 360_000
WORKER = """
import json, sys, time
from pathlib import Path
way, golden, path = sys.argv[1:4]
if way == "former":
    from provisioning.loader import load_or_raise
    from ssp_sim.lab import Lab, default_program
    from ssp_sim.scenario import load
else:
    from ain_scp.provisioning.loader import load_or_raise
    from ain_scp.ssp_sim.lab import Lab, default_program
    from ain_scp.ssp_sim.scenario import load
scenario, dataset = load(Path(path)), load_or_raise(Path(golden))[0]
print("ready", flush=True)
for _ in sys.stdin:
    lab = Lab(scenario, dataset, default_program, transport="memory", keep=False, on_record=lambda _: None)
    began = time.process_time()
    summary = lab.run()
    print(json.dumps([time.process_time() - began, summary.offered, summary.messages]), flush=True)
"""


def measure(commit, cycles, calls, compiled):
    """All ways in turn; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-hour-") as scratch:
        work = Path(scratch)
        scenario = work / "hour.toml"
        scenario.write_text(TRAFFIC.format(dataset=GOLDEN, calls=calls))
        why = taken_out(commit, work / "former")
        ways = (
            [] if why else [Way("former commit", WORKER, "former", sys.executable, work / "former", scenario)]
        )
        ways.append(Way("interpreted", WORKER, "now", sys.executable, ROOT / "src", scenario))
        if compiled:
            python, _, where = compiled.partition(":")
            ways.append(Way("compiled", WORKER, "now", python, where or "/", scenario))
        try:
            seen = [[way.ask() for way in ways] for _ in range(cycles)]
        finally:
            for way in ways:
                way.end()
    rows = []
    for at, way in enumerate(ways):
        seconds = statistics.median(row[at][0] for row in seen)
        rows.append(
            {
                "name": way.name,
                "calls_per_s": calls / seconds,
                "hour_s": HOUR * seconds / calls,
                "ratio": None if why else statistics.median(row[0][0] / row[at][0] for row in seen),
                "messages": seen[0][at][2],
            }
        )
    return {"why": why, "rows": rows}


def main():
    parser = beside.arguments(__doc__, count=3)
    parser.add_argument("--commit", default=FORMER)
    parser.add_argument("--calls", type=int, default=4000)
    options = parser.parse_args()
    found = measure(options.commit, options.cycles, options.calls, options.compiled)
    for one in found["rows"]:
        ratio = "" if one["ratio"] is None else f", x {one['ratio']:.2f} as quick as the former commit"
        print(f"{one['name']:14} {one['calls_per_s']:8,.0f} calls/s, the hour {one['hour_s']:6.1f} s{ratio}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
