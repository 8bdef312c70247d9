"""Files of pytest-benchmark, run in a process of their own, interpreted and compiled, and their rows as tables."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.compiled import mode_of

ROOT = Path(__file__).parent.parent
PROCESSOR_TIME = ("test_tables.py", "test_rating.py")
"""Files whose rows are measured in processor time, because they are judged one way against a bar."""


class Suite(NamedTuple):
    """A file, what its environment says, and further options of the compiled run."""

    file: str
    environment: dict = {}  # noqa: RUF012 - never changed
    compiled_words: tuple = ()
    across: bool = False
    """Whether the rows are compared each way with itself, not with one another."""


def run(python, file, *, words=(), environment=None, quick=False):
    """Run a file with one Python; (its rows as pytest-benchmark gives them, what went wrong)."""
    with tempfile.TemporaryDirectory(prefix="ain-results-") as work:
        report = Path(work) / "report.json"
        command = [
            str(python),
            "-P",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(ROOT / "benchmarks" / file),
        ]
        command += [
            "--benchmark-enable",
            "--benchmark-only",
            f"--benchmark-json={report}",
            "--benchmark-min-rounds=3",
        ]
        command += ["--benchmark-timer=time.process_time"] if file in PROCESSOR_TIME else []
        command += [f"--benchmark-max-time={0.02 if quick else 0.3}", "--benchmark-warmup=off", *words]
        outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        large = {} if quick else {"AIN_BENCH_LARGE": "1"}
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            env=outer | large | (environment or {}),
        )
        rows = (
            json.loads(report.read_text())["benchmarks"] if report.exists() and report.stat().st_size else []
        )
    said = done.stdout.strip().splitlines()[-1:] or done.stderr.strip().splitlines()[-1:]
    return rows, "" if done.returncode == 0 else f"not complete: {' '.join(said)[:200]}"


def suite_lines(suite, options, found=None):
    """The rows of a file by group: median CPU or wall microseconds each way, and the ratio to the fastest of the group.

    Where a row, or another of its group, says how many frames or calls a pass has, the time is that of one. `found` is filled with seconds by
    (way, row).
    """
    if not (ROOT / "benchmarks" / suite.file).exists():
        yield f"Not measured: there is no benchmarks/{suite.file}."
        return
    set_ = " ".join(f"{name}={value}" for name, value in suite.environment.items())
    yield f"`{set_ + ' ' if set_ else ''}pytest benchmarks/{suite.file} --benchmark-enable --benchmark-only`"
    yield ""
    seconds, groups, faults = {} if found is None else found, {}, []
    for way, python in ways(options):
        words = suite.compiled_words if way == "compiled" else ()
        rows, fault = run(python, suite.file, words=words, environment=suite.environment, quick=options.quick)
        faults += [f"{way}: {fault}"] if fault else []
        for row in rows:
            name, group = row["name"].removeprefix("test_"), row["group"] or "row"
            units = _units(row) or max(
                filter(None, (_units(one) for one in rows if one["group"] == row["group"])), default=1
            )
            seconds[way, name] = row["stats"]["median"] / units
            groups.setdefault(group, {})[name] = units
    for group, names in groups.items():
        yield from (_across if suite.across else _group)(group, names, seconds)
    yield from faults


def _units(row):
    """How many frames or calls a pass of a row has, where it says so."""
    return row["extra_info"].get("frames") or row["extra_info"].get("calls")


def ways(options):
    """The Pythons to run with, by what the package is in them."""
    own = mode_of(sys.executable) or "interpreted"
    return [(own, sys.executable)] + (
        [("compiled", options.compiled.partition(":")[0])] if options.compiled else []
    )


def _group(group, names, seconds):
    ways = list(dict.fromkeys(way for way, name in seconds if name in names))
    each = " each" if max(names.values()) > 1 else ""
    yield f"| {group} | " + " | ".join(f"{way}, us{each} | ratio" for way in ways) + " |"
    yield "|---" * (1 + 2 * len(ways)) + "|"
    fastest = min(seconds[way, name] for way in ways for name in names if (way, name) in seconds)
    for name in sorted(names, key=lambda name: seconds.get((ways[0], name), 0)):
        cells = [
            f"{seconds[way, name] * 1e6:,.2f} | {seconds[way, name] / fastest:.1f}"
            if (way, name) in seconds
            else " | "
            for way in ways
        ]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _across(group, names, seconds):
    """Rows of different work: each interpreted and compiled, and how many times as fast it became."""
    each = " each" if max(names.values()) > 1 else ""
    yield f"| {group} | interpreted, us{each} | compiled, us{each} | times as fast |"
    yield "|---|---|---|---|"
    for name in names:
        own, other = (seconds.get((way, name)) for way in ("interpreted", "compiled"))
        cells = ["" if one is None else f"{one * 1e6:,.2f}" for one in (own, other)]
        yield f"| {name} | {' | '.join(cells)} | {'' if own is None or other is None else f'{own / other:.1f}'} |"
    yield ""
