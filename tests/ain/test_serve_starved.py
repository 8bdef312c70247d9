"""A process that gets no processor is told apart from one that hangs. Source: D-003."""

import os
import signal
import subprocess
import sys

import pytest

from ain_scp.ain.serve.starved import Starvation, ThreadTimes, longest_wait_s, thread_times

READY, ASLEEP = True, False


@pytest.mark.parametrize(
    ("before", "now", "waited_s"),
    [
        ({}, {}, 0.0),
        ({}, {"1": ThreadTimes(READY, 5, 10**9)}, 0.0),
        ({"1": ThreadTimes(READY, 5, 0)}, {"1": ThreadTimes(READY, 5, 0)}, 0.1),
        ({"1": ThreadTimes(READY, 5, 0)}, {"1": ThreadTimes(READY, 9, 0)}, 0.0),
        ({"1": ThreadTimes(READY, 5, 0)}, {"1": ThreadTimes(READY, 9, 40_000_000)}, 0.04),
        ({"1": ThreadTimes(READY, 5, 0)}, {"1": ThreadTimes(READY, 9, 3 * 10**9)}, 0.1),
        ({"1": ThreadTimes(ASLEEP, 5, 0)}, {"1": ThreadTimes(ASLEEP, 5, 0)}, 0.0),
        ({"1": ThreadTimes(ASLEEP, 5, 0)}, {"1": ThreadTimes(READY, 5, 0)}, 0.0),
        (
            {"1": ThreadTimes(READY, 5, 0), "2": ThreadTimes(READY, 7, 0)},
            {"1": ThreadTimes(READY, 9, 0), "2": ThreadTimes(READY, 7, 0)},
            0.1,
        ),
    ],
)
def test_the_longest_wait_of_a_thread_between_two_looks(before, now, waited_s):
    """Ended waits are counted by the kernel; one that lasts is a ready thread that did not run; never more than passed."""
    assert longest_wait_s(before, now, 0.1) == pytest.approx(waited_s)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux counts this")
def test_a_stopped_process_waits_for_nothing_and_one_that_ended_is_no_error():
    """Stopped, none of the time that passes is excused."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        starvation = Starvation(process.pid)
        assert starvation.since_s(0.02) == 0.0
    finally:
        process.kill()
        process.wait()
    assert thread_times(process.pid) == {}
    assert starvation.since_s(1.0) == 0.0
