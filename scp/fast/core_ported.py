"""Number portability in the innermost part: ported numbers in the form of `core_tables`, blocks and exchanges as maps.

Source: B4-012; services design sections 5.1 and 10; performance.md section 7 (compiled column), mypyc native integers.
"""

from typing import Final, final

from librt.strings import read_i16_le, read_i32_le, read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64

from ain_scp.provisioning.services import LnpTables
from ain_scp.scp.fast.core_shapes import CoreNames, text_of
from ain_scp.scp.fast.core_tables import CoreTable, core_table
from ain_scp.scp.fast.int_map import NOTHING, IntMap
from ain_scp.scp.fast.ported import NOT_PORTABLE, NOT_PORTED, POOLED, PORTED

_TEN_DIGITS: Final = 10000000000
"""The code of a number of ten digits is the number and this."""


@final
class CorePorted:
    """Where numbers lead, over one set of tables: `of` gives the name of what comes of it, `to` is then the number to call."""

    def __init__(self, lnp: LnpTables | None, names: CoreNames) -> None:
        self.to: i64 = 0
        self._ported: i64 = names.of(PORTED)
        self._pooled: i64 = names.of(POOLED)
        self._not_ported: i64 = names.of(NOT_PORTED)
        self._not_portable: i64 = names.of(NOT_PORTABLE)
        self._lnp: LnpTables | None = None
        self._changes: i64 = 0
        self._changed: bytes = b""
        self._changed_to: bytes = b""
        self._table: CoreTable | None = None
        self._places: bytes = b""
        self._short: bool = True
        self._lrns: vec[i64] = vec[i64]()
        self._blocks = IntMap()
        self._portable = IntMap()
        if lnp is not None:
            self._read(lnp)

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
        self._changes = 0
        if tables is not None:
            self._changes = len(tables.changes)
            self._changed, self._changed_to = tables.changes.numbers, tables.changes.lrns

    def of(self, number: i64) -> i64:
        """The name of what a number comes to; NOTHING: left to the general node."""
        tables = self._lnp
        if tables is None:
            return NOTHING
        if self._changes > 0:
            at = _row_of(self._changed, number + _TEN_DIGITS, self._changes)
            if at >= 0:
                lrn = read_i64_le(self._changed_to, at * 8)
                self.to = lrn - _TEN_DIGITS
                return self._ported if lrn > 0 else self._unported(number)
        table = self._table
        if table is None:
            return self._routed(tables.lrn_of(text_of(number)), number)
        row = table.find(number)
        if row < 0:
            return self._unported(number)
        place: i64 = 0
        if self._short:
            place = i64(read_i16_le(self._places, row * 2)) & 0xFFFF
        else:
            place = i64(read_i32_le(self._places, row * 4))
        self.to = self._lrns[place]
        return self._ported

    def _routed(self, lrn: str, number: i64) -> i64:
        """By the LRN of a number, if it has one."""
        if not lrn:
            return self._unported(number)
        self.to = i64(int(lrn))
        return self._ported

    def _unported(self, number: i64) -> i64:
        lrn = self._blocks.get(number // 1000)
        if lrn >= 0:
            self.to = lrn
            return self._pooled
        self.to = number
        return self._not_ported if self._portable.get(number // 10000) > 0 else self._not_portable


def _row_of(column: bytes, wanted: i64, end: i64) -> i64:
    """Where an integer of 64 bits stands among so many in ascending order; NOTHING when it is not there."""
    low: i64 = 0
    high: i64 = end
    while low < high:
        middle = (low + high) // 2
        if read_i64_le(column, middle * 8) < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < end and read_i64_le(column, low * 8) == wanted else NOTHING
