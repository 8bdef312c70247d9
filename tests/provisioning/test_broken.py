"""Every constraint of the data set has a row of `broken/*.toml` that breaks it, and the loader says so in place.

Source: requirements.md section 5, interfaces.md sections 1 and 2, D-012, A-265.
"""

import ast
import importlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ain_scp import provisioning
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.loader import Loaded, load, load_or_raise
from ain_scp.provisioning.problems import Problem, ProvisioningError

ROOM = Path(provisioning.__file__).parent


@pytest.fixture(scope="session")
def golden_warnings(golden: Path) -> Counter[tuple[str, str]]:
    return Counter((problem.file, problem.text) for problem in load(golden).problems)


def beyond(problems: tuple[Problem, ...], known: Counter[tuple[str, str]]) -> list[Problem]:
    """Leave out the warnings of the golden data set, wherever an edit has moved them."""
    rest = known.copy()
    found = []
    for problem in problems:
        key = (problem.file, problem.text)
        if rest[key] > 0:
            rest[key] -= 1
        else:
            found.append(problem)
    return found


@pytest.fixture(scope="session")
def outcomes(
    all_rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, copy_golden: Callable[..., None]
) -> tuple[dict[str, Loaded], set[tuple[str, int]]]:
    """Load every broken data set once; keep what was found, and each line of the room on the way to a report."""
    reached: set[tuple[str, int]] = set()
    loads: dict[str, Loaded] = {}
    root = tmp_path_factory.mktemp("broken") / "dataset"
    note = Findings._note

    def noting(self: Findings, problem: Problem) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and Path(frame.f_code.co_filename).parent in (ROOM, ROOM / "check"):
            reached.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        note(self, problem)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Findings, "_note", noting)
        for row in all_rows:
            copy_golden(root, row["edits"])
            with pytest.MonkeyPatch.context() as limits:
                if "limit" in row:
                    limit = row["limit"]
                    limits.setattr(importlib.import_module(limit["module"]), limit["name"], limit["value"])
                loads[row["what"]] = load(root)
    return loads, reached


def test_a_broken_data_set_is_reported_in_place_and_nothing_else_is(
    broken_row: dict[str, Any],
    outcomes: tuple[dict[str, Loaded], set[tuple[str, int]]],
    golden_warnings: Counter[tuple[str, str]],
) -> None:
    loaded = outcomes[0][broken_row["what"]]
    found = beyond(loaded.problems, golden_warnings)
    said = [(f"{one.file}:{one.line}: {one.column}", one.rule, one.severity, one.text[:60]) for one in found]
    wanted = [(one["place"], one["rule"], one["severity"], one["text"]) for one in broken_row["found"]]
    assert said == wanted
    assert wanted
    assert all(str(one).isprintable() for one in found)
    assert (loaded.dataset is None) == any(one["severity"] == "error" for one in broken_row["found"])


def test_every_place_in_the_code_that_reports_is_reached_by_a_row(
    outcomes: tuple[dict[str, Loaded], set[tuple[str, int]]],
) -> None:
    reached = outcomes[1]
    missed = [
        f"{Path(file).relative_to(ROOM)}:{first}"
        for file, first, last in reporting_calls()
        if not any((file, line) in reached for line in range(first, last + 1))
    ]
    assert not missed, "\n".join(missed)


REPORTS = frozenset({"error", "warn", "_error", "_warn", "report_rows", "report_repeats"})
ASKS = frozenset(
    {
        "required",
        "word",
        "choice",
        "yes",
        "digits",
        "number",
        "text",
        "flag",
        "integer",
        "on",
        "take",
        "items",
    }
    | {"is_digits", "number_list", "section", "sections", "finish"}
)
"""What asks for a cell or a key, and reports one that is wrong."""


def reporting_calls() -> list[tuple[str, int, int]]:
    """Find each call that reports or may report, in the modules of the loader: file, first and last line."""
    return [
        (str(file), node.lineno, node.end_lineno or node.lineno)
        for file in [ROOM / "loader.py", ROOM / "csv_rows.py", *sorted((ROOM / "check").glob("*.py"))]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (node.args or name_of(node.func) == "finish")
        if name_of(node.func) in REPORTS or (isinstance(node.func, ast.Attribute) and node.func.attr in ASKS)
    ]


