"""Other engines give the very same reports: DuckDB and PostgreSQL through Ibis, against the embedded SQLite.

Source: A-250; libraries.md section 6c.
"""

import random
import sqlite3
from contextlib import closing, contextmanager

import pytest

from ain_scp.smdr.front_end import Change
from ain_scp.smdr.host import answer
from ain_scp.smdr.record import SmdrRecord
from ain_scp.smdr.request import COLUMNS, DIMENSIONS, ReportRequest
from ain_scp.smdr.store import SqliteHost
from ain_scp.terms.units import DAY_MS
from kit.postgresql import USER, running

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

STATUSES = [
    "COMPLETED",
    "COMPLETED",
    "NO_ANSWER",
    "BUSY",
    "BLOCKED:SCREENED",
    "BLOCKED:BLOCKED_800",
    "INCOMPLETE",
]
REQUESTS = {
    "all": ReportRequest(),
    "every field": ReportRequest(fields=tuple(column.name for column in COLUMNS)),
    "cut": ReportRequest(most=7),
    "customer": ReportRequest(customer="SILVER", fields=("identifier",)),
    "period": ReportRequest(since_ms=DAY_MS, until_ms=2 * DAY_MS),
    "prefixes": ReportRequest(calling_prefix="925", called_prefix="4", destination_prefix="41"),
    "blocked": ReportRequest(status="BLOCKED"),
    "one cause": ReportRequest(status="BLOCKED:SCREENED"),
    "nothing fits": ReportRequest(calling_prefix="000"),
    "nothing fits, grouped": ReportRequest(calling_prefix="000", group_by=("day",)),
    **{name: ReportRequest(group_by=(name,)) for name in (dimension.name for dimension in DIMENSIONS)},
    "two groupings": ReportRequest(group_by=("outcome", "hour"), customer="GOLDEN"),
}


@contextmanager
def duckdb(ibis):
    """A DuckDB database in memory."""
    pytest.importorskip("duckdb", reason="the extra `warehouse` is not installed")
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@contextmanager
def postgresql(ibis):
    """A PostgreSQL server of our own."""
    with running(fsync=False) as server:
        connection = ibis.postgres.connect(host=server.directory, user=USER, database="postgres")
        yield connection
        connection.disconnect()


@pytest.fixture(scope="module", params=[duckdb, postgresql], ids=["DuckDB", "PostgreSQL"])
def engines(request):
    """The embedded store and another engine, with the same calls."""
    ibis = pytest.importorskip("ibis", reason="the extra `warehouse` is not installed")
    from ain_scp.smdr.warehouse import load

    chance = random.Random(4160)
    kept = [made(chance, number) for number in range(3000)]
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as database,
        request.param(ibis) as connection,
    ):
        store = SqliteHost(database)
        store.import_changes("test", [Change(number, record) for number, record in enumerate(kept, 1)])
        yield store, load(connection, kept)


def made(chance, number):
    start = chance.randrange(5 * DAY_MS)
    status = chance.choice(STATUSES)
    connect = start + chance.randrange(9000) if status == "COMPLETED" else None
    end = start if connect is None else connect + chance.randrange(600_000)
    return SmdrRecord(
        identifier=f"{number:012X}",
        scp=chance.choice(["", "mate"]),
        customer_group=chance.choice(["GOLDEN", "SILVER"]),
        calling_party_id=chance.choice(["9258341234", "9257884101", "6505551001"]),
        called_party_id=chance.choice(["9257893412", "4159212000", "33140205050", "911"]),
        original_called_party_id=chance.choice([None, None, "4159215678"]),
        status=status,
        start_ms=start,
        connect_ms=connect,
        end_ms=end,
        duration_ms=0 if connect is None else end - connect,
        source_records=1 if status == "INCOMPLETE" else 2,
    )


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_both_engines_give_the_same_report(engines, request_):
    embedded, warehouse = engines
    expected = answer(embedded, request_, None)
    assert answer(warehouse, request_, None) == expected
    assert expected.totals["calls"] > 0 or "000" in (request_.calling_prefix or "")


def test_a_customer_sees_only_its_own_calls_there_too(engines):
    report = answer(engines[1], ReportRequest(group_by=("customer",)), "GOLDEN")
    assert [row[0] for row in report.rows] == ["GOLDEN"]
