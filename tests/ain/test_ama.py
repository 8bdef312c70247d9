"""`ain ama` on the records of the golden run: one record per answered call, three forms, access, providers, prices."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

GOLDEN = "examples/golden/scenario.toml"
DATASET = "examples/golden"


def run(*arguments):
    """One command: exit code, stdout, stderr."""
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def exported(directory, *options):
    code, out, err = run("ama", "export", directory, "--json", *options)
    assert code == 0, err
    return json.loads(out)["files"]


def read(*files):
    code, out, err = run("ama", "read", "--json", *files)
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """The record directory of a golden run and the run's JSON, never changed."""
    directory = tmp_path_factory.mktemp("ama") / "records"
    code, out, err = run("run", GOLDEN, "--transport", "memory", "--json", "--records", directory)
    assert code == 0, err
    return directory, json.loads(out)["calls"]


@pytest.fixture
def records(golden, tmp_path):
    """A copy of the directory."""
    return shutil.copytree(golden[0], tmp_path / "records")


def test_every_answered_call_has_one_record_with_the_flag_the_switch_was_sent(golden, records):
    made = {record["call_id"]: record for file in exported(records) for record in read(file["path"])}
    with_record = {call["id"]: call for call in golden[1] if call["ama"]["record"]}
    assert made.keys() == with_record.keys()
    for name, record in made.items():
        assert record["ama_slp_id"] == with_record[name]["ama"]["ama_slp_id"], name
        assert record["duration_ms"] == 180_000
    assert (made["C05"]["calling_class"], made["C05"]["jurisdiction"]) == ("CENTREX", "INTRALATA")
    assert (made["C01"]["called_number"], made["C01"]["original_called_number"]) == (
        "9257893412",
        "4159215678",
    )
    assert made["C14"]["ama_slp_id"] is None


def test_three_forms_read_back_as_the_same_records(records):
    forms = {
        form: [
            record
            for file in exported(records, "--form", form, "--receiver", form)
            for record in read(file["path"])
        ]
        for form in ("baf", "jsonl", "csv")
    }
    assert forms["baf"] == forms["jsonl"] == forms["csv"]
    assert len(forms["baf"]) > 15


def test_a_receiver_gets_each_record_once_and_another_gets_all_of_them(records):
    first = exported(records)
    assert exported(records) == []
    assert [file["records"] for file in exported(records, "--receiver", "audit")] == [
        file["records"] for file in first
    ]
    again = exported(records, "--again")
    assert [(file["switch"], file["first"], file["last"]) for file in again] == [
        (file["switch"], file["first"], file["last"]) for file in first
    ]


def test_a_file_with_one_octet_changed_is_refused_in_one_line(records):
    for form in ("baf", "jsonl", "csv"):
        path = Path(exported(records, "--form", form, "--receiver", form)[0]["path"])
        octets = bytearray(path.read_bytes())
        for at in range(0, len(octets), 37):
            changed = path.with_stem("changed")
            changed.write_bytes(bytes((*octets[:at], octets[at] ^ 1, *octets[at + 1 :])))
            code, _, err = run("ama", "read", changed)
            assert (code, err.count("\n")) == (2, 1), (form, at)


def test_intralata_calls_from_centrex_are_access_records_too(records):
    found = json.loads(run("ama", "access", records, "--json")[1])["access_records"]
    names = {record["call_id"] for record in found}
    assert {"C05", "C06", "C14"} <= names
    assert not {"C08", "C09", "C11"} & names
    files = [file["path"] for file in exported(records)]
    assert json.loads(run("ama", "access", *files, "--json")[1])["access_records"] == found


def test_the_verification_report_has_every_flagged_record_at_the_price_the_run_charged(golden, records):
    made = json.loads(run("ama", "verify", records, "--dataset", DATASET, "--json")[1])
    prices = sorted(
        (call["ama"]["ama_slp_id"], call["ama"]["standard_cents"], call["ama"]["charge_cents"])
        for call in golden[1]
        if call["ama"]["ama_slp_id"] is not None
    )
    assert (
        sorted((one["ama_slp_id"], one["standard_cents"], one["charged_cents"]) for one in made["records"])
        == prices
    )
    assert sum(total["records"] for total in made["totals"]) == len(prices)
    ubs = next(total for total in made["totals"] if total["ama_slp_id"] == "760833001")
    assert (ubs["standard_cents"] > 0, ubs["charged_cents"]) == (True, 0)


def test_verification_reads_exported_files_as_well(records):
    files = [file["path"] for file in exported(records)]
    by_files = json.loads(run("ama", "verify", *files, "--dataset", DATASET, "--json")[1])
    assert by_files == json.loads(run("ama", "verify", records, "--dataset", DATASET, "--json")[1])
    assert "totals by AMAslpID" in run("ama", "verify", records, "--dataset", DATASET)[1]


@pytest.fixture
def resold(tmp_path):
    """The golden data set with GOLDEN's service resold by CLEC7."""
    directory = shutil.copytree(DATASET, tmp_path / "resold", ignore=shutil.ignore_patterns("scenario.toml"))
    customer = directory / "customers" / "GOLDEN" / "customer.toml"
    customer.write_text('provider = "CLEC7"\n' + customer.read_text())
    return directory


def test_flagged_records_of_resold_service_go_to_the_other_provider_once(records, resold):
    files = exported(records, "--providers", "--dataset", resold)
    copies = [record for file in files for record in read(file["path"])]
    assert all(record["customer_group"] == "GOLDEN" and record["ama_slp_id"] for record in copies)
    assert {Path(file["path"]).parent.name for file in files} == {"CLEC7"}
    own = [record for file in exported(records) for record in read(file["path"])]
    flagged = [one for one in own if one["ama_slp_id"] and one["customer_group"] == "GOLDEN"]
    assert sorted(one["call_id"] for one in copies) == sorted(one["call_id"] for one in flagged)
    assert [file["first"] for file in files] == [1] * len(files)
    assert exported(records, "--providers", "--dataset", resold) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("export", "{}/nothing"), 2, "no record directory"),
        (("export", "{}", "--receiver", "a/b"), 2, "letters, digits"),
        (("export", "{}", "--providers"), 2, "needs --dataset"),
        (("read", "{}/nothing.baf"), 2, "No such file"),
        (("verify", "{}", "--dataset", "{}/nothing"), 2, "no such data set"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(records, arguments, code, said):
    found, _, err = run("ama", *(argument.format(records) for argument in arguments))
    assert (found, said in err) == (code, True), err


def test_a_damaged_journal_is_told_in_one_line(records):
    (segment,) = [
        path for path in (records / "ama" / "SSP2004").glob("*1.segment") if path.stat().st_size > 100
    ]
    octets = bytearray(segment.read_bytes())
    octets[200] ^= 1
    segment.write_bytes(octets)
    code, _, err = run("ama", "access", records)
    assert (code, err.count("\n"), "CORRUPT" in err) == (2, 1, True)


def test_the_documentation_names_every_field_with_what_it_rests_on():
    from ain_scp.billing.ama.baf_layout import BLOCK_HEADER, MODULES, STRUCTURES, TRAILER

    rows = [line for line in Path("docs/records.md").read_text().splitlines() if line.startswith("| `")]
    for field in (
        *STRUCTURES[220],
        *STRUCTURES[625],
        *BLOCK_HEADER,
        *TRAILER,
        *(f for m in MODULES.values() for f in m),
    ):
        assert any(
            row.startswith(f"| `{field.name}` |") and row.endswith(f"| {field.basis} |") for row in rows
        ), field.name