def name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def test_all_problems_of_all_files_are_reported_at_once(break_golden: Callable[..., Path]) -> None:
    root = break_golden(
        [
            {"file": "dataset.toml", "write": "schema = \n"},
            {"file": "network/switches.csv", "old": "ETN2016,ETN,N", "new": "ETN2016,ETN,Y"},
            {"file": "network/rates.toml", "old": "= 10", "new": "= -10"},
            {"file": "customers/GOLDEN/mdp.csv", "append": "12,34x,5\n"},
            {"file": "customers/GOLDEN/blocking_800.csv", "count": 251, "first": 8005550000},
            {"file": "customers/SILVER/rtl.toml", "write": "[x\n"},
            {"file": "customers/SILVER/sdp.csv", "hex": "ff"},
        ]
    )
    errors = [one for one in load(root).problems if one.severity == "error"]
    assert [f"{one.file}:{one.line}" for one in errors] == [
        "customers/GOLDEN/blocking_800.csv:252",
        "customers/GOLDEN/mdp.csv:19",
        "customers/GOLDEN/mdp.csv:19",
        "customers/GOLDEN/mdp.csv:19",
        "customers/SILVER/rtl.toml:1",
        "customers/SILVER/sdp.csv:1",
        "dataset.toml:1",
        "network/rates.toml:1",
        "network/switches.csv:10",
    ]


def test_the_message_of_an_overfull_table_names_table_row_and_rule(break_golden: Callable[..., Path]) -> None:
    file = "customers/GOLDEN/blocking_domestic.csv"
    root = break_golden([{"file": file, "count": 251, "first": 2125550000}])
    with pytest.raises(ProvisioningError) as raised:
        load_or_raise(root)
    assert f"{file}:252: 1: 251 entries, maximum 250 (A-095)" in str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("kind", "first"), [("international", 8520000000), ("domestic", 2125550000), ("800", 8005550000)]
)
def test_250_entries_are_accepted_in_each_blocking_table(
    kind: str, first: int, break_golden: Callable[..., Path]
) -> None:
    edit = {"file": f"customers/GOLDEN/blocking_{kind}.csv", "count": 250, "first": first}
    dataset, _ = load_or_raise(break_golden([edit]))
    assert len(dataset.customers[0].blocking[kind]) == 250


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"' + "x" * 100_000 + '"', "schema = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... is not an integer"),
    ],
)
def test_a_huge_toml_value_is_one_line(value: str, text: str, break_golden: Callable[..., Path]) -> None:
    edit = {"file": "dataset.toml", "old": "schema = 1", "new": f"schema = {value}"}
    assert text in [one.text for one in load(break_golden([edit])).problems]


def test_a_huge_cell_is_one_short_line(break_golden: Callable[..., Path]) -> None:
    edit = {"file": "customers/GOLDEN/sdp.csv", "append": "4" * 1_000_000}
    (error,) = [one for one in load(break_golden([edit])).problems if one.severity == "error"]
    assert (error.line, error.text[-26:]) == (22, "has 1000000 digits, not 10")
    assert len(str(error)) < 200


def test_thousands_of_wrong_rows_are_counted_not_kept(break_golden: Callable[..., Path]) -> None:
    edit = {"file": "customers/GOLDEN/sdp.csv", "append": "x\n" * 5000}
    errors = [one for one in load(break_golden([edit])).problems if one.severity == "error"]
    assert len(errors) == 1001
    assert errors[-1].text == "4000 more problems of this rule in this file"


@pytest.mark.parametrize("name", ["nowhere", "x\0y", "dataset.toml", ""])
def test_a_directory_that_is_none_is_one_problem(name: str, golden: Path) -> None:
    loaded = load(golden / name if name else golden / "network" / "lata.csv")
    assert loaded.dataset is None
    assert [one.file for one in loaded.problems] == ["."]
    assert "cannot be read" in loaded.problems[0].text


def test_a_rejected_load_writes_nothing(break_golden: Callable[..., Path]) -> None:
    root = break_golden([{"file": "network/lata.csv", "append": "x\n"}])
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert load(root).dataset is None
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
