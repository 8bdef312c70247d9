"""Toll free in the innermost part: what a kind of record comes to for an area of callers, a second and a band of chance.

Each is asked of `tollfree` once.

Limits: MOST_KNOWN of whatever is kept; then it is forgotten.
Source: B4-012; services design sections 6.1 and 10; performance.md section 7 (compiled column), mypyc native integers.
"""

from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from ain_scp.provisioning.rows_services import RecordRow
from ain_scp.scp.fast.core_shapes import CoreAsked, CoreNames, digits_of, text_of
from ain_scp.scp.fast.core_tables import number_of
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.int_map import NOTHING, IntMap
from ain_scp.scp.fast.tollfree import Asking, TollFreeEndings

MOST_KNOWN: Final = 1 << 18
_IN_AREA: Final = 1001
"""LATAs, and none."""
_APART: Final = 1 << 10
"""LATAs and states that a template tells apart."""
_BANDS: Final = 1 << 7
_NUMBER_BITS: Final = 36
_HUNDRED: Final = 100
_NOBODY: Final = -1
"""Instead of a record."""


@final
class CoreKind:
    """Toll free records of one template, or without one and otherwise alike, as far as they tell callers apart.

    `latas` and `states`: the numbers of those that make a difference. `by_number`: asked for each caller anew.
    """

    def __init__(self, asking: Asking | None, latas: list[int], states: list[int]) -> None:
        many = len(latas) >= _APART or len(states) >= _APART
        self.by_number: bool = many or (asking is not None and asking.by_number)
        self.by_chance: bool = asking is not None and asking.by_chance
        self.bands: bytes = bytes(100 if asking is None else asking.bands)
        self.latas = numbers_of(latas)
        self.states = numbers_of(states)


