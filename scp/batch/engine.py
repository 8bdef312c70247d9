"""Decides columns of call attempts: the steps of `Program.decide`, each taken for a whole chunk at once.

Every row either walks the columns or is handed to `Program.decide`; both give the same decision. The caller's facts are
asked once per triggering number, when the engine is made, so a call costs a look-up for the caller, one to three for the
called number, and arithmetic.

Source: D-006, Figs. 2, 3, 5, 9; [0054]-[0058], A-001..A-004, A-023, A-024.
"""

from collections.abc import Sequence
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import MAX_DIGITS, digits_of
from ain_scp.scp.batch.attempts import Attempts, Origin
from ain_scp.scp.batch.calls import Calls
from ain_scp.scp.batch.dialing import Origins, PublicForms, translate
from ain_scp.scp.batch.gate import screen
from ain_scp.scp.batch.keyed import with_codes
from ain_scp.scp.batch.routing import route_and_bill
from ain_scp.scp.batch.tables import Callers, CustomerTables, Routes, areas_of, callers_of, unpacked
from ain_scp.scp.batch.verdicts import (
    BLOCKINGS,
    CAUSES,
    CLASSES,
    FLAGS,
    NO_CLASS,
    NO_CUSTOMER,
    SCREENINGS,
    SOURCES,
    UNKNOWN,
    RouteEntry,
    Verdicts,
    blank,
    decision_of,
)
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.decision import Decision

_NO_PLAN: Final = -1
_OTHER_PLAN: Final = -2
"""A plan that is not one of the standard two: its calls are decided one by one."""

_FEW: Final = 4
_VACANT, _UNKNOWN_CODE = (CAUSES.index(cause) for cause in ("VACANT_NUMBER", "UNKNOWN_ACCESS_CODE"))

Places = NDArray[np.int64]


