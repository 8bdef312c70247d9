"""Rated by columns and call by call: equal to the micro, record by record and account by account.

Source: charging.md section 12; I8, I11, I12.
"""

import functools
import itertools
import random

import msgspec
import numpy as np
import pytest

from ain_scp.billing.batch.columns import ChargeFault, Rater, Records, charged
from ain_scp.billing.batch.summing import Summing
from ain_scp.billing.batch.sums import Owing, joined, sums_of
from ain_scp.billing.batch.tables import Tables, coded, written
from ain_scp.billing.plans.discounts import less, threshold_discount
from ain_scp.billing.rating.applied import call_usage
from ain_scp.billing.rating.contract import discounted
from ain_scp.billing.rating.rate import amount
from ain_scp.billing.rating.row import Reckoned, further
from ain_scp.billing.summaries.accumulate import entries
from ain_scp.terms.money import CENT, parse_money
from ain_scp.terms.units import DAY_MS

CALLED = [
    "2125550000",
    "4159212000",
    "2135622345",
    "6505551212",
    "8005551212",
    "+442079460000",
    "+12125550000",
    "9255550000",
    "911",
    "611",
]
JANUARY = 11323 * DAY_MS
EDITS = {
    "append": {
        "charging/lines.csv": [
            f"92544400{number:02d},GD,2001-01-01,{plan},,LINE,SSP2004"
            for number, plan in enumerate(
                ("BANDED", "SECONDS", "PLACES", "FINE", "COMPLEXP", "PULSEP", "VERSIONSP", "CELLP", "CONNECTED", "EXACTED")
            )
        ]
        + ["9255550238,LA1,2001-01-20,LINEY,,LINE,SSP2004", "9255550235,GB,2001-02-10,,,LINE,SSP2004"],
        "charging/plans.toml": [
            line
            for plan, tariff in (
                ("BANDED", "TODRATE"), ("SECONDS", "TODSEC"), ("PLACES", "GEO"), ("CONNECTED", "CONNECT"), ("EXACTED", "EXACT"),
            )
            for line in (f"[plans.{plan}]", f'tariff = "{tariff}"')
        ]
        + ["[plans.FINE]", 'tariff = "EXACT4"', "[[plans.FINE.discount]]", 'kind = "BAND"', 'band = "offpeak"', 'percent = "12.5"'],
        "charging/summaries.toml": [
            line
            for name, of, by, more in (
                ("city", "COST", "CITY", ""), ("state", "CALLS", "STATE", ""), ("country", "MINUTES", "COUNTRY", ""),
                ("plan", "COST", "PLAN", ""), ("largest", "CALLS", "NUMBER", "keys = 2"), ("saved", "SAVINGS", "", ""),
            )
            for line in (
                "[[summary]]", f'name = "{name}"', 'owner = "*"', f'of = "{of}"', 'reset = "PERIOD"', more,
                f'by = ["{by}"]' if by else "",
            )
        ]
        + ["[[summary]]", 'name = "members"', 'owner = "group:G1"', 'of = "COST"', 'reset = "PERIOD"'],
    },
    "replace_in": {"charging/groups.csv": ("G1,GA,2001-01-01,", "G1,GA,2001-01-01,2001-01-20")},
}  # fmt: skip


def month(numbers, many, seed):
    """Random calls of January and February, beginnings and lengths near what changes a price."""
    chance = random.Random(seed)
    rows = []
    for _ in range(many):
        start = JANUARY + chance.randrange(45) * DAY_MS
        start += chance.choice([0, 7, 9, 17, 19, 20]) * 3_600_000 - chance.choice([0, 1, 30_000, 59_999])
        length = chance.choice(
            [0, 1, 59_999, 60_000, 60_001, 180_000, 180_001, 3_600_000, chance.randrange(7_200_000)]
        )
        rows.append((chance.choice(numbers), chance.choice(CALLED), start, length))
    return sorted(rows, key=lambda row: row[2])


def columns(rows):
    return Records(
        np.asarray([coded(row[0]) for row in rows], np.int64),
        np.asarray([coded(row[1]) for row in rows], np.int64),
        np.asarray([row[2] for row in rows], np.int64),
        np.asarray([row[3] for row in rows], np.int64),
    )


@pytest.fixture(scope="module")
def snapshot(snapshot_of):
    return snapshot_of(**EDITS)


