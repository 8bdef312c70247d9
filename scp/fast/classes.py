"""Classes of numbers: two numbers of one class are told apart by no table the service asks, only by their digits.

A caller's class is its customer, its station row's type and class, its ASF profile, and what the tables say about its
first six digits; all triggering numbers are classed at load. A called number's class is what the tables say about its
first six digits; one that stands completely in a list, or under an entry of more than six digits, is a class of its own.

The service itself is asked for nothing here and decides nothing here: this is the list of what its decision may depend
on. Tables: triggers, ocs_index (6 digits), stations, asf_originating, LATA and state (6), toll free, 900 and 976, the
blocking tables, international completion, and the numbers and prefixes of the ASF profiles.

Source: A-046..A-048, A-053..A-057, A-069, A-090..A-094, A-110..A-132, performance.md section 7.
"""

from typing import TYPE_CHECKING, Final, final

from ain_scp.provisioning.snapshot import AsfProfile, Customer, Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.terms.triggers import ORIGINATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEAD: Final = 6
MAX_HEADS: Final = 1 << 16
_TEN_DIGITS: Final = 10**10
_LENGTHS: Final = range(HEAD, 0, -1)


@final
class CallerClass:
    """One class of callers. `timed` and `chance`: its rules ask for the time, or share calls by percentage."""

    __slots__ = ("chance", "customer", "number", "timed")

    def __init__(self, number: int, customer: Customer, profile: AsfProfile | None) -> None:
        self.number = number
        self.customer = customer
        conditions = profile.conditions if profile is not None else []
        self.timed = any(condition.timed for condition in conditions)
        self.chance = any(condition.percent is not None for condition in conditions)


@final
class CalledClasses:
    """The classes of the numbers that one customer's calls go to, found as they are asked for."""

    def __init__(self, snapshot: Snapshot, customer: Customer) -> None:
        self._snapshot = snapshot
        self._customer = customer
        self._heads: dict[tuple[int, str], int] = {}
        self._facts: dict[tuple[object, ...], int] = {}
        self._next = 0
        self._deep: set[str] = set()
        self._exact = set(_long_entries(customer))
        for profile in customer.profiles:
            for row in profile.rtl_rows:
                if row.prefix is not None and len(row.prefix) > HEAD:
                    self._deep.add(row.prefix[:HEAD])

    def class_of(self, non: int, number: str) -> int:
        """The class of a called number."""
        head = number[:HEAD]
        if number in self._exact or head in self._deep:
            head = number  # the tables tell it from its neighbours: a class of its own
        known = self._heads.get((non, head))
        return self._new(non, head) if known is None else known

    def is_deep(self, head: str) -> bool:
        """Whether every number under this head is a class of its own."""
        return head in self._deep

    def exact_codes(self) -> "NDArray[np.int64]":
        """The codes of the ten-digit numbers that stand completely in a list."""
        import numpy as np

        return np.array([int("1" + number) for number in self._exact if len(number) == 10], np.int64)

    def alone(self, codes: "NDArray[np.int64]") -> "NDArray[np.bool_]":
        """Which of these ten-digit numbers, as codes, are classes of their own."""
        import numpy as np

        deep = np.array([int("1" + head) for head in self._deep], np.int64)
        found: NDArray[np.bool_] = np.isin(codes, self.exact_codes()) | np.isin(codes // 10_000, deep)
        return found

    def _new(self, non: int, head: str) -> int:
        if len(self._heads) >= MAX_HEADS:
            self._heads.clear()
            self._facts.clear()
        facts = self._ask(non, head) if len(head) == HEAD else (non, head)
        found = self._facts.get(facts)
        if found is None:
            self._next += 1
            found = self._facts[facts] = self._next
        self._heads[non, head] = found
        return found

    def _ask(self, non: int, head: str) -> tuple[object, ...]:
        snapshot, customer = self._snapshot, self._customer
        return (
            non,
            head[:3],
            head[3:] == "976",
            snapshot.lata_of(head),
            snapshot.state_of(head),
            *(_prefix_rows(table.entries, head) for table in customer.blocking.values()),
            _prefix_rows(customer.international_completion, head),
            *(profile.prefixes.longest(head) for profile in customer.profiles),
        )


def _prefix_rows(table: ExactTable, head: str) -> tuple[int, ...]:
    return tuple(table.find(head[:length]) for length in _LENGTHS)


def _long_entries(customer: Customer) -> list[str]:
    """Entries of the lists that only a complete number of more than six digits can equal."""
    rows = customer.rows
    lists = (*rows.blocking.values(), rows.international_completion)
    entries = [row.number for one in lists for row in one if len(row.number) > HEAD]
    for profile in customer.profiles:
        entries += [row.number for row in profile.rtl_rows if row.number is not None]
    return entries


def classify_callers(snapshot: Snapshot) -> tuple[ExactTable, list[CallerClass]]:
    """Class every originating triggering number of ten digits: number -> index of its class."""
    import numpy as np

    from ain_scp.provisioning.tables.build import compile_exact

    triggers = snapshot.dataset.triggers
    originates = np.frombuffer(ORIGINATES, np.bool_)[triggers.type]
    ten_digits = (triggers.numbers >= _TEN_DIGITS) & (triggers.numbers < 2 * _TEN_DIGITS)
    places = np.flatnonzero(originates & ten_digits)
    numbers = triggers.numbers[places]
    owners = triggers.customer[places]
    ids = np.zeros(len(numbers), np.int32)
    classes: list[CallerClass] = []
    for index, customer in enumerate(snapshot.customers):
        mine = np.flatnonzero(owners == index)
        if len(mine):
            ids[mine] = _classify(snapshot, customer, numbers[mine], classes)
    return compile_exact(numbers, ids), classes


def _classify(
    snapshot: Snapshot, customer: Customer, numbers: "NDArray[np.int64]", classes: list[CallerClass]
) -> "NDArray[np.int32]":
    """Class one customer's numbers; new classes are added to `classes`."""
    import numpy as np

    from ain_scp.provisioning.tables.batch import find_many, longest_many

    station = find_many(customer.stations, numbers).astype(np.int64)
    kinds = np.frombuffer(customer.station_type + b"\0", np.uint8).astype(np.int64)
    levels = np.frombuffer(customer.station_class + b"\0", np.uint8).astype(np.int64)
    station_facts = np.where(station >= 0, 1 + 16 * kinds[station] + levels[station], 0)
    location = longest_many(customer.asf_originating, numbers).astype(np.int64)
    profile_of = np.array([*customer.profile_of, -1], np.int64)
    profile = profile_of[location] + 1
    heads, inverse = np.unique((numbers - _TEN_DIGITS) // 10_000, return_inverse=True)
    facts: dict[tuple[object, ...], int] = {}
    head_facts = np.array(
        [
            facts.setdefault(_ask_caller(snapshot, customer, f"{head:06d}"), len(facts))
            for head in heads.tolist()
        ]
    )
    keys = (head_facts[inverse] * 4096 + station_facts) * (len(customer.profiles) + 1) + profile
    _, first, ids = np.unique(keys, return_index=True, return_inverse=True)
    start = len(classes)
    for place in first.tolist():
        number = int(profile[place])
        chosen = customer.profiles[number - 1] if number else None
        classes.append(CallerClass(len(classes), customer, chosen))
    return (ids + start).astype(np.int32)


def _ask_caller(snapshot: Snapshot, customer: Customer, head: str) -> tuple[object, ...]:
    return (head[:3], customer.ocs_index.longest(head), snapshot.lata_of(head), snapshot.state_of(head))
