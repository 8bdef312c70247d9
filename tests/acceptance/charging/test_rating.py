"""The worked cases of kinds `rate` and `pulse`, through the functions of the room."""

import json
from pathlib import Path

import msgspec
import pytest

from ain_scp.billing.rating.forms import UsageLine, answer, usage_of
from ain_scp.billing.rating.pulses import pulses
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.money import money_text

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())["cases"]
RATES = [case for case in CASES if case["kind"] == "rate"]
PULSES = [case for case in CASES if case["kind"] == "pulse"]


@pytest.fixture(scope="module")
def snapshot(charging_dataset):
    return compile_dataset(load_or_raise(charging_dataset({}))[0])


def judged(result, expected):
    """The fields that a case names; an absent field is null."""
    return {name: result.get(name) for name in expected}


@pytest.mark.parametrize("case", RATES, ids=[case["id"] for case in RATES])
def test_a_usage_line_has_its_price(case, snapshot):
    for number, (line, expected) in enumerate(zip(case["input"], case["expect"], strict=True), 1):
        found = answer(snapshot, snapshot.charging, msgspec.convert(line, UsageLine), number)
        assert judged(msgspec.to_builtins(found), expected) == expected


@pytest.mark.parametrize("case", PULSES, ids=[case["id"] for case in PULSES])
def test_pulses_fall_at_their_interval(case, snapshot):
    for line, expected in zip(case["input"], case["expect"], strict=True):
        fields = {"duration_ms" if key == "elapsed_ms" else key: value for key, value in line.items()}
        found = pulses(
            snapshot.charging, usage_of(snapshot, snapshot.charging, msgspec.convert(fields, UsageLine))
        )
        result = msgspec.to_builtins(found) | {"amount": money_text(found.amount)}
        assert judged(result, expected) == expected
