"""Call records rated by columns, totals per account, beside DuckDB on one thread doing the same job in SQL.

Run: pytest benchmarks/test_rate_batch.py --benchmark-enable --benchmark-only
RATE_RECORDS records (default 2,000,000) of RATE_LINES lines (50,000) on tariffs with and without bands, read from mapped columns in
every round; DuckDB joins the lines and reads the same columns as Arrow. Both give equal totals, to the micro.
Rate = records / time.

Source: charging.md 11.2, 11.3.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from ain_scp.billing.batch.columns import Rater
from ain_scp.billing.batch.sources import Mapped
from ain_scp.billing.batch.sums import GROSS, joined, sums_of
from ain_scp.billing.batch.tables import Tables
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.units import DAY_MS

RECORDS = int(os.environ.get("RATE_RECORDS", "2000000"))
LINES = int(os.environ.get("RATE_LINES", "50000"))
DATASET = Path(__file__).parent.parent / "examples" / "charging"
FIRST, STEP = 4_150_000_000, 7
PLANS = ("P_STD", "FIFTY", "LINES50", "CELLP", "LINEY")
"""A started minute at 0.10, 0.10, 0.10, by band of CELL, and at 0.08."""
JANUARY = 11323 * DAY_MS
SQL = """
select account, sum((duration_ms + 59999) // 60000 * case tariff
  when 3 then case
    when (start_ms // 86400000 + 3) % 7 >= 5 or start_ms // 86400000 = 11323 then 50000
    when start_ms % 86400000 >= 25200000 and start_ms % 86400000 < 68400000 then 500000 else 100000 end
  when 4 then 80000
  else 100000 end)::bigint
from record join line using (calling) group by account
"""


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    """Mapped columns on disk."""
    chance, place = np.random.default_rng(1), tmp_path_factory.mktemp("columns")
    np.save(place / "calling.npy", 10**10 + FIRST + chance.integers(0, LINES, RECORDS) * STEP)
    np.save(place / "called.npy", 10**10 + chance.integers(2_000_000_000, 9_999_999_999, RECORDS))
    np.save(place / "start_ms.npy", JANUARY + chance.integers(0, 31 * DAY_MS, RECORDS))
    np.save(place / "duration_ms.npy", chance.exponential(180_000, RECORDS).astype(np.int64))
    return place


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The charging data set with LINES further lines, ten to an account."""
    place = Path(shutil.copytree(DATASET, tmp_path_factory.mktemp("set") / "set"))
    with (place / "charging/accounts.csv").open("a") as file:
        for one in range(-(-LINES // 10)):
            file.write(f"B{one:06d},Big,SUBSCRIBER,AFTER,0.00,5000.00,,FULL,,{PLANS[one % 5]},1,,,,,\n")
    with (place / "charging/lines.csv").open("a") as file:
        for one in range(LINES):
            file.write(f"{FIRST + one * STEP},B{one // 10:06d},2001-01-01,,,LINE,SSP2004\n")
    snapshot = compile_dataset(load_or_raise(place)[0])
    return Tables(snapshot, snapshot.charging)


@pytest.fixture(scope="module")
def totals():
    """What each account came to, by either: compared at the end."""
    return {}


def test_by_columns(benchmark, columns, tables, totals):
    rater, ordered = Rater(tables), tables.ordered()

    def month():
        source, whole = Mapped(columns), None
        for part in source.parts():
            for records, _ in source.read(part):
                sums, _ = sums_of(rater, records, ordered)
                whole = sums if whole is None else joined(whole, sums)
        return whole

    whole = benchmark(month)
    assert (whole.records, whole.unknown, whole.unpriced) == (RECORDS, 0, 0)
    gross = sum(sums[GROSS] for sums in whole.by_percent.values())
    for payer, amount in zip(tables.lines.payers, gross.tolist(), strict=True):
        if amount:
            totals[payer[0]] = totals.get(payer[0], 0) + amount


def test_duckdb_one_thread(benchmark, columns, totals):
    duckdb = pytest.importorskip("duckdb", reason="the extra `warehouse` is not installed")
    arrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    place = np.arange(LINES, dtype=np.int64)
    line = arrow.table(
        {"calling": 10**10 + FIRST + place * STEP, "account": place // 10, "tariff": place // 10 % 5}
    )

    def month():
        with duckdb.connect(config={"threads": 1}) as connection:
            names = ("calling", "start_ms", "duration_ms")
            loaded = {name: np.load(columns / f"{name}.npy", mmap_mode="r") for name in names}
            connection.register("record", arrow.table(loaded))
            connection.register("line", line)
            return dict(connection.sql(SQL).fetchall())

    found = benchmark(month)
    assert {f"B{account:06d}": amount for account, amount in found.items() if amount} == totals
