"""The answers of a batch as columns, and each one as the decision it stands for.

A column holds positions in the word tables below; a route is a position in the engine's own table of routes. A row of
`whole` was decided one by one and keeps its `Decision`; its columns tell the same.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.digits import digits_of
from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.terms.decision import Decision
from ain_scp.terms.vocabulary import (
    NON_NATIONAL,
    Blocking,
    Cause,
    CtcSource,
    RouteKind,
    Screening,
    StationClass,
)

CLASSES: Final[tuple[StationClass, ...]] = get_args(StationClass)
NO_CLASS: Final = len(CLASSES)
SOURCES: Final[tuple[CtcSource | None, ...]] = (None, *get_args(CtcSource))
SCREENINGS: Final[tuple[Screening, ...]] = get_args(Screening)
BLOCKINGS: Final[tuple[Blocking, ...]] = get_args(Blocking)
CAUSES: Final[tuple[Cause | None, ...]] = (None, *get_args(Cause))
FLAGS: Final = (None, "UBS", "UBR", "RBR")

NO: Final = 0
YES: Final = 1
UNKNOWN: Final = 2
"""on_net of a call that was not translated."""

NO_CUSTOMER: Final = -1
"""customer of a call that cannot be decided."""

Octets = NDArray[np.uint8]


class RouteEntry(NamedTuple):
    """One way a call can take: the facilities of a rule, an ASF-RTL number, plain PSTN, or none."""

    kind: RouteKind
    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    outcome: str | None = None
    rtl_number: str | None = None

    @property
    def asf_results(self) -> int:
        """Units digit: trunk groups; tens digit: carriers (A-170)."""
        return 10 * len(self.carriers) + len(self.trunk_groups)


class Verdicts(NamedTuple):
    """The decisions of a chunk. `called` is a code, 0 without a called number; `cic` is -1 without one."""

    customer: NDArray[np.int32]
    plan: NDArray[np.int8]
    called: NDArray[np.int64]
    non: Octets
    on_net: Octets
    cic: NDArray[np.int16]
    calling_class: Octets
    called_class: Octets
    privilege_class: Octets
    ctc: NDArray[np.int16]
    source: Octets
    screening: Octets
    blocking: Octets
    route: NDArray[np.int32]
    announcement: Octets
    flag: Octets
    whole: Mapping[int, Decision | Undecidable]

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Every column, in the order of the fields."""
        return self[:-1]


def blank(count: int) -> Verdicts:
    """Verdicts of calls nothing was decided about yet."""
    octets = [np.zeros(count, np.uint8) for _ in range(9)]
    octets[1][:] = UNKNOWN
    octets[3][:] = NO_CLASS
    return Verdicts(
        customer=np.full(count, NO_CUSTOMER, np.int32),
        plan=np.full(count, -1, np.int8),
        called=np.zeros(count, np.int64),
        non=octets[0],
        on_net=octets[1],
        cic=np.full(count, -1, np.int16),
        calling_class=octets[2],
        called_class=octets[3],
        privilege_class=octets[4],
        ctc=np.zeros(count, np.int16),
        source=octets[5],
        screening=np.full(count, SCREENINGS.index("NOT_RUN"), np.uint8),
        blocking=np.full(count, BLOCKINGS.index("NOT_RUN"), np.uint8),
        route=np.zeros(count, np.int32),
        announcement=octets[6],
        flag=octets[7],
        whole={},
    )


def decision_of(
    verdicts: Verdicts,
    row: int,
    calling: str,
    customers: tuple[Customer, ...],
    plans: tuple[str, ...],
    routes: list[RouteEntry],
) -> Decision | Undecidable:
    """The decision of one row, equal in every field to that of `Program.decide`."""
    if row in verdicts.whole:
        return verdicts.whole[row]
    if verdicts.customer[row] == NO_CUSTOMER:
        return Undecidable(f"no originating trigger for {calling}")
    customer = customers[int(verdicts.customer[row])]
    made = Decision(customer.group_id, calling, CLASSES[verdicts.calling_class[row]])
    plan = int(verdicts.plan[row])
    made.plan = plans[plan] if plan >= 0 else None
    _translated(made, verdicts, row)
    made.privilege_class = int(verdicts.privilege_class[row]) or None
    made.ctc, made.ctc_source = int(verdicts.ctc[row]), SOURCES[verdicts.source[row]]
    made.screening, made.blocking = (
        SCREENINGS[verdicts.screening[row]],
        BLOCKINGS[verdicts.blocking[row]],
    )
    cause = CAUSES[verdicts.announcement[row]]
    made.sampled = cause not in ("VACANT_NUMBER", "UNKNOWN_ACCESS_CODE")
    if cause == "VACANT_NUMBER":
        made.announcement = cause
        made.response_called_party_id, made.response_called_non = customer.vacant_number, NON_NATIONAL
        return made
    if cause is not None:
        made.refuse(cause)
        return made
    _routed(made, routes[int(verdicts.route[row])])
    flag = FLAGS[verdicts.flag[row]]
    made.ama_slp_id = customer.ama_slp_ids.get(flag) if flag is not None else None
    return made


def _translated(made: Decision, verdicts: Verdicts, row: int) -> None:
    if verdicts.called[row]:
        made.called_number = digits_of(int(verdicts.called[row]))
        made.called_non = int(verdicts.non[row]) or None
        made.on_net = bool(verdicts.on_net[row])
        made.cic = f"{int(verdicts.cic[row]):04d}" if verdicts.cic[row] >= 0 else None
        made.called_class = CLASSES[verdicts.called_class[row]]


def _routed(made: Decision, route: RouteEntry) -> None:
    made.route_kind, made.asf_results = route.kind, route.asf_results
    made.outcome, made.rtl_number = route.outcome, route.rtl_number
    made.trunk_groups, made.carriers = route.trunk_groups, route.carriers
    if route.kind == "ASF_RTL":
        made.response_called_party_id, made.response_called_non = route.rtl_number, NON_NATIONAL
        made.response_original_called_party_id = made.called_number
        made.response_original_called_non = made.called_non
    else:
        made.response_called_party_id, made.response_called_non = made.called_number, made.called_non
