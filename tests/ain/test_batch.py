"""`ain batch`: totals that do not depend on processes, kills or the form of the file."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "examples" / "golden"


@pytest.fixture(scope="module")
def ain():
    """A function: arguments -> the finished command, run in this process to be quick."""

    def run(*arguments):
        done = CliRunner().invoke(cli, list(map(str, arguments)))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    return run


def write_calls(path, count, seed=3):
    chance = random.Random(seed)
    callers = ("9258341234", "9258341235", "9257884101", "4159212000", "6505551001", "5550000000")
    dialed = ("9692300", "4159215678", "9212000", "14159215678", "01144207946000", "8005551234", "911", "*72")
    with path.open("w") as file:
        file.write("id,calling_party,access_code,dialed,bearer,time\n")
        for number in range(count):
            at = f"2001-01-{chance.randrange(1, 29):02d}T{chance.randrange(24):02d}:00:00"
            file.write(
                f"{number},{chance.choice(callers)},{chance.choice('79')},{chance.choice(dialed)},SPEECH,{at}\n"
            )


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "calls.csv"
    write_calls(path, 20_000)
    return path


@pytest.fixture(scope="module")
def without_ubs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("set") / "golden"
    shutil.copytree(GOLDEN, directory)
    path = directory / "customers" / "GOLDEN" / "customer.toml"
    path.write_text(path.read_text().replace('ubs = "ON"', 'ubs = "OFF"'))
    return directory


def test_counts_are_those_of_explain_call_by_call(ain, calls, tmp_path):
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.service_logic.program import Undecidable
    from ain_scp.terms.localtime import parse
    from ain_scp.terms.query import Query

    done = ain("batch", GOLDEN, "--calls", calls, "--json")
    assert done.returncode == 0
    assert done.stderr.count("no originating trigger for") == 20
    assert "more rows could not be used" in done.stderr
    totals = json.loads(done.stdout)
    program = open_program(GOLDEN)
    ctc, route, undecidable = {}, {}, 0
    for line in calls.read_text().splitlines()[1:]:
        _, calling, code, dialed, bearer, at = line.split(",")
        decided = program.decide(
            Query(
                "INFO_ANALYZED", "CDP_AC", calling, parse(at), access_code=code, dialed=dialed, bearer=bearer
            )
        )
        if isinstance(decided, Undecidable):
            undecidable += 1
        else:
            ctc[str(decided.ctc)] = ctc.get(str(decided.ctc), 0) + 1
            route[decided.route_kind] = route.get(decided.route_kind, 0) + 1
    assert (totals["ctc"], totals["route"], totals["undecidable"]) == (ctc, route, undecidable)


def test_against_tells_how_many_calls_change_and_shows_the_first(ain, calls, without_ubs):
    done = ain("batch", GOLDEN, "--calls", calls, "--against", without_ubs, "--examples", "3", "--json")
    assert done.returncode == 1
    totals = json.loads(done.stdout)
    assert totals["changed"] == totals["fields"]["response.ama_slp_id"] > 0
    assert len(totals["examples"]) == 3
    assert totals["examples"][0]["differs"] == {"response.ama_slp_id": ["760833001", None]}
    same = ain("batch", GOLDEN, "--calls", calls, "--against", GOLDEN, "--json")
    assert (same.returncode, json.loads(same.stdout)["changed"]) == (0, 0)


def test_a_capture_of_a_run_is_a_file_of_calls(ain, tmp_path):
    ain("run", GOLDEN / "scenario.toml", "--transport", "memory", "--pcap", tmp_path / "run.pcap")
    done = ain("batch", GOLDEN, "--calls", tmp_path / "run.pcap", "--json")
    assert done.returncode == 0, done.stderr
    totals = json.loads(done.stdout)
    assert totals["calls"] == 40
    assert totals["route"]["ASF_RTL_HOST"] == 8


KILLED = """
import sys
from pathlib import Path
from ain_scp.scp.batch import sources
sources.PIECE = 4096
from ain_scp.ain.__main__ import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_batch_goes_on_to_the_same_totals(calls, without_ubs, tmp_path, jobs):
    script = tmp_path / "small_pieces.py"
    script.write_text(KILLED)
    checkpoint = tmp_path / "batch.checkpoint"
    options = ["batch", GOLDEN, "--calls", calls, "--against", without_ubs, "--examples", "4", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole = subprocess.run(
        [sys.executable, script, *options], capture_output=True, check=False, cwd=ROOT, env=environment
    )
    resumed = [sys.executable, script, *options, "--jobs", jobs, "--checkpoint", checkpoint]
    kills = 0
    for _ in range(3):
        with subprocess.Popen(
            resumed, stdout=subprocess.PIPE, cwd=ROOT, env=environment, start_new_session=True
        ) as process:
            before = checkpoint.read_bytes() if checkpoint.exists() else b""
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                if checkpoint.exists() and checkpoint.read_bytes() != before:
                    break
                time.sleep(0.01)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
    done = subprocess.run(resumed, capture_output=True, check=False, cwd=ROOT, env=environment)
    assert kills
    assert json.loads(done.stdout) == json.loads(whole.stdout)


def test_a_capture_with_a_checkpoint_goes_on_from_it(ain, tmp_path):
    """The checkpoint belongs to the capture, not to the file of calls that is made of it."""
    ain("run", GOLDEN / "scenario.toml", "--transport", "memory", "--pcap", tmp_path / "run.pcap")
    options = ["batch", GOLDEN, "--calls", tmp_path / "run.pcap", "--checkpoint", tmp_path / "kept", "--json"]
    first, second = ain(*options), ain(*options)
    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert json.loads(second.stdout)["calls"] == 40


def test_a_checkpoint_that_cannot_be_written_is_named(ain, calls):
    done = ain("batch", GOLDEN, "--calls", calls, "--checkpoint", "/nowhere/kept")
    assert (done.returncode, done.stdout) == (2, "")
    assert "/nowhere/kept: " in done.stderr


def test_a_capture_that_ends_within_a_record_is_counted_and_told(ain, tmp_path):
    ain("run", GOLDEN / "scenario.toml", "--transport", "memory", "--pcap", tmp_path / "run.pcap")
    whole = (tmp_path / "run.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(whole[: len(whole) // 2])
    done = ain("batch", GOLDEN, "--calls", tmp_path / "cut.pcap", "--json")
    assert done.returncode == 0
    assert 0 < json.loads(done.stdout)["calls"] < 40
    assert "the file ends within its last record" in done.stderr


def test_a_checkpoint_of_another_batch_is_refused(ain, calls, tmp_path):
    checkpoint = tmp_path / "batch.checkpoint"
    assert ain("batch", GOLDEN, "--calls", calls, "--checkpoint", checkpoint).returncode == 0
    again = ain("batch", GOLDEN, "--calls", calls, "--checkpoint", checkpoint, "--json")
    assert json.loads(again.stdout)["calls"] == 20_000
    other = ain("batch", GOLDEN, "--calls", calls, "--checkpoint", checkpoint, "--seed", "5")
    assert other.returncode == 2
    assert "not a checkpoint of this batch" in other.stderr


ROWS = "calling_party,access_code,dialed,time\n"
GOOD = "9258341234,7,9212000,2001-01-17T10:00:00\n"
UNUSED = [
    ("none at all", ROWS, [], 2, "no call could be decided"),
    ("a bad one alone", ROWS + "9258341234,7,9212000,noon\n", [], 2, "calls.csv:2: time: "),
    ("a good one and a bad one", ROWS + GOOD + "9258341234,7,9212000,noon\n", [], 0, "calls.csv:3: time: "),
    ("the same, strict", ROWS + GOOD + "9258341234,7,9212000,noon\n", ["--strict"], 2, "calls.csv:3: "),
    ("the same, compared", ROWS + GOOD + "9258341234,7,noon\n", ["--against", GOLDEN], 2, "3 cells, the header has 4"),
    ("of nobody", ROWS + GOOD + "5558341234,7,9212000,2001-01-17T10:00:00\n", ["--strict"], 2, "calls.csv:3: no orig"),
    ("nobody, compared", ROWS + GOOD.replace("9258", "5558"), ["--against", GOLDEN], 2, "no call could be decided"),
    ("examples of nothing", ROWS + GOOD, ["--examples", "3"], 2, "--examples needs --against"),
]  # fmt: skip


@pytest.mark.parametrize(("_what", "text", "options", "code", "told"), UNUSED, ids=[row[0] for row in UNUSED])
def test_rows_of_no_use_are_named_and_a_verdict_never_rests_on_them_alone(
    ain, tmp_path, _what, text, options, code, told
):
    (tmp_path / "calls.csv").write_text(text)
    done = ain("batch", GOLDEN, "--calls", tmp_path / "calls.csv", *options)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


@pytest.mark.parametrize(
    ("octets", "told"), [(b"a,b\n1,2\n", "no column"), (b"PAR1xx", "broken"), (b"\xd4\xc3\xb2\xa1", "octet"), (None, "No such file")]
)  # fmt: skip
def test_a_file_that_holds_no_calls_is_one_line_and_exit_2(ain, tmp_path, octets, told):
    path = tmp_path / "broken.csv"
    if octets is not None:
        path.write_bytes(octets)
    done = ain("batch", GOLDEN, "--calls", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
