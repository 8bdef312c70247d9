"""Calls over the end of a period, and over nights in which the clocks change: what each bill says was worked out by hand.

Source: charging.md 9.2, 9.3, 10.2; B2-008, B6-009.
"""

import datetime as dt

import pytest

from ain_scp.ain.bill.making import Wanted, order_of
from ain_scp.terms.localtime import day_text

GD = "9255550237"
"""The line of account GD: 0.10 a started minute, in no group, nothing recurring."""

PERIODS = [  # bill day, --period, its days, the end of the next one; a daily item: amount, first day, share of the first period
    (1, "2001-01", "2001-01-01", "2001-02-01", "2001-03-01", "31.00", "2001-01-31", "1.00"),
    (1, "2001-02", "2001-02-01", "2001-03-01", "2001-04-01", "28.00", "2001-02-28", "1.00"),
    (1, "2004-02", "2004-02-01", "2004-03-01", "2004-04-01", "29.00", "2004-02-29", "1.00"),
    (1, "2100-02", "2100-02-01", "2100-03-01", "2100-04-01", "28.00", "2100-02-28", "1.00"),
    (1, "2001-04", "2001-04-01", "2001-05-01", "2001-06-01", "30.00", "2001-04-30", "1.00"),
    (1, "2001-12", "2001-12-01", "2002-01-01", "2002-02-01", "31.00", "2001-12-31", "1.00"),
    (28, "2001-01", "2001-01-28", "2001-02-28", "2001-03-28", "31.00", "2001-02-27", "1.00"),
    (28, "2001-02", "2001-02-28", "2001-03-28", "2001-04-28", "28.00", "2001-03-01", "27.00"),
    (28, "2004-01", "2004-01-28", "2004-02-28", "2004-03-28", "31.00", "2004-02-27", "1.00"),
    (28, "2004-02", "2004-02-28", "2004-03-28", "2004-04-28", "29.00", "2004-02-29", "28.00"),
    (28, "2001-09", "2001-09-28", "2001-10-28", "2001-11-28", "30.00", "2001-10-27", "1.00"),
]
TAXED = {"1.00": ("0.16", "1.76"), "27.00": ("2.76", "30.36"), "28.00": ("2.86", "31.46")}
"""Recurring and 0.60 of usage: 10 % of them, and the total."""
NEXT = {
    "28.00": ("5.86", "35.16"), "29.00": ("6.06", "36.36"), "30.00": ("6.26", "37.56"), "31.00": ("6.46", "38.76"),
}  # fmt: skip
"""A whole period's item and 1.30 of usage: 20 % of them, and the total."""


def edits(bill_day, to, amount, first):
    """The account's bill day; from the next period's first day on calls cost 0.30 and the tax is 20 %; the daily item."""
    return {
        "replace_in": {
            "charging/accounts.csv": [
                "GD,In no group,SUBSCRIBER,AFTER,0.00,5000.00,,FULL,,P_STD,1,",
                f"GD,In no group,SUBSCRIBER,AFTER,0.00,5000.00,,FULL,,P_STD,{bill_day},",
            ]
        },
        "append": {
            "charging/tariffs.csv": [f"STD,{to},*,*,*,*,ms,,,,,60s,0.30,up,,,,"],
            "charging/taxes.csv": [f"STATE,{to},20,ALL"],
            "charging/recurring.csv": [f"Handset,{first},,GD,ACCOUNT,{amount},daily"],
        },
    }


def live(desk, call, at):
    """A call of GD that is answered at once."""
    assert desk(at, "authorize", call=call, from_=GD, called="2125550000")["ok"]
    assert desk(at, "answer", call=call)["ok"]


def totals(bill):
    """Usage, recurring, tax and total; everything else is 0.00."""
    found = dict(bill["totals"])
    said = tuple(found.pop(name) for name in ("usage", "recurring", "tax", "total"))
    assert set(found.values()) == {"0.00"}
    return said


