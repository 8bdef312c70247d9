"""The real file system keeps the promises the journal needs, and reports its limits as faults.

Source: reliability.md section 9, D4 (ENOSPC on a small tmpfs); libraries.md section 6a.
"""

import os
import subprocess
from pathlib import Path

import pytest

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits

LIMITS = Limits(segment_octets=4000, low_octets=0, floor_octets=0, pending_octets=400_000)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB, unmounted afterwards."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no tmpfs here: {done.stderr.decode().strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_records_come_back_from_a_real_directory(tmp_path, payload):
    storage = DiskStorage(tmp_path / "journal")
    written = {}
    for now in range(3):
        journal = Journal.open(storage, now, LIMITS)
        for number in range(200):
            octets = payload(number)
            written[journal.append(octets)] = octets
            if number % 40 == 0:
                journal.commit(now)
        journal.acknowledge("mqtt", journal.durable)
        journal.close(now)
    assert {entry.sequence: entry.payload for entry in read_directory(storage)} == written
    assert Journal.open(storage, 9, LIMITS).position("mqtt") > 500


def test_the_directory_is_for_its_owner_only(tmp_path):
    Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS).close(0)
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "journal").iterdir())


@pytest.fixture
def synced(monkeypatch):
    """The names of what was really given to fsync, in order."""
    found = []
    real = os.fsync

    def noted(descriptor):
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return found


def test_a_commit_is_one_fsync_of_the_segment(tmp_path, synced):
    journal = Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS)
    synced.clear()
    for number in range(1, 4):
        journal.append(b"record")
        assert synced.count("00000000000000000001.segment") == number - 1, (
            "nothing is synced before the commit"
        )
        journal.commit(0)
        assert synced == ["00000000000000000001.segment"] * number
    journal.close(0)


def test_every_new_name_is_synced_with_its_directory(tmp_path, synced):
    """The directory's own name, a new segment, the head and a position: first the file, then the directory."""
    journal = Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS)
    assert synced[0] == tmp_path.name
    assert synced[1:] == ["00000000000000000001.segment.new", "journal", "head.new", "journal"]
    journal.append(b"record")
    journal.commit(0)
    synced.clear()
    journal.acknowledge("mqtt", 1)
    assert synced == ["position-mqtt.new", "journal"]
    synced.clear()
    journal.close(0)
    assert synced == ["00000000000000000001.segment", "head.new", "journal"]


def test_a_second_process_is_kept_out(tmp_path):
    journal = Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS)
    with pytest.raises(JournalFault, match="LOCKED: opening the journal: in use by another process"):
        Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS)
    journal.close(0)


def test_a_missing_parent_is_a_fault(tmp_path):
    with pytest.raises(JournalFault, match="IO_ERROR"):
        Journal.open(DiskStorage(tmp_path / "no" / "journal"), 0, LIMITS)


def test_a_full_real_disk_fails_loudly_and_resumes_when_space_is_freed(small_disk):
    """Nothing acknowledged is lost over three fillings; the journal goes on without a restart of the process."""
    storage = DiskStorage(small_disk / "journal")
    ballast = small_disk / "ballast"
    acknowledged = {}
    for cycle in range(3):
        ballast.write_bytes(bytes(60_000))
        journal = Journal.open(storage, cycle, LIMITS)
        with pytest.raises(JournalFault) as caught:
            fill_up(journal, acknowledged, cycle)
        assert caught.value.cause in {"DISK_FULL", "IO_ERROR"}
        journal.abandon()
        ballast.unlink()
        again = Journal.open(storage, cycle, LIMITS)
        kept = {entry.sequence: entry.payload for entry in read_directory(storage)}
        assert {sequence: kept.get(sequence) for sequence in acknowledged if sequence >= min(kept)} == {
            sequence: octets for sequence, octets in acknowledged.items() if sequence >= min(kept)
        }
        again.acknowledge("host", again.durable)
        again.retire(1 << 40)
        again.append(b"goes on")
        again.commit(cycle)
        again.close(cycle)


def fill_up(journal, acknowledged, cycle):
    """Commit records until the disk refuses."""
    while True:
        waiting = {}
        for _ in range(5):
            octets = b"%d " % cycle + b"x" * 300
            waiting[journal.append(octets)] = octets
        journal.commit(cycle)
        acknowledged.update(waiting)


def test_the_low_watermark_warns_on_a_real_disk_before_it_is_full(small_disk):
    limits = Limits(low_octets=200_000, floor_octets=120_000, segment_octets=1 << 20)
    journal = Journal.open(DiskStorage(small_disk / "journal"), 0, limits)
    states = [journal.check_space()]
    with pytest.raises(JournalFault, match="DISK_LOW"):
        watch(journal, states)
    assert list(dict.fromkeys(states)) == ["OPEN", "LOW", "REFUSING"]
    assert len(list(read_directory(journal.storage))) == journal.durable
    journal.close(0)


def watch(journal, states):
    """Write until refused, noting the states passed through."""
    while True:
        journal.append(b"x" * 4000)
        journal.commit(0)
        states.append(journal.state)


@pytest.mark.parametrize(("synced", "times"), [(True, 1), (False, 0)])
def test_a_directory_opened_unsynced_waits_for_no_disk(synced, times, tmp_path, monkeypatch):
    """What is written is there for every process, and no file is synced."""
    done = []
    monkeypatch.setattr(os, "fsync", done.append)
    storage = DiskStorage(tmp_path, synced=synced)
    file = storage.create("a")
    file.append(b"record")
    file.sync()
    file.close()
    assert (storage.read("a", 0, 10), len(done)) == (b"record", times)
