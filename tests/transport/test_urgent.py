"""The filter that gives emergency calls a receive buffer of their own."""

import socket
import time

import pytest

from ain_scp.signaling.bcd import Digits, encode_digits
from ain_scp.terms.dialed import emergency_digits
from ain_scp.transport.udp import UdpPort
from ain_scp.transport.urgent import FIRST, LAST, program, sorted_ports

DIGITS = ["911", "9110", "911#", "9115551212", "0911", "1911", "411", "9212000", "9192000000", "4159110000"]
DIGITS += ["1010222411", "12139692300", "9", "", "0119110000", "0", "00"]


def filtered(octets):
    """What the filter says, run as the kernel runs it."""
    instructions, at, value = program(), 0, 0
    while True:
        code, true, false, operand = instructions[at]
        at += 1
        if code == 0x30:
            if operand >= len(octets):
                return 0
            value = octets[operand]
        elif code == 0x54:
            value &= operand
        elif code == 0x15:
            at += true if value == operand else false
        else:
            return operand


def datagram(tag, digits, before):
    contents = encode_digits(Digits(3, 1, digits))
    return b"\x01" * before + bytes((tag, len(contents))) + contents + bytes(4)


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("tag", [0x96, 0x97])
def test_the_filter_knows_emergency_calls_wherever_their_digits_stand(tag, digits):
    for before in (FIRST, FIRST + 1, 120, LAST):
        assert filtered(datagram(tag, digits, before)) == bool(emergency_digits(None, digits)), before


def test_the_filter_knows_11_behind_an_access_code_and_nothing_of_other_parameters():
    assert filtered(datagram(0x96, "11", 100)) == 1
    assert filtered(datagram(0x92, "9115551212", 100)) == 0
    assert filtered(b"") == filtered(b"\x96") == filtered(b"\x96" * 400) == 0


def test_the_filter_is_small_enough_for_every_kernel():
    """optmem_max of older kernels is 20,480 octets; the kernel's own form has at most 1.3 instructions for each, of 8 octets."""
    assert len(program()) * 8 * 1.3 < 20_000


def received(port):
    got = []
    for _ in range(50):
        got += [octets for _, group in port.receive() for octets in group]
        if got:
            break
        time.sleep(0.001)
    return got


def test_emergency_calls_arrive_at_a_port_of_their_own_and_the_address_stays_exclusive():
    port, urgent = sorted_ports("127.0.0.1", 0)
    if urgent is None:
        pytest.skip("this kernel has no such filters")
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain, call = datagram(0x96, "9212000", 100), datagram(0x96, "911", 100)
    for octets in (plain, call):
        sender.sendto(octets, port.endpoint)
    assert received(urgent) == [call]
    assert received(port) == [plain]
    with pytest.raises(OSError, match="in use"):
        sorted_ports(*port.endpoint)
    with pytest.raises(OSError, match="in use"):
        UdpPort(*port.endpoint)
    for one in (port, urgent, sender):
        one.close()
