"""s110, s112 and the place of the called number, for columns: who is called, on-net or off-net, which class.

No rule stands here. Dialed digits of one form (the same beginning, as many digits) are read alike; the dialing plan reads one
of each form, and its answer for the others is a sum of codes. Rows of a table and listings of numbers are taken in the same way.
What gives no sum is decided one by one: a number that is not the end of the digits dialed, 911 where the plan or the access
code matters.

Source: [0056]-[0061], [0063], [0076], A-023..A-042, AMB-1..AMB-8.
"""

from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.dialplan.on_net import LISTINGS, ORDINARY, STATION_NATURE, table_of
from ain_scp.dialplan.plans import routing_number, table_key, unlisted
from ain_scp.dialplan.public import beginning, emergency_call, translate_public
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.batch.attempts import Attempts, Codes, lengths_of
from ain_scp.scp.classes.columns import OTHER, Numbers, station_classes
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import EMERGENCY_NUMBER
from ain_scp.terms.digits import AREA_DIGITS
from ain_scp.terms.vocabulary import NON_NATIONAL

MDP: Final = 0
SDP: Final = 1
_TEN: Final = POWERS[10]
_SEVEN: Final = POWERS[7]
_LINE: Final = POWERS[4]
_HEADS: Final = 2 * POWERS[7]
"""Beginnings that have a place of their own: all but the last four of at most eleven digits."""
_BEGINNING: Final = 4
"""Digits of longer numbers that are tried as their beginning."""
_IN_HEADS: Final = 11
_UNMET: Final = 0
_BY_KEY: Final = 1
_MAX_FORMS: Final = 1 << 14
_MAX_REMEMBERED: Final = 1 << 16
_POWERS: Final = np.asarray(POWERS)
_NOWHERE: Final = "0000000000"
"""Stands for the calling number: where its area code comes first in an answer, the caller's does."""

_BY_MDP, _BY_SDP, _AREA, _ODD = 1, 2, 4, 8
_MEANS: Final = np.array([_BY_MDP, _BY_SDP, 0, 0], np.uint8)
"""By place of a plan, the last for none and for another: the flag of a form that has a meaning in it."""
_ALONE, _ALONE_WITHOUT_PLAN = 1, 2
_ALONE_AFTER: Final = {EMERGENCY_NUMBER[: at + 1]: 4 << at for at in range(len(EMERGENCY_NUMBER))}

Places = NDArray[np.int64]
Rows = NDArray[np.int32]


class Sum(NamedTuple):
    """What is added to the code of some digits for the code of the number they mean; `area`: with the caller's area code."""

    add: int
    area: bool


def _sum(digits: str, number: str) -> Sum | None:
    """How a number comes from digits at whose end it stands; None: in no such way."""
    for area in (0, AREA_DIGITS):
        if number.startswith(_NOWHERE[:area]) and digits.endswith(number[area:]):
            return Sum(int("1" + number) - int("1" + digits), bool(area))
    return None


class Form(NamedTuple):
    """How digits of one form are read. `key`: what is added for the key of an MDP row; `alone`: when they are decided alone."""

    key: int
    called: int
    flags: int
    non: int
    special: int
    cic: int
    alone: int


