"""A file of queries, line by line: every answer, or the calls that another data set decides differently.

Constant memory: a line is read, answered and forgotten. A line that cannot be asked is named, counted apart, and the next one
read; a review in which any line could not be used does not pass.

Source: interfaces.md section 4, D-006.
"""

import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
import msgspec

from ain_scp.ain.everywhere import note
from ain_scp.ain.faults import file_trouble
from ain_scp.ain.forms import versioned, write_json
from ain_scp.ain.words import counted
from ain_scp.api.lines import Asked, answers, changes, pairs
from ain_scp.scp.service_logic.asking import Line
from ain_scp.scp.service_logic.program import Program

MOST_NAMED: Final = 20


class Change(msgspec.Struct, frozen=True):
    """What another data set decides differently about one field."""

    before: Any  # any JSON
    after: Any


class Differs(msgspec.Struct, frozen=True):
    """One call that is decided differently, as JSON."""

    id: str | int | None
    line: int
    differs: dict[str, Change]


def stream(program: Program, source: Path, seed: int) -> int:
    """Answer every line, in order; the exit code is 2 when none could be decided."""
    encoder = msgspec.json.Encoder()
    write = sys.stdout.buffer.write
    asked = decided = 0
    try:
        with _open(source) as lines:
            for one in answers(program, lines, seed):
                write(versioned(encoder.encode(_placed(one))) + b"\n")
                asked += 1
                decided += one.answer.decision is not None
                if asked % 256 == 0:
                    sys.stdout.buffer.flush()
    except OSError as fault:
        raise file_trouble(source, fault) from None
    sys.stdout.buffer.flush()
    if decided < asked or not asked:
        click.echo(f"{source}: {decided} of {counted(asked, 'query', 'queries')} decided", err=True)
    return 0 if decided else 2


def _placed(one: Asked) -> Line:
    """An answer line; one for a line that could not be asked names that line."""
    if one.readable:
        return one.answer
    return msgspec.structs.replace(one.answer, error=f"line {one.line}: {one.answer.error}")


class Review:
    """The calls of a file that two data sets decide differently, and how many could be compared."""

    def __init__(self, source: Path, *, as_json: bool) -> None:
        self.asked = self.compared = self.changed = self.unreadable = self._named = 0
        self._source = source
        self._as_json = as_json

    def run(self, program: Program, other: Program, seed: int) -> int:
        """Compare; the exit code is 0 equal, 1 different, 2 when a line could not be used or nothing was compared."""
        try:
            with _open(self._source) as lines:
                for first, second in pairs(program, other, lines, seed):
                    self._judge(first, second)
        except OSError as fault:
            raise file_trouble(self._source, fault) from None
        sys.stdout.flush()
        left = self._named - MOST_NAMED
        if left > 0:
            click.echo(f"{self._source}: {counted(left, 'more line')} could not be used", err=True)
        said = f"{self.compared} of {counted(self.asked, 'query', 'queries')} compared: {self.changed} decided differently"
        if self.unreadable or not self.compared:
            click.echo(said, err=True)
            return 2
        note(said)
        return 1 if self.changed else 0

    def _judge(self, first: Asked, second: Asked) -> None:
        self.asked += 1
        before, after = first.answer, second.answer
        if before.decision is None and after.decision is None:
            self.unreadable += not first.readable
            self._named += 1
            if self._named <= MOST_NAMED:
                click.echo(f"{self._source}:{first.line}: {before.error}", err=True)
            return
        self.compared += 1
        found = changes(before, after)
        if found:
            self.changed += 1
            self._print(Differs(before.id, first.line, {name: Change(*pair) for name, pair in found.items()}))

    def _print(self, one: Differs) -> None:
        if self._as_json:
            write_json(one)
            return
        texts = [
            f"{field} {shown(change.before)} -> {shown(change.after)}"
            for field, change in one.differs.items()
        ]
        click.echo(f"{one.line if one.id is None else one.id}: {'; '.join(texts)}")


def shown(value: object) -> str:
    """A value of a decision for people."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "none"
    return str(value)


def _open(source: Path) -> BinaryIO:
    return sys.stdin.buffer if str(source) == "-" else source.open("rb")
