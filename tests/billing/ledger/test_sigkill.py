"""A real ledger on a real disk, killed at random instants: what it acknowledged stands, once, and nothing is half done.

20 kills in the normal run, as many as LEDGER_KILLS says in a longer one (`LEDGER_KILLS=200 pytest` with this file).

Source: charging.md 11.1 (I5, I7), 11.3.
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ain_scp.billing.ledger.check import problems
from ain_scp.billing.ledger.record import customer
from ain_scp.billing.ledger.recover import recover
from ain_scp.journal.disk import DiskStorage

KILLS = int(os.environ.get("LEDGER_KILLS", "20"))
SCRIPT = Path(__file__).with_name("ledger_process.py")


def run_and_kill(directory, delay):
    """Start the ledger, kill it `delay` seconds after it opened; return what it had acknowledged."""
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(directory)], stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline().startswith(b"open")
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split(b"\n")
    assert process.returncode == -signal.SIGKILL
    return {int(line) for line in lines[:-1] if line}


@pytest.mark.slow
@pytest.mark.timeout(60 + 2 * KILLS)
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    chance, acknowledged = random.Random(760833), 0
    for number in range(KILLS):
        if number % 20 == 0:
            directory, said = tmp_path / f"ledger{number}", set()
        said |= run_and_kill(directory, chance.uniform(0.0, 0.08))
        assert_kept(recover(DiskStorage(directory)), said)
        acknowledged = max(acknowledged, len(said))
    assert acknowledged > min(KILLS, 20)


def assert_kept(ledger, said):
    kept = ledger.keys.kept
    assert not [number for number in said if f"p{number}" not in kept or f"c{number}" not in kept]
    paid, committed, reserved = (sum(key[0] == kind for key in kept) for kind in "pcr")
    assert ledger.accounts[customer("A")].posted == 5 * paid - 2 * committed
    assert ledger.accounts[customer("A")].reserved == 3 * (reserved - committed)
    assert problems(ledger) == []
