"""What the short way keeps: kinds of call, the doors that lead to them, and one call as it was read.

A kind is the calls of a class of callers, by one access code, to a class of called numbers of one length, with one bearer: what
comes of them was judged for the pair of classes, and their answers differ in digits only.

Source: performance.md sections 2, 4 and 7.
"""

from typing import Final, NamedTuple, Protocol, final

from ain_scp.dialplan.plans import Plan
from ain_scp.dialplan.public import true_number
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable, FlatTable, MixedTable
from ain_scp.scp.classes.called import CalledClasses
from ain_scp.scp.classes.numbered import CalledNumbers
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.notes import Note
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.shapes import Shape
from ain_scp.scp.fast.tally import Tally
from ain_scp.scp.fast.template import Lines, Template
from ain_scp.scp.service_logic.judge import Judged
from ain_scp.scp.service_logic.response import CARRIER_NUMBER, called_nature
from ain_scp.terms.decision import Translation
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL

PLAIN: Final = -2
CROOKED: Final = -3
TEN: Final = 10
NO_CALLED: Final = 0
"""Instead of a class and a length: no plan for the access code, or no meaning of the digits in it."""

CLASS_BITS: Final = 13
"""Where the class stands in the key of a kind."""


def kind_key(called_class: int, called: str, bearer: int) -> int:
    """The key of a kind at a door: class, number of digits and form of the called number, and bearer."""
    carrier = called_nature(called, None) == CARRIER_NUMBER
    return ((called_class + 1) << 5 | carrier << 4 | len(called)) << 8 | bearer


@final
class Kind:
    """One kind of call: its answers by `Back.key` and number of component IDs, and its SMDR lines (None = not sampled).

    Where rules ask for the moment, `judged` says what they ask, and `ways` holds a kind for each outcome that was met.
    `tally` counts its calls with those that come to the same.
    """

    __slots__ = ("judged", "lines", "tally", "templates", "ways")

    def __init__(self, lines: Lines | None, judged: Judged | None, tally: Tally) -> None:
        self.lines = lines
        self.tally = tally
        self.judged = judged
        self.templates: dict[int, Template] = {}
        self.ways: dict[int, Kind] = {}


@final
class Door:
    """What one class of callers reaches by one access code, by the host of one ASF-RTL number, or by overflow.

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
class NamedPlan:
    """Stands for a plan where the message names the number itself, as hosts do: no digit string has another meaning."""

    name: Final = "NAMED"
    step: Final = ""

    def translate(
        self, _snapshot: Snapshot, _customer: Customer, _calling: str, dialed: str, _trace: Trace | None
    ) -> Translation | None:
        """The number, a national one or one with its nature before it, as `4:` and digits."""
        nature, colon, digits = dialed.partition(":")
        return true_number(digits, int(nature)) if colon else true_number(dialed, NON_NATIONAL)


@final
class CustomerPath:
    """What the short way keeps of one customer: the classes of called numbers, and beginnings by plan."""

    __slots__ = ("called", "classes", "customer", "heads")

    def __init__(self, customer: Customer, classes: CalledClasses) -> None:
        self.customer = customer
        self.classes = classes
        self.called = CalledNumbers(customer, classes)
        self.heads: dict[str, dict[str, int]] = {}


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


class CoreLearning(Protocol):
    """What the innermost part can be taught (`ain_scp.scp.fast.core_known`, when it is compiled)."""

    def prepare(self, numbers: ExactTable, mdp: ExactTable, by_row: memoryview) -> None:
        """Make the tables of a customer ready."""

    def learn_note(self, note: Note, size: int) -> None:
        """Take a kind of notification."""

    def learn(
        self,
        index: int,
        access: str,
        tables: "Door",
        key: int,
        shape: Shape,
        size: int,
        kind: "Kind",
        reply: int,
    ) -> None:
        """Take what was learned of a class of numbers, if it is of the usual form."""

    def learn_exact(
        self,
        index: int,
        access: str,
        tables: "Door",
        called: str,
        shape: Shape,
        octets: bytes,
        kind: "Kind",
        reply: int,
    ) -> None:
        """Take what was learned of one number dialed, if it is of the usual form."""


class CorePart(Protocol):
    """What the innermost part can do (`ain_scp.scp.fast.core`, when it is compiled)."""

    echo: int
    answered: int
    noted: int

    @property
    def known(self) -> CoreLearning:
        """What it knows, and can be taught."""

    def belong(self, recent: Memory, backs: dict[bytes, Back]) -> None:
        """Use another memory and other ways back from now on."""

    def begin(self, now: int, echo: int, calendar: int) -> None:
        """Begin a batch; `calendar` is what is added to `now` for local time."""

    def run(self, datagrams: list[bytes], start: int, answers: list[bytes | None]) -> int:
        """Answer messages from `start` on while they are plain calls; how many."""

    def take_lines(self) -> str:
        """Return and forget the SMDR lines written."""


def cells_of(table: ExactTable, width: int) -> memoryview | None:
    """The cells of a table for numbers of this many digits, if it is flat with nodes of four digits; else None."""
    if isinstance(table, MixedTable):
        part = table.part_of[width]
        return cells_of(table.parts[part], width) if part >= 0 else None
    if isinstance(table, FlatTable) and (table.width, table.stride) == (width, 4):
        return table.cells
    return None
