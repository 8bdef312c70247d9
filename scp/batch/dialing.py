"""s110, s112 and the place of the called number, for columns: who is called, on-net or off-net, which class.

National, 7-digit and international numbers are read by arithmetic; the other forms (operator, carrier access, N11, numbers
the NANP cannot have) by `translate_public` itself, once for each area code and digit string. What the access code or the
way an emergency call is dialed decides is not read here at all: `unusual` names those calls.

Source: [0056]-[0061], [0063], [0076], A-023..A-042, AMB-1..AMB-8.
"""

from functools import cache
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.dialplan.public import translate_public
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.batch.attempts import Attempts, lengths_of
from ain_scp.scp.classes.columns import OTHER, Numbers, station_classes
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import CARRIER_DIGITS, CARRIER_EXCHANGE, EMERGENCY_NUMBER, is_nanp
from ain_scp.terms.digits import MIN_INTERNATIONAL
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

TEN: Final = POWERS[10]
SEVEN: Final = POWERS[7]
MDP: Final = 0
SDP: Final = 1
_MAX_REMEMBERED: Final = 1 << 16
_POWERS: Final = np.asarray(POWERS)
_EMERGENCY: Final = int("1" + EMERGENCY_NUMBER)
_FROM_A_PBX: Final = int("19" + EMERGENCY_NUMBER)
_FOREIGN_NANP: Final = int("1" + "0111")
_FOREIGN_NANP_DIGITS: Final = 14

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


@final
class ListedNumbers:
    """What one customer's dialing plan tables hold, as columns: routing numbers of MDP rows, classes of listed numbers.

    `fits`: every row is a ten-digit, seven-digit or international number; the calls of another customer are decided one by
    one.
    """

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        mdp = np.asarray(customer.rows.mdp.number)
        self.mdp_international: Mask = np.asarray(customer.rows.mdp.non) == NON_INTERNATIONAL
        self.mdp_short: Mask = (mdp >= SEVEN) & (mdp < 2 * SEVEN) & ~self.mdp_international
        self.mdp_code = mdp
        plain = (mdp >= TEN) & (mdp < 2 * TEN) & ~self.mdp_international
        self.fits = bool((plain | self.mdp_short | self.mdp_international).all())
        numbers = np.concatenate([np.where(plain, mdp, 0), np.asarray(customer.rows.sdp.number)])
        self.class_of_place = station_classes(customer, find_many(customer.stations, numbers))
        short = (numbers >= SEVEN) & (numbers < 2 * SEVEN)
        self.mdp_has_short = bool(self.mdp_short.any())
        self.listed_has_short = bool(short.any()) or self.mdp_has_short
        self.has_international = bool(self.mdp_international.any())


@final
class Reading:
    """One customer's calls while their digits are read: the columns of a `Translation`. `translated` False: no meaning."""

    __slots__ = (
        "called",
        "cic",
        "dialed",
        "non",
        "npa",
        "odd",
        "on_net",
        "plan",
        "special",
        "station",
        "tables",
        "translated",
    )

    def __init__(self, tables: ListedNumbers, part: Attempts, plan: NDArray[np.int8]) -> None:
        count = part.calling.size
        self.tables = tables
        self.dialed = part.dialed
        self.plan = plan
        self.npa = (part.calling - TEN) // SEVEN
        self.called = np.zeros(count, np.int64)
        self.non = np.full(count, NON_NATIONAL, np.uint8)
        self.special = np.zeros(count, np.int16)
        self.cic = np.full(count, -1, np.int16)
        self.on_net: Mask = np.zeros(count, np.bool_)
        self.station = np.full(count, OTHER, np.uint8)
        self.translated: Mask = np.zeros(count, np.bool_)
        self.odd: Places = np.zeros(0, np.int64)
        """The calls that are not dialed as an ordinary national number."""


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


def translate(calls: Reading, forms: PublicForms) -> Numbers:
    """The called numbers, with nature, place and station; calls without one are not `translated`."""
    hit, row = _read(calls, forms)
    _place(calls, hit, row)
    return Numbers(
        calls.called, calls.non, calls.special, calls.cic, calls.on_net, calls.station, calls.translated
    )


