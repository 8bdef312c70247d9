"""Growth in its short form: the figures of growth.py are those of plans that work, and a query hardly grows dearer.

Run: pytest benchmarks/test_growth.py                         short: two small plans, a wide margin
     pytest benchmarks/test_growth.py --benchmark-enable -s   and a million rows of CSV from disk to a compiled snapshot
     python benchmarks/growth.py                              the whole measurement, to ten million rows

Source: D-003, D-004, performance.md.
"""

import json
import time

import numpy as np
import pytest

from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load, load_or_raise
from benchmarks.growth import ROOT, SLICE, TEN, Plan, first_answer, measure, plan_of
from kit.json_data_set import dataset_from_json

LIMIT = 3.0
"""How much dearer a query may be on the larger plan, on a machine that also does other things. The goal, 2, is judged by
growth.py on plans to ten million rows."""


@pytest.fixture(scope="module")
def base():
    """The acceptance data set as checked rows."""
    return load_or_raise(ROOT / "examples" / "golden")[0]


@pytest.mark.parametrize("spread", ["dense", "scattered"])
def test_a_query_hardly_grows_dearer_with_the_plan(spread, base):
    """A hundred and sixty thousand rows beside three thousand, in turns; all queries are answered, nearly all the short way."""
    _, (smallest, larger) = measure(base, [3_000, 160_000], spread, 2)
    assert smallest["query_ratio"] == 1.0
    assert larger["query_ratio"] < LIMIT
    assert larger["decision_ratio"] < LIMIT
    assert larger["short_share"] > 0.9


def test_the_tables_of_a_plan_hold_its_rows(base):
    """What is measured is the plan: a third of the rows each, and octets for them."""
    plan = Plan(base, 3_000, "dense", 1)
    plan.check(1)
    assert {one.entries for one in plan.tables().values()} >= {1_000}
    assert plan.octets_per_entry() > 0
    plan.ask(0)
    assert plan.transaction == 2 * SLICE + 1


def test_a_new_process_answers_from_the_mapped_snapshot(base, tmp_path):
    """The octets come from a process that maps the file; `first_answer` refuses anything but an answer."""
    assert first_answer(Plan(base, 3_000, "dense", 1), tmp_path, verify=True, tries=1) > 0


def write_columns(path, header, *columns):
    """A CSV of number columns, written in pieces."""
    with path.open("w", encoding="ascii") as file:
        file.write(header + "\n")
        for start in range(0, len(columns[0]), 100_000):
            rows = zip(*(column[start : start + 100_000].tolist() for column in columns), strict=True)
            file.write("".join(",".join(map(str, row)) + "\n" for row in rows))


@pytest.mark.slow
def test_a_million_rows_of_csv(tmp_path, capsys, request):
    """MDP, SDP and stations of a third each, besides their triggers, from disk to a compiled snapshot."""
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("measures; run with --benchmark-enable")
    third = 1_000_000 // 3
    numbers = plan_of(3 * third, "dense").ravel()
    provisioning = json.loads((ROOT / "tests" / "acceptance" / "provisioning.json").read_text())
    provisioning["customers"] = {"GOLDEN": provisioning["customers"]["GOLDEN"]}
    hosts = {number: row for number, row in provisioning["triggers"].items() if row["type"] == "TAT"}
    provisioning["triggers"] = hosts
    provisioning["customers"]["GOLDEN"] |= {
        "ocs_index": {str(digit): "T" for digit in range(2, 10)},
        "trunk_groups": {},
    }
    folder = dataset_from_json(provisioning, tmp_path / "set")
    tables, stations = folder / "customers" / "GOLDEN", numbers[:third]
    same = np.full(third, "T"), np.full(third, "CENTREX"), np.full(third, 5)
    write_columns(
        tables / "mdp.csv", "dialed,number,non", numbers[-third:], numbers[-third:], np.full(third, 3)
    )
    write_columns(tables / "sdp.csv", "number", numbers[third : 2 * third])
    write_columns(tables / "stations.csv", "table,number,type,privilege_class", same[0], stations, *same[1:])
    triggers = folder / "network" / "triggers.csv"
    tat = triggers.read_text().splitlines()[1:]
    fixed = (np.full(third, word) for word in ("CDP_AC", "GOLDEN", "SSP2004"))
    write_columns(triggers, "number,type,customer,ssp", stations, *fixed)
    with triggers.open("a") as file:
        file.write("\n".join(tat) + "\n")
    start = time.perf_counter()
    loaded = load(folder)
    read = time.perf_counter() - start
    errors = [str(problem) for problem in loaded.problems if problem.severity == "error"]
    assert loaded.dataset is not None, errors[:5]
    customer, wanted = loaded.dataset.customers[0], TEN + numbers
    assert np.array_equal(customer.stations.number, wanted[:third])
    assert np.array_equal(customer.sdp.number, wanted[third : 2 * third])
    assert np.array_equal(customer.mdp.dialed, wanted[2 * third :])
    assert len(loaded.dataset.triggers.numbers) == third + len(hosts)
    start = time.perf_counter()
    compile_dataset(loaded.dataset)
    compiled = time.perf_counter() - start
    rows = 4 * third
    with capsys.disabled():
        print(
            f"\n{rows:,} rows of CSV: load {read:.1f} s ({rows / read:,.0f} rows/s), compile {compiled:.2f} s"
        )
