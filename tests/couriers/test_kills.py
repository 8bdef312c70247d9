"""Both sides killed at any instant: every line written is at the provider once (C-014, C-015).

Twenty kills here; `AIN_TICKET_KILLS=500 pytest tests/couriers/test_kills.py` is the long form.
"""

import os
import random
import subprocess
import sys
import time

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.collector_run import utc_now

from .test_pair import Pair

KILLS = int(os.environ.get("AIN_TICKET_KILLS", "20"))


def start(*words):
    """The command, once it has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ain_scp", "ticket", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline().startswith("ready")
    return process


def kill(process):
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled_by_kills_of_either_side(tmp_path):
    chance = random.Random(20)
    two = Pair(tmp_path, batch=5, now=utc_now())
    text = two.files.provider.read_text()
    two.files.provider.write_text(text.replace("127.0.0.1:8443", "127.0.0.1:0"))
    sides = [("collect", two.files.collector), ("receive", two.files.provider)]
    running = [start(*words) for words in sides]
    written = 0
    for _turn in range(KILLS):
        for _burst in range(chance.randrange(1, 4)):
            count = chance.randrange(1, 9)
            two.write(*range(written, written + count))
            written += count
            time.sleep(chance.random() / 4)
        at = chance.randrange(2)
        kill(running[at])
        running[at] = start(*sides[at])
    for process in running:
        kill(process)
    for _turn in range(4):
        two.now = utc_now()
        found = two.collect()
        two.receive()
    assert (found.alarms, two.collect().pending) == ([], 0)
    assert two.received() == list(range(written))
