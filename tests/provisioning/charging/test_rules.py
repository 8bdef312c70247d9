"""Every rule of the charging tables: data sets that break it, and exactly what the loader says, where, of which rule.

`rules.json` has one entry for each broken data set: edits of the charging data set as in the worked cases (`remove`
deletes files), and the problems found beyond those of the unbroken one.
"""

import ast
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from ain_scp.provisioning import check
from ain_scp.provisioning.check.charging import pools
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.loader import load

HERE = Path(__file__).parent
CHARGING = HERE.parents[2] / "examples" / "charging"
ROOM = Path(check.__file__).parent / "charging"
RULES = json.loads((HERE / "rules.json").read_text())

WITHOUT_A_ROW = {"CH-20"}
"""A unit of a million accounts has a test of its own."""
OF_ROUTES = {"A-111"}
"""Prices that rules of routes ask for: the tests of those rules plant what is wrong with them."""


def edited(root, row):
    shutil.copytree(CHARGING, root, copy_function=shutil.copyfile)
    for file, lines in row.get("replace", {}).items():
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text("".join(f"{line}\n" for line in lines))
    for file, lines in row.get("append", {}).items():
        (root / file).write_text(
            (root / file).read_text().rstrip() + "\n" + "".join(f"{line}\n" for line in lines)
        )
    for file, (old, new) in row.get("replace_in", {}).items():
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new))
    for file in row.get("remove", ()):
        (root / file).unlink()
    return root


@pytest.fixture(scope="session")
def usual():
    return Counter((problem.file, problem.text) for problem in load(CHARGING).problems)


@pytest.fixture(scope="session")
def reached():
    """The rows that ran, and the lines of the room on the way to a report."""
    return set()


@pytest.mark.parametrize("row", RULES, ids=[row["what"] for row in RULES])
def test_a_broken_data_set_is_reported_in_place_and_nothing_else_is(
    row, tmp_path, usual, reached, monkeypatch
):
    note = Findings._note

    def noting(self, problem):
        frame = sys._getframe(1)
        while frame is not None:
            if Path(frame.f_code.co_filename).parent == ROOM:
                reached.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        note(self, problem)

    monkeypatch.setattr(Findings, "_note", noting)
    reached.add(row["what"])
    loaded = load(edited(tmp_path / "set", row))
    rest = usual.copy()
    found = []
    for problem in loaded.problems:
        rest[problem.file, problem.text] -= 1
        if rest[problem.file, problem.text] < 0:
            found.append(problem)
    assert [str(problem) for problem in found] == row["found"]
    assert (loaded.dataset is None) == any(problem.severity == "error" for problem in found)


def test_every_rule_has_a_row():
    said = {line.rpartition("(")[2].rstrip(")") for row in RULES for line in row["found"]}
    assert {f"CH-{number:02d}" for number in range(1, 34)} - said == WITHOUT_A_ROW


def test_every_place_in_the_code_that_reports_is_reached_by_a_row(reached):
    """Runs after the rows above, in one process."""
    if not {row["what"] for row in RULES} <= reached:
        pytest.skip("some rows ran in another process, or were not chosen")
    missed = [
        f"{Path(file).name}:{first}"
        for file, first, last in reporting_calls()
        if not any((file, line) in reached for line in range(first, last + 1))
    ]
    assert not missed, "\n".join(missed)


def reporting_calls():
    """Find each call that reports a problem of its own: file, first and last line."""
    for file in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            rule = getattr(node.args[-1], "value", None) if node.args else None
            if node.func.attr in ("error", "warn") and rule not in WITHOUT_A_ROW | OF_ROUTES:
                yield str(file), node.lineno, node.end_lineno


def test_a_unit_of_too_many_accounts_is_named(tmp_path, monkeypatch):
    """CH-20, with a bound that the data set passes: the three members of G1, one of whom pays for two more."""
    monkeypatch.setattr(pools, "MOST_ACCOUNTS", 4)
    accounts = ["N1,,,,,,,,,,,GA,,,,", "N2,,,,,,,,,,,GA,,,,"]
    root = edited(tmp_path / "set", {"append": {"charging/accounts.csv": accounts}})
    (problem,) = [problem for problem in load(root).problems if problem.rule == "CH-20"]
    assert problem.text == "group G1 join 5 accounts in one unit; at most 4"
    assert problem.file == "charging/accounts.csv"


def test_an_account_that_pays_joins_a_unit_without_a_pool(tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "MOST_ACCOUNTS", 3)
    accounts = [f"N{number},,,,,,,,,,,A10,,,," for number in range(3)]
    root = edited(tmp_path / "set", {"append": {"charging/accounts.csv": accounts}})
    texts = [problem.text for problem in load(root).problems if problem.rule == "CH-20"]
    assert "pays joins 4 accounts in one unit; at most 3" in texts


def test_all_problems_of_all_files_are_reported_at_once(tmp_path):
    row = {
        "append": {
            "charging/bands.csv": ["X,x,1,00:00,24:00"],
            "charging/tariffs.csv": ["X,2001-01-01,*,LA,*,*,ms,,,,,60s,-1,up,,,,"],
            "charging/accounts.csv": ["X,,,,-1,,,,,NOPLAN,,,1234,,0,"],
        },
        "replace": {"charging/taxes.csv": ["tax,effective,percent,on", "A,2001-01-01,101,ALL"]},
    }
    errors = [one for one in load(edited(tmp_path / "set", row)).problems if one.severity == "error"]
    assert [(Path(one.file).name, one.rule) for one in errors] == [
        ("accounts.csv", "CH-26"),
        ("accounts.csv", "CH-12"),
        ("accounts.csv", "CH-21"),
        ("accounts.csv", "CH-33"),
        ("bands.csv", "CH-02"),
        ("tariffs.csv", "CH-06"),
        ("tariffs.csv", "CH-01"),
        ("taxes.csv", "CH-17"),
    ]
