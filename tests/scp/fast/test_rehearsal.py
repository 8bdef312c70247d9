"""What a server plays through before it serves teaches the short way, and leaves no other trace."""

import gc
import random

from ain_scp.ain.bench.calls import NOTIFICATION, draw_calls
from ain_scp.ain.serve.rehearsal import rehearsal
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.fast.node import FastNode
from kit.kinds import CONFIG, GOLDEN, START, compare, program_for


def test_a_rehearsed_node_is_the_general_node_from_the_first_message_on(golden_program, messages):
    beside = compare(random.Random(31), golden_program, messages, 150, rehearsal)
    assert beside.compared > 1_500


def test_after_a_rehearsal_most_first_queries_find_their_kind_known():
    """Counters, samples, echo data and draws are those of a node that was asked nothing yet."""
    program = program_for(load_or_raise(GOLDEN)[0])
    node = FastNode(program, CONFIG, lambda: 5, rehearsal=rehearsal)
    assert (node.short, node.walked, node.echo_given, node.sample_lines()) == (0, 0, 0, [])
    assert not node.counters
    assert not node.decisions
    drawn = [one for one in draw_calls(program, 400, 9) if one.kind != NOTIFICATION]
    for at, one in enumerate(drawn):
        node.answer_all([one.before + at.to_bytes(4, "big") + one.after], "link", START)
    assert node.short > 0.6 * len(drawn)


def test_decisions_are_counted_on_over_a_reload(golden_program, messages):
    """Those of the short way over the snapshot before are not lost, and none is counted twice."""
    node = FastNode(golden_program, CONFIG, lambda: 5, rehearsal=rehearsal)
    node.answer_all(list(messages), "link", START)
    before = node.decisions
    assert sum(before.values()) == node.counters["answered"] > 0
    node.replace(golden_program, node.prepared(golden_program))
    assert node.decisions == before
    node.answer_all(list(messages), "link", START + 10**12)
    assert node.decisions == {what: 2 * count for what, count in before.items()}


def test_a_fault_in_a_rehearsal_leaves_a_short_way_without_one(golden_program, messages, monkeypatch):
    monkeypatch.setattr(FastNode, "_by_walk", lambda *_: 1 // 0)
    node = FastNode(golden_program, CONFIG, lambda: 5, rehearsal=rehearsal)
    monkeypatch.undo()
    assert node._path is not None
    assert len(node.answer_all(messages[:1] * 2, "link", START)) == 2


def test_a_snapshot_that_was_replaced_goes_without_the_collector(golden_program, messages):
    """What is frozen is never collected: a circle through a snapshot would stay for good with each reload."""
    node = FastNode(golden_program, CONFIG, lambda: 5, rehearsal=rehearsal)
    gc.collect()
    gc.disable()
    try:
        old = program_for(load_or_raise(GOLDEN)[0])
        path = node.prepared(old)
        gc.collect()
        node.replace(old, path)
        node.answer_all(list(messages), "link", START)
        del old, path
        gc.collect()
        known = {id(one) for one in gc.get_objects() if type(one) is Snapshot}
        node.replace(golden_program, node.prepared(golden_program))
        left = {id(one) for one in gc.get_objects() if type(one) is Snapshot}
    finally:
        gc.enable()
    assert len(known - left) == 1
    assert left < known
