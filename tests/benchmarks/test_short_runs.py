"""Every benchmark in its shortest form: right answers, and ratios with margins that no busy machine uses up.

Nothing here judges an absolute time. The real measurement is `python benchmarks/results.py`.

Source: D-004.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.postgresql import programs

ROOT = Path(__file__).parent.parent.parent
SMALL = {"CAPTURE_FRAMES": "400", "REPLAY_FRAMES": "2000", "BATCH_PLAN": "20000", "BATCH_CALLS": "32768"}
FILES = sorted(path.name for path in (ROOT / "benchmarks").glob("test_*.py"))


def run(*words):
    """Run a Python command in the checkout; its output."""
    command = [sys.executable, "-P", *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | SMALL, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES)
def test_what_is_timed_answers_rightly(file):
    """Each row runs once, untimed, with its own checks: peers' answers are compared, decoded values are looked at."""
    status, said = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", ROOT / "benchmarks" / file
    )
    nothing_but_slow = 5
    assert status in {0, nothing_but_slow}, said


def test_the_servers_answer_everything_at_a_tenth_of_the_echo_or_better(tmp_path):
    """Side by side, some cycles of 40 ms. What is asked of a quiet machine is four tenths."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/side_by_side.py", "--numbers", 1000, "--cycles", 2, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert found["unanswered"] == 0
    for one in found["servers"]:
        if one["name"].startswith("SCP") and "ratio" in one:
            assert one["ratio"] > 0.1


def test_a_hundred_viewers_and_frozen_ones_beside_a_server_that_is_asked(tmp_path):
    """Every viewer gets whole frames in their order, whoever reads nothing beside it; the console stays small."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    report = tmp_path / "found.json"
    words = ["--viewers", 100, "--frozen", 5, "--slices", 1, "--queries", 2000, "--json", report]
    status, said = run("benchmarks/console_load.py", *words)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert found["frames at each viewer, least"] >= 3
    assert found["frames out of order"] == found["viewers let go"] == 0
    assert found["memory of the console, MB"] < 200


@pytest.mark.skipif(shutil.which("kamailio") is None, reason="Kamailio is not installed")
def test_kamailio_and_the_scp_find_the_same_numbers(tmp_path):
    """Both hold one table; of the numbers asked for, none is answered differently."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/kamailio.py", "--numbers", 1000, "--cycles", 1, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert found["wrong"] == 0
    assert found["unanswered"] == 0


def test_a_missing_kamailio_is_one_line():
    """A peer that is not there is said, and is no failure."""
    words = [sys.executable, "-P", "benchmarks/kamailio.py"]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PATH": ""}, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("not measured: Kamailio is not installed")


def test_the_open_loop_times_every_answer(tmp_path):
    """Some slices at half of capacity: all are answered unless the machine disturbed every slice, none before it was due."""
    report = tmp_path / "found.json"
    words = ("--numbers", 1000, "--slices", 1, "--rates", "500,2000", "--json", report)
    status, said = run("benchmarks/latency.py", *words)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert [one["rate"] for one in found["rates"]] == [500, 2000]
    assert all(one["cpu_us"] > one["echo_us"] > 0 for one in found["rates"])
    for one in found["servers"]:
        assert one["unanswered"] == 0 or one["why"].startswith("inconclusive: 0 undisturbed")
        assert 0 < one["p50_us"] <= one["p99_us"]


def test_the_first_messages_cost_little_more_than_later_ones(tmp_path):
    """What is made once is made before the ready line. Wide: they were eight times and more before that."""
    report = tmp_path / "found.json"
    words = ("--numbers", 1000, "--cycles", 1, "--warm", 1000, "--json", report)
    status, said = run("benchmarks/cold.py", *words)
    assert status == 0, said
    (one,) = json.loads(report.read_text())["servers"]
    assert 0 < one["ratio"] < 6


def test_two_workers_beside_one(tmp_path):
    """With too few cores nothing is said about workers; made to measure all the same, both answer everything."""
    report = tmp_path / "found.json"
    words = ("--numbers", 1000, "--cycles", 2, "--json", report)
    status, said = run("benchmarks/workers.py", *words, "--anyway")
    assert status == 0, said
    found = json.loads(report.read_text())
    assert [one["name"] for one in found["servers"]] == ["1 worker", "2 workers"]
    assert all(one["cpu_us"] > 0 and one["per_second"] > 0 for one in found["servers"])
    assert (found["ratio"] is None) == found["why"].startswith("inconclusive")
    if os.cpu_count() < 4:
        status, said = run("benchmarks/workers.py", *words)
        assert status == 0, said
        assert json.loads(report.read_text())["why"].startswith("not measurable on")


def test_debits_are_all_granted_and_durable_in_every_store(tmp_path):
    """Ledger, port and SQLite do the same requests; each checks that all were granted."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/ledger.py", "--cycles", 1, "--debits", 128, "--json", report)
    assert status == 0, said
    rows = json.loads(report.read_text())
    assert {(row["name"], row["clients"]) for row in rows} >= {("ledger", 64), ("port", 1)}
    assert all(row["wall_us"] > 0 for row in rows)


def test_debits_beside_postgresql(tmp_path):
    """Functions with row locks, and the shared ledger: every debit of both is granted and there afterwards."""
    programs()
    report = tmp_path / "found.json"
    status, said = run("benchmarks/ledger.py", "--postgres", "--cycles", 1, "--debits", 64, "--json", report)
    assert status == 0, said
    rows = {(row["name"], row["clients"]): row["wall_us"] for row in json.loads(report.read_text())}
    assert rows["PostgreSQL, rows", 64] > 0
    assert rows["PostgreSQL, shared", 1] > 0


