"""How a command ends when it is not its own doing: an interrupt, a reader that left, a full disk below stdout."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.interrupts import interrupted

ROOT = Path(__file__).parents[2]
GOLDEN = "examples/golden/scenario.toml"


def start(*words, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "ain_scp.ain", *words],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


def test_an_interrupt_is_no_verdict_but_130(tmp_path):
    """A run held to the clock, which would take hours, is interrupted once it has made its record directory."""
    records = tmp_path / "records"
    process = start("run", GOLDEN, "--speed", "1", "--records", str(records), stdout=subprocess.PIPE)
    while not records.exists():
        assert process.poll() is None
    told = interrupted(process, lambda: process.send_signal(signal.SIGINT))
    assert (process.returncode, told.split()[-1:]) == (130, ["Aborted!"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    "words",
    [
        ("run", GOLDEN, "--transport", "memory"),
        ("run", GOLDEN, "--transport", "memory", "--json"),
        ("explain", "examples/golden", "--from", "9258341234", "--dial", "9"),
        ("check", "examples/golden", "--json"),
        ("--version",),
    ],
)
def test_a_full_disk_below_stdout_is_one_line_and_exit_2(words):
    with Path("/dev/full").open("w") as full:
        process = start(*words, stdout=full)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told.splitlines()[-1].endswith("No space left on device")
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "words", [("run", GOLDEN, "--transport", "memory", "--json"), ("check", "examples/golden"), ("--help",)]
)
def test_a_reader_that_leaves_is_no_error_to_speak_of_and_no_verdict(words):
    with start(*words, stdout=subprocess.PIPE) as process:
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("words", [("decode", "zz"), ("check", "tests"), ("no such command",)])
def test_what_nobody_read_is_no_success(words):
    """Both streams in a pipe that is closed, as `ain ... 2>&1 | head -1` may have it."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "ain_scp.ain", *words]
    done = subprocess.run(command, stdout=writer, stderr=writer, cwd=ROOT, check=False, timeout=60)
    os.close(writer)
    assert done.returncode == 128 + signal.SIGPIPE


def test_the_processes_of_a_batch_end_with_it_even_when_it_is_killed(tmp_path):
    """All of them hold its standard output, which is read to its end here."""
    calls = tmp_path / "calls.csv"
    rows = "9258341234,7,9212000,2001-01-17T10:00:00\n" * 2_000_000
    calls.write_text("calling_party,access_code,dialed,time\n" + rows)
    process = start("batch", "examples/golden", "--calls", str(calls), "--jobs", "2", stdout=subprocess.PIPE)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not children.read_text():
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)
