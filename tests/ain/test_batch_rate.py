"""`ain batch --rate`: a month by columns through the command; forms of records, processes, resuming, another data set."""

import csv
import datetime as dt
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.billing.batch import work
from ain_scp.billing.batch.sources import SourceFault, opened
from ain_scp.billing.batch.tables import coded

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "examples" / "charging"
NUMBERS = [
    "9255550230",
    "9255550231",
    "9255550232",
    "9255550233",
    "9255550234",
    "9255550235",
    "9255550238",
    "9255550241",
    "9999999999",
]
CALLED = ["2125550000", "4159212000", "+442079460000"]


def rows(many=3000, seed=1):
    chance = random.Random(seed)
    start = dt.datetime.fromisoformat("2001-01-02T00:00:00")
    found = []
    for number in range(many):
        at = start + dt.timedelta(minutes=14 * number)
        found.append(
            (chance.choice(NUMBERS), chance.choice(CALLED), at.isoformat(), chance.randrange(3_600_000))
        )
    return found


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The same month as CSV and as mapped columns."""
    place = tmp_path_factory.mktemp("records")
    with (place / "month.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["from", "called", "switch", "answer", "duration_ms"])
        writer.writerows([one, other, "SSP2004", at, length] for one, other, at, length in rows())
    (place / "columns").mkdir()
    epoch = dt.datetime.fromisoformat("1970-01-01")
    table = {
        "calling": [coded(row[0]) for row in rows()],
        "called": [coded(row[1]) for row in rows()],
        "start_ms": [
            (dt.datetime.fromisoformat(row[2]) - epoch) // dt.timedelta(milliseconds=1) for row in rows()
        ],
        "duration_ms": [row[3] for row in rows()],
    }
    for name, values in table.items():
        np.save(place / "columns" / f"{name}.npy", np.asarray(values, np.int64))
    return place


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The data set with another price of the tariff STD."""
    place = Path(shutil.copytree(DATASET, tmp_path_factory.mktemp("other") / "set"))
    tariffs = place / "charging" / "tariffs.csv"
    text = tariffs.read_text()
    tariffs.write_text(
        text.replace("STD,2001-01-01,*,*,*,*,ms,,,,,60s,0.10,up", "STD,2001-01-01,*,*,*,*,ms,,,,,60s,0.09,up")
    )
    return place


@pytest.fixture
def rated():
    """A function: options -> exit code and result, in this process."""

    def make(*words):
        line = ["batch", str(DATASET), "--rate", *map(str, words), "--json"]
        done = CliRunner().invoke(cli, line)
        return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr

    return make


def test_the_month_is_what_the_ledger_says_call_by_call(records, rated, ain, tmp_path):
    events = tmp_path / "events.jsonl"
    with events.open("w") as file:
        for one, other, at, length in rows():
            event = {"at": at, "event": "record", "from": one, "called": other, "duration_ms": length}
            file.write(json.dumps(event) + "\n")
    code, found = rated(records / "month.csv", "--out", tmp_path / "owed")
    assert code == 0
    assert (found["records"], found["rated"] + found["unknown"]) == (3000, 3000)
    accounts = ("F50", "V30", "TOD", "TODF", "GA", "GB", "LA1", "LE1")
    asked = [{"at": "2001-02-01T00:00:00", "event": "current", "account": account} for account in accounts]
    with events.open("a") as file:
        file.writelines(json.dumps(one) + "\n" for one in asked)
    said = [
        json.loads(line) for line in ain("account", "apply", DATASET, "--events", events).stdout.splitlines()
    ]
    owed = list(csv.DictReader((tmp_path / "owed" / "owed.csv").read_text().splitlines()))
    for account, line in zip(accounts, said[-len(accounts) :], strict=True):
        assert sum(round(float(row["total"]) * 100) for row in owed if row["account"] == account) == round(
            float(line["current"]) * 100
        )


def test_columns_csv_and_processes_say_the_same(records, rated, monkeypatch, tmp_path):
    def summaries(*words):
        found = rated(*words, "--out", tmp_path)
        return found, (tmp_path / "summaries.csv").read_text()

    expected, sums = summaries(records / "month.csv")
    assert summaries(records / "columns") == (expected, sums)
    monkeypatch.setattr("ain_scp.billing.batch.sources.PIECE", 500)
    work.source_of.cache_clear()
    assert summaries(records / "columns", "--jobs", "2") == (expected, sums)
    monkeypatch.setattr("ain_scp.billing.batch.sources.OCTETS", 5000)
    work.source_of.cache_clear()
    assert rated(records / "month.csv") == expected


def test_the_journals_of_switches_say_the_same(records, rated, tmp_path):
    from ain_scp.billing.ama.journaled import AmaJournal
    from ain_scp.billing.ama.record import AmaRecord
    from ain_scp.journal.directory import RecordDirectory
    from ain_scp.journal.writer import Journal

    directory = RecordDirectory(tmp_path / "records")
    directory.prepare()
    epoch = dt.datetime.fromisoformat("1970-01-01")
    for switch in ("SSP1", "SSP2"):
        journal = Journal.open(directory.usage(switch), 0)
        ama = AmaJournal(journal)
        for number, (calling, called, at, length) in enumerate(rows()):
            if (number % 2 == 0) == (switch == "SSP1"):
                answer = (dt.datetime.fromisoformat(at) - epoch) // dt.timedelta(milliseconds=1)
                times = {
                    "start_ms": answer,
                    "answer_ms": answer,
                    "end_ms": answer + length,
                    "duration_ms": length,
                }
                abroad = {"jurisdiction": "INTERNATIONAL"} if called.startswith("+") else {}
                kept = AmaRecord(
                    call_id=f"c{number}",
                    calling_number=calling,
                    called_number=called.lstrip("+"),
                    **times,
                    **abroad,
                )
                ama.record(kept)
        never = AmaRecord(
            call_id="x", calling_number=NUMBERS[0], called_number=CALLED[0], start_ms=0, end_ms=0
        )
        ama.record(never)
        journal.close(0)
    code, found = rated(tmp_path / "records")
    _, expected = rated(records / "month.csv")
    assert (code, found["records"]) == (0, 3000)
    assert found["rated"] == expected["rated"]


