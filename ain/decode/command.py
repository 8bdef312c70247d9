"""`ain decode HEX|FILE|-`: a message or a recording down to each parameter, unknown ones kept.

Source: D-006, interfaces.md section 1.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json, write_line
from ain_scp.ain.ladders import ladder_options, look_of
from ain_scp.ain.words import counted
from ain_scp.ssp_sim.fields.tree import FORMS
from ain_scp.ssp_sim.ladder import Look, Times

if TYPE_CHECKING:
    from ain_scp.ain.decode.select import Selection
    from ain_scp.signaling.ain.describe import Line
    from ain_scp.ssp_sim.capture.dissect import Message
    from ain_scp.ssp_sim.capture.reader import CaptureReader
    from ain_scp.ssp_sim.replay.opening import Opened, Recorded
    from ain_scp.ssp_sim.trace import TraceReader

LONGEST_HEX = 1024 * 1024
EPILOG = """\b
Examples: ain decode e248c7040a000001e8...
          ain decode run.pcapng --from 9258341234 --ladder
          ain decode day.pcap --stats --json
          tcpdump -w - sctp | ain decode -"""


@click.command(epilog=EPILOG)
@click.argument("what", metavar="HEX|FILE|-")
@click.option(
    "--form", type=click.Choice(FORMS), help="What the hex begins with (default: found by its form)."
)
@click.option(
    "--from", "sender", metavar="WHO", help="Sent by this point code, address or node, or calling number."
)
@click.option("--operation", metavar="NAME", help="Messages with this operation or error only.")
@click.option("--transaction", metavar="HEX", help="Messages of this transaction id only.")
@click.option("--ladder", is_flag=True, help="The message ladder of each call.")
@ladder_options
@click.option("--stats", is_flag=True, help="Operations, response times, retransmissions, unanswered.")
@click.option(
    "--fields", is_flag=True, help="One tab-separated line for each message: quick, for big captures."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, one object a line.")
def command(
    what: str,
    form: str | None,
    sender: str | None,
    operation: str | None,
    transaction: str | None,
    ladder: bool,
    times: Times | None,
    width: int | None,
    stats: bool,
    fields: bool,
    as_json: bool,
) -> None:
    """Show a message (hex: M3UA, SCCP, TCAP or ISUP) or a capture (pcap, pcapng, our trace) down to each parameter."""
    from ain_scp.ain.decode.select import Selection
    from ain_scp.signaling.errors import DecodeError
    from ain_scp.ssp_sim.capture.frame import CaptureFault
    from ain_scp.ssp_sim.replay.opening import is_capture, open_messages

    if ladder + stats + fields > 1:
        raise click.UsageError("--ladder, --stats and --fields are three views: ask for one")
    if (times or width) and (as_json or not ladder):
        raise click.UsageError("--times and --width need --ladder, and are not for --json")
    selection = Selection(sender, operation, _identity(transaction))
    name = "standard input" if what == "-" else what
    try:
        with _open(what) as stream:
            if not is_capture(cast("Recorded", stream)):
                if ladder or stats or fields or not selection.everything:
                    raise click.UsageError(
                        f"{name[:80]}: neither a capture nor a trace, which views and filters need"
                    )
                _message(stream.read(2 * LONGEST_HEX), form, as_json=as_json)
                return
            if form is not None:
                raise click.UsageError("--form is for hex: what a capture holds stands in the capture")
            if fields and selection.everything and not as_json:
                from ain_scp.ain.decode.lines import quick_lines

                left_out(*quick_lines(stream))
                return
            opened = open_messages(cast("Recorded", stream), by_time=stats or ladder)
            if stats or ladder:
                shown = _dialogues(opened, selection, look_of(times, width), stats=stats, as_json=as_json)
            elif fields:
                from ain_scp.ain.decode.lines import chosen_lines

                shown = chosen_lines(opened, selection, as_json=as_json)
            else:
                shown = _messages(opened, selection, as_json=as_json)
            if not shown and not selection.everything:
                click.echo("no message matches", err=True)
            left_out(opened.dissector.left_out, opened.reader, opened.order.late)
    except (CaptureFault, DecodeError) as fault:
        sys.stdout.flush()
        raise Trouble(f"{name if len(name) < 80 else 'hex'}: {fault}") from None
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise file_trouble(name, fault) from None


def _identity(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 16)
    except ValueError:
        raise click.UsageError(f"--transaction {text}: expected a hexadecimal number") from None


def _open(what: str) -> BinaryIO:
    """The stream of an argument: standard input, a file, or the hex itself."""
    if what == "-":
        return peekable(sys.stdin.buffer)
    path = Path(what)
    if _is_file(path):
        return path.open("rb")
    if not _is_hex(what):
        named = "no such file" if "." in what or "/" in what else "neither a file nor hexadecimal octets"
        raise click.UsageError(f"{what[:80]}: {named}")
    return io.BufferedReader(io.BytesIO(what.encode()))


def peekable(stream: BinaryIO) -> BinaryIO:
    """A stream whose opening can be looked at."""
    return stream if hasattr(stream, "peek") else io.BufferedReader(cast("io.RawIOBase", stream))


def _is_file(path: Path) -> bool:
    """Whether a text is the name of a file; hex may be longer than any name can be."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_hex(text: str) -> bool:
    return bool(text.strip()) and set(text) <= set("0123456789abcdefABCDEFxX:- \t\r\n")