@final
class Forms:
    """Digit strings as the dialing plans read them, by form; forgotten when there are too many.

    Costs 40 MB of addresses, of which only the beginnings that were dialed take memory.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._forget()

    def _forget(self) -> None:
        self._of_head = np.zeros(_HEADS + 1, np.int16)
        self._of_head[_HEADS] = _BY_KEY
        self._of_key: dict[int, int] = {}
        self._ids: dict[Form, int] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        empty = Form(0, 0, 0, 0, 0, 0, 0)
        columns = zip(empty, empty, *self._ids, strict=True)
        kinds = (np.int64, np.int64, np.uint8, np.uint8, np.int16, np.int16, np.uint8)
        laid = [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        self.key, self.called, self.flags, self.non, self.special, self.cic, self.alone = laid

    def of(self, dialed: Codes) -> NDArray[np.int16]:
        """The forms of dialed digits, as places in the columns."""
        if len(self._ids) > _MAX_FORMS or len(self._of_key) > _MAX_REMEMBERED:
            self._forget()
        count = len(self._ids)
        head = dialed // _LINE
        found = self._of_head.take(head, mode="clip")
        unmet = np.flatnonzero(found == _UNMET)
        if unmet.size:
            for one in np.unique(head[unmet]).tolist():
                self._of_head[one] = self._read(digits_of(one) if one >= 10 else "", 4)
            found = self._of_head.take(head, mode="clip")
        rest = np.flatnonzero(found == _BY_KEY)
        if rest.size:
            found[rest] = self._by_key(dialed[rest])
        if len(self._ids) > count:
            self._lay_out()
        return found

    def _by_key(self, dialed: Codes) -> NDArray[np.int16]:
        """The forms of numbers of twelve and more digits by their beginning, of the others one by one."""
        lengths = lengths_of(dialed)
        tail = np.where(lengths > _IN_HEADS, lengths - _BEGINNING, 0)
        keys, inverse = np.unique(dialed // _POWERS[tail] * 32 + tail, return_inverse=True)
        found = np.array([self._of(key // 32, key % 32) for key in keys.tolist()], np.int16)[inverse]
        whole = np.flatnonzero(found == _BY_KEY)
        found[whole] = [self._of(code, 0) for code in dialed[whole].tolist()]
        return found

    def _of(self, code: int, tail: int) -> int:
        key = code * 32 + tail
        known = self._of_key.get(key)
        if known is None:
            known = self._of_key[key] = self._read(digits_of(code) if code >= 10 else "", tail)
        return known

    def _read(self, head: str, tail: int) -> int:
        """The form of all digit strings that begin like this; _BY_KEY when more of them matters."""
        digits = head + "0" * tail
        if tail and not head.startswith(beginning(digits)):
            return _BY_KEY
        return self._ids.setdefault(self._form(digits), len(self._ids) + 2)

    def _form(self, digits: str) -> Form:
        by_mdp, by_sdp = (read(self._snapshot, _NOWHERE, digits) for read in (unlisted, translate_public))
        emergency = emergency_call(None, digits) is not None
        alone = _ALONE_WITHOUT_PLAN * emergency
        for code, bit in _ALONE_AFTER.items():
            alone |= bit * ((emergency_call(code, digits) is not None) != emergency)
        read = by_sdp or Translation(digits, NON_NATIONAL)
        key, called = _sum(digits, table_key(digits)), _sum(digits, read.called_number)
        if key is None or called is None or (by_mdp is not None and _fields(by_mdp) != _fields(read)):
            return Form(0, 0, 0, 0, 0, -1, _ALONE)
        odd = read.special != ORDINARY or read.non != NON_NATIONAL
        flags = (
            _BY_MDP * (by_mdp is not None) + _BY_SDP * (by_sdp is not None) + _AREA * called.area + _ODD * odd
        )
        cic = -1 if read.cic is None else int(read.cic)
        return Form(key.add, called.add, flags, read.non or 0, read.special, cic, alone)


def _fields(read: Translation) -> tuple[str, int | None, int, str | None]:
    return read.called_number, read.non, read.special, read.cic


@final
class ListedNumbers:
    """What one customer's dialing plan tables hold, as columns: numbers of MDP rows, classes of listed numbers.

    `fits`: every row gives a number by a sum; the calls of another customer are decided one by one.
    """

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        mdp, sdp = customer.rows.mdp, customer.rows.sdp
        lengths = lengths_of(np.asarray(mdp.number))
        _, first, kind = np.unique(lengths * 16 + mdp.non, return_index=True, return_inverse=True)
        meant = [(row, routing_number(customer, _NOWHERE, row)) for row in first.tolist()]
        sums = [_sum(customer.routing_number(row), one.called_number) for row, one in meant]
        self.fits = all(sums)
        found = [one or Sum(0, area=False) for one in sums]
        self.called = np.asarray(mdp.number) + np.array([one.add for one in found], np.int64)[kind]
        self.area = np.array([one.area for one in found], np.bool_)[kind]
        self.non = np.array([one.non for _, one in meant], np.uint8)[kind]
        self.any_area = bool(self.area.any())
        self.any_odd = bool((self.non != NON_NATIONAL).any())
        numbers = np.where((self.non == STATION_NATURE) & ~self.area, self.called, 0)
        places = find_many(customer.stations, np.concatenate([numbers, sdp.number]))
        self.class_of_place = station_classes(customer, places)
        short = bool((np.asarray(mdp.number) < _TEN).any() or (np.asarray(sdp.number) < _TEN).any())
        self.listings = [
            one for one in LISTINGS if (short if one.near else one.non == NON_NATIONAL or self.any_odd)
        ]


def translate(
    tables: ListedNumbers, forms: Forms, part: Attempts, plans: NDArray[np.int8]
) -> tuple[Numbers, Places]:
    """The called numbers of one customer's calls, and the calls to decide alone; `plans` by origin: MDP, SDP or less than 0."""
    form, dialed, origin = forms.of(part.dialed), part.dialed, part.origin
    flags = forms.flags.take(form)
    row = _manipulation_rows(tables, plans[origin], dialed + forms.key.take(form))
    hit = row >= 0
    translated = (flags & _MEANS[plans][origin]) != 0
    called = dialed + forms.called.take(form)
    area = np.flatnonzero((flags & _AREA != 0) & translated & ~hit)
    if area.size:
        called[area] += _area(part, area)
    non = np.full(dialed.size, NON_NATIONAL, np.uint8)
    special, cic = np.zeros(dialed.size, np.int16), np.full(dialed.size, -1, np.int16)
    odd = np.flatnonzero(flags & _ODD)
    if odd.size:
        odd = odd[translated[odd] & ~hit[odd]]
        non[odd], special[odd], cic[odd] = (one[form[odd]] for one in (forms.non, forms.special, forms.cic))
    places = np.flatnonzero(hit)
    if places.size:
        rows = row[places]
        called[places] = tables.called[rows]
        translated |= hit
        if tables.any_odd:
            non[places] = tables.non[rows]
        if tables.any_area:
            near = places[tables.area[rows]]
            called[near] += _area(part, near)
    asked = np.array([_ALONE | _ALONE_AFTER.get(code or "", 0) for code, _ in part.origins] or [0], np.uint8)
    asked |= np.where(plans < 0, np.uint8(_ALONE_WITHOUT_PLAN), np.uint8(0))
    alone = np.flatnonzero(forms.alone.take(form) & asked[origin])
    on_net, station = _place(tables, part, called, np.where(special == ORDINARY, non, 0) * translated, row)
    return Numbers(called, non, special, cic, on_net, station, translated), alone


