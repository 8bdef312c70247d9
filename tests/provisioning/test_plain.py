"""The quick readers of big tables give what the careful ones give, or nothing.

Source: interfaces.md section 2, requirements.md section 5.2.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.check import plain, plan, stations, triggers
from ain_scp.provisioning.check.columns import digits_count, repeated
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.rows import PrefixRow, Switch, Where

HERE = Where("x", 1)
INDEX = tuple(PrefixRow(str(at), name, HERE) for at, name in enumerate(("S", "T2", "S", "UNUSED"), 1))
SWITCHES = tuple(
    Switch(name, "5ESS", ain, "", "", "", "", HERE) for name, ain in (("A", True), ("B2", False), ("C", True))
)

DIGITS = st.sampled_from(
    ["5551234", "5551235", "9255551234", "9255551235", "0005551234", "92555512345", "1", "", "925555123x", "12345678901234567"]
)  # fmt: skip
CELLS = {
    "dialed": DIGITS,
    "number": DIGITS,
    "non": st.sampled_from(["3", "4", "1", "2", ""]),
    "table": st.sampled_from(["S", "T2", "Q9", ""]),
    "kind": st.sampled_from(["CENTREX", "PBX", "TO", "to"]),
    "privilege_class": st.sampled_from(["", "1", "8", "0", "9", "10"]),
    "trigger": st.sampled_from(["CDP_AC", "OHD", "TAT", ""]),
    "customer": st.sampled_from(["GOLDEN", "SILVER", "X"]),
    "ssp": st.sampled_from(["A", "B2", "C", "D"]),
}


def tables(*columns: str) -> st.SearchStrategy[str]:
    """Draw the rows of a table, mostly right ones; the header is the caller's."""
    row = st.tuples(*(CELLS[column] for column in columns)).map(",".join)
    return st.lists(row, max_size=5, unique=True).map(lambda rows: "".join(f"{one}\n" for one in rows))


@pytest.fixture
def read_both(tmp_path: Path) -> Callable[..., None]:
    """Read a table the quick way and the careful way and compare."""

    def read(text: str, quick: Callable[[Files, str], Any], careful: Callable[[Files, str], Any]) -> None:
        folder = tmp_path / "network"
        folder.mkdir(exist_ok=True)
        (folder / "triggers.csv").write_text(text, encoding="utf-8")
        files = Files(tmp_path, Findings())
        files.open_folder("network", ("triggers.csv",))
        found = quick(files, "network/triggers.csv")
        slow = careful(files, "network/triggers.csv")
        if files.findings.errors:
            assert found is None
        if found is not None:
            assert as_lists(found) == as_lists(slow)
        plain_text = not files.findings.errors and "Q9" not in text
        assert (found is not None) == plain_text

    return read


def as_lists(columns: Any) -> list[Any]:
    found = [getattr(columns, name) for name in columns.__struct_fields__]
    return [(one.dtype.str, one.tolist()) if isinstance(one, np.ndarray) else one for one in found]


SETTINGS = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(rows=tables("dialed", "number", "non"))
def test_mdp(rows: str, read_both: Callable[..., None]) -> None:
    read_both(
        "dialed,number,non\n" + rows,
        lambda files, file: (read := files.columns(file, plain.MDP)) and plain.mdp(read, file),
        lambda files, file: plan._careful_mdp(files.opener(file, plan.MDP), file, files.findings),
    )


@SETTINGS
@given(rows=tables("number"))
def test_sdp(rows: str, read_both: Callable[..., None]) -> None:
    rows = rows.replace("\n\n", "\n").removeprefix("\n")  # a blank line is no row
    read_both(
        "number\n" + rows,
        lambda files, file: (read := files.columns(file, plain.SDP)) and plain.sdp(read, file),
        lambda files, file: plan._careful_sdp(files.opener(file, plan.SDP), file, files.findings),
    )


@SETTINGS
@given(rows=tables("table", "number", "kind", "privilege_class"), ocs=st.booleans())
def test_stations(rows: str, ocs: bool, read_both: Callable[..., None]) -> None:
    names = tuple(dict.fromkeys(row.name for row in INDEX))
    read_both(
        "table,number,type,privilege_class\n" + rows,
        lambda files, file: (
            (read := files.columns(file, plain.stations_expected(names)))
            and plain.stations(read, file, names, ocs=ocs)
        ),
        lambda files, file: stations._careful_stations(
            files.opener(file, stations.STATIONS), file, files.findings, ocs=ocs
        ),
    )


@SETTINGS
@given(rows=tables("number", "trigger", "customer", "ssp"))
def test_triggers(rows: str, read_both: Callable[..., None]) -> None:
    customers = ("GOLDEN", "SILVER")
    read_both(
        "number,type,customer,ssp\n" + rows,
        lambda files, file: (
            (read := files.columns(file, plain.triggers_expected(SWITCHES, customers)))
            and plain.triggers(read, SWITCHES)
        ),
        lambda files, file: triggers._careful_triggers(
            files.opener(file, triggers.TRIGGERS), SWITCHES, customers, files.findings
        ),
    )


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=8))
def test_repeats_are_found_with_the_line_of_the_first(keys: list[tuple[int, int]]) -> None:
    lines = np.arange(2, len(keys) + 2, dtype=np.int32)
    columns = tuple(np.array([key[at] for key in keys], np.int64) for at in (0, 1))
    wanted = {line: 2 + keys.index(key) for line, key in enumerate(keys, 2) if keys.index(key) != line - 2}
    assert dict(repeated(columns, lines)) == wanted


def test_digits_are_counted() -> None:
    codes = np.array([1, 10, 19, 100, 1_0000000, 1_9999999, 10**15, 2 * 10**15 - 1], np.int64)
    assert digits_count(codes).tolist() == [len(str(code)) - 1 for code in codes.tolist()]
