"""The sum of the outcomes is what was received, and every counter is declared."""

import re
from pathlib import Path

import pytest

from ain_scp.scp.counters import INFORMATION, MEANINGS, OUTCOMES, Outcome, discrepancies, metric_lines, totals
from ain_scp.scp.lower_layers import outcome_name
from ain_scp.signaling.sccp.structs import ReturnCause

SCP_SOURCES = Path(__file__).parent.parent.parent / "scp"


def test_counters_that_add_up_are_in_order():
    assert discrepancies({"received": 3, "answered": 1, "shed_busy": 1}, in_flight=1) == []


@pytest.mark.parametrize(
    ("counters", "in_flight", "problem"),
    [
        ({"received": 2, "answered": 1}, 0, "received 2, accounted for 1"),
        ({"received": 1, "answered": 1}, 1, "received 1, accounted for 2"),
        ({"received": 0, "lost": 1}, 0, "counter lost is not declared"),
    ],
)
def test_counters_that_do_not_add_up_are_told(counters, in_flight, problem):
    assert problem in discrepancies(counters, in_flight)


def test_every_outcome_is_of_one_kind_and_no_information():
    assert not OUTCOMES.keys() & INFORMATION
    assert set(totals({})) == {outcome.value for outcome in Outcome}


def test_every_literal_counter_of_the_sources_is_declared():
    found = set()
    for path in (
        SCP_SOURCES / "node.py",
        SCP_SOURCES / "answering.py",
        SCP_SOURCES / "lower_layers.py",
        SCP_SOURCES / "dialogues.py",
    ):
        found |= set(re.findall(r'counters\["(\w+)"\]', path.read_text()))
        found |= set(re.findall(r'return \(?"(\w+)"', path.read_text()))
    found -= {"passed_on"}  # SCCP's own
    assert "answered" in found
    assert found <= OUTCOMES.keys() | INFORMATION


@pytest.mark.parametrize("cause", ReturnCause, ids=lambda cause: cause.name)
@pytest.mark.parametrize("action", ["dropped", "returned", "dropped_service"])
def test_every_sccp_outcome_by_cause_has_a_counter_of_the_node(action, cause):
    assert outcome_name(f"{action}_{cause.name.lower()}") in OUTCOMES


@pytest.mark.parametrize(
    "name",
    [
        "management",
        "management_ignored",
        "reassembly_pending",
        "reassembly_out_of_order",
        "passed_on",
        "dropped_malformed",
        "dropped_unknown_type",
        "dropped_management_malformed",
        "dropped_notice_unequipped",
        "dropped_returns_limited",
    ],
)
def test_every_other_sccp_outcome_has_a_counter_of_the_node(name):
    assert outcome_name(name) in OUTCOMES


def test_the_metrics_tell_every_outcome_once():
    lines = metric_lines({"received": 7, "answered": 7}, 0, 2)
    assert "ain_scp_received_total 7" in lines
    assert 'ain_scp_outcome_total{outcome="answered",cause="answered"} 7' in lines
    assert "ain_scp_overload_level 2" in lines
    causes = [line for line in lines if line.startswith("ain_scp_outcome_total{")]
    assert len(causes) == len(set(causes)) == len(MEANINGS)
