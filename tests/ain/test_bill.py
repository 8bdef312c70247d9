"""`ain bill`: a month of a group closed and printed in every form, the same octets each time, and reasons for every line."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "examples" / "charging"
MONTH = ROOT / "examples" / "bills" / "month.jsonl"


def run(*arguments):
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def ok(*arguments):
    code, out, err = run(*arguments)
    assert code == 0, out + err
    return out


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The directory of a ledger in which the month was played."""
    books = tmp_path_factory.mktemp("month") / "books"
    ok("account", "apply", DATASET, "--events", MONTH, "--dir", books)
    return books


@pytest.fixture
def books(played, tmp_path):
    """A ledger of its own, with the month played."""
    import shutil

    return Path(shutil.copytree(played, tmp_path / "books"))


def bill(books, account, *more):
    return json.loads(ok("bill", account, "--dir", books, "--period", "2001-01", "--form", "json", *more))


def test_all_forms_of_a_closed_bill_are_the_same_octets_in_every_process(books, tmp_path):
    pytest.importorskip("reportlab", reason="the extra `pdf` is not installed")
    forms = [word for form in ("text", "json", "html", "pdf") for word in ("--form", form)]
    ok("bill", "--all", "--dir", books, "--period", "2001-01", "--out", tmp_path / "bills", *forms)
    for suffix, form in (("txt", "text"), ("json", "json"), ("html", "html"), ("pdf", "pdf")):
        command = ["bill", "GB", "--dir", books, "--period", "2001-01", "--form", form, "--out"]
        variant = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "PATH": "/usr/bin:/bin"}
        other = tmp_path / f"again.{suffix}"
        done = subprocess.run(
            [sys.executable, "-m", "ain_scp", *map(str, command), str(other)], env=variant, check=False
        )
        assert done.returncode == 0
        assert other.read_bytes() == (tmp_path / "bills" / f"GB-2001-01-01.{suffix}").read_bytes()
    assert (tmp_path / "bills" / "GB-2001-01-01.pdf").read_bytes().startswith(b"%PDF-")


def test_the_members_bills_add_up_to_the_group(books):
    bills = [bill(books, name) for name in ("GA", "GB", "GC")]
    assert [one["closes"] for one in bills] == [True] * 3
    (group,) = bills[1]["groups"]
    usage = sum(Fraction(one["totals"]["usage"]) for one in bills)
    discount = sum(Fraction(one["totals"]["discount"]) for one in bills)
    assert (
        (Fraction(group["gross"]), Fraction(group["discount"]))
        == (usage, discount)
        == (Fraction("1138.40"), Fraction("-113.84"))
    )
    for one in bills:
        mine = next(share for share in one["groups"][0]["members"] if share["account"] == one["account"])
        assert Fraction(mine["amount"]) == Fraction(one["totals"]["usage"]) + Fraction(
            one["totals"]["discount"]
        )
        assert sum(Fraction(call["charge"]) for call in one["calls"]) == Fraction(one["totals"]["usage"])


def test_a_preview_and_a_reason_close_nothing(books):
    before = (books / "charging" / "0").stat(), ok("account", "show", "GB", books)
    for more in (["--preview"], ["--why", "1"]):
        ok("bill", "GB", "--dir", books, "--period", "2001-01", *more)
    assert ok("account", "show", "GB", books) == before[1]
    assert "none yet" in run("bill", "GB", "--dir", books, "--number", "GB-0001")[2]


def test_every_line_can_be_followed_to_calls_and_rows(books):
    made = bill(books, "GB")
    for number, line in enumerate(made["lines"], 1):
        said = ok("bill", "GB", "--dir", books, "--period", "2001-01", "--why", number)
        assert line["amount"] in said
        assert re.search(r"(tariffs|plans|taxes|recurring)\.(csv|toml):\d+|record \d+ of the ledger", said)
    usage = ok("bill", "GB", "--dir", books, "--period", "2001-01", "--why", 1)
    assert usage.count("tariffs.csv:2") == len(made["calls"]) == 32


def test_a_later_credit_is_on_the_next_bill_and_the_closed_one_stays(books):
    first = ok("bill", "GB", "--dir", books, "--period", "2001-01")
    ok("account", "adjust", "GB", "0.60", "--why", "late", books, "--at", "2001-02-03T10:00:00")
    assert ok("bill", "GB", "--dir", books, "--period", "2001-01") == first
    assert "make that bill first" in run("bill", "GB", "--dir", books)[2]
    for member in ("GA", "GC"):
        ok("bill", member, "--dir", books, "--period", "2001-01")
    second = json.loads(ok("bill", "GB", "--dir", books, "--form", "json"))
    assert second["period"] == {"from": "2001-02-01", "to": "2001-03-01"}
    assert second["lines"] == [{"kind": "ADJUSTMENT", "text": "late", "quantity": 1, "amount": "-0.60"}]
    assert second["balance"]["before"] == "-412.83"
    assert "sound" in ok("account", "check", books)


