"""What would change an answer of a service: each sentence is tried, and comes true."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.scp.service_logic.asking import answer_of
from ain_scp.scp.service_logic.otherwise import without_rule
from ain_scp.scp.service_logic.service_json import said
from ain_scp.scp.service_logic.service_otherwise import changes_of, form_for
from ain_scp.terms.conditions import Condition
from ain_scp.terms.questions import Facts
from tests.scp.test_services_slowly import Chance, random_dataset

ROOT = Path(__file__).parents[2]
AT = "2001-01-17T10:00:00"


def outcome(program, form):
    decision = answer_of(program, None, form).decision
    return said(decision) if decision is not None else "refused"


def test_a_row_left_out_another_caller_and_another_day_give_what_is_said(tmp_path):
    tried = {"row": 0, "caller": 0, "day": 0}
    for seed in range(5):
        chance = Chance(seed)
        root = random_dataset(tmp_path / f"set{seed}", chance)
        program = open_program(root)
        numbers = {"LNP": chance.number, "TOLLFREE": chance.toll_free, "TERMINATING": lambda: "9257884060"}
        for name, make in numbers.items():
            for _ in range(15):
                form = form_for(program, name, make(), chance.number(), AT)
                if getattr(answer_of(program, None, form), "decision", None) is None:
                    continue
                for change in changes_of(program, form):
                    check(program, root, tmp_path, form, change, tried)
    assert all(tried.values()), tried


def check(program, root, tmp_path, form, change, tried):
    then = change.text.rpartition(": ")[2].partition(" [")[0]
    gone = re.match(r"without (services/lnp/\S+\.csv):(\d+): (\w+)", change.text)
    if gone and "/delta/" not in gone[1] and tried["row"] < 4:
        tried["row"] += 1
        copy = tmp_path / f"without{tried['row']}"
        shutil.copytree(root, copy)
        lines = (copy / gone[1]).read_text().splitlines()
        del lines[int(gone[2]) - 1]
        (copy / gone[1]).write_text("\n".join(lines) + "\n")
        assert outcome(open_program(copy), form).startswith(gone[3]), change
    elif found := re.match(r"from (\d{10})[:,]", change.text):
        tried["caller"] += 1
        assert outcome(program, msgspec.structs.replace(form, calling_party=found[1])) == then
    elif found := re.match(r"on (Sat|Sun)[:,]", change.text):
        tried["day"] += 1
        day = {"Sat": "2001-01-20", "Sun": "2001-01-21"}[found[1]]
        assert outcome(program, msgspec.structs.replace(form, time=f"{day}T10:00:00")) == then


@pytest.mark.parametrize(
    ("name", "called", "sentence"),
    [
        ("LNP", "213555123", "a called number of 10 digits"),
        ("TOLLFREE", "8005559999", "services/tollfree/records.csv would answer"),
        ("TOLLFREE", "8005551005", "records.csv:7 would route the call"),
        ("TERMINATING", "9257884063", "after 5 redirections: LOOP TERM_LOOP"),
        ("TERMINATING", "9257884060", "with ALLOWED in services/cnam/names.csv:4 the name would be shown"),
    ],
)
def test_what_is_missing_is_named(name, called, sentence):
    program = open_program(ROOT / "examples" / "services")
    form = form_for(program, name, called, "4155550103", AT)
    assert any(sentence in change.text for change in changes_of(program, form))


@pytest.mark.parametrize(("name", "called"), [("TERMINATING", "9257884061"), ("TOLLFREE", "8885551003")])
def test_a_time_of_this_day_gives_what_is_said(name, called):
    program = open_program(ROOT / "examples" / "services")
    form = form_for(program, name, called, "4155550102", AT)
    (change,) = [one for one in changes_of(program, form) if one.at is not None]
    then = outcome(program, msgspec.structs.replace(form, time=change.at))
    assert change.text.endswith(f": {then}")
    assert then != outcome(program, form)


def test_without_one_share_of_a_hundred_the_shares_before_it_are_kept():
    shares = [Condition((), 30), Condition((), 40), Condition((), 30)]
    without = [
        without_rule(shares, "abc", Facts(0, "", 0, draw), "plain PSTN")
        for draw in (0, 2999, 3000, 6999, 7000)
    ]
    assert without == [
        ["without a: b"],
        ["without a: b"],
        ["without b: c"],
        ["without b: plain PSTN"],
        ["without c: plain PSTN"],
    ]
