"""Messages cross real UDP sockets on loopback and come out as they went in."""

import socket

import pytest

from ain_scp.transport.loopback import LARGEST, LoopbackFault, UdpLoopback


def test_a_message_arrives_as_sent_in_both_directions():
    with UdpLoopback() as links:
        assert links.carry(b"\x01\x00query", "SSP", "SCP") == b"\x01\x00query"
        assert links.carry(b"answer", "SCP", "SSP") == b"answer"
        assert links.datagrams == 2
        assert links.endpoint("SSP") != links.endpoint("SCP")


def test_a_datagram_of_a_stranger_is_not_taken_for_the_message():
    with UdpLoopback() as links, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"forged", links.endpoint("SCP"))
        assert links.carry(b"true", "SSP", "SCP") == b"true"


def test_what_does_not_fit_a_datagram_is_refused():
    with UdpLoopback() as links, pytest.raises(LoopbackFault, match="do not fit"):
        links.carry(bytes(LARGEST + 1), "SSP", "SCP")


def test_closing_releases_every_socket():
    links = UdpLoopback()
    links.carry(b"x", "A", "B")
    address = links.endpoint("B")
    links.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(address)
