"""`ain init`: what it makes is good, runs, and is explained; `ain check --rule` explains what a problem cites."""

import json

import pytest


def test_a_new_data_set_is_good_and_its_scenario_passes(ain, tmp_path):
    made = ain("init", tmp_path / "acme")
    assert made.returncode == 0, made.stderr
    check = ain("check", tmp_path / "acme")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "acme: OK, 0 warnings\n")
    run = ain("run", tmp_path / "acme" / "scenario.toml", "--transport", "memory")
    assert run.returncode == 0, run.stdout
    assert "3 calls: 3 passed, 0 failed" in run.stdout


def test_every_file_says_what_its_columns_mean(ain, tmp_path):
    ain("init", tmp_path / "acme")
    text = (tmp_path / "acme" / "customers" / "ACME" / "privilege_control.csv").read_text()
    assert "N: that table is bypassed" in text.replace("\n#  ", "")
    for path in (tmp_path / "acme").rglob("*.*"):
        assert path.read_text().startswith("# "), path


def test_a_directory_that_holds_something_is_left_alone(ain, tmp_path):
    (tmp_path / "mine").write_text("x")
    done = ain("init", tmp_path, "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["exit"]) == (2, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--rule", "A-098"], 0, "blocking_domestic.csv number"),
        (["--rule", "A-999"], 2, "no such rule"),
        ([], 2, "give a data set, or --rule"),
        (["examples/golden", "--rule", "A-098"], 2, "give a data set, or --rule"),
        (["examples/golden/scenario.toml"], 2, "a scenario? ain run examples/golden/scenario.toml"),
    ],
)
def test_a_rule_is_explained(ain, arguments, code, told):
    done = ain("check", *arguments)
    assert (done.returncode, told in done.stdout + done.stderr) == (code, True)
