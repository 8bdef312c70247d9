"""Every worked case of the acceptance set: path, decision, rated usage and SMDR, exactly as written."""

import json
from pathlib import Path

import msgspec
import pytest

from ain_scp.billing.rating.standard import rate
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
from ain_scp.terms import localtime

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())["cases"]
ELSEWHERE = {"ama", "smdr", "ssp"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_decision_is_the_expected_one_in_every_field(case, decide):
    decision = decide(case["query"], case.get("overrides"))
    expected = {key: value for key, value in case["expect"].items() if key not in ELSEWHERE}
    assert {key: decision[key] for key in expected} == expected


BILLED = [case for case in CASES if case["expect"]["ama"] is not None]  # host legs assert nothing about usage


@pytest.mark.parametrize("case", BILLED, ids=[case["id"] for case in BILLED])
def test_the_usage_record_is_rated_as_expected(case, program_of):
    program = program_of(case.get("overrides"))
    decision = program.decide(query_of(msgspec.convert(case["query"], QueryForm)))
    duration = case.get("network", {}).get("duration_s", 0)
    day = localtime.day_of(localtime.parse(case["query"]["time"]))
    assert msgspec.to_builtins(rate(program.snapshot, decision, duration, day)) == case["expect"]["ama"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_s216_is_reached_exactly_when_the_call_has_an_smdr_record(case, decide):
    path = decide(case["query"], case.get("overrides"))["path"]
    assert ("s216" in path) == (case["expect"]["smdr"] is not None)
    assert path[-1] == "s218"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_two_identical_queries_get_identical_answers(case, decide):
    first, second = (decide(case["query"], case.get("overrides")) for _ in range(2))
    assert first == second


def test_every_case_passes_through_the_command_in_one_stream(ain, tmp_path):
    cases = [case for case in CASES if not case.get("overrides")]
    lines = "".join(json.dumps({"id": case["id"], "query": case["query"]}) + "\n" for case in cases)
    done = ain("explain", "examples/golden", "--queries", "-", "--json", stdin=lines)
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    for case, answer in zip(cases, answers, strict=True):
        expected = {key: value for key, value in case["expect"].items() if key not in ELSEWHERE}
        assert {key: answer["decision"][key] for key in expected} == expected
        assert answer["decision"]["steps"]
