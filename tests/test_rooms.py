"""Every package says what is inside it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = [place.parent for place in ROOT.glob("*/py.typed")]
FRONTS = sorted(front for room in ROOMS for front in room.rglob("__init__.py"))


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: str(front.parent.relative_to(ROOT)))
def test_a_package_has_a_docstring_of_more_than_a_word(front):
    words = (ast.get_docstring(ast.parse(front.read_text())) or "").split()
    assert len(words) >= 5, f"{front}: say what is inside"


def handled(handler):
    """The names of the exceptions that a handler takes."""
    kinds = (
        handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    )
    return {ast.unparse(kind) for kind in kinds}


def read(node):
    """Which readers of TOML the body of a `try` calls."""
    calls = [one for part in node.body for one in ast.walk(part) if isinstance(one, ast.Call)]
    return {ast.unparse(one.func) for one in calls} & {"tomllib.loads", "msgspec.toml.decode"}


JSON = {"msgspec.DecodeError", "msgspec.MsgspecError"}
"""What bad JSON raises; lists nested thousands deep raise RecursionError instead."""
TOML = {"ValueError", "RecursionError"}
"""What bad TOML raises: numbers of too many digits and impossible dates are no TOMLDecodeError."""


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_who_expects_bad_json_or_toml_expects_it_nested_too_deep(room):
    for module in room.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Try):
                kinds = set().union(*map(handled, node.handlers))
                where = f"{module}:{node.lineno}"
                assert not kinds & JSON or kinds & {"RecursionError", "Exception"}, where
                assert not read(node) or kinds >= TOML or "UNREADABLE" in kinds, where
