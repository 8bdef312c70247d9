"""The runs of `ain` that tests share one start of: each is what a start of its own gives, and leaves nothing to the next."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.prestarted import KILL, Prestarted

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
CALL = b"calling_party,access_code,dialed,time\n9258341234,7,9212000,2001-01-17T10:00:00\n"


@pytest.fixture(scope="module")
def prestarted():
    made = Prestarted()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (["--version"], None),
        (["check", "examples/golden"], None),
        (["explain", "examples/golden", "--from", "9258341234", "--dial", "9212000", "--json"], None),
        (["explain", "examples/golden"], None),
        (["run", "examples/golden/scenario.toml", "--transport", "memory"], None),
        (["batch", "examples/golden", "--calls", "-"], CALL.decode()),
        (["decode", "-"], "zz\n"),
        (["check", "examples/golden", "--no-such-option"], None),
    ],
)
def test_a_run_gives_what_a_start_of_its_own_gives(words, stdin, prestarted):
    """Twice: with what it imports not yet there, and with all of it there."""
    alone = subprocess.run(
        [sys.executable, "-m", "ain_scp.ain", *words], input=stdin or "", capture_output=True, text=True, env=ENVIRONMENT,
        cwd=ROOT, check=False, timeout=120,
    )  # fmt: skip
    for _ in range(2):
        done = prestarted.run(words, ROOT, ENVIRONMENT, stdin)
        assert (done.returncode, done.stdout, done.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_a_run_has_the_environment_and_the_folder_it_is_given_and_leaves_neither(prestarted, tmp_path):
    words = ["explain", "golden", "--from", "9258341234", "--dial", "9212000"]
    assert prestarted.run(words, ROOT / "examples", ENVIRONMENT).returncode == 0
    assert prestarted.run(words, tmp_path, ENVIRONMENT).returncode == 2
    helped = [
        prestarted.run(["--help"], ROOT, ENVIRONMENT | {"COLUMNS": str(columns)}).stdout
        for columns in (60, 110, 60)
    ]
    assert helped[0] == helped[2] != helped[1]


def test_a_run_that_does_not_end_is_killed_and_the_next_one_runs(prestarted):
    words = ["serve", "examples/golden", "--udp", "127.0.0.1:0"]
    with pytest.raises(subprocess.TimeoutExpired):
        prestarted.run(words, ROOT, ENVIRONMENT, timeout=1)
    assert prestarted.run(["--version"], ROOT, ENVIRONMENT).returncode == 0


def test_a_kill_that_comes_when_the_run_has_ended_is_for_no_run(prestarted):
    prestarted._socket.send(KILL)
    assert prestarted.run(["--version"], ROOT, ENVIRONMENT).returncode == 0
