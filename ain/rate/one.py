"""One usage given by options.

Source: charging design 9.1.
"""

import contextlib
import datetime as dt
from collections.abc import Sequence

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.rate.page import page
from ain_scp.billing.rating.forms import Refused, UsageFault, UsageLine, answer
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.dialed import keyed
from ain_scp.terms.digits import is_digits


def usage_line(
    calling: str | None,
    called: str | None,
    at: str | None,
    duration: str | None,
    tariff: str | None,
    meters: Sequence[str],
    features: Sequence[str],
    quoted: str | None,
) -> UsageLine:
    """Make a usage line of the options; UsageError names the one that is wrong."""
    if calling is None and tariff is None and called is None:
        raise click.UsageError("give --from and --called, or --tariff, or --usage FILE")
    if quoted is not None and duration is not None:
        raise click.UsageError("--quote and --duration: one of them")
    return UsageLine(
        at=at or dt.datetime.now().replace(microsecond=0).isoformat(),  # noqa: DTZ005 - local time on purpose
        tariff=tariff,
        called=None if called is None else _called(called),
        from_=None if calling is None else _calling(calling),
        features=list(features),
        duration_ms=None if duration is None else _milliseconds(duration),
        meters=dict(map(_meter, meters)) or None,
        money=quoted,
    )


def _called(text: str) -> str:
    """Read a number as people write it: what separates its digits is for the eye."""
    plus = "+" if text.startswith("+") else ""
    try:
        digits = keyed(text.removeprefix("+"))
    except ValueError as reason:
        raise click.UsageError(f"--called: {reason}") from None
    if not digits:
        raise click.UsageError("--called: a number has digits")
    return plus + digits


def _calling(text: str) -> str:
    """Read ten digits as people write them, country code 1 or none; a trunk's id and a service's name stay as they are."""
    with contextlib.suppress(ValueError):
        digits = keyed(text.removeprefix("+"))
        home = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
        return home if len(home) == 10 else text
    return text


def _milliseconds(text: str) -> int:
    """Read seconds with at most three decimals."""
    whole, point, fraction = text.partition(".")
    if not is_digits(whole) or len(whole) > 12 or (point and not is_digits(fraction)) or len(fraction) > 3:
        raise click.UsageError(f"--duration: {text[:40]!r} is not a number of seconds (90, 90.5)")
    return int(whole) * 1000 + int(fraction.ljust(3, "0"))


def _meter(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise click.UsageError(f"--meter: {text[:40]!r} is not NAME=N (octets=25MB)")
    return name, value


def rate_one(snapshot: Snapshot, charging: Charging, line: UsageLine, *, explain: bool, as_json: bool) -> int:
    """Print the result; the exit code is 1 when there is no price."""
    try:
        result = answer(snapshot, charging, line, 1)
    except UsageFault as fault:
        raise click.UsageError(str(fault)) from None
    if as_json:
        write_json(result)
    else:
        click.echo(page(snapshot, charging, line, result, explain=explain))
    return 1 if isinstance(result, Refused) else 0