def _area(part: Attempts, places: Places) -> Codes:
    """What the area codes of callers add to codes of ten digits."""
    return (part.calling[places] - _TEN) // _SEVEN * _SEVEN


def _manipulation_rows(tables: ListedNumbers, plan: NDArray[np.int8], key: Codes) -> Rows:
    manipulated = plan == MDP
    if manipulated.all():
        return find_many(tables.customer.mdp, key)
    row = np.full(key.size, -1, np.int32)
    places = np.flatnonzero(manipulated)
    row[places] = find_many(tables.customer.mdp, key[places])
    return row


def _place(
    tables: ListedNumbers, part: Attempts, called: Codes, non: NDArray[np.uint8], row: Rows
) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    """On-net or off-net, and the called party's class; `non` is 0 where there is no number to look for."""
    customer, place = tables.customer, row.copy()
    on_net = row >= 0
    again = np.zeros(0, np.int64) if not tables.any_area else np.flatnonzero(on_net)[tables.area[row[on_net]]]
    for listing in tables.listings:
        asked = np.flatnonzero(~on_net & (non == listing.non))
        if listing.near:
            asked = asked[(called[asked] - _TEN) // _SEVEN == (part.calling[asked] - _TEN) // _SEVEN]
            keys = called[asked] % _SEVEN + _SEVEN
        else:
            keys = called[asked]
        found = find_many(table_of(customer, listing), keys)
        listed = asked[found >= 0]
        on_net[listed] = True
        if listing.near:
            again = np.concatenate([again, listed])
        elif listing.non == STATION_NATURE:
            place[asked] = found
    station = np.append(tables.class_of_place, np.uint8(OTHER))[place]
    station[again] = station_classes(customer, find_many(customer.stations, called[again]))
    station[non != STATION_NATURE] = OTHER
    return on_net, station
