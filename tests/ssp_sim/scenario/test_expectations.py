"""An expectation holds only when the value is there and the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.ssp_sim.scenario import Expectation, evaluate
from ain_scp.ssp_sim.scenario.expectations import EmptyExpectation, flatten

CALL: dict[str, Any] = {
    "id": "C01",
    "status": "COMPLETED",
    "legs": [
        {
            "ctc": 101,
            "path": ["s100", "s218"],
            "cic": None,
            "on_net": True,
            "route": {"kind": "ASF_RTL", "asf_results": 0},
            "response": {"type": "ANALYZE_ROUTE", "ama_slp_id": "760833003", "trunk_groups": []},
        },
        {
            "ctc": 101,
            "route": {"asf_results": 1},
            "response": {"trunk_groups": ["0000-0174"], "ama_slp_id": None},
        },
    ],
    "facility": {"facility": "PSTN", "id": None},
    "ama": None,
    "talk_path": ["SSP2004", "SSP2014"],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ctc", 101),
        ("route.kind", "ASF_RTL"),
        ("ama_slp_id", "760833003"),
        ("response.ama_slp_id", "760833003"),
        ("legs.0.route.kind", "ASF_RTL"),
        ("legs.1.route.asf_results", 1),
        ("legs.1.trunk_groups", ["0000-0174"]),
        ("legs.1.trunk_groups.0", "0000-0174"),
        ("legs.1.ama_slp_id", "null"),
        ("cic", "null"),
        ("on_net", True),
        ("facility.facility", "PSTN"),
        ("facility.id", "null"),
        ("ama", "null"),
        ("status", "COMPLETED"),
        ("talk_path", ["SSP2004", "SSP2014"]),
        ("path", ["s100", "s218"]),
        ("trunk_groups", []),
        ("ctc", {"min": 100, "max": 102}),
    ],
)
def test_what_holds(path: str, value: object) -> None:
    """Short forms reach the decision of leg 0 and its response; full forms reach everything."""
    assert evaluate([Expectation(path, value)], CALL) == []


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("ctc", 111, "legs.0.ctc: expected 111, got 101 (line 9)"),
        ("ctc", "101", 'legs.0.ctc: expected "101", got 101 (a number, without quotes) (line 9)'),
        ("ctc", {"min": 102}, 'legs.0.ctc: expected {"min":102}, got 101 (line 9)'),
        ("on_net", 1, "legs.0.on_net: expected 1, got true (line 9)"),
        ("route.asf_results", False, "legs.0.route.asf_results: expected false, got 0 (line 9)"),
        ("route.asf_results", "null", "legs.0.route.asf_results: expected null, got 0 (line 9)"),
        ("legs.1.trunk_groups", ["0000-0174", "x"], 'legs.1.response.trunk_groups: expected ["0000-0174","x"], got ["0000-0174"] (line 9)'),
        ("facility.id", "0000-0174", 'facility.id: expected "0000-0174", got null (line 9)'),
        ("ama.record", "null", "ama.record: expected null, but there is nothing at ama.record (line 9)"),
        ("legs.2.ctc", "null", "legs.2.ctc: expected null, but there is nothing at legs.2.ctc (line 9)"),
        ("smdr", "null", "smdr: expected null, but there is nothing at legs.0.smdr (line 9)"),
        ("legs.-1.ctc", 101, "legs.-1.ctc: expected 101, but there is nothing at legs.-1.ctc (line 9)"),
        ("legs.\u0661.ctc", 101, "legs.\u0661.ctc: expected 101, but there is nothing at legs.\u0661.ctc (line 9)"),
        ("status.0", "C", 'status.0: expected "C", but there is nothing at status.0 (line 9)'),
    ],
)  # fmt: skip
def test_what_fails_and_how_it_says_so(path: str, value: object, text: str) -> None:
    """A failure names what was expected, what was there, and where; a path to nothing fails."""
    assert list(map(str, evaluate([Expectation(path, value, 9)], CALL))) == [text]


def test_nested_tables_are_paths() -> None:
    """Dotted keys and nested tables of TOML mean the same path; ranges stay whole."""
    assert flatten({"route": {"kind": "PSTN"}, "ama": {"charge_cents": {"min": 1}}, "ctc": 1}) == [
        ("route.kind", "PSTN"),
        ("ama.charge_cents", {"min": 1}),
        ("ctc", 1),
    ]
    with pytest.raises(EmptyExpectation):
        flatten({"route": {}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "null"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(JSON, st.lists(st.sampled_from(["a", "b", "c", "0", "1", "zz"]), min_size=1, max_size=4), JSON)
def test_no_expectation_passes_on_nothing(decision: Any, names: list[str], value: Any) -> None:
    """Whatever the call looks like, a path that leads nowhere fails, for every value."""
    call: dict[str, Any] = {"legs": [decision]}
    here: Any = decision
    for name in names:
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        else:
            assert evaluate([Expectation(".".join(names), value)], call)
            return


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.integers() | st.booleans() | st.text(), st.integers() | st.booleans() | st.text())
def test_equal_means_same_value_and_type(expected: Any, found: Any) -> None:
    """Scalars hold exactly when value and type agree (the text "null" apart, which means null)."""
    holds = not evaluate([Expectation("x", expected)], {"x": found})
    assert holds == (type(expected) is type(found) and expected == found and expected != "null")
