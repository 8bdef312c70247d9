"""The golden data set, whole or broken on purpose, for the tests of this room.

A broken data set is the golden one with edits. An edit names a file and says what happens to it: `old` -> `new` (once),
`append`, `write` (the whole text), `hex` (the whole file in octets), `remove`, `folder`, `link` (to a target), or
`count` (a list of that many consecutive numbers from `first`).
"""

import json
import shutil
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kit.json_data_set import dataset_from_json
from kit.overrides import changed

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "examples" / "golden"


@pytest.fixture(scope="session")
def point_codes() -> dict[str, str]:
    """The point codes chosen for its switches."""
    return json.loads((HERE / "point_codes.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def golden() -> Path:
    return GOLDEN


@pytest.fixture
def write_dataset(
    tmp_path: Path, provisioning: dict[str, Any], point_codes: dict[str, str]
) -> Callable[..., Path]:
    """Write the acceptance data set, with overrides `path/with/slashes` -> value, as a directory."""

    def write(overrides: dict[str, Any] | None = None, name: str = "written") -> Path:
        data = changed(provisioning, overrides)
        return dataset_from_json(data, tmp_path / name, point_codes=point_codes)

    return write


@pytest.fixture(scope="session")
def copy_golden() -> Callable[[Path, Iterable[dict[str, Any]]], None]:
    """Copy the golden data set to a place and apply edits."""
    touched: dict[Path, list[str]] = {}

    def copy(root: Path, edits: Iterable[dict[str, Any]]) -> None:
        edits = list(edits)
        if root in touched and all(map(plain_edit, edits)):
            for file in touched[root]:
                shutil.copyfile(GOLDEN / file, root / file)
        else:
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(GOLDEN, root, copy_function=shutil.copyfile)
        touched[root] = [edit["file"] for edit in edits]
        if not all(map(plain_edit, edits)):
            del touched[root]
        for edit in edits:
            apply_edit(root / edit["file"], edit)

    return copy


def plain_edit(edit: dict[str, Any]) -> bool:
    """Say whether an edit only changes the octets of a file of the golden data set: copying that back undoes it."""
    return (GOLDEN / edit["file"]).is_file() and bool(
        {"old", "append", "write", "count", "hex"} & edit.keys()
    )


@pytest.fixture
def break_golden(
    tmp_path: Path, copy_golden: Callable[..., None]
) -> Callable[[Iterable[dict[str, Any]]], Path]:
    """Copy the golden data set, edited, to this test's own place."""

    def copy(edits: Iterable[dict[str, Any]]) -> Path:
        copy_golden(tmp_path / "broken", edits)
        return tmp_path / "broken"

    return copy


def apply_edit(path: Path, edit: dict[str, Any]) -> None:
    """Do one edit; an `old` that is not there exactly as given is a mistake in the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_bytes().decode() if path.is_file() else ""
    if "old" in edit:
        assert edit["old"] in text, edit
        text = text.replace(edit["old"], edit["new"], 1)
    elif "count" in edit:
        numbers = range(edit["first"], edit["first"] + edit["count"])
        text = "number\n" + "".join(f"{number}\n" for number in numbers)
    elif "hex" in edit:
        path.write_bytes(bytes.fromhex(edit["hex"]))
        return
    elif not {"append", "write"} & edit.keys():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if "folder" in edit:
            path.mkdir()
        elif "link" in edit:
            path.symlink_to(edit["link"])
        return
    else:
        text = edit.get("write", text) + edit.get("append", "")
    path.write_bytes(text.encode())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `broken_row` every row of the tables in `broken/`."""
    if "broken_row" in metafunc.fixturenames:
        rows = broken_rows()
        metafunc.parametrize("broken_row", rows, ids=[row["what"] for row in rows])


def broken_rows() -> list[dict[str, Any]]:
    rows = []
    for file in sorted((HERE / "broken").glob("*.toml")):
        rows += tomllib.loads(file.read_text(encoding="utf-8"))["row"]
    return rows


@pytest.fixture(scope="session")
def all_rows() -> list[dict[str, Any]]:
    return broken_rows()
