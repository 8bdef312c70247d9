"""Mated SCPs behind an STP, in virtual time: leaving loses nothing, a kill loses what was under way, a hang is found."""

import pytest

from ain_scp.scp.associations.asp import Leaving
from ain_scp.scp.associations.signaling import Phase
from ain_scp.scp.counters import discrepancies
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.mtp3 import parse_point_code

ALIAS, A, B = (parse_point_code(code) for code in ("254-200-20", "254-200-21", "254-200-22"))
OVERRIDE, LOADSHARE = TrafficMode.OVERRIDE, TrafficMode.LOADSHARE


def mated(world, mode, **options):
    w = world(mode, **options)
    w.add("A")
    w.add("B", standby=mode is OVERRIDE)
    w.run(50)
    return w


def whole(w):
    """Every message every node received has one outcome, and no answer was wrong or came twice."""
    assert w.asker.wrong == []
    for node in w.nodes.values():
        assert discrepancies(node.counters, node.in_flight) == []


def test_loadshare_gives_both_mates_queries_and_each_answers_from_its_own_point_code(world):
    w = mated(world, LOADSHARE)
    w.steady(100)
    assert w.asker.lost == []
    assert {opc: list(w.asker.answers.values()).count(opc) for opc in (A, B)} == {A: 50, B: 50}
    whole(w)


def test_override_gives_all_queries_to_the_active_mate(world):
    w = mated(world, OVERRIDE)
    w.steady(50)
    assert set(w.asker.answers.values()) == {A}
    assert [w.asp(name).state for name in "AB"] == [AspState.ACTIVE, AspState.INACTIVE]
    whole(w)


def test_a_continuation_goes_to_the_mate_that_holds_the_dialogue(world):
    """What is addressed to a mate's own point code never reaches the other one."""
    w = mated(world, LOADSHARE)
    for code in (A, B) * 20:
        w.ask(dpc=code)
        w.run(1)
    assert [w.asker.answers[transaction] for transaction in w.asker.asked] == [A, B] * 20
    whole(w)


@pytest.mark.parametrize("mode", [OVERRIDE, LOADSHARE])
def test_leaving_in_order_loses_nothing(mode, world):
    w = mated(world, mode)
    w.steady(40)
    w.mates["A"].leave()
    w.steady(200)
    w.run(50)
    assert w.asker.lost == []
    assert w.mates["A"].phase is Phase.GONE
    assert w.asp("A").leaving is Leaving.GONE
    assert set(list(w.asker.answers.values())[-100:]) == {B}
    whole(w)


def test_a_planned_switch_over_and_back_loses_nothing_and_interrupts_less_than_100_ms(world):
    w = mated(world, OVERRIDE)
    w.steady(20)
    w.mates["A"].leave()
    w.run(5)
    before = len(w.asker.answers)
    w.steady(20)
    assert len(w.asker.answers) - before == 20
    w.run(1000)
    w.add("A")
    w.steady(40)
    assert w.asker.lost == []
    assert list(w.asker.answers.values())[-1] == A, "an ASP that becomes active overrides"
    assert w.asp("B").counters["taken_over"] == 1
    whole(w)


@pytest.mark.parametrize("mode", [OVERRIDE, LOADSHARE])
def test_a_killed_mate_is_replaced_within_a_second_and_only_what_was_under_way_is_lost(mode, world):
    w = mated(world, mode)
    w.steady(40)
    w.ask()
    w.asp("A")._link.abort()
    del w.mates["A"]
    w.run(20)
    assert len(w.asker.lost) <= 1
    before = len(w.asker.answers)
    w.steady(100)
    assert len(w.asker.answers) - before == 100
    assert set(list(w.asker.answers.values())[-100:]) == {B}
    whole(w)


@pytest.mark.parametrize("mode", [OVERRIDE, LOADSHARE])
def test_a_mate_that_hangs_is_found_by_beat_within_two_seconds(mode, world):
    w = mated(world, mode)
    w.steady(40)
    w.stopped.add("A")
    w.network.cut.add("a")
    began = w.now
    while "A" in w.stp.gateway.servers[20].active:
        w.ask()
        w.run(9)
    gap_ms = (w.now - began) // 1_000_000
    assert 500 <= gap_ms <= 2_000
    lost = len(w.asker.lost)
    w.steady(100)
    w.run(100)
    assert len(w.asker.lost) == lost > 0
    assert set(list(w.asker.answers.values())[-100:]) == {B}
    whole(w)


def test_a_mate_cut_off_notices_by_its_own_beat_dials_and_serves_again(world):
    w = mated(world, LOADSHARE)
    w.network.cut.add("a")
    w.run(3_000)
    assert not w.asp("A").active
    assert w.asp("A").counters["peer_lost"] >= 1
    w.network.cut.clear()
    w.run(6_000)
    assert w.asp("A").state is AspState.ACTIVE
    w.steady(40)
    assert set(list(w.asker.answers.values())[-40:]) == {A, B}
    whole(w)


def test_a_link_that_flaps_for_a_minute_leaks_nothing_and_dials_with_growing_pauses(world):
    """Source: reliability target F5."""
    w = mated(world, LOADSHARE)
    for _ in range(300):
        link = w.asp("A")._link
        if link is not None:
            link.abort()
        w.run(200, step_ms=5)
    counters = w.asp("A").counters
    assert counters["links_dialed"] < 100, "pauses grow while links do not last"
    assert len(w.stp._links) <= 2
    w.run(6_000, step_ms=5)
    w.steady(20)
    assert w.asp("A").active
    assert w.asker.lost == []
    whole(w)


def test_an_answer_whose_association_is_gone_leaves_by_another_one(world):
    w = world(LOADSHARE)
    mate = w.add("A")
    w.run(20)
    w.ask()
    w.run(5)
    first = w.asp("A")
    assert first.send_answer(b"\x01\x00\x01\x01\x00\x00\x00\x08")
    first._link.abort()
    w.network.deliver()
    assert not first.send_answer(b"\x01\x00\x01\x01\x00\x00\x00\x08")
    mate._send("stp", b"\x01\x00\x01\x01\x00\x00\x00\x08")
    assert mate.counters["answers_lost"] == 1


def test_both_mates_down_for_a_minute_come_back_together_without_a_storm(world):
    """Source: reliability target F4: registrations are few, and the backlog is answered or refused, never wrong."""
    w = mated(world, LOADSHARE)
    w.network.cut.update("ab")
    w.run(60_000, step_ms=50)
    w.network.cut.clear()
    w.run(6_000, step_ms=5)
    dialed = sum(w.asp(name).counters["links_dialed"] for name in "AB")
    assert dialed < 60
    w.steady(100)
    assert w.asker.lost == []
    whole(w)
