"""Screening rules of other packages: entry point group `ain.screening_rules`, asked after the privilege class table.

A rule that cannot be loaded is left out and named by `rule_faults`; one that raises lets nothing through. 911 is not shown to them.

Source: A-025, A-057 to A-065, A-103.
"""

from importlib.metadata import entry_points
from typing import Final

from ain_scp.terms.foreign import RAISED, register_all, said
from ain_scp.terms.screening_rule import AskedRule, ScreenedCall, ScreeningRule

GROUP: Final = "ain.screening_rules"


class GuardedRule:
    """A rule of which nothing but an answer comes: one that raises lets nothing through, and is named."""

    def __init__(self, rule: ScreeningRule, source: str) -> None:
        self.name = rule.name
        self._rule = rule
        self._source = source

    def refusal(self, call: ScreenedCall, /) -> str:
        """Why the call is screened, in words; empty when it is not."""
        try:
            answer: object = self._rule.refuses(call)
        except RAISED as fault:  # a plug-in is foreign: nothing that it raises may end a server
            return f"screening rule {self.name} ({self._source}) raised {said(fault)}: nothing is let through"
        if answer is False:
            return ""
        if answer is True:
            return f"screening rule {self.name} refuses the call"
        kind = type(answer).__name__
        return f"screening rule {self.name} ({self._source}) gave {kind}, not True or False: nothing is let through"


def registered_rules() -> dict[str, AskedRule]:
    """Rules by name."""
    return _found()[0]


def rule_faults() -> list[str]:
    """Which plug-ins cannot be used, and why."""
    return _found()[1]


def _found() -> tuple[dict[str, AskedRule], list[str]]:
    rules: dict[str, AskedRule] = {}
    return rules, register_all(rules, entry_points(group=GROUP), "screening rule", GuardedRule)
