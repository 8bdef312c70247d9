"""The classes of a data set's own numbers, laid out at load, so that a call to one of them costs a look-up.

Not for customers that list numbers of other lengths than ten digits: those are completed with the caller's area code.

Source: A-038, A-040, A-042, AMB-7, AMB-8, performance.md section 7.
"""

from typing import TYPE_CHECKING, Final, final

from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.classes.called import CalledClasses
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

    def __init__(self, customer: Customer, classes: CalledClasses) -> None:
        import numpy as np

        from ain_scp.provisioning.tables.batch import find_many
        from ain_scp.provisioning.tables.build import compile_exact
        from ain_scp.scp.classes.columns import OTHER, CalledColumns, Numbers, station_classes

        rows, columns = customer.rows, CalledColumns(classes)
        national = np.flatnonzero(rows.mdp.non == NON_NATIONAL)
        reached = national[~_begins_911(rows.mdp.dialed[national])]
        listed = _distinct(np.concatenate([rows.mdp.number[national], rows.sdp.number]))
        by_row = np.full(len(rows.mdp.number), UNKNOWN, np.int64)
        self.usable = bool(np.all((listed >= _TEN_DIGITS) & (listed < 2 * _TEN_DIGITS)))
        codes = listed[:0]

        def classes_of(codes: "NDArray[np.int64]", on_net: "NDArray[np.bool_]") -> "NDArray[np.int32]":
            station = np.where(on_net, station_classes(customer, find_many(customer.stations, codes)), OTHER)
            few = np.zeros(codes.size, np.int16)
            non, every = np.full(codes.size, NON_NATIONAL, np.uint8), np.ones(codes.size, np.bool_)
            return columns.of(Numbers(codes, non, few, few - 1, on_net, station.astype(np.uint8), every))

        if self.usable:
            whole = [int("1" + number) for number in classes.whole_numbers() if len(number) == 10]
            codes = _distinct(np.concatenate([listed, rows.stations.number, np.array(whole, np.int64)]))
            found = classes_of(rows.mdp.number[reached], np.ones(reached.size, np.bool_)).astype(np.int64)
            by_row[reached] = (found << CLASS_SHIFT) + rows.mdp.number[reached]
        on_net = find_many(customer.listed, codes) >= 0
        self.numbers: ExactTable = compile_exact(codes, classes_of(codes, on_net))
        self.by_row: memoryview = by_row.data


def _begins_911(dialed: "NDArray[np.int64]") -> "NDArray[np.bool_]":
    """Rows that no call reaches, as 911 is complete before their last digit (A-103)."""
    found: NDArray[np.bool_] = (dialed // 10_000 == 1911) | (dialed // 10_000_000 == 1911)
    return found


def _distinct(codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The different codes, sorted; numpy's own `unique` hashes, which is slow for runs of numbers (2.4)."""
    import numpy as np

    ordered = np.sort(codes)
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]
