"""`ain run SCENARIO`: build the network, start the SCP node, place the calls over the wire, check expectations.

Source: interfaces.md sections 1 and 3, D-005, D-007.
"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.mqtt_options import mqtt_options, optional_broker
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.pacing import pacer

if TYPE_CHECKING:
    from ain_scp.ain.run.records import RunRecords
    from ain_scp.provisioning.problems import Problem
    from ain_scp.provisioning.rows import DataSet
    from ain_scp.ssp_sim.lab import Lab, Summary
    from ain_scp.ssp_sim.scenario import Scenario

MQTT_WAIT_S = 3.0
EPILOG = "Example: ain run examples/golden/scenario.toml --ladder --call C01 --pcap c01.pcap"


@click.command(epilog=EPILOG)
@click.argument("scenario", type=click.Path(path_type=Path))
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
@click.option("--ladder", is_flag=True, help="Print the message ladder of each call.")
@click.option("--mermaid", is_flag=True, help="Print the ladders as Mermaid sequence diagrams.")
@click.option(
    "--call", "only", multiple=True, metavar="ID", help="Ladder of this call only; may be repeated."
)
@click.option(
    "--fields", type=click.Choice(["key", "all"]), default="key", show_default=True, help="Fields in ladders."
)
@click.option("--all-hops", is_flag=True, help="Show the STPs in ladders too.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON on stdout.")
@click.option("--seed", type=int, help="Seed of chance (default: the scenario's).")
@click.option(
    "--speed", default="max", show_default=True, metavar="N|max", help="Simulated seconds per second."
)
@click.option(
    "--records",
    type=OutputPath(directory=True),
    metavar="DIR",
    help="Leave SMDR samples and AMA records in a new record directory (ain smdr, ain ama).",
)
@click.option(
    "--scp-kind",
    type=click.Choice(["iscp", "lscp"]),
    default="iscp",
    show_default=True,
    help="How the SCP names calls in its samples: echo data or notification ID.",
)
@mqtt_options(required=False)
def command(
    scenario: Path,
    transport: str,
    pcap: Path | None,
    pcap_framing: str | None,
    trace: Path | None,
    report: Path | None,
    ladder: bool,
    mermaid: bool,
    only: tuple[str, ...],
    fields: str,
    all_hops: bool,
    as_json: bool,
    seed: int | None,
    speed: str,
    records: Path | None,
    scp_kind: Literal["iscp", "lscp"],
    mqtt: str | None,
    mqtt_credentials: Path | None,
    mqtt_ca: Path | None,
    mqtt_certificate: Path | None,
    mqtt_key: Path | None,
) -> None:
    """Run a scenario over the wire; exit 1 if any expectation fails."""
    from ain_scp.ain.run.output import (
        ladders,
        print_json,
        print_table,
        write_capture,
        write_report,
        write_trace,
    )

    at = optional_broker(mqtt, mqtt_credentials, mqtt_ca, mqtt_certificate, mqtt_key)
    if at is not None and records is None:
        raise click.UsageError("--mqtt needs --records DIR, where records wait until a broker has them")
    if not ladder and not mermaid and (only or all_hops or fields == "all"):
        raise click.UsageError("--call, --all-hops and --fields all need --ladder or --mermaid")
    _check_transport(transport, pcap, pcap_framing)
    check_outputs()
    plan, dataset = _read(scenario)
    pace = pacer(speed, plan.start_ns)
    keep = bool(pcap or trace or report or ladder or mermaid or as_json or not plan.traffic)
    keeper = None
    if records is not None:
        from ain_scp.ain.run.records import run_records

        chosen = plan.seed if seed is None else seed
        keeper = run_records(records, f"{plan.file}/{chosen}", plan.start_ns // 1_000_000, scp_kind)
    lab, summary = _run(plan, dataset, transport, seed, pace, keeper, keep=keep)
    if at is not None and records is not None:
        from ain_scp.ain.smdr.publish import publish_directory

        publish_directory(records, at, "broker", MQTT_WAIT_S)
    unknown = [name for name in only if all(record.id != name for record in lab.records)]
    if unknown:
        raise click.UsageError(f"--call: no call of this run is named {', '.join(unknown)}")
    if pcap is not None:
        _to_file(pcap, lambda: write_capture(lab, pcap, pcap_framing or "sctp"))
    if trace is not None:
        _to_file(trace, lambda: write_trace(lab, plan, trace))
    if report is not None:
        _to_file(report, lambda: write_report(lab, plan, summary, report))
    if ladder or mermaid:
        ladders(lab.records, only, mermaid, transit=all_hops, every_field=fields == "all", err=as_json)
    if as_json:
        print_json(lab, summary)
    else:
        print_table(lab.records, summary)
    sys.exit(1 if summary.failed or summary.failures else 0)


def _to_file(target: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as fault:
        raise file_trouble(target, fault) from None


def _read(path: Path) -> "tuple[Scenario, DataSet]":
    """Read the scenario and its data set; or tell every problem of both, and exit 2."""
    from ain_scp.provisioning.loader import load
    from ain_scp.provisioning.problems import Problem, ProvisioningError
    from ain_scp.ssp_sim.scenario import check_against, read
    from ain_scp.ssp_sim.scenario.reader import place_of

    try:
        plan, problems = read(path)
    except ProvisioningError as fault:
        _refuse(fault.problems)
    directory = Path(plan.dataset)
    if plan.dataset and not directory.is_dir():
        place = place_of(plan.places, ("dataset",))
        problems.append(Problem(plan.file, *place, f"dataset {directory} is no directory", "scenario-name"))
    if not plan.dataset or not directory.is_dir():
        _refuse(problems)
    loaded = load(directory)
    problems += [
        msgspec.structs.replace(problem, file=f"{directory}/{problem.file}")
        for problem in loaded.problems
        if problem.severity == "error"
    ]
    if loaded.dataset is not None:
        problems += [
            problem for problem in check_against(plan, loaded.dataset) if problem.severity == "error"
        ]
    if loaded.dataset is None or problems:
        _refuse(problems)
    return plan, loaded.dataset


def _check_transport(transport: str, pcap: Path | None, framing: str | None) -> None:
    """Refuse SCTP where there is none, a framing of no capture, and one that would say that SCTP was UDP."""
    if framing is not None and pcap is None:
        raise click.UsageError("--pcap-framing needs --pcap FILE")
    if transport != "sctp":
        return
    from ain_scp.scp.associations.driver import NoSctpError, sctp_here

    if framing == "udp":
        raise click.UsageError("--pcap-framing udp: with --transport sctp the capture is of SCTP")
    try:
        sctp_here()
    except NoSctpError as fault:
        raise click.UsageError(f"--transport sctp: {fault}") from None


def _refuse(problems: "Iterable[Problem]") -> NoReturn:
    for problem in sorted(problems):
        click.echo(problem, err=True)
    sys.exit(2)


def _run(
    plan: "Scenario",
    dataset: "DataSet",
    transport: str,
    seed: int | None,
    pace: Callable[[int], None] | None,
    keeper: "RunRecords | None" = None,
    *,
    keep: bool,
) -> "tuple[Lab, Summary]":
    """Run; what cannot be is told and exits 2.

    Runs of traffic keep no messages or records unless an output asks for them: a run of any length fits in memory.
    """
    from ain_scp.ain.progress import progress_of
    from ain_scp.journal.faults import JournalFault
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.ssp_sim.lab import Lab, default_program
    from ain_scp.transport.loopback import LoopbackFault

    try:
        with progress_of(plan, show=not keep) as count:
            lab = Lab(
                plan,
                dataset,
                default_program if keeper is None else keeper.program,
                transport=transport,
                seed=seed,
                keep=keep,
                on_record=None if keep else count,
                clock=time.perf_counter_ns,
                records=keeper,
            )
            summary = lab.run(pace)
            if keeper is not None:
                keeper.finish()
            return lab, summary
    except ProvisioningError as fault:
        _refuse(fault.problems)
    except (LoopbackFault, JournalFault) as fault:
        raise Trouble(str(fault)) from None
