"""Cells of a block of CSV lines as columns: digits as codes, known words as positions, times as seconds.

A cell that is not of the plain form is marked, not refused: its row is then read one by one.

Source: RFC 4180, interfaces.md section 4, A-124.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.digits import MAX_DIGITS, POWERS

_COMMA, _LINE_FEED, _RETURN, _QUOTE, _ZERO = b',\n\r"0'
_TIME: Final = 19
_DIGITS_AT: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

Octets = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Cells(NamedTuple):
    """One column of a block: first octet and length of each cell."""

    octets: Octets
    first: Places
    length: Places


def split(octets: Octets, columns: int) -> list[Cells] | None:
    """The columns of a block of whole lines; None when a cell is quoted or a line has another number of cells."""
    ends = np.flatnonzero((octets == _COMMA) | (octets == _LINE_FEED))
    if ends.size % columns or (octets == _QUOTE).any():
        return None
    grid = ends.reshape(-1, columns)
    if (octets[grid[:, -1]] != _LINE_FEED).any() or (octets[grid[:, :-1]] != _COMMA).any():
        return None
    starts = np.empty_like(ends)
    starts[0:1] = 0
    starts[1:] = ends[:-1] + 1
    first = starts.reshape(-1, columns)
    length = grid - first
    last = grid[:, -1]
    length[:, -1] -= (last > first[:, -1]) & (octets[last - 1] == _RETURN)
    return [Cells(octets, first[:, at].copy(), length[:, at].copy()) for at in range(columns)]


def codes(cells: Cells) -> tuple[NDArray[np.int64], Mask]:
    """The codes of digit cells (an empty cell is 1), and which cells are no digit string of at most 18 digits."""
    octets, first, length = cells
    odd: Mask = length > MAX_DIGITS
    length = np.where(odd, 0, length)
    made = np.asarray(POWERS)[length]
    last = first + length - 1
    shortest = int(length.min(initial=MAX_DIGITS))
    for back in range(int(length.max(initial=0))):
        digits = octets.take(last - back, mode="clip") - np.uint8(_ZERO)
        if back >= shortest:
            digits[length <= back] = 0
        odd |= digits > 9
        made += digits.astype(np.int64) * POWERS[back]
    return made, odd


def words(cells: Cells, known: Sequence[str]) -> NDArray[np.int16]:
    """The position of each cell among known words, -1 for another word or an empty cell."""
    octets, first, length = cells
    made = np.full(first.size, -1, np.int16)
    if not octets.size:
        return made
    opening = octets.take(first, mode="clip")
    for position, word in enumerate(known):
        spelled = np.frombuffer(word.encode(), np.uint8)
        places = np.flatnonzero((length == spelled.size) & (opening == spelled[0]))
        if places.size:
            same = (octets[first[places, None] + np.arange(spelled.size)] == spelled).all(axis=1)
            made[places[same]] = position
    return made


def times(cells: Cells) -> tuple[NDArray[np.int64], Mask]:
    """Local seconds of `2001-01-17T10:00:00` (or with a blank), and which cells are no such time."""
    octets, first, length = cells
    odd: Mask = length != _TIME
    if octets.size < _TIME or odd.all():
        return np.zeros(first.size, np.int64), np.ones(first.size, np.bool_)
    first = np.where(odd, int(first[~odd][0]), first)
    digit = []
    for at in _DIGITS_AT:
        one = octets.take(first + at) - np.uint8(_ZERO)
        odd |= one > 9
        digit.append(one.astype(np.int64))
    for at, separator in ((4, b"-"), (7, b"-"), (13, b":"), (16, b":")):
        odd |= octets.take(first + at) != separator[0]
    between = octets.take(first + 10)
    odd |= (between != ord("T")) & (between != ord(" "))
    year = digit[0] * 1000 + digit[1] * 100 + digit[2] * 10 + digit[3]
    month, day, hour, minute, second = (digit[at] * 10 + digit[at + 1] for at in range(4, 14, 2))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _MONTH_DAYS.take(month, mode="clip") + ((month == 2) & leap)
    odd |= (year < 1) | (month < 1) | (month > 12) | (day < 1) | (day > days)
    odd |= (hour > 23) | (minute > 59) | (second > 59)
    return _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second, odd


def _days(year: Places, month: Places, day: Places) -> Places:
    """Days since 1970-01-01 in the Gregorian calendar, years counted from March."""
    year = year - (month < 3)
    era, of_era = year // 400, year % 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def texts(cells: Cells) -> list[str]:
    """Every cell as text."""
    if not cells.first.size:
        return []
    begin = int(cells.first.min())
    octets = cells.octets[begin : int((cells.first + cells.length).max())].tobytes()
    first = (cells.first - begin).tolist()
    last = (cells.first + cells.length - begin).tolist()
    return [octets[at:end].decode("utf-8", "replace") for at, end in zip(first, last, strict=True)]
