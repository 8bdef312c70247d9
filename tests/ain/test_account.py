"""`ain account`: event lines played into a directory, looked at, changed, proven, exported, followed, reconciled."""

import csv
import io
import json
import os
import re
import shlex
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
MARK = r"state [0-9a-f]{12}"
"""The digest of a state says what is kept, and changes with it."""
DATASET = ROOT / "examples" / "charging"
PREPAID = [
    {
        "at": "2001-01-17T10:00:00",
        "event": "authorize",
        "call": "c",
        "from": "9255550201",
        "called": "2125550000",
    },
    {"at": "2001-01-17T10:00:05", "event": "answer", "call": "c"},
    {"at": "2001-01-17T10:05:00", "event": "balance", "account": "A2"},
]
OPEN = [
    {
        "at": "2001-01-17T11:00:00",
        "event": "authorize",
        "call": "a",
        "from": "9255550291",
        "called": "2125550000",
    },
    {"at": "2001-01-17T11:00:00", "event": "answer", "call": "a"},
]


def run(*arguments, text=None):
    """One command: exit code, stdout, stderr."""
    done = CliRunner().invoke(cli, ["account", *map(str, arguments)], input=text)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def ok(*arguments):
    code, out, err = run(*arguments)
    assert code == 0, out + err
    return out


@pytest.fixture
def play(tmp_path):
    """Play events into the directory `books`; the result lines."""

    def apply(events, *options):
        file = tmp_path / "events.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        out = ok("apply", DATASET, "--events", file, "--dir", tmp_path / "books", *options)
        return [json.loads(line) for line in out.splitlines()]

    return apply


@pytest.fixture
def books(play, tmp_path):
    play(PREPAID)
    return tmp_path / "books"


def test_a_prepaid_call_is_warned_and_cut_to_the_millisecond(play):
    """The lines of timers have number 0 and stand before the line that let them run."""
    said = play(PREPAID)
    assert [(line["line"], line["event"]) for line in said] == [
        (1, "authorize"),
        (2, "answer"),
        (0, "warn"),
        (0, "cut"),
        (3, "balance"),
    ]
    assert (said[3]["at"], said[3]["charge"]) == ("2001-01-17T10:02:05", "2.00")


def test_the_directory_is_the_ledger(books):
    """Balances, calls and transfers are asked from what lies on disk."""
    rows = json.loads(ok("list", books, "--json"))["accounts"]
    assert {row["account"]: row["posted"] for row in rows}["A2"] == "0.00"
    shown = json.loads(ok("show", "A2", books, "--json"))
    assert (shown["used"], shown["reservations"], shown["locked"]) == ("2.00", [], False)
    call = json.loads(ok("calls", "A2", books, "--json"))["calls"][0]
    assert (call["state"], call["duration_ms"], call["charge"]) == ("ENDED", 120000, "2.00")
    rows = list(csv.DictReader(io.StringIO(ok("ledger", "A2", books, "--form", "csv"))))
    assert [(row["code"], row["amount"], row["link"]) for row in rows] == [
        ("DEPOSIT", "2.00", "opening"),
        ("USAGE", "2.00", "c"),
    ]
    assert "A2" in ok("list", books)
    assert "usable" in ok("show", "A2", books)


def test_playing_on_goes_on_where_the_ledger_stands(books, play):
    """The second run knows the first one's answers and refuses to go back before it."""
    said = play([{"at": "2001-01-17T09:00:00", "event": "balance", "account": "A2"}])
    assert said[0]["reason"] == "CLOCK_BACK"
    said = play([{"at": "2001-01-17T10:30:00", "event": "release", "call": "c"}])
    assert (said[0]["charge"], said[0]["duration_ms"]) == ("2.00", 120000)


def test_deposit_adjust_lock_unlock(books):
    assert "usable 5.00" in ok("deposit", "A2", "5.00", "--key", "k", books)
    assert json.loads(ok("deposit", "A2", "5.00", "--key", "k", books, "--json"))["usable"] == "5.00"
    code, _, err = run("deposit", "A2", "6.00", "--key", "k", books)
    assert (code, err.strip()) == (1, "refused: KEY_REUSED")
    assert "usable 4.85" in ok("adjust", "A2", "-0.15", "--why", "reminder", books)
    assert ok("lock", "A2", "--cos", "LOCALONLY", books) == "cos LOCALONLY\n"
    assert json.loads(ok("show", "A2", books, "--json"))["cos"] == "LOCALONLY"
    assert ok("unlock", "A2", books) == "cos FULL\n"
    assert run("lock", "A2", "--cos", "NONE", books)[0] == 1
    assert json.loads(ok("check", books, "--json"))["ok"]


def test_bad_input_is_one_line_and_exit_2(books, tmp_path):
    assert run("deposit", "A2", "5.0.0", "--key", "k", books)[0] == 2
    assert run("deposit", "A2", "-5.00", "--key", "k", books)[0] == 2
    assert "no such account" in run("show", "NOBODY", books)[2]
    assert "no ledger directory" in run("list", tmp_path / "nothing")[2]
    (tmp_path / "bad.jsonl").write_text(
        '{"at": "2001-01-17T10:00:00", "event": "deposit", "account": "A2", "amount": 5.0}\n'
        '{"at": "yesterday", "event": "balance", "account": "A2"}\n'
        '{"at": "2001-01-17T10:00:00", "event": "balanse", "account": "A2"}\n\n[1\n',
        encoding="utf-8",
    )
    code, _, err = run("apply", DATASET, "--events", tmp_path / "bad.jsonl")
    assert code == 2
    assert [line.rpartition("bad.jsonl:")[2][:1] for line in err.splitlines()] == ["1", "2", "3", "5"]
    assert "amount: Expected `str`" in err
    code, _, err = run("apply", ROOT / "examples" / "golden", "--events", tmp_path / "bad.jsonl")
    assert (code, "nothing is charged here" in err) == (2, True)


def test_lines_with_an_offset_and_without_do_not_mix(tmp_path):
    (tmp_path / "mixed.jsonl").write_text(
        '{"at": "2001-01-17T10:00:00", "event": "balance", "account": "A2"}\n'
        '{"at": "2001-01-17T10:00:00-05:00", "event": "balance", "account": "A2"}\n',
        encoding="utf-8",
    )
    code, _, err = run("apply", DATASET, "--events", tmp_path / "mixed.jsonl")
    assert (code, "write all one way" in err) == (2, True)


def test_strict_says_that_a_line_was_refused(tmp_path):
    file = tmp_path / "e.jsonl"
    file.write_text(
        '{"at": "2001-01-17T10:00:00", "event": "balance", "account": "NOBODY"}\n', encoding="utf-8"
    )
    assert run("apply", DATASET, "--events", file)[0] == 0
    assert run("apply", DATASET, "--events", file, "--strict")[0] == 1


def test_trace_prints_the_numbers_of_the_figure(play):
    said = play(PREPAID, "--trace")
    assert said[0]["steps"] == ["2000", "2010", "2020", "2030", "2040", "2070"]
    assert said[3]["steps"][-5:] == ["2100", "2110", "2130", "2140"][-5:] or said[3]["steps"][-2:] == [
        "2130",
        "2140",
    ]


