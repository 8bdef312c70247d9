"""The steps of a service are read into trees; whatever the text, the only fault is a StepFault."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.provisioning.steps import (
    Call,
    Constant,
    Name,
    Step,
    StepFault,
    names_in,
    parse_expression,
    parse_step,
)

ONE, TWO, THREE = (Constant("number", digit) for digit in "123")

STEPS = [
    ("duration = quote(balance)", Step("=", Name("duration"), Call("quote", (Name("balance"),)))),
    ("charge = rate()", Step("=", Name("charge"), Call("rate", ()))),
    ("debit balance charge", Step("debit", Name("balance"), Name("charge"))),
    (
        "add minutes[day] minutes(duration)",
        Step("add", Name("minutes", Name("day")), Call("minutes", (Name("duration"),))),
    ),
    (
        "emit answer {duration: duration, n: 1}",
        Step("emit", Name("answer"), None, (("duration", Name("duration")), ("n", ONE))),
    ),
    ("emit done {}", Step("emit", Name("done"))),
    (
        "called = get(numbers, called, called)",
        Step("=", Name("called"), Call("get", (Name("numbers"), Name("called"), Name("called")))),
    ),
]


@pytest.mark.parametrize(("text", "step"), STEPS)
def test_a_step_is_a_tree(text, step):
    assert parse_step(text) == step


EXPRESSIONS = [
    ("1 + 2 * 3", Call("+", (ONE, Call("*", (TWO, THREE))))),
    ("1 - 2 - 3", Call("-", (Call("-", (ONE, TWO)), THREE))),
    ("(1 + 2) * 3", Call("*", (Call("+", (ONE, TWO)), THREE))),
    ("-x", Call("-", (Constant("number", "0"), Name("x")))),
    ("1 <= 2", Call("<=", (ONE, TWO))),
    ('if(a == "b", 0.50, c)', Call("if", (Call("==", (Name("a"), Constant("text", "b"))), Constant("number", "0.50"), Name("c")))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), EXPRESSIONS)
def test_operators_bind_as_in_arithmetic(text, tree):
    assert parse_expression(text) == tree


def test_every_name_that_is_read_is_found():
    tree = parse_expression("max(minutes[day] + a, get(m, b, 1))")
    assert [name.name for name in names_in(tree)] == ["minutes", "day", "a", "m", "b"]


@pytest.mark.parametrize(
    "text", ["for n over keys()", "x = keys(numbers)", "while true", "loop", "repeat 3", "x = for + 1"]
)
def test_a_step_that_would_not_end_is_refused(text):
    with pytest.raises(StepFault, match="not terminating"):
        parse_step(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 17 + "1" + ")" * 17,
        "x = " + "-" * 400 + "1",
        "x = " + "1" * 497,
        "x = m" + "[m" * 17 + "]" * 17,
    ],
)
def test_nesting_and_length_have_a_bound(text):
    with pytest.raises(StepFault, match=r"deep|characters"):
        parse_step(text)


PIECES = st.sampled_from(
    ["x", "emit", "debit", "add", "=", "(", ")", "[", "]", "{", "}", ",", ":", "+", "-", "*", "<", "1", "0.5", '"t"', "rate", "max", " ", "."]
)  # fmt: skip


@given(st.one_of(st.text(max_size=600), st.lists(PIECES, max_size=60).map("".join)))
def test_whatever_the_text_the_only_fault_is_a_step_fault(text):
    for parse in (parse_step, parse_expression):
        with suppress(StepFault):
            parse(text)
