"""Totals of parts add up; what differs between two data sets is what differs call by call."""

import numpy as np
import pytest

from ain_scp.scp.batch.against import Against, fields_of
from ain_scp.scp.batch.attempts import attempts_of
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.totals import Totals
from ain_scp.scp.batch.work import Checkpoint, read_checkpoint, run, write_checkpoint
from ain_scp.terms.decision import Decision

CHANGES = [
    {"customers/GOLDEN/ubs": "OFF"},
    {"customers/GOLDEN/mdp/9212000": {"number": "4159213000", "non": 3}},
    {"customers/GOLDEN/ocs": False, "customers/GOLDEN/vacant_number": "9255550199"},
    {"customers/GOLDEN/asf_profiles/CONCORD/rules": [], "customers/GOLDEN/ama_slp_ids/RBR": "760839999"},
    {"triggers/9258341235": "DELETE"},
    {},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_the_fields_that_differ_are_counted_as_call_by_call(program_of, caller, changes):
    before, after = Engine(program_of()), Engine(program_of(changes))
    attempts = attempts_of(queries := caller(before.program, 11).queries(3000))
    pair = before.decide(attempts), after.decide(attempts)
    totals = Totals()
    Against(before, after, 5).compare(attempts, np.arange(len(queries)), pair, totals)
    changed, compared, fields, rows = 0, 0, {}, []
    for row, query in enumerate(queries):
        decided = [engine.program.decide(query) for engine in (before, after)]
        compared += any(isinstance(one, Decision) for one in decided)
        first, second = map(fields_of, decided)
        found = {
            name: (first.get(name), second.get(name))
            for name in first | second
            if first.get(name) != second.get(name)
        }
        changed += bool(found)
        if found:
            rows.append((row, found))
        for name in found:
            fields[name] = fields.get(name, 0) + 1
    assert (totals.compared, totals.changed) == (compared, changed)
    assert totals.fields == fields
    assert [(one.place, one.differs) for one in totals.examples] == rows[:5]
    assert bool(changed) == bool(changes)


def test_every_call_is_counted_once_under_each_heading(program_of, caller):
    engine = Engine(program_of())
    attempts = attempts_of(caller(engine.program, 2).queries(4000))
    totals = Totals()
    totals.count(engine, engine.decide(attempts))
    for counts in (
        totals.ctc,
        totals.screening,
        totals.blocking,
        totals.route,
        totals.announcement,
        totals.flag,
    ):
        assert sum(counts.values()) == totals.calls - totals.undecidable
    assert {"PSTN", "ASF_RTL", "ASF_RTL_HOST", "NONE"} <= set(totals.route)
    assert {"UBS", "UBR", "RBR", "none"} <= set(totals.flag)


def test_totals_of_parts_add_up(program_of, caller):
    engine = Engine(program_of())
    queries = caller(engine.program, 2).queries(1000)
    whole, sum_ = Totals(), Totals()
    whole.count(engine, engine.decide(attempts_of(queries)))
    for start in range(0, 1000, 130):
        part = Totals()
        part.count(engine, engine.decide(attempts_of(queries[start : start + 130])))
        sum_.merge(part, 0)
    assert sum_ == whole


def test_a_batch_goes_on_from_its_checkpoint_and_from_no_other(tmp_path):
    parts = [Totals(calls=number, ctc={"111": number}) for number in range(1, 6)]
    path = tmp_path / "batch.checkpoint"
    for state in run(
        list(range(5)), lambda left: iter(parts[left[0] :]), Checkpoint(1, "this", 0, Totals()), 10
    ):
        write_checkpoint(path, state)
        if state.pieces == 2:
            break
    found = read_checkpoint(path, "this")
    assert found.pieces == 2
    assert found.totals.calls == 3
    final = list(run(list(range(5)), lambda left: iter(parts[left[0] :]), found, 10))[-1]
    assert (final.totals.calls, final.totals.ctc) == (15, {"111": 15})
    assert read_checkpoint(path, "another") is None
    path.write_bytes(path.read_bytes()[:-7])
    assert read_checkpoint(path, "this") is None
