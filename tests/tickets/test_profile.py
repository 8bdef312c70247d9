"""Profiles and unusual usage of a month of calls, their sums, and the tables beside them (C-003, C-009, C-018)."""

import itertools
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.terms.zone import Zone
from ain_scp.tickets.call import Call, Segment
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.trial import lines_of, trial
from ain_scp.tickets.names import SettingsError
from ain_scp.tickets.profile.adding import (
    DIMENSIONS,
    Sum,
    Surroundings,
    Told,
    Unknown,
    add_up,
    dimension,
    told,
)
from ain_scp.tickets.profile.charges import by_rates, split
from ain_scp.tickets.profile.hiding import hidden, hide_finding, hide_rows
from ain_scp.tickets.profile.tables import AREAS, read_areas, read_directory, read_rates
from ain_scp.tickets.profile.unusual import Finding, Known, read_rules, shipped_rules, unusual

from .conftest import RECEIVED, SAMPLES

MONTH = SAMPLES / "profile"
EXPECTED = json.loads((MONTH / "expected.json").read_text())
ZONE = Zone("America/Los_Angeles")


@pytest.fixture(scope="module")
def around():
    directory = read_directory((MONTH / "directory.csv").read_text())
    return Surroundings(
        ZONE,
        directory,
        read_areas(AREAS.read_text()),
        by_rates(read_rates((MONTH / "rates.csv").read_text())),
    )


@pytest.fixture(scope="module")
def month(around, site):
    layout = shipped("keyvalue")
    shown, _counts = trial(lines_of((MONTH / "tickets.txt").read_bytes(), layout), layout, site, RECEIVED)
    return [told(one.call, around) for one in shown if one.call]


@pytest.mark.parametrize("name", EXPECTED["profiles"])
def test_a_month_adds_up_by_each_dimension(name, month, around):
    rows, totals = add_up(month, [name], around)
    found = [
        {
            "key": key,
            "calls": row.calls,
            "answered": row.answered,
            "seconds": row.seconds,
            "cost_cents": row.cost_cents,
        }
        for (key,), row in rows.items()
        if key is not None
    ]
    assert found == EXPECTED["profiles"][name]
    assert {key: getattr(totals, key) for key in EXPECTED["totals"]} == EXPECTED["totals"]


@pytest.mark.parametrize(
    "names", list(itertools.combinations([one for one in DIMENSIONS if ":" not in one], 2))
)
def test_the_rows_of_any_two_dimensions_sum_to_the_totals(names, month, around):
    rows, totals = add_up(month, list(names), around)
    for measure in ("calls", "answered", "seconds", "cost_cents", "ring_s", "busy", "unrated"):
        assert sum(getattr(row, measure) for row in rows.values()) == getattr(totals, measure)


def test_unusual_usage_is_found_with_its_measure(month):
    found = [
        {"rule": one.rule, "extension": one.extension, "day": one.day, "measure": one.measure}
        for one in unusual(month)
    ]
    assert found == EXPECTED["unusual"]


def test_every_finding_names_the_tickets_behind_it(month):
    lines = {line: one.call for one in month for line in one.call.lines}
    for one in unusual(month):
        assert one.tickets
        assert {lines[line].extension for line in one.tickets} == {one.extension}
        if one.rule == "volume":
            assert sum(lines[line].duration_s for line in one.tickets) == one.measure


@settings(derandomize=True, max_examples=300)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_shares_sum_to_the_charge_and_are_in_proportion(cents, seconds):
    shares = split(cents, seconds)
    assert sum(shares) == cents
    if total := sum(seconds):
        assert all(
            abs(share * total - cents * one) < total for share, one in zip(shares, seconds, strict=True)
        )


def a_call(**changes):
    call = Call(
        direction="outgoing", extension="203", calling="203", called="3105550142", called_kind="national", dialed=None,
        trunk="T1", start=1_795_799_702, end=1_795_799_762, ring_s=0, duration_s=60, answered=True, status="COMPLETED",
        account=None, call_id=None, notes=(), lines=(1,), segments=(Segment("203", 60),),
    )  # fmt: skip
    return msgspec.structs.replace(call, **changes)


COSTS = [
    ({}, 10), ({"duration_s": 61}, 20), ({"duration_s": 0}, 0), ({"answered": False}, 0), ({"direction": "incoming"}, 0),
    ({"direction": "tandem"}, 10), ({"called": "8005550100"}, 0), ({"called": "447911123456", "called_kind": "international"}, 60),
    ({"called": "442079460000", "called_kind": "international"}, 30), ({"called": "99", "called_kind": "unknown"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "cents"), COSTS)
def test_started_minutes_at_the_longest_prefix_of_the_kind(changes, cents):
    price = by_rates(read_rates((MONTH / "rates.csv").read_text()))
    assert price(a_call(**changes)) == cents


def test_a_transferred_call_counts_once_and_its_seconds_and_cost_are_shared(around):
    call = a_call(duration_s=180, segments=(Segment("203", 61), Segment("211", 119)))
    rows, totals = add_up([told(call, around)], ["extension"], around)
    assert {key[0]: (row.calls, row.seconds, row.cost_cents) for key, row in rows.items()} == {
        "203": (1, 61, 10), "211": (0, 119, 20),
    }  # fmt: skip
    assert (totals.calls, totals.seconds, totals.cost_cents) == (1, 180, 30)


def test_a_call_belongs_to_the_directory_row_of_its_day(around):
    text = "extension,name,department,cost_center,from,to\n203,Ann,Sales,1,,2026-11-01\n203,Bo,Legal,2,2026-11-01,\n"
    moved = around._replace(directory=read_directory(text))
    rows, _totals = add_up([told(a_call(), moved), told(a_call(start=1_790_000_000), moved)], ["name"], moved)
    assert set(rows) == {("Ann",), ("Bo",)}


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_directory, "extension,name\n", "columns"),
        (read_directory, "extension,name,department,cost_center,from,to\n1,A,,,2026-1-1,\n", "a day such as"),
        (
            read_directory,
            "extension,name,department,cost_center,from,to\n1,A,,,,\n1,B,,,2026-01-01,\n",
            "another row",
        ),
        (read_directory, "extension,name,department,cost_center,from,to\n1,A\n", "cells"),
        (read_rates, "kind,prefix,cents_per_minute\nlocal,,1\n", "one of internal"),
        (read_rates, "kind,prefix,cents_per_minute\nnational,,-1\n", "a whole number"),
        (read_rates, "kind,prefix,cents_per_minute\nnational,1,1\nnational,1,2\n", "listed twice"),
    ],
)
def test_a_table_with_a_mistake_is_refused_with_its_line(read, text, words):
    with pytest.raises(ProvisioningError, match=words):
        read(text)


