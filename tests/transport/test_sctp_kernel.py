"""SCTP links over a scripted socket: every way an association can end ends the link, once."""

import errno
import socket
import struct

import pytest

from ain_scp.transport import sctp_kernel
from ain_scp.transport.association import CONNECT_PATIENCE_S, SHUTDOWN_PATIENCE_S
from ain_scp.transport.link import LARGEST_MESSAGE, MAX_QUEUED_MESSAGES, LinkEnd
from ain_scp.transport.sctp_structs import (
    MSG_EOR,
    MSG_NOTIFICATION,
    Option,
    Tuning,
    options,
    read_notification,
)

M3UA = (132, 3, struct.pack("=HHH2xIIIIi", 5, 0, 0, socket.htonl(3), 0, 0, 0, 0))
DATA, NOTE = MSG_EOR, MSG_NOTIFICATION | MSG_EOR
AGAIN = BlockingIOError(errno.EAGAIN, "again")


def association(state, streams=16):
    return struct.pack("=HHIHHHHi", 0x8001, 0, 20, state, 0, streams, streams, 0), [], NOTE


SHUTDOWN_EVENT = (struct.pack("=HHIi", 0x8005, 0, 12, 0), [], NOTE)


class ScriptedSocket:
    """Gives what `incoming` holds, takes what `room` allows, remembers everything."""

    def __init__(self):
        self.incoming, self.sent, self.calls = [], [], []
        self.room, self.fails, self.error, self.closed = 1_000_000, None, 0, False

    def fileno(self):
        return 7

    def getsockopt(self, level, option, size=0):
        if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return self.error
        return struct.pack("=iIIHHHHI", 0, 3, 0, 0, 0, 16, 12, 0).ljust(size, b"\0")

    def setsockopt(self, *words):
        self.calls.append(words)

    def recvmsg(self, _size, _ancillary):
        if not self.incoming:
            raise AGAIN
        item = self.incoming.pop(0)
        if isinstance(item, OSError):
            raise item
        return (*item, None)

    def sendmsg(self, parts, ancillary):
        if self.fails is not None:
            raise self.fails
        if self.room == 0:
            raise AGAIN
        self.room -= 1
        self.sent.append((b"".join(parts), struct.unpack("=HHIIi", ancillary[0][2])[:3]))

    def shutdown(self, how):
        self.calls.append(("shutdown", how))

    def close(self):
        self.closed = True


class Timer:
    def __init__(self, delay, call, words):
        self.delay, self.call, self.words, self.cancelled = delay, call, words, False

    def cancel(self):
        self.cancelled = True


class ScriptedLoop:
    """The five calls of an event loop that links use."""

    def __init__(self):
        self.readers, self.writers, self.timers = {}, {}, []

    def add_reader(self, number, call):
        self.readers[number] = call

    def add_writer(self, number, call):
        self.writers[number] = call

    def remove_reader(self, number):
        self.readers.pop(number, None)

    def remove_writer(self, number):
        self.writers.pop(number, None)

    def call_later(self, delay, call, *words):
        self.timers.append(Timer(delay, call, words))
        return self.timers[-1]

    def call_soon(self, call, *words):
        return self.call_later(0, call, *words)

    def run_timers(self):
        for timer in self.timers:
            if not timer.cancelled:
                timer.call(*timer.words)


class User:
    def __init__(self):
        self.heard = []

    def link_up(self, link):
        self.heard.append("up")

    def link_received(self, link, octets, stream):
        self.heard.append((octets, stream))

    def link_down(self, link, end):
        self.heard.append(end)


class Bench:
    def __init__(self, *, up=True):
        self.socket, self.loop, self.user = ScriptedSocket(), ScriptedLoop(), User()
        self.link = sctp_kernel.SctpLink(self.socket, "10.0.0.1:2905", self.user, self.loop)
        if up:
            self.link.come_up()
            self.user.heard.clear()

    def receive(self, *items):
        self.socket.incoming.extend(items)
        if 7 in self.loop.readers:
            self.loop.readers[7]()

    def writable(self):
        self.loop.writers[7]()


@pytest.fixture
def bench():
    return Bench()


