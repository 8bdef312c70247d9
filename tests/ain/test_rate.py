"""`ain rate`: worked cases through the command, one usage by options, AMA records, and input that cannot be understood."""

import json
from pathlib import Path

import pytest

from ain_scp.billing.ama.record import AmaRecord, SequencedAma
from ain_scp.billing.ama.text import write_json_lines
from ain_scp.terms.localtime import parse

ROOT = Path(__file__).parents[2]
CHARGING = ROOT / "examples" / "charging"
CASES = json.loads((ROOT / "tests" / "acceptance" / "charging" / "cases.json").read_text())["cases"]
RATES = [case for case in CASES if case["kind"] == "rate"]
AT = "2001-01-17T10:00:00"
ONE = ("--from", "9255550200", "--called", "2125550000", "--at", AT)


def lines_of(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def answered(ain):
    """Every worked line in one file, and the results in order."""
    asked = "".join(f"{json.dumps(line)}\n" for case in RATES for line in case["input"])
    run = ain("rate", CHARGING, "--usage", "-", "--json", stdin=asked)
    assert (run.returncode, run.stderr) == (1, "")  # some lines have no price
    return run


def test_every_worked_line_has_its_result_in_order(answered):
    expected = [one for case in RATES for one in case["expect"]]
    found = lines_of(answered)
    assert [one["line"] for one in found] == list(range(1, len(expected) + 1))
    for result, judged in zip(found, expected, strict=True):
        assert {name: result.get(name) for name in judged} == judged


@pytest.mark.parametrize(
    "variant", [{"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1"}, {"LC_ALL": "C", "PYTHONHASHSEED": "2"}]
)
def test_no_price_depends_on_the_host(variant, answered, ain, monkeypatch):
    for name, value in variant.items():
        monkeypatch.setenv(name, value)
    asked = "".join(f"{json.dumps(line)}\n" for case in RATES for line in case["input"])
    assert ain("rate", CHARGING, "--usage", "-", stdin=asked).stdout == answered.stdout


def test_the_lines_of_a_charge_add_up(answered):
    from decimal import Decimal

    for result in lines_of(answered):
        if "amount" in result:
            assert sum(Decimal(line["amount"]) for line in result["lines"]) == Decimal(result["amount"])


ONES = [
    ((*ONE, "--duration", "90"), 0, "2.00 USD"),
    ((*ONE, "--duration", "120.001"), 0, "3.00 USD"),
    (("--from", "(925) 555-0200", "--called", "212-555-0000", "--at", AT, "--duration", "90"), 0, "2.00 USD"),
    (("--from", "1 925-555-0200", "--called", "2125550000", "--at", AT, "--duration", "90"), 0, "2.00 USD"),
    (
        ("--from", "+1 (925) 555-0200", "--called", "2125550000", "--at", AT, "--duration", "90"),
        0,
        "2.00 USD",
    ),
    (("--tariff", "PULSE", "--called", "+44 20 7946 0000", "--at", AT, "--duration", "60"), 0, "4.00 USD"),
    (("--from", "17", "--called", "2125550000", "--at", AT, "--duration", "90"), 0, "2.00 USD"),
    ((*ONE, "--tariff", "STD", "--duration", "180"), 0, "0.30 USD"),
    (("--tariff", "DATA", "--meter", "octets=25MB", "--at", AT), 0, "4.50 USD"),
    (("--tariff", "CELL", "--duration", "180", "--feature", "CONFERENCE", "--at", AT), 0, "2.25 USD"),
    (("--from", "9255550202", "--called", "2125550000", "--quote", "6.00"), 0, "6.00 USD: 0:04:00"),
    (("--tariff", "FREE", "--called", "2125550000", "--quote", "0.00"), 0, "0.00 USD: more than 24 hours"),
    (("--tariff", "NOSUCH", "--duration", "1"), 1, "NO_TARIFF: no tariff"),
    (("--tariff", "STD", "--meter", "octets=5"), 1, "NO_ROW: no row"),
]


@pytest.mark.parametrize(("options", "code", "text"), ONES)
def test_one_usage_is_rated_or_quoted(options, code, text, ain):
    run = ain("rate", CHARGING, *options)
    assert (run.returncode, run.stderr) == (code, "")
    assert run.stdout.startswith(text)


def test_explain_names_the_row_of_each_line(ain):
    run = ain(
        "rate",
        CHARGING,
        "--tariff",
        "TODRATE",
        "--at",
        "2001-01-17T16:55:30",
        "--duration",
        "600",
        "--explain",
    )
    assert run.stdout.splitlines()[1:] == [
        "  tariff TODRATE, no line to nowhere, class FULL, Wednesday, band day",
        "  tariffs.csv:21    next      5 x 60s                         0.20          1.00",
        "  tariffs.csv:22    next      5 x 60s                         0.10          0.50",
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), "give --from and --called, or --tariff, or --usage FILE"),
        ((*ONE, "--duration", "1e3"), "--duration: '1e3' is not a number of seconds"),
        ((*ONE, "--duration", "1", "--quote", "1"), "--quote and --duration: one of them"),
        ((*ONE,), "nothing used"),
        (("--called", "home", "--duration", "1"), "--called: 'home' is not something to dial"),
        (("--from", "9255550200", "--called", " ", "--duration", "1"), "--called: a number has digits"),
        ((*ONE, "--meter", "octets"), "--meter: 'octets' is not NAME=N"),
        ((*ONE, "--meter", "octets=-5"), "neither a number nor one with MB"),
        ((*ONE, "--quote", "0,10"), "not an amount of money"),
        (("--tariff", "STD", "--at", "noon", "--duration", "1"), "'noon' is not a time"),
        ((*ONE, "--usage", "x.jsonl"), "--usage and --from: one of them"),
        (("--usage", "x", "--records", "y"), "--usage and --records: one of them"),
        (("--usage", "nowhere.jsonl"), "nowhere.jsonl: No such file"),
        (("--records", "nowhere.jsonl"), "nowhere.jsonl: No such file"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(options, text, ain):
    run = ain("rate", CHARGING, *options)
    assert run.returncode == 2
    assert text in run.stderr
    assert "Traceback" not in run.stderr


BAD = [
    "{",
    '{"at": "2001-01-17T10:00:00", "tariff": "STD", "duration_ms": 1.5}',
    '{"at": "2001-01-17T10:00:00", "tariff": "STD", "duration_ms": -1}',
    '{"at": "2001-01-17T10:00:00", "tariff": "STD", "duration_ms": 1, "price": "0.10"}',
    '{"at": "2001-02-30T10:00:00", "tariff": "STD", "duration_ms": 1}',
    '{"at": "2001-01-17T10:00:00", "tariff": "STD", "money": 0.1}',
    '{"at": "2001-01-17T10:00:00", "tariff": "STD", "meters": {"octets": "25GB"}}',
    "x" * 70_000,
    '"\ud800"',
]


def test_a_line_that_cannot_be_understood_is_named_and_the_next_one_is_read(ain, tmp_path):
    good = '{"at": "2001-01-17T10:00:00", "tariff": "STD", "duration_ms": 60000}'
    file = tmp_path / "usage.jsonl"
    file.write_text("\n".join([*BAD, good, ""]), encoding="utf-8", errors="surrogatepass")
    run = ain("rate", CHARGING, "--usage", file)
    found = lines_of(run)
    assert run.returncode == 2
    assert [one.get("reason", one["ok"]) for one in found] == ["UNREADABLE"] * len(BAD) + [True]
    assert [line.split(": ")[0] for line in run.stderr.splitlines()] == [
        f"{file}:{n}" for n in range(1, len(BAD) + 1)
    ]


def record(number, slp_id=None, called="4159213000", group="GOLDEN", jurisdiction="INTRALATA"):
    answer = parse(AT) * 1000
    made = AmaRecord(
        call_id=f"c{number}",
        customer_group=group,
        calling_number="9258341234",
        called_number=called,
        start_ms=answer - 5000,
        answer_ms=answer,
        end_ms=answer + 180_000,
        duration_ms=180_000,
        calling_class="CENTREX",
        jurisdiction=jurisdiction,
        ama_slp_id=slp_id,
    )
    return SequencedAma(number, made)


def test_ama_records_are_rated_and_their_flags_applied(ain, tmp_path):
    records = [
        record(1),
        record(2, "760833001"),
        record(3, "760833002"),
        record(4, "760833003", called="9257893412"),
        record(5, called="442079460000", jurisdiction="INTERNATIONAL"),
    ]
    file = tmp_path / "ama.jsonl"
    file.write_bytes(b"".join(write_json_lines(records)))
    run = ain("rate", CHARGING, "--records", file, "--json")
    assert run.returncode == 0
    assert [(one["gross"], one["amount"], one["disposition"]) for one in lines_of(run)] == [
        ("0.30", "0.30", "NORMAL"),
        ("0.30", "0.00", "SUPPRESSED"),
        ("0.30", "0.18", "DISCOUNTED"),
        ("0.30", "0.15", "DISCOUNTED"),
        ("0.30", "0.30", "NORMAL"),
    ]
    assert [one["lines"][-1]["row"] for one in lines_of(run)][1:4] == [
        "customer.toml:1",
        "contract.csv:2",
        "contract.csv:3",
    ]
    text = ain("rate", CHARGING, "--records", file, "--explain").stdout
    assert "contract.csv:2    UBR" in text


def test_without_charging_the_command_says_what_prices_records(ain):
    run = ain("rate", ROOT / "examples" / "golden", "--tariff", "STD", "--duration", "60")
    assert run.returncode == 2
    assert "ain ama verify prices records by network/rates.toml" in run.stderr