def test_parquet_says_the_same(records, rated, tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    from pyarrow import parquet

    table = arrow.table(
        {
            "from": [row[0] for row in rows()],
            "called": [row[1] for row in rows()],
            "answer": [dt.datetime.fromisoformat(row[2]) for row in rows()],
            "duration_ms": [row[3] for row in rows()],
        }
    )
    parquet.write_table(table, tmp_path / "month.parquet", row_group_size=1000)
    assert rated(tmp_path / "month.parquet") == rated(records / "month.csv")


def test_a_batch_goes_on_behind_its_checkpoint(records, rated, tmp_path, monkeypatch):
    monkeypatch.setattr("ain_scp.billing.batch.sources.PIECE", 500)
    work.source_of.cache_clear()

    def summaries(*words):
        found = rated(*words, "--out", tmp_path)
        return found, (tmp_path / "summaries.csv").read_text()

    expected = summaries(records / "columns")
    done = []

    def failing(task):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(task)
        return work.rate_task(task)

    with monkeypatch.context() as patched:
        patched.setattr("ain_scp.ain.batch.rating.rate_task", failing)
        assert rated(records / "columns", "--checkpoint", tmp_path / "c")[0] == 130
    again = []

    def counting(task):
        again.append(task)
        return work.rate_task(task)

    monkeypatch.setattr("ain_scp.ain.batch.rating.rate_task", counting)
    assert summaries(records / "columns", "--checkpoint", tmp_path / "c") == expected
    assert len(again) == 3
    assert not set(again) & set(done)
    code, said = rated(records / "month.csv", "--checkpoint", tmp_path / "c")
    assert (code, "not a checkpoint of this batch" in str(said)) == (2, True)


def test_another_data_set_is_compared_by_account_plan_and_row(records, rated, other, tmp_path):
    code, found = rated(records / "month.csv", "--against", other, "--out", tmp_path / "o")
    assert code == 1
    names = {(row["what"], row["name"]) for row in found["against"]["rows"]}
    assert {("account", "LE1"), ("plan", "P_STD"), ("row", "tariffs.csv:2")} <= names
    assert ("account", "A10") not in names
    (row,) = [one for one in found["against"]["rows"] if one["what"] == "row"]
    assert float(row["after"]) == pytest.approx(float(row["before"]) * 0.9)
    assert found["against"]["changed"] == row["calls"]
    assert len((tmp_path / "o" / "against.csv").read_text().splitlines()) == len(found["against"]["rows"]) + 1
    code, found = rated(records / "month.csv", "--against", DATASET)
    assert (code, found["against"]["rows"], found["against"]["changed"]) == (0, [], 0)


def test_nothing_compared_is_never_no_difference(rated, other, tmp_path):
    (tmp_path / "none.csv").write_text(
        "from,called,answer,duration_ms\n9999999999,2125550000,2001-01-02T00:00:00,1\n"
    )
    code, _ = rated(tmp_path / "none.csv", "--against", other)
    assert code == 2


REFUSED = [
    ("a,b\n1,2\n", "month.csv:1: no column from, called, answer, duration_ms"),
    ("", "no column from"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_no_table_of_records_is_said_in_words(text, words, tmp_path, ain):
    (tmp_path / "month.csv").write_text(text)
    done = ain("batch", DATASET, "--rate", tmp_path / "month.csv")
    assert (done.returncode, words in done.stderr) == (2, True)


def test_rows_that_cannot_be_read_are_counted(tmp_path, rated):
    head = "from,called,answer,duration_ms\n"
    good = "9255550241,2125550000,2001-01-02T00:00:00,60000\n"
    bad = "9255550241,2125550000,noon,60000\n9255550241,2125550000,2001-01-02T00:00:00,-1\n9255550241\n"
    (tmp_path / "m.csv").write_text(head + good + bad + good)
    code, found = rated(tmp_path / "m.csv")
    assert (code, found["rated"], found["unread"], found["total"]) == (0, 2, 3, "0.20")
    assert rated(tmp_path / "m.csv", "--strict")[0] == 2


def test_options_without_effect_are_refused(records, ain, tmp_path):
    month = records / "month.csv"
    for words in (
        [],
        ["--rate", month, "--calls", month],
        ["--rate", month, "--seed", "2"],
        ["--calls", month, "--out", tmp_path / "x"],
    ):
        assert ain("batch", DATASET, *words).returncode == 2


def test_mapped_columns_are_checked(tmp_path):
    for name in ("calling", "called", "start_ms"):
        np.save(tmp_path / f"{name}.npy", np.zeros(3, np.int64))
    with pytest.raises(SourceFault, match=r"no duration_ms\.npy"):
        opened(tmp_path)
    np.save(tmp_path / "duration_ms.npy", np.zeros(2, np.int64))
    with pytest.raises(SourceFault, match="int64 of one length"):
        opened(tmp_path)
    with pytest.raises(SourceFault, match="No such file"):
        opened(tmp_path / "gone.csv")


def test_rows_that_are_no_records_are_named_and_cost_nobody_else(tmp_path):
    """A byte order mark, quotes, wrong numbers: each bad line by its number; a quote left open swallows no other line."""
    head, good = "\ufefffrom,called,answer,duration_ms", "9255550230,2125550000,2001-01-17T10:00:00"
    bad = {
        3: (f"{good},nan", "duration_ms 'nan'"),
        4: (f'"{good},60000', "a quote that is not closed"),
        5: ("9255550230,2125550000", "2 cells, and duration_ms is cell 4"),
        6: ("9255550230,2125550000,0001-01-01,60000", "answer '0001-01-01'"),
        7: (f"{good},99999999999999999999", "less than 366 days"),
    }
    lines = [
        head,
        f"{good},60000",
        *(line for line, _ in bad.values()),
        '"9255550230","2125550000","2001-01-17T10:00:00","60000"\r',
    ]
    month = tmp_path / "month.csv"
    month.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="")
    done = CliRunner().invoke(cli, ["batch", str(DATASET), "--rate", str(month), "--json"])
    assert done.exit_code == 0, done.output
    assert [json.loads(done.stdout)[name] for name in ("rated", "unread")] == [2, 5]
    said = done.stderr.splitlines()
    assert [
        f"{month}:{number}:" in line and why in line
        for line, (number, (_, why)) in zip(said, bad.items(), strict=True)
    ] == [True] * 5


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("from,called,answer", "no column duration_ms"),
        ("from,called,answer,duration_ms,from", "two columns from"),
    ],
)
def test_a_head_that_does_not_do_is_refused(head, why, tmp_path):
    month = tmp_path / "month.csv"
    month.write_text(head + "\n")
    with pytest.raises(SourceFault, match=why):
        opened(month)
