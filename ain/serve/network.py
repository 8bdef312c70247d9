"""`ain serve --sctp` and `ain serve --config`: the SCP as a node of a signaling network, with M3UA associations.

Source: interfaces.md section 1, A-265, reliability target S1, RFC 4666.
"""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.forms import encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ain_scp.ain.serve.charging import ServerCharging
    from ain_scp.ain.serve.records import RecordOptions, ServerRecords
    from ain_scp.scp.edges.network import NetworkEdge
    from ain_scp.scp.node_file import NodeFile
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.transport.link import Endpoint


def serve(
    dataset: Path,
    sctp: str | None,
    config: Path | None,
    *,
    allow_public: bool,
    seed: int,
    general: bool,
    as_json: bool,
    metrics: "Endpoint | None" = None,
    control: Path | None = None,
    tap: Path | None = None,
    records: "RecordOptions | None" = None,
    charging: "Callable[[Program], ServerCharging] | None" = None,
    lnp_measurements: bool = False,
) -> None:
    """Serve until SIGTERM; every problem is one line on stderr and exit 2 (1 for records that cannot be kept)."""
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.associations.driver import NoSctpError

    setup = _setup(sctp, config, allow_public=allow_public)
    if metrics is not None:
        setup = replace(setup, metrics=metrics)
    program = open_program(dataset)
    charged = None if charging is None else charging(program)
    kept = None
    if records is not None:
        from ain_scp.ain.serve.records import ServerRecords

        kept = ServerRecords(records, setup.node.name, setup.node.node_id)
    try:
        asyncio.run(
            _serve(
                program,
                setup,
                dataset,
                seed,
                kept,
                control=control,
                tap=tap,
                general=general,
                as_json=as_json,
                charged=charged,
                lnp_measurements=lnp_measurements,
            )
        )
    except NoSctpError as fault:
        raise click.UsageError(str(fault)) from None
    except OSError as fault:
        where = f"--sctp {sctp}" if sctp is not None else config
        raise Trouble(f"{where}: {fault.strerror or fault}") from None


def _setup(sctp: str | None, config: Path | None, *, allow_public: bool) -> "NodeFile":
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.scp.associations.driver import NoSctpError, sctp_here
    from ain_scp.scp.node_file import read

    try:
        setup = read(config) if config is not None else _of_option(sctp or "", allow_public=allow_public)
        transports = [stp.transport for stp in setup.associations.stps]
        if "sctp" in transports + [listen.transport for listen in setup.associations.listens]:
            sctp_here()
    except ProvisioningError as fault:
        refuse(fault.problems)
    except NoSctpError as fault:
        raise Trouble(f"ain serve: {fault}") from None
    return setup


def _of_option(sctp: str, *, allow_public: bool) -> "NodeFile":
    """The node of `--sctp HOST:PORT`: every peer that connects is served, so only this machine unless acknowledged."""
    from ain_scp.scp.associations.driver import AssociationsConfig, ListenRow
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.node_file import NodeFile
    from ain_scp.transport.link import parse_endpoint

    try:
        endpoint = parse_endpoint(sctp)
    except ValueError as fault:
        raise click.UsageError(f"--sctp {fault}") from None
    if not allow_public and not all(host.startswith("127.") for host in endpoint.hosts):
        raise click.UsageError(
            f"--sctp {sctp}: not a loopback address, and every peer that connects would be served. Give a --config file with "
            "[[peer]] rows, or --allow-public if that is meant"
        )
    node = NodeConfig()
    listens = (ListenRow("sctp", endpoint),)
    return NodeFile(node, AssociationsConfig(frozenset({node.point_code}), listens=listens), None)


def places_of(charged: "ServerCharging | None") -> list[str]:
    """Where charging's other doors listen."""
    return [] if charged is None else [f"{name} {where}" for name, where in charged.places.items()]


def _ready(
    edge: "NetworkEdge",
    http: int | None,
    setup: "NodeFile",
    dataset: Path,
    doors: list[str],
    *,
    as_json: bool,
) -> str:
    """The ready line: where peers connect, which STPs are dialed, where metrics are served."""
    from ain_scp.ain.build import mode

    places = [f"{transport.replace(' ', '-')} {endpoint}" for transport, endpoint in edge.ports]
    places += [f"{stp.transport}-to {stp.name} {stp.remote}" for stp in setup.associations.stps]
    if http is not None:
        places.append(f"http 127.0.0.1:{http}")
    places += doors
    if as_json:
        told = {"ready": True, "places": places, "pid": os.getpid(), "mode": mode()}
        return encoded(told).decode()
    return f"ready {' '.join(places)} dataset {dataset} pid {os.getpid()} {mode()}"


async def _serve(
    program: "Program",
    setup: "NodeFile",
    dataset: Path,
    seed: int,
    kept: "ServerRecords | None",
    *,
    control: Path | None,
    tap: Path | None,
    general: bool,
    as_json: bool,
    charged: "ServerCharging | None",
    lnp_measurements: bool,
) -> None:
    from ain_scp.ain.serve.running import run
    from ain_scp.scp.edges.network import NetworkEdge

    await run(
        program,
        setup.node,
        lambda node, recorder: NetworkEdge(node, setup.associations, recorder),
        lambda edge, http: _ready(edge, http, setup, dataset, places_of(charged), as_json=as_json),
        dataset=dataset,
        seed=seed,
        general=general,
        kept=kept,
        health=setup.metrics,
        control=control,
        charging=charged,
        tap=tap,
        lnp_measurements=lnp_measurements,
    )
