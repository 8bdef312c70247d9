"""`ain ticket generate`: a PBX that is not there.

Source: C-001.
"""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.ticket.layout import seconds_of
from ain_scp.ain.ticket.sides import one_line

Write = Callable[[bytes], object]


@click.command(
    epilog="Example: ain ticket generate --layout avaya-ipoffice --calls 100 --to tickets.log --truth truth.jsonl"
)
@click.option("--layout", "name", required=True, metavar="NAME", help="A shipped layout.")
@click.option("--calls", required=True, type=click.IntRange(1), metavar="N", help="Number of calls.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed prints the same calls.")
@click.option("--from", "first", metavar="ISO", help="The first instant (default: a week ago).")
@click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Settings of the site (TOML).",
)
@click.option("--to", type=OutputPath(), metavar="FILE|tcp://HOST:PORT", help="Default: standard output.")
@click.option(
    "--listen",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Wait on loopback for a collector, as some PBXs do.",
)
@click.option(
    "--truth",
    type=OutputPath(),
    metavar="FILE",
    help="What was made up, as JSON lines.",
)
@click.option(
    "--rate", type=click.FloatRange(0.001), metavar="R", help="Lines a second (default: as fast as they go)."
)
def command(
    name: str, calls: int, seed: int, first: str | None, site_file: Path | None, to: Path | str | None, listen: int | None,
    truth: Path | None, rate: float | None,
) -> None:  # fmt: skip
    """Print tickets of made-up calls in a shipped layout; the truth of each beside them."""
    from ain_scp.couriers.pair import SITE
    from ain_scp.tickets.generator.calls import made_up
    from ain_scp.tickets.generator.printers import PRINTERS, printed
    from ain_scp.tickets.names import text_of
    from ain_scp.tickets.site import read_site

    if name not in PRINTERS:
        raise click.UsageError(f"--layout {name}: expected one of {', '.join(PRINTERS)}")
    check_outputs()
    if to and listen:
        raise click.UsageError("--to and --listen: one of the two")
    with one_line():
        site = read_site(SITE if site_file is None else text_of(site_file), str(site_file or "site.toml"))
        begin = seconds_of(first) if first else int(datetime.now(UTC).timestamp()) - 7 * 86_400
        lines = printed(made_up(calls, seed, begin), name, site.zone_for(name))
        with _sink(to, listen) as write, _truths(truth) as note:
            for at, (line, made) in enumerate(lines):
                write(line.encode() + b"\r\n")
                if made is not None:
                    note(msgspec.json.encode(made) + b"\n")
                if rate is not None and at:
                    time.sleep(1 / rate)


@contextmanager
def _sink(to: Path | str | None, listen: int | None) -> Iterator[Write]:
    if listen is not None:
        with socket.create_server(("127.0.0.1", listen)) as server:
            click.echo(f"ready: 127.0.0.1:{listen}", err=True)
            stream, _peer = server.accept()
            with stream:
                yield stream.sendall
    elif isinstance(to, str) and to != "-":
        from ain_scp.couriers.tcp import endpoint

        with socket.create_connection(endpoint(to.removeprefix("tcp://"), "--to"), timeout=30) as stream:
            yield stream.sendall
    elif isinstance(to, Path):
        with to.open("ab") as file:
            yield file.write
    else:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()


@contextmanager
def _truths(file: Path | None) -> Iterator[Write]:
    if file is None:
        yield len
        return
    with file.open("wb") as stream:
        yield stream.write
