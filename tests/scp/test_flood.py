"""A flood at the UDP edge: emergency calls first, the rest shed by age, levels and ACG by what the sockets tell.

Source: A-103, reliability targets O1-O5.
"""

import asyncio
import itertools

import pytest

from ain_scp.scp.associations.driver import AssociationsConfig
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.edges.network import NetworkEdge
from ain_scp.scp.edges.udp import UdpEdge
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.overload.codes import may_be_shed_unread
from ain_scp.transport.waiting import QueueAge
from kit.query import package_of, query_octets

MS, HOME = 1_000_000, ("127.0.0.1", 9)
ACG = 0x6901


def test_an_age_is_what_the_stamps_say():
    age = QueueAge()
    assert age.read(1000 * MS, 1000 * MS + 50, 10 * MS) == 0
    assert age.read(1001 * MS, 1011 * MS + 50, 20 * MS) == 10 * MS
    assert age.read(1012 * MS, 1012 * MS + 50, 22 * MS) == 0
    age.empty(23 * MS)
    assert age.read(6_000 * MS, 11_000 * MS + 50, 5_100 * MS) == 5_000 * MS  # a process that was stopped


@pytest.mark.parametrize("step_ms", [3_600_000, -3_600_000, 40, -40])
@pytest.mark.parametrize("stamps_too", [True, False])
def test_a_wall_clock_that_is_set_makes_nothing_old(step_ms, stamps_too):
    """Stamps of before the step and after it, and a wall clock that only this process sees (faketime)."""
    age = QueueAge()
    wall, monotonic = 10**18, 10**12
    assert age.read(wall, wall + 50, monotonic) == 0
    step, kernel = step_ms * MS, wall + (step_ms * MS if stamps_too else 0)
    for turn in range(1, 5):
        at = turn * MS
        assert age.read(kernel + at, wall + step + at + 50, monotonic + at) <= MS
    assert age.read(kernel + 5 * MS, wall + step + 35 * MS + 50, monotonic + 35 * MS) == pytest.approx(
        30 * MS, abs=MS
    )


class Port:
    """Datagrams of one peer as a socket gives them: batches with the stamp of their last, and what the kernel dropped."""

    def __init__(self):
        self.batches, self.sent, self.drops, self.at = [], [], 0, 0

    def receive(self):
        if not self.batches:
            return []
        datagrams, self.at = self.batches.pop(0)
        return [(HOME, datagrams)]

    def stamp(self):
        return self.at

    def send(self, _address, datagrams):
        self.sent += datagrams

    def kernel_drops(self):
        return self.drops


class Ready:
    """Both sockets have something, or the only one."""

    def __init__(self, urgent):
        self._sockets = [(-1, 1), (1, 1)] if urgent else [(-1, 1)]

    def poll(self, _wait_ms):
        return self._sockets


class Flood:
    """An edge in virtual time; a batch of `late_ms` has waited so long."""

    def __init__(self, program, monkeypatch, *, fast=True, urgent=False):
        self.node = FastNode(program, NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__, fast=fast)
        self.port = Port()
        self.urgent = Port() if urgent else None
        self.edge = UdpEdge(self.node, self.port, urgent=self.urgent)
        self.now = 10**18
        self.transaction = 0
        monkeypatch.setattr("ain_scp.scp.edges.udp.time.time_ns", lambda: self.now)
        monkeypatch.setattr("ain_scp.scp.edges.udp.time.monotonic_ns", lambda: self.now)
        monkeypatch.setattr(self.edge.clock, "now", lambda: self.now)
        monkeypatch.setattr(self.edge, "_ready", Ready(self.urgent))
        self.edge._answer_ready(0)
        self.turn([self.query()], 0)
        self.port.sent.clear()

    def query(self, dialed="9212000", access="7"):
        self.transaction += 1
        return query_octets(self.transaction, dialed, access=access)

    def turn(self, datagrams, late_ms):
        """One batch; the answers to it."""
        self.now += late_ms * MS + 1
        self.port.batches.append((datagrams, self.now - late_ms * MS))
        self.edge._answer_ready(0)
        answers, self.port.sent = self.port.sent, []
        return [package_of(octets) for octets in answers]


@pytest.fixture
def flood(program_of, monkeypatch):
    return lambda **options: Flood(program_of(), monkeypatch, **options)


