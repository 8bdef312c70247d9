"""`ain bench` that is interrupted, and one whose generator is: a word, an exit code, no traceback."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.interrupts import interrupted


def test_an_interrupt_is_one_word_and_130(tmp_path):
    command = ["bench", "examples/golden", "--rate", "50", "--duration", "60", "--warm-up", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < 3:  # the server, the echo, the generator
            assert process.poll() is None
        err = interrupted(process, lambda: os.killpg(process.pid, signal.SIGINT))
    assert (process.returncode, err.count("Aborted!")) == (
        130,
        1,
    )  # children that had not begun may say a word of their own


@pytest.mark.parametrize(
    ("number", "ended"),
    [
        (signal.SIGINT, (130, "\nAborted!\n")),
        (
            signal.SIGKILL,
            (
                2,
                "the generator of queries ended in the middle of a step (exit code -9): run this again\n",
            ),
        ),
    ],
)
def test_a_generator_that_is_ended_leaves_no_traceback(number, ended):
    """The generator alone gets the signal, so nothing ends it before it could write (F32)."""
    command = [
        sys.executable,
        "-m",
        "ain_scp.ain",
        "bench",
        "examples/golden",
        "--rate",
        "50",
        "--duration",
        "60",
        "--warm-up",
        "0",
    ]
    own = "".join(f"{word}\0" for word in command)  # the server and the echo have command lines of their own
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None:  # again, as the generator of a step may have been about to end
            for child in children.read_text().split()[2:]:
                with contextlib.suppress(OSError):
                    if Path(f"/proc/{child}/cmdline").read_text() == own:
                        os.kill(int(child), number)
            time.sleep(0.1)
        err = process.stderr.read()
    assert (process.returncode, err) == ended
