"""`ain ticket collect`: the collector, once or until it is stopped.

Source: C-001, C-005, C-010, C-011, C-015.
"""

import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import alarms, collector, config_argument, json_option, trace_option
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.couriers.collector_run import CollectorRun
    from ain_scp.couriers.observing import Door

TURN_S: Final = 0.5
WAIT_S: Final = 30.0
"""How long `--once` waits for receipts by default."""


@click.command(epilog="Example: ain ticket collect try/ACME/collector.toml --once")
@config_argument
@click.option(
    "--once", is_flag=True, help="One turn: read, seal everything, deliver, wait for receipts, end."
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="S",
    help="With --once: wait up to S seconds for receipts.  [default: 30]",
)
@click.option(
    "--metrics", metavar="HOST:PORT", help="Serve metrics and health over HTTP on loopback; port 0 = any."
)
@trace_option
@json_option
def command(
    config: Path, *, once: bool, wait: float | None, metrics: str | None, trace: Path | None, as_json: bool
) -> None:
    """Store every ticket first, seal batches, send them until a signed receipt says that they arrived.

    Exit 1 if something was refused or is pending.
    """
    if not once and (wait is not None or as_json):
        raise click.UsageError("--wait and --json belong to --once")
    if once and metrics:
        raise click.UsageError("--metrics belongs to a collector that keeps running: without --once")
    with collector(config, trace) as run:
        if not once:
            _run(run, metrics)
            return
        if any(one.kind == "stdin" for one in run.settings.source):
            _read_stdin(run)
        result = run.once()
        left_s = WAIT_S if wait is None else wait
        end = time.monotonic() + left_s
        while result.pending and time.monotonic() < end:
            time.sleep(min(TURN_S, left_s))
            result = run.again()
    alarms(result.alarms)
    if as_json:
        write_json(result)
    else:
        click.echo(
            f"{counted(result.read, 'line')} read, {result.stored} stored, {result.quarantined} not read, "
            f"{counted(len(result.sealed), 'batch', 'batches')} sealed, "
            f"{result.receipted} receipted, {result.pending} pending"
        )
    sys.exit(1 if result.pending or result.alarms else 0)


def _door(metrics: str | None) -> "Door | None":
    if metrics is None:
        return None
    from ain_scp.couriers.observing import Door
    from ain_scp.transport.link import parse_endpoint

    try:
        return Door(parse_endpoint(metrics))
    except (ValueError, OSError) as fault:
        raise click.UsageError(f"--metrics {fault}") from None


def _run(run: "CollectorRun", metrics: str | None) -> None:
    door = _door(metrics)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_words: stop.set())
    reload = threading.Event()
    signal.signal(signal.SIGHUP, lambda *_words: reload.set())
    streams = run.listen()
    places = " ".join(f"{name}={host}:{port}" for name, (host, port) in streams.addresses.items())
    if door is not None:
        places += f" metrics=127.0.0.1:{door.port}"
    click.echo(
        f"ready: {run.settings.enterprise}, {counted(len(run.settings.source), 'source')}, {counted(len(run.lines), 'provider')} {places}".rstrip()
    )
    reported: set[str] = set()
    while not stop.is_set():
        if reload.is_set():
            reload.clear()
            run.reload()
        run.turn()
        run.watch()
        if door is not None:
            from ain_scp.couriers.metrics import text_of

            facts = {"accepting": run.accepting, "alarms": run.result.alarms}
            door.publish(text_of(run), healthy=run.accepting, facts=facts)
        alarms([text for text in run.result.alarms if text not in reported])
        reported |= set(run.result.alarms)
        run.stream(TURN_S)
        if run.settings.source and all(one.kind == "stdin" for one in run.settings.source) and streams.idle:
            break
    run.turn()
    if door is not None:
        door.close()


def _read_stdin(run: "CollectorRun") -> None:
    streams = run.listen()
    while not streams.idle:
        run.stream(TURN_S)
