"""Joins: any order, any files, repeats, missing halves; one record per call; the host has what the front end has.

Source: A-247 to A-249, A-255; AMB-65.
"""

import itertools
import sqlite3
from contextlib import closing

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ain_scp.smdr.front_end import FrontEnd, merged
from ain_scp.smdr.host import Host
from ain_scp.smdr.record import INCOMPLETE, NO_ATTEMPT, join
from ain_scp.smdr.request import ReportRequest
from ain_scp.smdr.sample import AttemptSample, CompletionSample, SampleError, encode
from ain_scp.smdr.store import SqliteFrontEnd, SqliteHost, connect
from ain_scp.smdr.transfer import encode_file


def file_of(samples, first):
    return encode_file("ab12", 0, first, first + len(samples) - 1, [encode(sample) for sample in samples])


def records(front_end):
    return {change.record.identifier: change.record for change in front_end.changes(0)}


def test_two_samples_make_one_record(front_end, calls, pair):
    """A-247."""
    outcome = front_end.receive(file_of(pair(calls[0], "01"), 1))
    assert (outcome.records, outcome.missing) == (1, 0)
    record = records(front_end)["01"]
    assert (record.source_records, record.status, record.duration_ms) == (2, "COMPLETED", 180_000)
    assert record.original_called_party_id == "4159215678"


def test_a_call_over_the_hour_yields_one_record_at_the_second_file(front_end, calls, pair):
    """A-248."""
    attempt, completion = pair(calls[9], "09")
    assert front_end.receive(file_of([attempt], 1)).records == 0
    assert records(front_end) == {}
    assert front_end.receive(file_of([completion], 2)).records == 1
    assert records(front_end)["09"].duration_ms == 540_000


def test_the_host_knows_how_far_it_has_imported(front_end, calls, pair, database):
    host_store = SqliteHost(database())
    front_end.receive(file_of(pair(calls[0], "01"), 1))
    assert host_store.position("front end") == 0
    assert host_store.import_changes("front end", front_end.changes(0)) == 1
    assert host_store.position("front end") == front_end.changes(0)[-1].number > 0


def test_every_order_of_arrival_gives_the_same_records(calls, pair, database):
    """Six samples of three calls, in all 720 orders, in one file; each order again one sample per file, files reversed."""
    samples = [sample for number, row in enumerate(calls[:3]) for sample in pair(row, f"0{number}")]
    expected = {f"0{number}": join(*pair(row, f"0{number}")) for number, row in enumerate(calls[:3])}
    for order in itertools.permutations(samples):
        front_end = FrontEnd(SqliteFrontEnd(database()))
        front_end.receive(file_of(order, 1))
        assert records(front_end) == expected
    for order in list(itertools.permutations(samples))[::6]:
        front_end = FrontEnd(SqliteFrontEnd(database()))
        for number in range(6, 0, -1):
            front_end.receive(file_of([order[number - 1]], number))
        assert records(front_end) == expected


def test_a_file_sent_again_changes_nothing(front_end, calls, pair):
    octets = file_of(pair(calls[0], "01"), 1)
    front_end.receive(octets)
    before = front_end.changes(0)
    outcome = front_end.receive(octets)
    assert (outcome.repeated_file, outcome.repeated, outcome.records) == (True, 2, 0)
    assert front_end.changes(0) == before


def test_a_half_sent_again_in_another_file_changes_nothing(front_end, calls, pair):
    attempt, completion = pair(calls[0], "01")
    front_end.receive(file_of([attempt, completion], 1))
    outcome = front_end.receive(file_of([completion, attempt, completion], 3))
    assert (outcome.repeated, outcome.records, outcome.conflicts) == (3, 0, 0)
    assert len(front_end.changes(0)) == 1


def test_a_half_that_contradicts_the_one_held_is_counted_and_not_taken(front_end, calls, pair):
    attempt, completion = pair(calls[0], "01")
    other = msgspec.structs.replace(completion, status="BUSY")
    outcome = front_end.receive(file_of([attempt, completion, other], 1))
    assert (outcome.conflicts, records(front_end)["01"].status) == (1, "COMPLETED")


def test_missing_files_are_told_until_they_come(front_end, calls, pair):
    attempt, completion = pair(calls[0], "01")
    assert front_end.receive(file_of([completion], 3)).missing == 2
    assert front_end.receive(file_of([attempt], 1)).missing == 1


def test_an_attempt_without_completion_is_kept_as_incomplete_and_completed_later(front_end, calls, pair):
    attempt, completion = pair(calls[9], "09")
    front_end.receive(file_of([attempt], 1))
    assert front_end.settle(attempt.start_ms + 24 * 3_600_000) == 0
    assert front_end.settle(attempt.start_ms + 24 * 3_600_000 + 1) == 1
    record = records(front_end)["09"]
    assert (record.status, record.source_records, record.end_ms) == (INCOMPLETE, 1, record.start_ms)
    assert front_end.settle(1 << 45) == 0
    front_end.receive(file_of([completion], 2))
    assert records(front_end)["09"].status == "COMPLETED"


def test_a_completion_without_attempt_is_the_operators_alone(front_end, calls, pair, database):
    _, completion = pair(calls[0], "01")
    front_end.receive(file_of([completion], 1))
    front_end.settle(1 << 45)
    host = Host(SqliteHost(database()))
    host.pull("front end", front_end)
    assert host.report(ReportRequest(), None).rows[0][4] == NO_ATTEMPT
    assert host.report(ReportRequest(), "GOLDEN").rows == ()


