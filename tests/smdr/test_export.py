"""The way from the SCP to the host, with the n-th disk operation failing and power lost: every call at the host, once.

Source: reliability.md section 9, D7 (export killed at each step, importer run again); A-246, A-249.
"""

import contextlib

import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from ain_scp.smdr.distributor import DataDistributor
from ain_scp.smdr.front_end import FrontEnd
from ain_scp.smdr.host import Host
from ain_scp.smdr.sample import encode
from ain_scp.smdr.store import SqliteFrontEnd, SqliteHost
from kit.model_storage import ModelStorage, PlannedFault

LIMITS = Limits(segment_octets=900, low_octets=0, floor_octets=0)


def sample_all(storage, events, taken):
    """Sample what was not taken over before; note what the distributor took over."""
    journal = Journal.open(storage, 0, LIMITS, identity=b"distributor.....")
    try:
        distributor = DataDistributor(journal)
        for sample in events[len(taken) :]:
            distributor.receive(encode(sample))
            distributor.commit(0)
            taken.append(sample)
        journal.close(0)
    finally:
        journal.abandon()


def transfer_all(storage, now_ms, front_end):
    """Send every file due."""
    journal = Journal.open(storage, 0, LIMITS)
    try:
        distributor = DataDistributor(journal)
        while file := distributor.ascii_file(now_ms):
            front_end.receive(file.octets)
            distributor.accepted(file)
        journal.close(0)
    finally:
        journal.abandon()


@pytest.mark.parametrize("operation", ["create", "append", "sync", "rename", "read", "sync_directory"])
def test_every_call_reaches_the_host_once_whatever_fails(operation, calls, pair, clock, database):
    events = [sample for number, row in enumerate(calls, 65) for sample in pair(row, f"{number:012X}")]
    fired = 0
    for nth in range(1, 400):
        storage, taken = ModelStorage(), []
        front_end = FrontEnd(SqliteFrontEnd(database()))
        storage.plan(PlannedFault(operation, nth))
        with contextlib.suppress(JournalFault):
            sample_all(storage, events, taken)
            transfer_all(storage, clock("13:00:00"), front_end)
        reached = storage.done[operation] >= nth
        storage.plan(None)
        storage.crash(keep=nth % 50)
        sample_all(storage, events, taken)
        transfer_all(storage, clock("13:00:00"), front_end)
        host = Host(SqliteHost(database()))
        host.pull("front end", front_end)
        assert host.record_count() == len(calls)
        assert all(change.record.source_records == 2 for change in front_end.changes(0))
        if not reached:
            break
        fired += 1
    assert fired >= 8