def _read(calls: Reading, forms: PublicForms) -> tuple[Mask, NDArray[np.int32]]:
    """The called number; the answer says which calls an MDP row translated, and which row."""
    dialed, plan = calls.dialed, calls.plan
    eleven = (dialed >= POWERS[11] + TEN) & (dialed < POWERS[11] + 2 * TEN)  # 1 + 10 digits
    key = dialed - eleven * np.int64(POWERS[11])
    seven = (key >= SEVEN) & (key < 2 * SEVEN)
    called = calls.called
    np.copyto(called, key)
    at = np.flatnonzero(seven)
    called[at] = calls.npa[at] * SEVEN + (key[at] + (TEN - SEVEN))
    # the others are read by their own form
    plain = _plain_heads().take((called - TEN) // 10_000, mode="clip")
    plain &= (called >= TEN) & (called < 2 * TEN)
    row = _manipulation_rows(calls, key)
    hit: Mask = row >= 0
    calls.odd = np.flatnonzero(~plain)
    calls.translated = hit | ((plan >= 0) & ~(seven & (plan == MDP)))
    places = calls.odd[calls.translated[calls.odd] & ~hit[calls.odd]]
    if places.size:
        _odd(calls, forms, places)
    if hit.any():
        _manipulate(calls, np.flatnonzero(hit), row)
    return hit, row


@cache
def _plain_heads() -> Mask:
    """Which first six digits of a national number are an ordinary area code and exchange."""
    heads: Mask = np.array([is_nanp(f"{code:03d}2000") for code in range(1000)])
    exchanges = heads.copy()
    exchanges[int(CARRIER_EXCHANGE)] = False
    return np.outer(heads, exchanges).ravel()


def unusual(calls: Reading, part: Attempts) -> Places:
    """The calls whose meaning is not in columns: 911 dialed in another way than 911, a NANP number after 011 1.

    Those are left to `Program.decide`.
    """
    places = calls.odd
    dialed, known = calls.dialed[places], calls.plan[places] >= 0
    lengths = lengths_of(dialed)
    two, three, four = (dialed // _POWERS[np.maximum(lengths - count, 0)] for count in (2, 3, 4))
    found = (three == _EMERGENCY) & ~((dialed == _EMERGENCY) & known)
    found |= (
        (four == 10_911) | (four == 11_911) | ((four == _FOREIGN_NANP) & (lengths == _FOREIGN_NANP_DIGITS))
    )
    found |= (four == 10_091) | (dialed == _FROM_A_PBX)
    found |= (three == 1101) & (lengths > CARRIER_DIGITS)
    begins = np.array([code is not None and EMERGENCY_NUMBER.startswith(code) for code, _ in part.origins])
    found |= begins[part.origin[places]] & ((two == 111) | (lengths < 3))
    left: Places = places[found]
    return left


def _manipulation_rows(calls: Reading, key: NDArray[np.int64]) -> NDArray[np.int32]:
    manipulated = calls.plan == MDP
    if manipulated.all():
        return find_many(calls.tables.customer.mdp, key)
    row = np.full(key.size, -1, np.int32)
    places = np.flatnonzero(manipulated)
    row[places] = find_many(calls.tables.customer.mdp, key[places])
    return row


def _odd(calls: Reading, forms: PublicForms, places: Places) -> None:
    """Operator, international, carrier access and N11 calls, and digits without a meaning."""
    digits = calls.dialed[places]
    lengths = lengths_of(digits)
    rest = _POWERS[np.maximum(lengths - 3, 0)]
    # 011 is dropped; no country code begins with 0, and 1 is the NANP
    first = digits // np.maximum(rest // 10, 1)
    international = (lengths >= 3 + MIN_INTERNATIONAL) & (first > _FOREIGN_NANP) & (first < 10_120)
    at = places[international]
    calls.called[at] = (digits - _POWERS[lengths] - 10 * rest)[international]
    calls.non[at] = NON_INTERNATIONAL
    left = places[~international]
    short = lengths[~international] <= 3  # service codes mean the same everywhere
    for code in np.unique(calls.dialed[left[short]]).tolist():
        _as_read(calls, left[short & (calls.dialed[left] == code)], forms.read(0, code))
    for place in left[~short].tolist():
        translation = forms.read(int(calls.npa[place]), int(calls.dialed[place]))
        _as_read(calls, np.array([place]), translation)


def _as_read(calls: Reading, places: Places, translation: Translation | None) -> None:
    """Give calls the translation of their digits."""
    if translation is None:
        calls.translated[places] = False
        return
    calls.called[places] = int("1" + translation.called_number)
    calls.non[places] = translation.non or 0
    calls.special[places] = translation.special
    if translation.cic is not None:
        calls.cic[places] = int(translation.cic)


def _manipulate(calls: Reading, places: Places, row: NDArray[np.int32]) -> None:
    """The routing numbers of MDP rows; 7 digits are completed with the caller's area code (A-038)."""
    tables = calls.tables
    rows = row[places]
    code = tables.mdp_code[rows]
    if tables.mdp_has_short:
        short = tables.mdp_short[rows]
        code = np.where(short, calls.npa[places] * SEVEN + (code + (TEN - SEVEN)), code)
    calls.called[places] = code
    if tables.has_international:
        abroad = tables.mdp_international[rows]
        calls.non[places] = np.where(abroad, np.uint8(NON_INTERNATIONAL), np.uint8(NON_NATIONAL))


def _place(calls: Reading, hit: Mask, row: NDArray[np.int32]) -> None:
    """On-net or off-net, and the called party's class (A-040, A-042, AMB-7, AMB-8)."""
    tables, called = calls.tables, calls.called
    customer = tables.customer
    ordinary = calls.translated & (calls.special == 0)
    national = ordinary & (calls.non == NON_NATIONAL)
    place = row.copy()
    asked = national & ~hit
    at = np.flatnonzero(asked)
    place[at] = find_many(customer.listed, called[at])
    on_net: Mask = place >= 0
    station = np.append(tables.class_of_place, np.uint8(OTHER))[place]
    again = hit & tables.mdp_short[row] if tables.mdp_has_short else np.zeros(called.size, np.bool_)
    if tables.listed_has_short:
        rest = np.flatnonzero(asked & ~on_net & ((called - TEN) // SEVEN == calls.npa))
        listed = rest[find_many(customer.listed, (called[rest] - TEN) % SEVEN + SEVEN) >= 0]
        on_net[listed] = True
        again[listed] = True
    if tables.has_international:
        abroad = np.flatnonzero(ordinary & ~hit & (calls.non == NON_INTERNATIONAL))
        on_net[abroad] = find_many(customer.listed_international, called[abroad]) >= 0
    at = np.flatnonzero(again & national)
    station[at] = station_classes(customer, find_many(customer.stations, called[at]))
    station[~(on_net & national)] = OTHER
    calls.on_net, calls.station = on_net, station