def test_a_damaged_file_changes_nothing(front_end, calls, pair):
    octets = file_of(pair(calls[0], "01"), 1)
    with pytest.raises(SampleError):
        front_end.receive(octets.replace(b"GOLDEN", b"SILVER"))
    assert front_end.changes(0) == []
    assert front_end.receive(octets).records == 1


def test_the_host_imports_what_is_new_once(front_end, calls, pair, database):
    """A-249: host table row count = front end count, however often changes are sent."""
    host_store = SqliteHost(database())
    host = Host(host_store)
    for number, row in enumerate(calls, 1):
        front_end.receive(file_of(pair(row, f"{number:02d}"), number * 2 - 1))
        assert host.pull("front end", front_end) == 1
        assert host_store.import_changes("front end", front_end.changes(0)) == 0
    assert host.record_count() == len(front_end.changes(0)) == len(calls)


def test_records_survive_in_a_file(tmp_path, calls, pair):
    path = tmp_path / "front_end.sqlite"
    with closing(connect(path)) as first:
        front_end = FrontEnd(SqliteFrontEnd(first))
        front_end.receive(file_of(pair(calls[0], "01"), 1))
        before = front_end.changes(0)
    with closing(connect(path)) as second:
        again = FrontEnd(SqliteFrontEnd(second))
        assert again.changes(0) == before
        assert again.receive(file_of(pair(calls[0], "01"), 1)).repeated_file


def test_the_same_identifier_at_two_scps_is_two_calls(front_end, calls, pair):
    one = pair(calls[0], "01")
    two = [msgspec.structs.replace(sample, scp="mate") for sample in pair(calls[2], "01")]
    front_end.receive(file_of([*one, *two], 1))
    assert len(front_end.changes(0)) == 2


def test_only_joined_calls_that_the_host_has_are_forgotten(front_end, calls, pair):
    attempt, completion = pair(calls[0], "01")
    alone, _ = pair(calls[9], "09")
    front_end.receive(file_of([attempt, completion, alone], 1))
    number = front_end.changes(0)[0].number
    assert front_end.purge(completion.end_ms, number) == 0
    assert front_end.purge(1 << 45, number - 1) == 0
    assert front_end.purge(1 << 45, number) == 1
    assert front_end.changes(0) == []
    assert front_end.receive(file_of([attempt, completion, alone], 1)).repeated_file
    assert front_end.settle(1 << 45) == 1
    assert front_end.changes(0)[0].number > number


@pytest.mark.parametrize(
    ("ranges", "joined"),
    [
        ([], []),
        ([(1, 2), (3, 4)], [(1, 4)]),
        ([(5, 6), (1, 2)], [(1, 2), (5, 6)]),
        ([(1, 9), (2, 3), (9, 12)], [(1, 12)]),
    ],
)
def test_runs_of_numbers_are_joined(ranges, joined):
    assert merged(ranges) == joined


class Delivery(RuleBasedStateMachine):
    """Calls are sampled, files are cut, sent in any order and more than once, servers restart: the records are right."""

    def __init__(self):
        super().__init__()
        self.front_end_db = sqlite3.connect(":memory:", isolation_level=None)
        self.host_db = sqlite3.connect(":memory:", isolation_level=None)
        self.restart()
        self.calls = []
        self.unsent = []
        self.files = []
        self.sequence = 0
        self.arrived = set()

    def teardown(self):
        self.front_end_db.close()
        self.host_db.close()

    @rule()
    def restart(self):
        self.front_end = FrontEnd(SqliteFrontEnd(self.front_end_db))
        self.host = Host(SqliteHost(self.host_db))

    @rule(connected=st.booleans())
    def place_a_call(self, connected):
        number = len(self.calls)
        attempt = AttemptSample(f"{number}", "GOLDEN", "925", "415", number * 1000)
        completion = CompletionSample(
            f"{number}",
            "COMPLETED" if connected else "NO_ANSWER",
            number * 1000 + 700,
            number * 1000 + 200 if connected else None,
        )
        self.calls.append((attempt, completion))
        self.unsent += [attempt, completion]

    @precondition(lambda self: self.unsent)
    @rule(data=st.data())
    def cut_a_file(self, data):
        chosen = data.draw(st.lists(st.sampled_from(self.unsent), min_size=1, max_size=5, unique=True))
        again = data.draw(st.lists(st.sampled_from(chosen), max_size=2))
        self.unsent = [sample for sample in self.unsent if sample not in chosen]
        samples = chosen + again
        self.files.append((file_of(samples, self.sequence + 1), chosen))
        self.sequence += len(samples)

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def deliver_some_file(self, data):
        octets, samples = data.draw(st.sampled_from(self.files))
        self.front_end.receive(octets)
        self.arrived |= set(samples)

    @rule()
    def settle(self):
        self.front_end.settle(1 << 45)

    @invariant()
    def host_has_one_right_record_per_joined_call(self):
        self.host.pull("front end", self.front_end)
        kept = records(self.front_end)
        assert self.host.record_count() == len(kept)
        for attempt, completion in self.calls:
            if attempt in self.arrived and completion in self.arrived:
                assert kept[attempt.identifier] == join(attempt, completion)
            elif attempt.identifier in kept:
                assert kept[attempt.identifier].source_records == 1


Delivery.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=25
)
TestDelivery = Delivery.TestCase