def test_the_check_finds_a_journal_that_was_changed(books):
    """A flipped octet is damage, not a balance."""
    journal = min((books / "charging" / "0").glob("*.segment"))
    octets = bytearray(journal.read_bytes())
    octets[len(octets) // 2] ^= 1
    journal.write_bytes(octets)
    code, _, err = run("check", books)
    assert (code, "CORRUPT" in err) == (2, True)


@pytest.mark.parametrize(
    "held", ["a letter", '{"sequence": 1}\nnotes\n', "[" * 100_000 + "\n", '{"sequence":"x"}\n', '{"seq']
)
def test_a_follower_leaves_a_file_that_is_no_archive_as_it_is(books, tmp_path, held):
    other = tmp_path / "notes.txt"
    other.write_text(held)
    code, _, err = run("follow", books, "--once", "--archive", other)
    if held == '{"seq':  # a row torn by a loss of power
        assert code == 0
    else:
        assert (code, other.read_text()) == (2, held)
        assert "notes.txt: holds something else" in err


def test_a_follower_writes_a_snapshot_and_an_archive_and_goes_on(books, tmp_path):
    archive = tmp_path / "transfers.jsonl"
    ok("follow", books, "--once", "--archive", archive)
    first = archive.read_text(encoding="utf-8")
    ok("deposit", "A2", "5.00", "--key", "k", books)
    archive.write_text(first + '{"sequence": 99', encoding="utf-8")
    ok("follow", books, "--once", "--archive", archive)
    rows = [json.loads(line) for line in archive.read_text(encoding="utf-8").splitlines()]
    assert rows == [json.loads(line) for line in ok("export", books, "--form", "jsonl").splitlines()]
    proof = json.loads(ok("check", books, "--json"))
    assert (proof["ok"], proof["snapshots"]) == (True, 2)
    shutil.rmtree(books / "snapshots")
    assert json.loads(ok("check", books, "--json"))["digest"] == proof["digest"]


@pytest.mark.interop
def test_hledger_reads_the_export(books, tmp_path):
    """And it comes to the same balances."""
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not installed")
    file = tmp_path / "books.journal"
    file.write_text(ok("export", books), encoding="utf-8")
    subprocess.run(["hledger", "check", "-f", file], check=True)
    asked = ["hledger", "balance", "-f", file, "-O", "csv", "-N", "customer"]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    theirs = {row["account"]: row["balance"] for row in csv.DictReader(io.StringIO(done.stdout))}
    for row in json.loads(ok("list", books, "--json"))["accounts"]:
        shown = theirs.get(f"customer:{row['account']}", "0")
        assert float(shown.removeprefix("USD ")) == pytest.approx(float(row["posted"])), row


def test_an_open_call_is_listed_and_cut_at_its_next_event(tmp_path, play):
    """Ended by an operator it gets no more time: the next period is refused, and what is paid for is the end."""
    from ain_scp.ain.account.books import Books, charged_snapshot, engine_of
    from ain_scp.billing.charging import lines

    books = Books(tmp_path / "books")
    books.make(DATASET)
    snapshot = charged_snapshot(DATASET)
    with books.opened() as ledger:
        engine = engine_of(snapshot, ledger, now_ms=lines.moment_of(OPEN[0]["at"]).at_ms)
        for number, event in enumerate(OPEN, 1):
            list(lines.play(engine, lines.read(json.dumps(event).encode(), number)))
    row = json.loads(ok("calls", "BG10", books.root, "--open", "--json"))["calls"][0]
    assert (row["call"], row["state"]) == ("a", "TALKING")
    assert "next event" in ok("cut", "a", books.root)
    assert json.loads(ok("check", books.root, "--json"))["open_calls"] == 1
    said = play([{"at": "2001-01-17T11:30:00", "event": "balance", "account": "BG10"}])
    assert [(line["event"], line.get("charge")) for line in said[:-1]] == [("warn", None), ("cut", "1.00")]
    assert run("cut", "nothing", books.root)[0] == 1


def test_a_record_of_an_unknown_number_waits_and_is_rated_when_it_is_known(play, tmp_path):
    play(
        [
            {
                "at": "2001-01-17T10:00:00",
                "event": "record",
                "from": "9259999999",
                "called": "2125550000",
                "duration_ms": 60000,
                "key": "r1",
            }
        ]
    )
    books = tmp_path / "books"
    assert json.loads(ok("events", books, "--json"))["waiting"][0]["kind"] == "SUSPENSE"
    known = tmp_path / "known"
    shutil.copytree(DATASET, known)
    with (known / "charging" / "lines.csv").open("a", encoding="utf-8") as file:
        file.write("9259999999,C20,2001-01-01,,,LINE,SSP2004\n")
    (books / "ledger.toml").write_text(f'dataset = "{known}"\nclock = "virtual"\n', encoding="utf-8")
    assert "1 record rated, 0 still unknown" in run("events", books, "--assign")[2]
    assert json.loads(ok("events", books, "--json"))["waiting"] == []
    assert json.loads(ok("show", "C20", books, "--json"))["used"] == "0.10"


def test_pin_makes_what_the_accounts_file_holds():
    from ain_scp.billing.charging.pin import matches

    code, out, _ = run("pin", text="1234\n")
    assert (code, matches("1234", out.strip()), matches("1235", out.strip())) == (0, True, False)
    assert run("pin", text="12\n")[0] == 2


def test_schema_knows_every_event_and_result():
    found = json.loads(ok("schema"))
    assert {"Authorize", "Deposit", "BalanceNow", "Granted"} <= found["$defs"].keys()


def test_the_commands_of_the_page_print_what_it_shows(tmp_path, monkeypatch):
    """docs/accounts.md, from its first command to its last in one directory."""
    page = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ain ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            said = CliRunner().invoke(cli, shlex.split(command)).stdout
            assert re.sub(MARK, "state", said) == re.sub(MARK, "state", output), command


def test_the_page_names_every_event():
    from ain_scp.billing.charging.events import AnyEvent

    page = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    for event in AnyEvent.__args__:
        assert f"`{event.__struct_config__.tag}`" in page


@pytest.fixture
def records(tmp_path):
    """A function: AMA records, (call, calling, answered or None, duration) each -> a record directory of one switch."""
    from ain_scp.billing.ama.journaled import AmaJournal
    from ain_scp.billing.ama.record import AmaRecord
    from ain_scp.billing.charging.lines import moment_of
    from ain_scp.journal.directory import RecordDirectory
    from ain_scp.journal.writer import Journal

    def make(*rows):
        directory = RecordDirectory(tmp_path / "records")
        directory.prepare()
        journal = Journal.open(directory.usage("SSP2004"), 0)
        ama = AmaJournal(journal)
        for call, calling, answered, duration_ms in rows:
            at_ms = moment_of(answered or "2001-01-17T10:00:00").at_ms
            ama.record(
                AmaRecord(
                    call_id=call,
                    calling_number=calling,
                    called_number="2125550000",
                    start_ms=at_ms,
                    answer_ms=at_ms if answered else None,
                    end_ms=at_ms + duration_ms,
                    duration_ms=duration_ms,
                )
            )
        journal.close(0)
        return tmp_path / "records"

    return make


def test_the_ledger_agrees_with_the_switches(books, records):
    """A call charged as its record says, one never answered, one of a number without an account."""
    found = records(
        ("c", "9255550201", "2001-01-17T10:00:05", 120_000),
        ("n", "9255550200", None, 0),
        ("u", "2125550009", "2001-01-17T10:00:00", 60_000),
    )
    assert ok("reconcile", books, "--records", found) == "3 AMA records, 1 call compared, 0 differences\n"


def test_differences_are_listed_and_posted_once(books, records):
    """One longer than charged, one not charged at all; posted twice they still count once."""
    found = records(
        ("c", "9255550201", "2001-01-17T10:00:05", 180_001),
        ("m", "9255550200", "2001-01-17T10:30:00", 60_000),
    )
    code, out, _ = run("reconcile", books, "--records", found, "--json")
    rows = json.loads(out)["differences"]
    assert (code, [(row["call"], row["what"], row["ledger"], row["ama"]) for row in rows]) == (
        1,
        [("c", "another amount", "2.00", "4.00"), ("m", "not charged", None, "1.00")],
    )
    for _ in range(2):
        said = ok("reconcile", books, "--records", found, "--post")
        assert said == "2 AMA records, 2 calls compared, 0 differences\n"
    posted = {row["account"]: row["posted"] for row in json.loads(ok("list", books, "--json"))["accounts"]}
    assert (posted["A2"], posted["A10"]) == ("-2.00", "9.00")
    assert json.loads(ok("check", books, "--json"))["ok"]


def test_a_charge_without_a_record_is_a_difference(books, records):
    found = records(("n", "9255550200", None, 0))
    code, out, _ = run("reconcile", books, "--records", found)
    assert (code, out.splitlines()[0]) == (1, "c: no AMA record: ledger 2.00, AMA nothing")


def test_nothing_compared_rated_played_or_proven_is_no_success(books, records, tmp_path):
    """Two sides that know no call agree on nothing; a file without a line says nothing of any."""
    (tmp_path / "none.jsonl").write_text("\n\n")
    (tmp_path / "deposit.jsonl").write_text(
        json.dumps(
            {"at": "2001-01-17T10:00:00", "event": "deposit", "account": "A2", "amount": "5.00", "key": "k"}
        )
    )
    ok("apply", DATASET, "--events", tmp_path / "deposit.jsonl", "--dir", tmp_path / "quiet")
    found = records(("n", "9255550200", None, 0))
    code, _, err = run("reconcile", tmp_path / "quiet", "--records", found)
    assert (code, "nothing was compared: 1 AMA record" in err) == (2, True)
    code, _, err = run("apply", DATASET, "--events", tmp_path / "none.jsonl")
    assert (code, "no event line in it" in err) == (2, True)
    done = CliRunner().invoke(cli, ["rate", str(DATASET), "--usage", str(tmp_path / "none.jsonl")])
    assert (done.exit_code, "no usage line in it" in done.stderr) == (2, True)


def test_nothing_depends_on_the_host(tmp_path):
    """Time zone, locale and hash seed of the process: the same lines, the same state (I14)."""
    said = set()
    for zone, seed, locale in (
        ("UTC", "0", "C"),
        ("Asia/Kolkata", "1", "C.UTF-8"),
        ("America/New_York", "77", "C"),
    ):
        books = tmp_path / seed
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        words = ["apply", DATASET, "--events", ROOT / "examples" / "accounts" / "calls.jsonl", "--dir", books]
        for command in (words, ["check", books, "--json"]):
            done = subprocess.run(
                [sys.executable, "-m", "ain_scp.ain", "account", *command],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            said.add(done.stdout)
    assert len(said) == 2


def test_the_demo_ends_with_sound_books(ain):
    """A prepaid call, a shared balance, a remote call, each with its ledger, in one command."""
    said = ain("demo", "charging").stdout
    for call in ("prepaid", "first", "second", "remote"):
        assert f"USD       {call}" in said
    assert ": sound; state" in said.splitlines()[-1]
    assert "ConnectToResource" in said
    assert "0 differences" in said


def notices(place):
    """The notices kept in a record directory, in order."""
    storage = RecordDirectory(place).notices("0")
    return [json.loads(entry.payload) for entry in read_directory(storage)]


def test_a_follower_keeps_each_notice_about_a_balance_once(play, tmp_path):
    """Money falls below each limit of the profile, ends, is paid; wrong PINs lock."""
    wrong = {"event": "access", "home": "9255550201", "pin": "0000"}
    pinned = [{**wrong, "at": f"2001-01-17T11:00:0{second}"} for second in range(3)]
    paid = {"at": "2001-01-17T12:00:00", "event": "deposit", "account": "A2", "amount": "12.00"}
    later = {"at": "2001-01-21T00:00:00", "event": "deposit", "account": "A10", "amount": "1.00"}
    spent = {"at": "2001-01-17T12:00:02", "event": "adjust", "account": "A2", "amount": "-3.00", "why": "x"}
    play([*PREPAID, *pinned, paid, spent, later])
    ok("follow", tmp_path / "books", "--once", "--notices", tmp_path / "told")
    told = [(one["event"], one["account"], one["usable"]) for one in notices(tmp_path / "told")]
    assert told == [
        ("LOW", "A2", "0.00"),
        ("USED_UP", "A2", "0.00"),
        ("LOCKED", "A2", "0.00"),
        ("PAID", "A2", "12.00"),
        ("LOW", "A2", "9.00"),
        ("PAID", "A10", "11.00"),
    ]
    low = notices(tmp_path / "told")[-2]
    assert (low["message"], low["limit"]) == ("2", "10.00")
    ok("deposit", "A10", "5.00", "--key", "k", tmp_path / "books")
    ok("follow", tmp_path / "books", "--once", "--notices", tmp_path / "told")
    for snapshot in (tmp_path / "books" / "snapshots" / "0").iterdir():
        snapshot.unlink()  # everything is read again, nothing is told again
    ok("follow", tmp_path / "books", "--once", "--notices", tmp_path / "told")
    assert [one["event"] for one in notices(tmp_path / "told")][len(told) :] == ["PAID"]


def test_a_follower_says_that_an_account_has_expired_unless_it_was_extended(tmp_path):
    place = Path(shutil.copytree(DATASET, tmp_path / "set"))
    accounts = place / "charging" / "accounts.csv"
    lines = accounts.read_text(encoding="utf-8").splitlines()
    lines = [f"{line}2001-01-20" if line.startswith(("A2,", "A10,", "A6,")) else line for line in lines]
    accounts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    paid = {"event": "deposit", "amount": "1.00"}
    events = [
        {**paid, "at": "2001-01-17T10:00:00", "account": "A6", "valid_until": "2001-03-01"},
        {**paid, "at": "2001-01-20T23:59:59", "account": "GA"},
        {**paid, "at": "2001-01-21T00:00:00", "account": "GA"},
    ]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    ok("apply", place, "--events", tmp_path / "e.jsonl", "--dir", tmp_path / "books")
    ok("follow", tmp_path / "books", "--once", "--notices", tmp_path / "told")
    told = [(one["event"], one["account"]) for one in notices(tmp_path / "told")]
    assert told == [("PAID", "A6"), ("PAID", "GA"), ("PAID", "GA"), ("EXPIRED", "A10"), ("EXPIRED", "A2")]


def test_a_broker_for_notices_that_are_not_kept_is_refused(books):
    code, _, err = run("follow", books, "--once", "--mqtt", "mqtt://127.0.0.1:1")
    assert (code, "--mqtt needs --notices" in err) == (2, True)
