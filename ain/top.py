"""`ain top [METRICS ...]`: what SCPs do now, from their `/metrics`, on a terminal.

Source: interfaces.md section 6.1; console.md section 11.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.streams import terminal_width
from ain_scp.reports.text import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ain_scp.console.sources.metrics import ScpFrame, Watched

DEFAULT: Final = "127.0.0.1:9464"
EVERY_S: Final = 1.0
_BAR: Final = 30
_HEAD: Final = (
    "SCP",
    "state",
    "queries/s",
    "p50 ms",
    "p99 ms",
    "in flight",
    "level",
    "shed/s",
    "records waiting",
    "data set",
)
_TOLD: Final = {"serving": "+", "silent": "!", "starting": "!", "gone": "x"}
EPILOG = """\b
Examples: ain top
          ain top 127.0.0.1:9464 127.0.0.1:9465
          ain top --once --json"""


@click.command(epilog=EPILOG)
@click.argument("metrics", nargs=-1, metavar="[HOST:PORT]...")
@click.option("--once", is_flag=True, help="Look twice, a second apart, print what was between, and end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a second, until interrupted.")
def command(metrics: tuple[str, ...], once: bool, as_json: bool) -> None:
    """Rates, answer times, outcomes and load control of SCPs served with --metrics; exit 1 when none answers."""
    from ain_scp.console.sources.metrics import Watched

    places = [_place(text) for text in metrics or (DEFAULT,)]
    watched = [Watched(f"{host}:{port}") for host, port in places]
    heard = asyncio.run(_look(places, watched))
    if once or not (sys.stdout.isatty() or as_json):
        time.sleep(EVERY_S)
        heard = asyncio.run(_look(places, watched)) or heard
        _print(watched, as_json=as_json)
        sys.exit(0 if heard else 1)
    _follow(places, watched, as_json=as_json)


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise click.UsageError(f"{text}: expected HOST:PORT of --metrics, such as {DEFAULT}")
    return host, int(port)


async def _look(places: Sequence[tuple[str, int]], watched: Sequence["Watched"]) -> int:
    """Read all at once; how many answered."""
    from ain_scp.console.sources.metrics import MetricsFault, fetch, parse

    async def one(place: tuple[str, int], scp: "Watched") -> int:
        try:
            scp.take(parse(await fetch(*place)), time.monotonic())
        except MetricsFault:
            scp.gone()
            return 0
        return 1

    return sum(await asyncio.gather(*(one(*pair) for pair in zip(places, watched, strict=True))))


def _print(watched: Sequence["Watched"], *, as_json: bool) -> None:
    frames = [scp.frame(time.monotonic()) for scp in watched]
    if as_json:
        write_json({"scp": frames})
        return
    for line in table(
        _HEAD, [_row(frame) for frame in frames], numbers=tuple(range(2, 9)), width=terminal_width()
    ):
        click.echo(line)
    for frame in frames:
        for line in _outcomes(frame):
            click.echo(line)


def _row(frame: "ScpFrame") -> tuple[str, ...]:
    times = tuple("" if value is None else f"{value / 1000:.3f}" for value in (frame.p50_us, frame.p99_us))
    counts = tuple(
        "" if value is None else f"{value:,}"
        for value in (frame.in_flight, frame.level, frame.shed, frame.queue)
    )
    rate = "" if frame.rate is None else f"{frame.rate:,.0f}"
    digest = f"{frame.dataset} {(frame.digest or '')[:12]}" if frame.dataset else ""
    return f"{_TOLD.get(frame.state, ' ')} {frame.name}", frame.state, rate, *times, *counts, digest


def _outcomes(frame: "ScpFrame") -> list[str]:
    """Bars of what became of the messages in the last second, the most frequent first."""
    shares = sorted((frame.decisions or frame.outcomes or {}).items(), key=lambda item: -item[1])
    most = shares[0][1] if shares else 0.0
    return [
        f"  {name:<28}{value:>12,.1f}/s  {'█' * max(round(value / most * _BAR), 1)}" for name, value in shares
    ]


def _follow(places: Sequence[tuple[str, int]], watched: Sequence["Watched"], *, as_json: bool) -> None:
    """Once a second until interrupted; drawn in place on a terminal."""
    if as_json:
        while True:
            time.sleep(EVERY_S)
            asyncio.run(_look(places, watched))
            _print(watched, as_json=True)
    from rich.console import Console
    from rich.live import Live

    from ain_scp.ain.streams import unguarded

    screen = Console(file=unguarded(sys.stdout))
    with keys() as pressed, Live(console=screen, refresh_per_second=4, transient=True) as view:
        while pressed(EVERY_S) != "q":
            asyncio.run(_look(places, watched))
            view.update(_drawn(watched))


@contextmanager
def keys() -> Iterator[Callable[[float], str]]:
    """Give a function that waits so many seconds for a key and returns it; empty when none came, q when the terminal is gone."""
    if not sys.stdin.isatty():
        yield _asleep
        return
    import select
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)

    def pressed(seconds: float) -> str:
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        return (os.read(sys.stdin.fileno(), 1) or b"q").decode("ascii", "replace") if ready else ""

    try:
        tty.setcbreak(sys.stdin)
        yield pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _asleep(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _drawn(watched: Sequence["Watched"]) -> "RenderableType":
    from rich.text import Text

    frames = [scp.frame(time.monotonic()) for scp in watched]
    lines = table(
        _HEAD, [_row(frame) for frame in frames], numbers=tuple(range(2, 9)), width=terminal_width()
    )
    return Text(
        "\n".join(
            [*lines, "", *(line for frame in frames for line in _outcomes(frame)), "", "q or Ctrl-C ends"]
        )
    )
