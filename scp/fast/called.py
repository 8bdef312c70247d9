"""Called numbers classed at load: which numbers of a customer's tables the service cannot tell apart but by their digits.

The numbers are grouped by what `place` and the plan ask about them: row of the plan or none, listed or not, kind of
station, first six digits. The service's own functions are then asked about one number of each group, and what they say
holds for the group. So nothing is decided here, and a call to a known number costs one look-up.

Not for customers that list numbers of other lengths than ten digits: those are completed with the caller's area code.

Source: A-038, A-040, A-042, AMB-7, AMB-8, performance.md section 7.
"""

from typing import TYPE_CHECKING, Final, final

from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import ManipulationPlan
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.fast.classes import CalledClasses
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_NATIONAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN: Final = -1
CLASS_SHIFT: Final = 40
CODE_MASK: Final = (1 << CLASS_SHIFT) - 1
_TEN_DIGITS: Final = 10**10


@final
class CalledNumbers:
    """`numbers`: ten digits -> class of a number reached as dialed; `by_row[row]`: an MDP row's number and its class.

    An element of `by_row` is 2**CLASS_SHIFT times the class, plus the number's code (1 and its ten digits); -1 = no class.
    One element, because each look at another array of a million is another miss of the cache.
    """

    def __init__(self, snapshot: Snapshot, customer: Customer, classes: CalledClasses) -> None:
        import numpy as np

        self._snapshot = snapshot
        self._customer = customer
        self._classes = classes
        self._facts: dict[tuple[bool, str, int], int] = {}
        rows = customer.rows
        listed = _distinct(np.concatenate([rows.mdp.number[rows.mdp.non == NON_NATIONAL], rows.sdp.number]))
        self.usable = bool(np.all((listed >= _TEN_DIGITS) & (listed < 2 * _TEN_DIGITS)))
        codes = listed[:0]
        if self.usable:
            codes = _distinct(np.concatenate([listed, rows.stations.number, classes.exact_codes()]))
        self.numbers: ExactTable = self._as_dialed(codes)
        self.by_row: memoryview = self._by_plan().data

    def class_of(self, translation: Translation) -> int:
        """The class of a translated and placed number."""
        number = translation.called_number
        facts = (translation.on_net, translation.called_class, self._classes.class_of(NON_NATIONAL, number))
        return self._facts.setdefault(facts, len(self._facts))

    def _as_dialed(self, codes: "NDArray[np.int64]") -> ExactTable:
        from ain_scp.provisioning.tables.batch import find_many
        from ain_scp.provisioning.tables.build import compile_exact

        first, inverse = self._groups(codes, find_many(self._customer.listed, codes) >= 0)
        classes = [self._placed(Translation(str(code)[1:], NON_NATIONAL)) for code in codes[first].tolist()]
        return compile_exact(codes, _chosen(classes, inverse))

    def _by_plan(self) -> "NDArray[np.int64]":
        import numpy as np

        mdp = self._customer.rows.mdp
        by_row = np.full(len(mdp.number), UNKNOWN, np.int64)
        if not self.usable:
            return by_row
        places = np.flatnonzero((mdp.non == NON_NATIONAL) & ~_begins_911(mdp.dialed))
        first, inverse = self._groups(mdp.number[places], np.zeros(len(places), bool))
        plan = ManipulationPlan()
        classes: list[int] = []
        for row in places[first].tolist():
            dialed = str(int(mdp.dialed[row]))[1:]
            translation = plan.translate(self._snapshot, self._customer, "", dialed, None)
            classes.append(UNKNOWN if translation is None else self._placed(translation))
        chosen = _chosen(classes, inverse).astype(np.int64)
        by_row[places] = np.where(chosen >= 0, (chosen << CLASS_SHIFT) + mdp.number[places], UNKNOWN)
        return by_row

    def _placed(self, translation: Translation) -> int:
        place(self._snapshot, self._customer, "", translation)
        return self.class_of(translation)

    def _groups(
        self, codes: "NDArray[np.int64]", listed: "NDArray[np.bool_]"
    ) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
        """Group the numbers; (place of one number of each group, group of each number)."""
        import numpy as np

        from ain_scp.provisioning.tables.batch import find_many

        kinds = np.frombuffer(self._customer.station_type + b"\0", np.uint8).astype(np.int64)
        station = find_many(self._customer.stations, codes).astype(np.int64)
        kind = np.where(station >= 0, 1 + kinds[station], 0)
        keys = ((codes - _TEN_DIGITS) // 10_000) * 16 + kind * 2 + listed
        alone = self._classes.alone(codes)
        keys = np.where(alone, -codes, keys)  # a number that the tables tell from its neighbours
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        return first, inverse


def _begins_911(dialed: "NDArray[np.int64]") -> "NDArray[np.bool_]":
    """Rows that no call reaches, as 911 is complete before their last digit (A-103)."""
    found: NDArray[np.bool_] = (dialed // 10_000 == 1911) | (dialed // 10_000_000 == 1911)
    return found


def _chosen(classes: list[int], inverse: "NDArray[np.int64]") -> "NDArray[np.int32]":
    import numpy as np

    return np.array(classes, np.int32)[inverse] if classes else np.zeros(0, np.int32)


def _distinct(codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The different codes, sorted; numpy's own `unique` hashes, which is slow for runs of numbers (2.4)."""
    import numpy as np

    ordered = np.sort(codes)
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]
