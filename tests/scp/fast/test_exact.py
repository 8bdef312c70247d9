"""The node that knows messages again: what it answers, counts, decides and samples is what the general node does."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.exact import ExactNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.decision_json import decision_form
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import encode_package, invoke, query, unidirectional
from ain_scp.terms.localtime import parse
from ain_scp.terms.trace import Trace

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
NOON = parse("2001-01-17T12:00:00") * 1_000_000_000
MINUTE = 60_000_000_000


class Pair:
    """Both nodes asked the same."""

    def __init__(self, program, *, sampling=True):
        draws = [itertools.cycle(range(0, 10_000, 377)) for _ in range(2)]
        self.general = ScpNode(program, NodeConfig(), draws[0].__next__, record_decisions=True)
        self.exact = ExactNode(program, NodeConfig(), draws[1].__next__, sampling=sampling)
        self.sampling = sampling

    def ask(self, octets, now=NOON):
        for node in (self.general, self.exact):
            node.receive(octets, "link", now)
        assert self.exact.octets_to_send() == self.general.octets_to_send()
        assert +self.exact.counters == +self.general.counters
        assert _decisions(self.exact) == _decisions(self.general)
        assert self.exact.next_timer() == self.general.next_timer()
        samples = self.exact.samples(), self.general.samples()
        assert samples[0] == samples[1] or not self.sampling


def _decisions(node):
    """What the node tells of its decisions, without their paths."""
    told = []
    while (event := node.next_event()) is not None:
        form = None if event.decision is None else decision_form(event.decision, Trace())
        told.append((event.link, event.opc, event.transaction, event.time_ns, event.echo, form, event.error))
    return told


def _unit(package, sls=5):
    unit = sccp.UnitData(sccp.Address(250, SCP), sccp.Address(250, SSP), encode_package(package))
    return m3ua.data(SSP, SCP, 3, 2, 0, sls, sccp.encode(unit))


def _host_query(transaction, original="4155551234", calling="9258341234", called="9257893412"):
    known = operation_named("terminationAttempt")
    values = {
        "userID": UserID(UserIDChoice.DN, digits=called),
        "bearerCapability": 0,
        "triggerCriteriaType": 15,
        "callingPartyID": Digits(3, 1, calling),
        "calledPartyID": Digits(3, 1, called),
        "originalCalledPartyID": Digits(3, 1, original),
    }
    return _unit(query(transaction, invoke(known.code, encode_parameters(known, values), 1)))


def _notification(echo, indicator=0, tenths=None, sls=5):
    known = operation_named("terminationNotification")
    values = {"echoData": echo, "terminationIndicator": bytes((indicator,))}
    if tenths is not None:
        values["connectTime"] = tenths
    return _unit(unidirectional(invoke(known.code, encode_parameters(known, values), 1)), sls)


@pytest.mark.parametrize("sampling", [True, False])
@settings(max_examples=60)
@given(data=st.data())
def test_any_mixture_of_messages(program_of, query_octets, data, sampling):
    """Queries again and again, repeated ones, hosts, notifications, wrong octets, some minutes apart."""
    both = Pair(program_of(None), sampling=sampling)
    now = NOON
    callers = st.sampled_from(["9258341234", "9258341235", "9257884102", "4159215678", "9258340000"])
    dialed = st.sampled_from(
        ["9212000", "14159215678", "911", "01144207946099", "19005551000", "", "4085551002"]
    )
    for number in range(data.draw(st.integers(1, 25))):
        kind = data.draw(st.sampled_from(["ask", "ask", "again", "host", "end", "broken"]))
        now += data.draw(st.sampled_from([0, 1_000_000, 4_000_000_000, MINUTE, 60 * MINUTE]))
        if kind in {"ask", "again"}:
            transaction = number if kind == "ask" else max(number - 1, 0)
            access = data.draw(st.sampled_from(["7", "9", "8"]))
            octets = query_octets(data.draw(callers), data.draw(dialed), access, transaction, sls=number)
        elif kind == "host":
            octets = _host_query(number, data.draw(st.sampled_from(["4155551234", "2125550100"])))
        elif kind == "end":
            echo = bytes((1, 0, 0, 0, 0, number))
            octets = _notification(
                echo, data.draw(st.integers(0, 5)), data.draw(st.none() | st.integers(0, 9999))
            )
        else:
            octets = query_octets(transaction=number)[: data.draw(st.integers(1, 150))]
        both.ask(octets, now)


def test_the_second_message_of_a_kind_is_answered_shortly(program_of, query_octets):
    """A query, a host's query and a notification are general the first time and short the second time."""
    both = Pair(program_of(None))
    for number in (1, 2):
        both.ask(query_octets("9258341234", "9212000", "7", number, sls=number))
        both.ask(_host_query(100 + number))
        both.ask(_notification(bytes((1, 0, 0, 0, 0, number)), 0, 300 + number, sls=number))
        both.ask(_notification(bytes((1, 0, 0, 0, 1, number)), 1))
        assert both.exact.short == 4 * (number - 1)


def test_changed_messages_are_taken_as_the_general_node_takes_them(program_of, query_octets):
    """Any octet may be wrong: mutations of known queries, a host's and notifications, one to three octets each."""
    both, chance = Pair(program_of(None)), random.Random(7)
    for number in range(400):
        whole = chance.choice(
            [
                query_octets("9258341234", "9212000", "7", number, sls=number & 0xFF),
                query_octets("9257884102", "14159215678", "9", number),
                _host_query(number),
                _notification(bytes((1, 0, 0, 0, 0, number & 0xFF)), 0, number, sls=number & 0xFF),
            ]
        )
        octets = bytearray(whole)
        for _ in range(chance.choice((0, 0, 1, 2, 3))):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        both.ask(bytes(octets))
    assert both.exact.short > 100


def test_a_repeated_query_is_not_answered_as_a_new_one(program_of, query_octets):
    """Within T1 the same transaction gets the same answer once more, and other content under it a reject."""
    both = Pair(program_of(None))
    for transaction in (1, 2, 2, 2):
        both.ask(query_octets("9258341234", "9212000", "7", transaction))
    both.ask(query_octets("9258341234", "9213000", "7", 2))
    assert both.exact.counters["replayed"] == 2
    assert both.exact.counters["rejected_duplicate"] == 1


RULES = "customers/GOLDEN/asf_profiles/CONCORD/rules"


def test_calls_shared_by_percentage_are_shared_the_same_way(program_of, query_octets):
    """A-127: one draw a query, also for those that need none; every percent is decided by itself."""
    rules = [
        {"if": {"percent": 70}, "trunk_groups": ["0000-0301"], "carriers": []},
        {"if": {"percent": 30}, "trunk_groups": [], "carriers": ["0222"]},
    ]
    both = Pair(program_of({RULES: rules}))
    for number in range(120):
        caller = "9258341234" if number % 3 else "9257884101"
        both.ask(query_octets(caller, "14157770100", "7", number))
    assert 20 < both.exact.short < 118


def test_rules_that_ask_for_the_time_are_asked_again(program_of, query_octets):
    """A-124, A-125: what differs after 17:00 is decided the general way once."""
    both = Pair(program_of(None))
    for number in range(100):
        both.ask(query_octets("9257884101", "12137770100", "9", number), NOON + number // 3 * 20 * MINUTE)
    assert both.exact.short == 98


def test_the_short_way_rests_when_the_network_tells_its_status(program_of, query_octets):
    """After management every message takes the general way."""
    both = Pair(program_of(None))
    both.ask(m3ua.encode(m3ua.Message(MessageKind.ASPUP)))
    for number in range(3):
        both.ask(query_octets("9258341234", "9212000", "7", number))
    assert both.exact.short == 0
