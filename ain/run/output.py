"""What `ain run` shows: the table of calls, ladders, JSON, the capture and the report.

Source: interfaces.md section 3, D-007.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from ain_scp.ain.everywhere import is_quiet, is_verbose
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import write_file, writing
from ain_scp.ain.run.tally import Tally
from ain_scp.ain.streams import terminal_width
from ain_scp.ain.words import counted
from ain_scp.api.playing import brief
from ain_scp.reports.text import table
from ain_scp.scp.service_logic.decision_json import StepForm
from ain_scp.signaling.mtp3 import format_point_code
from ain_scp.ssp_sim.lab import SCP, Lab
from ain_scp.ssp_sim.ladder import Look, ladder
from ain_scp.ssp_sim.ladder import mermaid as as_mermaid
from ain_scp.ssp_sim.record import CallRecord, WireMessage
from ain_scp.ssp_sim.result import CallForm, Summary, call_form, time_text
from ain_scp.ssp_sim.scenario import Scenario
from ain_scp.terms.digits import spaced
from ain_scp.transport.loopback import Carried

MOST_LISTED: Final = 50
"""Of more calls only the failing ones get a line, unless every line is asked for."""


class _Leg(msgspec.Struct):
    """What the table shows of a decision; one of a service beside the dialing plan's has an outcome and no call type code."""

    response: dict[str, msgspec.Raw]
    ctc: int | None = None
    outcome: str = ""


class _Steps(msgspec.Struct):
    """The steps of a decision."""

    steps: list[StepForm]


class Done(NamedTuple):
    """One scenario that was run."""

    plan: Scenario
    lab: Lab
    summary: Summary
    tally: Tally

    @property
    def name(self) -> str:
        """Its title, else its file's name."""
        return self.plan.title or Path(self.plan.file).name

    @property
    def failed(self) -> bool:
        """Whether any expectation did not hold."""
        return bool(self.summary.failed or self.summary.unmet)


class NetworkForm(msgspec.Struct):
    """What a report says of the network: what each node is, its point code as written, and what SCTP carried."""

    kinds: dict[str, str]
    point_codes: dict[str, str]
    associations: tuple[Carried, ...]


class RunForm(msgspec.Struct):
    """One run as JSON. `title` is the scenario's, else its file's name."""

    scenario: str
    title: str
    dataset: str
    calls: list[CallForm]
    summary: Summary
    network: NetworkForm


class RunsForm(msgspec.Struct):
    """Several runs as JSON."""

    runs: list[RunForm]


def print_json(done: Sequence[Done]) -> None:
    """The whole result as one JSON object; several scenarios are `runs`."""
    runs = [run_form(one, [call_form(record) for record in one.lab.records]) for one in done]
    write_json(runs[0] if len(runs) == 1 else RunsForm(runs))


def run_form(done: Done, calls: list[CallForm]) -> RunForm:
    """A run as JSON, with these calls."""
    world = done.lab.world.network
    codes = {name: format_point_code(code) for name, code in world.point_codes.items()}
    network = NetworkForm({**world.kinds, SCP: SCP}, codes, done.lab.associations())
    return RunForm(done.plan.file, done.name, str(done.plan.dataset), calls, done.summary, network)


def print_table(done: Done, *, headed: bool, listed: bool) -> None:
    """One line per call, failures beneath it, and the summary; of many calls the failing ones, unless all are asked for."""
    records, summary = done.lab.records, done.summary
    if is_quiet():
        _print_calls([one for one in records if one.unmet])
        for failure in summary.failures:
            click.echo(f"  run: {failure}")
        return
    if headed:
        click.echo(f"{done.name} ({done.plan.file})")
    shown = records if listed or len(records) <= MOST_LISTED else [one for one in records if one.unmet]
    _print_calls(shown)
    if len(shown) < summary.calls:
        for status, count in summary.statuses.items():
            click.echo(f"{count:>9,}  {status}")
        for line in done.tally.lines(done.lab, terminal_width()):
            click.echo(line)
    for failure in summary.failures:
        click.echo(f"  run: {failure}")
    lost = f", {summary.messages_lost} lost" if summary.messages_lost else ""
    click.echo(
        f"{counted(summary.calls, 'call')}: {summary.ok} passed, {summary.failed} failed; "
        f"{counted(summary.expected, 'expectation')}, {counted(summary.queries, 'query', 'queries')} answered, "
        f"{counted(summary.messages, 'message')} over {summary.transport}{lost}"
    )


def print_total(done: Sequence[Done]) -> None:
    """The last lines of several scenarios; of those that failed only with `-q`."""
    failed = [one for one in done if one.failed]
    for one in failed:
        click.echo(f"failed: {one.name} ({one.plan.file})")
    if is_quiet():
        return
    click.echo(f"{counted(len(done), 'scenario')}: {len(done) - len(failed)} passed, {len(failed)} failed")


_HEAD = ("", "call", "from", "dialed", "CTC", "status", "facility", "AMAslpID")
_WIDEST_DIALED = 24


def _print_calls(records: Sequence[CallRecord]) -> None:
    if not records:
        return
    lines = table(_HEAD, [_row(record) for record in records], numbers=(4,), width=terminal_width())
    click.echo(lines[0])
    for record, line in zip(records, lines[1:], strict=False):
        click.echo(click.style(line[:1], fg="red" if record.unmet else "green") + line[1:])
        for told in (*record.failures, *(_reasons(record) if is_verbose() else ())):
            click.echo(f"    {told}")
    for line in lines[1 + len(records) :]:
        click.echo(line)


def _reasons(record: CallRecord) -> Iterator[str]:
    """Of each decision the last step that a row decided."""
    for leg in record.legs:
        steps = msgspec.json.decode(leg, type=_Steps).steps
        last = next((step for step in reversed(steps) if step.row), None)
        if last is not None:
            yield f"{last.step}: {last.found} [{last.row}]"


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
    plan, lab = done.plan, done.lab
    if pcap is not None:
        with writing(pcap) as place:
            write_capture(lab, place, framing)
    if trace is not None:
        with writing(trace) as place:
            write_trace(lab, plan, place)
    if report is not None:
        from ain_scp.ain.run.report import page_of

        latency = lab.latency if measured and lab.latency.count else None
        write_file(report, page_of(run_form(done, []), lab.records, latency))
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
    look: Look,
    err: bool = False,
) -> None:
    """The ladder of every call, or of those named; on stderr when stdout is for something else.

    `fields` is key, all, or octets (all, and the message in hex).
    """
    for record in records:
        if only and record.id not in only:
            continue
        click.echo(
            f"{record.id}  {spaced(record.calling)} dials {record.dialed}  {time_text(record.placed_ns)[:19]}",
            err=err,
        )
        shown = {"key": brief, "octets": _with_octets}.get(fields)
        messages = record.messages if shown is None else tuple(map(shown, record.messages))
        drawn = as_mermaid(messages) if mermaid else ladder(messages, look=look, transit=transit)
        click.echo(drawn, err=err)


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
