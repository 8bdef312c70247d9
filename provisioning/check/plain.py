"""The tables that grow with the numbering plan, read as whole columns when every cell is plain and every row is right.

Each function gives the columns that the careful reader would give, or None: then the careful reader goes over the file
and says what is wrong, or accepts what is merely unusual (quotes, comments, a table the index does not name). The
same constraints are checked here, on columns.

Source: requirements.md sections 5.1 and 5.2; performance.md (data sets of ten million numbers).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import digits_count
from ain_scp.provisioning.rows import (
    Lines,
    MdpColumns,
    SdpColumns,
    Small,
    StationColumns,
    Switch,
    TriggerColumns,
)
from ain_scp.provisioning.tables.columns import ColumnFile, Digits, Words
from ain_scp.provisioning.tables.digits import POWERS
from ain_scp.terms.digits import MAX_NUMBER, MIN_INTERNATIONAL
from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, STATION_TYPES

Integers = NDArray[np.signedinteger[Any]]

NON_WORDS = ("1", "3", "4")

MDP: dict[str, Digits | Words] = {
    "dialed": Digits((7, 10)),
    "number": Digits(tuple(range(1, MAX_NUMBER + 1))),
    "non": Words(NON_WORDS),
}
SDP: dict[str, Digits | Words] = {"number": Digits((10,))}


def stations_expected(tables: tuple[str, ...]) -> dict[str, Digits | Words]:
    """Give what `stations.csv` must hold, its tables being those of the index."""
    return {
        "table": Words(tables),
        "number": Digits((10,)),
        "type": Words(STATION_TYPES),
        "privilege_class": Digits((1,), blank=True),
    }


def triggers_expected(switches: tuple[Switch, ...], customers: tuple[str, ...]) -> dict[str, Digits | Words]:
    """Give what `triggers.csv` must hold."""
    return {
        "number": Digits((10,)),
        "type": Words(TRIGGER_TYPES),
        "customer": Words(customers),
        "ssp": Words(tuple(switch.name for switch in switches)),
    }


def mdp(read: ColumnFile, file: str) -> MdpColumns | None:
    """Give the columns of `mdp.csv`, None when a constraint is broken."""
    dialed, number = read.columns["dialed"], read.columns["number"]
    non = np.array([int(word) for word in NON_WORDS], np.int16)[read.columns["non"]]
    count = digits_count(number)
    leading = number // np.asarray(POWERS)[np.maximum(count - 1, 0)]  # 1 and the first digit
    foreign = (non == NON_INTERNATIONAL) & (count >= MIN_INTERNATIONAL) & (leading > 11)
    legal = foreign | ((non != NON_INTERNATIONAL) & (count == 7)) | ((non == 3) & (count == 10))
    if not legal.all() or not _distinct(dialed):
        return None
    return MdpColumns(dialed, number, non, _lines(read), file)


def sdp(read: ColumnFile, file: str) -> SdpColumns | None:
    """Give the column of `sdp.csv`, None when a constraint is broken."""
    number = read.columns["number"]
    return SdpColumns(number, _lines(read), file) if _distinct(number) else None


def stations(
    read: ColumnFile, file: str, index: tuple[str, ...], *, ocs: bool | None
) -> StationColumns | None:
    """Give the columns of `stations.csv`, None when a constraint is broken; `index` is what its table words number."""
    kind, number = _small(read.columns["type"]), read.columns["number"]
    level = np.maximum(_small(read.columns["privilege_class"]) - 10, 0)  # code 15 is class 5, 1 is no cell
    given = read.columns["privilege_class"] > 1
    legal = np.where(given, (level >= 1) & (level <= 8), not ocs or kind == STATION_TYPES.index("TO"))
    used, table = _in_order(read.columns["table"], index)
    if not bool(np.all(legal)) or not _distinct(number, table):
        return None
    return StationColumns(used, table, number, kind, level.astype(np.int16), _lines(read), file)


def triggers(read: ColumnFile, switches: tuple[Switch, ...]) -> TriggerColumns | None:
    """Give the columns of `triggers.csv`, None when a constraint is broken."""
    ssp = _small(read.columns["ssp"])
    ain = np.array([switch.ain for switch in switches], np.bool_)
    number = read.columns["number"]
    if not bool(ain[ssp].all()) or not _distinct(number):
        return None
    kind, customer = _small(read.columns["type"]), _small(read.columns["customer"])
    return TriggerColumns(number, kind, customer, ssp, _lines(read))


def _in_order(column: Integers, names: tuple[str, ...]) -> tuple[tuple[str, ...], Small]:
    """Number the tables in the order of their first rows, as the careful reader does."""
    used, first = np.unique(column, return_index=True)
    used = used[np.argsort(first)]
    number = np.zeros(len(names), np.int16)
    number[used] = np.arange(used.size)
    return tuple(names[at] for at in used), number[column]


def _small(column: Integers) -> Small:
    return column.astype(np.int16)


def _lines(read: ColumnFile) -> Lines:
    return np.arange(2, read.rows + 2, dtype=np.int32)


def _distinct(numbers: Integers, table: Integers | None = None) -> bool:
    """Say whether no number, or no pair of table and number, is given twice."""
    ordered = np.sort(numbers)
    if not bool((ordered[1:] == ordered[:-1]).any()):
        return True
    if table is None:
        return False
    order = np.lexsort((table, numbers))
    numbers, table = numbers[order], table[order]
    return not bool(((numbers[1:] == numbers[:-1]) & (table[1:] == table[:-1])).any())
