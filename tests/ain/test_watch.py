"""`--watch` runs again at a change and puts the difference on top; `ain run --top` draws on a terminal and nowhere else."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from ain_scp.ain.run.top import TopView
from ain_scp.ain.watch import difference, signature
from tests.kit.serving import ROOT


def test_a_difference_names_what_went_and_what_came():
    assert difference(None, ["a"]) == []
    assert difference(["a", "b"], ["b", "c"]) == ["", "- a", "+ c", "-" * 20]
    assert difference(["a"], ["a"])[1] == "the same as before"


def test_a_signature_changes_with_a_file_and_not_without(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    first = signature(tmp_path)
    assert signature(tmp_path) == first
    (tmp_path / "a.csv").write_text("xy")
    assert signature(tmp_path) != first
    (tmp_path / "gone").symlink_to("nowhere")
    assert len(signature(tmp_path)) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("explain", "--from", "9258341237", "--dial", "9 12127770100", "--at", "2001-01-17T10:00:00"),
    ],
)
def test_a_command_runs_again_when_a_file_changes(tmp_path, words):
    dataset = shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "ain_scp", words[0], str(dataset), *words[1:], "--watch"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        first = read_until(process, "watching")
        assert "exit 0" in first[-1]
        table = dataset / "customers/GOLDEN/stations.csv"
        text = table.read_text()
        if words[0] == "check":
            table.write_text(text.replace("9258341237,CENTREX,4", "9258341237,CENTREX,44"))
        else:
            table.write_text(text.replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))
        again = read_until(process, "watching")
        assert [line for line in again if line.startswith("+ ")], again
        assert "-" * 20 in [line.strip() for line in again]
        assert ("exit 1" if words[0] == "check" else "exit 0") in again[-1]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.communicate()


def read_until(process, word):
    lines = []
    while True:
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
        if word in line:
            return lines


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", "examples/golden", "--watch", "--json"), "--watch is for people"),
        (("explain", "examples/golden", "--watch", "--queries", "-"), "--watch is for people"),
        (("check", "--rule", "A-098", "--watch"), "one of them"),
        (("run", "examples/golden/scenario.toml", "--top", "--live", "2"), "--top and --live"),
    ],
)
def test_what_does_not_go_together(ain, words, told):
    done = ain(*words)
    assert done.returncode == 2
    assert told in done.stderr + done.stdout


def test_a_run_is_drawn_on_a_terminal(tmp_path):
    main, side = pty.openpty()
    scenario = str(ROOT / "examples/golden/scenario.toml")
    words = [sys.executable, "-m", "ain_scp", "run", scenario, "--transport", "memory", "--top"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=side, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    )
    os.close(side)
    drawn, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([main], [], [], 0.2)[0]:
            try:
                chunk = os.read(main, 65536)
            except OSError:
                break
            drawn += chunk
        elif process.poll() is not None:
            break
    out, _ = process.communicate(timeout=60)
    os.close(main)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    assert "calls in progress" in text
    assert "COMPLETED" in text
    assert b"32 calls: 32 passed" in out


def test_nothing_is_drawn_in_a_pipe(ain):
    plain, top = (
        ain("run", "examples/golden/scenario.toml", "--transport", "memory", *more)
        for more in ((), ("--top",))
    )
    assert (top.stdout, top.stderr, top.returncode) == (plain.stdout, plain.stderr, 0)


def test_names_that_would_steer_a_terminal_are_shown_as_text():
    view, shown = TopView(), []
    view.show = shown.append
    view.send(b'{"run": {"title": "\\u001b[2J evil"}}')
    view.send(
        b'{"frame": {"at": "2001-01-17T10:00:00", "in_progress": 1, "seen": 2, "messages": 3, "statuses": {"\\u001b]0;x": 1},'
        b' "groups": [["G\\u001b", "A", "B", 24, 3]], "links": [["A", "B", 5, 0]]}}'
    )
    text = "\n".join(shown[0])
    assert "\x1b" not in text
    assert "24" in text