EMERGENCY = [
    ("9", "911"),
    ("7", "911"),
    ("9", "911#"),
    ("9", "11"),
    ("9", "1010222911"),
    ("9", "00911"),
    ("9", "101022200911"),
    ("5", "9911"),
    ("5", "911"),
    ("9", "9115551212"),
]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("access", "dialed"), EMERGENCY)
def test_of_a_batch_too_old_the_emergency_calls_are_answered_and_no_others(access, dialed, fast, flood):
    run = flood(fast=fast)
    for late_ms in (30, 100, 2_000, 10_000):
        plain = [run.query() for _ in range(60)]
        urgent = run.query(dialed, access)
        answers = run.turn([*plain[:30], urgent, *plain[30:]], late_ms)
        served = [one.responding for one in answers if one.components[0].is_invoke]
        assert served == [run.transaction]
        refused = [one for one in answers if not one.components[0].is_invoke]
        assert len(refused) <= 2
    counters = run.node.counters
    assert counters["emergency"] == 4
    assert counters["shed_unread"] >= 4 * 58
    assert discrepancies(counters, run.node.in_flight) == []


def test_a_batch_in_time_is_answered_whole(flood):
    run = flood()
    assert len(run.turn([run.query() for _ in range(64)], 10)) == 64
    assert run.node.overload.level == 0


def test_a_few_that_the_host_was_late_for_are_answered_all_the_same(flood):
    run = flood()
    for _ in range(100):
        assert len(run.turn([run.query() for _ in range(10)], 40)) == 10
    assert run.node.overload.level == 0


@pytest.mark.parametrize("fast", [True, False])
def test_levels_rise_by_the_age_of_what_the_quick_way_answers_and_controls_go_out(fast, flood):
    """A second of batches that waited 22 ms: the level rises, some answers carry ACG, and most are still quick."""
    run = flood(fast=fast)
    answers = []
    for _ in range(150):
        answers += run.turn([run.query(f"41592{number % 10}2000") for number in range(40)], 22)
    assert run.node.overload.level > 0
    named = [part.code for one in answers for part in one.components if part.is_invoke]
    assert named.count(ACG) >= 1
    assert len(answers) == 150 * 40
    if fast:
        assert run.node.short > 0.7 * len(answers)


def test_levels_rise_by_the_age_of_what_associations_bring(program_of):
    """SCTP and UDP of a node file: what waited in this host raises the level and brings ACG out; every query is answered."""
    made = []

    async def play():
        node = FastNode(program_of(), NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__)
        port = NetworkEdge(node, AssociationsConfig(frozenset({1})))._port
        numbers, now = itertools.count(1), 10**18
        for _ in range(150):
            now += 22 * MS
            port.backlog = 22 * MS
            called = [f"41592{number % 10}2000" for number in range(40)]
            port.receive_all([query_octets(next(numbers), one, access="7") for one in called], "stp", now)
            made.extend(package_of(octets) for _, octets in port.octets_to_send())
        return node

    node = asyncio.run(play())
    assert node.overload.level > 0
    assert len(made) == 150 * 40
    assert [part.code for one in made for part in one.components if part.is_invoke].count(ACG) >= 1
    assert node.short > 0.7 * len(made)


def test_what_the_kernel_dropped_was_offered_and_lost(flood):
    run = flood()
    for _ in range(150):
        run.port.drops += 80
        run.turn([run.query() for _ in range(40)], 8)
    assert run.node.overload.level > 3


def test_no_answer_with_a_control_is_taught_to_the_quick_way(flood):
    """Once the flood is over and its controls have ended, no answer carries one any more."""
    run = flood()
    for _ in range(150):
        run.turn([run.query() for _ in range(40)], 22)
    assert run.node.overload.level
    for _ in range(300):
        run.now += 1_000 * MS
        run.turn([run.query() for _ in range(3)], 0)
    assert (run.node.overload.level, run.node.overload.controls) == (0, 0)
    before = run.node.short
    answers = run.turn([run.query() for _ in range(30)], 0)
    assert run.node.short - before == 30
    assert all(part.code != ACG for one in answers for part in one.components)


def test_the_port_of_emergency_calls_is_read_first(flood):
    run = flood(urgent=True)
    asked = [run.query("911", "9") for _ in range(100)]
    run.urgent.batches = [(asked[:50], run.now), (asked[50:], run.now)]
    run.turn([run.query() for _ in range(10)], 500)
    assert len(run.urgent.sent) == 0
    assert run.node.counters["emergency"] == 100


@pytest.mark.parametrize(
    ("access", "dialed"), [("7", "9212000"), ("9", "14155551234"), ("9", "19255551234"), ("9", "19192000000")]
)
def test_plain_calls_may_be_shed_unread(access, dialed):
    assert may_be_shed_unread(query_octets(1, dialed, access=access))


@pytest.mark.parametrize(
    ("access", "dialed"),
    [*EMERGENCY, ("91", "1"), ("911", ""), ("91", "1#"), ("9", "0911"), ("9", "1911"), ("9", "933")],
)
def test_no_emergency_call_is(access, dialed):
    assert not may_be_shed_unread(query_octets(1, dialed, access=access))
