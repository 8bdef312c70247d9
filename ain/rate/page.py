"""A price or a quote for people: one line, and with `--explain` each line of the charge with the row that decided.

Source: charging design 3.4, 9.1.
"""

from ain_scp.billing.rating.forms import Granted, LineForm, Refused, Result, UsageLine, usage_of
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_REASONS = {
    "NO_TARIFF": "no tariff of this name, or none that applies to the line",
    "NO_ROW": "no row of the tariff applies to this usage",
}


def page(snapshot: Snapshot, charging: Charging, asked: UsageLine, result: Result, *, explain: bool) -> str:
    """Write a result as text."""
    head = _head(charging, asked, result)
    if not explain:
        return head
    lines = [head, _circumstances(snapshot, charging, asked)]
    if not isinstance(result, Granted | Refused):
        lines += map(row_text, result.lines)
    return "\n".join(lines)


def _head(charging: Charging, asked: UsageLine, result: Result) -> str:
    if isinstance(result, Refused):
        return f"{result.reason}: {_REASONS[result.reason]}"
    if not isinstance(result, Granted):
        return f"{result.amount} {result.currency}"
    money = f"{asked.money} {charging.currency}"
    if result.granted_ms is None:
        return f"{money}: more than 24 hours"
    return f"{money}: {duration_text(result.granted_ms)}"


def _circumstances(snapshot: Snapshot, charging: Charging, asked: UsageLine) -> str:
    """Say which tariff, places, class and band the rows were looked up by."""
    usage = usage_of(snapshot, charging, asked)
    tariff = charging.tariffs.get(usage.tariff)
    day = _DAYS[(usage.start_ms // 86_400_000 + 3) % 7]
    band = (
        f", band {tariff.scheme.band(usage.start_ms)}"
        if tariff is not None and tariff.scheme is not None
        else ""
    )
    places = f"{usage.origin or 'no line'} to {usage.destination or 'nowhere'}"
    return f"  tariff {usage.tariff or '-'}, {places}, class {usage.cos}, {day}{band}"


def row_text(line: LineForm) -> str:
    """Write one line of a charge."""
    each = f"{line.quantity} x {line.unit}" if line.unit else ""
    return f"  {line.row:<18}{line.what:<10}{each:<24}{line.price:>12}{line.amount:>14}"


def duration_text(duration_ms: int) -> str:
    """Write a duration as h:mm:ss, with milliseconds where there are any."""
    seconds, rest = divmod(duration_ms, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
