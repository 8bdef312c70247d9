"""The days on which carriers cost alike: what a rule that orders its carriers by cost asks of the day of a call.

A data set cannot ask it; it is made of tariffs when they are compiled. A cell stands for days with equal tariffs: those
between two dates on which tariffs change, with one day of the week, holidays apart.

Source: A-124, A-128; B3-008 (bands, holidays).
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar, Final, final

from ain_scp.terms.localtime import day_of
from ain_scp.terms.questions import Fact, Facts, Question, Value

WEEK: Final = 7
KINDS: Final = 2 * WEEK
"""Days of the week, Monday first, then holidays by their day of the week."""


@final
class CostCalendar:
    """The cells of all days: `dates` are days on which tariffs change, ascending."""

    __slots__ = ("dates", "holidays")

    def __init__(self, dates: list[int], holidays: frozenset[int]) -> None:
        self.dates = dates
        self.holidays = holidays

    def cells(self) -> int:
        """How many there are."""
        return (len(self.dates) + 1) * KINDS

    def cell(self, day: int) -> int:
        """The cell of a day number."""
        kind = (day + 3) % WEEK + (WEEK if day in self.holidays else 0)
        return bisect_right(self.dates, day) * KINDS + kind


@final
class CostDays(Question):
    """The day lies in one of these cells."""

    __slots__ = ("calendar",)

    key: ClassVar[str] = "cost_days"
    reads: ClassVar[Fact] = "day"

    def __init__(self, values: Iterable[int], calendar: CostCalendar) -> None:
        super().__init__(values)
        self.calendar = calendar

    def answer(self, facts: Facts) -> Value:
        """The cell of the day."""
        return self.calendar.cell(day_of(facts.time))

    def text(self) -> str:
        """`days of one price list`."""
        return "days of one price list"
