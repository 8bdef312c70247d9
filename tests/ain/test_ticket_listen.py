"""`ain ticket generate` and `listen`: a PBX that is not there, and the first look at one (C-001, C-010)."""

import json
import subprocess
import sys

import pytest

WORDS = [sys.executable, "-m", "ain_scp.ain", "ticket"]


def test_a_generated_file_is_listened_to_and_its_layout_found(ain, tmp_path):
    log, truth, kept = (tmp_path / name for name in ("t.log", "truth", "kept"))
    done = ain("ticket", "generate", "--layout", "nec-sl", "--calls", 40, "--to", log, "--truth", truth)
    assert done.returncode == 0, done.stderr
    assert len(truth.read_text().splitlines()) == 40
    heard = ain("ticket", "listen", log, "--to", kept)
    assert heard.returncode == 0, heard.stderr
    assert heard.stdout.splitlines()[0] == "layout: nec-sl"
    assert heard.stdout.splitlines()[-1] == "40 lines: 40 call"
    assert kept.read_bytes() == log.read_bytes()
    number = json.loads(truth.read_text().splitlines()[0])["called"]
    assert number not in heard.stdout
    assert number in ain("ticket", "listen", log, "--layout", "nec-sl", "--show").stdout


@pytest.mark.slow
def test_a_pbx_that_connects_is_heard_and_a_line_that_cannot_be_read_is_named(ain):
    process = subprocess.Popen(
        [*WORDS, "listen", "tcp-listen://127.0.0.1:0", "--layout", "mitel-3300", "--lines", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    place = process.stderr.readline().split()[1]
    done = ain("ticket", "generate", "--layout", "mitel-3300", "--calls", 5, "--to", f"tcp://{place}")
    assert done.returncode == 0, done.stderr
    out, _err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.splitlines()[-1] == "5 lines: 5 call"


def test_what_cannot_be_listened_to_or_printed_is_one_line(ain, tmp_path):
    log = tmp_path / "x.log"
    log.write_text("nothing of this kind\n")
    heard = ain("ticket", "listen", log, "--layout", "mitel-3300")
    assert (heard.returncode, "quarantine TOO_SHORT" in heard.stdout) == (1, True)
    for words, text in (
        (("listen", tmp_path / "none"), "No such file"), (("listen", "tcp-listen://nowhere"), "HOST:PORT"),
        (("generate", "--layout", "none", "--calls", "1"), "--layout none"),
    ):  # fmt: skip
        done = ain("ticket", *words)
        assert (done.returncode, text in done.stderr, "Traceback" in done.stderr) == (2, True, False), (
            done.stderr
        )
