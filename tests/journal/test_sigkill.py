"""A real writer on a real disk, killed with SIGKILL at random instants: every acknowledged record is there, once.

20 kills in the normal run, as many as JOURNAL_KILLS says in a longer one. SIGKILL keeps the page cache, so this proves
the protocol with the real operating system, not the fsync: `test_faults.py` proves that with the model.

Source: reliability.md section 9, D1 (kill9: restart <= 1.0 s).
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal

KILLS = int(os.environ.get("JOURNAL_KILLS", "20"))
SCRIPT = Path(__file__).with_name("writer_process.py")
ROOT = Path(__file__).parents[2]


def run_and_kill(directory, delay):
    """Start the writer, kill it `delay` seconds after it opened; return what it opened with and acknowledged."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(directory)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        opened = process.stdout.readline().split()
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split(b"\n")
    assert process.returncode == -signal.SIGKILL
    whole = [int(line) for line in lines[:-1]]
    return int(opened[1]), int(opened[2]), max(whole, default=0)


@pytest.mark.slow
@pytest.mark.timeout(60 + KILLS)
def test_every_acknowledged_record_survives_every_kill(tmp_path):
    chance = random.Random(760833)
    acknowledged, slowest_us = 0, 0
    for _ in range(KILLS):
        durable, open_us, last = run_and_kill(tmp_path / "journal", chance.uniform(0.0, 0.06))
        assert durable >= acknowledged, "an acknowledged record was gone at the next start"
        acknowledged = max(durable, last)
        slowest_us = max(slowest_us, open_us)
    assert acknowledged > KILLS
    entries = list(read_directory(DiskStorage(tmp_path / "journal")))
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) >= acknowledged
    for entry in entries:
        expected = b'{"n":%d,"x":"%s"}' % (entry.sequence, b"x" * (entry.sequence % 90))
        assert entry.payload == expected
    assert slowest_us < 1_000_000


def test_a_killed_writers_lock_is_free_at_once(tmp_path):
    run_and_kill(tmp_path / "journal", 0.01)
    journal = Journal.open(DiskStorage(tmp_path / "journal"), 0)
    journal.close(0)
    assert journal.durable >= 0
