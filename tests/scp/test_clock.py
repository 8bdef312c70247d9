"""A wall clock that is set changes the times in records and in rules, and nothing else."""

import asyncio
import itertools
import time

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.edges.clock import LocalClock, StepWatch
from ain_scp.scp.edges.server import Server
from ain_scp.scp.edges.udp import UdpEdge
from ain_scp.scp.fast.node import FastNode
from ain_scp.terms.localtime import parse, text
from ain_scp.transport.udp import UdpPort
from kit.query import package_of, query_octets

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND


@pytest.mark.parametrize("step", [HOUR, -HOUR, 1, -400 * 24 * HOUR])
def test_a_step_of_the_wall_clock_is_in_the_calendar_and_not_in_the_time_that_runs(step, monkeypatch):
    wall, running = 10**18, 10**12
    monkeypatch.setattr(time, "time_ns", lambda: wall)
    monkeypatch.setattr(time, "monotonic_ns", lambda: running)
    clock = LocalClock()
    before = clock.now()
    wall, running = wall + step + SECOND, running + SECOND
    assert clock.now() == before + SECOND
    clock.adjust()
    assert (clock.now(), clock.calendar) == (before + SECOND, step)


def test_a_clock_that_was_set_is_noticed_once_and_one_that_drifts_is_not(monkeypatch):
    wall, running = 10**18, 10**12
    monkeypatch.setattr(time, "time_ns", lambda: wall)
    monkeypatch.setattr(time, "monotonic_ns", lambda: running)
    watch = StepWatch()
    for step, noticed in ((0, 0), (SECOND, 0), (-SECOND, 0), (2 * HOUR, 2 * HOUR), (0, 0), (-HOUR, -HOUR)):
        wall, running = wall + 5 * SECOND + step, running + 5 * SECOND
        assert watch.step_ns() == noticed
    assert watch.steps == 2


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_repetition_levels_and_answers_stay_and_samples_tell_the_new_time(step, fast, program_of):
    node = FastNode(program_of(), NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__, fast=fast)
    now = 979_725_600 * SECOND

    def ask(transaction):
        answers = node.answer_all([query_octets(transaction)], "link", now)
        return [package_of(octets) for octets in answers], node.samples()

    for transaction in range(1, 4):
        _, (sample,) = ask(transaction)
        assert sample.start_ms == now // 1_000_000
        now += SECOND // 10
    node.calendar = step
    first, (sample,) = ask(10)
    assert sample.start_ms == (now + step) // 1_000_000
    now += SECOND
    assert ask(10) == (first, [])  # within T1 the same answer once more, and no second record
    assert node.counters["replayed"] == 1
    now += 3 * SECOND
    again, (sample,) = ask(10)
    assert again != first  # and behind it a new call
    assert sample.start_ms == (now + step) // 1_000_000
    assert (node.overload.level, node.counters["dropped_stale"]) == (0, 0)


@pytest.mark.parametrize(("zone", "hours"), [("UTC0", 0), ("EST5", -5), ("IST-5:30", 5.5)])
def test_rules_of_a_server_ask_for_the_time_of_the_caller_after_a_reload_too(
    zone, hours, program_of, monkeypatch
):
    """Source: A-125. The node's program, and one that replaces it, know how far the machine's clock is ahead of UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        node = FastNode(program_of(), NodeConfig(), itertools.repeat(0).__next__)
        port = UdpPort("127.0.0.1", 0)
        server = Server(node, UdpEdge(node, port))
        assert node.program.times.ahead_s == hours * 3600
        other = program_of({"lata_map/npa/925": ["722", "CA", "America/Los_Angeles"]})
        asyncio.run(server.reload.install(other))
        assert (node.program, other.times.ahead_s) == (other, hours * 3600)
        noon = parse("2001-01-17T20:00:00") + int(hours * 3600)
        assert text(other.times.local(noon, other.snapshot.zone_of("9258341234"))) == "2001-01-17T12:00:00"
        server.close()
    finally:
        monkeypatch.undo()
        time.tzset()
