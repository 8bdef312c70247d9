"""Queries to number portability and toll free, as the innermost part knows them: shapes, forms of answers, names of outcomes.

Limits: LARGEST octets of a message, MOST_SHAPES shapes, MOST_FORMS forms; what comes after is left to `services`.
Source: B4-012; services design section 10; performance.md sections 2 and 7 (compiled column), mypyc native integers.
"""

from collections import Counter
from typing import Final, final

from librt.strings import read_i64_le
from mypy_extensions import i64

from ain_scp.scp.fast.core_tables import number_of, same
from ain_scp.scp.fast.int_map import IntMap
from ain_scp.scp.fast.ported import Key
from ain_scp.scp.fast.services import LINE, PORTED, TOLL_FREE_BY_ADDRESS, Asked, Form
from ain_scp.terms.service import LNP, TOLLFREE

LARGEST: Final = 512
MOST_SHAPES: Final = 1024
MOST_FORMS: Final = 1 << 18
_FACTOR: Final = 1152921504606846883
"""Odd, 60 bits: mixes the words of a message."""
_POSITIVE: Final = (1 << 62) - 1


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
        self.first_node: i64 = asked.nodes[0]
        self.other_node: i64 = asked.nodes[1]
        self.proven: bool = True
        self.ported: bool = PORTED in asked.rows
        first = [row for row in asked.rows if row != PORTED]
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
class CoreNames:
    """Numbers of what queries come to (a service, an outcome, and a carrier or announcement), each with a count."""

    def __init__(self) -> None:
        self._number_of: dict[Key, int] = {}
        self._keys: list[Key] = []
        self._counts: list[int] = []
        self._told = True

    def of(self, key: Key) -> int:
        """The number of a name, from now on."""
        name = self._number_of.get(key)
        if name is None:
            name = self._number_of[key] = len(self._keys)
            self._keys.append(key)
            self._counts.append(0)
        return name

    def count(self, name: i64) -> None:
        """A query came to this."""
        self._counts[name] += 1
        self._told = False

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was counted to the counts by service and outcome, and forget it."""
        if self._told:
            return
        self._told = True
        for name, count in enumerate(self._counts):
            if count:
                service, outcome, _ = self._keys[name]
                answers[service, outcome] += count
                self._counts[name] = 0


@final
class CoreShapes:
    """The shapes, by length, mask and a print of what is under it."""

    def __init__(self) -> None:
        self._masks: list[list[CoreMask]] = [[] for _ in range(LARGEST)]
        self._asked: list[CoreAsked] = []
        self._forms: list[CoreForm] = []

    def find(self, octets: bytes) -> CoreAsked | None:
        """The shape of a query; None when it is not known."""
        size: i64 = len(octets)
        if size >= LARGEST:
            return None
        for group in self._masks[size]:
            place = group.shapes.get(_print_of(octets, group.mask, size))
            if place >= 0:
                asked = self._asked[place]
                if asked.proven and same(octets, asked.mask, asked.want, size):
                    return asked
        return None

    def form(self, asked: CoreAsked, name: i64) -> CoreForm | None:
        """The form of a shape's answer by this name, if it is known."""
        place = asked.forms.get(name)
        return self._forms[place] if place >= 0 else None

    def learn(self, octets: bytes, asked: Asked, key: Key, form: Form, names: CoreNames) -> None:
        """Take what was learned, if it is of the usual form: digits of ten or none, LATAs of three."""
        usual = (
            8 <= len(octets) < LARGEST
            and key[0] in (LNP, TOLLFREE)
            and LINE not in asked.rows
            and asked.caller[1] in (0, 10)
            and asked.lata[1] in (0, 3)
            and len(form.constants) in (3, 4)
        )
        known = self._shape(octets, asked) if usual and len(self._forms) < MOST_FORMS else None
        if known is None:
            return
        known.proven = True
        name = names.of(key)
        if known.forms.get(name) < 0:
            known.forms.put(name, len(self._forms))
            self._forms.append(CoreForm(form))

    def doubt(self, point_code: int | None) -> None:
        """Find no query of a node, or of any, until it was learned from again."""
        for known in self._asked:
            if point_code is None or point_code in (known.first_node, known.other_node):
                known.proven = False

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


def text_of(number: i64) -> str:
    """A number of ten digits as text."""
    return str(int(number + 10000000000))[1:]


def digits_of(octets: bytes, at: i64, digits: i64) -> str:
    """The digits that stand in a place, as text; empty without a place."""
    if at == 0:
        return ""
    base: i64 = 1
    for _ in range(digits):
        base *= 10
    return str(int(number_of(octets, at, digits) + base))[1:]
