"""The innermost part of the short way in the style that compiles best: native integers, octets read in place, no objects.

Compiled it answers the plain calls in a fraction of the time of `path`; interpreted it would be slower than `path`, so it is
used only when it is an extension. It knows less: callers whose rules ask neither time nor chance, access codes of one digit,
tables it can read, answers and SMDR lines of the usual form. For anything else it answers nothing, and `path` takes the
message. It learns nothing itself: `path` hands it what it knows (`core_known`).

The messages of a batch go through the tables together, step by step: a step is a short loop, in which the processor waits for
the memory of several messages at once instead of for one after the other.

Source: performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from typing import Final, final

from librt.strings import BytesWriter, read_i32_le
from librt.vecs import vec
from mypy_extensions import i64

from ain_scp.provisioning.services import LnpTables
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.classes.numbered import CLASS_SHIFT, CODE_MASK
from ain_scp.scp.fast.backs import MAX_BACKS, Back
from ain_scp.scp.fast.core_answer import write_note
from ain_scp.scp.fast.core_known import CALLING_OCTETS, LARGEST, MOST_DIGITS, CoreKnown, exact_key
from ain_scp.scp.fast.core_services import CoreServices
from ain_scp.scp.fast.core_tables import (
    CoreBack,
    CoreDoor,
    CoreShape,
    CoreTable,
    core_table,
    number_of,
    same,
)
from ain_scp.scp.fast.int_map import NOTHING, IntMap, cells
from ain_scp.scp.fast.native_recent import NativeRecent
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.services import ServicesPart
from ain_scp.scp.fast.tollfree import TollFreeEndings

REPLY_SHIFT: Final = 24
TOGETHER: Final = 64
MS_NS: Final = 1_000_000
_TEN: Final = 10_000_000_000


@final
class Core:
    """The innermost part over one snapshot. `echo` is the last echo number used, `answered` since `begin`."""

    def __init__(
        self, callers: CoreTable, classes: int, node_id: int, recent: NativeRecent, backs: dict[bytes, Back]
    ) -> None:
        self._callers = callers
        self._recent = recent
        self._back_of = IntMap()
        self._backs: list[CoreBack] = []
        self._known_backs = backs
        self.known = known = CoreKnown(classes)
        self._shapes = known.shapes
        self._doors = known.doors
        self._named = known.named
        self._notes = known.notes
        self._answers = known.answers
        self._base: i64 = node_id << 40
        self._answer = BytesWriter()
        self._lines = BytesWriter()
        self._time = b""
        self._ms: i64 = -1
        self._now: i64 = 0
        self._from: i64 = 0
        self._until: i64 = 0
        self._shape_of: list[CoreShape | None] = [None] * TOGETHER
        self._door_of: list[CoreDoor | None] = [None] * TOGETHER
        self._way_of: list[CoreBack | None] = [None] * TOGETHER
        self._index: vec[i64] = cells(TOGETHER, -1)
        self._dialed: vec[i64] = cells(TOGETHER, -1)
        self._called: vec[i64] = cells(TOGETHER, -1)
        self._class: vec[i64] = cells(TOGETHER, -1)
        self._key: vec[i64] = cells(TOGETHER, -1)
        self._asked: vec[i64] = cells(TOGETHER, -1)
        self.echo: int = 0
        self.answered: int = 0
        self.noted: int = 0

    def belong(self, recent: Memory, backs: dict[bytes, Back]) -> None:
        """Use another memory and other ways back from now on."""
        if isinstance(recent, NativeRecent):
            self._recent = recent
        self._known_backs = backs
        self._back_of = IntMap()
        self._backs.clear()

    def begin(self, now: int, echo: int, calendar: int) -> None:
        """Begin a batch; `calendar` is what is added to `now` for local time."""
        self._now = now
        ms: i64 = (now + calendar) // MS_NS
        if ms != self._ms:
            self._ms = ms
            self._time = str(int(ms)).encode()
        self.echo = echo
        self.answered = self.noted = 0
        self._from = self._until = 0

    def take_lines(self) -> str:
        """Return and forget the SMDR lines written, without a line end at the end; empty when there are none."""
        if not len(self._lines):
            return ""
        text = self._lines.getvalue()
        self._lines.truncate(0)
        return text[:-1].decode()

    def run(self, datagrams: list[bytes], start: int, answers: list[bytes | None]) -> int:
        """Answer messages from `start` on while they are plain calls; how many."""
        at: i64 = start
        end: i64 = len(datagrams)
        while at < end:
            if at >= self._until or at < self._from:
                self._look_up(datagrams, at)
            answer = self._answered(datagrams[at], at - self._from)
            if answer is None:
                if not self._note(datagrams[at]):
                    break
                answer = b""
            answers.append(answer)
            at += 1
        return int(at) - start

    # Step by step

    def _look_up(self, datagrams: list[bytes], start: i64) -> None:
        """Find class of caller, what was dialed and class of called for the messages from `start` on."""
        count: i64 = len(datagrams) - start
        count = min(count, TOGETHER)
        self._from, self._until = start, start + count
        self._read_callers(datagrams, start, count)
        self._find_callers(count)
        self._read_dialed(datagrams, start, count)
        self._find_called(count)
        self._find_recent(datagrams, start, count)

    def _read_callers(self, datagrams: list[bytes], start: i64, count: i64) -> None:
        at: i64 = 0
        while at < count:
            octets = datagrams[start + at]
            size: i64 = len(octets)
            self._index[at] = NOTHING
            if size < LARGEST:
                for shape in self._shapes[size]:
                    if same(octets, shape.mask, shape.want, size):
                        self._shape_of[at] = shape
                        self._index[at] = number_of(octets, shape.calling_at, 10)
                        break
            at += 1

    def _find_callers(self, count: i64) -> None:
        callers, index = self._callers, self._index
        at: i64 = 0
        while at < count:
            calling = index[at]
            if calling >= 0:
                index[at] = callers.find(calling)
            at += 1

    def _read_dialed(self, datagrams: list[bytes], start: i64, count: i64) -> None:
        """The digits dialed as a number, and the door they are dialed at."""
        at: i64 = 0
        while at < count:
            index, shape = self._index[at], self._shape_of[at]
            self._dialed[at] = NOTHING
            if index >= 0 and shape is not None:
                octets = datagrams[start + at]
                access: i64 = octets[shape.access_at]
                place = index * 16 + (access & 15)
                if shape.named:
                    place = self._named.get(
                        number_of(octets, shape.access_at, shape.named_digits) << 24 | index
                    )
                door = self._doors[place] if place >= 0 else None
                if door is not None:
                    self._door_of[at] = door
                    if shape.dialed_digits <= MOST_DIGITS:
                        self._dialed[at] = number_of(octets, shape.dialed_at, shape.dialed_digits)
            at += 1

    def _find_called(self, count: i64) -> None:
        """The number called, which is the one dialed if no table leads to another, and its class."""
        dialed, called, classes = self._dialed, self._called, self._class
        at: i64 = 0
        while at < count:
            number = dialed[at]
            classes[at] = NOTHING
            door, shape = self._door_of[at], self._shape_of[at]
            if number >= 0 and door is not None and shape is not None:
                digits = shape.dialed_digits
                packed: i64 = NOTHING
                if not shape.plain:
                    pass
                elif digits == 10 and number // 1000000000 != 1:
                    if door.by_mdp:
                        packed = door.mdp10.find(number)
                    if packed == NOTHING:
                        listed = door.numbers.find(number)
                        plain = door.plain(number // 10000, listed >= 0)
                        if plain != NOTHING:
                            classes[at] = plain if listed < 0 else listed
                elif digits == 7 and door.by_mdp and number // 1000000 != 1:
                    packed = door.mdp7.find(number)
                called[at] = number
                if packed >= 0:
                    classes[at] = packed >> CLASS_SHIFT
                    called[at] = (packed & CODE_MASK) - _TEN
            at += 1

    def _find_recent(self, datagrams: list[bytes], start: i64, count: i64) -> None:
        """Whether a query came before; the batch itself may ask twice, so this is only the memory's part of the answer."""
        recent = self._recent
        at: i64 = 0
        while at < count:
            shape = self._shape_of[at]
            self._asked[at] = NOTHING
            if self._dialed[at] >= 0 and shape is not None:
                octets = datagrams[start + at]
                transaction: i64 = i64(read_i32_le(octets, shape.transaction_at))
                opc: i64 = i64(read_i32_le(octets, shape.opc_at)) & 0xFFFFFFFF
                key = transaction * 4294967296 + opc
                self._key[at] = key
                self._way_of[at] = self._back(octets, shape.opc_at, shape.from_at)
                self._asked[at] = recent.number_of(key)
            at += 1

    def _back(self, octets: bytes, opc_at: i64, at: i64) -> CoreBack | None:
        """The way back; None when the rest of the calling address is another than that of the first known of these point codes."""
        opc: i64 = i64(read_i32_le(octets, opc_at)) >> 8 & 0xFFFFFF
        caller: i64 = i64(read_i32_le(octets, at + 1)) >> 8 & 0xFFFFFF
        key = opc << 24 | caller
        place = self._back_of.get(key)
        if place < 0:
            calling = octets[at : at + CALLING_OCTETS]
            known = self._known_backs.get(octets[opc_at : opc_at + 4] + calling)
            if known is None or len(self._backs) >= MAX_BACKS:
                return None
            place = len(self._backs)
            self._backs.append(CoreBack(known, calling))
            self._back_of.put(key, place)
        back = self._backs[place]
        return back if back.is_for(octets, at) else None

    def _note(self, octets: bytes) -> bool:
        """Whether a message is a notification of a known kind; then its line is written."""
        size: i64 = len(octets)
        if size >= LARGEST:
            return False
        for note in self._notes[size]:
            if same(octets, note.mask, note.want, size):
                tenths = note.tenths(octets)
                strange = tenths < 0 and note.connect_at > 0
                if strange or self._back(octets, note.opc_at, note.from_at) is None:
                    return False
                write_note(self._lines, note, octets, self._ms, self._time, tenths)
                self.noted += 1
                return True
        return False

    # One message

    def _answered(self, octets: bytes, at: i64) -> bytes | None:
        """The answer to one message, or None when this is no plain call."""
        dialed = self._dialed[at]
        shape, door, back = self._shape_of[at], self._door_of[at], self._way_of[at]
        if dialed < 0 or shape is None or door is None or back is None:
            return None
        called, called_class = self._called[at], self._class[at]
        place: i64 = NOTHING
        reply = shape.key | back.key
        if called_class >= 0:
            place = door.answers.get(called_class << REPLY_SHIFT | reply)
        if place < 0:
            single = door.exact if shape.plain else door.abroad
            called_class = single.get(exact_key(dialed, shape.dialed_digits, shape.bearer))
            if called_class < 0:
                return None
            place = door.answers.get(called_class << REPLY_SHIFT | reply)
            if place < 0:
                return None
        recent, asked = self._recent, self._key[at]
        if self._asked[at] != 0 or recent.number_of(asked) != 0:
            return None
        answer = self._answers[place]
        echo: i64 = 0
        if answer.sampled:
            self.echo += 1
            echo = self._base + self.echo
            answer.write_lines(self._lines, octets, shape.calling_at, called, echo, self._time)
        self.answered += 1
        answer.tally.count += 1
        made = answer.fill(self._answer, octets, shape, back, called, echo)
        fingerprint = recent.print_of(octets, shape.package_at, shape.package_end)
        recent.keep_octets(asked, self._now, fingerprint, made)
        return made


def make_memory(t1_ns: int, capacity: int) -> NativeRecent:
    """The memory of what was answered lately, as this part reads it."""
    return NativeRecent(t1_ns, capacity)


def make_core(
    callers: ExactTable, classes: int, node_id: int, recent: Memory, backs: dict[bytes, Back], /
) -> Core | None:
    """The innermost part for a snapshot's callers; None when their table, or this memory, cannot be read here."""
    table = core_table(callers, 10)
    if table is None or not isinstance(recent, NativeRecent):
        return None
    return Core(table, classes, node_id, recent, backs)


def make_services(lnp: LnpTables | None, toll_free: TollFreeEndings | None, /) -> ServicesPart:
    """The part for the services beside the dialing plan's."""
    return CoreServices(lnp, toll_free)
