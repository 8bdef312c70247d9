"""What the short way keeps: kinds of call, the doors that lead to them, and one call as it was read.

Source: performance.md sections 2, 4 and 7.
"""

from typing import Final, Protocol, final

from ain_scp.dialplan.plans import Plan
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable, FlatTable, MixedTable
from ain_scp.scp.fast.called import CalledNumbers
from ain_scp.scp.fast.classes import CalledClasses
from ain_scp.scp.fast.shapes import Shape
from ain_scp.scp.fast.template import Lines, Template
from ain_scp.terms.decision import Translation

PLAIN: Final = -2
CROOKED: Final = -3
TEN: Final = 10

Key = tuple[int, str, int, int, int, bool, str, int, int, int]
"""Caller class, access code, bearer, nature, length, on-net, called class, special code, class of called, chance."""


@final
class Kind:
    """One kind of call: its answers by where the query came from, and its SMDR lines (None = not sampled)."""

    __slots__ = ("lines", "templates")

    def __init__(self, lines: Lines | None) -> None:
        self.lines = lines
        self.templates: dict[bytes, Template] = {}


@final
class Door:
    """What one class of callers reaches by one access code: the quickest way, for calls to ten-digit numbers.

    `heads`: first six digits -> class of a number that stands nowhere, PLAIN when that is not known yet, or CROOKED when
    ten such digits are not simply the number called. `exact`: for whatever else was dialed lately, the kind and the number
    called, by digits and bearer: they are the same for the whole class of callers.
    """

    __slots__ = ("by_row", "exact", "heads", "kinds", "mdp", "mdp_cells", "numbers", "numbers_cells", "rows")

    def __init__(
        self, called: CalledNumbers, customer: Customer, heads: dict[str, int], *, by_mdp: bool
    ) -> None:
        self.mdp: ExactTable | None = customer.mdp if by_mdp else None
        self.mdp_cells = cells_of(customer.mdp, 7) if by_mdp else None
        self.by_row = called.by_row
        self.rows = len(called.by_row)
        self.numbers = called.numbers
        self.numbers_cells = cells_of(called.numbers, TEN)
        self.heads = heads
        self.kinds: dict[int, Kind] = {}
        self.exact: dict[tuple[str, int], tuple[Kind, str]] = {}


@final
class CustomerPath:
    """What the short way keeps of one customer: plans by access code as the service chose them, and called classes."""

    __slots__ = ("called", "classes", "customer", "heads", "plans")

    def __init__(self, snapshot: Snapshot, customer: Customer) -> None:
        self.customer = customer
        self.classes = CalledClasses(snapshot, customer)
        self.called = CalledNumbers(snapshot, customer, self.classes)
        self.plans: dict[str, Plan | None] = {}
        self.heads: dict[str, dict[str, int]] = {}


@final
class Forms:
    """One copy of each answer and of each set of lines, for all kinds that have the same: fewer octets to keep in the cache."""

    __slots__ = ("_lines", "_most", "_templates")

    def __init__(self, most: int) -> None:
        self._most = most
        self._templates: dict[tuple[tuple[bytes, ...], int, int], Template] = {}
        self._lines: dict[tuple[tuple[str, ...], int], Lines] = {}

    def template(self, template: Template) -> Template:
        """The copy of an answer to use."""
        if len(self._templates) >= self._most:
            self._templates.clear()
        key = (tuple(template.parts[::2]), template.calling_part, template.called_part)
        return self._templates.setdefault(key, template)

    def lines(self, lines: Lines | None) -> Lines | None:
        """The copy of some lines to use."""
        if lines is None:
            return None
        if len(self._lines) >= self._most:
            self._lines.clear()
        return self._lines.setdefault((tuple(lines.parts[::2]), lines.called_part), lines)


@final
class Call:
    """What was read off one message: its kind's key, the digits of its holes, and how they were translated."""

    __slots__ = ("called", "calling", "dialed", "key", "timed", "translation")

    def __init__(
        self, key: Key, calling: str, dialed: str, called: str, timed: bool, translation: Translation | None
    ) -> None:
        self.key = key
        self.calling = calling
        self.dialed = dialed
        self.called = called
        self.timed = timed
        self.translation = translation


class CorePart(Protocol):
    """What the innermost part can do (`ain_scp.scp.fast.core`, when it is compiled)."""

    echo: int
    answered: int

    def prepare(self, numbers: ExactTable, mdp: ExactTable, by_row: memoryview) -> None:
        """Make the tables of a customer ready."""

    def begin(self, now: int, echo: int) -> None:
        """Begin a batch."""

    def run(self, datagrams: list[bytes], start: int, answers: list[bytes | None]) -> int:
        """Answer messages from `start` on while they are plain calls; how many."""

    def take_lines(self) -> str:
        """Return and forget the SMDR lines written."""

    def learn(
        self, index: int, access: str, tables: "Door", key: int, shape: Shape, size: int, kind: "Kind"
    ) -> None:
        """Take what was learned of a class of numbers, if it is of the usual form."""

    def learn_exact(
        self, index: int, access: str, tables: "Door", called: str, shape: Shape, octets: bytes, kind: "Kind"
    ) -> None:
        """Take what was learned of one number dialed, if it is of the usual form."""


def cells_of(table: ExactTable, width: int) -> memoryview | None:
    """The cells of a table for numbers of this many digits, if it is flat with nodes of four digits; else None."""
    if isinstance(table, MixedTable):
        part = table.part_of[width]
        return cells_of(table.parts[part], width) if part >= 0 else None
    if isinstance(table, FlatTable) and (table.width, table.stride) == (width, 4):
        return table.cells
    return None
