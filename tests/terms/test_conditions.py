"""Conditions: what each kind of question asks, and how rules share calls by percentage.

Source: A-121, A-124, A-125, A-127, A-128, AMB-72, AMB-73.
"""

import datetime as dt
import pickle

import pytest

from ain_scp.terms.conditions import ALWAYS, condition_of, first_match
from ain_scp.terms.localtime import from_date, parse
from ain_scp.terms.query import Query
from ain_scp.terms.questions import KINDS, MINUTES, CallTypeIs, Facts, WeekdayIs, facts_of

EVERYTHING = {
    "ctc": [131, 231], "npa": ["415", "213"], "dow": [3], "tod": [480, 1020], "date": [from_date(dt.date(2001, 1, 17))],
    "percent": [70],
}  # fmt: skip


def facts(time="2001-01-17T10:00:00", ctc=131, npa="415", draw=0):
    return Facts(ctc, npa, parse(time), draw)


def holds(asked, call):
    return condition_of(asked).holds(call)


@pytest.mark.parametrize(
    ("clock", "inside"), [("07:59:59", False), ("08:00:00", True), ("16:59:59", True), ("17:00:00", False)]
)
def test_a_window_includes_its_start_minute_and_excludes_its_end(clock, inside):
    call = facts(f"2001-01-17T{clock}")
    assert holds({"tod": [480, 1020]}, call) == inside
    assert holds({"tod": [1020, 480]}, call) != inside  # the window that wraps midnight


def test_days_are_monday_1_to_sunday_7():
    days = [facts(f"2001-01-{day}T12:00:00") for day in range(15, 22)]
    assert [[d for d in range(1, 8) if holds({"dow": [d]}, day)] for day in days] == [
        [number] for number in range(1, 8)
    ]


def test_a_date_is_the_local_date_of_the_call():
    asked = {"date": [from_date(dt.date(2001, 7, 4))]}
    assert not holds(asked, facts("2001-07-03T23:59:59"))
    assert holds(asked, facts("2001-07-04T00:00:00"))
    assert holds(asked, facts("2001-07-04T23:59:59"))


def test_numbers_outside_the_nanp_have_no_npa():
    query = Query("INFO_ANALYZED", "CDP_AC", "9258341234", 0)
    assert facts_of(query, 131, "4155550100", 3).npa == "415"
    assert facts_of(query, 151, "442079460999", 4).npa == ""
    assert not holds({"npa": ["442"]}, facts(npa=""))


def test_all_questions_must_be_answered_with_yes():
    asked = {"ctc": [131], "npa": ["415"], "dow": [3], "tod": [480, 1020]}
    assert holds(asked, facts())
    assert not holds(asked, facts(ctc=231))
    assert not holds(asked, facts(npa="213"))
    assert not holds(asked, facts("2001-01-18T10:00:00"))
    assert not holds(asked, facts("2001-01-17T18:00:00"))


@pytest.mark.parametrize("shares", [(70, 30), (50, 50), (10, 20, 30, 40), (25, 25)])
def test_percentages_share_the_hundred_in_order(shares):
    conditions = [condition_of({"percent": [share]}) for share in shares]
    chosen = [first_match(conditions, facts(draw=draw)) for draw in range(10_000)]
    assert [chosen.count(index) for index in range(len(shares))] == [100 * share for share in shares]
    assert chosen.count(-1) == 10_000 - 100 * sum(shares)


def test_a_rule_whose_questions_fail_takes_no_share():
    conditions = [condition_of({"ctc": [101], "percent": [70]}), condition_of({"percent": [30]}), ALWAYS]
    chosen = [first_match(conditions, facts(draw=draw)) for draw in range(10_000)]
    assert (chosen.count(0), chosen.count(1), chosen.count(2)) == (0, 3_000, 7_000)


def test_a_condition_is_what_its_values_say():
    """Equal, and equally hashed, whatever the order; copied by its values; unknown keys are refused."""
    condition = condition_of(EVERYTHING)
    again = condition_of(
        {
            key: list(reversed(values)) if key in ("ctc", "npa") else values
            for key, values in EVERYTHING.items()
        }
    )
    assert (condition, hash(condition)) == (again, hash(again))
    assert condition != condition_of({**EVERYTHING, "percent": [71]})
    assert pickle.loads(pickle.dumps(condition)) == condition  # noqa: S301 - our own
    assert condition_of(condition.plain()) == condition
    assert condition_of({}) == ALWAYS
    with pytest.raises(KeyError, match="colour"):
        condition_of({"colour": ["red"]})


def test_a_condition_is_shown_in_the_order_its_questions_are_asked():
    assert (
        condition_of(EVERYTHING).text() == "call type 131 231, area 213 415, Wed, 08:00-17:00, 1 date, 70 %"
    )
    assert condition_of({"dow": [5, 1, 2, 3, 4]}).text() == "Mon-Fri"
    assert condition_of({"dow": [1, 3], "date": [1, 2]}).text() == "Mon Wed, 2 dates"
    assert ALWAYS.text() == "always"


def test_a_condition_says_what_it_asks():
    assert [condition_of({key: EVERYTHING[key]}).timed for key in EVERYTHING] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    assert condition_of(EVERYTHING).edges() == (480, 1020)
    assert condition_of({"ctc": [131]}).asks(CallTypeIs).values == (131,)
    assert ALWAYS.asks(WeekdayIs) is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_question_reads_no_fact_but_the_one_it_names(kind):
    """Masks and remembered answers rest on this: calls that differ elsewhere get one answer."""
    question = kind(EVERYTHING[kind.key])
    base, other = ("2001-01-17T10:00:00", 131, "415", 0), ("2001-01-18T18:00:00", 101, "510", 9_999)
    unread = {"ctc": (1,), "npa": (2,), "minute": (0,), "day": (0,)}[question.reads]
    moved = [
        one if place in unread else two for place, (one, two) in enumerate(zip(base, other, strict=True))
    ]
    if question.reads == "minute":
        moved[0] = "2001-01-18T10:00:00"
    if question.reads == "day":
        moved[0] = "2001-01-17T18:00:00"
    assert question.holds(facts(*base))
    assert question.holds(facts(*moved))
    assert not question.holds(facts(*other))


def test_together_the_pieces_of_a_question_are_the_question():
    days = WeekdayIs([1, 2, 6])
    assert [piece.values for piece in days.pieces()] == [(1,), (2,), (6,)]
    assert all(days.covers(piece) for piece in days.pieces())
    assert not days.always()
    assert WeekdayIs(range(1, 8)).always()
    assert next(iter(condition_of({"tod": [0, MINUTES]}).questions)).always()


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"ctc": [131], "npa": ["213"]}, {}),
        ({"ctc": [131], "tod": [480, 1020], "percent": [70]}, {"tod": [480, 1020], "percent": [70]}),
        ({"dow": [1, 2, 3, 4, 5, 6, 7], "date": [11_340]}, {"date": [11_340]}),
        ({"ctc": [231], "tod": [480, 1020]}, None),
        ({"npa": ["415"]}, None),
    ],
)
def test_what_is_left_to_ask_once_call_type_and_area_are_known(asked, left):
    """A question that does not hold ends the rule; one that always holds is not asked again."""
    found = condition_of(asked).left(131, "213")
    assert found == (None if left is None else condition_of(left))