def test_no_emergency_call_is_left_unanswered_in_a_short_flood():
    """The general node at ten times its capacity, on real sockets: 911 has a receive buffer of its own and is read first."""
    status, said = run("benchmarks/flood.py", "--seconds", "3", "--form", "ten times, general node")
    found = json.loads(said.splitlines()[-1])
    assert (status, found["unanswered"]) == (0, 0), said
    assert found["emergency_calls"] > 20
    assert found["shed"] + found["dropped_by_kernel"] > found["capacity_per_s"]
    assert found["level"] > 0


def test_sctp_beside_its_echo(tmp_path):
    """Every mix is answered over SCTP by the server and the echo; wide: five times the echo's cost is asked of no machine."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/sctp.py", "--numbers", 1000, "--cycles", 1, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    if found["why"]:
        pytest.skip(found["why"])
    assert list(found["mixes"]) == ["queries", "hosts' queries", "whole calls"]
    for rows in found["mixes"].values():
        assert [one["name"] for one in rows] == ["C echo", "Python echo", "SCP, interpreted"]
        assert all(0.2 < one["ratio"] < 12 for one in rows)


def test_a_message_that_is_not_known_is_quicker_than_in_the_former_general_node(tmp_path):
    """All kinds get as many answers as they did; wide: none takes half as long again."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/former.py", "--cycles", 3, "--calls", 150, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    if found["why"]:
        pytest.skip(found["why"])
    assert {one["kind"] for one in found["kinds"]} >= {"PSTN", "HOST_QUERY", "NOTIFICATION"}
    for one in found["kinds"]:
        assert not one["wrong"], one
        assert one["ratio"]["general, interpreted"] > 0.7


ITSELF = """
import argparse, json, sys
from pathlib import Path
sys.path.insert(0, ".")
from benchmarks.against import Installation, batches, servers
made = [Installation(name, "interpreted", Path(sys.executable), Path.cwd()) for name in ("former", "this")]
options = argparse.Namespace(numbers=1000, cycles=2, calls=16384, mix="originating")
print(json.dumps([*batches(made, options), *servers(made, Path(sys.argv[1]), options)]))
"""


def test_a_checkout_beside_itself_decides_the_same(tmp_path):
    """What `against.py` does once both are installed: nothing unanswered, the same counts; wide: about as quick as itself."""
    if shutil.which("gcc") is None:
        pytest.skip("the echo in C needs gcc")
    status, said = run("-c", ITSELF, tmp_path)
    assert status == 0, said
    rows = json.loads(said.splitlines()[-1])
    assert len(rows) == 4
    for one in rows:
        assert not one.get("unanswered"), one
        assert not one.get("otherwise"), one
        assert 0.2 < one.get("ratio", 1) < 5, one


def test_the_hour_is_reckoned_from_its_first_calls(tmp_path):
    report = tmp_path / "found.json"
    status, said = run("benchmarks/hour.py", "--cycles", 1, "--calls", 100, "--json", report)
    assert status == 0, said
    rows = {one["name"]: one for one in json.loads(report.read_text())["rows"]}
    assert rows["interpreted"]["messages"] > 12 * 100
    assert rows["interpreted"]["hour_s"] > 0


def test_services_beside_the_plan_and_a_delta_while_queries_come(tmp_path):
    """Few numbers: all is answered, no answer mixes old and new; wide: the rates are ratios of one run."""
    report = tmp_path / "found.json"
    status, said = run("benchmarks/services.py", "--quick", "--numbers", 60_000, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    rows = {one["name"]: one for one in found["rates"]["rates"]}
    assert all(one["ratio"] > 0.4 and one["short"] > 0.5 for one in rows.values()), rows
    assert (found["table"]["numbers"], found["table"]["queries"]) == (60_000, 60_000)
    assert found["table"]["octets"] <= 12, "of few numbers the heads weigh more"
    for one in found["delta"]["runs"]:
        assert (one["mixed"], one["in_force_s"] is not None) == (0, True)


def test_goodput_late_in_an_overload(tmp_path):
    """Virtual time: what is found is the same on every machine."""
    report = tmp_path / "found.json"
    words = ("--factor", 2, "--seconds", 24, "--json", report)
    status, said = run("benchmarks/overload.py", *words)
    assert status == 0, said
    (one,) = json.loads(report.read_text())
    assert one["goodput"] >= 0.85
    assert one["p99_ms"] <= 50


def test_half_a_million_records_of_a_month_come_to_bills_totals(tmp_path):
    """The command that does fifty million, with processes; how long it took says nothing here, its memory does."""
    report = tmp_path / "found.json"
    words = ("batch", "--records", 500_000, "--lines", 2000, "--json", report)
    status, said = run("benchmarks/months.py", *words)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert (found["records"], found["rated"]) == (500_000, 500_000)
    assert found["largest_process_mb"] < 1000


def test_an_update_of_summaries_costs_the_same_after_many_calls(tmp_path):
    report = tmp_path / "found.json"
    status, said = run("benchmarks/months.py", "summaries", "--calls", 20_000, "--json", report)
    assert status == 0, said
    found = json.loads(report.read_text())
    assert found["ratio"] < 1.5
    assert found["entries"]["few"] == found["entries"]["many"]


def test_every_account_of_a_month_has_its_bill_as_pdf(tmp_path):
    report = tmp_path / "found.json"
    status, said = run("benchmarks/months.py", "bills", "--accounts", 20, "--calls", 2, "--json", report)
    assert status == 0, said
    assert json.loads(report.read_text())["bills"] >= 20
