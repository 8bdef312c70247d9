"""Decides every call with both data sets and groups what differs: by what the caller notices, and by the rows because of which.

A group is one transition (kind, announcement, route, flag before and after, called numbers left out), the changed rows that
both decisions cite, and the first step that differs. Every compared call is in one group or unchanged. A call is explained only
when none before it had its key (`alike`). Constant memory: of a group the count and a few calls are kept, of keys a bounded number.

Source: D-006; console.md section 7.1.
"""

import random
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from ain_scp.console.review.alike import NEITHER, Alike, Key
from ain_scp.console.review.changed import Changed, Changes
from ain_scp.console.review.transition import (
    KINDS,
    Kind,
    first_difference,
    kind_of,
    told,
    transition_of,
    words_of,
)
from ain_scp.scp.service_logic.asking import Line, answer_of
from ain_scp.scp.service_logic.decision_json import (
    QueryFault,
    QueryForm,
    QueryLine,
    StepForm,
    query_line,
    query_of,
)
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.trace import Trace

EXAMPLES: Final = 20
MOST_UNUSABLE: Final = 20
EVERY: Final = 1000
MOST_KNOWN: Final = 1 << 17
_STEPS_SHOWN: Final = 60


class Side(msgspec.Struct, frozen=True):
    """One decision of an example."""

    steps: tuple[StepForm, ...]
    told: dict[str, str]
    error: str | None = None


class Example(msgspec.Struct, frozen=True):
    """One call of a group, decided both ways."""

    id: str
    query: dict[str, object]
    before: Side
    after: Side


class GroupForm(msgspec.Struct):
    """Calls with one transition for the same rows. `rows` are places in `ReviewForm.changes`."""

    kind: Kind
    title: str
    what: str
    rows: list[int]
    first: str
    count: int = 0
    key: str = ""
    probes: int = 0
    example: Example | None = None
    calls: list[dict[str, object]] = []


class ReviewForm(msgspec.Struct):
    """The whole review."""

    changes: list[Changed]
    compared: int
    probes: int
    changed: int
    kinds: dict[str, int]
    groups: list[GroupForm]
    unreached: list[int]
    unusable: int
    problems: list[str]


class Both(msgspec.Struct, frozen=True):
    """A call decided with both data sets."""

    id: str
    form: QueryForm
    before: Line
    after: Line


GroupKey = tuple[object, ...]


class Known(NamedTuple):
    """What all calls of a key come to: the changed rows that they name, and their group, None when nothing differs."""

    causes: frozenset[int]
    group: GroupKey | None


class Found(NamedTuple):
    """What was found in some lines, to be added to what was found in those before them."""

    groups: dict[GroupKey, GroupForm]
    reached: set[int]
    compared: int
    unusable: int
    problems: list[str]


