"""Steps compiled to closures: an event costs the number of its steps, and nothing is parsed while it runs.

A number is exact, in millionths; `money` says that it is an amount and is written with the currency's digits. All else is text.

Source: charging.md 10.5.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from ain_scp.billing.plans.totals import started_minutes
from ain_scp.provisioning.steps import Call, Constant, Expression, Name, Step, parse_expression, parse_step
from ain_scp.terms.money import MICROS, money_text, parse_money, round_half_up


class Number(msgspec.Struct, frozen=True, gc=False):
    """An exact number in millionths, an amount of money or not."""

    micros: int
    money: bool = False


Value = Number | str


class StepRefused(Exception):
    """A step that cannot be done with what it was given: the reason; nothing of the event has an effect."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Scene(Protocol):
    """What steps see and change."""

    def read(self, name: str, index: str | None) -> Value:
        """A field, a result of an earlier step, or state."""

    def bind(self, name: str, value: Value) -> None:
        """Keep a result for the later steps."""

    def emit(self, fields: dict[str, Value]) -> None:
        """Give a result."""

    def change(self, verb: str, name: str, index: str | None, value: Value) -> None:
        """Change state."""

    def looked_up(self, name: str, key: str) -> str | None:
        """An entry of a map."""

    def rate(self) -> Number:
        """The charge of the event's call."""

    def quote(self, money: int) -> Number:
        """How long money lasts for the event's call, ms."""


Reader = Callable[[Scene], Value]
Action = Callable[[Scene], None]
ONE: Final = MICROS


def program(steps: tuple[str, ...]) -> tuple[Action, ...]:
    """Compile the steps of a handler; they were read before, by the checks of the data set."""
    return tuple(_action(parse_step(text)) for text in steps)


def reader(text: str) -> Reader:
    """Compile the expression of a query."""
    return _reader(parse_expression(text))


def number_of(value: Value) -> Number:
    """A number, also one that came as text; StepRefused VALUE for anything else."""
    if isinstance(value, Number):
        return value
    try:
        return Number(parse_money(value, signed=True), "." in value)
    except ValueError:
        raise StepRefused("VALUE") from None


def text_of(value: Value) -> str:
    """A text, or the digits of a whole number."""
    if isinstance(value, str):
        return value
    return str(value.micros // ONE) if value.micros % ONE == 0 else money_text(value.micros, 0)


def _action(step: Step) -> Action:
    index = None if step.target.index is None else _reader(step.target.index)
    if step.verb == "emit":
        fields = [(name, _reader(value)) for name, value in step.fields]
        return lambda scene: scene.emit({name: value(scene) for name, value in fields})
    value, name, verb = _reader(step.value or Constant("number", "0")), step.target.name, step.verb
    if verb == "=":
        return lambda scene: scene.bind(name, value(scene))
    if index is None:
        return lambda scene: scene.change(verb, name, None, value(scene))
    return lambda scene: scene.change(verb, name, text_of(index(scene)), value(scene))


def _reader(value: Expression) -> Reader:
    if isinstance(value, Constant):
        known: Value = value.value
        if value.kind == "number":
            known = Number(parse_money(value.value), "." in value.value)
        return lambda _scene: known
    if isinstance(value, Name):
        name = value.name
        if value.index is None:
            return lambda scene: scene.read(name, None)
        index = _reader(value.index)
        return lambda scene: scene.read(name, text_of(index(scene)))
    return _called(value)


def _called(value: Call) -> Reader:
    parts = tuple(_reader(one) for one in value.arguments)
    if value.function == "rate":
        return lambda scene: scene.rate()
    if value.function == "quote":
        return lambda scene: scene.quote(number_of(parts[0](scene)).micros)
    if value.function == "if":
        return lambda scene: parts[1](scene) if number_of(parts[0](scene)).micros else parts[2](scene)
    if value.function == "get" and isinstance(value.arguments[0], Name):
        return _get(value.arguments[0].name, parts[1], parts[2])
    if value.function == "minutes":
        return lambda scene: Number(started_minutes(number_of(parts[0](scene)).micros // ONE) * ONE)
    if value.function in ("==", "!="):
        same = value.function == "=="
        return lambda scene: _truth(_equal(parts[0](scene), parts[1](scene)) == same)
    operate = _NUMERIC[value.function]
    return lambda scene: operate([number_of(part(scene)) for part in parts])


def _get(name: str, key: Reader, otherwise: Reader) -> Reader:
    def found(scene: Scene) -> Value:
        known = scene.looked_up(name, text_of(key(scene)))
        return otherwise(scene) if known is None else known

    return found


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return number_of(one).micros == number_of(other).micros


def _truth(holds: bool) -> Number:
    return Number(ONE if holds else 0)


def _any(numbers: list[Number]) -> bool:
    return any(one.money for one in numbers)


_NUMERIC: Final[dict[str, Callable[[list[Number]], Number]]] = {
    "+": lambda n: Number(n[0].micros + n[1].micros, _any(n)),
    "-": lambda n: Number(n[0].micros - n[1].micros, _any(n)),
    "*": lambda n: Number(round_half_up(n[0].micros * n[1].micros, 1, ONE), _any(n)),
    "min": lambda n: min(n, key=lambda one: one.micros),
    "max": lambda n: max(n, key=lambda one: one.micros),
    "<": lambda n: _truth(n[0].micros < n[1].micros),
    "<=": lambda n: _truth(n[0].micros <= n[1].micros),
    ">": lambda n: _truth(n[0].micros > n[1].micros),
    ">=": lambda n: _truth(n[0].micros >= n[1].micros),
}
