"""What can become of a message the node received: one counter for each outcome, and the sum that must come out.

Rule: every message received has exactly one outcome, so at any time

    received = answered + rejected + shed + dropped + replayed + taken + in flight

`taken` are messages that had their effect and need no answer (notifications, ends of dialogues, management). The other
counters say more about the same messages and are no outcomes.

Source: reliability section 9 (conservation identity), A-260.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from ain_scp.signaling.sccp.structs import ReturnCause


class Outcome(Enum):
    """The terms of the sum."""

    ANSWERED = "answered"
    REJECTED = "rejected"
    SHED = "shed"
    DROPPED = "dropped"
    REPLAYED = "replayed"
    TAKEN = "taken"


_ANSWERED: Final = (
    ("answered", "queries answered with a decision"),
    ("conversed", "messages answered within a dialogue that continues"),
    ("heartbeats", "heartbeats sent back"),
)
_REJECTED: Final = (
    (
        "refused_unrecorded",
        "billable queries refused with failureReport, as their samples could not be stored",
    ),
    ("undecidable", "queries for a number without a trigger: application error"),
    ("rejected_component", "component faults: reject"),
    ("rejected_operation", "operations not known or not for the SCP: reject 0202"),
    ("rejected_argument", "arguments that are none: application error"),
    ("rejected_duplicate", "another query under the transaction id of one just answered: reject 0201"),
    ("rejected_unexpected", "messages a dialogue does not expect: application error"),
    ("aborted_package", "package faults: abort"),
    ("aborted_resources", "no room for another dialogue: abort 6"),
    ("unassigned_transaction", "conversations of no transaction of ours: abort 4"),
    ("rejected_m3ua", "M3UA messages refused with ERR"),
    ("refused_faulty", "queries whose answer ended in a fault of our own: failureReport"),
)
_SHED: Final = (
    ("shed_busy", "queries refused with failureReport rateTooHigh"),
    ("shed_focused", "queries for a code under focused control, refused likewise"),
    ("shed_silent", "queries refused without an answer, the rate of refusals being used up"),
    ("shed_unread", "queries dropped unread, likewise"),
)
_REPLAYED: Final = (("replayed", "repeated queries: the same answer once more, no effect"),)
_TAKEN: Final = (
    ("notifications", "termination notifications"),
    ("control_overflows", "AcgOverflow: a switch had no room for a control"),
    ("error_reports", "ReportError: what was wrong with an answer, or that it came too late"),
    ("unidirectional_other", "other unidirectional messages"),
    ("aborts", "aborts by the peer"),
    ("ended", "dialogues ended by the peer"),
    ("noted", "reports of a dialogue that need no answer"),
    ("management", "M3UA management of the link, and network status"),
    ("notices", "messages of ours that came back (UDTS)"),
    ("subsystem_management", "SCMG messages"),
    ("subsystem_management_ignored", "SCMG messages of kinds not used here"),
    ("segments", "segments kept for reassembly"),
)
_DROPPED: Final = (
    ("dropped_faulty", "messages that ended in a fault of our own and could not be refused"),
    ("dropped_m3ua", "octets that are no M3UA message"),
    ("dropped_service_indicator", "data for another user than SCCP"),
    ("dropped_destination", "data for a point code that is not ours"),
    ("dropped_not_ours", "SCCP messages called for another node: an SCP relays nothing"),
    ("dropped_tcap", "packages whose sender cannot be answered"),
    ("dropped_notification", "notifications with broken arguments"),
    ("dropped_unknown_response", "responses to no transaction of ours"),
    ("dropped_foreign_transaction", "messages for a transaction of another peer"),
    ("dropped_refusals_limited", "faults beyond the rate of answers a peer gets"),
    ("dropped_stale", "queries older than the switch waits"),
    ("dropped_address", "messages of links that are no peer's"),
    ("dropped_network_appearance", "data with another network appearance than the peer's"),
    ("dropped_routing_context", "data with a routing context the peer may not use"),
    ("dropped_peer_service_indicator", "data for a user the peer may not call"),
    ("dropped_origin_point_code", "data from a point code that is not the peer's"),
    ("dropped_subsystem", "calls to a subsystem the peer may not use"),
    ("dropped_translation_type", "calls by a translation type the peer may not use"),
    ("dropped_sccp_malformed", "SCCP messages that are none"),
    ("dropped_sccp_unknown_type", "SCCP messages of another kind"),
    ("dropped_sccp_management_malformed", "SCMG messages that are none"),
    ("dropped_sccp_notice_unequipped", "returned messages of a subsystem that is not here"),
    ("dropped_sccp_returns_limited", "messages not returned, the rate of returns being used up"),
)


def _by_return_cause() -> dict[str, Outcome]:
    """What SCCP cannot deliver: returned (a reject), or dropped because it did not ask or may not come back."""
    outcomes: dict[str, Outcome] = {}
    for cause in ReturnCause:
        name = cause.name.lower()
        outcomes[f"returned_sccp_{name}"] = Outcome.REJECTED
        outcomes[f"dropped_sccp_{name}"] = Outcome.DROPPED
        outcomes[f"dropped_sccp_service_{name}"] = Outcome.DROPPED
    return outcomes


OUTCOMES: Final[Mapping[str, Outcome]] = (
    {name: Outcome.ANSWERED for name, _ in _ANSWERED}
    | {name: Outcome.REJECTED for name, _ in _REJECTED}
    | {name: Outcome.SHED for name, _ in _SHED}
    | {name: Outcome.REPLAYED for name, _ in _REPLAYED}
    | {name: Outcome.TAKEN for name, _ in _TAKEN}
    | {name: Outcome.DROPPED for name, _ in _DROPPED}
    | _by_return_cause()
)
"""Every outcome by the name of its counter."""

MEANINGS: Final[Mapping[str, str]] = dict(_ANSWERED + _REJECTED + _SHED + _REPLAYED + _TAKEN + _DROPPED)
"""What each counter counts, for reports; the SCCP ones say it in their names."""

INFORMATION: Final = frozenset(
    (
        "received",
        "emergency",
        "answers_undeliverable",
        "dialogues_opened",
        "dialogues_timed_out",
        "acg",
        "replies_forgotten",
        "answered_while_leaving",
        "refused_in_dialogue",
    )
)
"""Counters that are no outcomes."""


def totals(counters: Mapping[str, int]) -> dict[str, int]:
    """The terms of the sum, by name, zeros included."""
    sums = {outcome.value: 0 for outcome in Outcome}
    for name, outcome in OUTCOMES.items():
        sums[outcome.value] += counters.get(name, 0)
    return sums


def discrepancies(counters: Mapping[str, int], in_flight: int = 0) -> list[str]:
    """What is wrong with the counters: undeclared names, and a sum that does not come out. Empty when all is well."""
    known = OUTCOMES.keys() | INFORMATION
    problems = [f"counter {name} is not declared" for name in sorted(counters.keys() - known)]
    accounted = sum(totals(counters).values()) + in_flight
    if counters.get("received", 0) != accounted:
        problems.append(f"received {counters.get('received', 0)}, accounted for {accounted}")
    return problems


def metric_lines(counters: Mapping[str, int], in_flight: int, level: int) -> list[str]:
    """Prometheus text: one line per outcome, so that a dashboard can check the sum too."""
    lines = ["# TYPE ain_scp_received_total counter", f"ain_scp_received_total {counters.get('received', 0)}"]
    lines.append("# TYPE ain_scp_outcome_total counter")
    lines += [
        f'ain_scp_outcome_total{{outcome="{outcome.value}",cause="{name}"}} {counters.get(name, 0)}'
        for name, outcome in OUTCOMES.items()
        if name in counters or name in MEANINGS
    ]
    lines.append("# TYPE ain_scp_event_total counter")
    lines += [
        f'ain_scp_event_total{{event="{name}"}} {counters.get(name, 0)}'
        for name in sorted(INFORMATION - {"received"})
    ]
    lines += ["# TYPE ain_scp_in_flight gauge", f"ain_scp_in_flight {in_flight}"]
    lines += ["# TYPE ain_scp_overload_level gauge", f"ain_scp_overload_level {level}"]
    return lines
