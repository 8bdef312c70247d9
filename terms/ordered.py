"""Conditions in order, prepared so that the first that applies to a call is found without asking all of them.

    what a call answers to each kind of question -> the conditions that ask for these answers -> asked in order

A condition stands under the answers to one of its questions, or to several, that the fewest conditions ask for; a window of
the day stands under the blocks of 1, 2, 4 ... 1,024 minutes that make it up. So a call is compared with the conditions that ask for
its own number, exchange or minute, however many there are besides.

Limits: up to `FEW` conditions are asked one by one; a condition stands under at most `COPIES` combinations of answers, or
under every answer to one question.
Source: A-128; services design sections 6.1 and 8.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import product
from typing import Final, final

from ain_scp.terms.conditions import Condition, first_match
from ain_scp.terms.questions import Facts, Question, Value

FEW: Final = 16
COPIES: Final = 64

Load = Counter[tuple[str, Value]]
"""How many conditions ask for an answer to a kind of question."""


@final
class _Group:
    """Conditions that stand under answers to the same kinds of questions, of which `kinds` has one each."""

    __slots__ = ("kinds", "places")

    def __init__(self, kinds: list[Question]) -> None:
        self.kinds = kinds
        self.places: dict[tuple[Value, ...], list[int]] = {}


@final
class Ordered:
    """Conditions in order; immutable. `alike`: how many of them, at most, one way to ask leaves to be asked one by one."""

    __slots__ = ("_groups", "alike", "conditions")

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self.conditions = list(conditions)
        self._groups = _grouped(self.conditions) if len(self.conditions) > FEW else []
        self.alike = max((len(one) for group in self._groups for one in group.places.values()), default=0)

    def first(self, facts: Facts) -> int:
        """Index of the first condition that applies, or -1 (A-128)."""
        if not self._groups:
            return first_match(self.conditions, facts)
        places: list[int] = []
        at = first_match(self._candidates(facts, places), facts)
        return places[at] if at >= 0 else -1

    def _candidates(self, facts: Facts, places: list[int]) -> Iterator[Condition]:
        """The conditions that ask for what this call answers, in order; `places` get theirs."""
        for place in merge(*self._asked(facts)):
            places.append(place)
            yield self.conditions[place]

    def _asked(self, facts: Facts) -> Iterator[list[int]]:
        """Places of the conditions that ask for what this call answers, each list in order."""
        answers: dict[str, tuple[Value, ...]] = {}
        for group in self._groups:
            for one in group.kinds:
                if one.key not in answers:
                    answers[one.key] = one.sought(facts)
            for key in product(*[answers[one.key] for one in group.kinds]):
                if key in group.places:
                    yield group.places[key]


def _grouped(conditions: list[Condition]) -> list[_Group]:
    reached = list(_reached(conditions))
    asked = (one for _, condition in reached for one in condition.questions)
    load: Load = Counter((one.key, answer) for one in asked for answer in one.wanted)
    groups: dict[tuple[str, ...], _Group] = {}
    for place, condition in reached:
        kinds = _rarest(condition, load)
        group = groups.setdefault(tuple(one.key for one in kinds), _Group(kinds))
        for key in product(*[one.wanted for one in kinds]):
            group.places.setdefault(key, []).append(place)
    return list(groups.values())


def _reached(conditions: list[Condition]) -> Iterator[tuple[int, Condition]]:
    """Conditions that a call can come to, with their places: none that asks what an earlier one asks that takes all its calls."""
    taken: set[tuple[Question, ...]] = set()
    for place, condition in enumerate(conditions):
        if condition.questions in taken:
            continue
        yield place, condition
        if condition.percent is None:
            if not condition.questions:
                return
            taken.add(condition.questions)


def _rarest(condition: Condition, load: Load) -> list[Question]:
    """The questions under whose answers a condition stands, by kind."""
    by_load = [(max(load[one.key, answer] for answer in one.wanted), one) for one in condition.questions]
    by_load.sort(key=lambda pair: (pair[0], pair[1].key))
    chosen, copies = [one for _, one in by_load[:1]], 1
    if by_load and by_load[0][0] > FEW:
        copies = len(chosen[0].wanted)
        for _, one in by_load[1:]:
            if copies * len(one.wanted) <= COPIES:
                copies *= len(one.wanted)
                chosen.append(one)
    chosen.sort(key=lambda one: one.key)
    return chosen
