"""What `ain run` shows: the table of calls, ladders, JSON, the capture and the report.

Source: interfaces.md section 3, D-007.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from ain_scp.ssp_sim.lab import Lab, Summary
from ain_scp.ssp_sim.record import CallRecord, WireMessage
from ain_scp.ssp_sim.result import CallForm, call_form, time_text
from ain_scp.ssp_sim.scenario import Scenario
from ain_scp.terms.digits import spaced


class _Leg(msgspec.Struct):
    """What the table shows of a decision."""

    ctc: int
    route: dict[str, msgspec.Raw]
    response: dict[str, msgspec.Raw]


class _Report(msgspec.Struct):
    calls: list[CallForm]
    summary: Summary


def print_json(lab: Lab, summary: Summary) -> None:
    """The whole result as one JSON object."""
    report = _Report([call_form(record) for record in lab.records], summary)
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


def print_table(records: Sequence[CallRecord], summary: Summary) -> None:
    """One line per call, failures beneath it, and the summary; calls that were not kept are only counted."""
    if records:
        _print_calls(records)
    else:
        for status, count in summary.statuses.items():
            click.echo(f"{count:>9}  {status}")
    for failure in summary.failures:
        click.echo(f"  run: {failure}")
    click.echo(
        f"{summary.calls} calls: {summary.ok} as expected, {summary.failed} not; "
        f"{summary.queries} queries answered, {summary.messages} messages over {summary.transport}"
        + (f", {summary.messages_lost} lost" if summary.messages_lost else "")
    )


def _print_calls(records: Sequence[CallRecord]) -> None:
    head = f"{'':2}{'call':<14}{'from':<14}{'dialed':<22}{'CTC':>4}  {'facility':<18}{'AMAslpID':<11}{'status':<28}"
    click.echo(head.rstrip())
    for record in records:
        click.echo(_row(record))
        for failure in record.failures:
            click.echo(f"    {failure}")


def _row(record: CallRecord) -> str:
    mark = click.style("x ", fg="red") if record.failures else click.style("+ ", fg="green")
    ctc, slp = "", ""
    if record.legs:
        leg = msgspec.json.decode(record.legs[0], type=_Leg)
        ctc = str(leg.ctc)
        slp = msgspec.json.decode(leg.response["ama_slp_id"], type=str | None) or ""
    seized = [f"{one.facility} {one.id}" if one.id else one.facility for one in record.leg_facilities]
    if record.facility is None:
        seized = []
    facility = " > ".join(seized).replace("TRUNK ", "").replace("CARRIER ", "carrier ")
    dialed = record.dialed if len(record.dialed) < 21 else record.dialed[:20] + "~"
    row = f"{record.id:<14}{spaced(record.calling):<14}{dialed:<22}{ctc:>4}  {facility:<18}{slp:<11}{record.status:<28}"
    return mark + row.rstrip()


_LEFT_OUT = frozenset({
    "package", "transaction", "userID", "bearerCapability", "lata", "triggerCriteriaType", "chargeNumber",
    "chargeNumber NON", "callingPartyID NON", "callingPartyNumber NON", "collectedAddressInfo NON",
    "redirectionInformation", "CIC", "LATA",
})  # fmt: skip
"""Fields that every message has or that repeat another one: shown with `--fields all` only."""


def brief(message: WireMessage) -> WireMessage:
    """The message with the fields a person looks for first."""
    kept = tuple(field for field in message.fields if field[0] not in _LEFT_OUT)
    return msgspec.structs.replace(message, fields=kept)


def ladders(
    records: Sequence[CallRecord],
    only: tuple[str, ...],
    mermaid: bool,
    *,
    transit: bool,
    every_field: bool,
    err: bool = False,
) -> None:
    """The ladder of every call, or of those named; on stderr when stdout is for something else."""
    from ain_scp.ssp_sim.ladder import ladder
    from ain_scp.ssp_sim.ladder import mermaid as as_mermaid

    for record in records:
        if only and record.id not in only:
            continue
        click.echo(
            f"{record.id}  {spaced(record.calling)} dials {record.dialed}  {time_text(record.placed_ns)[:19]}",
            err=err,
        )
        messages = record.messages if every_field else tuple(brief(message) for message in record.messages)
        click.echo(as_mermaid(messages) if mermaid else ladder(messages, transit=transit), err=err)


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


def write_report(lab: Lab, plan: Scenario, summary: Summary, target: Path) -> None:
    """Write the HTML page."""
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
                ("as expected", str(summary.ok)),
                ("not", str(summary.failed)),
                *statuses,
            ),
            failures=summary.failures,
            latency=lab.latency if lab.latency.count else None,
            decode=message_tree,
        )
    )
    target.write_text(page, encoding="utf-8")
