"""How often each thing was decided, by customer and outcome.

A kind of call refers to its count, so that the short way adds one and looks nothing up.

Source: console.md section 6 (counters); A-110..A-149 (what refuses a call).
"""

from typing import final

from ain_scp.terms.decision import Decision, outcome_word


@final
class Tally:
    """One count."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count: int = 0


@final
class Tallies:
    """The counts of one snapshot's decisions by customer and outcome."""

    def __init__(self) -> None:
        self._by_what: dict[tuple[str, str], Tally] = {}

    def of(self, decision: Decision) -> Tally:
        """The count that a decision belongs to."""
        what = decision.customer, outcome_word(decision)
        found = self._by_what.get(what)
        if found is None:
            found = self._by_what[what] = Tally()
        return found

    def totals(self) -> dict[tuple[str, str], int]:
        """The counts that are not zero."""
        return {what: one.count for what, one in self._by_what.items() if one.count}

    def clear(self) -> None:
        """Begin at zero; references to a count stay valid."""
        for one in self._by_what.values():
            one.count = 0
