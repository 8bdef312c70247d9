"""Which calls a review need not explain one by one: those that both data sets decide by the same facts and the same changed rows.

What an outcome depends on is the pair of classes (`ain_scp.terms.facts`), and which of its conditions the moment meets. Which rows are
named on the way depends besides on the digits: a row is found by digits that it holds, so two calls whose numbers hold the same
digit strings of changed rows find the same changed rows. Calls that agree in all this have one key, and the first of them is
explained for all. A key is None where that is not known to hold: for a service beside the dialing plan's, and for a plan that
another package brings. It is NEITHER for a call that neither data set decides.

Source: console.md section 7.1, 13; house.md section 2 (facts -> judge -> residue).
"""

import re
from typing import Final

from ain_scp.console.review.changed import Changes
from ain_scp.scp.service_logic.decision_json import QueryForm, service_query_of
from ain_scp.scp.service_logic.judge import Judged
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.decision import Decision
from ain_scp.terms.facts import Pair
from ain_scp.terms.query import Query

MOST_NUMBERS: Final = 1 << 17
_PLANS: Final = (None, "MDP", "SDP")
_CELLS: Final = re.compile(r"[^0-9 ()+-]+")
_RUNS: Final = re.compile(r"[0-9]+")

Key = tuple[object, ...]
NEITHER: Final[Key] = ()
Touched = tuple[str, ...] | None


class Alike:
    """Gives calls their keys. The cost is two decisions without a trace, a fifth of two explained ones."""

    def __init__(self, before: Program, after: Program, changes: Changes) -> None:
        self._programs = before, after
        self._known: tuple[dict[tuple[str, Pair], tuple[int, Judged]], ...] = ({}, {})
        self._digits = digits_in(changes)
        self._lengths = sorted({len(one) for one in self._digits})
        self._touched: dict[str, Touched] = {}

    def key(self, form: QueryForm, query: Query) -> Key | None:
        """The key of one call; QueryFault where the form cannot be asked."""
        for program in self._programs:
            services = program.services
            if services is not None and services.select(service_query_of(form, query)) is not None:
                return None
        before, after = (program.decide(query) for program in self._programs)
        sides = self._side(0, before, query), self._side(1, after, query)
        if sides == ((), ()):
            return NEITHER
        if None in sides:
            return None
        return (
            query.message, query.access_code, query.trunk_group, self.touched(query.calling_party),
            self.touched(query.dialed), self.touched(query.called_party), self.touched(query.original_called_party),
            sides, _equal(before, after),
        )  # fmt: skip

    def _side(self, at: int, decided: Decision | Undecidable, query: Query) -> Key | None:
        """What one data set decides, but for the numbers; empty where it decides nothing."""
        if isinstance(decided, Undecidable):
            return ()
        if decided.plan not in _PLANS:
            return None
        head = decided.customer, decided.plan, decided.calling_class, self.touched(decided.called_number)
        pair = decided.pair
        if pair is None:
            return (*head, decided.announcement)
        program, known = self._programs[at], self._known[at]
        found = known.get((decided.customer, pair))
        if found is None:
            options = program.snapshot.customer_by_group[decided.customer]
            found = len(known), program.ledger.judged(options, pair)
            known[decided.customer, pair] = found
        return (*head, found[0], found[1].index(query.time, query.draw))

    def touched(self, digits: str | None) -> Touched:
        """The digit strings of changed rows that a number holds, in the order of their places."""
        if digits is None:
            return None
        known = self._touched.get(digits)
        if known is None:
            if len(self._touched) >= MOST_NUMBERS:
                self._touched.clear()
            size = len(digits)
            parts = (digits[at : at + length] for length in self._lengths for at in range(size - length + 1))
            known = self._touched[digits] = tuple(part for part in parts if part in self._digits)
        return known


def digits_in(changes: Changes) -> frozenset[str]:
    """Every digit string of the changed rows, as written and without what is for the eye or dialed before a number."""
    found: set[str] = set()
    for row in changes.rows:
        for text in filter(None, (row.before, row.after)):
            found.update(_RUNS.findall(text))
            found.update("".join(filter(str.isdigit, cell)) for cell in _CELLS.split(text))
    found |= {one.removeprefix(prefix) for one in found for prefix in ("1", "011")}
    return frozenset(found - {""})


def _equal(before: Decision | Undecidable, after: Decision | Undecidable) -> Key:
    """Which numbers of two decisions are equal."""
    if isinstance(before, Undecidable) or isinstance(after, Undecidable):
        return ()
    return (
        before.called_number == after.called_number,
        before.cic == after.cic,
        before.response_called_party_id == after.response_called_party_id,
        before.response_original_called_party_id == after.response_original_called_party_id,
    )
