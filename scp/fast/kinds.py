"""What the short way keeps: kinds of call, the doors that lead to them, and one call as it was read.

A kind is the calls of a class of callers, by one access code, to a class of called numbers of one length, with one bearer: what
comes of them was judged for the pair of classes, and their answers differ in digits only.

Source: performance.md sections 2, 4 and 7.
"""

from typing import Final, NamedTuple, Protocol, final

from ain_scp.dialplan.plans import Plan
from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.lookup import ExactTable, FlatTable, MixedTable
from ain_scp.scp.classes.called import CalledClasses
from ain_scp.scp.classes.numbered import CalledNumbers
from ain_scp.scp.fast.shapes import Shape
from ain_scp.scp.fast.template import Lines, Template
from ain_scp.scp.service_logic.judge import Judged

PLAIN: Final = -2
CROOKED: Final = -3
TEN: Final = 10
NO_CALLED: Final = 0
"""Instead of a class and a length: no plan for the access code, or no meaning of the digits in it."""


def kind_key(called_class: int, length: int, bearer: int) -> int:
    """The key of a kind at a door: class and number of digits of the called number, and bearer."""
    return ((called_class + 1) << 5 | length) << 8 | bearer


@final
class Kind:
    """One kind of call: its answers by where the query came from, and its SMDR lines (None = not sampled).

    Where rules ask for the moment, `judged` says what they ask, and `ways` holds a kind for each outcome that was met.
    """

    __slots__ = ("judged", "lines", "templates", "ways")

    def __init__(self, lines: Lines | None, judged: Judged | None) -> None:
        self.lines = lines
        self.judged = judged
        self.templates: dict[bytes, Template] = {}
        self.ways: dict[int, Kind] = {}


@final
class Door:
    """What one class of callers reaches by one access code.

    `heads`: first six digits -> class of a number that stands nowhere, PLAIN when that is not known yet, or CROOKED when
    ten such digits are not simply the number called. `exact`: for whatever else was dialed lately, the kind and the number
    called, by digits and bearer: they are the same for the whole class of callers.
    """

    __slots__ = (
        "by_row", "exact", "heads", "index", "kinds", "mdp", "mdp_cells", "numbers", "numbers_cells", "path", "plan", "rows",
    )  # fmt: skip

    def __init__(self, index: int, path: "CustomerPath", plan: Plan | None) -> None:
        by_mdp = plan is not None and plan.name == "MDP"
        self.index = index
        self.path = path
        self.plan = plan
        self.mdp: ExactTable | None = path.customer.mdp if by_mdp else None
        self.mdp_cells = cells_of(path.customer.mdp, 7) if by_mdp else None
        self.by_row = path.called.by_row
        self.rows = len(path.called.by_row)
        self.numbers = path.called.numbers
        self.numbers_cells = cells_of(path.called.numbers, TEN)
        self.heads = path.heads.setdefault("" if plan is None else plan.name, {})
        self.kinds: dict[int, Kind] = {}
        self.exact: dict[tuple[str, int], tuple[Kind, str]] = {}


@final
class CustomerPath:
    """What the short way keeps of one customer: the classes of called numbers, and beginnings by plan."""

    __slots__ = ("called", "classes", "customer", "heads")

    def __init__(self, customer: Customer, classes: CalledClasses) -> None:
        self.customer = customer
        self.classes = classes
        self.called = CalledNumbers(customer, classes)
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


class Call(NamedTuple):
    """What was read off one message: the door, its kind's key there, and the digits dialed and called.

    `called_class` -1: there is no called number. `crooked`: the digits dialed are not simply a national number called.
    """

    door: Door
    access: str
    key: int
    dialed: str
    called: str
    called_class: int
    crooked: bool


class CorePart(Protocol):
    """What the innermost part can do (`ain_scp.scp.fast.core`, when it is compiled)."""

    echo: int
    answered: int

    def prepare(self, numbers: ExactTable, mdp: ExactTable, by_row: memoryview) -> None:
        """Make the tables of a customer ready."""

    def begin(self, now: int, echo: int, calendar: int) -> None:
        """Begin a batch; `calendar` is what is added to `now` for local time."""

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
