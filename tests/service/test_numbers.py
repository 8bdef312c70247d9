"""docs/numbers.md, run line by line by the service and in columns; any digits besides, against the reference, too."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.dialplan.public import translate_public
from ain_scp.scp.batch.attempts import attempts_of
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.service_logic.call import as_dialed
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
from ain_scp.signaling.bcd import Digits
from ain_scp.terms.dialed import emergency_digits, keyed, plain_form, split_code, take_code
from kit.names import fields

DOC = (Path(__file__).parents[2] / "docs" / "numbers.md").read_text()
CALLER = "9258341240"


def rows(heading):
    """The cells of the table under a heading, backticks taken off."""
    lines = DOC.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    cells = [
        [cell.strip() for cell in re.split(r" ?\|", line)[1:-1]] for line in lines if line.startswith("|")
    ]
    return [[re.sub(r"^`(.*)`$", r"\1", cell) for cell in row] for row in cells[2:]]


DIALED = [
    (dial, called, int(non) if non else None, int(ctc))
    for dial, called, non, ctc, _ in rows("Digits as dialed")
]
VACANT = [dial for dial, _ in rows("Digits without a meaning")]
NATURES = [
    (int(nature, 16), digits, read) for nature, digits, read, _ in rows("Natures of number on the wire")
]


def asked(dial, caller=CALLER):
    code, _, digits = dial.partition(" ")
    form = QueryForm(
        message="INFO_ANALYZED",
        trigger="CDP_AC",
        calling_party=caller,
        time="2001-01-17T10:00:00",
        access_code=code or None,
        dialed=digits,
    )
    return query_of(form)


def test_the_tables_are_all_there():
    assert (len(DIALED), len(VACANT), len(NATURES)) == (42, 18, 27)


@pytest.mark.parametrize(("dial", "called", "non", "ctc"), DIALED, ids=[row[0] for row in DIALED])
def test_digits_are_read_as_the_table_says(dial, called, non, ctc, program_of):
    decision = program_of().decide(asked(dial))
    assert (decision.called_number, decision.called_non, decision.ctc) == (called, non, ctc)


@pytest.mark.parametrize("dial", VACANT)
def test_digits_without_a_meaning_are_vacant(dial, program_of):
    decision = program_of().decide(asked(dial))
    assert (decision.announcement, decision.called_number, decision.route_kind) == (
        "VACANT_NUMBER",
        None,
        "NONE",
    )


@pytest.mark.parametrize(("nature", "digits", "read"), NATURES)
def test_a_nature_of_number_stands_for_its_prefix_or_contradicts(nature, digits, read):
    assert as_dialed(Digits(nature, 1, digits)) == read


def same(engine, program, queries):
    attempts = attempts_of(queries)
    verdicts = engine.decide(attempts)
    for row, query in enumerate(queries):
        found, due = engine.decision(attempts, verdicts, row), program.decide(query)
        parts = [
            {name: getattr(one, name) for name in fields(type(one)) if name != "sampled"}
            for one in (found, due)
        ]
        assert parts[0] == parts[1], query.dialed


@pytest.fixture(scope="module")
def engine(program_of):
    return Engine(program_of())


def test_a_batch_reads_them_alike(engine, program_of):
    same(engine, program_of(), [asked(row[0]) for row in DIALED] + [asked(dial) for dial in VACANT])


PIECES = st.sampled_from(
    ("911", "0", "1", "00", "01", "011", "0111", "101", "1010222", "950", "#", "11", "411", "976", "900", "800", "9", "2", "415",
     "9212000", "4159212000", "9692300", "33140205050", "5", "44")
)  # fmt: skip
KEYED = st.lists(PIECES, max_size=4).map("".join)
CODES = st.sampled_from(("7", "9", "5", "", "91", "911"))


@given(st.lists(st.tuples(CODES, KEYED), min_size=1, max_size=20))
def test_any_digits_are_read_alike_in_columns_and_never_end_in_a_fault(engine, program_of, calls):
    same(engine, program_of(), [asked(f"{code} {digits}") for code, digits in calls])


@given(CODES, KEYED)
def test_any_digits_are_read_as_the_reference_reads_them(reference, provisioning, program_of, code, digits):
    query = {
        "message": "INFO_ANALYZED", "trigger": "CDP_AC", "calling_party": CALLER, "access_code": code or None,
        "trunk_group": None, "dialed": digits, "bearer": "SPEECH", "time": "2001-01-17T10:00:00",
    }  # fmt: skip
    due = reference(provisioning, query)
    found = program_of().decide(query_of(msgspec.convert(query, QueryForm)))
    names = ("called_number", "called_non", "ctc", "cic", "screening", "blocking")
    assert {name: getattr(found, name) for name in names} == {name: due[name] for name in names}


@given(CODES, KEYED)
def test_a_number_that_is_routed_can_be_coded(program_of, code, digits):
    """Three to fifteen digits where a host is asked; else at most fifteen, and never an exchange or area code of 0 or 1."""
    found = program_of().decide(asked(f"{code} {digits}"))
    if found.rtl_number is not None:
        assert 3 <= len(found.response_original_called_party_id) <= 15
    if found.called_non == 3:
        assert re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", found.called_number)
    if found.called_non == 4:
        assert re.fullmatch(r"[2-9]\d{2,14}", found.called_number)


@given(st.integers(0, 127), KEYED, CODES)
def test_a_nature_never_makes_one_number_of_another(nature, digits, code):
    """What is read ends with the digits given (without a country code 1), or is nothing."""
    read = as_dialed(Digits(nature, 1, digits), code)
    assert read in {"", "0"} or read.endswith(digits.removeprefix("1"))
    if emergency_digits(code, digits):
        assert emergency_digits(code, read)


EMERGENCY = st.builds(
    lambda before, behind: before + "911" + behind,
    st.sampled_from(("", "0", "00", "1", "1010222", "101022200")),
    st.sampled_from(("", "#", "1", "#5")),
)


@given(CODES, EMERGENCY)
def test_911_is_completed_with_any_code_prefix_and_ending(program_of, code, digits):
    found = program_of().decide(asked(f"{code} {digits}"))
    assert (found.called_number, found.ctc, found.response_called_party_id) == ("911", 281, "911")


def test_digits_that_only_resemble_911_are_no_emergency():
    for code, digits in (
        ("9", "011911"),
        ("7", "11"),
        ("9", "01911"),
        ("9", "1415911"),
        ("", "9"),
        ("8", "9100911"),
        ("9", "9911"),
        ("9", "000911"),
    ):
        assert emergency_digits(code, digits) == "", (code, digits)


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_number_behind_011_1_is_the_number_itself(program_of, number):
    snapshot = program_of().snapshot
    home, away = (translate_public(snapshot, CALLER, prefix + number) for prefix in ("1", "0111"))
    assert (home is None) == (away is None)
    if home is not None:
        assert all(getattr(home, name) == getattr(away, name) for name in fields(type(home)))


def test_people_write_blanks_and_hyphens():
    assert split_code(" 7 1-213-969-2300 ") == ("7", "12139692300")
    assert split_code("(415) 921.2000") == (None, "4159212000")
    assert split_code("79 2000") == (None, "792000")
    assert take_code("7552000", ("7", "75")) == ("75", "52000")
    assert take_code("8552000", ("7",)) == ("8", "552000")
    assert keyed("*70 #") == "*70#"
    for text in ("555CALL", "+1415", "٣٣"):
        with pytest.raises(ValueError, match="not something to dial"):
            keyed(text)


@given(st.text("0123456789#", max_size=20))
def test_reading_twice_is_reading_once(digits):
    assert plain_form(plain_form(digits)) == plain_form(digits)
