"""Which entry of a summary a call counts in, and what it adds.

Source: charging.md 8.20, 10.2; B2-006.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.plans.totals import started_minutes
from ain_scp.billing.rating.places import zone_of
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import ANY, SummaryRow
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.localtime import day_text
from ain_scp.terms.units import DAY_MS

OTHER: Final = "OTHER"
ALL: Final = ""
"""The one entry of a summary without `by`."""


class Counted(msgspec.Struct, frozen=True):
    """One call as plans and summaries see it. Local times and lengths in ms, money in micros.

    `gross` is its price before any discount of a plan, `charge` the priced value, `percent` what lies between, parts per
    million; `round_to` is the finest unit of the rows that applied, `rows` names them.
    """

    account: str
    plan: str
    group: str
    calling: str
    called: str
    origin: str
    destination: str
    tariff: str
    cos: str
    features: tuple[str, ...]
    start_ms: int
    duration_ms: int
    kind: str
    gross: int
    charge: int
    percent: int
    round_to: int
    rows: str

    @property
    def day(self) -> int:
        """The local date of its answer, as a day number."""
        return self.start_ms // DAY_MS

    @property
    def minutes(self) -> int:
        """Its minutes, a started one whole."""
        return started_minutes(self.duration_ms)


def owners_of(account: str, plan: str, group: str) -> tuple[str, ...]:
    """The owners of the summaries that are kept for an account's call of a plan and a group."""
    return ANY, account, f"plan:{plan}", f"group:{group}"


def value_of(row: SummaryRow, call: Counted) -> int:
    """What a call adds: micros, started minutes, or 1."""
    if row.of == "COST":
        return call.charge
    return call.minutes if row.of == "MINUTES" else 1


def key_of(snapshot: Snapshot, charging: Charging, row: SummaryRow, call: Counted) -> str:
    """The entry a call counts in."""
    if row.by == "NUMBER" and not row.keys:
        return call.called if call.called in row.numbers else OTHER
    if row.by == "STATE":
        return snapshot.area_of(call.called.removeprefix("+1"))[1] or OTHER
    if row.by == "BAND":
        return charging.schemes[row.scheme].band(call.start_ms)
    return _OF[row.by](snapshot, call)


_OF: Final[dict[str, Callable[[Snapshot, Counted], str]]] = {
    "": lambda _snapshot, _call: ALL,
    "NUMBER": lambda _snapshot, call: call.called,
    "AREA": lambda _snapshot, call: call.called[:3],
    "CITY": lambda _snapshot, call: call.destination,
    "COUNTRY": lambda snapshot, call: country_of(snapshot, call),
    "DAY": lambda _snapshot, call: day_text(call.day),
    "PLAN": lambda _snapshot, call: call.plan,
    "TYPE": lambda _snapshot, call: call.kind,
}


def country_of(snapshot: Snapshot, call: Counted) -> str:
    """NANP, or the zone of a number abroad."""
    if not call.called.startswith("+") or call.called.startswith("+1"):
        return "NANP"
    return call.destination or zone_of(snapshot, call.called, call.calling)