@pytest.mark.parametrize(
    ("bill_day", "period", "start", "to", "then", "amount", "first", "share"),
    PERIODS,
    ids=[f"{row[1]} from day {row[0]}" for row in PERIODS],
)
def test_a_call_over_the_end_of_a_period(bill_day, period, start, to, then, amount, first, share, desk_of):
    """A call has the price of the day it was answered; it counts in the period that is open when it ends."""
    desk = desk_of(edits(bill_day, to, amount, first))
    span = order_of(desk.engine.desk, "GD", Wanted(period=period)).span
    assert (day_text(span.start), day_text(span.to)) == (start, to)
    last = dt.date.fromisoformat(to) - dt.timedelta(days=1)
    live(desk, "ends before the bill", f"{last}T23:59:00")
    live(desk, "ends behind the bill", f"{last}T23:59:30")
    assert desk(f"{to}T00:01:00", "release", call="ends before the bill")["charge"] == "0.20"
    record = {"from_": GD, "called": "2125550000", "duration_ms": 240_000, "answer": f"{last}T23:58:00"}
    assert desk(f"{to}T00:02:00", "record", **record)["charge"] == "0.40"
    bill = desk(f"{to}T00:05:00", "bill", account="GD", **{"from": start, "to": to})
    assert (bill["closes"], totals(bill)) == (True, ("0.60", share, *TAXED[share]))
    assert [call["at"] for call in bill["calls"]] == [f"{last}T23:59:00", f"{last}T23:58:00"]  # as they came
    assert desk(f"{to}T00:09:30", "release", call="ends behind the bill")["charge"] == "1.00"
    record = {"from_": GD, "called": "2125550000", "duration_ms": 60_000, "answer": f"{to}T00:00:00"}
    assert desk(f"{to}T00:10:00", "record", **record)["charge"] == "0.30"
    bill = desk(f"{then}T00:00:00", "bill", account="GD", **{"from": to, "to": then})
    assert (bill["closes"], totals(bill)) == (True, ("1.30", amount, *NEXT[amount]))
    assert [call["at"] for call in bill["calls"]] == [f"{last}T23:59:30", f"{to}T00:00:00"]


NIGHTS = [  # answered, ended, length, charge at 0.10 a started minute
    ("2001-04-01T01:58:00-05:00", "2001-04-01T03:03:00-04:00", 300_000, "0.50"),
    ("2001-03-31T23:58:00-05:00", "2001-04-01T03:02:00-04:00", 7_440_000, "12.40"),
    ("2001-10-28T01:58:00-04:00", "2001-10-28T01:03:00-05:00", 300_000, "0.50"),
    ("2001-10-27T23:58:00-04:00", "2001-10-28T02:00:01-05:00", 10_921_000, "18.30"),
    ("2001-10-28T01:30:00-04:00", "2001-10-28T01:30:00-05:00", 3_600_000, "6.00"),
    ("2001-03-25T01:59:00+01:00", "2001-03-25T03:01:00+02:00", 120_000, "0.20"),
    ("2001-10-28T02:59:00+02:00", "2001-10-28T02:01:00+01:00", 120_000, "0.20"),
]


@pytest.mark.parametrize(("answered", "ended", "length_ms", "charge"), NIGHTS)
def test_a_call_over_a_night_in_which_the_clocks_change(answered, ended, length_ms, charge, desk_of):
    """Its length is that of the instants, its date on the bill the written one."""
    desk = desk_of()
    live(desk, "c", answered)
    said = desk(ended, "release", call="c")
    assert (said["duration_ms"], said["charge"]) == (length_ms, charge)
    day = answered[:8] + "01"
    preview = {"account": "GD", "from": day, "to": "2001-12-01", "preview": True}
    (call,) = desk(ended, "bill", **preview)["calls"]
    assert (call["at"], call["duration_ms"], call["charge"]) == (answered[:19], length_ms, charge)
