"""What the innermost part knows: shapes, doors, answers and notifications, in the forms that it reads. `path` hands them over.

Limits: LARGEST octets of a message, MOST_SHAPES shapes of one length, MOST_ANSWERS answers, MOST_EXACT single numbers at a door.

Source: performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from typing import Final, final

from mypy_extensions import i64

from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.fast.core_answer import CoreAnswer, is_usual
from ain_scp.scp.fast.core_tables import (
    CoreDoor,
    CoreNote,
    CoreShape,
    CoreTable,
    core_table,
    number_of,
)
from ain_scp.scp.fast.int_map import IntMap
from ain_scp.scp.fast.kinds import Door, Kind
from ain_scp.scp.fast.notes import Note
from ain_scp.scp.fast.shapes import BY_DIALING, Shape
from ain_scp.scp.fast.tally import Tally
from ain_scp.scp.fast.template import Lines, Template
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

LARGEST: Final = 512
MOST_SHAPES: Final = 16
CALLING_OCTETS: Final = 5
"""Of the calling address of a switch: indicator, SSN, point code."""
MOST_ANSWERS: Final = 1 << 16
MOST_EXACT: Final = 1024
MOST_DIGITS: Final = 15
BEARER_SHIFT: Final = 8
EXACT: Final = 1 << 30
"""Classes from here on are those of single numbers."""


@final
class CoreKnown:
    """What is known over one snapshot of callers of so many classes."""

    def __init__(self, classes: int) -> None:
        self.shapes: list[list[CoreShape]] = [[] for _ in range(LARGEST)]
        """By length of the message."""
        self.doors: list[CoreDoor | None] = [None] * (classes * 16)
        """By class of callers and access code; then those that `named` knows."""
        self.named = IntMap()
        """Places in `doors` by ASF-RTL number (0 for overflow) and class of callers."""
        self.notes: list[list[CoreNote]] = [[] for _ in range(LARGEST)]
        """By length of the message."""
        self.answers: list[CoreAnswer] = []
        self._tables: dict[tuple[int, int], CoreTable] = {}
        self._made: dict[tuple[int, int, str | None, int], int] = {}
        self._kept: list[tuple[Template, Lines | None]] = []
        self._exact = 0

    def prepare(self, numbers: ExactTable, mdp: ExactTable, by_row: memoryview) -> None:
        """Copy the tables of a customer before the first query comes, which would wait for it."""
        self._table(numbers, 10)
        self._table(mdp, 7, by_row)
        self._table(mdp, 10, by_row)

    def learn(
        self, index: int, access: str, tables: Door, key: int, shape: Shape, size: int, kind: Kind, reply: int
    ) -> None:
        """Take what was learned of a class of numbers, if it is of the usual form. `key`: class and bearer; `reply`: of its answer."""
        template, door = kind.templates.get(reply), self._door(index, access, tables, shape)
        if template is not None and door is not None and shape.dialed_digits in {7, 10}:
            self._learn_answer(door, key << 16 | reply, shape, size, template, kind.lines, None, kind.tally)

    def learn_exact(
        self,
        index: int,
        access: str,
        tables: Door,
        called: str,
        shape: Shape,
        octets: bytes,
        kind: Kind,
        reply: int,
    ) -> None:
        """Take what was learned of one number dialed: it leads to `called` for every caller of the class."""
        template, door = kind.templates.get(reply), self._door(index, access, tables, shape)
        if (
            template is None
            or door is None
            or not (shape.plain or shape.nature == NON_INTERNATIONAL)
            or shape.dialed_digits > MOST_DIGITS
            or called.strip("0123456789")
        ):
            return
        dialed = number_of(octets, shape.dialed_from // 2, shape.dialed_digits)
        if dialed < 0:
            return
        key = exact_key(dialed, shape.dialed_digits, shape.bearer)
        single = door.exact if shape.plain else door.abroad
        known: int = single.get(key)
        new = known < 0
        if new:
            known = EXACT + self._exact
        kind_key = (known << BEARER_SHIFT | shape.bearer) << 16 | reply
        if new and len(single) >= MOST_EXACT:
            return
        if (
            self._learn_answer(door, kind_key, shape, len(octets), template, kind.lines, called, kind.tally)
            and new
        ):
            self._exact += 1
            single.put(key, known)

    def learn_note(self, note: Note, size: int) -> None:
        """Take a kind of notification."""
        known = self.notes[size] if 8 <= size < LARGEST else []
        if note.from_end - note.from_at == CALLING_OCTETS and len(known) < MOST_SHAPES:
            made = CoreNote(note, size)
            if all(one.want != made.want or one.mask != made.mask for one in known):
                known.append(made)

    def _door(self, index: int, access: str, tables: Door, shape: Shape) -> CoreDoor | None:
        if shape.who != BY_DIALING:
            key: i64 = int(access or "0") << 24 | index
            place: int = self.named.get(key)
            if place < 0:
                place = len(self.doors)
                self.named.put(key, place)
                self.doors.append(None)
        elif len(access) != 1 or not access.isdigit():
            return None
        else:
            place = index * 16 + int(access)
        door = self.doors[place]
        if door is None:
            numbers = self._table(tables.numbers, 10)
            mdp7 = numbers if tables.mdp is None else self._table(tables.mdp, 7, tables.by_row)
            mdp10 = numbers if tables.mdp is None else self._table(tables.mdp, 10, tables.by_row)
            if numbers is None or mdp7 is None or mdp10 is None:
                return None
            door = self.doors[place] = CoreDoor(tables, mdp7, mdp10, numbers)
        return door

    def _learn_answer(
        self,
        door: CoreDoor,
        key: int,
        shape: Shape,
        size: int,
        template: Template,
        lines: Lines | None,
        called: str | None,
        tally: Tally,
    ) -> bool:
        if not is_usual(template, lines):
            return False
        both = (id(template), id(lines), called, id(tally))  # the path keeps one of each
        place = self._made.get(both, len(self.answers))
        if place >= MOST_ANSWERS or not self._learn_shape(shape, size):
            return False
        if place == len(self.answers):
            self._made[both] = place
            self.answers.append(CoreAnswer(template, lines, called, tally))
            self._kept.append((template, lines))
        if len(door.answers) >= MOST_ANSWERS:
            door.answers.clear()
        door.answers.put(key, place)
        return True

    def _table(self, table: ExactTable, width: int, values: memoryview | None = None) -> CoreTable | None:
        """The form of a table that is read here, one copy however many doors share it."""
        known = self._tables.get((id(table), width))
        if known is None:
            made = core_table(table, width, values)
            if made is None:
                return None
            known = self._tables[id(table), width] = made
        return known

    def _learn_shape(self, shape: Shape, size: int) -> bool:
        usual = 8 <= size < LARGEST and shape.ids == 1 and shape.from_end - shape.from_at == CALLING_OCTETS
        if not usual or (shape.who == BY_DIALING and shape.access_end - shape.access_from != 1):
            return False
        known = self.shapes[size]
        want = shape.want.to_bytes(size, "big")
        if all(one.want != want for one in known):
            if len(known) >= MOST_SHAPES:
                return False
            known.append(CoreShape(shape, size))
        return True


def exact_key(dialed: i64, digits: i64, bearer: i64) -> i64:
    """Digits dialed, leading zeros included, and the bearer."""
    return (dialed << 4 | digits) << BEARER_SHIFT | bearer
