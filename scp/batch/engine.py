"""Decides columns of call attempts: classes by column, outcomes from the ledger of pairs.

    digits -> translation (dialing) -> class of the number called (columns) -> pair of classes -> outcome

No rule stands here: what a pair of classes comes to is judged once, by the service logic, and what that leaves to the moment
is asked of the columns of time and draw. Every row either walks the columns or is handed to `Program.decide`; both give the
same decision.

Source: D-006, Figs. 2, 3, 5, 9; [0054]-[0058], A-001..A-004, A-023, A-024.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import digits_of
from ain_scp.scp.batch.attempts import Attempts, Origin
from ain_scp.scp.batch.dialing import Forms, ListedNumbers, translate
from ain_scp.scp.batch.keyed import with_codes
from ain_scp.scp.batch.moments import first_match
from ain_scp.scp.batch.verdicts import UNDECIDABLE, Verdicts, blank
from ain_scp.scp.classes.callers import classify_callers
from ain_scp.scp.classes.columns import CalledColumns, PairColumns
from ain_scp.scp.service_logic.judge import UNKNOWN_ACCESS_CODE, VACANT, Judged
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.decision import Decision, Translation
from ain_scp.terms.facts import ORIGINATING, Outcome, Pair
from ain_scp.terms.vocabulary import BEARERS

_NO_PLAN: Final = -1
_OTHER_PLAN: Final = -2
"""A plan that is not one of the standard two: its calls are decided one by one."""

_FEW: Final = 4

Places = NDArray[np.int64]
Ids = NDArray[np.int32]


class Part(NamedTuple):
    """What is laid out for one customer; its classes of callers begin at `first`."""

    customer: Customer
    listed: ListedNumbers
    called: CalledColumns
    pairs: PairColumns
    first: int


@final
class Engine:
    """The service logic of one program over columns.

    Its tables cost 5 MB for each customer and 4 octets for each trigger, besides the snapshot. `outcomes` grows as they are
    met; a position in it, once given, stays.
    """

    def __init__(self, program: Program) -> None:
        snapshot = program.snapshot
        self.program = program
        self.callers = classify_callers(snapshot)
        self.outcomes: list[Outcome] = []
        self._place_of: dict[Outcome, int] = {}
        self._left_open: list[tuple[Judged, Ids]] = []
        self._parts = {one.group_id: self._part(one) for one in snapshot.customers}
        groups = [one.customer.group_id for one in self.callers.classes]
        order = list(self._parts)
        self._part_of = np.array([*(order.index(group) for group in groups), -1], np.int32)
        self._in_order = list(self._parts.values())
        self.plans = ("MDP", "SDP", *sorted(set(program.plans) - {"MDP", "SDP"}))
        self._forms = Forms(snapshot)
        self._voice = np.array([*(snapshot.voice.get(bearer, False) for bearer in BEARERS), False])

    def _part(self, customer: Customer) -> Part:
        mine = [at for at, one in enumerate(self.callers.classes) if one.customer is customer]
        called = self.program.called[customer.group_id]
        first = mine[0] if mine else 0

        def judged(caller: int, klass: int, voice: bool) -> int:
            facts = self.callers.classes[first + caller].facts
            return self._number(
                self.program.ledger.judged(customer, Pair(ORIGINATING, facts, called.facts[klass], voice))
            )

        pairs = PairColumns(len(mine), judged)
        return Part(customer, ListedNumbers(customer), CalledColumns(called), pairs, first)

    def _number(self, judged: Judged) -> int:
        """What was judged as a number: a position in `outcomes`, or below UNDECIDABLE, one in `_left_open`."""
        places = [self.place(outcome) for outcome in judged.outcomes]
        if len(places) == 1:
            return places[0]
        self._left_open.append((judged, np.array(places, np.int32)))
        return UNDECIDABLE - len(self._left_open)

    def place(self, outcome: Outcome) -> int:
        """The position of an outcome, made when it is new."""
        at = self._place_of.setdefault(outcome, len(self.outcomes))
        if at == len(self.outcomes):
            self.outcomes.append(outcome)
        return at

    def decide(self, attempts: Attempts) -> Verdicts:
        """Decide attempts, any number of them; chunks of CHUNK are quickest."""
        if attempts.keyed and any(code is None for code, _ in attempts.origins):
            attempts = with_codes(attempts, self.program)
        whole: dict[int, Decision | Undecidable] = {}
        made = blank(len(attempts.calling))._replace(whole=whole)
        trigger = find_many(self.program.snapshot.triggers, attempts.calling)
        made.caller[:] = self.callers.of_trigger.take(trigger, mode="wrap")
        alone = set(attempts.whole)
        made.caller[list(alone)] = -1
        for number, rows in _groups(self._part_of.take(made.caller, mode="wrap")):
            alone.update(self._group(self._in_order[number], rows, attempts, made))
        for row in sorted(alone):
            decided = whole[row] = self.program.decide(attempts.query(row))
            made.caller[row] = made.klass[row] = made.plan[row] = -1
            made.outcome[row] = (
                UNDECIDABLE if isinstance(decided, Undecidable) else self.place(decided.settled)
            )
        return made

    def decision(self, attempts: Attempts, verdicts: Verdicts, row: int) -> Decision | Undecidable:
        """The decision of one row, as `Program.decide` gives it."""
        if row in verdicts.whole:
            return verdicts.whole[row]
        calling = digits_of(int(attempts.calling[row]))
        if verdicts.outcome[row] == UNDECIDABLE:
            return Undecidable(f"no originating trigger for {calling}")
        customer, facts = self.callers.classes[verdicts.caller[row]]
        plan, klass = int(verdicts.plan[row]), int(verdicts.klass[row])
        translation = pair = None
        if klass >= 0:
            called = self.program.called[customer.group_id].facts[klass]
            pair = Pair(ORIGINATING, facts, called, bool(self._voice[attempts.bearer[row]]))
            cic = int(verdicts.cic[row])
            translation = Translation(
                digits_of(int(verdicts.called[row])),
                called.nature,
                on_net=called.on_net,
                called_class=called.station,
                cic=None if cic < 0 else f"{cic:04d}",
                special=called.special,
            )
        return Decision(
            customer.group_id,
            calling,
            facts.station,
            self.outcomes[verdicts.outcome[row]],
            plan=self.plans[plan] if plan >= 0 else None,
            translation=translation,
            pair=pair,
            vacant_number=customer.vacant_number,
        )

    def _group(self, part: Part, rows: Places | None, attempts: Attempts, made: Verdicts) -> list[int]:
        """Decide one customer's rows (None = all); the answer is the rows left to `Program.decide`."""
        every = np.arange(len(made.caller)) if rows is None else rows
        if not part.listed.fits:
            return list(every.tolist())
        asked = attempts if rows is None else attempts.rows(rows)
        plans = self._plan_places(part.customer, asked.origins)
        plan = plans[asked.origin]
        calls, alone = translate(part.listed, self._forms, asked, plans)
        klass = part.called.of(calls)
        caller = (made.caller if rows is None else made.caller[rows]) - part.first
        outcome = self._outcomes(part, asked, caller, klass)
        outcome[plan < 0] = self.place(UNKNOWN_ACCESS_CODE)
        called = np.where(klass >= 0, calls.called, 0)
        columns = (np.maximum(plan, _NO_PLAN).astype(np.int8), called, calls.cic, klass, outcome)
        for column, decided in zip(made.columns()[1:], columns, strict=True):
            if rows is None:
                column[:] = decided
            else:
                column[rows] = decided
        left = np.union1d(np.flatnonzero(plan == _OTHER_PLAN), alone)
        return list(every[left].tolist())

    def _outcomes(self, part: Part, asked: Attempts, caller: Ids, klass: Ids) -> Ids:
        """The outcome of each call with a called number; VACANT for the others."""
        made = np.full(klass.size, self.place(VACANT), np.int32)
        known = klass >= 0
        rows = np.arange(klass.size) if known.all() else np.flatnonzero(known)
        found = part.pairs.of(caller[rows], klass[rows], self._voice.take(asked.bearer[rows]))
        for number in np.unique(found[found < UNDECIDABLE]).tolist():
            judged, places = self._left_open[UNDECIDABLE - 1 - number]
            these = np.flatnonzero(found == number)
            at = rows[these]
            found[these] = places[first_match(judged.conditions, asked.time[at], asked.draw[at])]
        made[rows] = found
        return made

    def _plan_places(self, customer: Customer, origins: Sequence[Origin]) -> NDArray[np.int8]:
        """s100 for every origin."""
        places: list[int] = []
        for origin in origins:
            name = customer.plan_of(*origin)
            place = self.plans.index(name) if name is not None else _NO_PLAN
            places.append(place if place < 2 else _OTHER_PLAN)
        return np.array(places or [_NO_PLAN], np.int8)


def _groups(part: NDArray[np.int32]) -> list[tuple[int, Places | None]]:
    """Each part that occurs, with its rows; None stands for all rows."""
    if not part.size:
        return []
    low, high = int(part.min()), int(part.max())
    if low == high:
        return [(low, None)] if low >= 0 else []
    counts = np.bincount(part + 1, minlength=high + 2)
    present = (np.flatnonzero(counts[1:])).tolist()
    if len(present) <= _FEW:
        return [(place, np.flatnonzero(part == place)) for place in present]
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(counts)
    return [(place, order[ends[place] : ends[place + 1]]) for place in present]
