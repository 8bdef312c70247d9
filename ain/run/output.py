"""What `ain run` shows: the table of calls, ladders, JSON, the capture and the report.

Source: interfaces.md section 3, D-007.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import writing
from ain_scp.ain.streams import terminal_width
from ain_scp.ain.words import counted
from ain_scp.api.playing import brief
from ain_scp.reports.text import table
from ain_scp.ssp_sim.lab import Lab
from ain_scp.ssp_sim.record import CallRecord, WireMessage
from ain_scp.ssp_sim.result import CallForm, Summary, call_form, time_text
from ain_scp.ssp_sim.scenario import Scenario
from ain_scp.terms.digits import spaced

MOST_LISTED: Final = 50
"""Of more calls only the failing ones get a line, unless every line is asked for."""


class _Leg(msgspec.Struct):
    """What the table shows of a decision; one of a service beside the dialing plan's has an outcome and no call type code."""

    response: dict[str, msgspec.Raw]
    ctc: int | None = None
    outcome: str = ""


class Done(NamedTuple):
    """One scenario that was run."""

    plan: Scenario
    lab: Lab
    summary: Summary

    @property
    def name(self) -> str:
        """Its title, else its file's name."""
        return self.plan.title or Path(self.plan.file).name

    @property
    def failed(self) -> bool:
        """Whether any expectation did not hold."""
        return bool(self.summary.failed or self.summary.unmet)


class RunForm(msgspec.Struct):
    """One run as JSON."""

    scenario: str
    calls: list[CallForm]
    summary: Summary


class RunsForm(msgspec.Struct):
    """Several runs as JSON."""

    runs: list[RunForm]


def print_json(done: Sequence[Done]) -> None:
    """The whole result as one JSON object; several scenarios are `runs`."""
    runs = [
        RunForm(one.plan.file, [call_form(record) for record in one.lab.records], one.summary) for one in done
    ]
    write_json(runs[0] if len(runs) == 1 else RunsForm(runs))


def print_table(done: Done, *, headed: bool, listed: bool) -> None:
    """One line per call, failures beneath it, and the summary; of many calls the failing ones, unless all are asked for."""
    records, summary = done.lab.records, done.summary
    if headed:
        click.echo(f"{done.name} ({done.plan.file})")
    shown = records if listed or len(records) <= MOST_LISTED else [one for one in records if one.unmet]
    if shown:
        _print_calls(shown)
    if len(shown) < summary.calls:
        for status, count in summary.statuses.items():
            click.echo(f"{count:>9,}  {status}")
    for failure in summary.failures:
        click.echo(f"  run: {failure}")
    lost = f", {summary.messages_lost} lost" if summary.messages_lost else ""
    click.echo(
        f"{counted(summary.calls, 'call')}: {summary.ok} passed, {summary.failed} failed; "
        f"{counted(summary.expected, 'expectation')}, {counted(summary.queries, 'query', 'queries')} answered, "
        f"{counted(summary.messages, 'message')} over {summary.transport}{lost}"
    )


def print_total(done: Sequence[Done]) -> None:
    """The last line of several scenarios."""
    failed = [one for one in done if one.failed]
    for one in failed:
        click.echo(f"failed: {one.name} ({one.plan.file})")
    click.echo(f"{counted(len(done), 'scenario')}: {len(done) - len(failed)} passed, {len(failed)} failed")


_HEAD = ("", "call", "from", "dialed", "CTC", "status", "facility", "AMAslpID")
_WIDEST_DIALED = 24


def _print_calls(records: Sequence[CallRecord]) -> None:
    lines = table(_HEAD, [_row(record) for record in records], numbers=(4,), width=terminal_width())
    click.echo(lines[0])
    for record, line in zip(records, lines[1:], strict=False):
        click.echo(click.style(line[:1], fg="red" if record.unmet else "green") + line[1:])
        for failure in record.failures:
            click.echo(f"    {failure}")
    for line in lines[1 + len(records) :]:
        click.echo(line)


def _row(record: CallRecord) -> tuple[str, ...]:
    ctc, slp = "", ""
    if record.legs:
        leg = msgspec.json.decode(record.legs[0], type=_Leg)
        ctc = leg.outcome if leg.ctc is None else str(leg.ctc)
        slp = msgspec.json.decode(leg.response["ama_slp_id"], type=str | None) or ""
    seized = [f"{one.facility} {one.id}" if one.id else one.facility for one in record.leg_facilities]
    if record.facility is None:
        seized = []
    facility = " > ".join(seized).replace("TRUNK ", "").replace("CARRIER ", "carrier ")
    dialed = (
        record.dialed if len(record.dialed) <= _WIDEST_DIALED else record.dialed[: _WIDEST_DIALED - 1] + "…"
    )
    return (
        "x" if record.unmet else "+", record.id, spaced(record.calling), dialed, ctc, record.status, facility, slp,
    )  # fmt: skip