def test_a_credit_and_a_later_charge_are_named_so(books):
    ok("account", "adjust", "GB", "-0.15", "--why", "reminder", books, "--at", "2001-01-31T22:00:00")
    text = ok("bill", "GB", "--dir", books, "--period", "2001-01")
    assert "Credit: wrong number, call of 17 January" in text
    assert "Later charge: reminder" in text


def test_an_interim_bill_is_read_by_its_number(books):
    interim = ok("bill", "GA", "--dir", books, "--at", "2001-01-31T22:00:00")
    assert interim.startswith("Interim bill GA-0001")
    assert ok("bill", "GA", "--dir", books, "--number", "GA-0001") == interim
    closing = bill(books, "GA")
    assert (closing["number"], closing["totals"]["usage"]) == ("GA-0002", "0.00")


REFUSED = [
    (("NOBODY", "--period", "2001-01"), "NOBODY: no such account"),
    (("GB", "--period", "2001-13"), "--period: '2001-13' is no month; write 2001-01"),
    (("GB", "--all"), "one of them"),
    ((), "one of them"),
    (("--all",), "--all writes into --out DIR"),
    (("GB", "--form", "pdf"), "--form pdf needs --out FILE"),
    (("GB", "--form", "json", "--form", "html"), "--form: one of them, or --all"),
    (("GB", "--period", "2001-01", "--why", "9"), "--why 9: bill GB-0001 has lines 1 to 4"),
    (("GB", "--counts", "CENTREX"), "write CENTREX=12"),
    (("--customer", "IRON"), "IRON: no such customer; known: BRONZE, GOLDEN, SILVER"),
    (("GB", "--at", "yesterday"), "--at: 'yesterday' is not a time"),
    (("GB", "--at", "2001-01-02T00:00:00"), "the ledger's last record is later"),
]


@pytest.mark.parametrize(("words", "text"), REFUSED)
def test_what_cannot_be_done_is_said_in_words(words, text, played):
    code, _, err = run("bill", *words, "--dir", played)
    assert code == 2
    assert text in err


def test_without_the_extra_the_extra_is_named(books, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "reportlab.platypus", None)
    code, _, err = run(
        "bill", "GB", "--dir", books, "--preview", "--form", "pdf", "--out", tmp_path / "x.pdf"
    )
    assert (code, "pip install 'ain-scp[pdf]'" in err) == (2, True)
    assert not (tmp_path / "x.pdf").exists()


def test_no_name_of_an_account_leaves_the_page_as_it_is():
    from ain_scp.reports.page import sheet_page
    from ain_scp.reports.sheet import Part, Sheet

    evil = "<script>alert(1)</script>\u202e"
    page = sheet_page(Sheet(evil, ((evil, evil),), (Part(evil, (evil,), ((evil,),), note=evil),)))
    assert "<script" not in page
    assert "\u202e" not in page


def test_the_commands_of_the_page_print_what_it_shows(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "bills.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ain ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            command, _, kept = command.partition(" > ")
            assert ok(*shlex.split(command)) == output or kept, command


def test_the_demo_plays_the_month():
    done = subprocess.run(
        [sys.executable, "-m", "ain_scp", "demo", "bills"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "group G1 reaches 1000.00 with 1138.40" in done.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--period", "9999-12"), "--period: 9999-12 is not between 1970 and 2199"),
        (("--period", "0001-01"), "--period: 1-01 is not between"),
        (("--counts", "LINE=" + "9" * 30), "at most 9 digits"),
        (("--counts", "LINE=\u0663"), "write CENTREX=12"),
    ],
)
def test_a_wrong_option_is_named(words, why, played):
    code, _, err = run("bill", "RENTER", "--dir", played, "--preview", *words)
    assert code == 2
    assert why in err


def test_a_bill_beyond_what_a_ledger_holds_is_refused_and_nothing_is_kept(tmp_path):
    """Ten thousand million numbers at five dollars each are refused before anything is changed."""
    book = tmp_path / "books"
    ok("account", "apply", DATASET, "--events", MONTH, "--dir", book)
    dear = tmp_path / "dear"
    shutil.copytree(DATASET, dear)
    items = dear / "charging" / "recurring.csv"
    items.write_text(items.read_text().replace(",5.00,", ",999999999.00,"), encoding="utf-8")
    (book / "ledger.toml").write_text(f'dataset = "{dear}"\nclock = "virtual"\n', encoding="utf-8")
    words = (
        "bill",
        "--customer",
        "GOLDEN",
        "--dir",
        book,
        "--period",
        "2001-01",
        "--counts",
        "CENTREX=999999999",
    )
    code, _, err = run(*words)
    assert (code, "more than a ledger can hold" in err) == (2, True), err
    ok("account", "check", book)