def test_every_record_costs_what_it_costs_alone(snapshot):
    charging = snapshot.charging
    numbers = [*charging.lines, "9999999999"]
    rows = month([one for one in numbers if one.isdigit()], 20_000, 1)
    rated = Rater(Tables(snapshot, charging)).rate(columns(rows))
    for place, (calling, called, start, length) in enumerate(rows):
        line = charging.line_at(calling, start // DAY_MS)
        assert (rated.payer[place] < 0) == (line is None)
        if line is None:
            continue
        usage = call_usage(snapshot, charging, calling, called, start, (("ms", length),))
        price = 0 if called in ("911", "611") else amount(charging, usage)
        if isinstance(price, str):
            assert rated.row[place] < 0
        else:
            assert rated.gross[place] == price, rows[place]


@pytest.mark.parametrize("pieces", [1, 7])
def test_accounts_owe_what_they_owe_call_by_call(pieces, snapshot, desk_of):
    """The engine, record by record, has the same totals with all discounts: by band, thresholds of all kinds, groups."""
    accounts = ("F50", "V30", "TOD", "TODF", "GA", "GB", "GC", "GD", "LA1", "LB1", "LC1", "B5CUST")
    numbers = [number for number, (row, *_) in snapshot.charging.lines.items() if row.account in accounts]
    rows = month(numbers, 1500, 2)
    tables = Tables(snapshot, snapshot.charging)
    cuts = [place * len(rows) // pieces for place in range(pieces + 1)]
    parts = [columns(rows[start:stop]) for start, stop in itertools.pairwise(cuts)]
    rater, ordered = Rater(tables), tables.ordered()
    summing = Summing(tables)
    sums = [sums_of(rater, part, ordered, summing)[0] for part in parts]
    found = Owing(tables, functools.reduce(joined, sums), summing).month()
    desk = desk_of(EDITS)
    for calling, called, start, length in rows:
        moment = np.datetime64(start, "ms").astype(str)
        said = desk(moment, "record", from_=calling, called=called, duration_ms=length)
        assert said["ok"] or said["reason"] == "NO_ROW"
    assert found.records == len(rows)
    totals = desk.engine.desk.counting.totals.entries.values()
    expected = {
        (one.account, one.plan, one.group): (one.calls, one.minutes, one.charges, one.actual)
        for one in totals
        if one.calls
    }
    assert {
        (one.account, one.plan, one.group): (one.calls, one.minutes, one.gross, one.total)
        for one in found.owed
    } == expected
    for account in accounts:
        current = parse_money(desk(moment, "current", account=account)["current"], signed=True)
        assert sum(one.total for one in found.owed if one.account == account) == current
    assert any(one.discount for one in found.owed)
    assert any(one.given for one in found.owed)
    facts = desk.engine.desk.ledger.facts
    exact = {row.name for row in snapshot.charging.rows.summaries if row.of != "SAVINGS" and not row.keys}
    kept = {
        (account, name, key): value.value
        for account in accounts
        for name in exact
        for key, value in entries(facts, account, name).items()
    }
    assert {(one.account, one.summary, one.key): one.value for one in found.summaries} == kept
    assert {"city", "state", "country", "plan", "members", "total"} - {name for _, name, _ in kept} == {
        "total"
    }


def test_a_number_is_its_code_and_back():
    for number in ("9255550200", "17", "+442079460000", "911"):
        assert written(coded(number)) == number
    assert coded("SERVICE") == coded("+x") == coded("") == 0
    assert written(0) == ""


def test_rows_add_up_to_the_month(snapshot):
    tables = Tables(snapshot, snapshot.charging)
    some = columns(month(["9255550200", "9255550232", "5555555555"], 500, 3))
    found = Owing(tables, sums_of(Rater(tables), some, tables.ordered())[0]).month()
    assert sum(count for count, _ in found.rows.values()) == found.records - found.unknown - found.unpriced
    assert sum(gross for _, gross in found.rows.values()) == sum(one.gross for one in found.owed)
    assert found.unknown > 0


def test_a_charge_near_the_end_of_a_column_is_exact_and_one_beyond_is_named(snapshot):
    """In proportion to the millisecond a product is far larger than the charge."""
    row = next(row for row in snapshot.charging.rows.tariffs if row.increment == "exact")
    dear = msgspec.structs.replace(row, next_price=10**15, round_to=1)
    used = [0, 1, 59_999, 86_400_000]
    expected = [Reckoned(dear, one, further(dear, one)).amount() for one in used]
    assert charged(dear, np.asarray(used, np.int64)).tolist() == expected
    with pytest.raises(ChargeFault, match=r"tariffs\.csv:"):
        charged(dear, np.asarray([366 * 86_400_000], np.int64))


def test_of_a_call_the_price_is_rounded_and_of_a_total_the_discount(snapshot):
    """Half up both times; a plan's percentage of a call is rounded as a contract's (A-230), by columns as call by call."""
    whole = {(5, 10): 5, (15, 10): 14, (15, 50): 8, (25, 10): 23, (3, 100): 0, (30, 40): 18, (100, 10): 90}
    gross = [cents * CENT for cents, _ in whole]
    percent = [percent * 10_000 for _, percent in whole]
    expected = [cents * CENT for cents in whole.values()]
    assert [less(*one, CENT) for one in zip(gross, percent, strict=True)] == expected
    assert [discounted(*one) for one in zip(gross, percent, strict=True)] == expected
    rater = Rater(Tables(snapshot, snapshot.charging))
    row = next(place for place, unit in enumerate(rater._round_to) if unit == CENT)
    columns_ = (np.asarray(gross, np.int64), np.asarray(percent, np.int64))
    assert rater._less(*columns_, np.full(len(gross), row)).tolist() == expected
    assert threshold_discount({0: 5 * CENT}, {}, 100_000) == CENT


def test_a_discount_of_a_charge_near_the_end_of_a_column_is_exact(snapshot):
    rater = Rater(Tables(snapshot, snapshot.charging))
    gross, percent = np.asarray([10**17, 5], np.int64), np.asarray([125_000, 0], np.int64)
    assert rater._less(gross, percent, np.zeros(2, np.int64)).tolist() == [875 * 10**14, 5]
