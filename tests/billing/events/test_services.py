"""Services of the event engine: their events, queries, subscriptions, what they keep, and its bounds."""

import json

import pytest

from ain_scp.billing.charging import lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.events.run import Held
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.machine import Ledger
from kit.model_storage import ModelStorage

DEBIT = """
service = "DEBIT"
[keep]
balance = { type = "money", per = "customer" }
minutes = { type = "int", per = "customer", by = ["DAY"], keys = 2 }
numbers = { type = "map", key = "digits", value = "digits", entries = 2 }
[on.callConnection]
do = ["duration = quote(balance)", "emit answer {duration: duration}"]
[on.callCompletion]
do = ["charge = rate()", "debit balance charge", "add minutes[day] minutes(duration_ms)", "emit answer {charge: charge}"]
[on.pay]
do = ["credit balance amount", "emit answer {balance: balance}"]
[on.forward]
do = ["set numbers[called] to"]
[on.where]
do = ["emit answer {to: get(numbers, called, called)}"]
[on.half]
do = ["credit balance 1.00", "charge = rate()"]
[query.balance]
arguments = ["customer"]
give = "balance"
[streams]
in = ["records"]
out = ["archive"]
[subscribe]
plans = ["DOLLARP"]
"""


@pytest.fixture
def snapshot(snapshot_of):
    return snapshot_of(replace={"charging/services/DEBIT.toml": DEBIT.splitlines()})


class Asked:
    """An engine, asked by lines; times of one day are written `10:00:00`."""

    def __init__(self, snapshot, ledger=None):
        self.engine = Engine(snapshot, snapshot.charging, ledger or Ledger())

    def __call__(self, at, event, **fields):
        if "from_" in fields:
            fields["from"] = fields.pop("from_")
        moment = at if "T" in at else f"2001-01-17T{at}"
        text = json.dumps({"at": moment, "event": event, **fields})
        said = [json.loads(one) for one in lines.play(self.engine, lines.read(text.encode(), 1))]
        return next(one for one in said if one["line"])

    def service(self, at, name, **fields):
        return self(at, "service", service="DEBIT", name=name, **fields)

    def query(self, at, name, customer="A10"):
        return self(at, "query", service="DEBIT", name=name, argument=customer).get("value")


def test_numbers_are_mapped(snapshot):
    """B4-012: a toll free number, and one that no row knows."""
    ask = Asked(snapshot)
    for number, called in (("8005551234", "9085550000"), ("8005559999", "8005559999")):
        said = ask("10:00:00", "service", service="TOLLFREE", name="numberMapping", called=number)
        assert (said["ok"], said["called"]) == (True, called)


def test_a_debit_service_is_data(snapshot):
    """B4-003, B4-004: how long money lasts, what a call costs, what is left; none of it touches the ledger's money."""
    ask = Asked(snapshot)
    assert ask.service("10:00:00", "pay", customer="A10", amount="5.00")["balance"] == "5.00"
    call = {"customer": "A10", "from": "9255550200", "called": "2125550000"}
    assert ask.service("10:00:01", "callConnection", **call)["duration"] == 300_000
    assert ask.service("10:00:02", "callCompletion", **call, duration_ms=150_000)["charge"] == "3.00"
    assert ask.query("10:00:03", "balance") == "2.00"
    assert ask.engine.desk.ledger.facts["service/DEBIT"]["minutes\x1fA10\x1f2001-01-17"] == b"3000000"
    assert ask.query("10:00:03", "balance", "A2") == "0.00"
    assert ask("10:00:04", "balance", account="A10")["posted"] == "10.00"


def test_a_key_counts_once_and_a_restart_loses_nothing(snapshot):
    """B4-011, I5: the state is in the journal."""
    storage = ModelStorage()
    ledger = open_ledger(storage, 0)
    ask = Asked(snapshot, ledger)
    paid = {"customer": "A10", "amount": "5.00", "key": "p1"}
    assert ask.service("10:00:00", "pay", **paid)["balance"] == "5.00"
    assert ask.service("10:00:01", "pay", **paid)["balance"] == "5.00"
    assert ask.service("10:00:01", "pay", **{**paid, "amount": "6.00"})["reason"] == "KEY_REUSED"
    ledger.close(0)
    again = Asked(snapshot, open_ledger(storage, 0))
    assert again.query("10:00:02", "balance") == "5.00"
    assert again.service("10:00:03", "pay", **paid)["balance"] == "5.00"


