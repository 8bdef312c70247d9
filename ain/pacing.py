"""Simulated time held to the clock: `--speed 1` is real time, 10 ten times as fast, max as fast as the machine.

Source: interfaces.md section 1 (`--speed`).
"""

import time
from collections.abc import Callable

import click

from ain_scp.terms.units import SECOND_NS


def pacer(speed: str, start_ns: int) -> Callable[[int], None] | None:
    """A function that waits until simulated time `at` may happen; None for max."""
    if speed == "max":
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise click.UsageError(f"--speed {speed}: a number above 0, or max")
    began = time.monotonic_ns()

    def pace(at: int) -> None:
        wait = (at - start_ns) / factor - (time.monotonic_ns() - began)
        if wait > 0:
            time.sleep(wait / SECOND_NS)

    return pace
