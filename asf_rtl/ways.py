"""The ways that are left to a call once its classes are known: routes, and what the moment must be for each.

Source: [0095], [0103], A-121..A-128, A-157.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ain_scp.terms.conditions import Condition
from ain_scp.terms.decision import Route
from ain_scp.terms.trace import Step


class Ways(NamedTuple):
    """The route of the first condition that holds, else the last route. `steps` say why, way by way, if a trace is kept."""

    conditions: list[Condition]
    routes: list[Route]
    steps: list[list[Step]]


Rule = tuple[Condition, Route, list[Step]]


def only(route: Route) -> Ways:
    """The one way of a call that asks nothing of the moment."""
    return Ways([], [route], [])


def ways_of(rules: Iterable[Rule], otherwise: Route, why: list[Step], ctc: int, area: str) -> Ways:
    """The rules that may still apply to a call of this type to this area code, and what none of them gives."""
    ways = Ways([], [], [])
    for condition, route, steps in rules:
        left = condition.left(ctc, area)
        if left is None:
            continue
        ways.routes.append(route)
        ways.steps.append(steps)
        if left.percent is None and not left.questions:
            return ways
        ways.conditions.append(left)
    ways.routes.append(otherwise)
    ways.steps.append(why)
    return ways
