"""Numbers that a PBX's own count left out (C-010)."""

import pytest

from ain_scp.tickets.collector.gaps import FAR, LATE, Gaps


def taken(numbers):
    found = Gaps()
    for one in numbers:
        found.take(one)
    return found.missing


COUNTED = [
    ([], 0),
    (range(3 * LATE), 0),
    ([1, 3, *range(4, 4 + LATE)], 1),
    ([1, 3, *range(4, 4 + LATE - 2)], 0),
    ([1, 5, 4, 3, 2, *range(6, 6 + LATE)], 0),
    ([1, 1, 1, 4, *range(5, 5 + LATE)], 2),
    ([1, 4, *range(5, 200), 3, *range(200, 200 + LATE)], 1),
    ([999, *range(1, 1 + LATE)], 0),
    ([5, 5 + FAR + 1, *range(5 + FAR + 2, 5 + FAR + LATE)], 0),
]


@pytest.mark.parametrize(("numbers", "missing"), COUNTED)
def test_a_number_is_missing_once_it_did_not_come_within_so_many_records(numbers, missing):
    assert taken(numbers) == missing


def test_what_is_remembered_stays_small_whatever_the_numbers():
    found = Gaps()
    for one in range(0, 1_000_000, FAR - 1):
        found.take(one)
    assert len(found._awaited) <= (LATE + 1) * FAR