def write_files(
    done: Done,
    pcap: Path | None,
    framing: str,
    trace: Path | None,
    report: Path | None,
    queries: Path | None,
    *,
    measured: bool,
) -> None:
    """The files of one run that are asked for."""
    plan, lab, summary = done
    if pcap is not None:
        with writing(pcap) as place:
            write_capture(lab, place, framing)
    if trace is not None:
        with writing(trace) as place:
            write_trace(lab, plan, place)
    if report is not None:
        with writing(report) as place:
            write_report(lab, plan, summary, place, measured=measured)
    if queries is not None:
        from ain_scp.ain.run.queries import write_queries

        with writing(queries) as place:
            write_queries(lab, place)


def ladders(
    records: Sequence[CallRecord],
    only: tuple[str, ...],
    mermaid: bool,
    *,
    transit: bool,
    fields: str,
    err: bool = False,
) -> None:
    """The ladder of every call, or of those named; on stderr when stdout is for something else.

    `fields` is key, all, or octets (all, and the message in hex).
    """
    from ain_scp.ssp_sim.ladder import ladder
    from ain_scp.ssp_sim.ladder import mermaid as as_mermaid

    for record in records:
        if only and record.id not in only:
            continue
        click.echo(
            f"{record.id}  {spaced(record.calling)} dials {record.dialed}  {time_text(record.placed_ns)[:19]}",
            err=err,
        )
        shown = {"key": brief, "octets": _with_octets}.get(fields)
        messages = record.messages if shown is None else tuple(map(shown, record.messages))
        click.echo(as_mermaid(messages) if mermaid else ladder(messages, transit=transit), err=err)


def _with_octets(message: WireMessage) -> WireMessage:
    """The message with its octets as the last field, if it has any."""
    octets = (("octets", message.octets.hex()),) if message.octets else ()
    return msgspec.structs.replace(message, fields=(*message.fields, *octets))


def all_messages(lab: Lab) -> list[WireMessage]:
    """Every message of a run in the order it was sent."""
    return sorted(
        (message for record in lab.records for message in record.messages), key=lambda one: one.number
    )


def write_capture(lab: Lab, target: Path, framing: str) -> None:
    """Write the run as pcap, or pcapng by the file's ending."""
    from ain_scp.ssp_sim.capture.run import RunCapture
    from ain_scp.ssp_sim.capture.writer import CaptureWriter, FileFormat

    with target.open("wb") as stream:
        form: FileFormat = "pcapng" if target.suffix == ".pcapng" else "pcap"
        writer = CaptureWriter(stream, form, "udp" if framing == "udp" else "sctp")
        RunCapture(writer).write_all(all_messages(lab))
        writer.close()


def write_trace(lab: Lab, plan: Scenario, target: Path) -> None:
    """Write the run as our own trace."""
    from ain_scp.ssp_sim.trace import VERSION, TraceHead, TraceWriter

    with target.open("wb") as stream:
        TraceWriter(stream, TraceHead(VERSION, plan.title, str(plan.dataset), lab.seed)).records(lab.records)


def write_report(lab: Lab, plan: Scenario, summary: Summary, target: Path, *, measured: bool) -> None:
    """Write the HTML page; with what was measured on this machine it is another page each time."""
    from ain_scp.signaling.mtp3 import format_point_code
    from ain_scp.ssp_sim.fields.tree import message_tree
    from ain_scp.ssp_sim.report import Run, render

    statuses = tuple((status, str(count)) for status, count in summary.statuses.items())
    page = render(
        Run(
            title=plan.title or Path(plan.file).name,
            calls=lab.records,
            kinds={**lab.world.network.kinds, "SCP": "SCP"},
            facts=(("data set", plan.dataset), ("transport", summary.transport), ("seed", str(summary.seed))),
            summary=(
                ("calls", str(summary.calls)),
                ("passed", str(summary.ok)),
                ("failed", str(summary.failed)),
                *statuses,
            ),
            failures=summary.failures,
            latency=lab.latency if measured and lab.latency.count else None,
            decode=message_tree,
            point_codes={
                name: format_point_code(code) for name, code in lab.world.network.point_codes.items()
            },
            associations=lab.associations(),
        )
    )
    target.write_text(page, encoding="utf-8")
