"""Call records rated by columns, totals per account, beside DuckDB and Polars on one thread doing the same job.

Run: pytest benchmarks/test_rate_batch.py --benchmark-enable --benchmark-only
RATE_RECORDS records (default 2,000,000) of RATE_LINES lines (50,000) on tariffs with and without bands, read from mapped columns in
every round; DuckDB and Polars join the lines and read the same columns. All give equal totals, to the micro.
Rate = records / time.

Source: charging.md 11.2, 11.3.
"""

import os

import numpy as np
import pytest

from ain_scp.billing.batch.columns import Rater
from benchmarks import months

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when polars is imported, once a process
RECORDS = int(os.environ.get("RATE_RECORDS", "2000000"))
LINES = int(os.environ.get("RATE_LINES", "50000"))


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    """Mapped columns on disk."""
    return months.columns(tmp_path_factory.mktemp("columns"), RECORDS, LINES)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The charging data set with LINES further lines, ten to an account."""
    return months.tables_of(months.dataset(tmp_path_factory.mktemp("set") / "set", LINES))


@pytest.fixture(scope="module")
def totals():
    """What each account came to, by either: compared at the end."""
    return {}


def test_by_columns(benchmark, columns, tables, totals):
    rater, ordered = Rater(tables), tables.ordered()
    whole = benchmark(months.by_columns, rater, ordered, columns)
    assert (whole.records, whole.unknown, whole.unpriced) == (RECORDS, 0, 0)
    totals.update(months.totals_of(tables, whole))


def test_duckdb_one_thread(benchmark, columns, totals):
    duckdb = pytest.importorskip("duckdb", reason="the extra `warehouse` is not installed")
    arrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    assert benchmark(months.by_duckdb, duckdb, arrow, columns, LINES) == totals


def test_polars_one_thread(benchmark, columns, totals):
    polars = pytest.importorskip("polars", reason="polars is not installed (pip install polars)")
    if polars.thread_pool_size() != 1:
        pytest.skip("polars was imported with more than one thread")
    place = np.arange(LINES, dtype=np.int64)
    line = polars.DataFrame(
        {
            "calling": 10**10 + months.number_of(place),
            "account": place // months.LINES_OF_ACCOUNT,
            "tariff": place // months.LINES_OF_ACCOUNT % 5,
        }
    )
    day, moment = polars.col("start_ms") // 86_400_000, polars.col("start_ms") % 86_400_000
    cell = (
        polars.when(((day + 3) % 7 >= 5) | (day == 11323)).then(50_000)
        .when((moment >= 25_200_000) & (moment < 68_400_000)).then(500_000).otherwise(100_000)
    )  # fmt: skip
    price = (
        polars.when(polars.col("tariff") == 3).then(cell)
        .when(polars.col("tariff") == 4).then(80_000).otherwise(100_000)
    )  # fmt: skip
    minutes = (polars.col("duration_ms") + 59_999) // 60_000

    def month():
        names = ("calling", "start_ms", "duration_ms")
        record = polars.DataFrame(
            {name: np.load(columns / f"{name}.npy", mmap_mode="r") for name in names}
        ).lazy()
        joined_ = record.join(line.lazy(), on="calling")
        found = joined_.group_by("account").agg((minutes * price).cast(polars.Int64).sum().alias("amount"))
        return dict(found.collect().iter_rows())

    found = benchmark(month)
    assert {f"B{account:06d}": amount for account, amount in found.items() if amount} == totals
