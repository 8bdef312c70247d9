"""Requests over Diameter in any order, repeated, jumping and twice ended: one charge a call, books that add up, nothing held.

Source: charging.md 6.3, 11.1 (I1 to I3, I5); RFC 8506 section 5.
"""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.features import records_of
from ain_scp.billing.charging.port import DirectPort
from ain_scp.billing.ledger.check import problems
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.message import decode, encode
from ain_scp.terms.units import SECOND_NS

START_NS = 979_725_600 * SECOND_NS
LINES = {"9255550200": "A10", "9255550201": "A2", "9255550208": "AFTER5", "9255550209": "PULSE1"}
requests = st.lists(
    st.tuples(
        st.sampled_from(["h;1", "h;2"]),
        st.sampled_from([cc.INITIAL, cc.UPDATE, cc.UPDATE, cc.UPDATE, cc.TERMINATION]),
        st.sampled_from([0, 1, 1, 2, 2, 3, 7, 2**32 - 1]),
        st.sampled_from(list(LINES)),
        st.sampled_from([None, 0, 1, 30, 60, 61, 600]),
        st.sampled_from([0, 0, 1, 30, 3600]),
        st.integers(1, 2),
    ),
    min_size=2,
    max_size=12,
)


class Door:
    """The door over a ledger in memory, spoken to in octets."""

    def __init__(self, snapshot):
        engine = Engine(snapshot, snapshot.charging, Ledger(), at="scp", own_timers=False)
        self.port = DirectPort(engine)
        self.door = DiameterDoor(Charger(self.port), "scp", "realm")
        self.now = START_NS

    def ask(self, session, kind, number, calling="9255550200", used=None, *, requested=True):
        asked = cc.CreditRequest(
            session, kind, number, calling, "2125550000", used, requested=requested and kind != cc.TERMINATION,
            origin_host="h", origin_realm="r",
        )  # fmt: skip
        octets = encode(cc.request_message(asked, 1, 1))
        return ca.read_answer(decode(encode(self.door.answer(decode(octets), self.now))))

    def pass_time(self, seconds):
        self.now += seconds * SECOND_NS
        self.port.handle_timer(self.now // 1_000_000)


@settings(max_examples=120)
@given(asked=requests)
def test_whatever_comes_is_charged_once(snapshot_of, asked):
    door = Door(snapshot_of())
    desk = door.port.engine.desk
    for session, kind, number, calling, used, later, times in asked:
        door.pass_time(later)
        answers = [door.ask(session, kind, number, calling, used) for _ in range(times)]
        if kind == cc.TERMINATION and answers[0].result == 2001:
            assert [one.cost for one in answers] == [answers[0].cost] * times
        assert problems(desk.ledger) == []
        for row in desk.charging.rows.accounts:
            money = desk.money(row.account)
            assert money.posted - money.reserved >= -(row.credit_limit + row.overrun)
    for _ in range(3):
        door.pass_time(2 * 86_400)
    assert not desk.ledger.reservations
    for account in LINES.values():
        charged = sum(one.charge for one in records_of(desk, account))
        assert desk.money(account).used == charged


def test_a_request_that_jumps_is_served_and_an_old_one_is_not(snapshot_of):
    """CC-Request-Number grows by any step (a request may be lost); what came before the last one is no repeat any more."""
    door = Door(snapshot_of())
    assert door.ask("h;1", cc.INITIAL, 0).granted_s == 60
    assert door.ask("h;1", cc.UPDATE, 1, requested=False).granted_s == 60
    first = door.ask("h;1", cc.UPDATE, 5, used=50)
    assert (first.result, first.granted_s) == (2001, 70)
    assert door.ask("h;1", cc.UPDATE, 5, used=50) == first
    assert door.ask("h;1", cc.UPDATE, 4, used=50).result == 5012
    ended = door.ask("h;1", cc.TERMINATION, 6, used=10)
    assert ended.cost == cc.Money(1, 0, 840)
    assert door.ask("h;1", cc.TERMINATION, 6, used=10) == ended
    assert door.ask("h;1", cc.TERMINATION, 7, used=600).cost == ended.cost
    assert door.ask("h;1", cc.UPDATE, 8, used=1).result != 2001


@pytest.mark.parametrize("field", ["calling", "called"])
def test_the_same_session_for_another_call_is_refused(field, snapshot_of):
    door = Door(snapshot_of())
    door.ask("h;1", cc.INITIAL, 0)
    asked = cc.CreditRequest(
        "h;1", cc.INITIAL, 0, "9255550200", "2125550000", requested=True, origin_host="h", origin_realm="r"
    )
    other = msgspec.structs.replace(asked, **{field: "9255550201"})
    given = ca.read_answer(door.door.answer(cc.request_message(other, 1, 1), door.now))
    assert given.result == 5012
    assert len(door.port.engine.desk.open_calls) == 1
