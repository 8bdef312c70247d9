"""The worked cases of kind `check`: which rules `ain check` names, and in which files."""

import json
from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())["cases"]
CHECKS = [case for case in CASES if case["kind"] == "check"]


def charging_errors(problems):
    return sorted(
        {
            (problem["rule"], problem["file"])
            for problem in problems
            if problem["rule"].startswith("CH-") and problem["severity"] == "error"
        }
    )


def expected(case):
    return sorted((problem["rule"], problem["file"]) for problem in case["expect"][0]["problems"])


@pytest.mark.parametrize("case", CHECKS, ids=[case["id"] for case in CHECKS])
def test_the_loader_names_the_rules_and_files(case, charging_dataset):
    loaded = load(charging_dataset(case))
    problems = [{"rule": one.rule, "file": one.file, "severity": one.severity} for one in loaded.problems]
    assert charging_errors(problems) == expected(case)
    assert (loaded.dataset is None) == bool(expected(case))


@pytest.mark.parametrize("case", CHECKS, ids=[case["id"] for case in CHECKS])
def test_the_command_names_the_rules_and_files(case, charging_dataset, ain):
    run = ain("check", charging_dataset(case), "--json")
    report = json.loads(run.stdout)
    assert charging_errors(report["problems"]) == expected(case)
    assert run.returncode == (1 if expected(case) else 0)
