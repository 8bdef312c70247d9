"""`ain extcap`: a running SCP as an interface of Wireshark and tshark, live from its tap.

Wireshark calls a program in its extcap folder with `--extcap-interfaces`, then `--extcap-config`, then `--capture --fifo`. What
it gets is a capture of the sampled messages: M3UA in SCTP, which it reads down to AIN without an option for M3UA. Addresses are
those of the links where a link is an IP address, else 10.0.0.N; the SCP is 10.255.255.254 and port 2905.

Source: interfaces.md section 6.1; Wireshark's extcap(4); console.md section 6 (tap).
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.outputs import OutputPath, check_outputs

if TYPE_CHECKING:
    from ain_scp.journal.ring import Exchange
    from ain_scp.ssp_sim.capture.frame import Endpoint

EVERY_S: Final = 0.1
WORKERS: Final = 64
INTERFACE: Final = "ain-scp"
_OWN: Final = ("10.255.255.254", 2905)
_IPV4: Final = 228
EPILOG = """\b
Examples: ain extcap --install
          wireshark -k -i ain-scp -o extcap.ain_scp.tap:scp.tap
          ain extcap --tap scp.tap --once --write scp.pcap"""


@click.command(epilog=EPILOG)
@click.option(
    "--tap", type=click.Path(path_type=Path), envvar="AIN_TAP", metavar="PATH",
    help="What ain serve --tap PATH writes; with --workers the PATH without its number. Also from AIN_TAP.",
)  # fmt: skip
@click.option("--write", type=OutputPath(), metavar="FILE|-", help="Write a capture here without Wireshark.")
@click.option("--once", is_flag=True, help="Write what the tap holds now and end, instead of following it.")
@click.option(
    "--install", is_flag=True, help="Put a small program into Wireshark's folder of this user (or --folder)."
)
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="DIR", help="The extcap folder for --install."
)
@click.option("--extcap-interfaces", "interfaces", is_flag=True, help="Asked by Wireshark: which interfaces.")
@click.option("--extcap-version", "_version", metavar="V", help="Said by Wireshark: its version.")
@click.option("--extcap-interface", "interface", metavar="NAME", help="Said by Wireshark: which interface.")
@click.option("--extcap-dlts", "dlts", is_flag=True, help="Asked by Wireshark: the link type.")
@click.option("--extcap-config", "config", is_flag=True, help="Asked by Wireshark: the options.")
@click.option("--extcap-capture-filter", "capture_filter", metavar="F", help="Asked by Wireshark: not used.")
@click.option("--capture", is_flag=True, help="Asked by Wireshark: begin.")
@click.option("--fifo", type=OutputPath(), metavar="PATH", help="Said by Wireshark: where to.")
def command(
    tap: Path | None,
    write: Path | str | None,
    once: bool,
    install: bool,
    folder: Path | None,
    interfaces: bool,
    _version: str | None,
    interface: str | None,
    dlts: bool,
    config: bool,
    capture_filter: str | None,
    capture: bool,
    fifo: Path | None,
) -> None:
    """Show a running SCP live in Wireshark or tshark, from the sample of its traffic that ain serve --tap makes."""
    if install:
        _install(folder or _folder())
        return
    if interfaces:
        _tell_interfaces()
        return
    if interface is not None and interface != INTERFACE:
        raise click.UsageError(f"--extcap-interface {interface}: there is {INTERFACE} only")
    if dlts:
        click.echo(f"dlt {{number={_IPV4}}}{{name=LINKTYPE_IPV4}}{{display=IPv4}}")
        return
    if config:
        default = "" if tap is None else f"{{default={tap}}}"
        click.echo(
            "arg {number=0}{call=--tap}{display=Tap of the SCP}{type=fileselect}{mustexist=false}{required=true}"
            f"{{tooltip=the file of ain serve --tap}}{default}"
        )
        return
    if capture_filter and not capture:
        click.echo("capture filters are not used here: filter what is displayed")
        return
    if not capture and write is None:
        raise click.UsageError("give --tap PATH and --write FILE, or --install; Wireshark asks the rest")
    if tap is None:
        raise click.UsageError("--tap PATH: what ain serve --tap PATH writes")
    target = fifo if capture and fifo is not None else write
    if target is None:
        raise click.UsageError("--capture goes with --fifo")
    check_outputs(*_rings(tap))
    _write(tap, target, once=once)


def _write(tap: Path, target: Path | str, *, once: bool) -> None:
    """Write the capture to a file, a pipe or standard output; a reader that has gone ends it."""
    from ain_scp.journal.ring import RingFault
    from ain_scp.ssp_sim.capture.writer import CaptureWriter

    exchanges: Iterable[Exchange] = _exchanges(tap, once=once)
    try:
        exchanges = list(exchanges) if once else exchanges
        stream = _opened(target)
    except RingFault as fault:
        raise Trouble(str(fault)) from None
    except OSError as fault:
        raise file_trouble(target, fault) from None
    places = _Places()
    with stream:
        try:
            capture = CaptureWriter(stream, "pcap-ns")
            stream.flush()
            for one in exchanges:
                peer, own = places.of(one.link), places.own
                if one.query:
                    capture.write(one.time_ns, peer, own, one.query)
                if one.answer:
                    capture.write(one.time_ns, own, peer, one.answer)
                stream.flush()
        except (BrokenPipeError, KeyboardInterrupt):
            return


def _opened(target: Path | str) -> BinaryIO:
    if target == "-":
        if sys.stdout.isatty():
            raise click.UsageError("--write -: a capture is for a pipe or a file, not for a terminal")
        return os.fdopen(os.dup(1), "wb")
    return Path(target).open("wb")


def _exchanges(tap: Path, *, once: bool) -> "Iterator[Exchange]":
    """The samples of all rings of a tap, in the order in which they are read; waits for a server that is not there yet."""
    from ain_scp.journal.ring import RingFault, RingReader

    readers: dict[Path, RingReader] = {}
    while True:
        found: list[Exchange] = []
        faults = []
        for path in _rings(tap):
            reader = readers.setdefault(path, RingReader(path, behind=once))
            try:
                found += reader.read()[1]
            except RingFault as fault:
                faults.append(fault)
        if faults and once:
            raise faults[0]
        yield from sorted(found, key=lambda one: one.time_ns)
        if once:
            return
        time.sleep(EVERY_S)


def _rings(tap: Path) -> list[Path]:
    many = [path for n in range(WORKERS) if (path := tap.with_name(f"{tap.name}.{n}")).exists()]
    return many if many and not tap.exists() else [tap]


class _Places:
    """Endpoints of links: an IPv4 address stays, anything else is 10.0.0.N."""

    def __init__(self) -> None:
        from ain_scp.ssp_sim.capture.frame import Endpoint

        self._make = Endpoint
        self.own = Endpoint(*_OWN)
        self._known: dict[str, Endpoint] = {}

    def of(self, link: str) -> "Endpoint":
        """The endpoint of a link."""
        place = self._known.get(link)
        if place is None:
            host, _, port = link.removeprefix("udp://").rpartition(":")
            if host.count(".") == 3 and host.replace(".", "").isdecimal() and port.isdecimal():
                place = self._make(host, int(port))
            else:
                number = len(self._known) + 1
                place = self._make(f"10.0.{number // 250 % 256}.{number % 250 + 1}", 2905)
            self._known[link] = place
        return place


# For Wireshark


def _tell_interfaces() -> None:
    from ain_scp.ain import __version__

    click.echo(f"extcap {{version={__version__}}}{{display=AIN SCP}}")
    click.echo(f"interface {{value={INTERFACE}}}{{display=AIN SCP: tap of ain serve}}")


def _folder() -> Path:
    """The extcap folder of this user: of Wireshark 4.2 and newer below ~/.local/lib, before below ~/.config."""
    asked = os.environ.get("WIRESHARK_EXTCAP_DIR")
    return Path(asked) if asked else Path.home() / ".local" / "lib" / "wireshark" / "extcap"


def _install(folder: Path) -> None:
    program = folder / "ain-extcap"
    words = f'"{sys.executable}" -m ain_scp extcap'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
    except OSError as fault:
        raise file_trouble(program, fault) from None
    click.echo(f"{program} written; Wireshark shows the interface {INTERFACE} when it starts or at F5")
    if shutil.which("wireshark") is None and shutil.which("tshark") is None:
        click.echo("neither wireshark nor tshark is here", err=True)