def _message(text: bytes, form: str | None, *, as_json: bool) -> None:
    """One message in hex."""
    from ain_scp.ssp_sim.fields.hex_text import octets_of
    from ain_scp.ssp_sim.fields.tree import form_of, tree_of

    octets = octets_of(text.decode("ascii", "backslashreplace"))
    _show(tree_of(octets, form or form_of(octets)), as_json=as_json)


def _show(line: "Line", *, as_json: bool) -> None:
    from ain_scp.signaling.ain.describe import text
    from ain_scp.ssp_sim.ladder import printable

    if as_json:
        write_json(line)
    else:
        click.echo("\n".join(printable(one) for one in text(line).split("\n")))


def _messages(opened: "Opened", selection: "Selection", *, as_json: bool) -> int:
    """Show the messages asked for; return how many."""
    shown = 0
    for message in opened.messages:
        if selection.wants(message):
            _one(message, as_json=as_json)
            shown += 1
    return shown


def _one(message: "Message", *, as_json: bool) -> None:
    from ain_scp.signaling.ain.describe import text
    from ain_scp.signaling.mtp3 import format_point_code
    from ain_scp.ssp_sim.capture.naming import payload_names
    from ain_scp.ssp_sim.fields.tree import address_text, tcap_tree, user_tree
    from ain_scp.ssp_sim.ladder import printable

    frame = message.frame
    tree = user_tree(message.si, message.payload) if message.called is None else tcap_tree(message.payload)
    opc, dpc = format_point_code(message.opc), format_point_code(message.dpc)
    if as_json:
        from ain_scp.ain.decode.forms import MessageForm

        called, calling = (
            None if address is None else address_text(address)
            for address in (message.called, message.calling)
        )
        write_line(
            MessageForm(
                frame.number, frame.time_ns, frame.offset, str(frame.source), str(frame.destination),
                opc, dpc, message.si, message.sls, message.kind, called, calling, message.return_cause, tree,
            )
        )  # fmt: skip
        return
    names = " + ".join(payload_names(message.payload)) if message.called is not None else tree.meaning
    head = f"#{frame.number} {_time(frame.time_ns)} {opc} to {dpc} {message.kind or 'SI ' + str(message.si)} {names}"
    click.echo(printable(head))
    click.echo("\n".join(printable(one) for one in text(tree, 1).split("\n")))


def _time(time_ns: int) -> str:
    from ain_scp.terms.localtime import text

    try:
        return f"{text(time_ns // 1_000_000_000)}.{time_ns // 1000 % 1_000_000:06d}"
    except (OverflowError, ValueError):
        return f"{time_ns} ns"