ENDS = {
    "COMM_LOST": ((association(1),), LinkEnd.ABORTED),
    "RESTART": ((association(2),), LinkEnd.RESTARTED),
    "SHUTDOWN_COMP": ((association(3),), LinkEnd.SHUTDOWN),
    "CANT_STR": ((association(4),), LinkEnd.REFUSED),
    "an association state nobody knows": ((association(9),), LinkEnd.ABORTED),
    "end of file": (((b"", [], 0),), LinkEnd.SHUTDOWN),
    "SHUTDOWN_EVENT then end of file": ((SHUTDOWN_EVENT, (b"", [], 0)), LinkEnd.SHUTDOWN),
    "ECONNRESET on receive": ((ConnectionResetError(errno.ECONNRESET, "reset"),), LinkEnd.ABORTED),
    "ETIMEDOUT on receive": ((TimeoutError(errno.ETIMEDOUT, "late"),), LinkEnd.ABORTED),
    "COMM_LOST then its error": (
        (association(1), ConnectionResetError(errno.ECONNRESET, "reset")),
        LinkEnd.ABORTED,
    ),
}


@pytest.mark.parametrize(("items", "end"), ENDS.values(), ids=ENDS)
def test_every_end_of_an_association_ends_the_link_once(items, end, bench):
    bench.receive(*items)
    bench.loop.run_timers()
    assert bench.user.heard == [end]
    assert bench.socket.closed
    assert bench.loop.readers == {}
    assert not bench.link.send(b"late", 1)


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ECONNRESET, errno.ETIMEDOUT, errno.ENOTCONN])
def test_an_error_told_to_send_ends_the_link_as_well(number, bench):
    bench.socket.fails = OSError(number, "gone")
    assert not bench.link.send(b"x", 1)
    assert bench.user.heard == [LinkEnd.ABORTED]


def test_an_error_told_to_a_queued_send_ends_the_link_and_counts_what_is_lost(bench):
    bench.socket.room = 0
    assert [bench.link.send(b"x", 1) for _ in range(3)] == [True] * 3
    bench.socket.fails = OSError(errno.EPIPE, "gone")
    bench.writable()
    assert bench.user.heard == [LinkEnd.ABORTED]
    assert bench.link.counters["lost_in_queue"] == 3


def test_a_peer_that_begins_to_shut_down_and_never_ends_is_given_two_seconds(bench):
    bench.receive(SHUTDOWN_EVENT)
    assert bench.user.heard == []
    assert [timer.delay for timer in bench.loop.timers] == [SHUTDOWN_PATIENCE_S]
    bench.loop.run_timers()
    assert bench.user.heard == [LinkEnd.SHUTDOWN]


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EINTR])
def test_try_again_is_no_end(number, bench):
    bench.receive(OSError(number, "again"))
    assert bench.user.heard == []


def test_a_link_says_how_long_its_messages_waited_by_the_stamps_of_the_kernel(bench, monkeypatch):
    wall, monotonic = 10**18, [10**12]
    monkeypatch.setattr("ain_scp.transport.waiting.time.time_ns", lambda: wall + monotonic[0])
    monkeypatch.setattr("ain_scp.transport.waiting.time.monotonic_ns", lambda: monotonic[0])

    def came(at):
        seconds, rest = divmod(wall + at, 10**9)
        return socket.SOL_SOCKET, 35, struct.pack("=qq", seconds, rest)

    assert (socket.SOL_SOCKET, 35, 1) in bench.socket.calls
    bench.receive((b"a", [M3UA, came(monotonic[0])], DATA))
    assert bench.link.waited_ns == 0
    was, monotonic[0] = monotonic[0], monotonic[0] + 80_000_000
    bench.receive((b"b", [came(was + 10_000_000), M3UA], DATA), (b"c", [M3UA], DATA))
    assert bench.link.waited_ns == 70_000_000
    bench.receive((b"d", [M3UA], DATA))
    assert bench.link.waited_ns == 0
    assert [octets for octets, _ in bench.user.heard] == [b"a", b"b", b"c", b"d"]


def test_pieces_become_one_message_and_notifications_between_them_do_no_harm(bench):
    change = (struct.pack("=HHI128siii", 0x8002, 0, 148, b"", 1, 0, 0), [], NOTE)
    bench.receive((b"ab", [M3UA], 0), (b"cd", [M3UA], 0), change, (b"ef", [M3UA], DATA), (b"g", [M3UA], DATA))
    assert bench.user.heard == [(b"abcdef", 5), (b"g", 5)]
    assert bench.link.counters["path_changes"] == 1


def test_an_aborted_partial_delivery_is_forgotten(bench):
    aborted = (struct.pack("=HHIIi", 0x8006, 0, 16, 0, 0), [], NOTE)
    bench.receive((b"ab", [M3UA], 0), aborted, (b"whole", [M3UA], DATA))
    largest = b"x" * LARGEST_MESSAGE
    bench.receive((b"ab", [M3UA], 0), aborted, (largest, [M3UA], DATA))
    assert bench.user.heard == [(b"whole", 5), (largest, 5)]


