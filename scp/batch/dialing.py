"""s110, s112 and the place of the called number, for columns: who is called, on-net or off-net, which class.

National, 7-digit and international numbers are read by arithmetic; the other forms (operator, carrier access, N11, numbers
the NANP cannot have) by `translate_public` itself, once for each area code and digit string. What the access code or the
way an emergency call is dialed decides is not read here at all: `translate` names those calls.

Source: [0056]-[0061], [0063], [0076], A-023..A-042, AMB-1..AMB-8.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.dialplan.public import translate_public
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.batch.attempts import Origin, lengths_of
from ain_scp.scp.batch.calls import Calls
from ain_scp.scp.batch.tables import KIND_MASK, OTHER, SEVEN, TEN, Mask, station_classes
from ain_scp.scp.batch.verdicts import NO_CLASS, UNKNOWN
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import CARRIER_DIGITS, CARRIER_EXCHANGE, EMERGENCY_NUMBER, is_nanp
from ain_scp.terms.digits import MIN_INTERNATIONAL
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

MDP: Final = 0
SDP: Final = 1
_MAX_REMEMBERED: Final = 1 << 16
_POWERS: Final = np.asarray(POWERS)
_EMERGENCY: Final = int("1" + EMERGENCY_NUMBER)
_FOREIGN_NANP: Final = int("1" + "0111")

Places = NDArray[np.int64]


@final
class PublicForms:
    """Unusual digit strings as `translate_public` reads them, remembered by area code; forgotten when there are too many."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[int, int], Translation | None] = {}

    def read(self, npa: int, code: int) -> Translation | None:
        """Translate the digits of a code dialed in an area."""
        key = npa, code
        if key not in self._known:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            dialed = digits_of(code) if code >= 10 else ""
            self._known[key] = translate_public(self._snapshot, f"{npa:03d}0000000", dialed)
        return self._known[key]


class Origins(NamedTuple):
    """What stood before the digits dialed: access code and trunk group of each call, by position."""

    known: Sequence[Origin]
    of: NDArray[np.int32]


def translate(calls: Calls, forms: PublicForms, origins: Origins) -> Places:
    """Fill in the called number, its nature, place and class; calls without one keep `translated` False.

    The answer names calls that columns do not hold: they are left to `Program.decide`.
    """
    hit, row, odd = _read(calls, forms)
    _place(calls, hit, row)
    verdicts = calls.verdicts
    lost = np.flatnonzero(~calls.translated)
    if lost.size:
        verdicts.called[lost] = 0
        verdicts.non[lost] = 0
        verdicts.on_net[lost] = UNKNOWN
        verdicts.called_class[lost] = NO_CLASS
    return _unusual(calls, odd, origins) if odd.size else odd


def _read(calls: Calls, forms: PublicForms) -> tuple[Mask, NDArray[np.int32], Places]:
    """The called number; the answer tells which calls an MDP row translated, which row, and which are not plain."""
    dialed, plan = calls.dialed, calls.plan
    eleven = (dialed >= POWERS[11] + TEN) & (dialed < POWERS[11] + 2 * TEN)  # 1 + 10 digits
    key = dialed - eleven * np.int64(POWERS[11])
    seven = (key >= SEVEN) & (key < 2 * SEVEN)
    called = calls.verdicts.called
    np.copyto(called, key)
    at = np.flatnonzero(seven)
    called[at] = calls.npa[at] * SEVEN + (key[at] + (TEN - SEVEN))
    plain = _plain_heads().take(
        (called - TEN) // 10_000, mode="clip"
    )  # the others are read by their own form
    plain &= (called >= TEN) & (called < 2 * TEN)
    calls.verdicts.non[:] = NON_NATIONAL
    row = _manipulation_rows(calls, key)
    hit: Mask = row >= 0
    odd = np.flatnonzero(~plain)
    calls.translated = hit | ((plan >= 0) & ~(seven & (plan == MDP)))
    places = odd[calls.translated[odd] & ~hit[odd]]
    if places.size:
        _odd(calls, forms, places)
    if hit.any():
        _manipulate(calls, np.flatnonzero(hit), row)
    return hit, row, odd


@cache
def _plain_heads() -> Mask:
    """Which first six digits of a national number are an ordinary area code and exchange."""
    heads: Mask = np.array([is_nanp(f"{code:03d}2000") for code in range(1000)])
    exchanges = heads.copy()
    exchanges[int(CARRIER_EXCHANGE)] = False
    return np.outer(heads, exchanges).ravel()


