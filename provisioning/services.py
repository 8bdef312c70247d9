"""`services/`, compiled: what the services beside the dialing plan's look things up in. Immutable, one a snapshot.

Ported numbers stand in one table of numbers, their LRNs as places in a short list beside it: two octets a number more while
there are no more than 65,536 LRNs. What deltas changed stands in columns of its own, which are asked first.

Source: B4-012; services design sections 5 to 10.
"""

from bisect import bisect_left
from copy import copy
from typing import Final, final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from ain_scp.provisioning.rows import LataRow
from ain_scp.provisioning.rows_services import (
    NO_CNAM,
    NO_LNP,
    NO_PORTED,
    NO_TOLLFREE,
    BlockRow,
    CnamRows,
    ControlledLine,
    DeltaColumns,
    LnpRows,
    NameLine,
    NameRow,
    PortableRow,
    PortedColumns,
    RecordRow,
    SelectionRow,
    ServiceSet,
    Template,
    TerminatingRows,
    TollFreeRows,
    routing_numbers,
)
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.provisioning.tables.prefix import PrefixTable
from ain_scp.provisioning.where import Where
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.origin import NATIONAL_DIGITS, Origin
from ain_scp.terms.service import Number

SHORT: Final = 1 << 16
"""LRNs whose places fit 16 bits."""


@final
class Areas:
    """LATA and state of numbers, as `lata.csv` names them."""

    def __init__(self, table: PrefixTable, rows: tuple[LataRow, ...]) -> None:
        self._table = table
        self._rows = rows

    def of(self, number: str) -> tuple[str, str]:
        """LATA and state of a number of 10 digits; empty = not known."""
        row = self._table.longest(number[:6]) if len(number) == NATIONAL_DIGITS else -1
        return (self._rows[row].lata or "", self._rows[row].state or "") if row >= 0 else ("", "")

    def origin(self, caller: Number | None, lata: str | None) -> Origin:
        """Where a call comes from: the caller's number, the LATA that the switch sends, else the caller's."""
        number = caller.digits if caller is not None else ""
        own, state = self.of(number)
        return Origin(number, lata or own, state, caller is not None and caller.restricted)


@final
class Changes:
    """What deltas changed, which is asked first. `numbers` (ascending) and `lrns` (0 = ported no longer): codes, 64 bits each."""

    def __init__(self, rows: DeltaColumns) -> None:
        self.rows = rows
        self.numbers: bytes = rows.numbers.tobytes()
        self.lrns: bytes = rows.lrns.tobytes()
        self._numbers = memoryview(self.numbers).cast("q")
        self._lrns = memoryview(self.lrns).cast("q")

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, number: str) -> int:
        """The row of a number; -1 when no delta names it."""
        code = int("1" + number)
        at = bisect_left(self._numbers, code)
        return at if at < len(self._numbers) and self._numbers[at] == code else -1

    def lrn_of(self, row: int) -> str:
        """The LRN that a row gives; "" = ported no longer."""
        code = self._lrns[row]
        return str(code)[1:] if code else ""

    def where(self, row: int) -> Where:
        """File and line of a row."""
        return Where(self.rows.files[self.rows.file[row]], int(self.rows.lines[row]))


@final
class LnpTables:
    """Number portability: number -> LRN, block -> LRN, exchanges in which numbers are ported."""

    def __init__(self, rows: LnpRows, numbers: ExactTable) -> None:
        ported = rows.ported
        self.options = rows.options
        self.numbers = numbers
        self.place: memoryview = places_of(ported)
        self.lrns = ported.lrns
        self.blocks: dict[str, BlockRow] = {row.block: row for row in rows.blocks}
        self.portable: dict[str, PortableRow] = {row.npanxx: row for row in rows.portable}
        self.changes = Changes(rows.delta)
        self.routing_numbers = routing_numbers(ported, rows.blocks, rows.lrns)
        self._rows = without_columns(rows)

    def lrn_of(self, number: str) -> str:
        """The LRN of a ported number; "" when it is not ported."""
        changed = self.changes.find(number) if self.changes else -1
        if changed >= 0:
            return self.changes.lrn_of(changed)
        row = self.numbers.find(number)
        return self.lrns[self.place[row]] if row >= 0 else ""

    def where(self, number: str) -> str:
        """File and line of a ported number, for explain."""
        changed = self.changes.find(number)
        if changed >= 0:
            return str(self.changes.where(changed))
        row, ported = self.numbers.find(number), self._rows.ported
        line = int(ported.lines[row]) if ported.lines.size else row + 2
        return f"{ported.file}:{line}"

    def changed_by(self, rows: DeltaColumns) -> "LnpTables":
        """The same tables under other deltas."""
        made = copy(self)
        made.changes = Changes(rows)
        return made


