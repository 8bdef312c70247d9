"""Questions: what a condition asks of a call, one thing each: call type code, area code, weekday, date, time of day.

Each kind of question is one class: its key in the data set, how its value is read, when it holds, how it is shown, which fact
it reads. A new kind is a new class in `KINDS`; what it may ask of a call stands in `Facts`.

Source: [0095], [0096], [0103], A-121, A-124, A-125, AMB-72, AMB-73.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, Literal, Protocol, final

from ain_scp.terms.localtime import day_of, day_of_week, from_date, minute_of_day
from ain_scp.terms.origin import NOWHERE, Origin
from ain_scp.terms.query import Query
from ain_scp.terms.vocabulary import NON_NATIONAL

MINUTES: Final = 1440


WEEK: Final = tuple(range(1, 8))


Value = int | str


Fact = Literal["ctc", "npa", "minute", "day", "origin"]


_DAY_NAMES: Final = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


_EMPTY: Final = "{} is an empty list: the condition can never hold"


_SIZE_BITS: Final = 4
_SIZE: Final = (1 << _SIZE_BITS) - 1


_LARGEST: Final = 10
"""Blocks of minutes are of 1, 2, 4 ... 1,024."""


_CLOCK: Final = re.compile(r"(\d\d):(\d\d)", re.ASCII)


class Reader(Protocol):
    """The `if` table of a data set, as a question reads it: values of the right type, and what is wrong with the others."""

    bad: bool

    def __contains__(self, key: str) -> bool:
        """Whether a key is given."""

    def items(self, key: str, kind: type) -> list[tuple[int, object]]:
        """The elements of an array that are of one type, with their index."""

    def take(self, key: str, kind: type) -> object | None:
        """A value of one type."""

    def number_list(self, key: str, lengths: tuple[int, ...], rule: str) -> tuple[str, ...]:
        """An array of distinct digit strings."""

    def error(self, key: str, text: str, rule: str, *within: int) -> None:
        """Report an error at a key or an element of its array."""

    def warn(self, key: str, text: str, rule: str, *within: int) -> None:
        """Report a warning there."""

    def wrong(self, key: str, value: object, expected: str, rule: str, *within: int) -> None:
        """Report that a value is not what is expected."""


@final
class Facts:
    """What questions may ask about a call. `npa` is empty for numbers outside the NANP; `time` as in terms/localtime.py.

    `origin` is where the call comes from, asked by the services beside the dialing plan's alone.
    """

    __slots__ = ("ctc", "draw", "npa", "origin", "time")

    def __init__(self, ctc: int, npa: str, time: int, draw: int, origin: Origin = NOWHERE) -> None:
        self.ctc = ctc
        self.npa = npa
        self.time = time
        self.draw = draw
        self.origin = origin


def facts_of(query: Query, ctc: int, called: str, non: int | None) -> Facts:
    """The facts of a call with its call type code and called number."""
    return Facts(ctc, called[:3] if non == NON_NATIONAL else "", query.time, query.draw)


class Question:
    """One thing asked; `values` as the data set has them. `key` and `reads` are the kind's: its key, and the fact it looks at.

    `cut`: for finding rules that are never reached, it may be taken apart into questions for one value each.
    """

    __slots__ = ("values", "wanted")

    key: ClassVar[str] = ""
    reads: ClassVar[Fact] = "ctc"
    cut: ClassVar[bool] = False

    def __init__(self, values: Iterable[Value]) -> None:
        self.values: tuple[Value, ...] = tuple(values)
        self.wanted: frozenset[Value] = frozenset(self.values)

    @staticmethod
    def parse(section: Reader) -> "Question | None":
        """Read the value; None when it is wrong, which is reported."""
        raise NotImplementedError

    def answer(self, facts: Facts) -> Value:
        """What is so of a call: one value."""
        raise NotImplementedError

    def holds(self, facts: Facts) -> bool:
        """Whether what is so of a call is wanted."""
        return self.answer(facts) in self.wanted

    def sought(self, facts: Facts) -> tuple[Value, ...]:
        """What a question of its kind wants that holds for a call: one of these."""
        return (self.answer(facts),)

    def text(self) -> str:
        """The question for people."""
        raise NotImplementedError

    def pieces(self) -> "list[Question]":
        """Questions that together hold where this one holds."""
        return [type(self)((value,)) for value in self.values] if self.cut else [self]

    def always(self) -> bool:
        """Whether it holds for every call."""
        return False

    def covers(self, other: "Question") -> bool:
        """Whether it holds for every call for which another question of its kind holds."""
        return other.wanted <= self.wanted

    def edges(self) -> tuple[int, ...]:
        """The minutes of the day at which it may change its mind."""
        return ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Question) and other.key == self.key and other.wanted == self.wanted

    def __hash__(self) -> int:
        return hash((self.key, self.wanted))


@final
class CallTypeIs(Question):
    """`ctc`: the call type code is one of these (A-121)."""

    key: ClassVar[str] = "ctc"
    reads: ClassVar[Fact] = "ctc"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The call's code."""
        return facts.ctc

    def text(self) -> str:
        """`call type 131 231`."""
        return "call type " + " ".join(map(str, sorted(map(int, self.values))))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read codes 1 to 999."""
        return asked_of(CallTypeIs, section, whole_numbers(section, "ctc", 1, 999, "A-121"))


@final
class AreaIs(Question):
    """`npa`: the called number is in one of these area codes (A-121)."""

    key: ClassVar[str] = "npa"
    reads: ClassVar[Fact] = "npa"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The called number's area code."""
        return facts.npa

    def text(self) -> str:
        """`area 213 415`."""
        return "area " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read area codes."""
        return asked_of(AreaIs, section, section.number_list("npa", (3,), "A-121"))


@final
class WeekdayIs(Question):
    """`dow`: the call's day of the week is one of these, Monday = 1 (A-125)."""

    key: ClassVar[str] = "dow"
    reads: ClassVar[Fact] = "day"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The day of the week."""
        return day_of_week(facts.time)

    def always(self) -> bool:
        """Every day of the week."""
        return len(self.wanted) == len(WEEK)

    def text(self) -> str:
        """`Mon-Fri`, or the days one by one."""
        days = sorted(map(int, self.values))
        if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
            return f"{_DAY_NAMES[days[0]]}-{_DAY_NAMES[days[-1]]}"
        return " ".join(_DAY_NAMES[day] for day in days)

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read days 1 to 7."""
        return asked_of(WeekdayIs, section, whole_numbers(section, "dow", 1, 7, "A-125"))


