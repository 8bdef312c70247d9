"""`ain serve DATASET`: run the SCP as a server.

Source: interfaces.md section 1, A-265, reliability.md section 6.1.
"""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ain_scp.ain.account.place import LedgerPlace, Place
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import encoded
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.record_options import record_options
from ain_scp.ain.serve.addresses import HTTP_HINT, address_of, metrics_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ain_scp.ain.serve.charging import ServerCharging
    from ain_scp.ain.serve.records import RecordOptions
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.transport.udp import UdpPort

Doors = dict[str, str | float | Path | None]
"""Options about the ledger and its doors, as they were given."""
EPILOG = "Example: ain serve examples/golden --udp 127.0.0.1:2905"


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--udp",
    default="127.0.0.1:2905",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 = any.",
)
@click.option(
    "--sctp", metavar="HOST:PORT", help="Take M3UA associations over SCTP instead (kernel, else libusrsctp)."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="NODE.toml",
    help="Run as a network node described by this file: STPs, peers, point codes.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share the port and one mapped snapshot; queries are spread by transaction.",
)
@click.option(
    "--metrics", metavar="HOST:PORT", help="Serve metrics and health over HTTP on loopback; port 0 = any."
)
@click.option(
    "--control",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Take orders of this user on a Unix socket: status, reload of a digest (docs/operations.md).",
)
@click.option(
    "--tap",
    type=OutputPath(),
    metavar="PATH",
    help="Sample exchanges into this file for ain console and ain extcap; with workers PATH.0, PATH.1, ...",
)
@click.option(
    "--charging",
    "books",
    type=LedgerPlace(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Charge calls while they run; the ledger is kept here: a directory, or postgresql://USER@HOST/DATABASE for several "
    "nodes on one set of accounts (docs/accounts.md).",
)
@click.option(
    "--durability",
    type=click.Choice(["sync", "write"]),
    help="When an answer that the ledger must confirm leaves: sync (default) when its record is on the disk, write when it is "
    "handed to the system: it survives the process, not a loss of power.",
)
@click.option(
    "--snapshots",
    type=click.FloatRange(0.1, 86_400),
    metavar="SECONDS",
    help="A process of its own follows the ledger, and writes a snapshot so often; the next start reads only what follows it.",
)
@click.option(
    "--ledger-keep",
    type=click.IntRange(0, 36_500),
    metavar="DAYS",
    help="Remove segments of the ledger that the older of two snapshots covers so long after their end; default: keep all. "
    "ain account follow --archive keeps the transfers.",
)
@click.option(
    "--diameter",
    metavar="HOST:PORT",
    help="Serve credit control (Ro, Gy) over TCP; needs --charging. Port 0 = any.",
)
@click.option(
    "--http",
    metavar="HOST:PORT",
    help="Serve events, balances and calls of accounts over HTTP (extra web); needs --charging.",
)
@click.option(
    "--http-tokens",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Who may ask over --http, and what; read again at SIGHUP.",
)
@click.option(
    "--http-certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Certificate chain of --http, PEM.",
)
@click.option("--http-key", type=click.Path(path_type=Path), metavar="FILE", help="Key of --http, PEM.")
@click.option(
    "--allow-public", is_flag=True, help="Listen beyond loopback: UDP has no handshake, anyone may ask."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of percentage allocation.")
@click.option(
    "--lnp-measurements",
    is_flag=True,
    help="Count answers of number portability by routing number, asking switch and NPA-NXX in /metrics.",
)
@click.option(
    "--general", is_flag=True, help="Disable the fast path for known shapes (same answers, slower)."
)
@click.option(
    "--log",
    "log_path",
    type=OutputPath(),
    metavar="FILE",
    help="Append the log to a file; SIGUSR1 opens it anew.",
)
@click.option(
    "--log-form",
    type=click.Choice(["plain", "text", "json"]),
    default="plain",
    show_default=True,
    help="Lines as they are, with time and level, or JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="The ready line as JSON.")
@record_options
def command(
    dataset: Path,
    udp: str,
    sctp: str | None,
    config: Path | None,
    workers: int,
    metrics: str | None,
    control: Path | None,
    tap: Path | None,
    books: Place | None,
    durability: str | None,
    snapshots: float | None,
    ledger_keep: int | None,
    diameter: str | None,
    http: str | None,
    http_tokens: Path | None,
    http_certificate: Path | None,
    http_key: Path | None,
    allow_public: bool,
    seed: int,
    lnp_measurements: bool,
    general: bool,
    log_path: Path | None,
    log_form: Literal["plain", "text", "json"],
    as_json: bool,
    records: "RecordOptions | None",
) -> None:
    """Serve until SIGTERM; queries already received are answered first. SIGHUP reloads the data set."""
    from ain_scp.ain.dataset import open_program
    from ain_scp.ain.serve.log import logged
    from ain_scp.ain.serve.running import run
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.edges.udp import UdpEdge
    from ain_scp.transport.urgent import sorted_ports

    check_outputs()
    click.get_current_context().with_resource(logged(log_form, log_path))
    if workers > 1:
        _refuse_with_workers(sctp, config, records)
        if lnp_measurements:
            raise click.UsageError(
                "--workers and --lnp-measurements: one of them; the counts are of one process"
            )
        if books is not None:
            raise click.UsageError(
                "--workers and --charging: one of them; the processes of a ledger are its partitions (charging.toml), or it is in "
                "PostgreSQL and several servers share it"
            )
        from ain_scp.ain.serve.several import serve as serve_workers

        host, port = address_of(udp, allow_public=allow_public)
        serve_workers(
            dataset,
            host,
            port,
            workers,
            seed=seed,
            general=general,
            as_json=as_json,
            told_at=metrics_of(metrics),
            control=control,
            tap=tap,
            log=(log_form, log_path),
        )
        return
    if diameter is not None and books is None:
        raise click.UsageError("--diameter needs --charging DIR: it asks for money of accounts")
    if durability is not None and books is None:
        raise click.UsageError("--durability needs --charging DIR: it is the ledger's")
    if books is None and (snapshots is not None or ledger_keep is not None):
        raise click.UsageError("--snapshots and --ledger-keep need --charging DIR: they are the ledger's")
    doors: Doors = {
        "durability": durability,
        "snapshots": snapshots,
        "keep": ledger_keep,
        "diameter": diameter,
        "allow_public": allow_public,
        "control": control,
        "http": http,
        "tokens": http_tokens,
        "certificate": http_certificate,
        "key": http_key,
    }
    if books is None and any(doors[name] for name in ("http", "tokens", "certificate", "key")):
        raise click.UsageError("--http and its options need --charging DIR: they ask for money of accounts")
    if http is None and any(doors[name] for name in ("tokens", "certificate", "key")):
        raise click.UsageError("--http-tokens, --http-certificate and --http-key need --http HOST:PORT")
    if sctp is not None and config is not None:
        raise click.UsageError(
            "--sctp and --config: one of them; a [[listen]] row of the file does what --sctp does"
        )
    if sctp is not None or config is not None:
        given = click.get_current_context().get_parameter_source("udp")
        if given is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                "--udp beside --sctp or --config: one of them; a --config file may have [[listen]] rows of both kinds"
            )
        from ain_scp.ain.serve.network import serve

        options = {
            "allow_public": allow_public,
            "general": general,
            "as_json": as_json,
            "lnp_measurements": lnp_measurements,
        }
        serve(
            dataset,
            sctp,
            config,
            seed=seed,
            metrics=metrics_of(metrics),
            control=control,
            tap=tap,
            records=records,
            charging=None if books is None else lambda program: charging_of(books, program, dataset, doors),
            **options,
        )
        return
    told_at = metrics_of(metrics)
    host, port = address_of(udp, allow_public=allow_public)
    program = open_program(dataset)
    charging = None
    if books is not None:
        charging = charging_of(books, program, dataset, doors)
    kept = None
    if records is not None:
        from ain_scp.ain.serve.records import ServerRecords

        kept = ServerRecords(records)
    try:
        listening, urgent = sorted_ports(host, port)
    except OSError as fault:
        raise Trouble(f"--udp {udp}: {fault.strerror}") from None
    try:
        asyncio.run(
            run(
                program,
                NodeConfig(),
                lambda node, recorder: UdpEdge(node, listening, recorder, urgent=urgent),
                lambda edge, http: _ready(
                    dataset, edge.port, http, {} if charging is None else charging.places, as_json=as_json
                ),
                dataset=dataset,
                seed=seed,
                general=general,
                kept=kept,
                health=told_at,
                control=control,
                charging=charging,
                tap=tap,
                lnp_measurements=lnp_measurements,
            )
        )
    except OSError as fault:
        raise Trouble(fault.strerror or str(fault)) from None


def _refuse_with_workers(sctp: str | None, config: Path | None, records: "RecordOptions | None") -> None:
    """UsageError for what only one process can do."""
    if sctp is not None or config is not None:
        raise click.UsageError("--workers: with --udp only; an SCTP association has one owner")
    if records is not None:
        raise click.UsageError("--workers and --records: one of them; a journal has one writer")


def charging_of(books: Place, program: "Program", dataset: Path, doors: "Doors") -> "ServerCharging":
    """The charging of a server and its other doors."""
    from ain_scp.ain.serve.charging import ChargingOptions, ServerCharging, silent_switches
    from ain_scp.ain.serve.partitions import PartitionedCharging

    public = bool(doors["allow_public"])
    diameter = doors["diameter"]
    at = None if diameter is None else address_of(str(diameter), allow_public=public, option="--diameter")
    server = None
    if doors["http"] is not None:
        from ain_scp.ain.serve.charging_http import HttpServer

        place = address_of(str(doors["http"]), allow_public=public, option="--http", hint=HTTP_HINT)
        server = HttpServer(place, *(_path(doors[name]) for name in ("tokens", "certificate", "key")))
    silent, control = silent_switches(dataset), _path(doors["control"])
    snapshots, keep = doors["snapshots"], doors["keep"]
    options = ChargingOptions(
        books,
        at,
        doors["durability"] != "write",
        float(snapshots) if isinstance(snapshots, float) else None,
        keep if isinstance(keep, int) else None,
    )
    charging = program.snapshot.charging
    several = charging is not None and charging.options.partitions > 1 and isinstance(books, Path)
    kind = PartitionedCharging if several else ServerCharging
    return kind(options, program, dataset, silent, control, server)


def _path(value: object) -> Path | None:
    return value if isinstance(value, Path) else None


def _ready(
    dataset: Path, port: "UdpPort", http: int | None, doors: "Mapping[str, str]", *, as_json: bool
) -> str:
    from ain_scp.ain.build import mode

    host, number = port.endpoint
    if as_json:
        line = {"ready": True, "udp": f"{host}:{number}"} | (
            {} if http is None else {"http": f"127.0.0.1:{http}"}
        )
        return encoded(line | dict(doors) | {"pid": os.getpid(), "mode": mode()}).decode()
    place = "" if http is None else f" http 127.0.0.1:{http}"
    place += "".join(f" {name} {where}" for name, where in doors.items())
    return f"ready udp {host}:{number}{place} dataset {dataset} pid {os.getpid()} {mode()}"
