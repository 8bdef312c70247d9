"""Figures of the console on this machine: age of frames at a reader, time of pages over HTTP, a long table, size of its files, cost of the tap.

    python benchmarks/console_figures.py [--seconds 20] [--viewers 20] [--rows 10000000] [--only-rows]

A console with a server of its own is started over a copy of the golden data set and asked over HTTP, as a browser does. The cost of the
tap is a ratio of slices that alternate in one process: a node's batches with and without it, at its usual budget. Nothing is judged;
console.md names what is to be reached, and a busy machine says so by its own figures. Times of the long table are processor time of this process.
"""

import argparse
import itertools
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASKED = 200
PAGE = 200
SLICES = 300
BATCHES = 100
MARK = 0x7A7B7C7D


class Console:
    """A console as a process, logged in."""

    def __init__(self, place: Path) -> None:
        dataset = shutil.copytree(ROOT / "examples" / "golden", place / "golden")
        words = [
            sys.executable,
            "-m",
            "ain_scp",
            "console",
            str(dataset),
            "--http",
            "127.0.0.1:0",
            "--workspace",
            str(place / "w"),
        ]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        ready, code = self.process.stdout.readline(), self.process.stdout.readline()
        self.url = ready.split()[1].rstrip("/")
        body = json.dumps({"code": re.search(r"code: (\w+)", code)[1]}).encode()
        head = {"Content-Type": "application/json", "Origin": self.url}
        request = urllib.request.Request(f"{self.url}/api/login", body, head, method="POST")  # noqa: S310 - our own console
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def open(self, path: str):
        """A request under way."""
        request = urllib.request.Request(self.url + path, headers={"Cookie": self.cookie})  # noqa: S310
        return urllib.request.urlopen(request, timeout=30)  # noqa: S310

    def timed(self, path: str) -> float:
        """Milliseconds until a page has come whole."""
        began = time.perf_counter()
        with self.open(path) as answer:
            answer.read()
        return (time.perf_counter() - began) * 1000


def ages(console: Console, seconds: float, found: list[float]) -> None:
    """Milliseconds between the making of each frame and its end at a reader."""
    end = time.time() + seconds
    with console.open("/api/live/events") as events:
        for line in events:
            if line.startswith(b"data: "):
                made = json.loads(line[6:])["at"]
                found.append((time.time() - _seconds(made)) * 1000)
            if time.time() > end:
                return


def _seconds(text: str) -> float:
    import datetime as dt

    return dt.datetime.fromisoformat(text).timestamp()


def tap_ratio(place: Path) -> float:
    """Processor time of batches with a tap over that without one, slices in turn; the median of the pairs."""
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.edges.tap import Tap
    from ain_scp.scp.fast.node import FastNode

    sys.path.insert(0, str(ROOT))
    from tests.kit.query import query_octets

    node, tap = (
        FastNode(open_program(ROOT / "examples" / "golden"), NodeConfig(), lambda: 0),
        Tap(place / "tap"),
    )
    head, tail = query_octets(MARK).split(MARK.to_bytes(4, "big"))
    number, ratios = 0, []

    def slice_of(use: bool) -> float:
        nonlocal number
        batches = []
        for _ in range(BATCHES):
            batches.append([head + (number + one).to_bytes(4, "big") + tail for one in range(16)])
            number += 16
        began = time.process_time()
        for batch in batches:
            at = time.perf_counter_ns()
            answers = node.answer_safely(batch, "udp://127.0.0.1:1", time.monotonic_ns(), print)
            if use:
                tap.take(at, batch, answers, "udp://127.0.0.1:1")
        return time.process_time() - began

    for turn in range(SLICES):
        first, second = slice_of(turn % 2 == 0), slice_of(turn % 2 == 1)
        ratios.append(first / second if turn % 2 == 0 else second / first)
    tap.close()
    return statistics.median(ratios[2:])


def long_table(place: Path, rows: int) -> None:
    """A table of so many rows as the data set browser reads it: opened, scrolled to random places, searched."""
    from ain_scp.console.resources.lines import Lines

    path = place / "rows.csv"
    with path.open("w") as file:
        file.write("number,lrn,spid\n")
        for first in range(0, rows, 100_000):
            file.writelines(
                f"{2_000_000_000 + at},4155550{at % 1000:03},0123\n"
                for at in range(first, min(first + 100_000, rows))
            )
    began = time.process_time()
    lines = Lines(path)
    print(f"{f'{rows:,} rows opened the first time':<44}{(time.process_time() - began) * 1000:>10.1f} ms")
    chance = random.Random(1)

    def timed(look: Callable[[int], object]) -> list[float]:
        found = []
        for _ in range(ASKED):
            at = chance.randrange(rows - PAGE)
            began = time.process_time()
            look(at)
            found.append((time.process_time() - began) * 1000)
        return found

    line(f"{PAGE} rows from any place", timed(lambda at: list(itertools.islice(lines.behind(at + 1), PAGE))))
    line(
        "the row of a number, from 10,000 rows before",
        timed(lambda at: next(lines.holding(str(2_000_000_000 + at), max(at - 10_000, 0)))),
    )
    began = time.process_time()
    assert list(lines.holding("7777777777x", 1)) == []
    print(f"{'all rows searched for what is in none':<44}{(time.process_time() - began) * 1000:>10.1f} ms")


def line(name: str, values: list[float], unit: str = "ms") -> None:
    """One row of percentiles."""
    values.sort()
    shown = [values[min(int(len(values) * share), len(values) - 1)] for share in (0.5, 0.99)]
    print(f"{name:<44}{shown[0]:>10.1f}{shown[1]:>10.1f}{values[-1]:>10.1f} {unit}  of {len(values)}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--viewers", type=int, default=20)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--only-rows", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        long_table(Path(folder), asked.rows)
    if asked.only_rows:
        return
    with tempfile.TemporaryDirectory() as folder:
        console = Console(Path(folder))
        try:
            found: list[list[float]] = [[] for _ in range(asked.viewers)]
            readers = [threading.Thread(target=ages, args=(console, asked.seconds, one)) for one in found]
            for reader in readers:
                reader.start()
            calls = [f"/api/explain?from=9258341234&dial=7+92120{one:02}" for one in range(ASKED)]
            print(f"{'':<44}{'p50':>10}{'p99':>10}{'most':>10}")
            line("explain over HTTP", [console.timed(path) for path in calls])
            line("first page after the login, its data", [console.timed("/api/live") for _ in range(50)])
            for reader in readers:
                reader.join()
            line(f"age of frames at {asked.viewers} readers", [age for one in found for age in one])
        finally:
            console.process.terminate()
            console.process.wait(30)
        static = [
            one
            for room in ("ain_scp.console", "ain_scp.reports")
            for one in files(room).joinpath("static").iterdir()
        ]
        print(f"{'files of all pages':<44}{sum(len(one.read_bytes()) for one in static) / 1000:>10.1f} kB")
        print(f"{'batches of 16 with the tap / without':<44}{tap_ratio(Path(folder)):>10.3f}")


if __name__ == "__main__":
    main()
