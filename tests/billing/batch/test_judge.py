"""DuckDB rates the same records by the same tariffs written as SQL: equal to the micro, record by record and in total.

Source: charging.md section 12; I12.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from ain_scp.billing.batch.columns import PIECE, Rater, Records
from ain_scp.billing.batch.sums import Owing, joined, sums_of
from ain_scp.billing.batch.tables import Tables, coded
from ain_scp.terms.units import DAY_MS

SPEC = importlib.util.spec_from_file_location("judge", Path(__file__).with_name("judge.py"))
judge = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(judge)

MANY = 1_000_000
EDITS = {
    "append": {
        "charging/plans.toml": ["[plans.FINE]", 'tariff = "EXACT4"'],
        "charging/lines.csv": [
            "9254440003,GD,2001-01-01,FINE,,LINE,SSP2004",
            "9254440004,GA,2001-01-01,COMPLEXP,,LINE,SSP2004",
        ],
    }
}


def random_records(many, seed):
    chance = np.random.default_rng(seed)
    numbers = np.asarray([coded(number) for number in judge.LINES], np.int64)
    start = 11323 * DAY_MS + chance.integers(0, 31 * DAY_MS, many)
    length = np.where(
        chance.random(many) < 0.1, chance.integers(0, 4, many) * 60_000, chance.integers(0, 3_600_000, many)
    )
    called = np.full(many, coded("2125550000"), np.int64)
    return Records(chance.choice(numbers, many), called, start, length)


@pytest.mark.slow
def test_a_million_records_cost_what_sql_says(snapshot_of):
    duckdb = pytest.importorskip("duckdb", reason="the extra `warehouse` is not installed")
    arrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    snapshot = snapshot_of(**EDITS)
    records = random_records(MANY, 7)
    table = arrow.table({**records._asdict(), "place": np.arange(MANY)})
    with duckdb.connect() as connection:
        connection.register("record", table)
        charges, owed = judge.charges(connection), judge.owed(connection)
    tables = Tables(snapshot, snapshot.charging)
    rater, ordered = Rater(tables), tables.ordered()
    whole = None
    for start in range(0, MANY, PIECE):
        sums, rated = sums_of(rater, Records(*(column[start : start + PIECE] for column in records)), ordered)
        assert np.array_equal(rated.gross, charges[start : start + PIECE])
        whole = sums if whole is None else joined(whole, sums)
    month = Owing(tables, whole).month()
    assert month.records == MANY
    by_account = {one.account: 0 for one in month.owed}
    for one in month.owed:
        by_account[one.account] += one.gross
    for calling, (charge, _) in owed.items():
        line = snapshot.charging.line_at(str(calling)[1:], 11400)
        assert by_account[line.account] == charge
