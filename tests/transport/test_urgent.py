"""The filter that gives emergency calls a receive buffer of their own."""

import socket
import time

import pytest

from ain_scp.signaling.bcd import Digits, encode_digits
from ain_scp.terms.dialed import emergency_digits
from ain_scp.transport.spread import owner_of
from ain_scp.transport.udp import UdpPort
from ain_scp.transport.urgent import FIRST, LAST, program, program_of_workers, sorted_ports, worker_sockets
from kit.query import query_octets

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


def owner(octets, workers):
    """What the filter of workers says, run as the kernel runs it: a load beyond the end ends it with 0."""
    instructions, at, value, index, kept = program_of_workers(workers), 0, 0, 0, 0
    while True:
        code, true, false, operand = instructions[at]
        at += 1
        if code in (0x30, 0x28, 0x50, 0x40):
            first = operand + (index if code in (0x50, 0x40) else 0)
            size = {0x30: 1, 0x50: 1, 0x28: 2, 0x40: 4}[code]
            if first + size > len(octets):
                return 0
            value = int.from_bytes(octets[first : first + size], "big")
        elif code in (0x00, 0x01):
            value, index = (operand, index) if code == 0 else (value, operand)
        elif code == 0x02:
            kept = value
        elif code in (0x61, 0x81):
            index = kept if code == 0x61 else len(octets)
        elif code in (0x07, 0x87):
            value, index = (value, value) if code == 0x07 else (index, index)
        elif code in (0x0C, 0x04):
            value += index if code == 0x0C else operand
        elif code == 0x94:
            value %= operand
        elif code == 0x54:
            value &= operand
        elif code == 0x05:
            at += operand
        elif code in (0x15, 0x35, 0x2D):
            holds = {0x15: value == operand, 0x35: value >= operand, 0x2D: value > index}[code]
            at += true if holds else false
        else:
            return value if code == 0x16 else operand


@pytest.mark.parametrize("workers", [2, 3, 64])
@pytest.mark.parametrize("digits", [*DIGITS, "11", "211"])
def test_the_filter_of_workers_finds_the_owner_and_whether_the_call_is_one_of_emergency(workers, digits):
    for transaction in (0, 1, 5, 0x01020304, 0xFFFFFFFF):
        octets = query_octets(transaction, digits, access="9")
        emergency = bool(emergency_digits("9", digits))
        assert owner(octets, workers) == owner_of(octets, workers) + workers * emergency
        for end in (0, 3, 20, 60, 90):
            assert owner(octets[:end], workers) == owner_of(octets[:end], workers)
        assert owner(octets + b"\x96" * 300, workers) % workers == owner_of(octets, workers)


def test_the_filter_of_workers_fits_every_kernel_and_its_jumps_fit_an_octet():
    made = program_of_workers(64)
    assert len(made) * 8 * 1.3 < 20_000
    for at, (code, true, false, operand) in enumerate(made):
        reach = operand if code == 0x05 else max(true, false)
        assert at + reach < len(made)
        assert max(true, false) < 256


def test_emergency_calls_arrive_at_their_owners_port_of_their_own():
    sockets = worker_sockets("127.0.0.1", 0, 2)
    if not sockets.urgent:
        sockets.close()
        pytest.skip("this kernel has no such filters")
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for transaction in range(40):
        for digits in ("9212000", "911"):
            sender.sendto(query_octets(transaction, digits), sockets.plain[0].getsockname())
    time.sleep(0.05)
    for group, digits in ((sockets.plain, "9212000"), (sockets.urgent, "911")):
        for number, one in enumerate(group):
            one.setblocking(False)
            wanted = [query_octets(transaction, digits) for transaction in range(number, 40, 2)]
            assert [one.recv(4096) for _ in wanted] == wanted
            with pytest.raises(BlockingIOError):
                one.recv(4096)
    sockets.close()
    sender.close()
