"""Measures everything once more and writes benchmarks/RESULTS.md; nothing in that file is typed.

Run: python benchmarks/results.py [--compiled PYTHON] [--quick]

What cannot be measured here (a missing peer, a machine too busy) is said in its place, and so is every target not met.

Source: D-004, performance.md section 8.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import side_by_side  # noqa: E402 - runs from a checkout

TARGETS = (("SCP, interpreted", 0.40, 0.55), ("SCP, compiled", 0.90, 1.00))
SUITES = (
    ("Codec and the whole way", "test_codec.py", []),
    ("The decision alone", "test_decision.py", []),
    ("Captures and tshark", "test_capture.py", []),
    ("Replay and tshark", "test_replay.py", []),
    ("Usage samples and the journal", "test_journal.py", []),
)


def facts():
    """What this machine is."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return [
        ("processor", f"{model}, {os.cpu_count()} cores"),
        ("kernel", platform.release()),
        (
            "Python",
            f"{platform.python_version()}, built {'with' if optimised else 'without'} --enable-optimizations",
        ),
        ("when", time.strftime("%Y-%m-%d %H:%M:%S %z")),
        ("load before", " ".join(f"{one:.2f}" for one in os.getloadavg())),
        ("commit", commit.stdout.strip() or "unknown"),
    ]


def server_section(options):
    """Servers against the C echo, both ways of sending, and the targets."""
    lines = ["## Server: octets to octets over UDP, against a C echo in the same run", ""]
    lines += [
        "Golden data set with a plan of 1,000,000 further numbers; outgoing call screening, blocking, routing, billing",
        "treatment and SMDR sampling are on; 20,000 different queries of all kinds; 64 in flight; one core each for server and",
        "generator. Ratio = the echo's CPU time per message / the server's, median over undisturbed cycles. SMDR lines are made",
        "and handed over; storing them is not part of it.",
        "",
    ]
    by_name = {}
    for plain in (False, True):
        found = side_by_side.measure(options.numbers, options.cycles, options.compiled, plain=plain)
        way = "one datagram at a time" if plain else "in runs (UDP segmentation)"
        lines += [f"Generator sends {way}; {found['cycles']} cycles, {found['unanswered']} unanswered:", ""]
        lines += [
            "| server | CPU us/message | best | ratio | messages/s | best | cycles |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_row(one) for one in found["servers"]]
        lines.append("")
        by_name[plain] = {one["name"]: one for one in found["servers"]}
    lines += ["| target | aim | in runs | one at a time |", "|---|---|---|---|"]
    for name, must, aim in TARGETS:
        cells = " | ".join(_judged(by_name[plain].get(name), must, aim) for plain in (False, True))
        lines.append(f"| {name} >= {must:.2f} | {aim:.2f} | {cells} |")
    lines += ["", _workers(), ""]
    return lines


def _row(one):
    if "ratio" not in one:
        return f"| {one['name']} | inconclusive: {one['quiet_cycles']} undisturbed cycles | | | | | |"
    return (
        f"| {one['name']} | {one['cpu_us']:.2f} | {one['cpu_us_best']:.2f} | **{one['ratio']:.2f}** "
        f"| {one['per_second']:,.0f} | {one['per_second_best']:,.0f} | {one['quiet_cycles']} |"
    )


def _judged(one, must, aim):
    if one is None:
        return "not measured: no compiled installation given (--compiled)"
    if "ratio" not in one:
        return "inconclusive"
    word = "aim reached" if one["ratio"] >= aim else "met" if one["ratio"] >= must else "**not met**"
    return f"{one['ratio']:.2f}, {word}"


def _workers():
    cores = os.cpu_count() or 1
    if cores < 4:
        return (
            f"Two workers against one: not measurable on {cores} cores, because two workers and a generator that keeps up with "
            "them need three of their own."
        )
    return "Two workers against one: run `ain bench --workers 2`."


def latency_section(options):
    """The load tool at a rate that both can carry: latency beside the echo's in the same run."""
    with tempfile.TemporaryDirectory(prefix="ain-results-") as work:
        plan = Path(work) / "plan"
        side_by_side.grow(ROOT / "examples" / "golden", plan, options.numbers)
        command = [
            sys.executable,
            "-m",
            "ain",
            "bench",
            str(plan),
            "--steps",
            "2000,10000,30000",
            "--duration",
            "3",
        ]
        done = subprocess.run(
            [*command, "--warm-up", "5", "--json"], capture_output=True, text=True, cwd=ROOT, check=False
        )
    lines = [
        "## Latency, open loop, from the planned instant",
        "",
        "`ain bench PLAN --steps 2000,10000,30000 --duration 3`",
        "",
    ]
    if not done.stdout.strip():
        return [*lines, f"Not measured: {done.stderr.strip()[:200]}", ""]
    report = json.loads(done.stdout)
    lines += [
        "| rate/s | p50 ms | p99 ms | p99.9 ms | unanswered | CPU us/query | bare echo p99 ms | verdict |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {one['rate']:,.0f} | {one['p50_ms']} | {one['p99_ms']} | {one['p999_ms']} | {one['unanswered']} "
        f"| {one['cpu_us_per_query']} | {one['echo_p99_ms']} | {one['verdict']} |"
        for one in report["steps"]
    ]
    return [
        *lines,
        "",
        "Without raised priority, so the host's other work is in it; INCONCLUSIVE means that it was too much.",
        "",
    ]


def suite_section(title, name, extra):
    """One pytest-benchmark file: median of each row, and ratio to the fastest of its group."""
    path = ROOT / "benchmarks" / name
    lines = [f"## {title}", "", f"`pytest benchmarks/{name} --benchmark-enable --benchmark-only`", ""]
    if not path.exists():
        return []
    with tempfile.TemporaryDirectory(prefix="ain-results-") as work:
        report = Path(work) / "report.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(path),
            "--benchmark-enable",
        ]
        command += ["--benchmark-only", f"--benchmark-json={report}", *extra]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        if not report.exists() or not report.stat().st_size:
            return [*lines, f"Not measured: {done.stdout.strip().splitlines()[-1:]}", ""]
        rows = json.loads(report.read_text())["benchmarks"]
    groups = {}
    for row in rows:
        groups.setdefault(row["group"] or "", []).append(row)
    for group, members in groups.items():
        fastest = min(row["stats"]["median"] for row in members)
        lines += [f"| {group or 'row'} | median us | ratio to the fastest |", "|---|---|---|"]
        for row in sorted(members, key=lambda row: row["stats"]["median"]):
            median = row["stats"]["median"]
            lines.append(
                f"| {row['name'].removeprefix('test_')} | {median * 1e6:,.2f} | {median / fastest:.1f} |"
            )
        lines.append("")
    return lines


