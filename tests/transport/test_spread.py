"""Several sockets on one port: every message reaches the worker its transaction belongs to."""

import random
import socket
import time

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.tcap import encode_package, invoke, query
from ain_scp.transport.spread import (
    MAIL_OCTETS,
    Mailbox,
    SpreadPort,
    mailboxes,
    owner_of,
    program,
    shared_sockets,
)
from ain_scp.transport.udp import UdpPort, segmentation_works

HANDED = 7


def message(transaction, contents=b"", routing_context=100, appearance=None):
    package = encode_package(query(transaction, invoke(0x6403, contents, 1)))
    unit = sccp.UnitData(sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), package)
    return m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 7, sccp.encode(unit), routing_context, appearance)


def in_the_kernel(octets, workers):
    """The filter as the kernel would run it; an octet that is not there ends it with 0."""
    a = x = at = 0
    code = program(workers)
    while True:
        operation, if_true, if_false, k = code[at]
        at += 1
        try:
            if operation == 0x28:
                a = octets[k] << 8 | octets[k + 1]
            elif operation == 0x50:
                a = octets[x + k]
            elif operation == 0x40:
                if x + k + 4 > len(octets):
                    return 0
                a = int.from_bytes(octets[x + k : x + k + 4], "big")
            elif operation == 0x01:
                x = k
            elif operation == 0x07:
                x = a
            elif operation == 0x87:
                a = x
            elif operation == 0x0C:
                a += x
            elif operation == 0x04:
                a += k
            elif operation == 0x94:
                a %= k
            elif operation == 0x15:
                at += if_true if a == k else if_false
            elif operation == 0x35:
                at += if_true if a >= k else if_false
            elif operation == 0x05:
                at += k
            elif operation == 0x16:
                return a
            else:
                assert operation == 0x06
                return k
        except IndexError:
            return 0


FORMS = [
    ("the usual form", {}),
    ("without routing context", {"routing_context": None}),
    ("with network appearance", {"appearance": 8}),
    (
        "a package of more than 127 octets",
        {"contents": b"\x9f\x6c\x0c" + bytes(12) + b"\x9f\x55\x40" + bytes(64)},
    ),
    ("a long package, bare", {"contents": b"\x9f\x55\x4b" + bytes(75), "routing_context": None}),
]


@pytest.mark.parametrize(("what", "form"), FORMS, ids=[row[0] for row in FORMS])
def test_filter_and_function_find_the_transaction(what, form):
    for transaction in (0, 1, 2, 3, 250, 0xFFFFFFFF, 0x80000001):
        octets = message(transaction, **form)
        assert in_the_kernel(octets, 3) == owner_of(octets, 3) == transaction % 3


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x01",
        message(7).replace(b"\x09\x00\x03", b"\x11\x00\x03"),
        b"\x01\x00\x03\x03\x00\x00\x00\x08",
        message(7)[:45],
        bytes(200),
    ],
)
def test_what_is_no_query_goes_to_the_first(octets):
    assert in_the_kernel(octets, 3) == owner_of(octets, 3) == 0


def test_filter_and_function_agree_on_anything():
    chance = random.Random(3)
    for _ in range(5_000):
        octets = bytearray(message(chance.getrandbits(32), bytes(chance.randrange(90))))
        for _ in range(chance.randrange(4)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        cut = bytes(octets[: chance.randrange(len(octets) + 1)] if chance.random() < 0.3 else octets)
        assert in_the_kernel(cut, 5) == owner_of(cut, 5)


class Group:
    """The ports of some workers in one process."""

    def __init__(self, workers, *, filtered):
        sockets, self.filtered = shared_sockets("127.0.0.1", 0, workers, filtered=filtered)
        pairs = mailboxes(workers)
        self.boxes = [
            Mailbox(number, pairs[number][0], [end for _, end in pairs]) for number in range(workers)
        ]
        self.ports = [
            SpreadPort(bound, box, HANDED, filtered=self.filtered)
            for bound, box in zip(sockets, self.boxes, strict=True)
        ]

    def collect(self, count):
        """What each worker has to answer, from its socket and its mailbox; gives up after two seconds."""
        found = [[] for _ in self.ports]
        end = time.monotonic() + 2
        while sum(map(len, found)) < count and time.monotonic() < end:
            for number, port in enumerate(self.ports):
                found[number] += [octets for _, messages in port.receive() for octets in messages]
                for kind, address, messages in self.boxes[number].take():
                    assert (kind, address) == (HANDED, self.sender)
                    found[number] += messages
        return found

    def close(self):
        for one in (*self.ports, *self.boxes):
            one.close()


@pytest.fixture(params=[True, False], ids=["filter", "no filter"])
def group(request):
    """Three workers, sorted by the kernel or by the workers themselves."""
    made = Group(3, filtered=request.param)
    if request.param and not made.filtered:
        made.close()
        pytest.skip("no filter for groups of sockets here")
    yield made
    made.close()


SORTED = [[message(transaction) for transaction in range(start, 60, 3)] for start in range(3)]


def test_one_peer_keeps_all_workers_busy(group):
    assert len({port.endpoint for port in group.ports}) == 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        group.sender = one.getsockname()
        for transaction in range(60):
            one.sendto(message(transaction), group.ports[0].endpoint)
        found = group.collect(60)
    assert [sorted(messages) for messages in found] == [sorted(messages) for messages in SORTED]
    handed = sum(port.handed for port in group.ports)
    assert handed == (0 if group.filtered else 40)


@pytest.mark.skipif(not segmentation_works(), reason="no UDP segmentation here")
def test_messages_of_a_run_reach_their_workers_too(group):
    sender = UdpPort("127.0.0.1", 0, segmentation=True)
    group.sender = sender.endpoint
    sender.send(group.ports[0].endpoint, [message(transaction) for transaction in range(60)])
    found = group.collect(60)
    sender.close()
    assert [sorted(messages) for messages in found] == [sorted(messages) for messages in SORTED]
    assert sum(port.handed for port in group.ports) == 40
    assert not any(box.lost for box in group.boxes)


def test_a_full_mailbox_loses_and_counts():
    pairs = mailboxes(2)
    box = Mailbox(0, pairs[0][0], [end for _, end in pairs])
    for _ in range(64):
        box.send(1, HANDED, ("127.0.0.1", 9), [bytes(60_000)] * 3)
    assert 0 < box.lost < 192
    other = Mailbox(1, pairs[1][0], [])
    taken = [messages for _, _, messages in other.take()]
    assert sum(map(len, taken)) == 192 - box.lost
    assert all(sum(map(len, messages)) <= MAIL_OCTETS for messages in taken)
    box.close()
    other.close()


def test_one_worker_needs_no_filter_and_the_number_is_bounded():
    (one,), sorted_by_kernel = shared_sockets("127.0.0.1", 0, 1)
    one.close()
    assert sorted_by_kernel
    for wrong in (0, 65):
        with pytest.raises(ValueError, match="workers"):
            shared_sockets("127.0.0.1", 0, wrong)
