"""`ain explain DATASET`: decide one call, or a stream of them, and show why.

Source: interfaces.md sections 1 and 4, D-010.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from ain_scp.ain.dataset import open_program
from ain_scp.ain.explain.compare import Json
from ain_scp.ain.faults import file_trouble
from ain_scp.scp.service_logic.decision_json import (
    AnswerLine,
    QueryFault,
    QueryForm,
    QueryLine,
    answer_line,
    query_of,
)
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import BEARERS, MESSAGE_KINDS

LONGEST_LINE = 64 * 1024
EPILOG = """Examples: ain explain examples/golden --from 9258341234 --dial "7 9212000" |
ain explain examples/golden --queries calls.jsonl --json"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--from", "calling", metavar="N", help="Calling party number, 10 digits.")
@click.option("--dial", metavar="DIGITS", help='Access code and digits as dialed: "7 9212000".')
@click.option("--bearer", type=click.Choice(BEARERS), default="SPEECH", show_default=True)
@click.option("--at", metavar="ISO", help="Local time of the call, 2001-01-17T10:00:00 (default: now).")
@click.option("--trunk-group", metavar="ID", help="PBX trunk group the caller sits behind.")
@click.option(
    "--access-code", metavar="CODE", help="Access code, when --dial holds only the digits after it."
)
@click.option("--message", type=click.Choice(MESSAGE_KINDS), default="INFO_ANALYZED", show_default=True)
@click.option("--called", metavar="RTL", help="Host query: the ASF-RTL number that was called.")
@click.option("--original-called", metavar="N", help="Host query: the original called number.")
@click.option("--original-non", type=int, metavar="NON", help="Host query: its nature of number (3 or 4).")
@click.option(
    "--queries", type=click.Path(path_type=Path), metavar="FILE", help="JSON lines of queries; - = stdin."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="List the calls decided otherwise there.",
)
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the routing logic (.svg, .dot, text).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of percentage allocation.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per answer on stdout.")
def command(
    dataset: Path,
    calling: str | None,
    dial: str | None,
    bearer: str,
    at: str | None,
    trunk_group: str | None,
    access_code: str | None,
    message: str,
    called: str | None,
    original_called: str | None,
    original_non: int | None,
    queries: Path | None,
    against: Path | None,
    graph: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Decide calls and show every step, the row that decided it, and what would change it."""
    program = open_program(dataset)
    if queries is not None:
        other = None if against is None else open_program(against)
        sys.exit(
            _stream(program, queries, seed)
            if other is None
            else _review(program, other, queries, seed, as_json)
        )
    if against is not None:
        raise click.UsageError("--against needs --queries FILE")
    code, digits = _split(dial or "", access_code, trunk_group)
    form = QueryForm(
        message=message,
        trigger="TAT" if message == "TERMINATION_ATTEMPT" else "CDP_AC",
        calling_party=calling,
        time=at or _now(),
        trunk_group=trunk_group,
        access_code=code,
        dialed=digits,
        bearer=bearer,
        called_party=called,
        original_called_party=original_called,
        original_called_non=original_non,
    )
    sys.exit(_one(program, form, graph, as_json=as_json))


def _now() -> str:
    import datetime as dt

    return dt.datetime.now().replace(microsecond=0).isoformat()  # noqa: DTZ005 - local time on purpose


def _split(dial: str, access_code: str | None, trunk_group: str | None) -> tuple[str | None, str]:
    """`7 9212000` is an access code and digits; hyphens and further spaces are only for reading."""
    parts = dial.split(maxsplit=1)
    if access_code is not None or len(parts) < 2:
        digits = dial.replace(" ", "").replace("-", "")
        if access_code is None and trunk_group is None and digits:
            return digits[:1], digits[1:]
        return access_code, digits
    return parts[0], parts[1].replace(" ", "").replace("-", "")


def _one(program: Program, form: QueryForm, graph: Path | None, *, as_json: bool) -> int:
    from ain_scp.ain.explain.page import draw, page

    try:
        query = query_of(form)
    except QueryFault as fault:
        raise click.UsageError(str(fault)) from None
    trace = Trace()
    result = program.decide(query, trace)
    answer = answer_line(None, result, trace)
    if graph is not None:
        try:
            draw(program, query, graph)
        except OSError as fault:
            raise file_trouble(graph, fault) from None
    if as_json:
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    elif answer.error is not None:
        click.echo(f"no decision: {answer.error}", err=True)
    else:
        click.echo(page(program, query, answer))
    return 0 if answer.error is None else 2


def _stream(program: Program, source: Path, seed: int) -> int:
    """Answer a file of queries line by line, in order, in constant memory."""
    encoder = msgspec.json.Encoder()
    write = sys.stdout.buffer.write
    try:
        with _open(source) as lines:
            for number, answer in enumerate(_answers(program, lines, seed), 1):
                write(encoder.encode(answer) + b"\n")
                if number % 256 == 0:
                    sys.stdout.buffer.flush()
    except OSError as fault:
        raise file_trouble(source, fault) from None
    sys.stdout.buffer.flush()
    return 0


def _review(program: Program, other: Program, source: Path, seed: int, as_json: bool) -> int:
    """The calls of a file that the two data sets decide differently; exit 1 when there are any."""
    from ain_scp.ain.explain.compare import differences

    asked = changed = 0
    try:
        with _open(source) as lines:
            for first, second in _pairs(program, other, lines, seed):
                asked += 1
                before, after = (msgspec.to_builtins(answer) for answer in (first, second))
                found = differences(before.get("decision") or before, after.get("decision") or after)
                if found:
                    changed += 1
                    _tell(first.id if first.id is not None else asked, found, as_json)
    except OSError as fault:
        raise file_trouble(source, fault) from None
    click.echo(f"{asked} calls, {changed} decided otherwise", err=True)
    return 1 if changed else 0


def _tell(identity: str | int, found: dict[str, tuple[Json, Json]], as_json: bool) -> None:
    if as_json:
        line = {
            "id": identity,
            "differs": {field: {"before": old, "after": new} for field, (old, new) in found.items()},
        }
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    else:
        click.echo(
            f"{identity}: " + "; ".join(f"{field} {old!r} -> {new!r}" for field, (old, new) in found.items())
        )


def _pairs(
    program: Program, other: Program, lines: BinaryIO, seed: int
) -> Iterator[tuple[AnswerLine, AnswerLine]]:
    """Each line asked of both, with the same draw."""
    import io

    while line := lines.readline(LONGEST_LINE + 1):
        if line.strip():
            yield (
                next(_answers(program, io.BytesIO(line), seed)),
                next(_answers(other, io.BytesIO(line), seed)),
            )
            seed += 1


def _open(source: Path) -> BinaryIO:
    return sys.stdin.buffer if str(source) == "-" else source.open("rb")


def _answers(program: Program, lines: BinaryIO, seed: int) -> Iterator[AnswerLine]:
    import random

    chance = random.Random(seed)
    decoder = msgspec.json.Decoder(QueryLine)
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if not line.strip():
            continue
        draw = chance.randrange(10_000)
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = lines.readline(LONGEST_LINE)
            yield AnswerLine(None, error=f"line {number}: longer than {LONGEST_LINE} octets")
            continue
        yield _answer(program, decoder, line, number, draw)


def _answer(
    program: Program, decoder: "msgspec.json.Decoder[QueryLine]", line: bytes, number: int, draw: int
) -> AnswerLine:
    try:
        asked = decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        return AnswerLine(_id_of(line), error=f"line {number}: {fault}")
    try:
        query = query_of(asked.query, draw)
    except QueryFault as fault:
        return AnswerLine(asked.id, error=str(fault))
    trace = Trace()
    return answer_line(asked.id, program.decide(query, trace), trace)


class _IdOnly(msgspec.Struct):
    id: str | int | None = None


def _id_of(line: bytes) -> str | int | None:
    """The id of a line whose query is wrong, so that its error can still be matched."""
    try:
        return msgspec.json.decode(line, type=_IdOnly).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