def tables_section(options):
    """The table that the number tables print themselves."""
    lines = [
        "## Number tables beside others",
        "",
        "`pytest benchmarks/test_tables.py --benchmark-enable -s`",
        "",
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(ROOT / "benchmarks" / "test_tables.py"),
    ]
    command += [
        "--benchmark-enable",
        "--benchmark-timer=time.process_time",
        "-s",
        *(["-m", "not slow"] if options.quick else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    table, inside = [], False
    for line in done.stdout.splitlines():
        if line.split()[:2] == ["entries", "ns"]:
            inside = True
        elif inside and not line.strip(" ."):
            break
        if inside:
            table.append(line)
    return [*lines, "```", *(table or ["not measured"]), "```", ""]


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--compiled", help="PYTHON of an environment with the compiled package")
    parser.add_argument("--numbers", type=int, default=1_000_000)
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--quick", action="store_true", help="leave the large tables out")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    options = parser.parse_args()
    lines = [
        "# Results",
        "",
        "Written by `python benchmarks/results.py`; ratios within one run count, absolute times belong to one machine.",
        "",
    ]
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts()), ""]
    lines += server_section(options)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    lines += latency_section(options)
    for title, name, extra in SUITES:
        lines += suite_section(title, name, extra)
    lines += tables_section(options)
    options.output.write_text("\n".join(lines))
    print(options.output)


if __name__ == "__main__":
    main()
