"""`ain smdr` on the records of the golden run: transfer by the hour, one import, reports, isolation, check."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.reader import read_directory

ROOT = Path(__file__).parent.parent.parent
GOLDEN = "examples/golden/scenario.toml"
HOUR_FILES = [
    f"smdr-SCP-20010117T{hour}-0000000000{first:02d}.txt" for hour, first in ((10, 1), (11, 25), (12, 49))
]


def run(*arguments):
    """One command: exit code, stdout, stderr."""
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def lines(*arguments):
    code, out, err = run(*arguments)
    assert code == 0, err
    return out.splitlines()


def record_run(directory, *options):
    code, _, err = run("run", GOLDEN, "--transport", "memory", "--records", directory, *options)
    assert code == 0, err
    return directory


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The record directory of a golden run, never changed."""
    return record_run(tmp_path_factory.mktemp("smdr") / "recorded")


@pytest.fixture
def records(recorded, tmp_path):
    """A copy of it."""
    return shutil.copytree(recorded, tmp_path / "records")


@pytest.fixture(scope="module")
def imported(recorded, tmp_path_factory):
    """A copy with everything transferred and imported, never changed."""
    target = shutil.copytree(recorded, tmp_path_factory.mktemp("smdr") / "imported")
    assert run("smdr", "transfer", target)[0] == run("smdr", "import", target)[0] == 0
    return target


def report(directory, *options):
    return json.loads(run("smdr", "report", directory, "--json", *options)[1])


def test_a_run_repeated_leaves_the_same_octets(recorded, tmp_path):
    again = record_run(tmp_path / "again")
    files = {path.relative_to(recorded): path.read_bytes() for path in recorded.rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()
    }
    assert any(files.values())


def test_records_of_two_runs_never_mix(records):
    code, _, err = run("run", GOLDEN, "--transport", "memory", "--records", records)
    assert (code, "another run" in err) == (2, True)


def test_a_run_that_cannot_store_says_so_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("run", GOLDEN, "--transport", "memory", "--records", tmp_path / "file" / "records")
    assert code == 2
    assert err.strip().splitlines()[-1].endswith("Not a directory")


def test_an_hour_is_sent_once_it_is_over_and_not_before(records):
    code, out, _ = run("smdr", "transfer", records, "--now", "2001-01-17T10:59:59", "--json")
    assert (code, json.loads(out)) == (0, {"version": 1, "files": []})
    sent = json.loads(run("smdr", "transfer", records, "--now", "2001-01-17T11:00:00", "--json")[1])["files"]
    assert [file["name"] for file in sent] == HOUR_FILES[:1]
    assert json.loads(run("smdr", "transfer", records, "--now", "2001-01-17T11:30:00", "--json")[1]) == {
        "version": 1,
        "files": [],
    }
    later = json.loads(run("smdr", "transfer", records, "--json")[1])["files"]
    assert [file["name"] for file in later] == HOUR_FILES[1:]


def test_transfer_files_hold_the_samples_octet_for_octet_sorted_by_identifier_and_time(records):
    run("smdr", "transfer", records)
    stored = [entry.payload for entry in read_directory(RecordDirectory(records).samples("SCP"))]
    sent = []
    for name in HOUR_FILES:
        body = (records / "transfer" / name).read_bytes().splitlines()[1:-1]
        keys = [(one["identifier"], one.get("start_ms", one.get("end_ms"))) for one in map(json.loads, body)]
        assert keys == sorted(keys)
        sent += body
    assert sorted(sent) == sorted(stored)


def test_the_distributor_has_a_billing_interface_too_and_an_lscp_has_none(records):
    lines("smdr", "transfer", records, "--billing")
    text = (records / "transfer" / HOUR_FILES[0].replace(".txt", ".billing.csv")).read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["sample"] for row in rows} == {"attempt", "completion"}
    assert run("smdr", "transfer", records, "--billing", "--scp-kind", "lscp")[0] == 2


def test_both_forms_of_scp_give_the_same_reports(imported, tmp_path):
    other = record_run(tmp_path / "lscp", "--scp-kind", "lscp")
    lines("smdr", "transfer", other, "--scp-kind", "lscp")
    lines("smdr", "import", other)
    for options in ((), ("--customer", "GOLDEN"), ("--group-by", "outcome"), ("--form", "csv")):
        assert run("smdr", "report", other, *options) == run("smdr", "report", imported, *options)
    identifiers = [row["identifier"] for row in report(other, "--field", "identifier")["rows"]]
    assert identifiers
    assert all(len(one) > 12 and one.isdigit() for one in identifiers)


def test_import_is_idempotent_and_takes_files_in_any_order(records, imported):
    run("smdr", "transfer", records)
    files = [records / "transfer" / name for name in HOUR_FILES]
    for name in (files[2], files[0], files[0], files[1]):
        assert run("smdr", "import", records, name)[0] == 0
    totals = json.loads(run("smdr", "import", records, "--json")[1])
    assert (totals["repeated_files"], totals["joined"], totals["written"], totals["calls"]) == (3, 0, 0, 31)
    assert run("smdr", "report", records) == run("smdr", "report", imported)


