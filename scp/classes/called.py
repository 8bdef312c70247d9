"""Facts about called numbers, and their classes: numbers with equal facts are one class, whatever their digits.

Tables hold prefixes of at most six digits and complete numbers, but for a few longer prefixes of ASF profiles. So the first
six digits are looked up once for all numbers that begin with them; a number that stands completely in a list, or begins like
a longer prefix, is looked up as a whole, and so is a number of six digits or fewer. `look` is given nothing else to look at.

Limits: MAX_KNOWN beginnings and numbers, then all are looked up anew; a class keeps its number.
Source: A-046..A-048, A-069, A-090..A-094, A-132, performance.md section 7.
"""

from typing import TYPE_CHECKING, Final, NamedTuple, final

from ain_scp.asf_rtl.looking import rtl_rows
from ain_scp.dialplan.looking import is_selected
from ain_scp.dialplan.public import is_emergency_call
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.screening.looking import listed
from ain_scp.terms.decision import Translation
from ain_scp.terms.facts import UNKNOWN_LATA, CalledFacts, NumberKind
from ain_scp.terms.vocabulary import NON_NATIONAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEAD: Final = 6
MAX_KNOWN: Final = 1 << 16


class Place(NamedTuple):
    """What the tables say about the digits of a number, by its beginning or as a whole."""

    kind: NumberKind
    area: str
    lata: int
    state: str | None
    selected: bool
    listed: frozenset[str]
    rtl: tuple[int, ...]
    zone: str


@final
class CalledClasses:
    """The called numbers of one customer: facts, and their classes as they are met. `facts[class]` are those of a class."""

    def __init__(self, snapshot: Snapshot, customer: Customer) -> None:
        self._snapshot = snapshot
        self._customer = customer
        self._places: dict[tuple[str, bool, bool], Place] = {}
        self._ids: dict[CalledFacts, int] = {}
        self.facts: list[CalledFacts] = []
        self._whole = frozenset(_complete_entries(customer))
        self._deep = frozenset(
            row.prefix[:HEAD]
            for profile in customer.profiles
            for row in profile.rtl_rows
            if row.prefix is not None and len(row.prefix) > HEAD
        ) | (_long_zones(snapshot) if customer.by_cost else frozenset())

    def of(self, translation: Translation) -> CalledFacts:
        """The facts of a translated and placed number."""
        number, nature = translation.called_number, translation.non
        place = self.place(number, national=nature == NON_NATIONAL)
        # a service number is no station
        station = translation.called_class if place.kind == "ORDINARY" else "OTHER"
        emergency = is_emergency_call(translation)
        return CalledFacts(nature, translation.on_net, station, translation.special, emergency, *place)

    def class_of(self, facts: CalledFacts) -> int:
        """The number of a class."""
        known = self._ids.get(facts)
        if known is None:
            known = self._ids[facts] = len(self.facts)
            self.facts.append(facts)
        return known

    def place(self, number: str, *, national: bool) -> Place:
        """What the tables say about a number."""
        digits = number[:HEAD]
        whole = len(number) <= HEAD or number in self._whole or digits in self._deep
        if whole:
            digits = number
        key = digits, whole, national
        known = self._places.get(key)
        if known is None:
            if len(self._places) >= MAX_KNOWN:
                self._places.clear()
            known = self._places[key] = self.look(digits, whole=whole, national=national)
        return known

    def look(self, digits: str, *, whole: bool, national: bool) -> Place:
        """Ask every table about a number, or about what all longer numbers that begin like this have in common."""
        snapshot, customer = self._snapshot, self._customer
        area = digits[:3] if national and digits[:3] in customer.named_areas else ""
        lata, state = snapshot.area_of(digits) if national else (UNKNOWN_LATA, None)
        return Place(
            snapshot.kind_of(digits) if national else "ORDINARY",
            area,
            lata,
            state,
            not national and is_selected(customer, digits, whole=whole),
            listed(customer, digits, whole=whole),
            rtl_rows(customer, digits, whole=whole),
            self._zone(digits, national=national) if customer.by_cost else "",
        )

    def _zone(self, digits: str, *, national: bool) -> str:
        charging = self._snapshot.charging
        row = charging.zones.row_of(digits if national else f"+{digits}") if charging is not None else None
        return "" if row is None else row.zone

    def is_whole(self, head: str) -> bool:
        """Whether every number that begins with these six digits is looked up as a whole."""
        return head in self._deep

    def whole_numbers(self) -> frozenset[str]:
        """What is looked up as a whole: complete numbers of more than six digits, and all under these beginnings of six."""
        return frozenset(number for number in self._whole if len(number) > HEAD) | self._deep

    def are_whole(self, codes: "NDArray[np.int64]") -> "NDArray[np.bool_]":
        """Which of these numbers of more than six digits, as codes, are looked up as a whole."""
        import numpy as np

        from ain_scp.provisioning.tables.build import lengths_of
        from ain_scp.provisioning.tables.digits import POWERS

        numbers = np.array([int("1" + number) for number in self._whole], np.int64)
        deep = np.array([int("1" + head) for head in self._deep], np.int64)
        heads = codes // np.asarray(POWERS)[np.maximum(lengths_of(codes) - HEAD, 0)]
        found: NDArray[np.bool_] = np.isin(codes, numbers) | np.isin(heads, deep)
        return found


def _long_zones(snapshot: Snapshot) -> frozenset[str]:
    """The first six digits of zones that begin with more."""
    rows = snapshot.charging.rows.zones if snapshot.charging is not None else ()
    prefixes = [row.prefix.removeprefix("+") for row in rows]
    return frozenset(prefix[:HEAD] for prefix in prefixes if len(prefix) > HEAD)


def _complete_entries(customer: Customer) -> list[str]:
    """Entries that only a complete number can equal."""
    rows = customer.rows
    entries = [row.number for one in (*rows.blocking.values(), rows.international_completion) for row in one]
    for profile in customer.profiles:
        entries += [row.number for row in profile.rtl_rows if row.number is not None]
    return entries
