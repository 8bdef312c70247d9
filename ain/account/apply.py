"""`ain account apply`: event lines in virtual time, result lines on stdout.

The whole file is read once for problems, then once more to be played: a file with a bad line has no effect. With a
directory a result is written when its record is durable.

Source: charging.md 9.2.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from ain_scp.ain.account.books import charged_snapshot, engine_of
from ain_scp.ain.account.place import Place
from ain_scp.ain.account.shared import books_of
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.progress import progress_of_file
from ain_scp.billing.charging import lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.ledger.durable import DurableLedger
from ain_scp.billing.ledger.machine import Ledger

MOST_PROBLEMS: Final = 50
GROUP: Final = 256


def apply(dataset: Path, events: Path, directory: Place | None, *, trace: bool, strict: bool) -> bool:
    """Play a file; whether every line was done (always true without `strict`)."""
    snapshot = charged_snapshot(dataset)
    first_ms = check(events)
    try:
        with events.open("rb") as stream:
            if directory is None:
                return _play(
                    engine_of(snapshot, Ledger(), trace=trace, now_ms=first_ms), stream, strict=strict
                )
            books = books_of(directory)
            if books.shared and books.exists and not books.virtual:
                raise Trouble(f"{books.root}: nodes serve this ledger, and its time is the wall clock's")
            books.make(dataset)
            with books.opened() as ledger:
                return _play(engine_of(snapshot, ledger, trace=trace, now_ms=first_ms), stream, strict=strict)
    except OSError as fault:
        raise file_trouble(events, fault) from None


def check(events: Path) -> int:
    """Read the file for problems, all reported with their lines; the instant of the first line."""
    problems: list[str] = []
    zoned: set[bool] = set()
    first_ms = read = 0
    try:
        with events.open("rb") as stream:
            for number, octets in numbered(stream):
                try:
                    moment = lines.read(octets, number).moment
                    zoned.add(moment.zoned)
                    first_ms = first_ms or moment.at_ms
                    read += 1
                except lines.LineFault as fault:
                    problems.append(f"{events}:{number}: {fault}")
    except OSError as fault:
        raise file_trouble(events, fault) from None
    if len(zoned) > 1:
        problems.append(f"{events}: at: some lines carry an offset and some do not; write all one way")
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise Trouble("\n".join(problems[:MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])))
    if not read:
        raise Trouble(f"{events}: no event line in it, so nothing was played")
    return first_ms


def numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers."""
    for number, octets in enumerate(stream, 1):
        if octets.strip():
            yield number, octets


def _play(engine: Engine, stream: BinaryIO, *, strict: bool) -> bool:
    refused, zoned, held = False, False, 0
    out: list[bytes] = []
    with progress_of_file(stream, "lines", show=True) as count:
        for number, octets in numbered(stream):
            line = lines.read(octets, number)
            zoned = line.moment.zoned
            for said in lines.play(engine, line):
                refused = refused or b',"ok":false' in said
                out.append(said)
            count()
            held += 1
            if held == GROUP:
                _write(engine, out)
                held = 0
        out += lines.finish(engine, zoned=zoned)
        _write(engine, out)
    return not (strict and refused)


def _write(engine: Engine, out: list[bytes]) -> None:
    """Make durable, then say."""
    ledger = engine.desk.ledger
    if isinstance(ledger, DurableLedger):
        ledger.commit(ledger.now_ms)
    if out:
        sys.stdout.buffer.write(b"\n".join(out) + b"\n")
        sys.stdout.buffer.flush()
    out.clear()
