"""What a customer asks of the host, as data: the columns, dimensions and sums of SMDR calls, and a request's filters.

`plan` checks a request against what its sender may see and turns it into a `Plan` that any engine answers.

Source: A-250, A-254; [0193]; requirements.md section 5.4 (report request).
"""

from typing import Final

import msgspec

from ain_scp.reports.source import (
    Column,
    Condition,
    Dimension,
    Form,
    Measure,
    Operator,
    Plan,
    RequestError,
    Source,
    problems,
)
from ain_scp.reports.source import plan as plan_of
from ain_scp.smdr.sample import STATUSES
from ain_scp.terms.digits import is_number

COLUMNS: Final[tuple[Column, ...]] = (
    Column("customer_group", "customer_group", "text"),
    Column("calling_party_id", "calling_party_id", "text"),
    Column("called_party_id", "called_party_id", "text"),
    Column("original_called_party_id", "original_called_party_id", "text"),
    Column("destination", "destination", "text"),
    Column("status", "status", "text"),
    Column("start_time", "start_ms", "time"),
    Column("connect_time", "connect_ms", "time"),
    Column("end_time", "end_ms", "time"),
    Column("duration_s", "duration_ms", "seconds"),
    Column("source_records", "source_records", "number"),
    Column("identifier", "identifier", "text"),
    Column("scp", "scp", "text"),
)
_ALIASES: Final = {
    "customer": "customer_group",
    "calling": "calling_party_id",
    "called": "called_party_id",
    "original_called": "original_called_party_id",
    "start": "start_time",
    "connect": "connect_time",
    "end": "end_time",
    "duration": "duration_s",
}
DIMENSIONS: Final[tuple[Dimension, ...]] = (
    Dimension("customer_group", "customer_group", "value"),
    Dimension("calling_party_id", "calling_party_id", "value"),
    Dimension("called_party_id", "called_party_id", "value"),
    Dimension("destination", "destination", "value"),
    Dimension("calling_area", "calling_party_id", "prefix", 3),
    Dimension("destination_area", "destination", "prefix", 3),
    Dimension("status", "status", "value"),
    Dimension("outcome", "status", "word"),
    Dimension("day", "start_ms", "day"),
    Dimension("hour", "start_ms", "hour"),
)
DEFAULT_FIELDS: Final = (
    "start_time",
    "calling_party_id",
    "called_party_id",
    "original_called_party_id",
    "status",
    "connect_time",
    "end_time",
    "duration_s",
)
"""Everything about a call but the identifier, which differs between an ISCP and an LSCP (A-252)."""
STATUS_WORDS: Final = STATUSES | {status.partition(":")[0] for status in STATUSES} | {"INCOMPLETE"}
"""What `status` may name: a status, or the first word of several."""
CALLS: Final = Source(
    table="smdr_call",
    columns=COLUMNS,
    dimensions=DIMENSIONS,
    measures=(
        Measure("calls", "calls", "count"),
        Measure("completed", "completed", "count_equal", "status", "COMPLETED"),
        Measure("duration_s", "s", "sum", "duration_ms", kind="seconds"),
    ),
    order=(
        "start_ms", "calling_party_id", "called_party_id", "original_called_party_id?", "status", "end_ms", "scp", "identifier",
    ),
    aliases=_ALIASES,
)  # fmt: skip
"""The host's table of calls."""


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for; everything left out means all.

    The period is half open, by start time (ms): since <= start < until. `called_prefix` looks at the number as routed,
    `destination_prefix` at the one the caller wanted. `status` is a status, or its first word ("BLOCKED").
    """

    customer: str | None = None
    fields: tuple[str, ...] = DEFAULT_FIELDS
    since_ms: int | None = None
    until_ms: int | None = None
    calling_prefix: str | None = None
    called_prefix: str | None = None
    destination_prefix: str | None = None
    status: str | None = None
    group_by: tuple[str, ...] = ()
    most: int = 100_000
    form: Form = "table"


def plan(request: ReportRequest, entitled: str | None) -> Plan:
    """Check a request of somebody entitled to one customer group's calls (None: the operator, to all).

    RequestError names every problem. A customer who asks for another's calls is refused, and one who names no customer
    gets its own (A-254).
    """
    found = _problems(request)
    if entitled == "":
        found.append("who asks is not known")
    if entitled is not None and request.customer not in (None, entitled):
        found.append("another customer's calls are not shown")
    if found:
        raise RequestError("; ".join(found))
    conditions = _conditions(request, entitled if entitled is not None else request.customer)
    return plan_of(CALLS, conditions, request.fields, request.group_by, request.most)


def _problems(request: ReportRequest) -> list[str]:
    found = problems(CALLS, request.fields, request.group_by, request.most)
    if request.status is not None and request.status not in STATUS_WORDS:
        found.append(f"unknown status {request.status}; known: {', '.join(sorted(STATUS_WORDS))}")
    for prefix in (request.calling_prefix, request.called_prefix, request.destination_prefix):
        if prefix is not None and not is_number(prefix):
            found.append("a prefix is 1 to 15 digits")
    if request.since_ms is not None and request.until_ms is not None and request.since_ms >= request.until_ms:
        found.append("the period ends before it begins")
    return found


def _conditions(request: ReportRequest, customer: str | None) -> tuple[Condition, ...]:
    wanted: list[tuple[str, Operator, str | int | None]] = [
        ("customer_group", "equal", customer),
        ("start_ms", "at_least", request.since_ms),
        ("start_ms", "below", request.until_ms),
        ("calling_party_id", "prefix", request.calling_prefix),
        ("called_party_id", "prefix", request.called_prefix),
        ("destination", "prefix", request.destination_prefix),
        ("status", "equal" if ":" in (request.status or "") else "word", request.status),
    ]
    return tuple(
        Condition(source, operator, value) for source, operator, value in wanted if value is not None
    )
