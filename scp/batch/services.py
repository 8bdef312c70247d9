"""Queries of a file asked of one service beside the dialing plan's: counted by outcome and by where they lead.

    called numbers as codes, sorted -> number portability by column: one pass over the sorted ported numbers
    everything else -> one by one, as the service decides it

Order does not matter to counts, so numbers are sorted before they are looked up: neighbours are then in the cache.

Source: B4-012; services design sections 5 and 10.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.portability.service import Portability
from ain_scp.provisioning.rows_services import NO_PORTED, SelectionRow
from ain_scp.provisioning.services import LnpTables
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.batch import cells
from ain_scp.scp.batch.attempts import draws
from ain_scp.scp.batch.sources import BLOCK, LONGEST_LINE, SourceFault
from ain_scp.scp.batch.totals import MOST_NAMED, Unused
from ain_scp.scp.service_logic.decision_json import QueryFault, QueryForm, query_of, service_query_of
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.service_otherwise import form_for
from ain_scp.scp.service_logic.services import Service, ServiceLogic
from ain_scp.terms.csv_line import BROKEN, cells_of
from ain_scp.terms.dialed import keyed
from ain_scp.terms.service import LNP, ServiceRefusal

CALLED: Final = "called_party"
CALLING: Final = "calling_party"
FIELDS: Final = frozenset(QueryForm.__struct_fields__)
OUTCOMES: Final = ("PORTED", "POOLED", "NOT_PORTED", "NOT_PORTABLE")
REFUSED: Final = "REFUSED"
NOT_CLAIMED: Final = "NOT_CLAIMED"
TOGETHER: Final = 1 << 20
"""Numbers that are looked up together: the more, the closer they stand in the table."""
_TEN: Final = 10

Codes = NDArray[np.int64]
"""Codes of numbers: 1 and their digits."""


class Difference(msgspec.Struct, frozen=True):
    """A query that the other data set answers otherwise: outcome and destination before and after."""

    called_party: str
    before: str
    after: str


class ServiceTotals(msgspec.Struct):
    """Counts over queries: by outcome, and by destination (a routing number, a number, an announcement, a presentation)."""

    service: str
    queries: int = 0
    invalid: int = 0
    outcomes: dict[str, int] = {}
    destinations: dict[str, int] = {}
    compared: int = 0
    changed: int = 0
    examples: list[Difference] = []
    unused: list[Unused] = []


Answer = tuple[str, str]
"""Outcome and destination."""


@final
class LnpColumns:
    """Number portability by column: answers of codes in ascending order."""

    def __init__(self, tables: LnpTables, numbers: Codes, place: NDArray[np.integer]) -> None:
        """`numbers` and `place`: the codes of ported numbers in any order, and the places of their routing numbers."""
        order = np.argsort(numbers, kind="stable")
        self._numbers = np.ascontiguousarray(numbers[order])
        lrns = [int("1" + lrn) for lrn in tables.lrns]
        kept = np.array(lrns or [0], np.int64)
        self._lrn = kept[place[order]] if numbers.size else kept[:0]
        self._changes = tables.changes.rows
        blocks = sorted((int("1" + block), int("1" + row.lrn)) for block, row in tables.blocks.items())
        self._blocks = np.array([code for code, _ in blocks], np.int64)
        self._block = np.array([lrn for _, lrn in blocks], np.int64)
        self._portable = np.array(sorted(int("1" + one) for one in tables.portable), np.int64)

    def answers(self, codes: Codes) -> tuple[NDArray[np.int8], Codes]:
        """Places in OUTCOMES, and the codes of the numbers to call; `codes` ascend, each of ten digits."""
        to = _taken(self._numbers, self._lrn, codes)
        if self._changes.numbers.size:
            at, hit = _places(self._changes.numbers, codes)
            to[hit] = self._changes.lrns[at[hit]]
        outcome = np.zeros(codes.size, np.int8)
        left = np.flatnonzero(to == 0)
        pooled = _taken(self._blocks, self._block, codes[left] // POWERS[3])
        outcome[left] = 1
        to[left] = pooled
        rest = left[pooled == 0]
        to[rest] = codes[rest]
        outcome[rest] = np.where(_places(self._portable, codes[rest] // POWERS[4])[1], 2, 3)
        return outcome, to


def _places(table: Codes, wanted: Codes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each code would stand, and whether it stands there."""
    if not table.size:
        return np.zeros(wanted.size, np.intp), np.zeros(wanted.size, np.bool_)
    at = np.searchsorted(table, wanted)
    np.minimum(at, table.size - 1, out=at)
    return at, table[at] == wanted


