"""Usage lines and their results as JSON: what `ain rate` reads and writes.

Money is decimal text; times are ISO 8601 in the originating location's own calendar.

Source: charging design 9.1, 9.3.
"""

import datetime as dt
import re
from typing import Final

import msgspec

from ain_scp.billing.rating.applied import call_usage
from ain_scp.billing.rating.quote import quote
from ain_scp.billing.rating.rate import rate
from ain_scp.billing.rating.usage import MS, Charge, Refusal, Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.money import money_text, parse_money

MAX_UNITS: Final = 10**15
"""The most units of one meter that a line may have."""
MAX_MS: Final = 99_999_999_999
"""The longest talk time: that of an AMA record, a little over three years."""
MAX_METERS: Final = 16
MAX_FEATURES: Final = 64

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
_UNITS: Final = re.compile(r"(\d{1,15})(MB)?", re.ASCII)


class UsageFault(Exception):
    """A usage line that cannot be understood: what is wrong, in words."""


class UsageLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One usage line. `money` asks for the duration it buys instead of a price."""

    at: str
    tariff: str | None = None
    called: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    origin: str | None = None
    destination: str | None = None
    cos: str | None = None
    features: list[str] | None = None
    duration_ms: int | None = None
    meters: dict[str, int | str] | None = None
    money: str | None = None


class LineForm(msgspec.Struct, frozen=True):
    """One line of a charge."""

    row: str
    what: str
    quantity: int
    unit: str
    price: str
    amount: str


class ChargeForm(msgspec.Struct, frozen=True):
    """A charge."""

    currency: str
    gross: str
    amount: str
    lines: tuple[LineForm, ...]


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a usage line that has a price."""

    line: int
    ok: bool = True
    amount: str
    gross: str
    currency: str
    lines: tuple[LineForm, ...]


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a quote: the duration the money buys; None = more than a day."""

    line: int
    ok: bool = True
    granted_ms: int | None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a usage line that has no price."""

    line: int
    ok: bool = False
    reason: Refusal


Result = Priced | Granted | Refused


def charge_form(charge: Charge, digits: int) -> ChargeForm:
    """Write a charge with money as text."""
    return ChargeForm(
        currency=charge.currency,
        gross=money_text(charge.gross, digits),
        amount=money_text(charge.amount, digits),
        lines=tuple(
            LineForm(
                row=line.row,
                what=line.what,
                quantity=line.quantity,
                unit=line.unit,
                price=money_text(line.price, digits),
                amount=money_text(line.amount, digits),
            )
            for line in charge.lines
        ),
    )


def answer(snapshot: Snapshot, charging: Charging, asked: UsageLine, number: int) -> Result:
    """Rate one usage line, or quote it; UsageFault when it cannot be understood."""
    usage = usage_of(snapshot, charging, asked)
    if asked.money is None:
        found = rate(charging, usage)
        if isinstance(found, str):
            return Refused(line=number, reason=found)
        form = charge_form(found, charging.digits)
        return Priced(
            line=number, amount=form.amount, gross=form.gross, currency=form.currency, lines=form.lines
        )
    granted = quote(charging, usage, _money(asked.money))
    if isinstance(granted, str):
        return Refused(line=number, reason=granted)
    return Granted(line=number, granted_ms=granted)


def usage_of(snapshot: Snapshot, charging: Charging, asked: UsageLine) -> Usage:
    """Let the line of `from` decide what is not given: tariff, class of service, zones."""
    features = asked.features or []
    if len(features) > MAX_FEATURES:
        raise UsageFault(f"features: at most {MAX_FEATURES}")
    start_ms = moment_ms(asked.at)
    usage = call_usage(snapshot, charging, asked.from_ or "", asked.called or "", start_ms, _meters(asked))
    given = {
        "tariff": asked.tariff,
        "origin": asked.origin,
        "destination": asked.destination,
        "cos": asked.cos,
        "features": tuple(features),
    }
    return msgspec.structs.replace(usage, **{name: one for name, one in given.items() if one is not None})


def moment_ms(text: str) -> int:
    """Read ISO local time into milliseconds since 1970-01-01; an offset is that of the place and does not count."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"at: {ascii(text)[:60]} is not a time (2001-01-17T10:00:00)") from None
    return (moment.replace(tzinfo=None) - _EPOCH) // dt.timedelta(milliseconds=1)


def units_of(name: str, value: int | str) -> int:
    """Read how much a meter says: a number, or text such as "25MB"."""
    if isinstance(value, str):
        match = _UNITS.fullmatch(value)
        if match is None:
            raise UsageFault(f"meter {name[:40]}: {ascii(value)[:60]} is neither a number nor one with MB")
        value = int(match[1]) * (1_000_000 if match[2] else 1)
    most = MAX_MS if name == MS else MAX_UNITS
    if not 0 <= value <= most:
        raise UsageFault(f"meter {name[:40]}: 0 to {most}")
    return value


def _meters(asked: UsageLine) -> tuple[tuple[str, int], ...]:
    given: dict[str, int | str] = {} if asked.duration_ms is None else {MS: asked.duration_ms}
    meters = given | (asked.meters or {})
    if not meters and asked.money is None:
        raise UsageFault("nothing used: give duration_ms or meters, or money for a quote")
    if len(meters) > MAX_METERS:
        raise UsageFault(f"meters: at most {MAX_METERS}")
    return tuple((name, units_of(name, value)) for name, value in meters.items())


def _money(text: str) -> int:
    try:
        return parse_money(text, signed=True)
    except ValueError as reason:
        raise UsageFault(f"money: {reason}") from None