def test_a_damaged_file_is_refused_whole_and_the_others_are_read(records):
    run("smdr", "transfer", records)
    path = records / "transfer" / HOUR_FILES[1]
    path.write_bytes(path.read_bytes()[:-9])
    code, out, err = run("smdr", "import", records, "--json")
    assert (code, json.loads(out)["files"], json.loads(out)["refused_files"]) == (1, 2, 1)
    assert err.count("\n") == 1
    assert "file not taken" in err
    code, _, err = run("smdr", "check", records)
    assert code == 1
    assert HOUR_FILES[1] in err


def test_a_lost_file_is_noticed(records):
    run("smdr", "transfer", records)
    (records / "transfer" / HOUR_FILES[1]).unlink()
    code, _, err = run("smdr", "check", records)
    assert (code, "samples 25 to 48 are in no transfer file" in err) == (1, True)


def test_everything_agrees_after_an_import(imported):
    found = json.loads(run("smdr", "check", imported, "--json")[1])
    assert (found["samples"], found["front_end"], found["host"], found["problems"]) == (62, 31, 31, [])


def test_a_customer_sees_its_own_calls_and_no_others(imported):
    everything = report(imported, "--field", "customer", "--field", "calling", "--field", "identifier")[
        "rows"
    ]
    for customer in ("GOLDEN", "SILVER"):
        own = report(
            imported,
            "--customer",
            customer,
            "--field",
            "customer",
            "--field",
            "calling",
            "--field",
            "identifier",
        )
        assert own["rows"] == [row for row in everything if row["customer_group"] == customer]
        assert own["totals"]["calls"] == len(own["rows"]) > 0
    silver = [row["calling_party_id"] for row in everything if row["customer_group"] == "SILVER"]
    for form in ("table", "csv", "json", "html"):
        text = run("smdr", "report", imported, "--customer", "GOLDEN", "--form", form)[1]
        assert not any(number in text for number in silver)
        assert "SILVER" not in text
    code, out, err = run("smdr", "report", imported, "--customer", "golden")
    assert (code, out, "known: GOLDEN, SILVER" in err) == (2, "", True)


def test_a_prefix_is_read_as_people_write_it(imported):
    found = report(imported, "--calling", "(925) 834")
    assert found["totals"]["calls"] == report(imported, "--calling", "925834")["totals"]["calls"] > 0


def test_a_call_over_a_host_is_one_record_with_the_number_the_caller_wanted(imported):
    (call,) = report(
        imported, "--destination", "4159215678", "--since", "2001-01-17", "--until", "2001-01-17T10:01"
    )["rows"]
    assert (call["called_party_id"], call["original_called_party_id"]) == ("9257893412", "4159215678")
    assert (call["status"], call["duration_s"]) == ("COMPLETED", 180)


def test_refused_calls_end_when_they_begin(imported):
    rows = report(imported, "--status", "BLOCKED")["rows"]
    assert {row["status"] for row in rows} > {"BLOCKED:SCREENED", "BLOCKED:BLOCKED_800"}
    assert all(row["start_time"] == row["end_time"] and row["duration_s"] == 0 for row in rows)


def test_groupings_add_up_to_the_totals_in_every_form(imported):
    grouped = report(imported, "--group-by", "day", "--group-by", "outcome")
    assert sum(row["calls"] for row in grouped["rows"]) == grouped["totals"]["calls"] == 31
    cells = list(
        csv.DictReader(
            io.StringIO(run("smdr", "report", imported, "--group-by", "outcome", "--form", "csv")[1])
        )
    )
    assert sum(int(row["duration_s"]) for row in cells) == grouped["totals"]["duration_s"]
    assert "31 calls, 21 completed" in run("smdr", "report", imported)[1]


