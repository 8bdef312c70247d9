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
