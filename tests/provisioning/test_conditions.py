"""A rule is called unreachable only when it is: the check is sound for every call.

Source: A-121, A-124, A-125, A-127, A-128, A-157.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.check.conditions import is_carrier, is_trunk_group, shadowed_by
from ain_scp.provisioning.rows import Condition

CTCS, NPAS, DAYS, DATES = (101, 131, 231), ("415", "213"), (1, 6, 7), (10, 11)
MINUTES = (0, 479, 480, 720, 1019, 1020, 1439)
WINDOWS = ((480, 1020), (1020, 480), (0, 1440), (0, 720), (720, 0), (479, 1020))


def subsets(values: tuple[object, ...]) -> st.SearchStrategy[frozenset[object] | None]:
    return st.one_of(st.none(), st.frozensets(st.sampled_from(values), min_size=1))


CONDITIONS = st.builds(
    Condition,
    ctc=subsets(CTCS),
    npa=subsets(NPAS),
    dow=st.one_of(subsets(DAYS), st.just(frozenset(range(1, 8)))),
    tod=st.one_of(st.none(), st.sampled_from(WINDOWS)),
    date=subsets(DATES),
    percent=st.sampled_from([None, None, 100, 50]),
)
CALLS = [
    (ctc, npa, day, minute, date)
    for ctc in CTCS for npa in NPAS for day in range(1, 8) for minute in MINUTES for date in (*DATES, 12)
]  # fmt: skip


def holds(condition: Condition, call: tuple[int, str, int, int, int]) -> bool:
    """Evaluate a condition by its definition, the percentage apart."""
    ctc, npa, day, minute, date = call
    start, end = condition.tod or (0, 1440)
    inside = start <= minute < end if start < end else minute >= start or minute < end
    asked = ((condition.ctc, ctc), (condition.npa, npa), (condition.dow, day), (condition.date, date))
    return inside and all(allowed is None or value in allowed for allowed, value in asked)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(CONDITIONS, st.lists(CONDITIONS, max_size=4))
def test_no_call_reaches_a_shadowed_condition(condition: Condition, earlier: list[Condition]) -> None:
    if not shadowed_by(condition, earlier):
        return
    certain = [one for one in earlier if one.percent in (None, 100)]
    for call in CALLS:
        assert not holds(condition, call) or any(holds(one, call) for one in certain)


def test_pieces_may_be_taken_by_different_conditions() -> None:
    codes = Condition(ctc=frozenset({131, 231}))
    first, second = Condition(ctc=frozenset({131})), Condition(ctc=frozenset({231}))
    assert shadowed_by(codes, [first, second])
    assert not shadowed_by(codes, [first])
    week, rest = Condition(dow=frozenset(range(1, 6))), Condition(dow=frozenset({6, 7}))
    assert shadowed_by(Condition(), [week, rest])
    assert not shadowed_by(Condition(), [week])


def test_a_percentage_lets_calls_through() -> None:
    assert not shadowed_by(Condition(), [Condition(percent=99)])
    assert shadowed_by(Condition(percent=10), [Condition(percent=100)])


def test_windows_past_midnight_are_compared_by_the_minute() -> None:
    assert shadowed_by(Condition(tod=(1380, 60)), [Condition(tod=(1320, 120))])
    assert not shadowed_by(Condition(tod=(1380, 60)), [Condition(tod=(1381, 120))])
    assert shadowed_by(Condition(), [Condition(tod=(0, 1440))])


def test_facility_ids_have_one_form() -> None:
    assert is_trunk_group("0000-0174")
    assert is_carrier("0222")
    for text in ("0000-174", "00000174", "0000-0174 ", "000A-0174", "٠٠٠٠-0174", ""):
        assert not is_trunk_group(text)
    for text in ("222", "02222", "0-22", "٠222", ""):
        assert not is_carrier(text)
