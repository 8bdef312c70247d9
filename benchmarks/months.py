"""A month of many subscribers: rated by columns, kept in summaries, printed as bills.

Run: python benchmarks/months.py batch [--records 50000000] [--lines 200000] [--jobs 2]
     python benchmarks/months.py summaries [--calls 10000000]
     python benchmarks/months.py bills [--accounts 10000] [--calls 10]
Each with --json FILE.

batch      `ain batch --rate` with its own start and the loading of the data set: seconds, processor time, the larger process
summaries  one update of an account's summaries after many calls and after 1,000, in processor time, turn by turn: the ratio
bills      `ain bill --all --form pdf`: seconds for all, with closing and keeping them

Source: charging.md 11.3, 12.
"""

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.summaries.accumulate import gather
from ain_scp.billing.summaries.parameters import Counted
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.units import DAY_MS

DATASET = Path(__file__).parent.parent / "examples" / "charging"
FIRST, STEP = 4_150_000_000, 7
PLANS = ("P_STD", "FIFTY", "LINES50", "CELLP", "LINEY")
"""A started minute at 0.10, 0.10, 0.10, by band of CELL, and at 0.08."""
LINES_OF_ACCOUNT = 10
JANUARY = 11323 * DAY_MS
FEW = 1000
TURNS, UPDATES = 21, 2000


def number_of(line):
    """The number of a line of the large data set."""
    return FIRST + line * STEP


def dataset(place, lines, of_account=LINES_OF_ACCOUNT):
    """The charging data set with further lines, so many to an account."""
    place = Path(shutil.copytree(DATASET, place))
    with (place / "charging/accounts.csv").open("a") as file:
        for one in range(-(-lines // of_account)):
            file.write(f"B{one:06d},Big,SUBSCRIBER,AFTER,0.00,5000.00,,FULL,,{PLANS[one % 5]},1,,,,,\n")
    with (place / "charging/lines.csv").open("a") as file:
        for one in range(lines):
            file.write(f"{number_of(one)},B{one // of_account:06d},2001-01-01,,,LINE,SSP2004\n")
    return place


def columns(place, records, lines):
    """A month of records as mapped columns on disk."""
    place.mkdir(exist_ok=True)
    chance = np.random.default_rng(1)
    np.save(place / "calling.npy", 10**10 + number_of(chance.integers(0, lines, records)))
    np.save(place / "called.npy", 10**10 + chance.integers(2_000_000_000, 9_999_999_999, records))
    np.save(place / "start_ms.npy", JANUARY + chance.integers(0, 31 * DAY_MS, records))
    np.save(place / "duration_ms.npy", chance.exponential(180_000, records).astype(np.int64))
    return place


def ain(*words):
    """One command, finished well; its output."""
    command = [sys.executable, "-m", "ain_scp.ain", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def batch(asked, work):
    """Seconds, processor time and memory of a rated month."""
    tables, month = (
        dataset(work / "set", asked.lines),
        columns(work / "columns", asked.records, asked.lines),
    )
    if not asked.summaries:
        (tables / "charging/summaries.toml").unlink()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    words = ("batch", tables, "--rate", month, "--out", work / "owed", "--jobs", asked.jobs, "--json")
    said = json.loads(ain(*words))
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "records": said["records"],
        "rated": said["rated"],
        "total": said["total"],
        "seconds": seconds,
        "processor_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "largest_process_mb": after.ru_maxrss / 1024,
    }


def summaries(asked, _work):
    """What an update costs after many calls, to what it costs after few."""
    snapshot = compile_dataset(load_or_raise(DATASET)[0])
    chance = random.Random(1)
    called = ["2125550000", "4159212000", "2135622345", "6505551212", "+442079460000"]
    calls = [
        Counted(
            account="SUBSCRIBER", plan="P_STD", group="", calling="9255550200", called=chance.choice(called),
            origin="LOCAL", destination="OTHER", tariff="STD", cos="FULL", features=(),
            start_ms=JANUARY + chance.randrange(31 * DAY_MS), duration_ms=60_000, kind="DIRECT",
            gross=100_000, charge=100_000, percent=0, round_to=10_000, rows="",
        )
        for _ in range(UPDATES)
    ]  # fmt: skip

    def update(facts, many):
        began = time.process_time()
        for place in range(many):
            fact: Fact
            for fact in gather(snapshot, snapshot.charging, facts, calls[place % UPDATES]).facts:
                facts.setdefault(fact.kind, {})[fact.name] = fact.value
        return time.process_time() - began

    few, many = {}, {}
    update(few, FEW)
    update(many, asked.calls)
    ratios = []
    for _ in range(TURNS):
        fresh = {kind: dict(facts) for kind, facts in few.items()}
        ratios.append(update(many, UPDATES) / update(fresh, UPDATES))
    return {
        "calls": asked.calls,
        "ratio": statistics.median(ratios),
        "entries": {"few": sum(map(len, few.values())), "many": sum(map(len, many.values()))},
    }


def bills(asked, work):
    """Seconds for all bills of a month as PDF."""
    tables = dataset(work / "set", asked.accounts, 1)
    with (work / "events.jsonl").open("w") as file:
        for call in range(asked.calls):
            for line in range(asked.accounts):
                at = f"2001-01-{2 + call % 28:02d}T{10 + call // 28:02d}:00:00"
                event = {"at": at, "event": "record", "from": str(number_of(line)), "called": "2125550000"}
                file.write(json.dumps({**event, "duration_ms": 60_000 + call * 30_000}) + "\n")
    with (work / "results.jsonl").open("w") as results:
        results.write(
            ain("account", "apply", tables, "--events", work / "events.jsonl", "--dir", work / "books")
        )
    began = time.perf_counter()
    words = ("bill", "--all", "--dir", work / "books", "--period", "2001-01", "--form", "pdf")
    ain(*words, "--out", work / "bills")
    return {
        "bills": sum(1 for _ in (work / "bills").glob("*.pdf")),
        "seconds": time.perf_counter() - began,
    }


def main():
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["batch", "summaries", "bills"])
    parser.add_argument("--records", type=int, default=50_000_000)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--summaries", action="store_true", help="batch: the data set's summaries, too")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--calls", type=int, help="summaries: 10,000,000; bills: 10 an account")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.calls = asked.calls or (10_000_000 if asked.what == "summaries" else 10)
    with tempfile.TemporaryDirectory(prefix="ain-months-") as work:
        found = {"batch": batch, "summaries": summaries, "bills": bills}[asked.what](asked, Path(work))
    print(json.dumps(found, indent=1))
    if asked.json is not None:
        asked.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
