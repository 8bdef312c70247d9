"""`ain replay CAPTURE DATASET`: ask what a capture asked, compare every answer parameter by parameter.

Source: D-006, interfaces.md section 1.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import versioned, write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.ain.replay.target import OverUdp
    from ain_scp.api.replay_target import InProcess
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.ssp_sim.capture.dissect import Message
    from ain_scp.ssp_sim.replay.opening import Recorded
    from ain_scp.ssp_sim.replay.player import Outcomes, Player, Report

FURTHEST_HOURS = 1_000_000
EPILOG = """\b
Examples: ain replay legacy.pcapng examples/golden --ignore aMASequenceNumber
          ain replay run.trace examples/golden --json
          ain replay day.pcap examples/golden --target udp://127.0.0.1:2905"""


@click.command(epilog=EPILOG)
@click.argument("capture", type=click.Path(path_type=Path))
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--target", metavar="udp://HOST:PORT", help="Ask this SCP instead of a node in this process.")
@click.option(
    "--speed",
    default="max",
    show_default=True,
    metavar="N|max",
    help="Captured seconds per second; 1.0 = as captured.",
)
@click.option("--ignore", default="", metavar="NAME,...", help="Parameters or operations that do not count.")
@click.option(
    "--called", default="", metavar="NUMBER,...",
    help="Ask only what the capture asks about these called numbers.",
)  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of percentage allocation.")
@click.option(
    "--utc-offset", type=float, default=0.0, show_default=True, metavar="HOURS",
    help="Local time of the switches minus the capture's clock.",
)  # fmt: skip
@click.option(
    "--local-times", is_flag=True,
    help="Captured times are local where each call began, as `ain run --pcap` and --trace write them.",
)  # fmt: skip
@click.option(
    "--timeout-ms",
    type=click.IntRange(1, 600_000),
    default=3000,
    show_default=True,
    help="How long --target may take for an answer.",
)
@click.option(
    "--strict", is_flag=True, help="An answer to a query that the capture leaves unanswered counts too."
)
@click.option("--html", type=OutputPath(), metavar="FILE", help="Write the outcome as one page.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object per answer, and the counts, on stdout."
)
def command(
    capture: Path,
    dataset: Path,
    target: str | None,
    speed: str,
    ignore: str,
    called: str,
    seed: int,
    utc_offset: float,
    local_times: bool,
    timeout_ms: int,
    strict: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Replay a capture (pcap, pcapng) or a trace of `ain run --trace`; exit 1 on any difference, 2 when nothing was compared.

    Every query is decided at its captured time; a server (--target) decides by its own clock. `-` reads the capture from standard input.
    """
    from ain_scp.ain.dataset import open_program
    from ain_scp.ain.replay.target import SilentTarget
    from ain_scp.ssp_sim.capture.frame import CaptureFault

    check_outputs()
    if not abs(utc_offset) <= FURTHEST_HOURS:  # NaN neither
        raise click.UsageError(f"--utc-offset {utc_offset}: at most {FURTHEST_HOURS} hours either way")
    if local_times and (utc_offset or target is not None):
        raise click.UsageError("--local-times goes with neither --utc-offset nor --target")
    program = open_program(dataset)
    names = _names(ignore)
    numbers = _numbers(called)
    with ExitStack() as stack:
        stream = _open(capture, stack)
        asked = _target(target, program, seed, None if local_times else utc_offset, timeout_ms)
        stack.callback(asked.close)
        try:
            report, kept, messages, times = _play(
                stream, asked, names, numbers, speed, as_json=as_json, keep=html is not None
            )
        except CaptureFault as fault:
            raise Trouble(f"{capture}: {fault}") from None
        except SilentTarget as silent:
            raise Trouble(f"--target {target}: {silent}") from None
    if html is not None:
        _write(html, capture, dataset, report, kept, times)
    if as_json:
        from ain_scp.ssp_sim.replay.player import ReportForm

        write_json(ReportForm(report))
    else:
        click.echo(_summary(report))
    compared = report.equal + report.different + report.missing + (report.extra if strict else 0)
    if not report.queries and report.others:
        others = counted(report.others, "query", "queries")
        click.echo(f"{capture}: none of {others} is about --called {called}", err=True)
    elif not report.queries:
        click.echo(f"{capture}: holds no {'query to an SCP' if messages else 'signaling message'}", err=True)
    elif not compared:
        click.echo(
            f"{capture}: 0 of {counted(report.queries, 'query', 'queries')} compared: no answer in it",
            err=True,
        )
    if not compared:
        sys.exit(2)
    sys.exit(1 if report.different or report.missing or (strict and report.extra) else 0)


def _open(capture: Path, stack: ExitStack) -> BinaryIO:
    if str(capture) == "-":
        from ain_scp.ain.decode.command import peekable

        return peekable(sys.stdin.buffer)
    try:
        return stack.enter_context(capture.open("rb"))
    except OSError as fault:
        raise file_trouble(capture, fault) from None


def _target(
    target: str | None, program: "Program", seed: int, utc_offset: float | None, timeout_ms: int
) -> "InProcess | OverUdp":
    from ain_scp.ain.replay.target import OverUdp
    from ain_scp.api.replay_target import InProcess

    if target is None:
        return InProcess(program, seed, utc_offset)
    host, colon, port = target.removeprefix("udp://").rpartition(":")
    host = host.strip("[]")
    if (
        not target.startswith("udp://")
        or not colon
        or not host
        or not port.isdecimal()
        or not 0 < int(port) < 65536
    ):
        raise click.UsageError(f"--target {target}: expected udp://HOST:PORT")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
    except OSError as fault:
        raise Trouble(f"--target {target}: {fault.strerror}") from None
    return OverUdp(str(found[0][4][0]), int(port), timeout_ms)


def _names(ignore: str) -> frozenset[str]:
    """The names that do not count; UsageError for one that no parameter and no operation has."""
    from ain_scp.ssp_sim.replay.meaning import is_name

    names = frozenset(name.strip() for name in ignore.split(",") if name.strip())
    for name in sorted(names):
        if not is_name(name):
            raise click.UsageError(f"--ignore {name}: no parameter and no operation has this name")
    if ignore and not names:
        raise click.UsageError("--ignore: expected names, separated by commas")
    return names


def _numbers(called: str) -> frozenset[str]:
    """The called numbers that are asked about, empty for all; UsageError for what is no number."""
    from ain_scp.terms.dialed import keyed

    try:
        numbers = frozenset(keyed(number) for number in called.split(",") if number.strip())
    except ValueError as fault:
        raise click.UsageError(f"--called {called}: {fault}") from None
    if called and not numbers:
        raise click.UsageError("--called: expected numbers, separated by commas")
    return numbers


def _play(
    stream: BinaryIO,
    target: "InProcess | OverUdp",
    names: frozenset[str],
    numbers: frozenset[str],
    speed: str,
    *,
    as_json: bool,
    keep: bool,
) -> "tuple[Report, list[Outcomes], int, tuple[int, ...]]":
    """Play a recording, telling each answer that is not equal (with --json every answer); how many messages it held; its first and last query's time, none without queries."""
    from ain_scp.ain.decode.command import left_out
    from ain_scp.ain.progress import progress_of_file
    from ain_scp.ssp_sim.capture.dialogues import Dialogues
    from ain_scp.ssp_sim.replay.opening import open_messages
    from ain_scp.ssp_sim.replay.page import MOST_ROWS
    from ain_scp.ssp_sim.replay.player import Player

    opened = open_messages(cast("Recorded", stream), by_time=True)
    player = Player(target, names, _pace(speed), numbers)
    kept: list[Outcomes] = []
    encoder = msgspec.json.Encoder()
    messages = 0
    times: tuple[int, ...] = ()

    def counted() -> "Iterator[Message]":
        nonlocal messages
        for message in opened.messages:
            messages += 1
            yield message

    with progress_of_file(stream, "answers", show=not (as_json and sys.stdout.isatty())) as count:
        for outcome in _outcomes(player, Dialogues().pair(counted())):
            count()
            seen = (*times, outcome.time_ns)
            times = min(seen), max(seen)
            if as_json:
                sys.stdout.buffer.write(versioned(encoder.encode(outcome)) + b"\n")
            elif outcome.judgement in ("different", "missing"):
                click.echo(_told(outcome))
            if keep and outcome.judgement != "equal" and len(kept) <= MOST_ROWS:
                kept.append(outcome)
    sys.stdout.flush()
    left_out(opened.dissector.left_out, opened.reader, opened.order.late)
    return player.report, kept, messages, times


def _outcomes(player: "Player", dialogues: "Iterator[object]") -> "Iterator[Outcomes]":
    from ain_scp.ssp_sim.capture.dialogues import Dialogue

    yield from player.play(cast("Iterator[Dialogue]", dialogues))


class _pace:  # noqa: N801 - a function with a memory
    """Waits until captured time may pass; the first query sets the clock."""

    def __init__(self, speed: str) -> None:
        from ain_scp.ain.pacing import pacer

        self._speed = speed
        self._wait = pacer(speed, 0)
        self._begun = False

    def __call__(self, at: int) -> None:
        from ain_scp.ain.pacing import pacer

        if not self._begun:
            self._begun = True
            self._wait = pacer(self._speed, at)
        if self._wait is not None:
            self._wait(at)


def _told(outcome: "Outcomes") -> str:
    """A difference for people."""
    from ain_scp.ssp_sim.ladder import printable

    head = f"packet {outcome.packet} {outcome.transaction} {outcome.calling} {outcome.operation}: {outcome.judgement}"
    lines = [
        f"  {one.operation} {one.parameter}: expected {one.expected or 'nothing'}, got {one.got or 'nothing'}"
        + (f"  [{one.row}]" if one.row else "")
        for one in outcome.differences
    ] or [f"  expected {outcome.expected or 'nothing'}, got {outcome.got or 'nothing'}"]
    return "\n".join(printable(line) for line in (head, *lines))


def _summary(report: "Report") -> str:
    queries = counted(report.queries, "query", "queries")
    parts = [f"{queries}: {report.equal} equal, {report.different} different, {report.missing} missing"]
    if report.extra:
        parts.append(f"{report.extra} answered here only (the capture shows no answer)")
    if report.unanswered:
        parts.append(f"{report.unanswered} unanswered on both sides")
    if report.others:
        parts.append(f"{counted(report.others, 'query', 'queries')} left out, about other numbers")
    if report.strays:
        parts.append(f"{report.strays} answers without query")
    lines = ["; ".join(parts)]
    lines += [
        f"  {name:<44}{count:>10}"
        for name, count in sorted(report.parameters.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "\n".join(lines)


def _write(
    target: Path,
    capture: Path,
    dataset: Path,
    report: "Report",
    kept: "list[Outcomes]",
    times: tuple[int, ...],
) -> None:
    from ain_scp.provisioning.digest import digest_of
    from ain_scp.ssp_sim.replay.page import replay_page
    from ain_scp.terms import localtime

    facts = [("capture", str(capture)), ("data set", str(dataset)), ("digest", digest_of(dataset))]
    if times:
        first, last = (localtime.text(time // 1_000_000_000) for time in times)
        facts.append(("captured queries", f"{first} to {last}, by the capture's clock"))
    write_file(target, replay_page(f"Replay of {capture.name}", report, kept, facts))