def _dialogues(opened: "Opened", selection: "Selection", look: Look, *, stats: bool, as_json: bool) -> int:
    """Ladders per call, or statistics, of the dialogues asked for; return how many."""
    from ain_scp.ssp_sim.capture.dialogues import Dialogue, Dialogues
    from ain_scp.ssp_sim.capture.statistics import Statistics

    paired: Iterator[Dialogue] = (
        dialogue for dialogue in Dialogues().pair(opened.messages) if selection.wants_dialogue(dialogue)
    )
    if not stats:
        return _ladders(paired, look, as_json=as_json)
    statistics = Statistics()
    for dialogue in paired:
        statistics.add(dialogue)
    _statistics(statistics, as_json=as_json)
    return statistics.dialogues


def _ladders(paired: "Iterator[object]", look: Look, *, as_json: bool) -> int:
    from ain_scp.ain.decode.forms import CallForm
    from ain_scp.ssp_sim.capture.dialogues import Dialogue
    from ain_scp.ssp_sim.capture.flow import flows
    from ain_scp.ssp_sim.ladder import ladder

    shown = 0
    for flow in flows(cast("Iterator[Dialogue]", paired)):
        shown += 1
        if as_json:
            bare = tuple(msgspec.structs.replace(one, octets=b"") for one in flow.messages)
            write_line(CallForm(flow.call, flow.outcome.value, bare))
        else:
            click.echo(f"call {flow.call}, {flow.outcome.value}")
            click.echo(ladder(flow.messages, look=look))
    return shown


def _statistics(statistics: object, *, as_json: bool) -> None:
    from ain_scp.ssp_sim.capture.statistics import ResponseTimes, Statistics

    summary = cast("Statistics", statistics).summary()
    if as_json:
        write_json(summary)
        return
    click.echo(
        f"{counted(summary.dialogues, 'dialogue')}, {counted(summary.messages, 'message')}, {summary.repeats} repeated, "
        f"{summary.unanswered} unanswered"
        + (f"; {counted(summary.relayed, 'copy', 'copies')} on other links" if summary.relayed else "")
    )
    for title, counts in (("outcome", summary.outcomes), ("operation", summary.operations)):
        click.echo(title)
        for name, count in counts.items():
            click.echo(f"  {name:<32}{count:>10}")

    def row(name: str, times: ResponseTimes) -> str:
        values = (times.minimum, *(value for _, value in times.percentiles), times.maximum)
        return f"  {name:<28}{times.count:>8}" + "".join(f"{value / 1e6:>10.3f}" for value in values)

    heads = ("count", "min", *(f"p{percent:g}" for percent, _ in summary.response.percentiles), "max")
    click.echo(f"response time, ms{'':<13}{heads[0]:>6}" + "".join(f"{head:>10}" for head in heads[1:]))
    click.echo(row("all", summary.response))
    for name, times in summary.by_operation.items():
        click.echo(row(name, times))


def left_out(unread: dict[str, int], reader: "CaptureReader | TraceReader", late: int = 0) -> None:
    """What of the recording gave no message, and how many frames stand too far from their place in time, on stderr."""
    left = dict(unread)
    truncation = getattr(reader, "truncation", None)
    counts = getattr(reader, "counts", None)
    if counts is not None:
        left |= {cause.value: count for cause, count in counts.causes.items()}
    if left:
        told = ", ".join(
            f"{count} {reason}" for reason, count in sorted(left.items(), key=lambda item: -item[1])
        )
        click.echo(f"left out: {told}", err=True)
    if late:
        click.echo(
            f"{counted(late, 'frame')} too far from {'its' if late == 1 else 'their'} place in time: "
            "sort the capture (reordercap) for complete dialogues",
            err=True,
        )
    if truncation is not None:
        click.echo(f"the file ends within its last record: {truncation}", err=True)
