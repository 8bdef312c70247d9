"""The steps of a service's event logic, as text and as trees: one step is one assignment, one emit or one change.

    step     NAME = expr | emit NAME {NAME: expr, ...} | VERB NAME expr | VERB NAME[expr] expr
    verb     debit, credit, add, set
    expr     sum, or two of them compared (< <= > >= == !=)
    sum      product (+ or - product)...        product   atom (* atom)...
    atom     NUMBER | "text" | NAME | NAME[expr] | NAME(expr, ...) | (expr) | -atom

There is no loop and no recursion, so what an event costs is the number of its steps. Numbers are whole or decimal text.

Source: charging design 10.5; CH-28.
"""

import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec

VERBS: Final = ("debit", "credit", "add", "set")
FUNCTIONS: Final = {
    "rate": (0, 0), "quote": (1, 1), "min": (2, 8), "max": (2, 8), "if": (3, 3), "get": (3, 3), "minutes": (1, 1),
}  # fmt: skip
"""What an expression may call, with the fewest and the most arguments."""

LONGEST: Final = 500
"""Characters of a step."""
DEEPEST: Final = 16
"""Expressions inside each other."""

_ENDLESS: Final = re.compile(r"\b(for|while|loop|repeat)\b|\bkeys\s*\(")
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>\d+(?:\.\d+)?)|\"(?P<text>[^\"]*)\"|(?P<mark><=|>=|==|!=|[-+*<>=(){}\[\],:.]))"
)
_COMPARED: Final = ("<", "<=", ">", ">=", "==", "!=")


class StepFault(Exception):
    """A step that is none: what is wrong, in words."""


class Name(msgspec.Struct, frozen=True, tag="name"):
    """A field of the event, an argument, a result of an earlier step, or an entry of [keep], at `index` if it has keys."""

    name: str
    index: "Expression | None" = None


class Constant(msgspec.Struct, frozen=True, tag="literal"):
    """A number (decimal text) or a text."""

    kind: Literal["number", "text"]
    value: str


class Call(msgspec.Struct, frozen=True, tag="call"):
    """A function, or an operator by its mark."""

    function: str
    arguments: "tuple[Expression, ...]"


Expression = Name | Constant | Call


class Step(msgspec.Struct, frozen=True):
    """One step: `verb` is "=", "emit" or one of `VERBS`; an emit has its fields in `fields`, all others their `value`."""

    verb: str
    target: Name
    value: Expression | None = None
    fields: tuple[tuple[str, Expression], ...] = ()


def parse_step(text: str) -> Step:
    """Read one step; StepFault says what is wrong."""
    endless = _ENDLESS.search(text)
    if endless is not None:
        what = "for over keys()" if "keys" in text else endless[0].rstrip("( ")
        raise StepFault(f"event logic is not terminating: {what}")
    reader = _Reader(text)
    step = reader.step()
    reader.end()
    return step


def parse_expression(text: str) -> Expression:
    """Read one expression; StepFault says what is wrong."""
    reader = _Reader(text)
    value = reader.expression()
    reader.end()
    return value


def names_in(value: Expression) -> list[Name]:
    """Give every name an expression reads."""
    if isinstance(value, Name):
        return [value] if value.index is None else [value, *names_in(value.index)]
    return [name for one in value.arguments for name in names_in(one)] if isinstance(value, Call) else []


class _Reader:
    """Reads tokens from the left; `_depth` counts expressions inside each other."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise StepFault(f"a step of more than {LONGEST} characters")
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def step(self) -> Step:
        first = self._name("a step begins with a name or a verb")
        if first == "emit":
            return self._emit()
        if first in VERBS:
            return Step(first, self._place(), self.expression())
        self._take("=")
        return Step("=", Name(first), self.expression())

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise StepFault(f"{self._tokens[self._at][1]!r} is too much")

    def _emit(self) -> Step:
        name = Name(self._name("emit names what it gives"))
        fields = []
        self._take("{")
        while self._peek() != "}":
            field = self._name("a field has a name")
            self._take(":")
            fields.append((field, self.expression()))
            if self._peek() != "}":
                self._take(",")
        self._take("}")
        return Step("emit", name, None, tuple(fields))

    def _place(self) -> Name:
        name = self._name("a verb is followed by what it changes")
        return Name(name, self._index() if self._peek() == "[" else None)

    def _index(self) -> Expression:
        self._take("[")
        index = self.expression()
        self._take("]")
        return index

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise StepFault(f"expressions more than {DEEPEST} deep")

    def expression(self) -> Expression:
        self._deeper()
        left = self._chain(("+", "-"), lambda: self._chain(("*",), self._atom))
        if self._peek() in _COMPARED:
            left = Call(
                self._next()[1], (left, self._chain(("+", "-"), lambda: self._chain(("*",), self._atom)))
            )
        self._depth -= 1
        return left

    def _chain(self, marks: tuple[str, ...], part: Callable[[], Expression]) -> Expression:
        left = part()
        while self._peek() in marks:
            left = Call(self._next()[1], (left, part()))
        return left

    def _atom(self) -> Expression:
        kind, word = self._next()
        if kind in ("number", "text"):
            return Constant("number" if kind == "number" else "text", word)
        if kind == "name":
            return self._named(word)
        if word == "(":
            value = self.expression()
            self._take(")")
            return value
        if word == "-":
            self._deeper()
            value = Call("-", (Constant("number", "0"), self._atom()))
            self._depth -= 1
            return value
        raise StepFault(f"{word!r} begins no expression")

    def _named(self, word: str) -> Expression:
        if self._peek() == "[":
            return Name(word, self._index())
        if self._peek() == ".":
            raise StepFault(f"{word}. reads the state of another service")
        if self._peek() != "(":
            return Name(word)
        arguments = self._arguments()
        least, most = FUNCTIONS.get(word, (-1, -1))
        if most < 0:
            raise StepFault(f"{word} is no function: {', '.join(FUNCTIONS)}")
        if not least <= len(arguments) <= most:
            raise StepFault(f"{word}: {len(arguments)} arguments")
        return Call(word, arguments)

    def _arguments(self) -> tuple[Expression, ...]:
        found = []
        self._take("(")
        while self._peek() != ")":
            found.append(self.expression())
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        return tuple(found)

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, word = self._tokens[self._at]
        return word if kind in ("mark", "name") else f" {kind}"

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise StepFault("the step ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, mark: str) -> None:
        kind, word = self._next()
        if kind != "mark" or word != mark:
            raise StepFault(f"{word!r} where {mark} is expected")

    def _name(self, why: str) -> str:
        kind, word = self._next()
        if kind != "name":
            raise StepFault(f"{word!r}: {why}")
        return word


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise StepFault(f"{text[at:].strip()[:10]!r} is no part of a step")
        kind = match.lastgroup or "mark"
        found.append((kind, match[kind]))
        at = match.end()
    return found
