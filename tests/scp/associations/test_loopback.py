"""The SCTP of a simulated network: one association for two neighbours, the ASP's handshake, whole messages both ways."""

import pytest

from ain_scp.scp.associations.asp import Leaving
from ain_scp.scp.associations.driver import NoSctpError, sctp_here
from ain_scp.scp.associations.loopback import SctpLoopback
from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.transport.loopback import LoopbackFault


def absent():
    try:
        sctp_here()
    except NoSctpError as fault:
        return str(fault)
    return ""


pytestmark = pytest.mark.skipif(bool(absent()), reason=absent())


def message(sls, size=120):
    return m3ua.data(0xF60304, 0xF50102, 3, 2, 0, sls, bytes([sls]) * size)


@pytest.fixture
def network():
    made = SctpLoopback(["STP-LOCAL", "STP-REGIONAL"])
    yield made
    made.close()


def test_every_message_comes_out_as_it_went_in_both_ways_and_on_every_stream(network):
    for sls in range(64):
        there, back = message(sls, 1 + sls * 40), message(255 - sls)
        assert network.carry(there, "SSP", "STP-LOCAL") == there
        assert network.carry(back, "STP-LOCAL", "SSP") == back
    assert (network.messages, network.associations) == (128, 1)


def test_the_switch_and_the_scp_are_the_asps_and_the_stp_is_the_gateway_whoever_speaks_first(network):
    network.carry(message(1), "SSP", "STP-LOCAL")
    network.carry(message(2), "STP-REGIONAL", "SCP")
    network.carry(message(3), "STP-LOCAL", "STP-REGIONAL")
    assert sorted(network._asps) == [
        ("SCP", "STP-REGIONAL"),
        ("SSP", "STP-LOCAL"),
        ("STP-LOCAL", "STP-REGIONAL"),
    ]
    for asp in network._asps.values():
        assert asp.state is AspState.ACTIVE
        assert [asp.counters[name] for name in ("links_up", "became_inactive", "became_active")] == [1, 1, 1]


def test_what_each_association_carried_is_known_after_the_end(network):
    """Who registered, which streams of how many, how many messages: what a report says of the links (V19)."""
    for sls in (0, 1, 5):
        network.carry(message(sls), "STP-LOCAL", "SSP")
    network.carry(message(1), "SCP", "STP-REGIONAL")
    network.close()
    first, second = network.carried()
    assert (first.client, first.server, first.messages) == ("SSP", "STP-LOCAL", 3)
    assert first.streams > 6
    assert first.used == {1, 2, 6}
    assert (second.client, second.server, second.used, second.messages) == ("SCP", "STP-REGIONAL", {2}, 1)


def test_every_asp_leaves_in_order_at_the_end(network):
    for switch in ("SSP1", "SSP2", "SSP3"):
        network.carry(message(1), switch, "STP-LOCAL")
    asps = list(network._asps.values())
    network.close()
    for asp in asps:
        assert asp.leaving is Leaving.GONE
        assert (asp.counters["became_down"], asp.counters["links_ended_closed"]) == (1, 1)


def test_an_association_that_broke_is_made_again_for_the_next_message(network):
    network.carry(message(1), "SSP", "STP-LOCAL")
    asp = network._asps["SSP", "STP-LOCAL"]
    network._dialed[0].abort()
    assert not asp.active
    assert network.carry(message(2), "STP-LOCAL", "SSP") == message(2)
    assert asp.counters["links_up"] == 2


def test_what_cannot_be_sent_is_a_fault_that_names_both_nodes(network):
    with pytest.raises(LoopbackFault, match="SSP to STP-LOCAL: the SCTP association takes no message"):
        network.carry(bytes(70_000), "SSP", "STP-LOCAL")


def test_what_the_peer_refuses_is_a_fault_after_a_while(network, monkeypatch):
    """Octets that are no DATA reach the other side, which answers with ERR and gives the node nothing."""
    monkeypatch.setattr("ain_scp.scp.associations.loopback.PATIENCE_S", 0.05)
    with pytest.raises(LoopbackFault, match="SSP to STP-LOCAL: nothing came over SCTP in time"):
        network.carry(b"no M3UA at all", "SSP", "STP-LOCAL")
    assert network._asps["SSP", "STP-LOCAL"].active


def test_closing_twice_or_before_anything_was_sent_is_harmless():
    made = SctpLoopback()
    made.close()
    made.close()
