"""Any events in any order: what is held is what was granted, the floor holds, nothing is left, a restart changes nothing.

Source: charging.md 11.1 (I1 to I3, I5, I6, I8).
"""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.billing.charging import lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.features import records_of
from ain_scp.billing.charging.session import shared
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.recover import recover
from ain_scp.billing.rating.rate import amount
from ain_scp.billing.rating.usage import Usage
from kit.model_storage import ModelStorage

LINES = {
    "9255550200": "A10",
    "9255550201": "A2",
    "9255550202": "A6",
    "9255550206": "A2O",
    "9255550208": "AFTER5",
    "9255550209": "PULSE1",
    "9255550218": "EFTLOW",
    "9255550291": "BG10",
    "9255550292": "BG10",
    "9255550285": "FIRST",
    "9255550286": "BANDS",
}
EDITS = {
    "append": {
        "charging/accounts.csv": [
            "FIRST,x,SUBSCRIBER,BEFORE,5.00,,,FULL,STANDARD,REMOTEP,,,,,2,",
            "BANDS,x,SUBSCRIBER,DURING,3.00,1.00,0.50,FULL,STANDARD,BANDSP,,,,,,",
        ],
        "charging/lines.csv": [
            "9255550285,FIRST,2001-01-01,,,LINE,SSP2004",
            "9255550286,BANDS,2001-01-01,,,LINE,SSP2004",
        ],
        "charging/plans.toml": ["[plans.BANDSP]", 'tariff = "TODSEC"'],
    }
}
BALANCE = {**EDITS, "replace_in": {"charging/charging.toml": ['grant = "periods"', 'grant = "balance"']}}
numbers = st.sampled_from(list(LINES))
calls = st.sampled_from(["a", "b", "c"])
called = st.sampled_from(["2125550000", "9255551000", "+442079460000", "9255550200", "911"])
steps = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 500, 10_000, 49_999, 50_000, 60_000, 61_000, 300_000, 3_600_000]),
        st.one_of(
            st.fixed_dictionaries(
                {"event": st.just("authorize"), "call": calls, "from": numbers, "called": called},
                optional={
                    "payer": st.sampled_from(["called", "A10"]),
                    "share": st.sampled_from(["SIXTYFORTY", "THIRDS"]),
                },
            ),
            st.fixed_dictionaries({"event": st.just("answer"), "call": calls}),
            st.fixed_dictionaries({"event": st.just("release"), "call": calls}),
            st.fixed_dictionaries({"event": st.just("answer"), "call": calls}),
            st.fixed_dictionaries(
                {
                    "event": st.just("deposit"),
                    "account": st.sampled_from(sorted(set(LINES.values()))),
                    "amount": st.sampled_from(["0.00", "0.01", "1.00", "7.50"]),
                },
                optional={"key": st.sampled_from(["k", "l"])},
            ),
            st.fixed_dictionaries(
                {
                    "event": st.just("purchase"),
                    "account": st.sampled_from(["BG10", "BANDS", "EFTLOW"]),
                    "amount": st.sampled_from(["0.50", "3.00"]),
                },
                optional={"key": st.sampled_from(["k", "l"])},
            ),
            st.fixed_dictionaries({"event": st.just("off_hook"), "from": numbers}),
        ),
    ),
    min_size=3,
    max_size=14,
)
EXAMPLES = int(os.environ.get("CHARGING_EXAMPLES", "40"))
START_MS = lines.moment_of("2001-01-17T16:40:00").at_ms
"""Twenty minutes before a band ends."""


class Node:
    """An engine on a journal that may be closed and opened again between any two events."""

    def __init__(self, snapshot):
        self.snapshot = snapshot
        self.storage = ModelStorage()
        self.open()

    def open(self):
        self.ledger = open_ledger(self.storage, 0)
        self.engine = Engine(self.snapshot, self.snapshot.charging, self.ledger, now_ms=START_MS)

    def restart(self):
        self.ledger.commit(0)
        self.storage.crash()
        self.open()

    def play(self, number, at_ms, event):
        text = json.dumps({"at": lines.text_of(at_ms, 0, zoned=False), **event}).encode()
        return [json.loads(one) for one in lines.play(self.engine, lines.read(text, number))]

    def finish(self):
        return [json.loads(one) for one in lines.finish(self.engine, zoned=False)]


def assert_sound(engine):
    desk = engine.desk
    assert problems(desk.ledger) == []
    held = {}
    for call in desk.open_calls.values():
        total = 0 if call.free else desk.prices[call.id].charge(call.granted_ms or 0)
        for place, amount_held in enumerate(shared(total, call.parties) if call.parties else ()):
            held[f"{call.id}/{place}"] = amount_held
    assert {name: one.amount for name, one in desk.ledger.reservations.items()} == held
    for row in desk.charging.rows.accounts:
        money = desk.money(row.account)
        assert money.posted - money.reserved >= -(row.credit_limit + row.overrun)


def assert_priced(engine):
    """Each account's calls cost what rating them anew, by their answer, says; and nothing else has moved."""
    desk, totals = engine.desk, {}
    for account in desk.charging.accounts:
        for record in records_of(desk, account):
            start, spent = totals.get((record.call, record.start_ms), (record, 0))
            totals[record.call, record.start_ms] = (start, spent + record.charge)
    for record, spent in totals.values():
        usage = Usage(
            record.tariff,
            record.start_ms,
            (("ms", record.duration_ms),),
            desk.charging.zones.row_of(record.calling).zone,
            zone(desk, record.called),
        )
        assert spent == amount(desk.charging, usage)


def zone(desk, number):
    row = desk.charging.zones.row_of(number)
    return "OTHER" if row is None else row.zone


@pytest.mark.slow
@pytest.mark.parametrize("edits", [EDITS, BALANCE], ids=["periods", "balance"])
@settings(max_examples=EXAMPLES)
@given(events=steps)
def test_whatever_comes(snapshot_of, edits, events):
    snapshot = snapshot_of(**edits)
    steady, shaky = Node(snapshot), Node(snapshot)
    at_ms = START_MS
    for number, (later, event) in enumerate(events, 1):
        at_ms += later
        said = steady.play(number, at_ms, event)
        assert said == shaky.play(number, at_ms, event)
        shaky.restart()
        assert_sound(steady.engine)
        assert_sound(shaky.engine)
    assert steady.finish() == shaky.finish()
    assert all(call.free for call in steady.engine.desk.open_calls.values())
    assert not steady.ledger.reservations
    assert_priced(steady.engine)
    steady.ledger.close(0)
    assert digest(recover(steady.storage)) == digest(steady.ledger)


def test_a_warning_chosen_anew_after_a_payment_survives_a_restart(snapshot_of):
    """The disconnect warning was the last one; paid up, the account is warned again as it falls."""
    node = Node(snapshot_of(**EDITS))
    events = [
        {"event": "authorize", "call": "c", "from": "9255550201", "called": "2125550000"},
        {"event": "answer", "call": "c"},
        {"event": "balance", "account": "A2"},
        {"event": "deposit", "account": "A2", "amount": "9.00"},
    ]
    for number, event in enumerate(events, 1):
        node.play(number, START_MS + 10_000 * number, event)
    node.restart()
    assert [line["message"] for line in node.finish() if line["event"] == "warn"] == ["3", "DISCONNECT"]
