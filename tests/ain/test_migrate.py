"""`ain migrate`: a data set of an earlier form becomes one of the present form, whole or not at all."""

import json
import shutil
from pathlib import Path

import pytest

from ain_scp.provisioning.digest import digest_of
from ain_scp.provisioning.forms import HEAD, SCHEMA, STEPS, form_of, migrated

GOLDEN = "examples/golden"


@pytest.fixture
def earlier(tmp_path):
    """The golden data set in form 0, which had no `schema`."""
    place = shutil.copytree(GOLDEN, tmp_path / "acme")
    head = (place / HEAD).read_text()
    assert head.startswith("schema = 1\n")
    (place / HEAD).write_text(head.removeprefix("schema = 1\n"))
    return place


def test_there_is_one_step_from_each_earlier_form():
    assert len(STEPS) == SCHEMA
    assert migrated({HEAD: "schema = 1\n"}, SCHEMA) == {}


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("", 0),
        ("schema = 1", 1),
        ("schema = 7", 7),
        ("schema = true", None),
        ("schema = -1", None),
        ("schema", None),
    ],
)
def test_the_form_is_a_number_in_the_head(head, form):
    assert form_of(head) == form


def test_an_earlier_form_is_refused_by_a_load_which_names_the_way_out(ain, earlier):
    done = ain("check", earlier)
    assert done.returncode == 1
    assert "ain migrate makes it schema 1" in done.stdout


def test_a_dry_run_shows_the_change_and_writes_nothing(ain, earlier):
    before = digest_of(earlier)
    done = ain("migrate", earlier, "--dry-run")
    assert done.returncode == 0
    assert "\n+schema = 1\n" in done.stdout
    assert "1 file would be written" in done.stdout
    assert digest_of(earlier) == before


def test_what_was_migrated_is_the_data_set_of_today_and_a_second_time_changes_nothing(ain, earlier):
    assert ain("migrate", earlier).returncode == 0
    assert digest_of(earlier) == digest_of(Path(GOLDEN))
    again = ain("migrate", earlier, "--json")
    assert json.loads(again.stdout) == {
        "version": 1, "dataset": str(earlier), "before": 1, "after": 1, "written": False, "files": [],
    }  # fmt: skip


def test_a_later_form_is_refused_by_its_number_by_each_command(ain, earlier):
    (earlier / HEAD).write_text('schema = 2\nname = "acme"\n')
    done = ain("migrate", earlier)
    assert done.returncode == 2
    assert "schema 2 is of a later release" in done.stderr
    assert "schema 2 is of a later release; this one reads 1" in ain("check", earlier).stdout


def test_a_result_that_could_not_be_loaded_is_not_written(ain, earlier):
    table = earlier / "network" / "switches.csv"
    table.write_text(table.read_text() + "x,y\n")
    before = digest_of(earlier)
    done = ain("migrate", earlier)
    assert done.returncode == 2
    assert "network/switches.csv:" in done.stderr
    assert digest_of(earlier) == before


@pytest.mark.parametrize("head", [None, "schema", "schema = true", b"\xff"])
def test_a_head_that_says_no_form_is_a_problem_with_its_place(ain, earlier, head):
    (earlier / HEAD).unlink()
    if head is not None:
        (earlier / HEAD).write_bytes(head if isinstance(head, bytes) else head.encode())
    done = ain("migrate", earlier)
    assert done.returncode == 2
    assert done.stderr.startswith("dataset.toml")