def _unusual(calls: Calls, places: Places, origins: Origins) -> Places:
    """The calls whose meaning is not in columns: 911 dialed in another way than 911, a NANP number behind 011 1."""
    dialed, known = calls.dialed[places], calls.plan[places] >= 0
    lengths = lengths_of(dialed)
    two, three, four = (dialed // _POWERS[np.maximum(lengths - count, 0)] for count in (2, 3, 4))
    found = (three == _EMERGENCY) & ~((dialed == _EMERGENCY) & known)
    found |= (four == 10_911) | (four == 11_911) | (four == _FOREIGN_NANP)
    found |= (three == 1101) & (lengths > CARRIER_DIGITS)
    begins = np.array([code is not None and EMERGENCY_NUMBER.startswith(code) for code, _ in origins.known])
    found |= begins[origins.of[places]] & ((two == 111) | (lengths < 3))
    left: Places = places[found]
    return left


def _manipulation_rows(calls: Calls, key: NDArray[np.int64]) -> NDArray[np.int32]:
    manipulated = calls.plan == MDP
    if manipulated.all():
        return find_many(calls.tables.customer.mdp, key)
    row = np.full(key.size, -1, np.int32)
    places = np.flatnonzero(manipulated)
    row[places] = find_many(calls.tables.customer.mdp, key[places])
    return row


def _odd(calls: Calls, forms: PublicForms, places: Places) -> None:
    """Operator, international, carrier access and N11 calls, and digits without a meaning."""
    verdicts = calls.verdicts
    digits = calls.dialed[places]
    lengths = lengths_of(digits)
    rest = _POWERS[np.maximum(lengths - 3, 0)]
    first = digits // np.maximum(
        rest // 10, 1
    )  # 011 is dropped; no country code begins with 0, and 1 is the NANP
    international = (lengths >= 3 + MIN_INTERNATIONAL) & (first > _FOREIGN_NANP) & (first < 10_120)
    at = places[international]
    verdicts.called[at] = (digits - _POWERS[lengths] - 10 * rest)[international]
    verdicts.non[at] = NON_INTERNATIONAL
    left = places[~international]
    short = lengths[~international] <= 3  # service codes mean the same everywhere
    for code in np.unique(calls.dialed[left[short]]).tolist():
        _as_read(calls, left[short & (calls.dialed[left] == code)], forms.read(0, code))
    for place in left[~short].tolist():
        translation = forms.read(int(calls.npa[place]), int(calls.dialed[place]))
        _as_read(calls, np.array([place]), translation)


def _as_read(calls: Calls, places: Places, translation: Translation | None) -> None:
    """Give calls the translation of their digits."""
    if translation is None:
        calls.translated[places] = False
        return
    verdicts = calls.verdicts
    verdicts.called[places] = int("1" + translation.called_number)
    verdicts.non[places] = translation.non or 0
    calls.special[places] = translation.special
    if translation.cic is not None:
        verdicts.cic[places] = int(translation.cic)


def _manipulate(calls: Calls, places: Places, row: NDArray[np.int32]) -> None:
    """The routing numbers of MDP rows; 7 digits are completed with the caller's area code (A-038)."""
    tables, verdicts = calls.tables, calls.verdicts
    rows = row[places]
    code = tables.mdp_code[rows]
    if tables.mdp_has_short:
        short = tables.mdp_short[rows]
        code = np.where(short, calls.npa[places] * SEVEN + (code + (TEN - SEVEN)), code)
    verdicts.called[places] = code
    if tables.has_international:
        abroad = tables.mdp_international[rows]
        verdicts.non[places] = np.where(abroad, np.uint8(NON_INTERNATIONAL), np.uint8(NON_NATIONAL))


def _place(calls: Calls, hit: Mask, row: NDArray[np.int32]) -> None:
    """On-net or off-net, the called party's class, the called number's area (A-040, A-042, AMB-7, AMB-8)."""
    tables, verdicts = calls.tables, calls.verdicts
    customer, called = tables.customer, verdicts.called
    national = calls.national
    calls.called_area = calls.areas.of(np.where(national, called, TEN))
    calls.called_area[~national] = 0
    place = row.copy()
    asked = national & ~hit
    at = np.flatnonzero(asked)
    place[at] = find_many(customer.listed, called[at])
    on_net: Mask = place >= 0
    klass = np.append(tables.class_of_place, np.uint8(OTHER))[place]
    again = hit & tables.mdp_short[row] if tables.mdp_has_short else np.zeros(called.size, np.bool_)
    if tables.listed_has_short:
        rest = np.flatnonzero(asked & ~on_net & ((called - TEN) // SEVEN == calls.npa))
        listed = rest[find_many(customer.listed, (called[rest] - TEN) % SEVEN + SEVEN) >= 0]
        on_net[listed] = True
        again[listed] = True
    if tables.has_international:
        foreign = calls.translated & ~hit & (verdicts.non == NON_INTERNATIONAL) & (calls.special == 0)
        abroad = np.flatnonzero(foreign)
        on_net[abroad] = find_many(customer.listed_international, called[abroad]) >= 0
    at = np.flatnonzero(again & national)
    klass[at] = station_classes(customer, find_many(customer.stations, called[at]))
    klass[~(on_net & national) | (calls.called_area & KIND_MASK > 0)] = (
        OTHER  # a service number is nobody's station
    )
    verdicts.on_net[:] = on_net
    verdicts.called_class[:] = klass
