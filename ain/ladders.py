"""How `ain run --ladder` and `ain decode --ladder` draw: `--times`, `--width`, and the colours of the terminal.

Source: console.md section 11; interfaces.md section 6.1.
"""

import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from ain_scp.ain.streams import GuardedText
from ain_scp.ssp_sim.ladder import Look, Times, terminal_look

NARROWEST = 40
WIDEST = 1000


def ladder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `times` and `width`; both None when they are not given."""
    width = click.option(
        "--width",
        type=click.IntRange(NARROWEST, WIDEST),
        metavar="N",
        show_default="the terminal's",
        help="Columns of ladders.",
    )
    times = click.option(
        "--times",
        type=click.Choice(("start", "delta", "clock")),
        show_default="start",
        help="Times in ladders: since the first message, since the one before, or time of day.",
    )
    return times(width(command))


def look_of(times: Times | None, width: int | None) -> Look:
    """The terminal's look, with what was asked for."""
    look, out = terminal_look(), sys.stdout
    color = out.coloured() if isinstance(out, GuardedText) else look.color
    return msgspec.structs.replace(look, times=times or "start", width=width or look.width, color=color)
