"""Rating call by call: amounts, charges with lines, quotes; beside the same tariffs as one SQL statement a call.

Run: pytest benchmarks/test_rating.py --benchmark-enable --benchmark-only

SQLite prices what plain SQL can say: rows by tariff and destination, started increments, one rounding, no bands, classes,
dates or features. Its amounts are compared with ours.
"""

import sqlite3
from pathlib import Path

import pytest

from ain_scp.billing.rating.quote import quote
from ain_scp.billing.rating.rate import amount, rate
from ain_scp.billing.rating.usage import Usage
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise

CHARGING = Path(__file__).parent.parent / "examples" / "charging"
START_MS = 979_725_600_000  # 2001-01-17T10:00:00
ALL = (("STD", "NY"), ("CELL", "BAY"), ("COMPLEX", "LA"), ("GEO", "LA"), ("TODRATE", "NY"), ("CONNECT", "NY"))
PLAIN = (("STD", "NY"), ("COMPLEX", "LA"), ("FLATLOCAL", "LOCAL"), ("FLATLOCAL", "NY"))
ONE_STATEMENT = """
SELECT coalesce(max(minimum, min(coalesce(maximum, 1 << 60), price)), price) FROM (
  SELECT minimum, maximum, connect
    + CASE WHEN first_units > 0 THEN first_price ELSE 0 END
    + CASE WHEN next_units > 0 AND ?3 > first_units
        THEN (?3 - first_units + next_units - 1) / next_units * next_price ELSE 0 END AS price
  FROM tariffs WHERE tariff = ?1 AND destination IN ('*', ?2) AND ?3 > 0 ORDER BY line LIMIT 1)"""


@pytest.fixture(scope="module")
def charging():
    return compile_dataset(load_or_raise(CHARGING)[0]).charging


def calls_of(tariffs, count=200):
    """Calls of up to ten minutes, a second apart."""
    return [
        Usage(tariff, START_MS + place * 1000, (("ms", 1 + place * 7919 % 600_000),), "LOCAL", destination)
        for place in range(count)
        for tariff, destination in tariffs
    ]


def timed(benchmark, charging, ask, calls, *words):
    benchmark.extra_info["calls"] = len(calls)
    found = benchmark(lambda: [ask(charging, call, *words) for call in calls])
    assert not any(isinstance(one, str) for one in found)
    return found


def test_amount(benchmark, charging):
    assert sum(timed(benchmark, charging, amount, calls_of(ALL))) > 0


def test_charge_with_lines(benchmark, charging):
    calls = calls_of(ALL)
    found = timed(benchmark, charging, rate, calls)
    assert [one.amount for one in found] == [amount(charging, call) for call in calls]


def test_quote(benchmark, charging):
    timed(benchmark, charging, quote, calls_of(ALL, 30), 5_000_000)


@pytest.mark.benchmark(group="plain tariffs")
def test_amount_plain(benchmark, charging):
    timed(benchmark, charging, amount, calls_of(PLAIN))


@pytest.mark.benchmark(group="plain tariffs")
def test_sqlite_plain(benchmark, charging):
    calls = calls_of(PLAIN)
    database = sqlite3.connect(":memory:")
    columns = (
        "line",
        "tariff",
        "destination",
        "connect",
        "first_units",
        "first_price",
        "next_units",
        "next_price",
    )
    database.execute(f"CREATE TABLE tariffs ({', '.join(columns)}, minimum, maximum)")
    database.execute("CREATE INDEX by_tariff ON tariffs (tariff, line)")
    rows = [
        (row.where.line, *(getattr(row, name) for name in columns[1:]), row.minimum, row.maximum)
        for row in charging.rows.tariffs
        if row.meter == "ms" and not row.feature
    ]
    database.executemany("INSERT INTO tariffs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    asked = [(call.tariff, call.destination, call.meters[0][1]) for call in calls]
    benchmark.extra_info["calls"] = len(calls)
    found = benchmark(lambda: [database.execute(ONE_STATEMENT, one).fetchone()[0] for one in asked])
    assert found == [amount(charging, call) for call in calls]
