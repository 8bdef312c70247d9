"""A call charged while it runs counts exactly as its record would: bills, summaries, groups, messages and handsets agree.

Source: charging.md 5.1 (At the end), I8; B5-008, B6-003.
"""

import datetime as dt
import random

import pytest

NUMBERS = {
    "F50": "9255550230", "V30": "9255550231", "TOD": "9255550232", "TODF": "9255550233", "GA": "9255550234",
    "GB": "9255550235", "LA1": "9255550238", "LB1": "9255550239", "B5CUST": "9255550227", "CELL1": "9255550242",
}  # fmt: skip
CALLED = ["2125550000", "4159212000", "2135622345", "+442079460000"]
SUMMARIES = [
    "minutes_since_bill",
    "cost_by_area",
    "cost_by_day",
    "cost_by_number",
    "calls_by_type",
    "discount_minutes",
]


def calls(seed):
    chance = random.Random(seed)
    at = dt.datetime.fromisoformat("2001-01-02T07:00:00")
    for number in range(60):
        account = chance.choice(list(NUMBERS))
        at += dt.timedelta(minutes=chance.randrange(1, 300), seconds=chance.randrange(60))
        length = chance.choice([1, 59, 60, 61, 3600, 40_000, chance.randrange(20_000)])
        length = min(length, 3000) if account == "CELL1" else length  # its credit lasts for the month
        yield f"c{number}", account, chance.choice(CALLED), at, length
        at += dt.timedelta(seconds=length)


def live(desk, name, account, called, at, length):
    call = {"call": name}
    assert desk(at.isoformat(), "authorize", from_=NUMBERS[account], called=called, **call)["ok"]
    desk(at.isoformat(), "answer", **call)
    return desk((at + dt.timedelta(seconds=length)).isoformat(), "release", **call)


def recorded(desk, name, account, called, at, length):
    end = (at + dt.timedelta(seconds=length)).isoformat()
    return desk(
        end, "record", from_=NUMBERS[account], called=called, duration_ms=length * 1000, answer=at.isoformat()
    )


def state(desk):
    """Everything that can be asked of plans and summaries, and every bill."""
    moment = "2001-01-31T23:59:59"
    found = [desk(moment, "group", group="G1"), desk(moment, "exemplary", account="B5CUST", plan="PLAN_A")]
    for account, number in NUMBERS.items():
        found.append(desk(moment, "current", account=account))
        found.append(desk(moment, "balance", account=account))
        found += [desk(moment, "summary", account=account, name=name) for name in SUMMARIES]
        found.append(desk(moment, "setup_query", from_=number))
        found.append(desk(moment, "download", from_=number, called="2125550000"))
    for account in NUMBERS:
        bill = desk(
            "2001-02-01T00:00:00", "bill", account=account, **{"from": "2001-01-01", "to": "2001-02-01"}
        )
        bill["calls"] = [{**call, "call": ""} for call in bill["calls"]]
        found.append(bill)
    for one in found:
        for name in ("line", "ledger", "sequence"):
            one.pop(name, None)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_live_call_counts_as_its_record(seed, desk_of):
    one, other = desk_of(), desk_of()
    for call in calls(seed):
        assert live(one, *call)["charge"] == recorded(other, *call)["charge"]
    assert state(one) == state(other)


@pytest.mark.parametrize("seed", range(4))
def test_the_record_that_follows_changes_nothing_and_another_length_the_difference(seed, desk_of):
    """Every live call gets its AMA record; every third says a longer call, and counts as if it had been so at once."""
    one, other = desk_of(), desk_of()
    for place, (name, account, called, at, length) in enumerate(calls(seed)):
        if account == "V30":  # its price depends on the totals when it began
            continue
        live(one, name, account, called, at, length)
        longer = length + (90 if place % 3 == 0 else 0)
        said = one(
            (at + dt.timedelta(seconds=length)).isoformat(),
            "record",
            from_=NUMBERS[account],
            called=called,
            duration_ms=longer * 1000,
            answer=at.isoformat(),
            call=name,
        )
        assert said["reconciled"] is not None
        recorded(other, name, account, called, at, longer)
    assert [strip(item) for item in state(one)] == [strip(item) for item in state(other)]


def strip(item):
    """Without times of lines: records come later by what they say more."""
    return {name: value for name, value in item.items() if name != "at"}
