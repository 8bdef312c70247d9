"""A rule is called unreachable only when it is: the check is sound for every call.

Source: A-121, A-124, A-125, A-127, A-128, A-157.
"""

import collections
import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.check.conditions import is_carrier, is_trunk_group, shadowed_by, share_short
from ain_scp.terms.conditions import condition_of, first_match
from ain_scp.terms.questions import Facts

CTCS, NPAS, DAYS, DATES = (101, 131, 231), ("415", "213"), (1, 6, 7), (10, 11)
MINUTES = (0, 479, 480, 720, 1019, 1020, 1439)
WINDOWS = ((480, 1020), (1020, 480), (0, 1440), (0, 720), (720, 0), (479, 1020))


def subsets(values: tuple[int | str, ...]) -> st.SearchStrategy[list[int | str]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "ctc": subsets(CTCS),
        "npa": subsets(NPAS),
        "dow": st.one_of(subsets(DAYS), st.just(list(range(1, 8)))),
        "tod": st.sampled_from(WINDOWS),
        "date": subsets(DATES),
        "percent": st.sampled_from([[100], [50]]),
    },
)
CALLS = [
    (ctc, npa, day, minute, date)
    for ctc in CTCS for npa in NPAS for day in range(1, 8) for minute in MINUTES for date in (*DATES, 12)
]  # fmt: skip


def holds(asked: dict[str, Any], call: tuple[int, str, int, int, int]) -> bool:
    """Evaluate a condition by its definition, the percentage apart."""
    ctc, npa, day, minute, date = call
    start, end = asked.get("tod", (0, 1440))
    inside = start <= minute < end if start < end else minute >= start or minute < end
    facts = {"ctc": ctc, "npa": npa, "dow": day, "date": date}
    return inside and all(value in asked.get(key, (value,)) for key, value in facts.items())


def never_reached(asked: dict[str, Any], *earlier: dict[str, Any]) -> bool:
    return shadowed_by(condition_of(asked), map(condition_of, earlier))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(ASKED, st.lists(ASKED, max_size=4))
def test_no_call_reaches_a_shadowed_condition(asked: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    if not never_reached(asked, *earlier):
        return
    for call in CALLS:
        shares = [one.get("percent", [100])[0] for one in earlier if holds(one, call)]
        assert not holds(asked, call) or sum(shares) >= 100


def test_pieces_may_be_taken_by_different_conditions() -> None:
    codes, first, second = {"ctc": [131, 231]}, {"ctc": [131]}, {"ctc": [231]}
    assert never_reached(codes, first, second)
    assert not never_reached(codes, first)
    week, rest = {"dow": [1, 2, 3, 4, 5]}, {"dow": [6, 7]}
    assert never_reached({}, week, rest)
    assert not never_reached({}, week)


def test_a_percentage_lets_calls_through() -> None:
    assert not never_reached({}, {"percent": [99]})
    assert never_reached({"percent": [10]}, {"percent": [100]})


def test_windows_past_midnight_are_compared_by_the_minute() -> None:
    assert never_reached({"tod": [1380, 60]}, {"tod": [1320, 120]})
    assert not never_reached({"tod": [1380, 60]}, {"tod": [1381, 120]})
    assert never_reached({}, {"tod": [0, 1440]})


def test_facility_ids_have_one_form() -> None:
    assert is_trunk_group("0000-0174")
    assert is_carrier("0222")
    for text in ("0000-174", "00000174", "0000-0174 ", "000A-0174", "٠٠٠٠-0174", ""):
        assert not is_trunk_group(text)
    for text in ("222", "02222", "0-22", "٠222", ""):
        assert not is_carrier(text)


SHARES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "ctc": st.sampled_from([[111], [111, 112], [112]]),
            "dow": st.sampled_from([[1, 2], [6, 7]]),
            "percent": st.sampled_from([[10], [30], [40], [50], [60], [70], [100]]),
        },
    ),
    min_size=1,
    max_size=5,
)


@given(SHARES)
@settings(derandomize=True, max_examples=400)
def test_a_share_that_is_not_warned_of_is_what_the_calls_get(rows: list[dict[str, Any]]) -> None:
    """Compared with ten thousand draws through the real allocation: a rule nothing is said of gets what it asks for."""
    rules = [condition_of(row) for row in rows]
    never = [shadowed_by(rule, rules[:at]) for at, rule in enumerate(rules)]
    short = [bool(share_short(rule, rules[:at])) for at, rule in enumerate(rules)]
    for ctc, day in itertools.product((111, 112, 113), (0, 5)):
        calls = [
            Facts(ctc, "415", (4 + day) * 86_400, draw) for draw in range(50, 10_000, 100)
        ]  # 1970-01-05: a Monday
        got = collections.Counter(first_match(rules, call) for call in calls)
        for at, rule in enumerate(rules):
            if rule.holds(calls[0]) and rule.percent is not None and not never[at] and not short[at]:
                assert got[at] in (0, rule.percent)
            assert not (never[at] and got[at])
