"""The reference itself is judged by the worked cases of the acceptance set: every field of every one."""

import json
from pathlib import Path

import pytest

from kit.overrides import changed

CASES = json.loads((Path(__file__).parents[1] / "acceptance" / "cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_reference_decides_the_worked_case(case, provisioning, reference):
    data = changed(provisioning, case.get("overrides"))
    expected = {key: value for key, value in case["expect"].items() if key not in {"ama", "smdr", "ssp"}}
    assert reference(data, case["query"]) == expected
