"""Conditions and extracts of a layout, compiled into functions of one record.

A record is two lists in the order of the fields: the texts as cut and the values they became.

Source: C-001.
"""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from operator import itemgetter
from typing import Final

from ain_scp.tickets.layout.schema import Direction, Extract, Test
from ain_scp.tickets.layout.values import Value

Record = tuple[Sequence[str], Sequence[Value]]
Holds = Callable[[Sequence[str], Sequence[Value], int], bool]
Take = Callable[[Sequence[Value]], str | None]
Parts = Callable[[list[str]], tuple[str, ...]]
_DIGITS: Final = re.compile("[0-9]+")


def holds(tests: tuple[Test, ...], places: dict[str, int]) -> Holds:
    """Whether all of the tests hold of texts, values and the duration."""
    ones = [_one(test, places.get(test.field, -1)) for test in tests]
    if len(ones) == 1:
        return ones[0]
    return lambda texts, values, seconds: all(one(texts, values, seconds) for one in ones)


def _one(test: Test, at: int) -> Holds:
    match test.how:
        case "present":
            return lambda _texts, values, _seconds: values[at] is not None
        case "longer":
            least = test.seconds
            return lambda _texts, _values, seconds: seconds > least
        case "starts":
            begins = test.values
            return lambda texts, _values, _seconds: _begins(texts[at].strip(" "), begins)
        case "matches":
            fits = re.compile(test.values[0]).search
            return lambda texts, _values, _seconds: fits(texts[at].strip(" ")) is not None
    among = frozenset(value.strip(" ") for value in test.values)
    return lambda texts, _values, _seconds: texts[at].strip(" ") in among


def _begins(text: str, begins: tuple[str, ...]) -> bool:
    return any(text.startswith(one) and len(text) > len(one) for one in begins)


def take(party: Extract | None, places: dict[str, int], texts: Container[str]) -> Take:
    """The part of a field that a direction names; None where it names none or there is nothing. `texts`: fields that are text."""
    if party is None:
        return lambda _values: None
    at = places[party.of]
    if party == Extract(of=party.of):
        if party.of in texts:
            return itemgetter(at)
        return lambda values: _plain(values[at])
    return lambda values: _part(_plain(values[at]), party)


def _plain(value: Value) -> str | None:
    return None if value is None else str(value)


def _part(text: str | None, party: Extract) -> str | None:
    if text is None:
        return None
    if party.after and party.after in text:
        text = text.partition(party.after)[2]
    if party.before and party.before in text:
        text = (text.rpartition if party.last else text.partition)(party.before)[0]
    if party.strip:
        text = text.removeprefix(party.strip)
    if party.digits:
        text = max(_DIGITS.findall(text), key=len, default="")
    return text or None


class Row:
    """One row of the table of directions, compiled."""

    def __init__(self, row: Direction, places: dict[str, int], texts: Container[str]) -> None:
        self.applies: Holds | None = holds(row.when, places) if row.when else None
        self.outcome = row.outcome
        self.said = places.get(row.said, -1)
        self.by_numbers = row.by_numbers
        parties = row.parties

        def of(name: str) -> Take:
            return take(parties.get(name), places, texts)

        self.calling, self.called = of("calling"), of("called")
        self.extension: dict[str, Take] = {}
        self.trunk: dict[str, Take] = {}
        self.called_by: dict[str, Take] = {}
        for direction in ("outgoing", "incoming", "internal", "tandem"):
            side = "incoming" if direction == "incoming" else "outgoing"
            own = f"extension_{side}" if direction != "tandem" else ""
            self.extension[direction] = of(own if row.by_numbers else "extension")
            self.trunk[direction] = of(f"trunk_{direction}" if row.by_numbers else "trunk")
            self.called_by[direction] = of(f"called_{direction}")


def asks(all_tests: Iterable[tuple[Test, ...]], places: dict[str, int], length: int) -> Parts:
    """The texts that tests look at; the outcome of the tests depends on nothing else."""
    found = {
        length if test.how == "longer" else places.get(test.field, -1)
        for tests in all_tests
        for test in tests
    }
    return several(sorted(found - {-1}))


def several(places: list[int]) -> Parts:
    """A function that takes some of a record's texts."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda texts: tuple(texts[at] for at in places)
