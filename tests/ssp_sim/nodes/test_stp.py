"""Signal transfer points: by point code unchanged, by global title translated, neighbours acknowledged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua import Message, MessageKind
from ain_scp.signaling.sccp import Address, GlobalTitle, UnitData, UnitDataService
from ain_scp.signaling.sccp.translation import Translation, TranslationTable
from ain_scp.ssp_sim.nodes.stp import Stp, transit_point_code

OWN, SSP, SCP = 1, 2, 3


def unit(called, return_on_error=False):
    return sccp.encode(UnitData(called, Address(250, SSP), b"\xe2\x00", 0, return_on_error))


def data(payload, dpc, opc=SSP, si=3, context=None):
    return m3ua.data(opc, dpc, si, 2, 0, 7, payload, context)


@pytest.fixture
def stp():
    rows = (Translation(254, "", SCP, 250),)
    return Stp("STP", OWN, {SSP: "SSP", SCP: "SCP"}, TranslationTable(rows))


@pytest.mark.parametrize("context", [None, 100])
@pytest.mark.parametrize("si", [3, 5])
def test_a_message_for_another_point_code_passes_unchanged(stp, context, si):
    octets = data(b"anything", SCP, si=si, context=context)
    assert transit_point_code(octets) == SCP
    stp.receive(octets, "SSP", 0)
    assert stp.octets_to_send() == [("SCP", octets)]


def test_a_title_is_translated_to_point_code_and_subsystem(stp):
    title = Address(0, None, GlobalTitle(254, "9258341234"), route_on_ssn=False)
    stp.receive(data(unit(title), OWN), "SSP", 0)
    ((link, octets),) = stp.octets_to_send()
    out = m3ua.decode(octets).protocol_data
    assert (link, out.opc, out.dpc, out.sls) == ("SCP", OWN, SCP, 7)
    assert sccp.decode(out.payload).called == Address(250, SCP)


def test_a_title_nobody_translates_comes_back_if_asked(stp):
    title = Address(0, None, GlobalTitle(9, "9258341234"), route_on_ssn=False)
    stp.receive(data(unit(title, return_on_error=True), OWN), "SSP", 0)
    ((link, octets),) = stp.octets_to_send()
    assert link == "SSP"
    assert isinstance(sccp.decode(m3ua.decode(octets).protocol_data.payload), UnitDataService)
    assert stp.sccp_counters["returned_no_translation_for_nature"] == 1


@pytest.mark.parametrize(
    ("octets", "counter"),
    [
        (data(b"x", 99), "dropped_no_route"),
        (b"garbage", "dropped_m3ua"),
        (data(b"x", OWN, si=5), "dropped_service_indicator"),
        (m3ua.encode(Message(MessageKind.NTFY, status=(1, 3))), "management"),
    ],
)
def test_what_cannot_go_on_is_dropped_and_counted(stp, octets, counter):
    stp.receive(octets, "SSP", 0)
    assert stp.octets_to_send() == []
    assert stp.counters[counter] == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (MessageKind.ASPUP, MessageKind.ASPUP_ACK),
        (MessageKind.ASPAC, MessageKind.ASPAC_ACK),
        (MessageKind.ASPIA, MessageKind.ASPIA_ACK),
        (MessageKind.ASPDN, MessageKind.ASPDN_ACK),
    ],
)
def test_a_neighbour_that_starts_up_is_acknowledged(stp, kind, answer):
    stp.receive(m3ua.encode(Message(kind)), "SCP", 0)
    ((link, octets),) = stp.octets_to_send()
    assert (link, m3ua.decode(octets).kind) == ("SCP", answer)


def test_a_heartbeat_comes_back_with_its_data(stp):
    stp.receive(m3ua.encode(Message(MessageKind.BEAT, heartbeat=b"hello")), "SCP", 0)
    ((_, octets),) = stp.octets_to_send()
    assert m3ua.decode(octets).heartbeat == b"hello"


@pytest.mark.parametrize("cut", range(len(data(b"12345678", SCP))))
def test_a_short_message_is_never_passed_on(stp, cut):
    stp.receive(data(b"12345678", SCP)[:cut], "SSP", 0)
    assert stp.octets_to_send() == []


def _stp():
    return Stp("STP", OWN, {SSP: "SSP", SCP: "SCP"}, TranslationTable((Translation(254, "", SCP, 250),)))


class Passing:
    """A signal transfer point whose links take what passes at once, and a fresh one for each message beside it."""

    def __init__(self):
        self.sent = []
        self.stp = _stp()
        self.stp.ways = {name: self._link(name) for name in ("SSP", "SCP")}

    def _link(self, name):
        return lambda octets: self.sent.append((name, octets))

    def take(self, octets):
        """Whether it passed at once; what goes out is what a fresh one sends."""
        self.sent.clear()
        passed = self.stp.transit(octets)
        if not passed:
            self.stp.receive(octets, "SSP", 0)
            self.sent += self.stp.octets_to_send()
        fresh = _stp()
        fresh.receive(octets, "SSP", 0)
        assert self.sent == fresh.octets_to_send()
        return passed


def _messages():
    titles = [
        Address(0, None, GlobalTitle(254, digits), route_on_ssn=False) for digits in ("9258341234", "41")
    ]
    return [data(unit(title), OWN) for title in titles] + [
        data(unit(Address(250, SCP)), SCP),
        data(b"anything", SSP, opc=SCP, context=100),
        data(b"anything", 99),
    ]


def test_the_second_message_like_another_passes_at_once():
    """By point code with and without routing context, and by title; what has no route never does."""
    passing = Passing()
    assert [passing.take(octets) for octets in _messages()] == [False] * 5
    assert [passing.take(octets) for octets in _messages()] == [True] * 4 + [False]
    assert passing.stp.counters["received"] == 10
    assert passing.stp.counters["passed_on"] == 8
    assert passing.stp.sccp_counters["passed_on"] == 4


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 90), st.integers(0, 255)), max_size=30))
def test_what_passes_at_once_is_what_would_have_been_sent(changes):
    """Any octet of any message may be another."""
    passing = Passing()
    for which, at, value in changes:
        octets = bytearray(_messages()[which])
        for _ in range(2):
            passing.take(bytes(octets))
        octets[at % len(octets)] = value
        passing.take(bytes(octets))
        passing.take(bytes(octets[: at % len(octets)]))


def test_management_makes_it_forget_translations(stp):
    passing = Passing()
    octets = _messages()[0]
    passing.take(octets)
    assert passing.take(octets)
    passing.stp.receive(m3ua.encode(Message(MessageKind.ASPUP)), "SCP", 0)
    passing.stp.octets_to_send()
    assert not passing.take(octets)
