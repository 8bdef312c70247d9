"""Questions about where a call comes from; asked by the services beside the dialing plan's, beside day, date and time.

An unknown caller answers none of them with yes, but for `from_lata` when the switch sends the LATA, and
`anonymous = false`.

Source: B4-012; A-046, A-047, A-073.
"""

import re
from typing import ClassVar, Final, final

from ain_scp.terms.origin import NATIONAL_DIGITS
from ain_scp.terms.questions import (
    KINDS,
    DateIs,
    Fact,
    Facts,
    Question,
    Reader,
    TimeIs,
    Value,
    WeekdayIs,
    asked_of,
)

_STATE: Final = re.compile(r"[A-Z]{2}")
_RULE: Final = "A-047"


@final
class FromNumber(Question):
    """`from_number`: the caller is one of these."""

    key: ClassVar[str] = "from_number"
    reads: ClassVar[Fact] = "origin"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The caller's number."""
        return facts.origin.number

    def text(self) -> str:
        """`from 4155550101`."""
        return "from " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read numbers of 10 digits."""
        return asked_of(FromNumber, section, section.number_list("from_number", (10,), _RULE))


@final
class FromExchange(Question):
    """`from_npanxx`: the caller's number of 10 digits begins with one of these six digits."""

    key: ClassVar[str] = "from_npanxx"
    reads: ClassVar[Fact] = "origin"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The caller's exchange."""
        number = facts.origin.number
        return number[:6] if len(number) == NATIONAL_DIGITS else ""

    def text(self) -> str:
        """`from exchange 415555`."""
        return "from exchange " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read area and office codes."""
        return asked_of(FromExchange, section, section.number_list("from_npanxx", (6,), _RULE))


@final
class FromArea(Question):
    """`from_npa`: the caller's number of 10 digits begins with one of these area codes."""

    key: ClassVar[str] = "from_npa"
    reads: ClassVar[Fact] = "origin"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The caller's area code."""
        number = facts.origin.number
        return number[:3] if len(number) == NATIONAL_DIGITS else ""

    def text(self) -> str:
        """`from area 213 415`."""
        return "from area " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read area codes."""
        return asked_of(FromArea, section, section.number_list("from_npa", (3,), _RULE))


@final
class FromLata(Question):
    """`from_lata`: the LATA that the switch sends, else that of the caller's number, is one of these."""

    key: ClassVar[str] = "from_lata"
    reads: ClassVar[Fact] = "origin"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The LATA."""
        return facts.origin.lata

    def text(self) -> str:
        """`from LATA 722`."""
        return "from LATA " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read LATAs of 3 to 5 digits."""
        return asked_of(FromLata, section, section.number_list("from_lata", (3, 4, 5), "A-046"))


@final
class FromState(Question):
    """`from_state`: the caller's number is in one of these states."""

    key: ClassVar[str] = "from_state"
    reads: ClassVar[Fact] = "origin"
    cut: ClassVar[bool] = True

    def answer(self, facts: Facts) -> Value:
        """The state."""
        return facts.origin.state

    def text(self) -> str:
        """`from state CA NV`."""
        return "from state " + " ".join(sorted(map(str, self.values)))

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read states of two letters."""
        found: list[str] = []
        for index, value in section.items("from_state", str):
            if _STATE.fullmatch(str(value)) is None:
                section.wrong("from_state", value, "two letters A-Z", "A-073", index)
            elif value not in found:
                found.append(str(value))
        return asked_of(FromState, section, found)


@final
class IsAnonymous(Question):
    """`anonymous`: the caller's number is there and must not be shown; false: it may be shown, or is absent."""

    key: ClassVar[str] = "anonymous"
    reads: ClassVar[Fact] = "origin"

    def answer(self, facts: Facts) -> Value:
        """1 where it must not be shown."""
        return 1 if facts.origin.restricted else 0

    def text(self) -> str:
        """`anonymous`, or `not anonymous`."""
        return "anonymous" if 1 in self.wanted else "not anonymous"

    @staticmethod
    def parse(section: Reader) -> Question | None:
        """Read true or false."""
        value = section.take("anonymous", bool)
        return IsAnonymous((int(value),)) if isinstance(value, bool) else None


ORIGIN_KINDS: Final[tuple[type[Question], ...]] = (
    FromNumber, FromExchange, FromArea, FromLata, FromState, WeekdayIs, TimeIs, DateIs,
)  # fmt: skip
"""What a branch of a toll free template may ask."""

LINE_KINDS: Final[tuple[type[Question], ...]] = (IsAnonymous, *ORIGIN_KINDS)
"""What a rule of a line may ask."""

EVERY_KIND: Final[tuple[type[Question], ...]] = (*KINDS, *(kind for kind in LINE_KINDS if kind not in KINDS))
"""Whatever a condition of a data set may ask."""
