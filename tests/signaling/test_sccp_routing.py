"""Routing control: every message is delivered, passed on, returned with the right cause, or dropped and counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import sccp
from ain_scp.signaling.mtp3 import RoutingLabel, parse_point_code
from ain_scp.signaling.sccp import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    GlobalTitle,
    ReturnCause,
    UnitData,
    UnitDataService,
)
from ain_scp.signaling.sccp.management import (
    Management,
    ManagementKind,
    decode_management,
    encode_management,
    management_unit_data,
)
from ain_scp.signaling.sccp.routing import NoticeIndication, SccpRouting, UnitDataIndication, reply_address
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.signaling.sccp.translation import Title, Translation, TranslationTable

S = 1_000_000_000
OWN, SSP, OTHER = parse_point_code("245-1-2"), parse_point_code("246-3-4"), parse_point_code("247-1-1")
LABEL = RoutingLabel(SSP, OWN, 5)
HERE, THERE = Address(250, OWN), Address(250, SSP)
ROWS = (
    Translation(254, "908", OTHER, ssn=247),
    Translation(254, "9085551", OWN, ssn=250),
    Translation(254, "212", OTHER, route_on_ssn=False, title=Title.KEEP),
    Translation(254, "213", OTHER, route_on_ssn=False, title=Title.REPLACE, replacement=GlobalTitle(7, "99")),
    Translation(11, "", OWN, route_on_ssn=False, title=Title.KEEP),
)


def title(digits, translation_type=254, ssn=0):
    return Address(ssn, None, GlobalTitle(translation_type, digits), route_on_ssn=False)


def node(**fields):
    return SccpRouting(frozenset({OWN}), frozenset({250, 251}), TranslationTable(ROWS), **fields)


def receive(routing, message, label=LABEL, now=0):
    routing.receive(sccp.encode(message), label, now)
    return routing.next_event(), routing.octets_to_send()


def test_a_message_for_our_ssn_is_delivered_with_its_label():
    event, transfers = receive(node(), UnitData(HERE, THERE, b"q", 1, True))
    assert event == UnitDataIndication(HERE, THERE, b"q", LABEL, 1, return_on_error=True)
    assert transfers == ()


def test_a_called_address_without_point_code_is_ours():
    event, _ = receive(node(), UnitData(Address(250), THERE, b"q"))
    assert event.data == b"q"


def test_another_point_code_is_passed_on_with_its_link_selection():
    event, (transfer,) = receive(node(), UnitData(Address(9, OTHER), THERE, b"q"))
    assert event is None
    assert transfer.label == RoutingLabel(OWN, OTHER, 5)
    assert sccp.decode(transfer.octets) == UnitData(Address(9, OTHER), THERE, b"q")


@pytest.mark.parametrize(
    ("called", "result"),
    [
        (title("9085559999"), Address(247, OTHER)),
        (title("2125559999", ssn=8), Address(8, OTHER, GlobalTitle(254, "2125559999"), route_on_ssn=False)),
        (title("2135559999"), Address(0, OTHER, GlobalTitle(7, "99"), route_on_ssn=False)),
    ],
)
def test_a_title_goes_where_its_longest_prefix_says(called, result):
    _, (transfer,) = receive(node(), UnitData(called, THERE, b"q"))
    assert transfer.label.dpc == OTHER
    assert sccp.decode(transfer.octets).called == result


def test_a_title_translated_to_ourselves_is_delivered():
    event, _ = receive(node(), UnitData(title("9085551234"), THERE, b"q"))
    assert event.called == Address(250, OWN)


# id, change of the node, called address -> cause
CAUSES = [
    ("00 no translation for nature", None, title("908", 9), ReturnCause.NO_TRANSLATION_FOR_NATURE),
    ("00 no title at all", None, Address(250, route_on_ssn=False), ReturnCause.NO_TRANSLATION_FOR_NATURE),
    ("01 no translation for address", None, title("301"), ReturnCause.NO_TRANSLATION_FOR_ADDRESS),
    (
        "02 subsystem congestion",
        lambda n: n.status.set_local(250, ReturnCause.SUBSYSTEM_CONGESTION),
        HERE,
        ReturnCause.SUBSYSTEM_CONGESTION,
    ),
    (
        "03 subsystem failure",
        lambda n: n.status.set_local(250, ReturnCause.SUBSYSTEM_FAILURE),
        HERE,
        ReturnCause.SUBSYSTEM_FAILURE,
    ),
    (
        "03 far subsystem prohibited",
        lambda n: receive(n, management_unit_data(Management(ManagementKind.SSP, 9, OTHER), OWN, OTHER)),
        Address(9, OTHER),
        ReturnCause.SUBSYSTEM_FAILURE,
    ),
    ("04 unequipped user", None, Address(99, OWN), ReturnCause.UNEQUIPPED_USER),
    ("04 no SSN", None, Address(None, OWN), ReturnCause.UNEQUIPPED_USER),
    ("05 MTP failure", lambda n: n.status.mtp_pause(OTHER), Address(9, OTHER), ReturnCause.MTP_FAILURE),
    (
        "06 network congestion",
        lambda n: n.status.mtp_status(OTHER, 1),
        Address(9, OTHER),
        ReturnCause.NETWORK_CONGESTION,
    ),
    ("0b title that leads back", None, title("1", 11), ReturnCause.SCCP_FAILURE),
]
CAUSE_IDS = [row[0] for row in CAUSES]


@pytest.mark.parametrize(("name", "change", "called", "cause"), CAUSES, ids=CAUSE_IDS)
def test_return_on_error_set(name, change, called, cause):
    routing = node()
    if change:
        change(routing)
    event, (transfer,) = receive(routing, UnitData(called, THERE, b"q", 0, True))
    assert event is None
    assert transfer.label == RoutingLabel(OWN, SSP, 5)
    assert sccp.decode(transfer.octets) == UnitDataService(THERE, called, b"q", cause)
    assert routing.counters[f"returned_{cause.name.lower()}"] == 1


@pytest.mark.parametrize(("name", "change", "called", "cause"), CAUSES, ids=CAUSE_IDS)
def test_return_on_error_clear(name, change, called, cause):
    routing = node()
    if change:
        change(routing)
    assert receive(routing, UnitData(called, THERE, b"q")) == (None, ())
    assert routing.counters[f"dropped_{cause.name.lower()}"] == 1


@pytest.mark.parametrize(("name", "change", "called", "cause"), CAUSES, ids=CAUSE_IDS)
def test_no_service_message_for_a_service_message(name, change, called, cause):
    for service in (UnitDataService(called, THERE, b"q", 1), ExtendedUnitDataService(called, THERE, b"q", 1)):
        routing = node()
        if change:
            change(routing)
        _, transfers = receive(routing, service)
        assert transfers == ()


def test_an_xudt_comes_back_as_xudts():
    _, (transfer,) = receive(node(), ExtendedUnitData(Address(99, OWN), THERE, b"q", 0, True))
    back = sccp.decode(transfer.octets)
    assert back == ExtendedUnitDataService(THERE, Address(99, OWN), b"q", ReturnCause.UNEQUIPPED_USER)


@pytest.mark.parametrize(
    ("kind", "service"),
    [(ExtendedUnitData, ExtendedUnitDataService), (sccp.LongUnitData, sccp.LongUnitDataService)],
)
@pytest.mark.parametrize(("hops", "left"), [(1, None), (2, 1), (15, 14)])
def test_each_translation_takes_a_hop(hops, left, kind, service):
    message = kind(title("9085559999"), THERE, b"q", 0, True, hops)
    _, (transfer,) = receive(node(), message)
    result = sccp.decode(transfer.octets)
    assert type(result) is (service if left is None else kind)
    if left is None:
        assert result.return_cause == ReturnCause.HOP_COUNTER_VIOLATION
    else:
        assert result.hop_counter == left


def test_a_calling_address_with_ssn_only_is_answered_at_its_origin():
    event, _ = receive(node(), UnitData(HERE, Address(250), b"q"))
    assert reply_address(event.calling, event.label.opc) == Address(250, SSP)
    _, (transfer,) = receive(node(), UnitData(Address(99, OWN), Address(250), b"q", 0, True))
    assert transfer.label.dpc == SSP


def test_a_calling_title_is_translated_on_the_way_back():
    _, (transfer,) = receive(node(), UnitData(Address(99, OWN), title("2125550000"), b"q", 0, True))
    assert transfer.label.dpc == OTHER
    assert reply_address(title("2125550000"), SSP) == title("2125550000")


def test_a_returned_message_is_a_notice_for_its_subsystem():
    event, _ = receive(node(), UnitDataService(HERE, THERE, b"q", 4))
    assert event == NoticeIndication(HERE, THERE, b"q", LABEL, 4)


def test_our_own_message_that_cannot_go_is_a_notice_at_once():
    routing = node()
    routing.status.mtp_pause(SSP)
    routing.send(UnitData(THERE, HERE, b"a", 0, True), OWN, 3, 0)
    event = routing.next_event()
    assert (event.called, event.return_cause) == (HERE, ReturnCause.MTP_FAILURE)
    assert routing.octets_to_send() == ()


def test_segments_are_delivered_as_one_message():
    routing = node()
    for piece in segment(ExtendedUnitData(HERE, THERE, bytes(900)), 5):
        routing.receive(sccp.encode(piece), LABEL, 0)
    assert routing.next_event().data == bytes(900)
    assert routing.next_event() is None


def test_a_lost_segment_returns_cannot_reassemble():
    routing = node()
    pieces = segment(ExtendedUnitData(HERE, THERE, bytes(900), 0, True), 5)
    receive(routing, pieces[0])
    _, (transfer,) = receive(routing, pieces[2])
    assert sccp.decode(transfer.octets).return_cause == ReturnCause.CANNOT_REASSEMBLE


def test_old_segments_are_dropped_by_the_timer():
    routing = node()
    receive(routing, segment(ExtendedUnitData(HERE, THERE, bytes(900)), 5)[0], now=S)
    assert routing.next_timer() == 6 * S
    routing.handle_timer(6 * S)
    assert routing.counters["dropped_reassembly_too_old"] == 1
    assert routing.next_timer() is None


def test_returns_are_limited():
    routing = node(returns_per_second=5.0)
    for _ in range(100):
        routing.receive(sccp.encode(UnitData(Address(99, OWN), THERE, b"q", 0, True)), LABEL, 0)
    assert len(routing.octets_to_send()) == 5
    assert routing.counters["dropped_returns_limited"] == 95


@pytest.mark.parametrize(
    ("octets", "counter"), [("", "malformed"), ("0900", "malformed"), ("0600", "unknown_type")]
)
def test_wrong_octets_are_counted(octets, counter):
    routing = node()
    routing.receive(bytes.fromhex(octets), LABEL, 0)
    assert routing.counters[f"dropped_{counter}"] == 1
    assert routing.next_event() is None


# management: id, SSN under test, SSN prohibited before -> answered with SSA
@pytest.mark.parametrize(
    ("name", "ssn", "refusal", "answered"),
    [
        ("SST(ssn 1)", 1, None, True),
        ("SST(valid)", 250, None, True),
        ("SST(invalid)", 99, None, False),
        ("SST(prohibited)", 250, ReturnCause.SUBSYSTEM_FAILURE, False),
    ],
)
def test_subsystem_status_test(name, ssn, refusal, answered):
    routing = node()
    if refusal is not None:
        routing.status.set_local(ssn, refusal)
    _, transfers = receive(routing, management_unit_data(Management(ManagementKind.SST, ssn, OWN), OWN, SSP))
    if not answered:
        assert transfers == ()
        return
    answer = sccp.decode(transfers[0].octets)
    assert transfers[0].label.dpc == SSP
    assert (answer.called.ssn, answer.calling.ssn) == (1, 1)
    assert decode_management(answer.data) == Management(ManagementKind.SSA, ssn, OWN)


def test_a_prohibited_subsystem_is_tested_until_it_is_allowed():
    routing = node()
    receive(routing, management_unit_data(Management(ManagementKind.SSP, 9, OTHER), OWN, OTHER), now=0)
    due = []
    for _ in range(7):
        at = routing.next_timer()
        routing.handle_timer(at)
        (transfer,) = routing.octets_to_send()
        test = decode_management(sccp.decode(transfer.octets).data)
        assert (test.kind, test.affected_ssn, transfer.label.dpc) == (ManagementKind.SST, 9, OTHER)
        due.append(at)
    assert due == [at * S for at in (30, 90, 210, 450, 930, 1530, 2130)]
    receive(routing, management_unit_data(Management(ManagementKind.SSA, 9, OTHER), OWN, OTHER))
    assert routing.next_timer() is None
    _, (transfer,) = receive(routing, UnitData(Address(9, OTHER), THERE, b"q"))
    assert transfer.label.dpc == OTHER


def test_status_tables_are_bounded():
    routing = node()
    for ssn in range(2, 255):
        for point_code in (OTHER, OTHER + 1):
            message = management_unit_data(Management(ManagementKind.SSP, ssn, point_code), OWN, OTHER)
            routing.receive(sccp.encode(message), LABEL, 0)
    assert len(routing.status._prohibited) == 256
    for point_code in range(2000):
        routing.status.mtp_pause(point_code)
    assert len(routing.status._paused) == 1024


def test_congestion_and_pause_end():
    routing = node()
    routing.status.mtp_status(OTHER, 2)
    routing.status.mtp_status(OTHER, 0)
    assert routing.status.refusal(OTHER, 9) is None
    routing.status.mtp_status(OTHER, 2)
    routing.status.mtp_pause(OTHER)
    routing.status.mtp_resume(OTHER)
    assert routing.status.refusal(OTHER, 9) is None


def test_other_management_messages_are_counted():
    routing = node()
    receive(routing, management_unit_data(Management(ManagementKind.SOR, 9, OTHER), OWN, OTHER))
    receive(routing, UnitData(Address(1, OWN), Address(1, SSP), b"\x01"))
    assert routing.counters["management_ignored"] == 1
    assert routing.counters["dropped_management_malformed"] == 1


def test_an_unequipped_subsystem_cannot_be_set():
    with pytest.raises(KeyError):
        node().status.set_local(99, None)


def test_management_octets_both_ways():
    """The SST and SSA of the captured vectors."""
    for octets, message in (
        ("03fa0201f500", Management(ManagementKind.SST, 250, OWN)),
        ("01fa0201f500", Management(ManagementKind.SSA, 250, OWN)),
    ):
        assert encode_management(message).hex() == octets
        assert decode_management(bytes.fromhex(octets)) == message
        for end in range(6):
            with pytest.raises(sccp.message.DecodeError):
                decode_management(bytes.fromhex(octets)[:end])
    with pytest.raises(ValueError):
        encode_management(Management(1, 1, 1 << 24))


def test_a_node_needs_a_point_code():
    with pytest.raises(ValueError, match="point code"):
        SccpRouting(frozenset(), frozenset())


def test_a_table_reports_all_its_problems():
    rows = (
        Translation(256, "1", OTHER),
        Translation(1, "x", 1 << 24, ssn=256),
        Translation(1, "2", OTHER, title=Title.REPLACE),
        Translation(1, "3", OTHER, route_on_ssn=False),
        Translation(1, "4", OTHER),
        Translation(1, "4", OWN),
    )
    with pytest.raises(ValueError) as caught:
        TranslationTable(rows)
    text = str(caught.value)
    assert text.count(";") == 6
    for part in (
        "translation type must",
        "prefix must",
        "point code must",
        "SSN must",
        "replacement",
        "twice",
    ):
        assert part in text


prefixes = st.text("012", max_size=4)


@given(
    st.dictionaries(st.tuples(st.integers(0, 1), prefixes), st.integers(0, 9), max_size=20),
    st.text("012", max_size=6),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_translation_equals_a_slow_search(rows, digits):
    table = TranslationTable(tuple(Translation(kind, prefix, pc) for (kind, prefix), pc in rows.items()))
    fitting = [key for key in rows if key[0] == 1 and digits.startswith(key[1])]
    expected = rows[max(fitting, key=lambda key: len(key[1]))] if fitting else None
    found = table.translate(GlobalTitle(1, digits))
    assert (found.point_code if found else None) == expected


called = st.sampled_from(
    [HERE, Address(251), Address(99, OWN), Address(1, OWN), Address(9, OTHER), title("9085551"), title("3")]
)
messages = st.one_of(
    st.builds(UnitData, called, called, st.binary(max_size=8), st.just(0), st.booleans()),
    st.builds(UnitDataService, called, called, st.binary(max_size=8), st.integers(0, 12)),
    st.builds(
        ExtendedUnitData, called, called, st.binary(max_size=8), st.just(0), st.booleans(), st.integers(0, 3)
    ),
    st.builds(
        lambda index, reference: segment(ExtendedUnitData(HERE, THERE, bytes(700), 0, True), reference)[
            index
        ],
        st.integers(0, 2),
        st.integers(0, 2),
    ),
)


@given(st.lists(messages | st.binary(max_size=12), max_size=40))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_nothing_is_lost_without_a_counter(inputs):
    routing = node(returns_per_second=3.0)
    for item in inputs:
        routing.receive(item if isinstance(item, bytes) else sccp.encode(item), LABEL, 0)
    counters = routing.counters
    returned = sum(n for name, n in counters.items() if name.startswith("returned_"))
    dropped = sum(n for name, n in counters.items() if name.startswith("dropped_"))
    names = ("delivered", "passed_on", "notices", "reassembly_pending", "management", "management_ignored")
    assert counters["received"] + returned == sum(counters[name] for name in names) + dropped + returned