def test_the_page_has_plots_and_opens_anywhere(imported, tmp_path):
    assert run("smdr", "report", imported, "--form", "html", "-o", tmp_path / "report.html")[0] == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 3
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "{}", "--field", "shoe"), "unknown field shoe; known: customer_group, "),
        (("report", "{}", "--status", "DONE"), "unknown status DONE; known: ABANDONED, "),
        (("report", "{}", "--field", "scp", "--group-by", "day"), "--field and --group-by"),
        (("report", "{}", "--calling", "12x"), "prefix is 1 to 15 digits"),
        (("report", "{}", "--since", "yesterday"), "expected a local time"),
        (("report", "{}", "--since", "2001-01-17T10:00:00Z"), "without a zone"),
        (("report", "{}", "--since", "2001-01-18", "--until", "2001-01-17"), "ends before"),
        (("report", "{}", "--group-by", "shoe"), "cannot be grouped"),
        (("transfer", "{}/nothing"), "no record directory"),
        (("report", "{}/nothing"), "no record directory"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_line_and_exit_2(imported, arguments, said):
    code, _, err = run("smdr", *(argument.format(imported) for argument in arguments))
    assert (code, said in err) == (2, True), err


def test_a_report_before_the_import_says_what_to_do(records):
    code, out, err = run("smdr", "report", records)
    assert (code, "0 calls" in out, "ain smdr transfer" in err) == (0, True, True)


@pytest.fixture
def over_the_hour(tmp_path):
    """Records of one call from 10:58 to 11:07, transferred: its halves stand in two files."""
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(
        f'dataset = "{Path("examples/golden").absolute()}"\nstart = 2001-01-17T10:00:00\n'
        '[[call]]\nid = "L01"\nat = 2001-01-17T10:58:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
        "answered = true\nduration_s = 540\n"
    )
    directory = tmp_path / "records"
    code, _, err = run("run", scenario, "--transport", "memory", "--records", directory)
    assert code == 0, err
    assert [" 1 sample" in line for line in lines("smdr", "transfer", directory)] == [True, True, False]
    return directory


@pytest.mark.parametrize("first", [0, 1])
def test_a_half_alone_is_put_out_as_incomplete_and_replaced_when_the_other_comes(over_the_hour, first):
    files = sorted((over_the_hour / "transfer").glob("*.txt"))
    before = json.loads(run("smdr", "import", over_the_hour, files[first], "--wait-hours", "0", "--json")[1])
    assert (before["incomplete"], before["calls"]) == (1, 1)
    (half,) = report(over_the_hour, "--field", "status", "--field", "source_records")["rows"]
    assert half == {"status": ["INCOMPLETE", "INCOMPLETE:NO_ATTEMPT"][first], "source_records": 1}
    run("smdr", "import", over_the_hour)
    (whole,) = report(over_the_hour, "--field", "status", "--field", "source_records", "--field", "duration")[
        "rows"
    ]
    assert whole == {"status": "COMPLETED", "source_records": 2, "duration_s": 540}


def test_a_journal_in_use_is_told_in_one_line(records):
    storage = RecordDirectory(records).samples("SCP")
    storage.lock()
    try:
        code, _, err = run("smdr", "transfer", records)
    finally:
        storage.unlock()
    assert (code, err.count("\n"), "LOCKED" in err) == (2, 1, True)


def own_process(*words, **options):
    """`ain` as a program of its own, with the usual umask."""
    return subprocess.run(
        [sys.executable, "-m", "ain_scp.ain", *map(str, words)], cwd=ROOT, umask=0o022, capture_output=True,
        text=True, check=False, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Everything that records make, in a directory that was there before, by the programs themselves."""
    target = tmp_path_factory.mktemp("private") / "records"
    target.mkdir(mode=0o755)
    outputs = ("--report", target.parent / "page.html", "--pcap", target.parent / "run.pcap")
    lines = [
        ("run", "examples/golden/scenario.toml", "--transport", "memory", "--records", target, *outputs),
        ("smdr", "transfer", target, "--billing"),
        ("smdr", "import", target),
        ("ama", "export", target, "--form", "csv"),
        ("smdr", "report", target, "--form", "html", "--output", target.parent / "report.html"),
    ]
    for line in lines:
        done = own_process(*line)
        assert done.returncode == 0, done.stderr
    return target


def test_whatever_is_written_of_calls_is_for_its_owner_only(kept):
    found = [kept, *kept.rglob("*"), *(path for path in kept.parent.iterdir() if path.is_file())]
    assert len(found) > 15
    assert {oct(path.stat().st_mode & 0o077) for path in found} == {"0o0"}
    assert own_process("smdr", "check", kept).stderr == ""


def test_a_check_warns_of_records_that_others_may_read(kept, tmp_path):
    target = shutil.copytree(kept, tmp_path / "records")
    (target / "host.db").chmod(0o644)
    (target / "export").chmod(0o755)
    done = own_process("smdr", "check", target)
    assert done.returncode == 0
    first, second = done.stderr.splitlines()
    assert first.startswith(f"warning: {target / 'export'}: others may read it")
    assert second == f"warning: and 1 more: chmod -R o= {target}"


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="needs root to make files of another owner, and setpriv",
)
def test_who_may_only_read_gets_the_report_and_leaves_nothing(kept, tmp_path):
    """Files of another owner, readable by our group, and no capability to do more; the same text as the owner gets."""
    target = shutil.copytree(kept, tmp_path / "records")
    for path in (*target.rglob("*"), target):
        path.chmod(0o550 if path.is_dir() else 0o440)
        os.chown(path, 65534, 0)
    before = sorted(target.rglob("*"))
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    told = {}
    for command in ("report", "check"):
        words = [sys.executable, "-m", "ain_scp.ain", "smdr", command, target, "--json"]
        done = subprocess.run([*bare, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        told[command] = json.loads(done.stdout)
    assert told["report"] == json.loads(own_process("smdr", "report", kept, "--json").stdout)
    assert told["check"]["problems"] == []
    assert sorted(target.rglob("*")) == before
