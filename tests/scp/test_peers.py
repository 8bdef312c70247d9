"""Who is heard: strangers get nothing, peers what their row allows; mates share an alias and keep their own name."""

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.m3ua.peers import Peer
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp.structs import GlobalTitle
from ain_scp.signaling.tcap import PackageType, decode_package

SCP, SSP, ALIAS = (parse_point_code(code) for code in ("245-1-2", "246-3-4", "245-1-0"))
CALL = {
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "calling_party": "9258341234",
    "access_code": "7",
    "dialed": "9212000",
    "bearer": "SPEECH",
    "time": "2001-01-17T10:00:00",
}
ROW = Peer(
    "stp1",
    frozenset({"192.0.2.1"}),
    frozenset({SSP}),
    frozenset({100}),
    frozenset({250}),
    frozenset({254}),
    network_appearance=None,
)
SCREENED = NodeConfig(peers=(ROW,))
LINK = "udp://192.0.2.1:2905"


def tcap_of(octets):
    return sccp.decode(m3ua.decode(octets).protocol_data.payload).data


def send(asked, octets, link=LINK):
    asked.node.receive(octets, link, 0)
    return asked.node.octets_to_send()


def data(asked, *, opc=SSP, si=3, context=100, appearance=None, called=None):
    package = tcap_of(asked.query_octets(CALL))
    unit = sccp.UnitData(called or sccp.Address(250, SCP), sccp.Address(250, opc), package)
    return m3ua.data(opc, SCP, si, 2, 0, 5, sccp.encode(unit), context, appearance)


def test_a_peer_is_answered(probe):
    asked = probe(config=SCREENED)
    ((link, octets),) = send(asked, data(asked))
    assert link == LINK
    assert decode_package(tcap_of(octets)).kind is PackageType.RESPONSE


REFUSED = [
    ("another address", {}, "udp://192.0.2.2:2905", "dropped_address", None),
    ("origin point code", {"opc": SCP + 1}, LINK, "dropped_origin_point_code", None),
    ("service indicator", {"si": 5}, LINK, "dropped_peer_service_indicator", None),
    ("routing context", {"context": 101}, LINK, "dropped_routing_context", 0x19),
    ("network appearance", {"appearance": 7}, LINK, "dropped_network_appearance", 0x15),
    ("subsystem", {"called": sccp.Address(251, SCP)}, LINK, "dropped_subsystem", None),
    (
        "translation type",
        {"called": sccp.Address(0, None, GlobalTitle(10, "9258341234"), route_on_ssn=False)},
        LINK,
        "dropped_translation_type",
        None,
    ),
]