class Reviewer:
    """Compares calls; `result` says what came of all."""

    def __init__(
        self,
        before: Program,
        after: Program,
        changes: Changes,
        progress: Callable[[int], None] = lambda _n: None,
    ) -> None:
        self._programs = before, after
        self._changes = changes
        self._progress = progress
        self._groups: dict[GroupKey, GroupForm] = {}
        self._alike = Alike(before, after, changes)
        self._known: dict[Key, Known] = {}
        self._reached: set[int] = set()
        self._compared = self._probes = self._unusable = 0
        self._problems: list[str] = []

    def lines(
        self, source: str, lines: Iterable[bytes], seed: int, *, first: int = 1, drawn: int = 0
    ) -> None:
        """Compare query lines; one that cannot be used is counted, and the first are named.

        `first` is the number of the first line, `drawn` how many queries stood before it.
        """
        chance = random.Random(seed)
        for _ in range(drawn):
            chance.randrange(10_000)
        decoder = msgspec.json.Decoder(QueryLine)
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            draw = chance.randrange(10_000)
            try:
                asked = decoder.decode(line)
                self._take(str(asked.id if asked.id is not None else number), asked.query, draw, probe=False)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, QueryFault) as fault:
                self._refuse(f"{source}:{number}: {fault}")

    def forms(self, forms: Iterable[QueryForm]) -> None:
        """Compare calls made for this review."""
        for number, form in enumerate(forms, 1):
            try:
                self._take(f"probe-{number}", form, 0, probe=True)
            except QueryFault:  # digits of a row that cannot be dialed
                continue

    def _refuse(self, text: str) -> None:
        self._unusable += 1
        if len(self._problems) < MOST_UNUSABLE:
            self._problems.append(text)

    def _take(self, identity: str, form: QueryForm, draw: int, *, probe: bool) -> None:
        key = self._alike.key(form, query_of(form, draw))
        if key == NEITHER and (probe or len(self._problems) >= MOST_UNUSABLE):
            self._unusable += not probe
            return
        known = None if key is None else self._known.get(key)
        if known is None or (known.group is not None and known.group not in self._groups):
            known = self._explained(identity, form, draw, probe=probe)
            if known is None:
                return
            if key is not None:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[key] = known
        self._compared += not probe
        self._probes += probe
        if (self._compared + self._probes) % EVERY == 0:
            self._progress(self._compared + self._probes)
        self._reached |= known.causes
        if known.group is not None:
            group = self._groups[known.group]
            group.count += 1
            group.probes += probe
            if len(group.calls) < EXAMPLES:
                group.calls.append(query_line(form, identity))

    def _explained(self, identity: str, form: QueryForm, draw: int, *, probe: bool) -> Known | None:
        """What a call comes to; None, and refused, when neither data set decides it."""
        both = self._decided(identity, form, draw)
        if both.before.decision is None and both.after.decision is None:
            if not probe:
                self._refuse(f"{identity}: {both.before.error}")
            return None
        causes = frozenset(self._causes(both))
        kind = kind_of(both.before.decision, both.after.decision)
        return Known(causes, None if kind is None else self._group(both, kind, tuple(sorted(causes))))

    def _decided(self, identity: str, form: QueryForm, draw: int) -> Both:
        answers = [answer_of(program, identity, form, draw, Trace()) for program in self._programs]
        return Both(identity, form, answers[0], answers[1])

    def _causes(self, both: Both) -> set[int]:
        found = {
            self._changes.cited(step.row, after=after)
            for answer, after in ((both.before, False), (both.after, True))
            for step in (answer.decision.steps if answer.decision is not None else ())
        }
        return {at for at in found if at is not None}

    def _group(self, both: Both, kind: Kind, rows: tuple[int, ...]) -> GroupKey:
        """The key of a call's group, which is made when it is the first of it."""
        first = first_difference(both.before.decision, both.after.decision)
        key = (kind, transition_of(kind, both.before.decision, both.after.decision), rows, first)
        if key not in self._groups:
            title, what = words_of(kind, both.before.decision, both.after.decision)
            group = self._groups[key] = GroupForm(kind, title, what, list(rows), first, calls=[])
            group.example = Example(both.id, query_line(both.form), _side(both.before), _side(both.after))
        return key

    def taken(self) -> Found:
        """What was found since the last time, which is forgotten here."""
        found = Found(self._groups, self._reached, self._compared, self._unusable, self._problems)
        self._groups, self._reached, self._problems = {}, set(), []
        self._compared = self._unusable = 0
        return found

    def add(self, found: Found) -> None:
        """Take what another found in the lines that come next."""
        for key, group in found.groups.items():
            mine = self._groups.setdefault(key, group)
            if mine is not group:
                mine.count += group.count
                mine.calls += group.calls[: EXAMPLES - len(mine.calls)]
        self._reached |= found.reached
        self._compared += found.compared
        self._unusable += found.unusable
        self._problems += found.problems[: MOST_UNUSABLE - len(self._problems)]
        self._progress(self._compared)

    def result(self) -> ReviewForm:
        """Everything that was found; groups by kind, the largest first."""
        order = list(KINDS)
        groups = sorted(self._groups.values(), key=lambda one: (order.index(one.kind), -one.count, one.rows))
        kinds = dict.fromkeys(KINDS, 0)
        for number, group in enumerate(groups, 1):
            group.key = f"g{number}"
            kinds[group.kind] += group.count
        return ReviewForm(
            list(self._changes.rows),
            self._compared,
            self._probes,
            sum(kinds.values()),
            kinds,
            groups,
            [at for at in range(len(self._changes.rows)) if at not in self._reached],
            self._unusable,
            self._problems,
        )


def _side(answer: Line) -> Side:
    decision = answer.decision
    if decision is None:
        return Side((), {}, answer.error)
    return Side(tuple(decision.steps[:_STEPS_SHOWN]), dict(told(decision)))
