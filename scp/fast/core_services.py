"""The innermost part for number portability and toll free: queries like earlier ones, by native integers and octets.

`services` tells it shapes and forms. Ported numbers are read in the form of `core_tables`; where a toll free number leads is
asked of `tollfree` once for each record or template, area of the caller, second and share of chance. What it does not know it
leaves to `services`.

Limits: LARGEST octets of a message, MOST_SHAPES shapes, MOST_KNOWN of whatever is kept; then it is forgotten.
Source: B4-012; services design section 10; performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from collections import Counter
from typing import Final, final

from librt.strings import BytesWriter, read_i16_le, read_i32_le, read_i64_le, write_i32_le
from librt.vecs import append, vec
from mypy_extensions import i64

from ain_scp.provisioning.rows_services import RecordRow
from ain_scp.provisioning.services import LnpTables, Overlay
from ain_scp.scp.fast.core_answer import write_digits
from ain_scp.scp.fast.core_tables import CoreTable, core_table, number_of, same
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.int_map import NOTHING, IntMap
from ain_scp.scp.fast.native_recent import NativeRecent
from ain_scp.scp.fast.ported import NOT_PORTABLE, NOT_PORTED, POOLED, PORTED, Key
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.services import LINE, TOLL_FREE_BY_ADDRESS, Asked, Form
from ain_scp.scp.fast.services import PORTED as PORTED_ROW
from ain_scp.scp.fast.tollfree import Asking, TollFreeEndings
from ain_scp.terms.service import LNP, TOLLFREE

LARGEST: Final = 512
MOST_SHAPES: Final = 1024
MOST_KNOWN: Final = 1 << 18
_FACTOR: Final = 1152921504606846883
"""Odd, 60 bits: mixes the words of a message."""
_POSITIVE: Final = (1 << 62) - 1
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
class CoreForm:
    """An answer between SLS, transaction ID and, if it has one, the number to call."""

    def __init__(self, form: Form) -> None:
        parts = form.constants
        self.head: bytes = parts[0]
        self.middle: bytes = parts[1]
        self.before: bytes = parts[2]
        self.called: bool = len(parts) == 4
        self.after: bytes = parts[3] if len(parts) == 4 else b""


@final
class CoreAsked:
    """A shape of query. `toll_free`: its rows lead there first, `always` whatever is called; `ported`: then to portability."""

    def __init__(self, octets: bytes, asked: Asked) -> None:
        size = len(octets)
        self.mask: bytes = asked.mask.to_bytes(size, "big")
        self.want: bytes = (int.from_bytes(octets, "big") & asked.mask).to_bytes(size, "big")
        self.sls_at: i64 = asked.sls_at
        self.origin_at: i64 = asked.origin_at
        self.transaction_at: i64 = asked.transaction_at
        self.called_at: i64 = asked.called_at
        self.package_at: i64 = asked.package_at
        self.package_end: i64 = asked.package_end
        self.caller_at: i64 = asked.caller[0]
        self.lata_at: i64 = asked.lata[0] if asked.lata[1] else 0
        self.ported: bool = PORTED_ROW in asked.rows
        first = [row for row in asked.rows if row != PORTED_ROW]
        self.toll_free: bool = bool(first)
        self.always: bool = TOLL_FREE_BY_ADDRESS in first
        self.forms = IntMap()
        """Places of forms by name."""


@final
class CoreMask:
    """What may vary in messages of one length, and the shapes by a print of the rest."""

    def __init__(self, mask: bytes) -> None:
        self.mask: bytes = mask
        self.shapes = IntMap()


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
class CoreServices:
    """Shapes, forms and outcomes over one set of tables. A name is a service, an outcome, and a carrier or announcement."""

    def __init__(self, lnp: LnpTables | None, toll_free: TollFreeEndings | None) -> None:
        self._masks: list[list[CoreMask]] = [[] for _ in range(LARGEST)]
        self._asked: list[CoreAsked] = []
        self._forms: list[CoreForm] = []
        self._names: dict[Key, int] = {}
        self._name_of: list[Key] = []
        self._counts: list[int] = []
        self._told = True
        self._answer = BytesWriter()
        self._to: i64 = 0
        self._ported: i64 = self._name(PORTED)
        self._pooled: i64 = self._name(POOLED)
        self._not_ported: i64 = self._name(NOT_PORTED)
        self._not_portable: i64 = self._name(NOT_PORTABLE)
        self._lnp: LnpTables | None = None
        self._overlay: Overlay | None = None
        self._table: CoreTable | None = None
        self._places: bytes = b""
        self._short: bool = True
        self._lrns: vec[i64] = vec[i64]()
        self._blocks = IntMap()
        self._portable = IntMap()
        self._endings = toll_free
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
        if lnp is not None:
            self._read(lnp)
        if toll_free is not None:
            for npa in toll_free.toll_free_npas:
                self._npas.put(int(npa), 1)

    def _read(self, lnp: LnpTables) -> None:
        """Take the base of ported numbers, which no delta changes."""
        self._table = core_table(lnp.numbers, 10)
        if self._table is not None:
            self._places = lnp.place.tobytes()
            self._short = lnp.place.itemsize == 2
            for lrn in lnp.lrns:
                self._lrns = append(self._lrns, i64(int(lrn)))
        for block, row in lnp.blocks.items():
            self._blocks.put(int(block), int(row.lrn))
        for head in lnp.portable:
            self._portable.put(int(head), 1)
        self.change(lnp)

    def change(self, tables: LnpTables | None) -> None:
        """Ask other tables of ported numbers, over the same base, from now on; None: leave them to the general node."""
        self._lnp = tables
        self._overlay = None if tables is None or not tables.overlay else tables.overlay

    # Answering

    def run(
        self,
        datagrams: list[bytes],
        answers: list[bytes | None],
        recent: Memory,
        now: int,
        second: int,
        draws: Draws | None,
    ) -> None:
        """Answer the messages after those answered while they are known here. `draws`: each uses up one."""
        if not isinstance(recent, NativeRecent):
            return
        if second != self._second:
            self._second = second
            if self._by_time:
                self._endings_of.clear()
        at: i64 = len(answers)
        end: i64 = len(datagrams)
        moment: i64 = now
        while at < end:
            made = self._made(datagrams[at], recent, moment, draws)
            if made is None:
                return
            answers.append(made)
            at += 1
            if draws is not None:
                draws.skip(1)

    def _made(self, octets: bytes, recent: NativeRecent, now: i64, draws: Draws | None) -> bytes | None:
        size: i64 = len(octets)
        if size >= LARGEST:
            return None
        for group in self._masks[size]:
            place = group.shapes.get(_print_of(octets, group.mask, size))
            if place >= 0:
                asked = self._asked[place]
                if same(octets, asked.mask, asked.want, size):
                    return self._answered(octets, asked, recent, now, draws)
        return None

    def _answered(
        self, octets: bytes, asked: CoreAsked, recent: NativeRecent, now: i64, draws: Draws | None
    ) -> bytes | None:
        transaction: i64 = i64(read_i32_le(octets, asked.transaction_at))
        origin: i64 = i64(read_i32_le(octets, asked.origin_at)) & 0xFFFFFFFF
        key = transaction * 4294967296 + origin
        number = number_of(octets, asked.called_at, 10)
        if number < 0 or recent.number_of(key) != 0:
            return None
        name = self._lead(octets, asked, number, draws)
        if name < 0:
            return None
        place = asked.forms.get(name)
        if place < 0:
            return None
        form, writer = self._forms[place], self._answer
        writer.truncate(0)
        writer.write(form.head)
        writer.append(octets[asked.sls_at])
        writer.write(form.middle)
        write_i32_le(writer, read_i32_le(octets, asked.transaction_at))
        writer.write(form.before)
        if form.called:
            write_digits(writer, self._to)
            writer.write(form.after)
        made = writer.getvalue()
        recent.keep_octets(key, now, recent.print_of(octets, asked.package_at, asked.package_end), made)
        self._counts[name] += 1
        self._told = False
        return made

    def _lead(self, octets: bytes, asked: CoreAsked, number: i64, draws: Draws | None) -> i64:
        """The name of what a query comes to, `_to` the number to call; NOTHING: not to be told here."""
        if asked.toll_free:
            if self._endings is None:
                return NOTHING
            kind = self._kind_of.get(number)
            if kind == NOTHING:
                kind = self._kind(number)
            if asked.always or self._npas.get(number // 10000000) > 0 or (kind >= 0 and self._endings.pots):
                return self._toll_free(octets, asked, number, kind, draws)
        if not asked.ported or self._lnp is None:
            return NOTHING
        return self._portability(number, self._lnp)

    # Number portability

    def _portability(self, number: i64, tables: LnpTables) -> i64:
        if self._overlay is not None:
            changed = self._overlay.get(_text(number))
            if changed is not None:
                return self._routed(changed[0], number)
        table = self._table
        if table is None:
            return self._routed(tables.lrn_of(_text(number)), number)
        row = table.find(number)
        if row < 0:
            return self._unported(number)
        place: i64 = 0
        if self._short:
            place = i64(read_i16_le(self._places, row * 2)) & 0xFFFF
        else:
            place = i64(read_i32_le(self._places, row * 4))
        self._to = self._lrns[place]
        return self._ported

    def _routed(self, lrn: str, number: i64) -> i64:
        """By the LRN of a number, if it has one."""
        if not lrn:
            return self._unported(number)
        self._to = i64(int(lrn))
        return self._ported

    def _unported(self, number: i64) -> i64:
        lrn = self._blocks.get(number // 1000)
        if lrn >= 0:
            self._to = lrn
            return self._pooled
        self._to = number
        return self._not_ported if self._portable.get(number // 10000) > 0 else self._not_portable

    # Toll free

    def _toll_free(self, octets: bytes, asked: CoreAsked, number: i64, kind: i64, draws: Draws | None) -> i64:
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
        self._to = number if to_call == 1 else to_call - 1
        return kept >> _NUMBER_BITS

    def _kind(self, number: i64) -> i64:
        """The kind of a number's record, found once; `_NOBODY` without one."""
        endings = self._endings
        record = None if endings is None else endings.records.get(_text(number))
        if endings is None or record is None:
            return _NOBODY
        asking = endings.asking.get(record.template)
        if asking is None or record.status != "WORKING":
            kind = self._own_kind(record, endings)
        else:
            kind = asking.kind
            if kind < 0:
                kind = self._new_kind(asking, sorted(asking.latas), sorted(asking.states))
                asking.kind = int(kind)
        if len(self._kind_of) >= MOST_KNOWN:
            self._kind_of.clear()
        self._kind_of.put(number, kind)
        return kind

    def _own_kind(self, record: RecordRow, endings: TollFreeEndings) -> i64:
        """The kind of a record that leads somewhere itself, or nowhere."""
        name = (record.status, record.tel, record.carrier_intra, record.carrier_inter)
        known = self._own_kinds.get(name)
        if known is None:
            lata = endings.area(record.tel)[0]
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
        if self._endings is not None:
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
        endings = self._endings
        if endings is None:
            return NOTHING
        own, state = endings.area(_digits(octets, asked.caller_at, 10))
        lata = _digits(octets, asked.lata_at, 3) or own
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
        endings = self._endings
        if endings is None:
            return NOTHING, 0
        caller, lata = _digits(octets, asked.caller_at, 10), _digits(octets, asked.lata_at, 3)
        draw = 0 if draws is None else draws.peek()
        found, to = endings.of(_text(number), caller, lata, self._second, draw)
        self._to = i64(int(to)) if to else 0
        kept = 0 if not to else 1 if found[1] == "TURNAROUND" else int(to) + 1
        return self._name(found), kept

    # Learning

    def learn(self, octets: bytes, asked: Asked, key: Key, form: Form) -> None:
        """Take what was learned, if it is of the usual form: digits of ten or none, LATAs of three."""
        size = len(octets)
        usual = (
            8 <= size < LARGEST
            and key[0] in (LNP, TOLLFREE)
            and LINE not in asked.rows
            and asked.caller[1] in (0, 10)
            and asked.lata[1] in (0, 3)
            and len(form.constants) in (3, 4)
        )
        if not usual:
            return
        known = self._shape(octets, asked)
        if known is None:
            return
        name = self._name(key)
        if known.forms.get(name) < 0:
            if len(self._forms) >= MOST_KNOWN:
                return
            known.forms.put(name, len(self._forms))
            self._forms.append(CoreForm(form))

    def _shape(self, octets: bytes, asked: Asked) -> CoreAsked | None:
        """The shape as it is known here, from now on; None without room."""
        size: i64 = len(octets)
        mask = asked.mask.to_bytes(len(octets), "big")
        groups = self._masks[size]
        group: CoreMask | None = None
        for one in groups:
            if one.mask == mask:
                group = one
        if group is None:
            group = CoreMask(mask)
            groups.append(group)
        print_ = _print_of(octets, mask, size)
        place = group.shapes.get(print_)
        if place >= 0:
            known = self._asked[place]
            return known if same(octets, known.mask, known.want, size) else None
        if len(self._asked) >= MOST_SHAPES:
            return None
        made = CoreAsked(octets, asked)
        group.shapes.put(print_, len(self._asked))
        self._asked.append(made)
        return made

    def _name(self, key: Key) -> int:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = len(self._name_of)
            self._name_of.append(key)
            self._counts.append(0)
        return name

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was answered to the counts by service and outcome, and forget it."""
        if self._told:
            return
        self._told = True
        for name, count in enumerate(self._counts):
            if count:
                service, outcome, _ = self._name_of[name]
                answers[service, outcome] += count
                self._counts[name] = 0


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


def _print_of(octets: bytes, mask: bytes, size: i64) -> i64:
    """A print of the octets under a mask: a polynomial of their words, the last perhaps partly twice; never negative."""
    value: i64 = size
    at: i64 = 0
    last: i64 = size - 8
    while at < last:
        value = (
            (value ^ value >> 31) * _FACTOR + (read_i64_le(octets, at) & read_i64_le(mask, at))
        ) & _POSITIVE
        at += 8
    value = (
        (value ^ value >> 31) * _FACTOR + (read_i64_le(octets, last) & read_i64_le(mask, last))
    ) & _POSITIVE
    return value ^ value >> 31


def _text(number: i64) -> str:
    """A number of ten digits as text."""
    return str(int(number + 10000000000))[1:]


def _digits(octets: bytes, at: i64, digits: i64) -> str:
    """The digits that stand in a place, as text; empty without a place."""
    if at == 0:
        return ""
    base: i64 = 1
    for _ in range(digits):
        base *= 10
    return str(int(number_of(octets, at, digits) + base))[1:]
