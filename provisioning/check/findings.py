"""Where the checks write down what they find: problems in any order, counted, bounded, sorted at the end.

A file of ten million wrong rows must not become ten million records: of each rule in each file the first `MOST` are
kept and one more line says how many there were.

Source: D-012, interfaces.md sections 1 and 2.
"""

import difflib
import functools
import itertools
from collections.abc import Iterable

from ain_scp.provisioning.problems import Problem

MOST = 1000
"""Problems kept per file, rule and severity."""

_SHOWN = 40
_COMPARED = 200


class Findings:
    """All the problems of one load."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._counts: dict[tuple[str, str, str], int] = {}
        self.errors = 0

    def error(self, file: str, line: int, column: int, text: str, rule: str) -> None:
        """Note an error: the data set will not be loaded."""
        self.errors += 1
        self._note(Problem(file, line, column, text, rule))

    def warn(self, file: str, line: int, column: int, text: str, rule: str) -> None:
        """Note a warning: legal but odd."""
        self._note(Problem(file, line, column, text, rule, "warning"))

    def more(self, file: str, rule: str, severity: str, count: int) -> None:
        """Count problems of which the first `MOST` were noted already."""
        if count:
            self.errors += count if severity == "error" else 0
            key = (file, rule, severity)
            self._counts[key] = self._counts.get(key, 0) + count

    def problems(self) -> tuple[Problem, ...]:
        """Everything found, by file, line and column; what was counted only comes last in its file."""
        rest = [
            Problem(file, 0, 0, f"{count - MOST} more problems of this rule in this file", rule, severity)
            for (file, rule, severity), count in self._counts.items()
            if count > MOST
        ]
        return tuple(sorted(set(self._kept))) + tuple(sorted(rest))

    def _note(self, problem: Problem) -> None:
        key = (problem.file, problem.rule, problem.severity)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count <= MOST:
            self._kept.append(problem)


def shown(value: object) -> str:
    """Write a value for a message: quoted, printable, never longer than a line.

    A TOML integer may have more digits than Python is willing to print; it is shown by its size.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN + 2 else f"{text[:_SHOWN]}..."


def named(key: str) -> str:
    """Write a key for a message: bare when it is a short plain one, else as a value."""
    return key if key.isascii() and key.isprintable() and 0 < len(key) <= _SHOWN + 24 else shown(key)


def hint(word: str, known: Iterable[str]) -> str:
    """Say `, did you mean X?` when a known word is close to `word`; else nothing."""
    close = _closest(word[:64], tuple(sorted(itertools.islice(known, _COMPARED))))
    return f", did you mean {close}?" if close else ""


@functools.lru_cache(maxsize=256)
def _closest(word: str, known: tuple[str, ...]) -> str:
    """Compare once: in a table of millions the same wrong word comes millions of times."""
    return next(iter(difflib.get_close_matches(word, known, n=1)), "")
