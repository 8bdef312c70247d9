"""Words of messages: numbers agree with their nouns, and phrases that readers stumbled over do not come back."""

import ast
import re
from pathlib import Path

import pytest

from ain_scp.ain.words import tally

ROOT = Path(__file__).parents[2]
ROOMS = ("ain", "api", "asf_rtl", "console", "couriers", "dialplan", "journal", "reports", "provisioning/check", "scp", "screening", "signaling", "smdr", "ssp_sim", "tickets", "transport")  # fmt: skip
STUMBLED = re.compile(
    r"\b(is|are) due\b|decided otherwise|passed over|is wanted|told on this machine|is none of|loads? .* anew|goes on from it"
)
"""What the first readers of messages stumbled over; what is right is required, decided differently, skipped, expected ..."""


def messages(path):
    """The texts of a module that may be shown; docstrings are for readers of the code."""
    tree = ast.parse(path.read_text())
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.lineno, node.value


@pytest.mark.parametrize("room", ROOMS)
def test_no_message_says_what_readers_stumbled_over(room):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, text in messages(path)
        if STUMBLED.search(text)
    ]
    assert found == []


def test_a_message_with_such_words_is_found(tmp_path):
    path = tmp_path / "one.py"
    path.write_text('"""A port is due."""\nraise ValueError(f"{0}: a port is due")\n')
    assert [line for line, text in messages(path) if STUMBLED.search(text)] == [2]


def test_counts_agree_with_their_nouns():
    counts = {"lines": 1, "calls": 2, "repeated_files": 1, "joined": 1, "status": 0}
    assert tally(counts) == "1 line, 2 calls, 1 repeated file, 1 joined, 0 status"


COUNTED = re.compile(
    r"^ (?:(?!has|of)[a-z]+ ){0,2}(calls|copies|differences|dialogues|enterprises|entries|errors|files|findings|groups|lines|messages|numbers|problems|providers"
    r"|queries|records|repeats|rows|samples|sources|tickets|warnings)\b(?![/:])"
)
BOUND = re.compile(r"(more than|at most|at least|fewer than|up to|1 to|of the last|has|of) $")


def uncounted(path):
    """Numbers before a noun in the plural that stays so when there is one of it; bounds and ALL_CAPS constants are no counts."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.JoinedStr):
            continue
        before = ""
        for value, follows in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.Constant):
                before = value.value
            elif isinstance(follows, ast.Constant) and COUNTED.match(follows.value):
                told = ast.unparse(value.value)
                if not told.isupper() and not BOUND.search(before):
                    yield f"{path.relative_to(ROOT)}:{value.lineno}: {{{told}}}{follows.value[:20]}"


@pytest.mark.parametrize("room", ["ain", "couriers", "console"])
def test_one_of_something_is_not_said_in_the_plural(room):
    assert [said for path in sorted((ROOT / room).rglob("*.py")) for said in uncounted(path)] == []
