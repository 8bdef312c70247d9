"""A file of usage lines: one result line each, in order; constant memory.

A line that cannot be understood is named with its place and gets a result of its own, and the next one is read.

Source: charging design 9.1, 9.3.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import versioned
from ain_scp.ain.progress import progress_of_file
from ain_scp.ain.rate.page import page
from ain_scp.ain.words import counted
from ain_scp.billing.rating.forms import Refused, Result, UsageFault, UsageLine, answer
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot

LONGEST_LINE: Final = 64 * 1024
MOST_NAMED: Final = 20


class Unreadable(msgspec.Struct, frozen=True):
    """The result of a line that cannot be understood."""

    line: int
    reason: str
    error: str
    ok: bool = False


def rate_lines(snapshot: Snapshot, charging: Charging, source: Path, *, explain: bool) -> int:
    """Write every result; the exit code is 2 when a line could not be understood, 1 when one has no price."""
    encoder = msgspec.json.Encoder()
    write = sys.stdout.buffer.write
    rated = refused = unreadable = 0
    try:
        with _open(source) as lines, progress_of_file(lines, "lines", show=True) as count:
            for asked, result in results(snapshot, charging, lines):
                count()
                rated += 1
                if isinstance(result, Unreadable):
                    unreadable += 1
                    if unreadable <= MOST_NAMED:
                        click.echo(f"{source}:{result.line}: 1: {result.error} (usage)", err=True)
                refused += isinstance(result, Refused)
                if explain and asked is not None and not isinstance(result, Unreadable):
                    write(page(snapshot, charging, asked, result, explain=True).encode() + b"\n\n")
                else:
                    write(versioned(encoder.encode(result)) + b"\n")
    except OSError as fault:
        raise file_trouble(source, fault) from None
    sys.stdout.buffer.flush()
    if not rated:
        raise Trouble(f"{source}: no usage line in it, so nothing was rated")
    if unreadable > MOST_NAMED:
        click.echo(f"{source}: {counted(unreadable - MOST_NAMED, 'more line')} could not be used", err=True)
    return 2 if unreadable else int(refused > 0)


def results(
    snapshot: Snapshot, charging: Charging, lines: BinaryIO
) -> Iterator[tuple[UsageLine | None, Result | Unreadable]]:
    """Rate line by line; empty lines count and are passed over."""
    decoder = msgspec.json.Decoder(UsageLine)
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = lines.readline(LONGEST_LINE)
            yield None, Unreadable(number, "UNREADABLE", f"longer than {LONGEST_LINE} octets")
        elif line.strip():
            yield _result(snapshot, charging, decoder, line, number)


def _result(
    snapshot: Snapshot,
    charging: Charging,
    decoder: "msgspec.json.Decoder[UsageLine]",
    line: bytes,
    number: int,
) -> tuple[UsageLine | None, Result | Unreadable]:
    try:
        asked = decoder.decode(line)
        return asked, answer(snapshot, charging, asked, number)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, UsageFault) as fault:
        return None, Unreadable(number, "UNREADABLE", str(fault))


def _open(source: Path) -> BinaryIO:
    return sys.stdin.buffer if str(source) == "-" else source.open("rb")
