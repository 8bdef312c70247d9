"""The level rises fast, falls slowly, and settles."""

import pytest

from ain_scp.scp.overload.levels import FRACTION, MAX_LEVEL, WINDOW_NS, Levels

MS = 1_000_000


def window(levels, start, queries, shed=0, late=0, age=0):
    """One second of traffic: so many queries, so many of them shed, so many served late."""
    for place in range(queries):
        now = start + place * WINDOW_NS // queries
        if place < shed:
            levels.observe(now, 0, shed=True)
        else:
            levels.observe(now, 30 * MS if place < shed + late else age, shed=False)
    return start + WINDOW_NS


def run(levels, start, *windows):
    for one in windows:
        start = window(levels, start, *one)
    levels.advance(start)
    return start


@pytest.mark.parametrize(
    ("traffic", "level"),
    [
        ((1000, 0, 0), 0),
        ((1000, 80, 0), 0),
        ((1000, 81, 0), 1),
        ((1000, 0, 81), 1),
        ((1000, 40, 41), 1),
        ((1000, 500, 0), 6),
        ((1000, 800, 0), 15),
        ((1000, 900, 0), 21),
        ((1000, 1000, 0), MAX_LEVEL),
        ((19, 19, 0), 0),
    ],
    ids=str,
)
def test_one_window_raises_the_level_to_what_was_served(traffic, level):
    levels = Levels(20, 5)
    run(levels, 0, traffic)
    assert levels.level == level
    offered, shed, _ = traffic
    if 0 < level < MAX_LEVEL:
        assert FRACTION[level + 1] <= (offered - shed) / offered or level == 1


def test_the_level_falls_after_three_calm_windows_as_far_as_what_is_offered_allows():
    levels = Levels(20, 5)
    at = run(levels, 0, (1000, 400))
    seen = []
    for _ in range(9):
        at = run(levels, at, (620, 0))
        seen.append(levels.level)
    assert seen == [4, 4, 3, 3, 3, 2, 2, 2, 1]
    at = run(levels, at, (100, 0), (100, 0), (100, 0))
    assert levels.level == 0


def test_a_window_that_is_neither_pressed_nor_calm_changes_nothing():
    """Between the clearing and the raising threshold lies the hysteresis."""
    levels = Levels(20, 5)
    at = run(levels, 0, (1000, 400))
    top = levels.level
    for _ in range(30):
        at = run(levels, at, (500, 0, 0, 10 * MS))
    assert levels.level == top


def test_a_level_that_was_left_too_early_is_held_twice_as_long_each_time():
    levels = Levels(20, 5)
    at = run(levels, 0, (1000, 900))
    held = []
    for _ in range(5):
        top, calm = levels.level, 0
        while levels.level == top:
            at = run(levels, at, (500, 0))
            calm += 1
        held.append(calm)
        at = run(levels, at, (1000, 100))
    assert held == [3, 6, 12, 24, 48]


def test_silence_is_calm():
    levels = Levels(20, 5)
    run(levels, 0, (1000, 900))
    assert levels.level > 10
    levels.advance(200 * WINDOW_NS)
    assert levels.level == 0


def test_steady_overload_does_not_swing():
    """Source: reliability target O4: not more than two changes a minute once settled."""
    levels = Levels(20, 5)
    capacity, offered, at = 1000, 3000, 0
    changes = []
    for _ in range(240):
        sent = max(1, int(offered * levels.fraction))
        at = run(levels, at, (sent, max(0, sent - capacity)))
        changes.append(levels.changes)
    assert changes[-1] - changes[120] <= 8
