"""Lines of queries, one JSON object each: every one answered, or why it could not be asked.

Constant memory: a line is read, answered and forgotten.

Source: interfaces.md section 4, D-006.
"""

import random
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from ain_scp.api.differences import Json, differences
from ain_scp.scp.service_logic.asking import Line, answer_of
from ain_scp.scp.service_logic.decision_json import AnswerLine, QueryFault, QueryLine
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.trace import Trace

LONGEST_LINE: Final = 64 * 1024


class Asked(msgspec.Struct, frozen=True):
    """A line and what came of it: the answer, and whether it could be asked at all."""

    line: int
    answer: Line
    readable: bool


def pairs(program: Program, other: Program, lines: BinaryIO, seed: int) -> Iterator[tuple[Asked, Asked]]:
    """Each line asked of both, with the same draw."""
    chance = random.Random(seed)
    decoder = msgspec.json.Decoder(QueryLine)
    for number, line in _lines(lines):
        draw = chance.randrange(10_000)
        yield _asked(program, decoder, line, number, draw), _asked(other, decoder, line, number, draw)


def changes(before: Line, after: Line) -> dict[str, tuple[Json, Json]]:
    """What another data set decides differently, field by field; the error when only one of them decides."""
    if before.decision is None or after.decision is None:
        return {"error": (before.error, after.error)}
    return differences(msgspec.to_builtins(before.decision), msgspec.to_builtins(after.decision))


def _lines(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; one that is too long is cut, and so never a query."""
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        whole = line
        while len(whole) > LONGEST_LINE and line and not line.endswith(b"\n"):
            line = lines.readline(LONGEST_LINE)
        if whole.strip():
            yield number, whole


def answers(program: Program, lines: BinaryIO, seed: int) -> Iterator[Asked]:
    """What comes of each line that holds something."""
    chance = random.Random(seed)
    decoder = msgspec.json.Decoder(QueryLine)
    for number, line in _lines(lines):
        yield _asked(program, decoder, line, number, chance.randrange(10_000))


def _asked(
    program: Program, decoder: "msgspec.json.Decoder[QueryLine]", line: bytes, number: int, draw: int
) -> Asked:
    if len(line) > LONGEST_LINE:
        return Asked(number, AnswerLine(None, error=f"longer than {LONGEST_LINE} bytes"), readable=False)
    try:
        asked = decoder.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        return Asked(number, AnswerLine(_id_of(line), error=_what_is_wrong(fault)), readable=False)
    try:
        return Asked(number, answer_of(program, asked.id, asked.query, draw, Trace()), readable=True)
    except QueryFault as fault:
        return Asked(number, AnswerLine(asked.id, error=str(fault)), readable=False)


def _what_is_wrong(fault: Exception) -> str:
    """A sentence that says what a line needs."""
    text = str(fault)
    if "missing required field `query`" in text:
        return (
            'no "query" object; a line is {"id": ..., "query": {"message": ..., "calling_party": ..., ...}}'
        )
    return text


class _IdOnly(msgspec.Struct):
    id: str | int | None = None


def _id_of(line: bytes) -> str | int | None:
    """The id of a line whose query is wrong, so that its error can still be matched."""
    try:
        return msgspec.json.decode(line, type=_IdOnly).id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