def test_a_message_larger_than_any_m3ua_message_aborts_the_association(bench):
    piece = (b"x" * 40_000, [M3UA], 0)
    bench.receive(piece, piece)
    assert bench.user.heard == [LinkEnd.OVERSIZE]
    assert any(call[:2] == (socket.SOL_SOCKET, socket.SO_LINGER) for call in bench.socket.calls)


def test_another_payload_protocol_is_dropped_and_counted(bench):
    other = (132, 3, struct.pack("=HHH2xIIIIi", 1, 0, 0, socket.htonl(46), 0, 0, 0, 0))
    bench.receive((b"diameter", [other], DATA), (b"unnamed", [], DATA))
    assert bench.user.heard == [(b"unnamed", 0)]
    assert bench.link.counters["dropped_payload_protocol"] == 1


def test_messages_leave_with_their_stream_and_identifier_three_in_network_order(bench):
    assert bench.link.streams == 12
    assert bench.link.send(b"data", 11)
    assert bench.socket.sent == [(b"data", (11, 0, socket.htonl(3)))]


@pytest.mark.parametrize(("octets", "stream"), [(b"x", 12), (b"x", -1), (b"", 1), (b"x" * 65_533, 1)])
def test_what_the_kernel_could_not_send_is_refused_here(octets, stream, bench):
    assert not bench.link.send(octets, stream)
    assert bench.link.counters["dropped_unsendable"] == 1
    assert bench.user.heard == []


def test_a_blocked_socket_queues_whole_messages_in_order(bench):
    bench.socket.room = 1
    assert all(bench.link.send(bytes([n]), 1) for n in range(5))
    bench.socket.room = 2
    bench.writable()
    assert 7 in bench.loop.writers
    bench.socket.room = 9
    bench.writable()
    assert [octets for octets, _ in bench.socket.sent] == [bytes([n]) for n in range(5)]
    assert bench.loop.writers == {}


def test_the_queue_is_bounded_by_messages_and_by_octets(bench):
    bench.socket.room = 0
    taken = sum(bench.link.send(b"x", 1) for _ in range(MAX_QUEUED_MESSAGES + 5))
    assert (taken, bench.link.counters["dropped_queue_full"]) == (MAX_QUEUED_MESSAGES, 5)
    other = Bench()
    other.socket.room = 0
    assert sum(other.link.send(b"x" * LARGEST_MESSAGE, 1) for _ in range(100)) == 64


def test_closing_sends_what_is_queued_then_shuts_down_and_waits_for_the_peer(bench):
    bench.socket.room = 0
    bench.link.send(b"last", 1)
    bench.link.close()
    assert not bench.link.send(b"too late", 1)
    bench.socket.room = 9
    bench.writable()
    assert bench.socket.sent[0][0] == b"last"
    assert bench.socket.calls[-1] == ("shutdown", socket.SHUT_WR)
    assert bench.user.heard == []
    bench.receive(association(3))
    assert bench.user.heard == [LinkEnd.CLOSED]


def test_a_peer_that_does_not_answer_our_shutdown_is_left_after_two_seconds(bench):
    bench.link.close()
    bench.loop.run_timers()
    assert bench.user.heard == [LinkEnd.CLOSED]


def test_aborting_lingers_for_no_time(bench):
    bench.link.abort()
    assert bench.socket.calls[-1] == (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert bench.user.heard == [LinkEnd.CLOSED]


def test_a_connect_that_fails_is_refused_and_one_that_works_comes_up():
    failing, working = Bench(up=False), Bench(up=False)
    failing.socket.error = errno.ECONNREFUSED
    for bench in (failing, working):
        bench.link.connecting()
        bench.writable()
    assert failing.user.heard == [LinkEnd.REFUSED]
    assert working.user.heard == ["up"]
    assert working.loop.timers[0].cancelled


def test_a_connect_without_any_answer_is_refused_after_five_seconds():
    bench = Bench(up=False)
    bench.link.connecting()
    assert bench.loop.timers[0].delay == CONNECT_PATIENCE_S
    bench.loop.run_timers()
    assert bench.user.heard == [LinkEnd.REFUSED]


def test_the_options_have_the_sizes_of_the_kernels_structures():
    sizes = {option: len(value) for option, value in options(Tuning()) if isinstance(value, bytes)}
    assert sizes == {
        Option.INITMSG: 8,
        Option.EVENTS: 14,
        Option.RTOINFO: 16,
        Option.ASSOCINFO: 20,
        Option.PEER_ADDR_PARAMS: 156,
    }


@pytest.mark.parametrize("length", range(20))
def test_a_notification_cut_short_is_ignored(length):
    octets = association(1)[0][:length]
    assert read_notification(octets) is None