@pytest.mark.parametrize("name", ["colour", "department:0", "department:x", "hour:2"])
def test_a_dimension_that_is_none_is_refused(name, around):
    with pytest.raises(Unknown):
        dimension(name, around)


def test_no_call_makes_no_row_and_totals_of_nothing(around):
    rows, totals = add_up([], ["extension"], around)
    assert (rows, totals.calls, totals.cost_cents) == ({}, 0, 0)


MORE = """
[[rule]]
name = "through"
kind = "trunk_to_trunk"
[[rule]]
name = "abroad"
kind = "new_country"
[[rule]]
name = "out"
kind = "after_transfer_out"
[[rule]]
name = "idle"
kind = "idle_extension"
calls = 2
"""


def one_call(**changes):
    values = {
        "direction": "outgoing", "extension": "203", "calling": "203", "called": "3105550142", "called_kind": "national",
        "dialed": None, "trunk": None, "start": 1_795_000_000, "end": 1_795_000_060, "ring_s": None, "duration_s": 60,
        "answered": True, "status": "COMPLETED", "account": None, "call_id": None, "notes": (), "lines": (1,),
        "segments": (Segment(None, 60),),
    }  # fmt: skip
    return Told(Call(**values | changes), "pbx", "site", 1_795_000_000, 0)


def test_the_further_rules_find_tandem_calls_new_countries_transfers_out_and_idle_extensions():
    calls = [
        one_call(direction="tandem", extension=None, lines=(1,)),
        one_call(called="442079460000", called_kind="international", lines=(2,)),
        one_call(called="442079460001", called_kind="international", lines=(3,)),
        one_call(direction="incoming", transferred_to="3105550142", lines=(4,)),
        one_call(direction="incoming", transferred_to="207", lines=(5,)),
        one_call(extension="299", lines=(6,)),
        one_call(extension="299", lines=(7,)),
        one_call(extension="298", lines=(8,)),
    ]
    known = Known(lambda extension, _day: extension == "203", {"203", "207"}, {"44": "United Kingdom"})
    found = unusual(calls, read_rules(MORE, "own.toml"), known)
    assert [(one.rule, one.extension, one.measure, one.tickets) for one in found] == [
        ("abroad", "203", 1, (2,)), ("idle", "299", 2, (6, 7)), ("out", "203", 1, (4,)), ("through", None, 1, (1,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("new_country", "colour", "kind = 'colour'"), ('"out"', '"idle"', "there twice"), ("calls = 2", "calls = 'x'", "calls"),
        ("calls = 2", "colour = 2", "colour"),
    ],
)  # fmt: skip
def test_a_file_of_rules_that_cannot_be_used_is_named(old, new, words):
    with pytest.raises(SettingsError, match=words):
        read_rules(MORE.replace(old, new, 1), "own.toml")


def test_the_shipped_rules_are_the_file():
    assert [one.name for one in shipped_rules()] == [
        "night_international", "volume", "short_burst", "simultaneous", "premium", "long_call",
    ]  # fmt: skip


HIDDEN = [
    ("13105550142", 4, "1310555xxxx"), ("203", 2, "203"), (None, 4, None), ("911", 4, "xxx"), ("+44 20 7946", 4, "+44 20 xxxx"),
    ("13105550142", 0, "13105550142"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "digits", "shown"), HIDDEN)
def test_the_end_of_a_number_that_is_not_ours_is_hidden(number, digits, shown):
    assert hidden(number, digits, {"203"}) == shown


def test_rows_that_look_alike_once_hidden_are_one_and_findings_say_no_more():
    rows = {
        ("203", "5550142"): Sum(calls=1, longest_s=5),
        ("203", "5550143"): Sum(calls=2, longest_s=9),
        ("203", None): Sum(),
    }
    found = hide_rows(rows, ["extension", "called"], 4, {"203"})
    assert found == {("203", "555xxxx"): Sum(calls=3, longest_s=9), ("203", None): Sum()}
    finding = Finding("long_call", "5550142", "2026-11-27", 1, 1, (7,), "a call of 9 s from 5550142")
    assert hide_finding(finding, 4, {"203"}).text == "a call of 9 s from 555xxxx"
    assert hide_finding(finding, 4, {"5550142"}) == finding
