"""`ain ticket listen`: the first thing anybody does with a PBX: see what it prints and how it reads.

Source: C-001, C-010.
"""

import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.ticket.layout import layout_of, site_of
from ain_scp.ain.ticket.sides import one_line
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.tickets.collector.settings import Source
    from ain_scp.tickets.layout.reading import Reader
    from ain_scp.tickets.layout.schema import Layout
    from ain_scp.tickets.site import Site

STEP_S: Final = 0.2
EPILOG = """Example: ain ticket listen tcp-listen://127.0.0.1:33333 --layout avaya-ipoffice

SOURCE is tcp-listen://HOST:PORT, tcp-connect://HOST:PORT, serial:/dev/ttyS0, - (standard input) or a file."""


@click.command(epilog=EPILOG)
@click.argument("source")
@click.option(
    "--layout",
    "name",
    default="auto",
    show_default=True,
    metavar="NAME|PATH",
    help="auto: found by the first lines.",
)
@click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Settings of the site (TOML).",
)
@click.option(
    "--to",
    type=OutputPath(),
    metavar="FILE",
    help="Keep the lines as they came.",
)
@click.option("--show", is_flag=True, help="Print the lines, too: they hold telephone numbers.")
@click.option("--lines", "most", type=click.IntRange(1), metavar="N", help="End after so many lines.")
def command(
    source: str, name: str, site_file: Path | None, to: Path | None, *, show: bool, most: int | None
) -> None:
    """Print what each line is as it comes: no keys, no store, no configuration. Ends with SIGINT, or where the source ends."""
    site = site_of(site_file)
    layout = None if name == "auto" else layout_of(name)
    with one_line():
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_words: stop.set())
        found = _source(source)
        check_outputs(*[Path(found.path)] if found.kind == "file" else ())
        heard = Heard(layout, site, to, most, show=show)
        if found.kind == "file":
            _file(Path(found.path), heard)
        else:
            _stream(found, heard, stop)
        heard.end()
    sys.exit(1 if heard.counts.get("quarantine") else 0)


def _source(text: str) -> "Source":
    from ain_scp.tickets.collector.settings import Source

    for kind in ("tcp-listen", "tcp-connect"):
        if text.startswith(f"{kind}://"):
            return Source(name="source", kind=kind, layout="", address=text.partition("://")[2])
    if text.startswith("serial:"):
        return Source(name="source", kind="serial", layout="", device=text.removeprefix("serial:"))
    if text == "-":
        return Source(name="source", kind="stdin", layout="")
    return Source(name="source", kind="file", layout="", path=text)


class Heard:
    """What has come, and what it was."""

    def __init__(
        self, layout: "Layout | None", site: "Site", to: Path | None, most: int | None, *, show: bool
    ) -> None:
        self._site, self._to, self._show = site, to, show
        self._reader: Reader | None = None
        self._before: list[bytes] = []
        self.counts: dict[str, int] = {}
        self._lines, self._most = 0, most
        if layout is not None:
            self._read_with(layout)
        if to is not None:
            to.write_bytes(b"")

    @property
    def full(self) -> bool:
        """Whether as many lines came as were asked for."""
        return self._most is not None and self._lines >= self._most

    @property
    def framing(self) -> str:
        """How a connection's octets are cut."""
        return "lines" if self._reader is None else self._reader.layout.record.framing

    def _read_with(self, layout: "Layout") -> None:
        from ain_scp.tickets.layout.reading import Reader

        self._reader = Reader(layout, self._site, live=True)

    def lines(self, _source: "Source", lines: list[tuple[bytes, int]]) -> None:
        """Take some in."""
        for line, _origin in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        if self.full or not line.strip(b"\0"):
            return
        self._lines += 1
        if self._to is not None:
            with self._to.open("ab") as stream:
                stream.write(line + b"\r\n")
        if self._reader is None:
            self._before.append(line)
            self._decide(5)
        else:
            self._print(line)

    def _decide(self, every: int) -> None:
        from ain_scp.tickets.layout.detect import candidates, winner
        from ain_scp.tickets.layout.library import names, shipped

        if len(self._before) % every:
            return
        layouts = [(shipped(name), self._before) for name in names()]
        first = winner(candidates(layouts, self._site, int(time.time())))
        if first is None:
            return
        click.echo(f"layout: {first}")
        self._read_with(shipped(first))
        for line in self._before:
            self._print(line)
        self._before = []

    def _print(self, line: bytes) -> None:
        from ain_scp.tickets.call import Event, Heading, Quarantined

        if self._reader is None:
            return
        words: str
        match self._reader.read(line, int(time.time()), self._lines):
            case Heading():
                kind = words = "heading"
            case Event():
                kind = words = "event"
            case Quarantined(reason, field):
                kind, words = "quarantine", f"quarantine {reason} {field or ''}".rstrip()
            case None:
                return
            case record:
                call = record.call
                kind, words = (
                    "call",
                    f"call {call.direction} {call.duration_s} s {call.status} {' '.join(call.notes)}".rstrip(),
                )
        self.counts[kind] = self.counts.get(kind, 0) + 1
        click.echo(words + (f"  {line.decode('latin-1')!r}" if self._show else ""))

    def end(self) -> None:
        """The sums."""
        if self._before:
            self._decide(1)
        for line in self._before:
            click.echo("no layout" + (f"  {line.decode('latin-1')!r}" if self._show else ""))
        words = ", ".join(f"{count} {kind}" for kind, count in self.counts.items())
        click.echo(
            f"{counted(self._lines, 'line')}: {words or 'no layout is far enough ahead; name one with --layout'}"
        )


def _file(path: Path, heard: Heard) -> None:
    from ain_scp.couriers.files import lines_from
    from ain_scp.tickets.collector.settings import Source

    source = Source(name="source", kind="file", layout="", path=str(path))
    for line, _end in lines_from(path, 0, whole=True):
        heard.lines(source, [(line, 0)])


def _stream(source: "Source", heard: Heard, stop: threading.Event) -> None:
    from ain_scp.couriers.tcp import Connections

    streams = Connections([source], Path(), {"source": heard.framing}, 0, heard.lines, time.monotonic)
    places = " ".join(f"{host}:{port}" for host, port in streams.addresses.values())
    click.echo(f"ready: {places or source.address or source.device or 'standard input'}", err=True)
    while not (stop.is_set() or heard.full or streams.idle):
        streams.poll(STEP_S)
    streams.close()