def test_what_is_kept_is_bounded(snapshot):
    """B4-005, I13: two days, the older goes; a map of two entries refuses a third and still changes its own."""
    ask = Asked(snapshot)
    call = {"customer": "A10", "from": "9255550200", "called": "2125550000", "duration_ms": 60_000}
    for day in range(17, 27):
        ask.service(f"2001-01-{day}T10:00:00", "callCompletion", **call)
    kept = ask.engine.desk.ledger.facts["service/DEBIT"]
    assert sorted(name for name in kept if name.startswith("minutes")) == [
        "minutes\x1fA10\x1f2001-01-25",
        "minutes\x1fA10\x1f2001-01-26",
    ]
    at = "2001-01-27T10:00:00"
    for number, ok in (("1", True), ("2", True), ("3", False), ("1", True)):
        assert ask.service(at, "forward", called=number, to="9")["ok"] is ok
    assert ask.service(at, "where", called="1")["to"] == "9"
    assert ask.service(at, "where", called="3")["to"] == "3"


@pytest.mark.parametrize("odd", ["2\x1f2", "", "\x1f"])
def test_no_key_and_no_value_gets_round_the_bound(odd, snapshot):
    """I13: a separator in a key, a key or a value without characters."""
    ask = Asked(snapshot)
    at = "2001-01-27T10:00:00"
    said = [
        ask.service(at, "forward", called=called, to=to)["ok"]
        for called, to in ((odd, "9"), ("1", ""), ("3", "9"), (odd + "4", ""))
    ]
    assert said == [True, True, False, False]
    assert len(ask.engine.desk.ledger.facts["service/DEBIT"]) == 2


def test_what_is_kept_is_read_once_however_many_events_come(snapshot, monkeypatch):
    """10.5: the cost of an event is its steps, not what was kept before; after a restart it is read once more."""
    visited = []
    change = Held.change
    monkeypatch.setattr(
        Held, "change", lambda self, changed: (visited.append(len(changed)), change(self, changed))
    )
    storage = ModelStorage()
    ledger = open_ledger(storage, 0)
    ask = Asked(snapshot, ledger)
    for day in range(1, 28):
        for customer in ("A10", "A6"):
            call = {"customer": customer, "from": "9255550200", "called": "2125550000", "duration_ms": 60_000}
            assert ask.service(f"2001-03-{day:02}T10:00:00", "callCompletion", **call)["ok"]
    assert sum(visited) < 27 * 2 * 4
    ledger.close(0)
    visited.clear()
    again = Asked(snapshot, open_ledger(storage, 0))
    assert again.service("2001-03-29T10:00:00", "callCompletion", **call)["ok"]
    assert sum(visited) < 12
    kept = again.engine.desk.ledger.facts["service/DEBIT"]
    assert sorted(name[-2:] for name in kept if name.startswith("minutes\x1fA6")) == ["27", "29"]


def test_an_event_that_is_refused_changes_nothing(snapshot):
    """Its first step was done; the second has no call to price."""
    ask = Asked(snapshot)
    assert ask.service("10:00:00", "half", customer="A10")["reason"] == "UNKNOWN_ACCOUNT"
    assert ask.query("10:00:01", "balance") == "0.00"
    assert ask.service("10:00:02", "pay", customer="NOBODY", amount="1.00")["reason"] == "UNKNOWN_ACCOUNT"
    assert ask.service("10:00:02", "pay", customer="A10", amount="money")["reason"] == "VALUE"
    assert ask.service("10:00:02", "pay", customer="A10")["reason"] == "NO_AMOUNT"


def test_only_subscribed_events_of_its_plans_run_it(snapshot):
    """B4-008, B4-009: callCompletion of a customer of DOLLARP runs it, of another plan does not; a deposit is no event of it."""
    ask = Asked(snapshot)
    ask("10:00:00", "callCompletion", from_="9255550200", called="2125550000", duration_ms=120_000)
    ask("10:00:01", "callCompletion", from_="9255550202", called="2125550000", duration_ms=60_000)
    ask("10:00:02", "deposit", account="A10", amount="1.00")
    assert ask.query("10:00:03", "balance") == "-2.00"
    assert ask.query("10:00:03", "balance", "A6") == "0.00"


@pytest.mark.parametrize(
    ("event", "fields", "reason"),
    [
        ("service", {"service": "NONE", "name": "x"}, "UNKNOWN_SERVICE"),
        ("service", {"service": "DEBIT", "name": "x"}, "UNKNOWN_EVENT"),
        ("query", {"service": "NONE", "name": "x"}, "UNKNOWN_SERVICE"),
        ("query", {"service": "DEBIT", "name": "x"}, "UNKNOWN_QUERY"),
        ("query", {"service": "DEBIT", "name": "balance", "argument": "NOBODY"}, "UNKNOWN_ACCOUNT"),
    ],
)
def test_unknown_names_are_refused(event, fields, reason, snapshot):
    assert Asked(snapshot)("10:00:00", event, **fields)["reason"] == reason