def _taken(table: Codes, values: Codes, wanted: Codes) -> Codes:
    """The value of each code, 0 where there is none."""
    if not table.size:
        return np.zeros(wanted.size, np.int64)
    at, hit = _places(table, wanted)
    return np.where(hit, values[at], 0)


@final
class ServiceEngine:
    """One service of one data set, asked many times."""

    def __init__(self, logic: ServiceLogic, name: str, ported: LnpColumns | None) -> None:
        self.service: Service = logic.services[name]
        self.row: SelectionRow = next(row for row, service in logic.rows if service.name == name)
        self.ported = ported

    def answer(self, form: QueryForm, draw: int) -> Answer:
        """One query; QueryFault for one that cannot be asked."""
        query = service_query_of(form, query_of(form, draw))
        if not self.service.claims(query, self.row):
            return NOT_CLAIMED, ""
        outcome = self.service.decide(query)
        if isinstance(outcome, ServiceRefusal):
            return REFUSED, outcome.cause
        to = outcome.announcement or (outcome.called.digits if outcome.called is not None else "")
        shown = outcome.name.presentation if outcome.name is not None else ""
        return outcome.outcome, to or shown


@final
class ServiceBatch:
    """A file of queries counted with one engine, and compared with another's answers."""

    def __init__(
        self, name: str, form: QueryForm, engines: list[ServiceEngine], seed: int, examples: int
    ) -> None:
        self.totals = ServiceTotals(name)
        self._form = form
        self._engines = engines
        self._seed = seed
        self._examples = examples
        self._waiting: list[Codes] = []
        self._to: dict[int, int] = {}

    def read(self, path: Path) -> ServiceTotals:
        """Count a whole file; SourceFault when it is none of queries."""
        with path.open("rb") as file:
            header = _header(path, file.readline(LONGEST_LINE))
            at, rest = file.tell(), b""
            while octets := file.read(BLOCK):
                rest += octets
                cut = rest.rfind(b"\n") + 1
                if cut:
                    self._block(header, rest[:cut], at)
                    at, rest = at + cut, rest[cut:]
            if rest:
                self._block(header, rest + b"\n", at)
        self._column()
        for code, count in self._to.items():
            _count(self.totals.destinations, digits_of(code), count)
        return self.totals

    def _block(self, header: list[str], block: bytes, at: int) -> None:
        octets = np.frombuffer(block, np.uint8)
        columns = cells.split(octets, len(header)) if self._engines[0].ported is not None else None
        if columns is None:
            for line in block.splitlines(keepends=True):
                self._line(header, line, at)
                at += len(line)
            return
        named = dict(zip(header, columns, strict=True))
        called = named[CALLED]
        codes, odd = cells.codes(called)
        odd |= called.length != _TEN
        nature = named.get("called_non")
        if nature is not None:
            odd |= nature.length > 0
        rows = np.flatnonzero(odd)
        starts, ends = columns[0].first, columns[-1].first + columns[-1].length
        for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True):
            self._line(header, block[start:end], at + start)
        self._waiting.append(codes[~odd] if rows.size else codes)
        if sum(one.size for one in self._waiting) >= TOGETHER:
            self._column()

    def _column(self) -> None:
        """Look up the numbers of ten digits that wait."""
        codes = np.sort(np.concatenate([np.empty(0, np.int64), *self._waiting]))
        self._waiting = []
        answers = [one.ported.answers(codes) for one in self._engines if one.ported is not None]
        if not codes.size or not answers:
            return
        outcome, to = answers[0]
        self.totals.queries += codes.size
        for place, count in enumerate(np.bincount(outcome, minlength=len(OUTCOMES)).tolist()):
            _count(self.totals.outcomes, OUTCOMES[place], count)
        led, counts = np.unique(to[outcome < 2], return_counts=True)
        for code, count in zip(led.tolist(), counts.tolist(), strict=True):
            self._to[code] = self._to.get(code, 0) + count
        if len(answers) > 1:
            self.totals.compared += codes.size
            differs = np.flatnonzero((answers[1][0] != outcome) | (answers[1][1] != to))
            self.totals.changed += differs.size
            for row in differs[: max(self._examples - len(self.totals.examples), 0)].tolist():
                told = [f"{OUTCOMES[one[row]]} {digits_of(int(two[row]))}" for one, two in answers]
                self.totals.examples.append(Difference(digits_of(int(codes[row])), *told))

    def _line(self, header: list[str], line: bytes, place: int) -> None:
        """One row that is not plain, or of a service without columns."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return
        row = cells_of(text)
        draw = int(draws(self._seed, np.array([place]))[0])
        try:
            if row is None:
                raise ValueError(BROKEN)  # noqa: TRY301 - one way out
            if len(row) != len(header):
                raise ValueError(f"{len(row)} cells, the header has {len(header)}")  # noqa: TRY301 - one way out
            given = {name: cell for name, cell in zip(header, row, strict=True) if cell and name in FIELDS}
            given |= {name: _plain(given[name]) for name in (CALLED, CALLING) if name in given}
            asked = msgspec.to_builtins(self._form) | {CALLED: None} | given
            asked["time"] = str(asked["time"]).replace(" ", "T", 1)
            form = msgspec.convert(asked, QueryForm, strict=False)
            answers = [engine.answer(form, draw) for engine in self._engines]
        except (ValueError, QueryFault) as fault:  # msgspec's are ValueErrors
            self.totals.invalid += 1
            if len(self.totals.unused) < MOST_NAMED:
                self.totals.unused.append(Unused(place, str(fault)))
            return
        self.totals.queries += 1
        outcome, to = answers[0]
        _count(self.totals.outcomes, outcome, 1)
        if to and outcome not in OUTCOMES[2:]:
            _count(self.totals.destinations, to, 1)
        if len(answers) > 1:
            self.totals.compared += 1
            if answers[0] != answers[1]:
                self.totals.changed += 1
                if len(self.totals.examples) < self._examples:
                    told = (" ".join(one).rstrip() for one in answers)
                    self.totals.examples.append(Difference(form.called_party or "", *told))


def _plain(number: str) -> str:
    """A number without what is for the eye; what is no number stays, and the service refuses it."""
    try:
        return keyed(number)
    except ValueError:
        return number


def _count(into: dict[str, int], word: str, count: int) -> None:
    if count:
        into[word] = into.get(word, 0) + count


def _header(path: Path, line: bytes) -> list[str]:
    try:
        names = [name.strip() for name in cells_of(line.decode("utf-8-sig")) or []]
    except UnicodeDecodeError:
        names = []
    if CALLED not in names:
        raise SourceFault(f"{path}: line 1: no column {CALLED}; queries to a service need it")
    return names


def engine_for(program: Program, logic: ServiceLogic, name: str) -> ServiceEngine:
    """The engine of a service; number portability has one by column."""
    service = logic.services[name]
    ported = None
    if isinstance(service, Portability):
        given = program.snapshot.dataset.services
        columns = given.lnp.ported if given is not None and given.lnp is not None else NO_PORTED
        ported = LnpColumns(service.tables, columns.numbers, columns.place)
    return ServiceEngine(logic, name, ported)


def lines_of(path: Path, places: list[int]) -> Iterator[int]:
    """The lines of places in a file, from 1."""
    with path.open("rb") as file:
        for place in places:
            file.seek(0)
            yield file.read(place).count(b"\n") + 1


__all__ = ["LNP", "ServiceBatch", "ServiceTotals", "engine_for", "form_for", "lines_of"]
