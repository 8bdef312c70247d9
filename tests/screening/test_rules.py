"""Screening rules of other packages: what a guarded rule answers, and which are registered (A-025)."""

import pytest

from ain_scp.screening import rules
from ain_scp.terms.screening_rule import ScreenedCall


class Entry:
    """An entry point that gives a rule."""

    def __init__(self, value, made):
        self.value, self._made = value, made

    def load(self):
        """What the package names."""
        return self._made


def rule(word, answer):
    """A class of rules with one answer; an exception is raised."""

    class Rule:
        name = word

        def refuses(self, call):
            if isinstance(answer, Exception):
                raise answer
            return answer

    return Rule


CALL = ScreenedCall("GOLDEN", 5, 201, None, None, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (False, ""),
        (True, "screening rule R refuses the call"),
        (KeyError("x"), "screening rule R (m:R) raised KeyError: 'x': nothing is let through"),
        (0, "screening rule R (m:R) gave int, not True or False: nothing is let through"),
        (None, "screening rule R (m:R) gave NoneType, not True or False: nothing is let through"),
        ("", "screening rule R (m:R) gave str, not True or False: nothing is let through"),
    ],
)
def test_only_false_lets_a_call_through(answer, said):
    assert rules.GuardedRule(rule("R", answer)(), "m:R").refusal(CALL) == said


def test_the_first_of_a_name_is_registered_and_the_others_are_named(monkeypatch):
    found = [
        Entry("a:One", rule("ONE", True)), Entry("b:One", rule("ONE", False)), Entry("c:Low", rule("low", False)),
        Entry("d:Two", rule("TWO", False)), Entry("e:None", rule(None, False)), Entry("f:Gone", None),
    ]  # fmt: skip
    monkeypatch.setattr(rules, "entry_points", lambda group: found if group == "ain.screening_rules" else [])
    known = rules.registered_rules()
    assert {name: one.refusal(CALL) for name, one in known.items()} == {
        "ONE": "screening rule ONE refuses the call", "TWO": ""
    }  # fmt: skip
    assert rules.rule_faults() == [
        "b:One: screening rule ONE is already registered",
        "c:Low: screening rule 'low' is not an upper-case word",
        "e:None: screening rule None is not an upper-case word",
        "f:Gone: TypeError: 'NoneType' object is not callable",
    ]