def places_of(ported: PortedColumns) -> memoryview:
    """The place of each row's LRN, as small as may be."""
    small = np.uint16 if len(ported.lrns) <= SHORT else np.int32
    return np.ascontiguousarray(ported.place.astype(small, copy=False)).data


def without_columns(rows: LnpRows) -> LnpRows:
    """The rows without the columns of ported numbers, which the tables hold in half the room."""
    bare = msgspec.structs.replace(rows.ported, numbers=NO_PORTED.numbers, place=NO_PORTED.place)
    return msgspec.structs.replace(rows, ported=bare)


@final
class TollFreeTemplate:
    """A template: its conditions in order, the LATA of where each branch leads ("" = not known), its zone."""

    __slots__ = ("latas", "ordered", "row", "zone")

    def __init__(self, row: Template, areas: Areas) -> None:
        self.row = row
        self.ordered = Ordered(branch.condition for branch in row.logic)
        self.latas = tuple(areas.of(branch.tel)[0] for branch in row.logic)
        self.zone = ZoneInfo(row.timezone) if row.timezone else None


@final
class TollFreeTables:
    """Toll free: number -> record, template."""

    def __init__(self, rows: TollFreeRows, areas: Areas, toll_free_npas: frozenset[str]) -> None:
        self.options = rows.options
        self.zone = ZoneInfo(rows.options.timezone) if rows.options.timezone else None
        self.records: dict[str, RecordRow] = {row.number: row for row in rows.records}
        self.templates = {row.name: TollFreeTemplate(row, areas) for row in rows.templates}
        self.areas = areas
        self.toll_free_npas = toll_free_npas


@final
class TerminatingTables:
    """Lines with rules, lines that are shown names, and the names."""

    def __init__(self, rows: TerminatingRows, cnam: CnamRows, areas: Areas) -> None:
        self.ama_slp_id = rows.ama_slp_id
        self.most_redirections = rows.most_redirections
        self.lines: dict[str, ControlledLine] = {row.number: row for row in rows.lines}
        self.ordered = {row.number: Ordered(rule.condition for rule in row.rules) for row in rows.lines}
        """The conditions of each line's rules."""
        self.carry = cnam.carry
        self.name_slp_id = cnam.ama_slp_id
        self.shown: dict[str, NameLine] = {row.number: row for row in cnam.lines}
        self.names: dict[str, NameRow] = {row.number: row for row in cnam.names}
        self.areas = areas


@final
class Services:
    """The compiled tables of every service, and which queries each is offered."""

    def __init__(
        self, rows: ServiceSet, areas: Areas, ported: ExactTable, toll_free_npas: frozenset[str]
    ) -> None:
        self.rows = rows if rows.lnp is None else msgspec.structs.replace(rows, lnp=without_columns(rows.lnp))
        self.selection: tuple[SelectionRow, ...] = rows.selection
        self.lnp = LnpTables(rows.lnp or NO_LNP, ported)
        self.tollfree = TollFreeTables(rows.tollfree or NO_TOLLFREE, areas, toll_free_npas)
        self.terminating = TerminatingTables(
            rows.terminating or TerminatingRows(), rows.cnam or NO_CNAM, areas
        )
        self.ssns = frozenset(row.ssn for row in rows.selection if row.ssn is not None)
        self.translation_types = frozenset(
            row.translation_type for row in rows.selection if row.translation_type is not None
        )