@final
class Engine:
    """The service logic of one program over columns.

    Its tables cost some 4 MB, 2 MB for each customer, and 15 octets for each trigger, besides the snapshot.
    """

    def __init__(self, program: Program) -> None:
        snapshot = program.snapshot
        self.program = program
        self.routes = Routes()
        self._areas = areas_of(snapshot)
        self._callers = callers_of(snapshot, self._areas)
        self._tables = tuple(
            CustomerTables(snapshot, customer, self._areas, self.routes) for customer in snapshot.customers
        )
        self.plans = ("MDP", "SDP", *sorted(set(program.plans) - {"MDP", "SDP"}))
        self._place_of_group = {one.group_id: at for at, one in enumerate(snapshot.customers)}
        self._forms = PublicForms(snapshot)

    def decide(self, attempts: Attempts) -> Verdicts:
        """Decide attempts, any number of them; chunks of CHUNK are quickest."""
        count = len(attempts.calling)
        if attempts.keyed and (None, None) in attempts.origins:
            attempts = with_codes(attempts, self.program)
        whole: dict[int, Decision | Undecidable] = {}
        made = blank(count)._replace(whole=whole)
        trigger = find_many(self.program.snapshot.triggers, attempts.calling)
        callers = unpacked(self._callers[trigger])
        made.customer[:] = callers.customer
        if attempts.whole:
            made.customer[list(attempts.whole)] = NO_CUSTOMER
        alone = set(attempts.whole)
        for place, rows in _groups(made.customer):
            alone.update(self._group(place, rows, callers, attempts, made))
        left = sorted(alone)
        if left:
            for column, default in zip(made.columns(), blank(1).columns(), strict=True):
                column[left] = default[0]
        for row in left:
            decided = self.program.decide(attempts.query(row))
            whole[row] = decided
            self._put(made, row, decided)
        return made

    def decision(self, attempts: Attempts, verdicts: Verdicts, row: int) -> Decision | Undecidable:
        """The decision of one row, as `Program.decide` gives it."""
        calling = "" if row in verdicts.whole else digits_of(int(attempts.calling[row]))
        customers = self.program.snapshot.customers
        return decision_of(verdicts, row, calling, customers, self.plans, self.routes.entries)

    def _group(
        self, place: int, rows: Places | None, callers: Callers, attempts: Attempts, made: Verdicts
    ) -> list[int]:
        """Decide one customer's rows (None = all); the answer is the rows left to `Program.decide`."""
        tables = self._tables[place]
        if not tables.fits:
            return np.arange(made.customer.size).tolist() if rows is None else rows.tolist()
        part = attempts if rows is None else attempts.rows(rows)
        asked = callers if rows is None else callers.rows(rows)
        verdicts = made if rows is None else blank(asked.klass.size)
        verdicts.calling_class[:] = asked.klass
        plan = self._plan_places(tables, part.origins)[part.origin]
        calls = Calls(
            tables,
            self._areas,
            self.routes,
            verdicts,
            calling=part.calling,
            dialed=part.dialed,
            plan=plan,
            privilege=asked.privilege,
            profile=asked.profile,
            area=asked.area,
            bearer=part.bearer,
            time=part.time,
            draw=part.draw,
        )
        unusual = _decide(calls, self._forms, Origins(part.origins, part.origin))
        if rows is not None:
            for column, decided in zip(made.columns()[1:], verdicts.columns()[1:], strict=True):
                column[rows] = decided
        left = np.union1d(np.flatnonzero(plan == _OTHER_PLAN), unusual)
        alone: list[int] = (left if rows is None else rows[left]).tolist()
        return alone

    def _plan_places(self, tables: CustomerTables, origins: Sequence[Origin]) -> NDArray[np.int8]:
        """s100 for every origin: the plan of the access code, or of the code the trunk group implies (A-023, A-024)."""
        places: list[int] = []
        customer = tables.customer
        for access_code, group_id in origins:
            code = access_code
            if code is None and group_id is not None:
                group = customer.trunk_groups.get(group_id)
                if group is not None and not group.sends_access_code:
                    code = group.implied_access_code
            name = customer.access_codes.get(code) if code is not None else None
            place = self.plans.index(name) if name is not None else _NO_PLAN
            places.append(place if place < 2 else _OTHER_PLAN)
        return np.array(places or [_NO_PLAN], np.int8)

    def _put(self, made: Verdicts, row: int, decided: Decision | Undecidable) -> None:
        """Write a decision into the blank columns of a row, so that it is counted as the others are."""
        if isinstance(decided, Undecidable):
            return
        made.customer[row] = self._place_of_group[decided.customer]
        made.calling_class[row] = CLASSES.index(decided.calling_class)
        made.plan[row] = self.plans.index(decided.plan) if decided.plan is not None else _NO_PLAN
        called = decided.called_number
        if called is not None and called.isascii() and called.isdigit() and len(called) <= MAX_DIGITS:
            made.called[row] = int("1" + called)
        made.non[row] = decided.called_non or 0
        made.on_net[row] = UNKNOWN if decided.on_net is None else int(decided.on_net)
        made.cic[row] = -1 if decided.cic is None else int(decided.cic)
        made.called_class[row] = (
            NO_CLASS if decided.called_class is None else CLASSES.index(decided.called_class)
        )
        made.privilege_class[row] = decided.privilege_class or 0
        made.ctc[row], made.source[row] = decided.ctc, SOURCES.index(decided.ctc_source)
        made.screening[row] = SCREENINGS.index(decided.screening)
        made.blocking[row] = BLOCKINGS.index(decided.blocking)
        made.route[row] = self.routes.place(
            RouteEntry(
                decided.route_kind,
                decided.trunk_groups,
                decided.carriers,
                decided.outcome,
                decided.rtl_number,
            )
        )
        made.announcement[row] = CAUSES.index(decided.announcement)
        made.flag[row] = self._flag(decided)

    def _flag(self, decided: Decision) -> int:
        if decided.ama_slp_id is None:
            return 0
        slp_ids = self.program.snapshot.customer_by_group[decided.customer].ama_slp_ids
        kinds = ("RBR",) if decided.route_kind == "ASF_RTL" else ("UBS",) if decided.ctc == 111 else ("UBR",)
        return next((FLAGS.index(kind) for kind in kinds if slp_ids.get(kind) == decided.ama_slp_id), 0)


def _decide(calls: Calls, forms: PublicForms, origins: Origins) -> Places:
    """Figs. 2 and 3 for one customer's calls; the answer names those that are not decided here."""
    verdicts = calls.verdicts
    known = calls.plan >= 0
    verdicts.plan[:] = np.maximum(calls.plan, _NO_PLAN)
    unusual = translate(calls, forms, origins)
    verdicts.announcement[~known] = _UNKNOWN_CODE
    verdicts.announcement[known & ~calls.translated] = _VACANT
    route_and_bill(calls, screen(calls))
    return unusual


def _groups(customer: NDArray[np.int32]) -> list[tuple[int, Places | None]]:
    """Each customer that occurs, with its rows; None stands for all rows."""
    if not customer.size:
        return []
    low, high = int(customer.min()), int(customer.max())
    if low == high:
        return [(low, None)] if low >= 0 else []
    counts = np.bincount(customer + 1, minlength=high + 2)
    present = (np.flatnonzero(counts[1:])).tolist()
    if len(present) <= _FEW:
        return [(place, np.flatnonzero(customer == place)) for place in present]
    order = np.argsort(customer, kind="stable")
    ends = np.cumsum(counts)
    return [(place, order[ends[place] : ends[place + 1]]) for place in present]
