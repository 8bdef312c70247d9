"""Worked cases of calls and accounts: event lines in virtual time, on a ledger whose journal is read back afterwards.

Plans, summaries, messages, bills and services of the event engine included.

Source: acceptance/charging/cases.json.
"""

import json
from pathlib import Path

import pytest

from ain_scp.billing.charging import lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.figures import walk
from ain_scp.billing.charging.routines import select
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.recover import recover
from ain_scp.billing.summaries.handset import schedule
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load
from ain_scp.terms.money import parse_money
from kit.model_storage import ModelStorage

CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))["cases"]


def mine(kind):
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == kind]


@pytest.fixture(scope="module")
def snapshot_of(charging_dataset):
    made = {}

    def make(case):
        directory = charging_dataset(case)
        if directory not in made:
            loaded = load(directory)
            assert loaded.dataset is not None, "\n".join(map(str, loaded.problems))
            made[directory] = compile_dataset(loaded.dataset)
        return made[directory]

    return make


def played(snapshot, events, at="switch", trace=False):
    """The result lines; the books are sound, and the journal alone gives the same ledger."""
    storage = ModelStorage()
    ledger = open_ledger(storage, 0)
    engine = Engine(snapshot, snapshot.charging, ledger, at=at, trace=trace)
    said, zoned = [], False
    for number, event in enumerate(events, 1):
        line = lines.read(json.dumps(event).encode(), number)
        zoned = line.moment.zoned
        said += lines.play(engine, line)
    said += lines.finish(engine, zoned=zoned)
    assert problems(ledger) == []
    ledger.close(ledger.now_ms)
    assert digest(recover(storage)) == digest(ledger)
    return [json.loads(one) for one in said]


def found(said, wanted):
    """The line that an expectation speaks of, and what it says of it."""
    wanted = dict(wanted)
    timers = [one for one in said if one["line"] == 0]
    if "line" in wanted:
        number = wanted.pop("line")
        return next(one for one in said if one["line"] == number), wanted
    if "timer" in wanted:
        return timers[wanted.pop("timer")], wanted
    if "timers" in wanted:
        return {"timers": len(timers)}, wanted
    event, call = wanted.pop("timer_event"), wanted.get("call")
    return next(one for one in timers if one["event"] == event and one.get("call") == call), wanted


@pytest.mark.parametrize("case", mine("events"))
def test_events(case, snapshot_of):
    said = played(snapshot_of(case), case["input"], trace="--trace" in case.get("options", []))
    for expected in case["expect"]:
        line, fields = found(said, expected)
        assert {name: line.get(name) for name in fields} == fields


@pytest.mark.parametrize("case", mine("embodiments"))
def test_embodiments(case, snapshot_of):
    """Whoever does the arithmetic, the last result is the same."""
    for run, expected in zip(case["input"], case["expect"], strict=True):
        last = played(snapshot_of(case), run["events"], run["at"])[-1]
        assert {name: last.get(name) for name in expected} == expected


@pytest.mark.parametrize("case", mine("layouts"))
def test_layouts(case, charging_dataset, snapshot_of):
    """Wherever records, priced calls and summaries are kept, the bill is the same."""
    text = (charging_dataset({}) / "charging" / "charging.toml").read_text(encoding="utf-8")
    bills = []
    for run, expected in zip(case["input"], case["expect"], strict=True):
        edits = {"replace": {"charging/charging.toml": f'layout = "{run["layout"]}"\n{text}'.splitlines()}}
        said = played(snapshot_of(edits), run["events"], trace=True)
        last = said[-1] | {"stores": next(one["stores"] for one in said if one["event"] == "record")}
        assert {name: last.get(name) for name in expected} == expected
        bills.append(said[-1])
    assert all(bill == bills[0] for bill in bills)


WITH_RECORDS = [
    case
    for case in mine("events")
    if any(one["event"] in ("record", "bill") for one in case.values[0]["input"])
]


@pytest.mark.slow
@pytest.mark.parametrize("case", WITH_RECORDS)
def test_every_scenario_says_the_same_in_every_layout(case, charging_dataset, snapshot_of):
    """Bills, summaries and messages do not depend on where records, priced calls and summaries are kept."""
    text = (charging_dataset({}) / "charging" / "charging.toml").read_text(encoding="utf-8")
    edits = {key: case[key] for key in ("append", "replace_in") if key in case}
    said = []
    for layout in ("1", "1SD", "3", "4"):
        edits["replace"] = {"charging/charging.toml": f'layout = "{layout}"\n{text}'.splitlines()}
        said.append(played(snapshot_of(edits), case["input"]))
    assert said[1:] == said[:1] * 3


@pytest.mark.parametrize("case", mine("schedule"))
def test_schedule(case):
    for asked, expected in zip(case["input"], case["expect"], strict=True):
        assert schedule(**asked) == expected["schedule"]


@pytest.mark.parametrize("case", mine("walk"))
def test_walk(case):
    for asked, expected in zip(case["input"], case["expect"], strict=True):
        assert walk(**asked) == expected["steps"]


@pytest.mark.parametrize("case", mine("warning"))
def test_warning(case, snapshot_of):
    warnings = snapshot_of(case).charging.warnings
    for asked, expected in zip(case["input"], case["expect"], strict=True):
        limits = warnings[asked["profile"]]
        said = [limits[select(parse_money(text), limits)].message for text in asked["balances"]]
        assert said == expected["messages"]
