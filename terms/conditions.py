"""Conditions: what a routing rule, a node of a routing logic or a branch of a service asks of a call before it applies.

A condition is a row of questions (`questions.py`), all of which must be answered with yes, and perhaps a percentage.

Of the rules whose questions hold, those with a percentage share the hundred in order: the first takes its band from 0, the
next the band after it, and so on, so a 70/30 pair splits the calls 70 to 30 with one draw per call. What is left over
goes to the next rule without a percentage.

Source: [0095], [0096], [0103], A-121, A-127, A-128.
"""

from collections.abc import Iterable, Mapping
from typing import Final, final

from ain_scp.terms.questions import KINDS, Facts, Question, Reader, Value

DRAWS: Final = 10_000
"""A draw is 0..9999; one percent is a hundred of them."""


_TIMED: Final = ("minute", "day")


@final
class Condition:
    """Questions that must all hold, and `percent` 1..100 of the calls for which they do; None = all of them (A-127).

    `timed`: it asks for the time of the call. Immutable; two conditions that ask the same are equal.
    """

    __slots__ = ("percent", "questions", "timed")

    def __init__(self, questions: tuple[Question, ...] = (), percent: int | None = None) -> None:
        self.questions = questions
        self.percent = percent
        self.timed = any(one.reads in _TIMED for one in questions)

    def holds(self, facts: Facts) -> bool:
        """Say whether every question holds, the percentage apart."""
        for one in self.questions:  # noqa: SIM110 - a loop is a third of the time of all()
            if not one.holds(facts):
                return False
        return True

    def left(self, ctc: int, npa: str) -> "Condition | None":
        """What it still asks once call type and area code are known; None when it cannot hold any more."""
        known, rest = Facts(ctc, npa, 0, 0), []
        for one in self.questions:
            if one.reads in _TIMED:
                rest.append(one)
            elif not one.holds(known):
                return None
        return Condition(tuple(one for one in rest if not one.always()), self.percent)

    def text(self) -> str:
        """A condition for people: `call type 131 231, Mon-Fri, 08:00-17:00, 70 %`."""
        parts = [one.text() for one in self.questions]
        if self.percent is not None:
            parts.append(f"{self.percent} %")
        return ", ".join(parts) or "always"

    def asks(self, kind: type[Question]) -> Question | None:
        """The question of a kind, if it is asked."""
        return next((one for one in self.questions if one.key == kind.key), None)

    def edges(self) -> tuple[int, ...]:
        """The minutes of the day at which it may change its mind."""
        return tuple(edge for one in self.questions for edge in one.edges())

    def plain(self) -> dict[str, tuple[Value, ...]]:
        """Its values by key, as `condition_of` takes them."""
        found = {one.key: one.values for one in self.questions}
        return found if self.percent is None else found | {"percent": (self.percent,)}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Condition)
            and other.percent == self.percent
            and other.questions == self.questions
        )

    def __hash__(self) -> int:
        return hash((self.questions, self.percent))

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """How a pool of processes copies it: a compiled class takes no other way."""
        return condition_of, (self.plain(), tuple(type(one) for one in self.questions))


ALWAYS: Final = Condition()
"""The condition that asks nothing."""


def condition_of(
    asked: Mapping[str, Iterable[Value]], kinds: tuple[type[Question], ...] = KINDS
) -> Condition:
    """The condition with these values by key: `{"ctc": [131], "tod": [480, 1020], "percent": [70]}`; KeyError: no such key."""
    unknown = asked.keys() - {kind.key for kind in kinds} - {"percent"}
    if unknown:
        raise KeyError(*unknown)
    questions = [kind(asked[kind.key]) for kind in kinds if kind.key in asked]
    percent = [int(value) for value in asked.get("percent", ())]
    return Condition(tuple(questions), percent[0] if percent else None)


def read_questions(section: Reader, kinds: tuple[type[Question], ...] = KINDS) -> tuple[Question, ...]:
    """Read an `if` table that may ask questions of these kinds; a wrong one is reported and counts as not asked."""
    read = [kind.parse(section) for kind in kinds if kind.key in section]
    return tuple(question for question in read if question is not None)


def first_match(conditions: Iterable[Condition], facts: Facts) -> int:
    """Index of the first rule that applies, or -1 (A-128)."""
    band = 0
    for index, condition in enumerate(conditions):
        if not condition.holds(facts):
            continue
        if condition.percent is None:
            return index
        band += condition.percent * (DRAWS // 100)
        if facts.draw < band:
            return index
    return -1
