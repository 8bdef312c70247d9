"""Facts about callers, and the classes of all triggering numbers, found at load.

Source: A-038, A-046..A-058, A-073, A-130, performance.md section 7.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from ain_scp.asf_rtl.looking import authorized, profile_of
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.screening.looking import privilege_class
from ain_scp.terms.facts import CallerFacts
from ain_scp.terms.trace import Trace
from ain_scp.terms.triggers import ORIGINATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TEN_DIGITS: Final = 10**10


def caller_facts(
    snapshot: Snapshot, customer: Customer, calling: str, trigger: int, trace: Trace | None = None
) -> CallerFacts:
    """Look a caller up; `trigger` is its row or -1. With a trace the rows are noted."""
    row = customer.station(calling)
    station = customer.class_of(row)
    lata, state = snapshot.area_of(calling)
    return CallerFacts(
        calling[:3],
        station,
        privilege_class(customer, calling, row, trace),
        profile_of(customer, calling, trace),
        lata,
        state,
        authorized(snapshot, customer, calling, trigger, station, trace),
        snapshot.zone_of(calling),
    )


class CallerClass(NamedTuple):
    """One class of callers: the customer, and the facts they share."""

    customer: Customer
    facts: CallerFacts


class Callers(NamedTuple):
    """The classes of all originating triggering numbers of ten digits: `classes[table.find(number)]`.

    `of_trigger`: the class by row of the triggers, -1 for the others and for row -1.
    """

    table: ExactTable
    classes: list[CallerClass]
    of_trigger: "NDArray[np.int32]"


def classify_callers(snapshot: Snapshot) -> Callers:
    """Class every originating triggering number of ten digits.

    Numbers are grouped by the rows that looking them up comes upon: six digits, station row, location row. One number of each
    group is looked up, and its facts are those of the group.
    """
    import numpy as np

    from ain_scp.provisioning.tables.build import compile_exact

    triggers = snapshot.dataset.triggers
    originates = np.frombuffer(ORIGINATES, np.bool_)[triggers.type]
    ten_digits = (triggers.numbers >= _TEN_DIGITS) & (triggers.numbers < 2 * _TEN_DIGITS)
    of_trigger = np.full(len(triggers.numbers) + 1, -1, np.int32)
    known: dict[CallerClass, int] = {}
    for index, customer in enumerate(snapshot.customers):
        places = np.flatnonzero(originates & ten_digits & (triggers.customer == index))
        if not places.size:
            continue
        numbers = triggers.numbers[places]
        first, inverse = _groups(customer, numbers)
        ids = [
            known.setdefault(
                CallerClass(customer, caller_facts(snapshot, customer, str(code)[1:], row)), len(known)
            )
            for code, row in zip(numbers[first].tolist(), places[first].tolist(), strict=True)
        ]
        of_trigger[places] = np.array(ids, np.int32)[inverse]
    places = np.flatnonzero(of_trigger[:-1] >= 0)
    table = compile_exact(triggers.numbers[places], of_trigger[places])
    return Callers(table, list(known), of_trigger)


def _groups(
    customer: Customer, numbers: "NDArray[np.int64]"
) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Group numbers that looking up finds alike; (place of one number of each group, group of each number)."""
    import numpy as np

    from ain_scp.provisioning.tables.batch import find_many, longest_many

    station = find_many(customer.stations, numbers).astype(np.int64)
    kind = np.frombuffer(customer.station_type + b"\xff", np.uint8).astype(np.int64)[station]
    level = np.frombuffer(customer.station_class + b"\xff", np.uint8).astype(np.int64)[station]
    location = longest_many(customer.asf_originating, numbers).astype(np.int64)
    profile = np.array([*customer.profile_of, -1], np.int64)[location] + 1
    head = (numbers - _TEN_DIGITS) // 10_000
    keys = ((head * (len(customer.profiles) + 1) + profile) << 16) | (kind << 8) | level
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse
