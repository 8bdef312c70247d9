"""`ain bill`: a month of a group closed and printed in every form, the same octets each time, and reasons for every line."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import zlib
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.terms.safe_text import printable_lines

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


EVIL = '=HYPERLINK("x")\u202eevil<script>alert(1)</script>'
WHY_EVIL = f"{EVIL}\x1b[2J\nTotal 0.00"
HOSTILE = {
    "replace_in": {
        "charging/accounts.csv": [
            "RENTER,Postpaid customer,",
            'RENTER,"{}",'.format(EVIL.replace('"', '""')),
        ],
        "charging/recurring.csv": ["Equipment rental", '"{}"'.format(EVIL.replace('"', '""'))],
    }
}


def test_hostile_names_are_text_in_every_form_of_a_bill(charging_dataset, tmp_path):
    """A customer, an item, the reason of a credit: none adds a line, shifts a column, steers a terminal or runs."""
    pytest.importorskip("reportlab", reason="the extra `pdf` is not installed")
    events, books, made = tmp_path / "events.jsonl", tmp_path / "books", {}
    credit = {"at": "2001-01-17T11:00:00", "event": "adjust", "account": "RENTER", "amount": "0.40"}
    events.write_text(json.dumps(credit | {"why": WHY_EVIL}))
    ok("account", "apply", charging_dataset(HOSTILE), "--events", events, "--dir", books)
    for form in ("text", "json", "html", "pdf"):
        out = tmp_path / form
        ok("bill", "RENTER", "--dir", books, "--period", "2001-01", "--form", form, "--out", out)
        made[form] = out.read_bytes()
    text = made["text"].decode()
    assert printable_lines(text) == text
    table = text.partition("What this bill is made of")[2].partition("\n\n")[0].splitlines()[2:]
    assert len({len(line) for line in table}) == 1
    assert [line.split()[-1] for line in table if line.startswith("3 ")] == ["-0.40"]
    texts = [line["text"] for line in json.loads(made["json"])["lines"]]
    assert [texts[0], texts[2]] == [EVIL, WHY_EVIL]
    page = made["html"].decode()
    assert "<script" not in page
    assert printable_lines(page) == page
    streams = re.findall(rb"stream\r?\n(.*?)endstream", made["pdf"], re.DOTALL)
    drawn = b"".join(map(zlib.decompress, streams))
    assert b"u202eevil<script>" in drawn
    assert b"\x1b" not in drawn
    said = ok("bill", "RENTER", "--dir", books, "--period", "2001-01", "--why", 3)
    assert re.fullmatch(r"Credit: .*\\u000aTotal 0\.00: -0\.40 USD\n  record \d+ of the ledger\n", said)


def test_the_commands_of_the_page_print_what_it_shows(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "bills.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ain ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            command, _, kept = command.partition(" > ")
            assert ok(*shlex.split(command)) == output or kept, command


def test_the_demo_plays_the_month_and_leaves_every_member_s_bill(tmp_path):
    """In every form there is, in a directory that was empty before."""
    words = [sys.executable, "-m", "ain_scp", "demo", "bills", "month"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "group G1 reaches 1000.00 with 1138.40" in done.stdout
    forms = ["txt", "json", "html", *(["pdf"] if find_spec("reportlab") else [])]
    for name in ("GA", "GB", "GC"):
        assert all((tmp_path / "month/bills" / f"{name}-2001-01-01.{form}").stat().st_size for form in forms)
    assert "178 records" in ok("account", "check", tmp_path / "month/books")
    assert "is not an empty directory" in run("demo", "bills", tmp_path / "month")[2]
    assert "takes a directory, and no options" in run("demo", "bills", "--ladder")[2]


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


EVERY_KIND = {
    "append": {
        "charging/plans.toml": [
            "[[plans.CELLP.discount]]", 'kind = "THRESHOLD"', 'measure = "CHARGES"', 'reaches = "1.00"',
            'percent = "10"', 'pool = "ACCOUNT"',
        ],
        "charging/recurring.csv": ["Handset,2001-01-15,,CELL1,ACCOUNT,5.00,daily"],
    }
}  # fmt: skip
WHY = {
    "USAGE": r"1 in the calls list come to 2\.00.*tariffs\.csv:\d+",
    "DISCOUNT": r"plans\.toml:\d+: account CELL1 reaches 1\.00 with 2\.00.*10 % of 2\.00 is 0\.20",
    "RECURRING": r"recurring\.csv:\d+: 5\.00 for each account: 1 counted.*in effect on 17 of 31 days",
    "SHORTFALL": r"plans\.toml:\d+: 180 minutes agreed, 4 used.*tariffs\.csv:\d+: a minute of prime at 0\.50",
    "ADJUSTMENT": r"record \d+ of the ledger",
    "TAX": r"taxes\.csv:2: 10 % of 92\.54 \(all\)",
    "ROUNDING": r"the lines above come to 101\.7865; half up to the cent",
}


def test_a_line_of_every_kind_can_be_followed(charging_dataset, tmp_path):
    events = tmp_path / "events.jsonl"
    events.write_text(
        '{"at":"2001-01-17T10:00:00","event":"record","from":"9255550242","called":"2125550000","duration_ms":240000}\n'
        '{"at":"2001-01-17T11:00:00","event":"adjust","account":"CELL1","amount":"0.0035","why":"a drop"}\n'
    )
    books = tmp_path / "books"
    ok("account", "apply", charging_dataset(EVERY_KIND), "--events", events, "--dir", books)
    lines = bill(books, "CELL1")["lines"]
    assert [line["kind"] for line in lines] == list(WHY)
    for number, line in enumerate(lines, 1):
        said = ok("bill", "CELL1", "--dir", books, "--period", "2001-01", "--why", number)
        assert re.search(WHY[line["kind"]], said, re.DOTALL), said


def test_a_bill_is_written_when_its_closing_is_durable(books, tmp_path, monkeypatch):
    """Every bill that lies there is in the ledger as a kill would leave it, and no file says otherwise afterwards."""
    from ain_scp.ain.account.books import Books
    from ain_scp.ain.bill import command

    seen = []
    written = command._print

    def looked(owner, stored, forms, out):
        kept = Books(books).read().facts.get(f"bill/{owner}", {})
        seen.append(json.loads(kept["000001"])["bill"]["number"] == stored.bill.number)
        written(owner, stored, forms, out)

    monkeypatch.setattr(command, "_print", looked)
    monkeypatch.setattr(command, "GROUP", 10)
    ok("bill", "--all", "--dir", books, "--period", "2001-01", "--out", tmp_path / "bills")
    assert (len(seen), all(seen)) == (43, True)


def test_a_full_disk_under_the_bills_leaves_the_ledger_closed_and_the_rest_is_written_later(
    books, tmp_path, monkeypatch
):
    from ain_scp.ain.bill import command

    out, few = tmp_path / "bills", iter(range(3))

    def full(path, said):
        if next(few, None) is None:
            raise command.Trouble(f"{path}: No space left on device")
        path.write_bytes(said)

    words = ("bill", "--all", "--dir", books, "--period", "2001-01", "--out", out)
    with monkeypatch.context() as patched:
        patched.setattr(command, "_write", full)
        code, _, err = run(*words)
    assert (code, "No space left" in err, len(list(out.iterdir()))) == (2, True, 3)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert ok(*words) == f"43 bills in {out}\n"
    assert {name: (out / name).read_bytes() for name in before} == before
    assert "sound" in ok("account", "check", books)


def test_an_account_that_began_later_has_no_bill_of_the_period_before(charging_dataset, played, tmp_path):
    """It is passed over by --all, and named when it is asked for."""
    books = Path(shutil.copytree(played, tmp_path / "books"))
    words = ("bill", "--all", "--dir", books, "--period", "2001-01", "--out", tmp_path / "bills")
    assert ok(*words).startswith("43 bills")
    more = charging_dataset(
        {
            "append": {
                "charging/accounts.csv": ["LATER,,SUBSCRIBER,AFTER,0.00,9.00,,FULL,,FIFTY,1,,,,,"],
                "charging/groups.csv": ["G1,LATER,2001-02-01,"],
            }
        }
    )
    (books / "ledger.toml").write_text(f'dataset = "{more}"\nclock = "virtual"\n', encoding="utf-8")
    ok("account", "adjust", "LATER", "1.00", "--why", "hello", books, "--at", "2001-02-02T00:00:00")
    assert ok(*words).startswith("43 bills")
    assert "that period is closed" in run("bill", "LATER", "--dir", books, "--period", "2001-01")[2]


def test_a_pdf_has_every_name_within_its_margins_and_its_letters(tmp_path):
    pytest.importorskip("reportlab", reason="the extra `pdf` is not installed")
    from ain_scp.reports.pdf import sheet_pdf
    from ain_scp.reports.sheet import Part, Sheet

    name = "Žofie Łukasiewicz 株 <b>&amp;"
    sheet = Sheet(
        name, (("For", "x" * 500),), (Part(name, ("a", "b"), ((name, "1"), ("y" * 500, "2")), (1,)),)
    )
    made = sheet_pdf(sheet)
    assert made == sheet_pdf(sheet)
    assert made.count(b"/Type /Page\n") == 1
    drawn = b"".join(
        zlib.decompress(one) for one in re.findall(rb"stream\r?\n(.*?)endstream", made, re.DOTALL)
    ).decode("latin-1")
    assert "\\216ofie Lukasiewicz ? <b>&amp;" in drawn
    assert "page 1 of 1" in drawn
    assert max(map(len, re.findall("x+|y+", drawn))) < 130
