"""`ain run SCENARIO...`: build the network, start the SCP node, place the calls over the wire, check expectations.

Source: interfaces.md sections 1 and 3, D-005, D-007.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.ladders import ladder_options, look_of
from ain_scp.ain.mqtt_options import mqtt_options, optional_broker
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file, writing
from ain_scp.ain.pacing import pacer
from ain_scp.ain.run.choices import check_choices
from ain_scp.ssp_sim.ladder import Times

if TYPE_CHECKING:
    from ain_scp.ain.run.output import Done
    from ain_scp.ain.run.records import RunRecords
    from ain_scp.ain.run.tally import Tally
    from ain_scp.billing.ledger.durable import DurableLedger
    from ain_scp.provisioning.problems import Problem
    from ain_scp.provisioning.rows import DataSet
    from ain_scp.ssp_sim.lab import Lab
    from ain_scp.ssp_sim.live import Live
    from ain_scp.ssp_sim.record import CallRecord
    from ain_scp.ssp_sim.result import Summary
    from ain_scp.ssp_sim.scenario import Scenario

MQTT_WAIT_S = 3.0
EPILOG = """\b
Examples: ain run examples/golden/scenario.toml --ladder --call C01
          ain run examples/features/*.toml --junit features.xml
          ain run examples/golden/scenario.toml --pcap run.pcap --report run.html"""


@click.command(epilog=EPILOG)
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--transport",
    type=click.Choice(["udp", "memory", "sctp"]),
    default="udp",
    show_default=True,
    help="What carries every message: loopback sockets (SCTP of the kernel, else libusrsctp), or none.",
)
@click.option(
    "--pcap",
    type=OutputPath(),
    metavar="FILE",
    help="Write every message as a capture (.pcapng too).",
)
@click.option(
    "--pcap-framing",
    type=click.Choice(["sctp", "udp"]),
    show_default="sctp",
    help="What the capture shows below M3UA; tshark reads SCTP without an option.",
)
@click.option(
    "--trace",
    type=OutputPath(),
    metavar="FILE",
    help="Write messages and decisions with their paths (for ain replay, ain decode).",
)
@click.option("--report", type=OutputPath(), metavar="FILE.html", help="One self-contained page.")
@click.option(
    "--latency",
    is_flag=True,
    help="Add the SCP's answer times to --report; they differ from run to run, the rest of the page does not.",
)
@click.option("--ladder", is_flag=True, help="Print the message ladder of each call.")
@click.option("--mermaid", is_flag=True, help="Print the ladders as Mermaid sequence diagrams.")
@click.option(
    "--call", "only", multiple=True, metavar="ID", help="Ladder of this call only; may be repeated."
)
@click.option(
    "--fields",
    type=click.Choice(["key", "all", "octets"]),
    default="key",
    show_default=True,
    help="Fields in ladders; octets: all, and the message in hex.",
)
@ladder_options
@click.option("--all-hops", is_flag=True, help="Show the STPs in ladders too.")
@click.option("--list", "listed", is_flag=True, help="A line for every call, also of more than 50.")
@click.option(
    "--junit", type=OutputPath(), metavar="FILE.xml", help="Write the outcome as JUnit XML for a CI system."
)
@click.option("--github", is_flag=True, help="Print what did not hold as GitHub annotations, too.")
@click.option(
    "--queries-out",
    type=OutputPath(),
    metavar="FILE.jsonl",
    help="Write what the SCP was asked as query lines (for ain explain --queries).",
)
@click.option(
    "--otel",
    type=OutputPath(),
    metavar="FILE.jsonl",
    help="Write each call as a trace of OpenTelemetry (OTLP/JSON lines, docs/operations.md).",
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.option("--seed", type=int, help="Random seed (default: the scenario's).")
@click.option(
    "--speed", default="max", show_default=True, metavar="N|max", help="Playback speed: 1 = real time."
)
@click.option(
    "--live",
    "live_fd",
    type=click.IntRange(1),
    metavar="FD",
    help="Write frames and messages as JSON lines to this descriptor during the run (docs/console.md).",
)
@click.option("--top", is_flag=True, help="Show the run on the terminal while it runs; nothing in a pipe.")
@click.option(
    "--records",
    type=OutputPath(directory=True),
    metavar="DIR",
    help="Leave SMDR samples and AMA records in a new record directory (ain smdr, ain ama).",
)
@click.option(
    "--charging",
    "books",
    type=OutputPath(directory=True),
    metavar="DIR",
    help="Keep the ledger of a scenario with [charging] in a new directory (ain account).",
)
@click.option(
    "--scp-kind",
    type=click.Choice(["iscp", "lscp"]),
    show_default="iscp",
    help="How the SCP names calls in its samples: echo data or notification ID.",
)
@mqtt_options(required=False)
@click.pass_context
def command(
    ctx: click.Context,
    scenarios: tuple[Path, ...],
    transport: str,
    pcap: Path | None,
    pcap_framing: str | None,
    trace: Path | None,
    report: Path | None,
    latency: bool,
    ladder: bool,
    mermaid: bool,
    only: tuple[str, ...],
    fields: str,
    times: Times | None,
    width: int | None,
    all_hops: bool,
    listed: bool,
    junit: Path | None,
    github: bool,
    queries_out: Path | None,
    otel: Path | None,
    as_json: bool,
    seed: int | None,
    speed: str,
    live_fd: int | None,
    top: bool,
    records: Path | None,
    books: Path | None,
    scp_kind: Literal["iscp", "lscp"] | None,
    mqtt: str | None,
    mqtt_credentials: Path | None,
    mqtt_ca: Path | None,
    mqtt_certificate: Path | None,
    mqtt_key: Path | None,
) -> None:
    """Run scenarios over the wire; exit 1 if any expectation fails, 2 if any cannot be read."""
    from ain_scp.ain.run.junit import Suite, junit_text
    from ain_scp.ain.run.ledger import kept_ledger
    from ain_scp.ain.run.output import (
        Done,
        ladders,
        print_json,
        print_table,
        print_total,
        write_files,
    )
    from ain_scp.ain.run.tally import Tally

    at = optional_broker(mqtt, mqtt_credentials, mqtt_ca, mqtt_certificate, mqtt_key)
    check_choices(ctx.params)
    live = None
    if live_fd is not None:
        from ain_scp.ain.run.live import live_on

        live = live_on(live_fd)
    check_outputs()
    wanted = bool(
        pcap or trace or report or ladder or mermaid or as_json or junit or queries_out or otel or listed
    )
    done: list[Done] = []
    for plan, dataset in _read_all(scenarios, junit, github=github):
        pace = pacer(speed, plan.start_ns)
        keeper = None
        if records is not None:
            from ain_scp.ain.run.records import run_records

            chosen = plan.seed if seed is None else seed
            keeper = run_records(
                records, f"{plan.file}/{chosen}", plan.start_ns // 1_000_000, scp_kind or "iscp"
            )
        keep = wanted or not plan.traffic
        with kept_ledger(plan, books) as ledger, _shown(top=top) as seen:
            live = live or seen
            tally = Tally()
            lab, summary = _run(
                plan, dataset, transport, seed, pace, tally, keeper, ledger, keep=keep, live=live, speed=speed
            )
        done.append(Done(plan, lab, summary, tally))
        if not as_json:
            print_table(done[-1], headed=len(scenarios) > 1, listed=listed)
        if github:
            from ain_scp.ain.github import annotate_run

            annotate_run(plan.file, lab.records, summary.failures)
    if at is not None and records is not None:
        from ain_scp.ain.smdr.publish import publish_directory

        publish_directory(records, at, "broker", MQTT_WAIT_S)
    _check_names(only, done)
    write_files(done[0], pcap, pcap_framing or "sctp", trace, report, queries_out, measured=latency)
    if otel is not None:
        from ain_scp.ain.run.otel import write_traces

        plan = done[0].plan
        with writing(otel) as place:
            write_traces(
                done[0].lab.records,
                plan.title or Path(plan.file).name,
                plan.seed if seed is None else seed,
                place,
            )
    if junit is not None:
        suites = [Suite(one.name, one.lab.records, one.summary) for one in done]
        write_file(junit, junit_text(suites))
    for one in done if ladder or mermaid else ():
        look = look_of(times, width)
        ladders(one.lab.records, only, mermaid, transit=all_hops, fields=fields, look=look, err=as_json)
    if as_json:
        print_json(done)
    elif len(done) > 1:
        print_total(done)
    sys.exit(1 if any(one.failed for one in done) else 0)


@contextmanager
def _shown(*, top: bool) -> "Iterator[Live | None]":
    """What shows a run on the terminal while it runs, if asked for."""
    if not top:
        yield None
        return
    from ain_scp.ain.run.top import top_view
    from ain_scp.ssp_sim.live import Live

    with top_view() as view:
        yield Live(view.send, time.monotonic_ns)


def _check_names(only: tuple[str, ...], done: "list[Done]") -> None:
    known = {record.id for one in done for record in one.lab.records}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise click.UsageError(f"--call: no call of this run is named {', '.join(unknown)}")


def _read_all(
    paths: tuple[Path, ...], junit: Path | None, *, github: bool
) -> "list[tuple[Scenario, DataSet]]":
    """Read every scenario before any runs; Refused names every problem of all of them, and the JUnit file says so."""
    from ain_scp.ain.run.junit import Suite, junit_text
    from ain_scp.api.faults import InputError
    from ain_scp.api.playing import read_scenario

    read: list[tuple[Scenario, DataSet]] = []
    problems: list[Problem] = []
    refused: list[Suite] = []
    for path in paths:
        try:
            read.append(read_scenario(path))
        except InputError as fault:
            problems += fault.problems
            refused.append(Suite(path.name, error=str(fault)))
    if problems:
        if junit is not None:
            write_file(junit, junit_text(refused))
        if github:
            from ain_scp.ain.github import annotate_problems

            annotate_problems(problems)
        refuse(problems)
    return read


def _run(
    plan: "Scenario",
    dataset: "DataSet",
    transport: str,
    seed: int | None,
    pace: Callable[[int], None] | None,
    tally: "Tally",
    keeper: "RunRecords | None" = None,
    ledger: "DurableLedger | None" = None,
    *,
    keep: bool,
    live: "Live | None" = None,
    speed: str = "max",
) -> "tuple[Lab, Summary]":
    """Run; what cannot be run is reported, exit 2.

    Runs of traffic keep no messages or records unless an output asks for them: a run of any length fits in memory.
    """
    from ain_scp.ain.progress import progress_of
    from ain_scp.journal.faults import JournalFault
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.ssp_sim.lab import Lab, default_program
    from ain_scp.transport.loopback import LoopbackFault

    try:
        with progress_of(plan, show=not keep and live is None) as count:
            lab = Lab(
                plan,
                dataset,
                default_program if keeper is None else keeper.program,
                transport=transport,
                seed=seed,
                keep=keep,
                on_record=None if keep else partial(_finished, count, tally),
                clock=time.perf_counter_ns,
                records=keeper,
                ledger=ledger,
                on_message=None if live is None else live.message,
            )
            if live is not None:
                from ain_scp.ain.run.live import begin, paced

                begin(live, plan, lab)
                pace = paced(live, lab, speed, plan.start_ns)
            summary = lab.run(pace)
            for record in lab.records if keep else ():
                tally.add(record)
            if live is not None:
                live.frame(lab.kernel.now, lab.world)
            if keeper is not None:
                keeper.finish()
            return lab, summary
    except ProvisioningError as fault:
        refuse(fault.problems)
    except JournalFault as fault:
        where = f"{keeper.root}: " if keeper is not None and ledger is None else ""
        raise Trouble(f"{where}{fault}") from None
    except LoopbackFault as fault:
        raise Trouble(str(fault)) from None


def _finished(count: "Callable[[CallRecord], None]", tally: "Tally", record: "CallRecord") -> None:
    count(record)
    tally.add(record)