@final
class DateIs(Question):
    """`date`: the call's local date is one of these, as day numbers of terms/localtime.py (A-124)."""

    key: ClassVar[str] = "date"
    reads: ClassVar[Fact] = "day"

    def answer(self, facts: Facts) -> Value:
        """The date, as a day number."""
        return day_of(facts.time)

    def text(self) -> str:
        """`2 dates`."""
        return f"{len(self.wanted)} date" + ("s" if len(self.wanted) > 1 else "")

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read dates, written as TOML dates or as strings."""
        found: set[int] = set()
        values = section.take("date", list)
        for index, value in enumerate(values if isinstance(values, list) else ()):
            day = _day_number(value)
            if day is None:
                section.wrong("date", value, "a date YYYY-MM-DD", "A-124", index)
            else:
                found.add(day)
        return asked_of(DateIs, section, found)


@final
class TimeIs(Question):
    """`tod`: from the start minute of the day, included, to the end, excluded; an end before its start is tomorrow's (A-125).

    `wanted`: the blocks of 1, 2, 4 ... 1,024 minutes that the window is made of, the largest there are.
    """

    __slots__ = ("end", "start")

    key: ClassVar[str] = "tod"
    reads: ClassVar[Fact] = "minute"

    def __init__(self, values: Iterable[Value]) -> None:
        super().__init__(values)
        self.start, self.end = (int(value) for value in self.values)
        parts = [(self.start, self.end)]
        if self.start > self.end:
            parts = [(self.start, MINUTES), (0, self.end)]
        self.wanted = frozenset(block for start, end in parts for block in _blocks(start, end))

    def answer(self, facts: Facts) -> Value:
        """The minute of the day."""
        return minute_of_day(facts.time)

    def holds(self, facts: Facts) -> bool:
        """Whether the minute lies in the window."""
        minute = minute_of_day(facts.time)
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def sought(self, facts: Facts) -> tuple[Value, ...]:
        """The blocks that a minute is in."""
        return _around(minute_of_day(facts.time), 0)

    def covers(self, other: "Question") -> bool:
        """Whether each block of the other lies in one of its own."""
        blocks = [(int(one) >> _SIZE_BITS, int(one) & _SIZE) for one in other.wanted]
        return all(not self.wanted.isdisjoint(_around(index, size)) for index, size in blocks)

    def always(self) -> bool:
        """The whole day."""
        return self.end - self.start == MINUTES

    def edges(self) -> tuple[int, ...]:
        """Start and end."""
        return self.start, self.end

    def text(self) -> str:
        """`08:00-17:00`."""
        return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (self.start, self.end))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read two times of the day from 00:00 to 24:00."""
        items = section.items("tod", str)
        if section.bad:
            return None
        if len(items) != 2:
            section.error("tod", 'tod is not ["HH:MM", "HH:MM"]', "A-125")
            return None
        start, end = (_minute(section, index, str(value)) for index, value in items)
        if start is None or end is None:
            return None
        if start in (end, MINUTES):
            section.error("tod", "tod: the window is empty (the end minute is excluded)", "A-125")
            return None
        return TimeIs((start, end))


