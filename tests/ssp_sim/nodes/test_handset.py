"""A handset counts by itself what a call costs; the worked cases of kind `handset`, and what it makes of odd downloads."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.billing.summaries.handset import LONGEST, Download, Grade, Rate, display_text
from ain_scp.ssp_sim.nodes.handset import Handset, read

CASES = json.loads((Path(__file__).parents[2] / "acceptance/charging/cases.json").read_text())["cases"]


@pytest.mark.parametrize(
    "case", [one for one in CASES if one["kind"] == "handset"], ids=lambda one: one["id"]
)
def test_worked_cases(case):
    for asked, expected in zip(case["input"], case["expect"], strict=True):
        handset = Handset(program=asked.get("program", True))
        used = Grade("prime", 60, asked.get("cumulative", "0.00"))
        download = Download((used,), Rate(asked["price"], asked["per_s"]), "prime")
        heeded = handset.receive(display_text(download))
        handset.answered(1_000_000)
        shown = handset.shown(1_000_000 + asked["elapsed_ms"])
        found = {
            "ignored": not heeded,
            "cost": None if shown is None else shown.cost,
            "total": None if shown is None else shown.total,
        }
        assert {name: found[name] for name in expected} == expected
        assert handset.received == 1


def test_nothing_changes_after_the_call_and_nothing_more_is_sent():
    handset = Handset()
    assert handset.receive("B1;prime;42;21.00;evening;90;9.00;R;0.50;60;prime")
    assert handset.shown(0) is None
    handset.answered(0)
    assert handset.shown(0).total == "30.00"
    assert handset.shown(150_000).cost == "1.50"
    handset.ended(170_000)
    assert handset.shown(900_000) == handset.shown(170_000)
    assert handset.received == 1


@pytest.mark.parametrize(
    "text", ["", "HELLO", "B1;prime;x;1.00", "B1;prime;1", "B1;R;0.50", "B1;R;-1;60;day"]
)
def test_what_is_no_download_is_not_understood(text):
    handset = Handset()
    assert not handset.receive(text)
    handset.answered(0)
    assert handset.shown(60_000) is None


@given(st.lists(st.tuples(st.text("abcdefgh", min_size=1, max_size=20), st.integers(0, 10**6)), max_size=12))
def test_a_download_fits_the_display_is_cut_at_whole_grades_and_keeps_its_rate(grades):
    made = tuple(Grade(band, minutes, f"{minutes}.50") for band, minutes in grades)
    text = display_text(Download(made, Rate("0.0083", 60), "evening"))
    assert len(text) <= LONGEST
    kept = read(text)
    assert (kept.price, kept.per_s, kept.band) == (8300, 60, "evening")
    assert [(one.band, one.minutes) for one in kept.grades] == grades[: len(kept.grades)]
