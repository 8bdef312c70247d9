"""Classes and pairs of classes by column: one customer's called numbers, and what the ledger says of its calls.

A number's class follows from what the tables say about its beginning, and from its nature and place; so most calls cost two
look-ups in arrays. What is met for the first time is looked up and judged once, by the service's own code.

Limits: MOST_CELLS pairs of one customer, then they are laid out anew.
Source: D-006, performance.md section 5.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.build import lengths_of
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.classes.called import HEAD, CalledClasses, Place
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_NATIONAL, STATION_TYPES, StationClass

NO_CLASS: Final = -1
STATIONS: Final[tuple[StationClass, ...]] = ("CENTREX", "PBX", "TO", "OTHER")
"""What a column of station classes holds positions in: the station types, and OTHER."""
OTHER: Final = len(STATION_TYPES)
MOST_CELLS: Final = 1 << 24
_UNMET: Final = -1
_HEADS: Final = POWERS[HEAD]
_TEN: Final = POWERS[10]
_TAIL: Final = POWERS[10 - HEAD]
_POWERS: Final = np.asarray(POWERS)

Ids = NDArray[np.int32]
Places = NDArray[np.int64]


class Numbers(NamedTuple):
    """Translated and placed numbers by column, as in `Translation`: codes, natures, special codes, carriers (-1 = none).

    `station` holds positions in STATIONS. Where `translated` is False there is no number.
    """

    called: NDArray[np.int64]
    non: NDArray[np.uint8]
    special: NDArray[np.int16]
    cic: NDArray[np.int16]
    on_net: NDArray[np.bool_]
    station: NDArray[np.uint8]
    translated: NDArray[np.bool_]


def station_classes(customer: Customer, rows: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Classes of station rows, as positions in STATIONS; OTHER for -1."""
    return np.append(np.frombuffer(customer.station_type, np.uint8), np.uint8(OTHER))[rows]


@final
class CalledColumns:
    """The classes of one customer's called numbers, by column."""

    def __init__(self, classes: CalledClasses) -> None:
        self.classes = classes
        self._places: dict[Place, int] = {}
        self._wholes: dict[int, int] = {}
        self._of_head = np.full(_HEADS, _UNMET, np.int32)
        """By first six digits of a national number: the number of its place."""
        self._of_other_head: dict[int, int] = {}
        self._plain = np.full(8, _UNMET, np.int32)
        """By place, on-net or not, and station: the class of an ordinary national number."""
        self._other: dict[int, int] = {}
        self._near_whole = np.zeros(_HEADS, np.bool_)
        for start in classes.whole_numbers():
            self._near_whole[int(start[:HEAD])] = True

    def of(self, calls: Numbers) -> Ids:
        """The classes of the calls that were translated; NO_CLASS for the others."""
        made = np.full(calls.called.size, NO_CLASS, np.int32)
        plain = calls.translated & (calls.special == 0) & (calls.non == NON_NATIONAL)
        rows = np.flatnonzero(plain)
        head = (calls.called[rows] - _TEN) // _TAIL
        near = np.flatnonzero(self._near_whole.take(head))
        whole = near[self.classes.are_whole(calls.called[rows[near]])]
        if whole.size:
            self._wholly(calls, rows[whole], made)
            rows, head = np.delete(rows, whole), np.delete(head, whole)
        made[rows] = self._plainly(calls, rows, self._at_heads(head))
        rest = np.flatnonzero(calls.translated & ~plain)
        if rest.size:
            self._otherwise(calls, rest, made)
        return made

    def _otherwise(self, calls: Numbers, rows: Places, made: Ids) -> None:
        """Calls abroad, operator, carrier access and service calls."""
        called = calls.called[rows]
        lengths = lengths_of(called)
        whole = (lengths <= HEAD) | self.classes.are_whole(called)
        self._wholly(calls, rows[whole], made)
        national = calls.non[rows] == NON_NATIONAL
        for mine, at_heads in (
            (~whole & national, self._at_heads),
            (~whole & ~national, self._at_other_heads),
        ):
            if mine.any():
                head = (called[mine] - _POWERS[lengths[mine]]) // _POWERS[lengths[mine] - HEAD]
                made[rows[mine]] = self._each(calls, rows[mine], at_heads(head))

    def _at_heads(self, head: Places) -> Ids:
        """The places of the beginnings of national numbers, looked up where they are new."""
        found: Ids = self._of_head.take(head)
        unmet = np.flatnonzero(found == _UNMET)
        if unmet.size:
            for one in np.unique(head[unmet]).tolist():
                self._of_head[one] = self._place(one, national=True)
            found = self._of_head.take(head)
        return found

    def _at_other_heads(self, head: Places) -> Ids:
        """The same of numbers that are not national, of which there are few."""
        heads, inverse = np.unique(head, return_inverse=True)
        known = self._of_other_head
        for one in heads.tolist():
            if one not in known:
                known[one] = self._place(one, national=False)
        return np.array([known[one] for one in heads.tolist()], np.int32)[inverse]

    def _place(self, head: int, *, national: bool) -> int:
        place = self.classes.look(f"{head:06d}", whole=False, national=national)
        return self._places.setdefault(place, len(self._places))

    def _plainly(self, calls: Numbers, rows: Places, place: Ids) -> Ids:
        """The classes of ordinary national numbers: by place, on-net or not, and station."""
        key = place * 8 + calls.on_net[rows] * 4 + calls.station[rows]
        most = 8 * len(self._places)
        if self._plain.size < most:
            self._plain = np.append(self._plain, np.full(2 * most - self._plain.size, _UNMET, np.int32))
        found: Ids = self._plain.take(key)
        unmet = np.flatnonzero(found == _UNMET)
        if unmet.size:
            new, first = np.unique(key[unmet], return_index=True)
            self._plain[new] = [self._scalar(calls, int(row)) for row in rows[unmet[first]]]
            found = self._plain.take(key)
        return found

    def _wholly(self, calls: Numbers, rows: Places, made: Ids) -> None:
        """The classes of numbers that are looked up as a whole."""
        codes, inverse = np.unique(calls.called[rows], return_inverse=True)
        wholes = [self._wholes.setdefault(code, len(self._wholes)) for code in codes.tolist()]
        made[rows] = self._each(calls, rows, ~np.array(wholes, np.int64)[inverse])

    def _each(self, calls: Numbers, rows: Places, key: NDArray[np.integer]) -> Ids:
        """The classes of calls by a key, and by nature, kind of call, on-net or not, and station."""
        kind = (calls.special[rows].astype(np.int64) * 16 + calls.non[rows]) * 8
        whole = (key.astype(np.int64) << 17) + kind + calls.on_net[rows] * 4 + calls.station[rows]
        keys, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
        ids = np.empty(keys.size, np.int32)
        for place, (one, row) in enumerate(zip(keys.tolist(), rows[first].tolist(), strict=True)):
            known = self._other.get(one)
            if known is None:
                known = self._other[one] = self._scalar(calls, row)
            ids[place] = known
        return ids[inverse]

    def _scalar(self, calls: Numbers, row: int) -> int:
        return self.classes.class_of(self.classes.of(translation_of(calls, row)))


