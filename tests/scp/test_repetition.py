"""A query repeated within T1 has one effect and one answer."""

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.repetition import Repeated, Repetition
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.tcap import ComponentType, RejectProblem, decode_package

CALL = {
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "calling_party": "9258341234",
    "access_code": "7",
    "dialed": "9212000",
    "bearer": "SPEECH",
    "time": "2001-01-17T10:00:00",
}
T1 = 3_000_000_000


def test_a_repeated_query_gets_the_same_octets_and_one_sample(probe):
    asked = probe()
    octets = asked.query_octets(CALL)
    asked.node.receive(octets, "STP", 0)
    first = asked.node.octets_to_send()
    assert len(asked.node.samples()) == 1
    asked.node.receive(octets, "STP", T1 - 1)
    assert asked.node.octets_to_send() == first
    assert asked.node.samples() == []
    assert (asked.node.counters["answered"], asked.node.counters["replayed"]) == (1, 1)


def test_a_repetition_by_another_link_is_answered_there(probe):
    asked = probe()
    octets = asked.query_octets(CALL)
    asked.node.receive(octets, "STP1", 0)
    ((_, first),) = asked.node.octets_to_send()
    asked.node.receive(octets, "STP2", 1)
    assert asked.node.octets_to_send() == [("STP2", first)]


def test_after_t1_the_same_octets_are_a_new_query(probe):
    asked = probe()
    octets = asked.query_octets(CALL)
    for now in (0, T1):
        asked.node.receive(octets, "STP", now)
    assert asked.node.counters["answered"] == 2
    assert len(asked.node.samples()) == 2


def test_a_repetition_while_the_first_waits_has_one_effect(probe):
    asked = probe()
    octets = asked.query_octets(CALL)
    for now in (0, 1):
        asked.node.offer(octets, "STP", now)
    assert asked.node.in_flight == 2
    while asked.node.work(2):
        pass
    first, second = asked.node.octets_to_send()
    assert first == second
    assert len(asked.node.samples()) == 1


def test_another_query_under_the_same_transaction_id_is_rejected(probe):
    asked = probe()
    asked.send(asked.query_octets(CALL))
    asked.transaction -= 1
    (package,) = asked.send(asked.query_octets(CALL | {"dialed": "9213000"}))
    (component,) = package.components
    assert (component.kind, component.code) == (
        ComponentType.REJECT,
        RejectProblem.INVOKE_DUPLICATE_INVOCATION,
    )
    assert asked.node.counters["rejected_duplicate"] == 1
    assert len(asked.node.samples()) == 1


def test_the_same_transaction_id_of_another_switch_is_another_query(probe):
    asked = probe()
    asked.send(asked.query_octets(CALL))
    asked.transaction -= 1
    asked.node.receive(asked.query_octets(CALL, opc=0xF60405), "STP", 0)
    ((_, out),) = asked.node.octets_to_send()
    data = m3ua.decode(out).protocol_data
    assert data.dpc == 0xF60405
    assert decode_package(sccp.decode(data.payload).data).responding == asked.transaction
    assert asked.node.counters["answered"] == 2


def test_t1_of_zero_keeps_nothing(probe):
    asked = probe(config=NodeConfig(t1_ms=0))
    octets = asked.query_octets(CALL)
    for _ in range(2):
        asked.node.receive(octets, "STP", 0)
    assert asked.node.counters["answered"] == 2
    assert len(asked.node.repetition) == 0


def test_two_thousand_queries_with_repetitions_have_one_effect_each(probe):
    """Source: reliability target D5: 2 % repeated once, some three times, out of order."""
    import random

    asked, chance = probe(), random.Random(5)
    queries = [asked.query_octets(CALL) for _ in range(2_000)]
    sent = queries + [one for one in queries if chance.random() < 0.02 for _ in range(chance.randint(1, 3))]
    chance.shuffle(sent)
    for place, octets in enumerate(sent):
        asked.node.receive(octets, "STP", place * 100_000)
    assert asked.node.counters["answered"] == len(asked.node.samples()) == 2_000
    assert asked.node.counters["replayed"] == len(sent) - 2_000 > 0


def test_the_table_is_bounded_and_tells_what_it_forgot_too_soon():
    table = Repetition(1_000, 3)
    for transaction in range(5):
        table.keep((1, transaction), b"q", b"a%d" % transaction, 0)
    assert (len(table), table.forgotten) == (3, 2)
    assert table.answer((1, 1), b"q", 1) is Repeated.NEW
    assert table.answer((1, 4), b"q", 1) == b"a4"
    assert table.answer((1, 4), b"other", 1) is Repeated.OTHER_CONTENT


@pytest.mark.parametrize(("now", "length"), [(999, 3), (1_000, 1), (5_000, 1)])
def test_old_answers_go_when_new_ones_come(now, length):
    table = Repetition(1_000, 10)
    for transaction in range(2):
        table.keep((1, transaction), b"q", b"a", 0)
    table.keep((1, 9), b"q", b"a", now)
    assert len(table) == length
    assert table.forgotten == 0