@final
class CoreTollFree:
    """Where toll free numbers lead, over one set of tables: `of` gives the name of what comes of it, `to` is then the number to call."""

    def __init__(self, endings: TollFreeEndings, names: CoreNames) -> None:
        self.to: i64 = 0
        self._endings = endings
        self._names = names
        self._second: int = -1
        self._own_kinds: dict[tuple[str, str, str, str], int] = {}
        self._kind_of = IntMap()
        """Kinds of records by number: what else a query's outcome depends on is the caller's area, the moment and chance."""
        self._every_kind: list[CoreKind] = [CoreKind(None, [], [])]
        """The first is that of numbers without a record."""
        self._latas: dict[str, int] = {}
        self._states: dict[str, int] = {}
        self._by_time: bool = False
        self._area_of = IntMap()
        """Numbers of LATA and state by the caller's first six digits and the LATA that the switch tells."""
        self._endings_of = IntMap()
        """Name and number to call (0: none, 1: the one dialed, else itself and 1) by kind, LATA, state and band of chance."""
        self._npas = IntMap()
        for npa in endings.toll_free_npas:
            self._npas.put(int(npa), 1)

    def at(self, second: int) -> None:
        """Answer for this second, local time, from now on."""
        if second != self._second:
            self._second = second
            if self._by_time:
                self._endings_of.clear()

    def kind_of(self, number: i64) -> i64:
        """The kind of a number's record; negative without one."""
        kind = self._kind_of.get(number)
        return self._kind(number) if kind == NOTHING else kind

    def claims(self, number: i64, kind: i64) -> bool:
        """Whether a number is toll free, or one of the records where those may be any."""
        return self._npas.get(number // 10000000) > 0 or (kind >= 0 and self._endings.pots)

    def of(self, octets: bytes, asked: CoreAsked, number: i64, kind: i64, draws: Draws | None) -> i64:
        """The name of what a query comes to; NOTHING: not to be told here."""
        area = self._area(octets, asked)
        if area < 0:
            return NOTHING
        kind = max(kind, 0)
        every = self._every_kind[kind]
        if every.by_number:
            return self._ending(octets, asked, number, draws)[0]
        band: i64 = 0
        if draws is not None and every.by_chance:
            band = every.bands[i64(draws.peek()) // _HUNDRED]
        lata, state = _place(every.latas, area // _APART), _place(every.states, area % _APART)
        key = ((kind * _APART + lata) * _APART + state) * _BANDS + band
        kept = self._endings_of.get(key)
        if kept < 0:
            name, to = self._ending(octets, asked, number, draws)
            if len(self._endings_of) >= MOST_KNOWN:
                self._endings_of.clear()
            kept = i64(name) << _NUMBER_BITS | i64(to)
            self._endings_of.put(key, kept)
        to_call = kept & ((1 << _NUMBER_BITS) - 1)
        self.to = number if to_call == 1 else to_call - 1
        return kept >> _NUMBER_BITS

    def _kind(self, number: i64) -> i64:
        """The kind of a number's record, found once; `_NOBODY` without one."""
        endings = self._endings
        record = endings.records.get(text_of(number))
        if record is None:
            return _NOBODY
        asking = endings.asking.get(record.template)
        if asking is None or record.status != "WORKING":
            kind = self._own_kind(record)
        else:
            kind = asking.kind
            if kind < 0:
                kind = self._new_kind(asking, sorted(asking.latas), sorted(asking.states))
                asking.kind = int(kind)
        if len(self._kind_of) >= MOST_KNOWN:
            self._kind_of.clear()
        self._kind_of.put(number, kind)
        return kind

    def _own_kind(self, record: RecordRow) -> i64:
        """The kind of a record that leads somewhere itself, or nowhere."""
        name = (record.status, record.tel, record.carrier_intra, record.carrier_inter)
        known = self._own_kinds.get(name)
        if known is None:
            lata = self._endings.area(record.tel)[0]
            known = self._new_kind(None, [lata] if lata else [], [])
            self._own_kinds[name] = int(known)
        return known

    def _new_kind(self, asking: Asking | None, latas: list[str], states: list[str]) -> i64:
        if len(self._every_kind) >= MOST_KNOWN:
            self._forget_kinds()
        if asking is not None and asking.by_time and not self._by_time:
            self._by_time = True
            self._endings_of.clear()
        near = [self._latas.setdefault(one, len(self._latas) + 1) for one in latas]
        where = [self._states.setdefault(one, len(self._states) + 1) for one in states]
        self._every_kind.append(CoreKind(asking, near, where))
        return len(self._every_kind) - 1

    def _forget_kinds(self) -> None:
        """All but that of numbers without a record."""
        self._own_kinds.clear()
        self._every_kind = self._every_kind[:1]
        self._kind_of.clear()
        self._endings_of.clear()
        for asking in self._endings.asking.values():
            asking.kind = -1

    def _area(self, octets: bytes, asked: CoreAsked) -> i64:
        """The numbers of the LATA and state that a call comes from; NOTHING when something of it is no digit."""
        key: i64 = 0
        if asked.caller_at > 0:
            caller = number_of(octets, asked.caller_at, 10)
            if caller < 0:
                return NOTHING
            key = (caller // 10000 + 1) * _IN_AREA
        if asked.lata_at > 0:
            lata = number_of(octets, asked.lata_at, 3)
            if lata < 0:
                return NOTHING
            key += lata + 1
        known = self._area_of.get(key)
        return known if known >= 0 else self._new_area(octets, asked, key)

    def _new_area(self, octets: bytes, asked: CoreAsked, key: i64) -> i64:
        own, state = self._endings.area(digits_of(octets, asked.caller_at, 10))
        lata = digits_of(octets, asked.lata_at, 3) or own
        numbers = (
            self._latas.setdefault(lata, len(self._latas) + 1) if lata else 0,
            self._states.setdefault(state, len(self._states) + 1) if state else 0,
        )
        if numbers[1] >= _APART:
            return NOTHING
        if len(self._area_of) >= MOST_KNOWN:
            self._area_of.clear()
        area: i64 = i64(numbers[0]) * _APART + i64(numbers[1])
        self._area_of.put(key, area)
        return area

    def _ending(self, octets: bytes, asked: CoreAsked, number: i64, draws: Draws | None) -> tuple[int, int]:
        """What the service's own judging says: name, and number to call as it is kept; `_to` is set."""
        caller, lata = digits_of(octets, asked.caller_at, 10), digits_of(octets, asked.lata_at, 3)
        draw = 0 if draws is None else draws.peek()
        found, to = self._endings.of(text_of(number), caller, lata, self._second, draw)
        self.to = i64(int(to)) if to else 0
        kept = 0 if not to else 1 if found[1] == "TURNAROUND" else int(to) + 1
        return self._names.of(found), kept


def numbers_of(values: list[int]) -> vec[i64]:
    """Numbers as they are read here."""
    made = vec[i64]()
    for value in values:
        made = append(made, i64(value))
    return made


def _place(values: vec[i64], wanted: i64) -> i64:
    """The place of a number, from 1; 0 when it is not there."""
    at: i64 = 0
    end: i64 = len(values)
    while at < end:
        if values[at] == wanted:
            return at + 1
        at += 1
    return 0