KINDS: Final[tuple[type[Question], ...]] = (CallTypeIs, AreaIs, WeekdayIs, TimeIs, DateIs)
"""Every kind of question, in the order they are asked and written."""


def whole_numbers(section: Reader, key: str, low: int, high: int, rule: str) -> frozenset[int]:
    """Read an array of distinct whole numbers; what is wrong with it is reported."""
    found: set[int] = set()
    for index, value in section.items(key, int):
        if not isinstance(value, int) or not low <= value <= high:
            section.wrong(key, value, f"{low} to {high}", rule, index)
        elif value in found:
            section.warn(key, f"{key}: {value} is given twice", rule, index)
        else:
            found.add(value)
    if not found and not section.bad:
        section.error(key, _EMPTY.format(key), "A-121")
    return frozenset(found)


def asked_of(kind: type[Question], section: Reader, values: Iterable[Value]) -> Question | None:
    """The question, unless its list is empty: then it could never hold."""
    found = tuple(sorted(values, key=str))
    if not found and not section.bad:
        section.error(kind.key, _EMPTY.format(kind.key), "A-121")
    return kind(found) if found else None


def _blocks(start: int, end: int) -> Iterator[int]:
    """A window as blocks of minutes: each begins at a multiple of its length."""
    while start < end:
        size = _LARGEST
        while start & (1 << size) - 1 or start + (1 << size) > end:
            size -= 1
        yield start >> size << _SIZE_BITS | size
        start += 1 << size


def _around(index: int, size: int) -> tuple[int, ...]:
    """A block and those that it lies in."""
    return tuple(index >> up << _SIZE_BITS | size + up for up in range(_LARGEST + 1 - size))


def _minute(section: Reader, index: int, text: str) -> int | None:
    match = _CLOCK.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else MINUTES + 1
    if minute > MINUTES:
        section.wrong("tod", text, "00:00 to 24:00", "A-125", index)
        return None
    return minute


def _day_number(value: object) -> int | None:
    if isinstance(value, str) and len(value) == 10:
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            return None
    return from_date(value) if type(value) is dt.date else None
