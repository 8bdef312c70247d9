"""The laboratory: what it keeps, what it counts, and that neither changes what happens."""

from pathlib import Path

import msgspec
import pytest

from ain_scp.provisioning.loader import load_or_raise
from ain_scp.ssp_sim.lab import Lab, default_program
from ain_scp.ssp_sim.scenario import load

ROOT = Path(__file__).parents[2]

TRAFFIC = """
dataset = "DATASET"
start = 2001-01-17T10:00:00
seed = 42

[[traffic]]
name = "mix"
duration_s = 600
rate_per_s = 1
limit = 120
answer_ratio = 0.7
busy_ratio = 0.2
mix = [
  { from = ["9258341234", "9258341239"], dial = ["7 9212000", "7 5559999"] },
  { from = ["9258341236"], dial = ["9 01144207946000", "9 19005551000", "9 14157770100"] },
  { from = ["9258341260"], dial = ["5 9212000"] },
]
"""

REFUSED = """
dataset = "DATASET"
start = 2001-01-17T10:00:00

[[call]]
id = "SCREENED"
at = 0
from = "9258341236"
dial = "9 01144207946000"
  [call.expect]
  status = "BLOCKED:SCREENED"
  smdr.status = "BLOCKED:SCREENED"
  response.type = "SEND_TO_RESOURCE"
  facility = "null"

[[call]]
id = "NO-PLAN"
at = 10
from = "9258341260"
dial = "5 9212000"
  [call.expect]
  status = "BLOCKED:UNKNOWN_ACCESS_CODE"

[[call]]
id = "NOT-A-HOST-CALLER"
at = 20
from = "9258341234"
dial = "9 19257893412"
  [call.expect]
  status = "BLOCKED:RTL_UNAUTHORIZED"

[[call]]
id = "ANSWERED"
at = 30
from = "9258341234"
dial = "7 9212000"
  [call.expect]
  status = "COMPLETED"
  smdr.status = "COMPLETED"
"""


@pytest.fixture(scope="module")
def golden():
    return load_or_raise(ROOT / "examples" / "golden")[0]


@pytest.fixture
def lab(golden, tmp_path):
    """Make a laboratory of a scenario's text."""

    def make(text, **options):
        file = tmp_path / "scenario.toml"
        file.write_text(text.replace("DATASET", str(ROOT / "examples" / "golden")))
        return Lab(load(file), golden, default_program, **options)

    return make


def test_a_run_that_keeps_nothing_counts_every_refusal_by_its_cause(lab):
    """A switch knows only the announcement's number, which several causes share."""
    kept = lab(TRAFFIC).run()
    finished = []
    counted = lab(TRAFFIC, keep=False, on_record=finished.append).run()
    assert counted.statuses == kept.statuses
    assert sum(counted.statuses.values()) == counted.offered == len(finished) == 120
    assert {"BLOCKED:SCREENED", "COMPLETED", "BUSY"} <= set(counted.statuses)
    assert not any(status.startswith("ANNOUNCEMENT:1") for status in counted.statuses)


def test_statuses_and_prices_are_the_same_kept_or_not(lab):
    kept = lab(TRAFFIC)
    kept.run()
    finished = {}
    lab(TRAFFIC, keep=False, on_record=lambda record: finished.update({record.id: record})).run()
    for record in kept.records:
        other = finished[record.id]
        assert (other.status, other.ama, other.facility) == (record.status, record.ama, record.facility)


@pytest.mark.parametrize("keep", [True, False])
def test_expectations_hold_whether_records_are_kept_or_not(lab, keep):
    """A call of which something is expected is judged when the SCP has learned its end."""
    finished = []
    run = lab(REFUSED, keep=keep, on_record=None if keep else finished.append)
    summary = run.run()
    assert summary.failed == 0, [record.failures for record in run.records]
    assert summary.ok == 4
    assert len(finished) == (0 if keep else 4)


def test_a_run_that_keeps_nothing_holds_nothing_of_calls_that_are_over(lab):
    run = lab(TRAFFIC, keep=False, on_record=lambda _record: None)
    run.run()
    held = (
        run._decided,
        run._usage,
        run._attempts,
        run._completions,
        run.world._live,
        run.world._transactions,
    )
    assert [len(one) for one in held] == [0] * len(held)


def test_two_runs_with_one_seed_are_one_run(lab):
    first, second = lab(TRAFFIC), lab(TRAFFIC)
    assert first.run() == second.run()
    assert msgspec.json.encode(first.records) == msgspec.json.encode(second.records)


FIG_1A = """
dataset = "DATASET"
start = 2001-01-17T10:00:00
[network.serves]
"9257884102" = "CO1A"

[[call]]
id = "FROM-1AESS"
at = 0
from = "9257884102"
dial = "9 5105553000"
"""


def test_a_line_of_a_switch_without_ain_is_seen_behind_that_switch(lab):
    """The signals of its telephone pass the 1AESS and the trunk-side connection ([0052], A-018)."""
    run = lab(FIG_1A)
    run.run()
    (record,) = run.records
    seen = [(m.source, m.destination, m.name) for m in record.messages if m.protocol == "LINE"]
    assert seen[:2] == [("9257884102", "CO1A", "Setup"), ("CO1A", "SSP2002", "Setup")]
    assert ("SSP2002", "CO1A", "Ringback") in seen
    assert ("CO1A", "9257884102", "Ringback") in seen
    assert record.talk_path == ("CO1A", "SSP2002", "SSP2006")
