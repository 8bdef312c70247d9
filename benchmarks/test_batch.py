"""Batch decisions per second on the golden data set scaled to a plan of a million numbers, and one by one beside it.

Run: pytest benchmarks/test_batch.py --benchmark-enable --benchmark-only
Each row is one pass over CALLS attempts of mixed kinds; rate = CALLS / time. PLAN numbers are listed, triggering and
screened; the calls are random in them, so every look-up misses the caches that a million numbers do not fit.

Source: performance.md section 5, D-006.
"""

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.rows import PrefixRow, Where
from ain_scp.scp.batch.attempts import CHUNK, Attempts, attempts_of
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.sources import CsvSource
from ain_scp.scp.batch.totals import Totals
from ain_scp.scp.batch.work import Piece, count_piece
from ain_scp.scp.service_logic.program import Program

PLAN = int(os.environ.get("BATCH_PLAN", "1000000"))
CALLS = int(os.environ.get("BATCH_CALLS", str(32 * CHUNK)))
GOLDEN = Path(__file__).parent.parent / "examples" / "golden"
NPAS = np.array([925, 415, 510, 408, 650, 213, 916, 212])
TEN, SEVEN = 10**10, 10**7
START = 979_700_000


def scaled():
    """The golden data set with PLAN further numbers of customer GOLDEN, all listed, triggering and screened.

    Numbers are assigned as numbering plans do: whole blocks of ten thousand, spread over eight area codes.
    """
    dataset, _ = load_or_raise(GOLDEN)
    chance = np.random.default_rng(1)
    areas = chance.choice(np.arange(200, 970), (PLAN + 9999) // 10_000, replace=False)
    blocks = TEN + chance.choice(NPAS, len(areas)) * SEVEN + areas * 10_000
    numbers = (blocks[:, None] + np.arange(10_000)).ravel()
    golden = dataset.customers[0]
    numbers = chance.permutation(numbers[~np.isin(numbers, dataset.triggers.numbers)])[:PLAN]
    count = len(numbers)

    def more(columns, **added):
        parts = {}
        for name, extra in added.items():
            old = getattr(columns, name)
            parts[name] = np.concatenate([old, np.broadcast_to(np.asarray(extra, old.dtype), count)])
        return msgspec.structs.replace(columns, **parts)

    keys = SEVEN + numbers % SEVEN
    fresh = ~np.isin(keys, golden.mdp.dialed)
    keys, numbers = keys[fresh], numbers[fresh]
    count = len(numbers)
    index = tuple(
        PrefixRow(str(npa), "PLAN", Where("ocs_index.csv", 0)) for npa in NPAS.tolist()
        if all(row.prefix != str(npa) for row in golden.ocs_index)
    )  # fmt: skip
    columns = msgspec.structs.replace(golden.stations, tables=(*golden.stations.tables, "PLAN"))
    tables = len(golden.stations.tables)
    golden = msgspec.structs.replace(
        golden,
        ocs_index=(*(row for row in golden.ocs_index if row.prefix != "213"), *index),
        stations=more(
            columns, table=tables, number=numbers, kind=chance.integers(0, 2, count),
            privilege_class=chance.integers(3, 9, count), lines=0,
        ),
        mdp=more(golden.mdp, dialed=keys, number=numbers, non=3, lines=0),
        sdp=more(golden.sdp, number=numbers, lines=0),
    )  # fmt: skip
    triggers = more(dataset.triggers, numbers=numbers, type=0, customer=0, ssp=0, lines=0)
    made = msgspec.structs.replace(dataset, triggers=triggers, customers=(golden, *dataset.customers[1:]))
    return Program(compile_dataset(made), standard_plans()), numbers, keys


def attempts(numbers, keys, count):
    """Half 7-digit keys, a quarter 10-digit numbers of the plan, the rest public, foreign, toll free and service numbers."""
    chance = np.random.default_rng(2)
    kind = chance.random(count)
    public = TEN + chance.choice(NPAS, count) * SEVEN + chance.integers(2_000_000, 9_990_000, count)
    toll_free = TEN + 8_000_000_000 + chance.integers(2_000_000, 9_990_000, count)
    foreign = 10**15 + 11 * 10**12 + chance.integers(10**11, 10**12 - 1, count)
    dialed = np.select(
        [kind < 0.5, kind < 0.75, kind < 0.9, kind < 0.94, kind < 0.97, kind < 0.99],
        [chance.choice(keys, count), chance.choice(numbers, count), public, toll_free, foreign, 1911],
        1411,
    )
    return Attempts(
        chance.choice(numbers, count),
        dialed,
        np.where(kind < 0.5, 0, chance.integers(0, 2, count)).astype(np.int32),
        (chance.random(count) < 0.1).astype(np.uint8) * 5,
        START + chance.integers(0, 86_400 * 30, count),
        chance.integers(0, 10_000, count).astype(np.int32),
        (("7", None), ("9", None)),
        {},
    )


@pytest.fixture(scope="module")
def plan():
    return scaled()


@pytest.fixture(scope="module")
def chunks(plan):
    _, numbers, keys = plan
    whole = attempts(numbers, keys, CALLS)
    return [whole.rows(np.arange(start, min(start + CHUNK, CALLS))) for start in range(0, CALLS, CHUNK)]


@pytest.fixture(scope="module")
def engine(plan):
    return Engine(plan[0])


def passes(benchmark, name, work, calls=CALLS, rounds=7):
    benchmark.group = name
    benchmark.extra_info["calls"] = calls
    return benchmark.pedantic(work, rounds=rounds, iterations=1, warmup_rounds=1)


def test_decide_columns(benchmark, engine, chunks):
    def work():
        return sum(len(engine.decide(chunk).outcome) for chunk in chunks)

    assert passes(benchmark, "decide", work) == CALLS


def test_decide_columns_and_count(benchmark, engine, chunks):
    def work():
        totals = Totals()
        for chunk in chunks:
            totals.count(engine, engine.decide(chunk))
        return totals.calls

    assert passes(benchmark, "decide", work) == CALLS


def test_decide_one_by_one(benchmark, engine, chunks):
    queries = [chunks[0].query(row) for row in range(20_000)]

    def work():
        return sum(engine.program.decide(query) is not None for query in queries)

    assert passes(benchmark, "decide", work, len(queries), 5) == len(queries)


@pytest.fixture(scope="module")
def calls_csv(chunks, tmp_path_factory):
    import datetime as dt

    path = tmp_path_factory.mktemp("calls") / "calls.csv"
    begin = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar
    with path.open("w") as file:
        file.write("calling_party,access_code,dialed,bearer,time\n")
        for chunk in chunks[:8]:
            for row in range(len(chunk.calling)):
                at = (begin + dt.timedelta(seconds=int(chunk.time[row]))).isoformat()
                bearer = "SPEECH" if chunk.bearer[row] == 0 else "UDI_64"
                code = chunk.origins[chunk.origin[row]][0]
                file.write(
                    f"{str(chunk.calling[row])[1:]},{code},{str(chunk.dialed[row])[1:]},{bearer},{at}\n"
                )
    return path


def test_read_csv(benchmark, calls_csv, chunks):
    calls = sum(len(chunk.calling) for chunk in chunks[:8])

    def work():
        return sum(len(read.places) for read in CsvSource(calls_csv).chunks(0, None, 0))

    assert passes(benchmark, "read", work, calls) == calls


def test_csv_to_totals(benchmark, engine, calls_csv, chunks):
    calls = sum(len(chunk.calling) for chunk in chunks[:8])
    source = CsvSource(calls_csv)

    def work():
        return count_piece(engine, None, source, Piece(0, None), 0, 0).calls

    assert passes(benchmark, "read", work, calls) == calls


def test_the_columns_decide_as_one_by_one(engine, chunks):
    """A benchmark of wrong answers would be none."""
    chunk = chunks[0]
    verdicts = engine.decide(chunk)
    for row in range(0, len(chunk.calling), 16):
        first, second = engine.decision(chunk, verdicts, row), engine.program.decide(chunk.query(row))
        names = [
            name for name in dir(first) if name[0] != "_" and name not in {"refuse", "refused"}
        ]  # compiled: no __slots__
        assert [getattr(first, name) for name in names] == [getattr(second, name) for name in names]
    assert attempts_of([chunk.query(0)]).calling[0] == chunk.calling[0]