@pytest.mark.parametrize(
    ("what", "fields", "link", "counter", "error"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_what_no_row_allows_is_refused_and_counted(what, fields, link, counter, error, probe):
    """Source: reliability target S1: 0 of 10,000 accepted, no service data returned."""
    asked = probe(config=SCREENED)
    answers = []
    for _ in range(100):
        answers += send(asked, data(asked, **fields), link)
    assert asked.node.counters[counter] == 100
    assert asked.node.counters["answered"] == 0
    assert {m3ua.decode(octets).error_code for _, octets in answers} == ({error} if error else set())
    assert all(m3ua.decode(octets).kind == MessageKind.ERR for _, octets in answers)


@pytest.mark.parametrize(
    "message", [m3ua.Message(MessageKind.BEAT, heartbeat=b"x"), m3ua.Message(MessageKind.ASPUP)]
)
def test_a_stranger_gets_nothing_for_management_either(message, probe):
    asked = probe(config=SCREENED)
    assert send(asked, m3ua.encode(message), "udp://198.51.100.1:2905") == []
    assert asked.node.counters["dropped_address"] == 1


def test_a_peer_is_told_that_its_message_is_none_and_a_stranger_is_not(probe):
    asked = probe(config=SCREENED)
    broken = b"\x02" + m3ua.encode(m3ua.Message(MessageKind.ASPUP))[1:]
    ((_, octets),) = send(asked, broken)
    assert (m3ua.decode(octets).kind, m3ua.decode(octets).error_code) == (MessageKind.ERR, 1)
    assert send(asked, broken, "udp://198.51.100.1:2905") == []
    error = b"\x02" + m3ua.encode(m3ua.Message(MessageKind.ERR, error_code=1))[1:]
    assert send(asked, error) == []


def test_errors_are_sent_at_a_bounded_rate(probe):
    """Source: reliability target O6."""
    asked = probe(config=NodeConfig(peers=(ROW,), refusals_per_second=50))
    broken = b"\x02" + m3ua.encode(m3ua.Message(MessageKind.ASPUP))[1:]
    assert sum(len(send(asked, broken)) for _ in range(1_000)) == 50
    assert asked.node.counters["rejected_m3ua"] == 50
    assert asked.node.counters["dropped_m3ua"] == 950


def test_rejects_of_one_link_are_bounded_and_another_link_is_not_touched(probe):
    """Source: reliability target B5."""
    asked = probe(config=NodeConfig(refusals_per_second=50))
    bad = asked.wrap(bytes.fromhex("e220c70400000007e817e915cf0101d10264"))
    assert sum(len(send(asked, bad, "bad")) for _ in range(1_000)) == 50
    assert asked.node.counters["dropped_refusals_limited"] == 950
    assert len(send(asked, asked.query_octets(CALL), "good")) == 1
    assert len(send(asked, bad, "good")) == 1


def test_a_message_for_another_point_code_or_another_node_goes_nowhere(probe):
    asked = probe()
    package = tcap_of(asked.query_octets(CALL))
    elsewhere = sccp.UnitData(sccp.Address(250, SSP + 1), sccp.Address(250, SSP), package, 1, True)
    assert send(asked, m3ua.data(SSP, SCP, 3, 2, 0, 5, sccp.encode(elsewhere), 100)) == []
    assert send(asked, asked.wrap(package, dpc=SSP + 1)) == []
    assert asked.node.counters["dropped_not_ours"] == asked.node.counters["dropped_destination"] == 1


def test_a_query_to_the_alias_is_answered_from_the_nodes_own_point_code(probe):
    asked = probe(config=NodeConfig(alias_point_codes=frozenset({ALIAS})))
    package = tcap_of(asked.query_octets(CALL))
    ((_, octets),) = send(asked, asked.wrap(package, dpc=ALIAS))
    label = m3ua.decode(octets).protocol_data
    assert (label.opc, label.dpc) == (SCP, SSP)
    assert sccp.decode(label.payload).calling.point_code == SCP


def test_an_answer_to_a_global_title_goes_back_to_who_translated_ours(probe):
    asked = probe()
    package = tcap_of(asked.query_octets(CALL))
    stp = parse_point_code("240-1-1")
    calling = sccp.Address(0, None, GlobalTitle(254, "9258341234"), route_on_ssn=False)
    unit = sccp.UnitData(sccp.Address(250, SCP), calling, package)
    ((_, octets),) = send(asked, m3ua.data(stp, SCP, 3, 2, 0, 5, sccp.encode(unit), 100))
    label = m3ua.decode(octets).protocol_data
    assert label.dpc == stp
    assert sccp.decode(label.payload).called == calling


def test_a_switch_that_asks_can_be_reached_whatever_was_said_of_it(probe):
    """DUNA from anybody must not silence a switch: its own query proves the way."""
    asked = probe()
    duna = m3ua.Message(MessageKind.DUNA, affected_point_codes=(m3ua.AffectedPointCode(SSP),))
    send(asked, m3ua.encode(duna))
    assert len(send(asked, asked.query_octets(CALL))) == 1
    assert asked.node.counters["answers_undeliverable"] == 0


def test_mates_make_different_echo_data_and_transaction_ids(probe):
    mates = [probe(config=NodeConfig(node_id=number)) for number in (1, 2)]
    echoes = [mate.ask(CALL)["sendNotification"]["echoData"] for mate in mates]
    assert echoes[0] != echoes[1]
    assert [echo[0] for echo in echoes] == [1, 2]
