"""Carriers by cost: the order of every call is that of a slow search over the rows of the tariffs, by every way of deciding."""

import datetime as dt
import json
import random
import shutil

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.provisioning.loader import load
from ain_scp.scp.batch.attempts import attempts_of
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
from ain_scp.terms.trace import Trace
from kit.costs import dataset

CARRIERS = ("0222", "0333", "0388")
CALLER = "9257884102"
BANDS = {
    "CELL": lambda at, holiday: (
        "weekend" if holiday or at.isoweekday() > 5 else "prime" if 7 <= at.hour < 19 else "evening"
    ),
    "PEAK": lambda at, _holiday: "day" if 9 <= at.hour < 17 else "offpeak",
    "": lambda _at, _holiday: "*",
}
NAMES = {"CELL": ("prime", "evening", "weekend"), "PEAK": ("day", "offpeak"), "": ("*",)}
HOLIDAYS = (dt.date(2001, 1, 1), dt.date(2001, 12, 25))
CALLED = {
    "12135550100": "LOCAL", "12135560100": "LA", "14155550100": "BAY", "12125550100": "NY", "13035550100": "OTHER", "15305550100": "INTERLATA", "16505550100": "INTRALATA", "18005551212": "TOLL_FREE",
    "01144207946000": "UK", "01133123456789": "INTERNATIONAL",
}  # fmt: skip
TIMES = [f"2001-{day}T{clock}" for day in ("01-17", "01-20", "02-01", "12-25") for clock in ("06:59:59", "07:00:00", "08:59:00", "09:00:00", "17:00:00", "19:00:00", "23:59:59")]  # fmt: skip


def random_tariffs(chance):
    """Rows: carrier, date, destination, scheme, band, connect and price of a minute, in cents."""
    rows = []
    for carrier in CARRIERS:
        if chance.random() < 0.2:
            continue
        scheme = chance.choice(["", "", "CELL", "PEAK"])
        for destination in chance.choice(
            [
                ["*"],
                ["LA", "*"],
                ["LOCAL", "LA", "*"],
                ["UK", "NY", "*"],
                ["INTERNATIONAL", "TOLL_FREE", "INTERLATA", "*"],
            ]
        ):
            for date in chance.choice([["2001-01-01"], ["2001-02-01"], ["2001-01-01", "2001-02-01"]]):
                rows += [
                    (
                        carrier,
                        date,
                        destination,
                        scheme,
                        band,
                        chance.choice([0, 0, 5]),
                        chance.choice([5, 8, 10]),
                    )
                    for band in NAMES[scheme]
                ]
    return rows


def slow_order(rows, carriers, zone, at):
    """Cheapest first: every row of every carrier is looked at."""

    def price(carrier):
        mine = [row for row in rows if row[0] == carrier]
        keys = list(dict.fromkeys((row[2], row[4]) for row in mine))
        for destination, band in keys:
            scheme = mine[0][3]
            now = BANDS[scheme](at, at.date() in HOLIDAYS)
            if destination not in ("*", zone) or band not in ("*", now):
                continue
            since = [
                row for row in mine if (row[2], row[4]) == (destination, band) and row[1] <= str(at.date())
            ]
            if since:
                last = max(since, key=lambda row: row[1])
                return last[5] + last[6]
        return None

    prices = {carrier: price(carrier) for carrier in carriers}
    return tuple(
        sorted(carriers, key=lambda one: (prices[one] is None, prices[one] or 0, carriers.index(one)))
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_order_is_that_of_a_slow_search(seed, tmp_path):
    chance = random.Random(seed)
    rows = random_tariffs(chance)
    carriers = tuple(chance.sample(CARRIERS, 3))
    rule = f'  {{ carriers = {json.dumps(carriers)}, by = "cost" }},'
    program = open_program(dataset(tmp_path / "set", rows, rule))
    queries, expected = [], []
    for called, zone in CALLED.items():
        for time in TIMES:
            form = QueryForm("INFO_ANALYZED", "CDP_AC", CALLER, time, access_code="9", dialed=called)
            queries.append(query_of(form))
            expected.append(slow_order(rows, carriers, zone, dt.datetime.fromisoformat(time)))
    found = [program.decide(query).carriers for query in queries]
    assert found == expected
    engine = Engine(program)
    attempts = attempts_of(queries)
    verdicts = engine.decide(attempts)
    assert [engine.decision(attempts, verdicts, at).carriers for at in range(len(queries))] == expected


def test_a_share_of_calls_is_kept_and_the_steps_say_the_prices(tmp_path):
    rows = [
        ("0222", "2001-01-01", "*", "CELL", band, 0, price)
        for band, price in (("prime", 9), ("evening", 4), ("weekend", 4))
    ]
    rows.append(("0333", "2001-01-01", "*", "", "*", 0, 5))
    rules = '  { if = { percent = 30 }, carriers = ["0388", "0222", "0333"], by = "cost" },\n  { carriers = ["0388"] },'
    root = dataset(tmp_path / "set", rows, rules)
    warned = [one for one in load(root).problems if one.rule == "A-111"]
    assert [one.text for one in warned] == ["carriers without a price come last: 0388 (no tariff CIC0388)"]
    program = open_program(root)
    for time, order in (("10:00:00", ("0333", "0222", "0388")), ("20:00:00", ("0222", "0333", "0388"))):
        for draw, carriers in ((2999, order), (3000, ("0388",))):
            form = QueryForm(
                "INFO_ANALYZED", "CDP_AC", CALLER, f"2001-01-17T{time}", access_code="9", dialed="12135560100"
            )
            trace = Trace()
            assert program.decide(query_of(form, draw), trace).carriers == carriers
    trace = Trace()
    program.decide(query_of(form, 0), trace)
    assert any(
        "a minute to LA: 0222 0.04, 0333 0.05, 0388 without a price" in step.found for step in trace.steps
    )


def test_what_cannot_be_ordered_is_refused(tmp_path):
    root = dataset(tmp_path / "one", [], '  { carriers = ["0222"], by = "price" },')
    assert ["by 'price'" in one.text for one in load(root).problems if one.severity == "error"] == [True]
    root = dataset(tmp_path / "two", [], '  { carriers = ["0222"], by = "cost" },')
    shutil.rmtree(root / "charging")
    (root / "customers/GOLDEN/contract.csv").unlink()
    errors = [one for one in load(root).problems if "without charging/" in one.text]
    assert [(one.rule, one.severity) for one in errors] == [("A-111", "error")]