def translation_of(calls: Numbers, row: int) -> Translation:
    """The translation of one call."""
    cic = int(calls.cic[row])
    return Translation(
        digits_of(int(calls.called[row])),
        int(calls.non[row]) or None,
        on_net=bool(calls.on_net[row]),
        called_class=STATIONS[calls.station[row]],
        cic=None if cic < 0 else f"{cic:04d}",
        special=int(calls.special[row]),
    )


@final
class PairColumns:
    """What was judged of the pairs of one customer, as numbers, by place: class of caller, of called number, and voice."""

    def __init__(self, callers: int, judged: Callable[[int, int, bool], int]) -> None:
        self._row_of = np.full(callers, _UNMET, np.int32)
        self._rows = 0
        self._width = 0
        self._cells = np.zeros(0, np.int32)
        self._judged = judged

    def of(self, caller: Ids, called: Ids, voice: NDArray[np.bool_]) -> Ids:
        """The numbers of what was judged; a pair that is new is judged now."""
        self._make_room(caller, int(called.max(initial=0)) + 1)
        at = self._row_of.take(caller) * (2 * self._width) + (called * 2 + voice)
        found: Ids = self._cells.take(at)
        unmet = np.flatnonzero(found == _UNMET)
        if unmet.size:
            new, first = np.unique(at[unmet], return_index=True)
            rows = unmet[first]
            self._cells[new] = [
                self._judged(int(caller[row]), int(called[row]), bool(voice[row])) for row in rows.tolist()
            ]
            found = self._cells.take(at)
        return found

    def _make_room(self, caller: Ids, classes: int) -> None:
        new = np.unique(caller[self._row_of.take(caller) == _UNMET])
        rows = self._rows + new.size
        width = self._width if classes <= self._width else 2 * classes
        if rows * 2 * width > MOST_CELLS:
            self._row_of[:] = _UNMET
            new = np.unique(caller)
            self._rows, rows, width = 0, new.size, classes
        if rows * 2 * width == self._cells.size and not new.size:
            return
        cells = np.full((rows, 2 * width), _UNMET, np.int32)
        if self._rows:
            cells[: self._rows, : 2 * self._width] = self._cells.reshape(-1, 2 * self._width)
        self._row_of[new] = np.arange(self._rows, rows)
        self._rows, self._width, self._cells = rows, width, cells.ravel()
