"""A month of many subscribers: rated by columns, kept in summaries, printed as bills.

Run: python benchmarks/months.py columns [--records 4000000] [--lines 200000]
     python benchmarks/months.py batch [--records 50000000] [--lines 200000] [--jobs 2]
     python benchmarks/months.py summaries [--calls 10000000]
     python benchmarks/months.py bills [--accounts 10000] [--calls 10]
Each with --json FILE. What is asked for is printed beside what was found; a run of fewer is no verdict, and says so.

columns    mapped columns read, rated and added up, and DuckDB on one thread, turn by turn in processor time; equal totals
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

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from ain_scp.billing.batch.columns import Rater
from ain_scp.billing.batch.sources import Mapped
from ain_scp.billing.batch.sums import GROSS, joined, sums_of
from ain_scp.billing.batch.tables import Tables
from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.summaries.accumulate import gather
from ain_scp.billing.summaries.parameters import Counted
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.units import DAY_MS
from benchmarks.target import Target

DATASET = Path(__file__).parent.parent / "examples" / "charging"
FIRST, STEP = 4_150_000_000, 7
PLANS = ("P_STD", "FIFTY", "LINES50", "CELLP", "LINEY")
"""A started minute at 0.10, 0.10, 0.10, by band of CELL, and at 0.08."""
LINES_OF_ACCOUNT = 10
JANUARY = 11323 * DAY_MS
FEW = 1000
TURNS, UPDATES = 21, 2000
SHORTEST = 4_000_000
"""Records of the fewest that say how fast columns are."""
RECORDS, LINES, CALLS, ACCOUNTS = 50_000_000, 200_000, 10_000_000, 10_000
SQL = """
select account, sum((duration_ms + 59999) // 60000 * case tariff
  when 3 then case
    when (start_ms // 86400000 + 3) % 7 >= 5 or start_ms // 86400000 = 11323 then 50000
    when start_ms % 86400000 >= 25200000 and start_ms % 86400000 < 68400000 then 500000 else 100000 end
  when 4 then 80000
  else 100000 end)::bigint
from record join line using (calling) group by account
"""
"""The same job for DuckDB."""


def say(text):
    """How far it is."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


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


def tables_of(place):
    """The tables of a data set, compiled for columns."""
    snapshot = compile_dataset(load_or_raise(place)[0])
    return Tables(snapshot, snapshot.charging)


def by_columns(rater, ordered, place):
    """Read, rate and add up a month; its sums."""
    source, whole = Mapped(place), None
    for part in source.parts():
        for records, _ in source.read(part):
            sums, _ = sums_of(rater, records, ordered)
            whole = sums if whole is None else joined(whole, sums)
    return whole


def totals_of(tables, whole):
    """What each account came to, of sums."""
    totals = {}
    for payer, amount in zip(
        tables.lines.payers, sum(one[GROSS] for one in whole.by_percent.values()).tolist(), strict=True
    ):
        if amount:
            totals[payer[0]] = totals.get(payer[0], 0) + amount
    return totals


def by_duckdb(duckdb, arrow, place, lines):
    """The same on one thread of DuckDB; what each account came to."""
    at = np.arange(lines, dtype=np.int64)
    line = arrow.table(
        {
            "calling": 10**10 + number_of(at),
            "account": at // LINES_OF_ACCOUNT,
            "tariff": at // LINES_OF_ACCOUNT % 5,
        }
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        names = ("calling", "start_ms", "duration_ms")
        loaded = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in names}
        connection.register("record", arrow.table(loaded))
        connection.register("line", line)
        found = connection.sql(SQL).fetchall()
    return {f"B{account:06d}": amount for account, amount in found if amount}


def columns_and_duckdb(asked, work):
    """Records a second of one core, and how many times as fast as DuckDB on one thread: medians of turns."""
    records = asked.records or SHORTEST
    say(f"{records:,} records of {asked.lines:,} lines are made")
    tables = tables_of(dataset(work / "set", asked.lines))
    month = columns(work / "columns", records, asked.lines)
    rater, ordered = Rater(tables), tables.ordered()
    try:
        import duckdb
        import pyarrow as pa
    except ImportError:
        duckdb = pa = None
    ours, theirs = [], []
    for turn in range(asked.turns):
        began = time.process_time()
        whole = by_columns(rater, ordered, month)
        ours.append(time.process_time() - began)
        if duckdb is not None:
            began = time.process_time()
            found = by_duckdb(duckdb, pa, month, asked.lines)
            theirs.append(time.process_time() - began)
            if found != totals_of(tables, whole):
                raise SystemExit("months.py: the totals are not those of DuckDB")
        say(f"turn {turn + 1} of {asked.turns}: {records / ours[-1]:,.0f} records/s")
    rate = records / statistics.median(ours)
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True)) if theirs else None
    small = records < SHORTEST
    return {"records": records, "records_per_s": rate, "times_duckdb": ratio}, [
        (small, Target("records/s of a core by columns, with reading", 8e6, 8e6, rate)),
        (
            small,
            Target(
                "times DuckDB on one thread", 1.5, 2.1, ratio, "not measured: DuckDB or pyarrow is missing"
            ),
        ),
    ]


def ain(*words):
    """One command, finished well; its output."""
    command = [sys.executable, "-m", "ain_scp.ain", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def batch(asked, work):
    """Seconds, processor time and memory of a rated month."""
    asked.records = asked.records or RECORDS
    say(f"{asked.records:,} records of {asked.lines:,} lines are made")
    tables, month = (
        dataset(work / "set", asked.lines),
        columns(work / "columns", asked.records, asked.lines),
    )
    say("ain batch --rate begins")
    if not asked.summaries:
        (tables / "charging/summaries.toml").unlink()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    words = ("batch", tables, "--rate", month, "--out", work / "owed", "--jobs", asked.jobs, "--json")
    said = json.loads(ain(*words))
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = after.ru_maxrss / 1024
    small = asked.records < RECORDS or asked.lines < LINES
    return {
        "records": said["records"],
        "rated": said["rated"],
        "total": said["total"],
        "seconds": seconds,
        "processor_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "largest_process_mb": largest,
    }, [
        (small, Target(f"seconds, {asked.jobs} processes", 60, 30, seconds, most=True)),
        (small, Target("MB of the larger process", 1000, 800, largest, most=True)),
    ]


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
    asked.calls = asked.calls or CALLS
    update(few, FEW)
    for done in range(0, asked.calls, CALLS // 10):
        say(f"{done:,} of {asked.calls:,} calls counted")
        update(many, min(CALLS // 10, asked.calls - done))
    ratios = []
    for _ in range(TURNS):
        fresh = {kind: dict(facts) for kind, facts in few.items()}
        ratios.append(update(many, UPDATES) / update(fresh, UPDATES))
    ratio = statistics.median(ratios)
    return {
        "calls": asked.calls,
        "ratio": ratio,
        "entries": {"few": sum(map(len, few.values())), "many": sum(map(len, many.values()))},
    }, [
        (
            asked.calls < CALLS,
            Target("an update after many calls, to one after 1,000", 1.1, 1.0, ratio, most=True),
        )
    ]


def bills(asked, work):
    """Seconds for all bills of a month as PDF."""
    asked.calls = asked.calls or 10
    say(f"{asked.calls} calls of each of {asked.accounts:,} accounts are played")
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
    say("ain bill --all --form pdf begins")
    began = time.perf_counter()
    words = ("bill", "--all", "--dir", work / "books", "--period", "2001-01", "--form", "pdf")
    ain(*words, "--out", work / "bills")
    seconds, many = time.perf_counter() - began, sum(1 for _ in (work / "bills").glob("*.pdf"))
    return {"bills": many, "seconds": seconds}, [
        (many < ACCOUNTS, Target(f"seconds for {many:,} PDF bills", 600, 300, seconds, most=True))
    ]


KINDS = {"columns": columns_and_duckdb, "batch": batch, "summaries": summaries, "bills": bills}


def main():
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=list(KINDS))
    parser.add_argument("--records", type=int, help="columns: 4,000,000; batch: 50,000,000")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--turns", type=int, default=5, help="columns: turns")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--summaries", action="store_true", help="batch: the data set's summaries, too")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--calls", type=int, help="summaries: 10,000,000; bills: 10 an account")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ain-months-") as work:
        found, targets = KINDS[asked.what](asked, Path(work))
    print(json.dumps(found, indent=1))
    for small, target in targets:
        fewer = small and target.found is not None
        print(f"{target.line()}: {'of fewer than asked for, no verdict' if fewer else target.verdict()}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
