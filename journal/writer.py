"""The journal: records appended, made durable in groups, acknowledged only then.

```
append(payload) -> sequence number        memory only
commit(now)     -> last durable number    one write, one fsync; rotation by size and by age
```
`commit` is `write(take())`: a server that must not wait takes the group on its loop and writes it in a thread, while
`append` keeps taking records. One group is written at a time.

State              accepts records   left by
OPEN               yes               space below the low watermark -> LOW; a failed operation -> FAILED
LOW                yes, with alarm   space below the floor -> REFUSING; above the low watermark -> OPEN
REFUSING           no, DISK_LOW      space above the floor -> LOW or OPEN
FAILED             no, its cause     nothing: open the journal again
CLOSED             no, CLOSED        nothing

Time is passed in (milliseconds, any epoch that does not go back). Not bound to a thread.

Source: reliability.md section 5 (design rules 4-6), D1-D4; libraries.md section 6a.
"""

import zlib
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from ain_scp.journal.faults import JournalBusy, JournalFault, fault_of, sync_fault
from ain_scp.journal.head import write_head
from ain_scp.journal.limits import Group, Limits
from ain_scp.journal.positions import Positions
from ain_scp.journal.recovery import Recovery, SegmentInfo, recover, seal_of
from ain_scp.journal.segment import (
    HEADER_OCTETS,
    RECORD_OCTETS,
    Header,
    encode_group,
    encode_header,
    encode_trailer,
    name_of,
)
from ain_scp.journal.storage import Storage, StorageFile, write_whole

__all__ = ["Group", "Journal", "Limits", "State", "begin_file"]

State = Literal["OPEN", "LOW", "REFUSING", "FAILED", "CLOSED"]
IDENTITY_OCTETS: Final = 16


class Journal:
    """One writer of one directory; make it with `Journal.open`."""

    def __init__(
        self,
        storage: Storage,
        limits: Limits,
        recovery: Recovery,
        positions: Positions,
    ) -> None:
        self.storage = storage
        self.limits = limits
        self.recovery = recovery
        self.identity = recovery.identity
        self.durable = recovery.last
        self.segments: list[SegmentInfo] = list(recovery.segments)
        self.state: State = "OPEN"
        self.fault: JournalFault | None = None
        self.alarm: str = ""
        self.positions = positions
        self._head = recovery.head
        self._next = recovery.last + 1
        self._group_first = self._next
        self._pending: list[bytes] = []
        self._pending_octets = 0
        self._file: StorageFile | None = None
        self._active_first = self._next
        self._active_octets = 0
        self._active_checksum = 0
        self._active_created_ms = 0

    @classmethod
    def open(
        cls,
        storage: Storage,
        now_ms: int,
        limits: Limits | None = None,
        identity: bytes = bytes(IDENTITY_OCTETS),
    ) -> "Journal":
        """Recover the directory and begin a new segment; JournalFault when that cannot be done.

        `identity` (16 octets, chosen by the caller, best at random) names a new journal; an old one keeps its own.
        """
        if len(identity) != IDENTITY_OCTETS:
            raise ValueError(f"identity must have {IDENTITY_OCTETS} octets")
        journal: Journal | None = None
        locked = False
        try:
            storage.lock()
            locked = True
            recovery = recover(storage, identity, now_ms)
            positions = Positions(storage, recovery.last)
            journal = cls(storage, limits or Limits(), recovery, positions)
            journal._begin_segment(now_ms)
            journal.check_space()
        except (OSError, JournalFault) as error:
            if journal is not None:
                journal.abandon()
            elif locked:
                storage.unlock()
            if isinstance(error, OSError):
                raise fault_of(error, "opening the journal") from error
            raise
        return journal

    @property
    def pending(self) -> int:
        """Records appended and not yet taken for a commit."""
        return len(self._pending)

    @property
    def last(self) -> int:
        """The sequence number of the record accepted last, durable or not."""
        return self._next - 1

    def append(self, payload: bytes) -> int:
        """Accept one record into the next group and give it its sequence number; durable only after `commit`.

        JournalFault when the journal does not accept, JournalBusy when too much waits, ValueError for a record that
        is empty or too long.
        """
        if self.state not in ("OPEN", "LOW"):
            raise self._refusal()
        limits = self.limits
        length = len(payload)
        if not 0 < length <= limits.record_octets:
            raise ValueError(f"a record has 1..{limits.record_octets} octets, not {length}")
        octets = self._pending_octets + length + RECORD_OCTETS
        if octets > limits.pending_octets or len(self._pending) >= limits.pending_records:
            raise JournalBusy(f"{len(self._pending)} records wait for a commit")
        self._pending.append(payload)
        self._pending_octets = octets
        self._next += 1
        return self._next - 1

    def append_all(self, payloads: Sequence[bytes]) -> int:
        """Accept records, in order, as many as may wait; how many. JournalFault and ValueError as `append`, then none."""
        if self.state not in ("OPEN", "LOW"):
            raise self._refusal()
        limits = self.limits
        lengths = [len(payload) for payload in payloads]
        if lengths and not 0 < min(lengths) <= max(lengths) <= limits.record_octets:
            odd = next(one for one in lengths if not 0 < one <= limits.record_octets)
            raise ValueError(f"a record has 1..{limits.record_octets} octets, not {odd}")
        size, count = self._pending_octets + sum(lengths) + RECORD_OCTETS * len(lengths), len(lengths)
        while count and (size > limits.pending_octets or len(self._pending) + count > limits.pending_records):
            count -= 1
            size -= lengths[count] + RECORD_OCTETS
        self._pending += payloads[:count]
        self._pending_octets = size
        self._next += count
        return count

    def take(self) -> Group | None:
        """Close the current group for writing; None when nothing waits."""
        if not self._pending:
            return None
        octets = encode_group(self._pending, self._group_first)
        group = Group(first=self._group_first, last=self._next - 1, octets=octets)
        self._pending = []
        self._pending_octets = 0
        self._group_first = self._next
        return group

    def write(self, group: Group, now_ms: int) -> int:
        """Make a taken group durable and return the last durable sequence number: now it may be acknowledged.

        JournalFault when it could not be made durable; then nothing of this group is acknowledged and the journal is
        FAILED. A failed rotation after a good sync also leaves it FAILED, but the group stands.
        """
        if self.state in {"FAILED", "CLOSED"}:
            raise self._refusal()
        if group.first != self.durable + 1:
            raise ValueError(f"group {group.first} does not follow record {self.durable}")
        self._write_group(group)
        self.durable = group.last
        try:
            self.rotate_if_due(now_ms)
            self.check_space()
        except JournalFault:
            return self.durable
        return self.durable

    def commit(self, now_ms: int) -> int:
        """Make everything appended so far durable; return the last durable sequence number."""
        group = self.take()
        if group is not None:
            return self.write(group, now_ms)
        if self.state in {"FAILED", "CLOSED"}:
            raise self._refusal()
        return self.durable

    def rotate_if_due(self, now_ms: int) -> bool:
        """Seal the active segment when it is large or old enough and begin the next; an empty one only waits."""
        if self._active_octets == HEADER_OCTETS:
            self._active_created_ms = now_ms
            return False
        age = now_ms - self._active_created_ms
        if self._active_octets < self.limits.segment_octets and age < self.limits.segment_ms:
            return False
        self.rotate(now_ms)
        return True

    def rotate(self, now_ms: int) -> None:
        """Seal the active segment and begin the next."""
        if self._active_octets > HEADER_OCTETS:
            self._seal(now_ms)
            self._guarded(now_ms)

    def check_space(self) -> State:
        """Compare free space with the watermarks and set the state and the alarm text."""
        if self.state in {"FAILED", "CLOSED"}:
            return self.state
        try:
            free = self.storage.free_octets()
        except OSError as error:
            raise self._failed(fault_of(error, "asking for free space")) from error
        if free < self.limits.floor_octets:
            self.state = "REFUSING"
        else:
            self.state = "LOW" if free < self.limits.low_octets else "OPEN"
        self.alarm = "" if self.state == "OPEN" else f"{free} octets of disk space left"
        return self.state

    @property
    def reserved(self) -> int:
        """The number that `reserve` made durable last; 0 when it never did."""
        return self._head.reserved

    def reserve(self, number: int) -> None:
        """Keep a number durably beside the records, in the place of the one before: what may have been given away."""
        if self.state in {"FAILED", "CLOSED"}:
            raise self._refusal()
        try:
            self._set_head(reserved=number)
        except OSError as error:
            raise self._failed(fault_of(error, "reserving numbers")) from error

    def close(self, now_ms: int) -> None:
        """Commit, seal and release; after this every later change to the files is seen at open."""
        if self.state == "CLOSED":
            return
        try:
            if self.state != "FAILED":
                self.commit(now_ms)
                if self._active_octets > HEADER_OCTETS:
                    self._seal(now_ms)
                    self._sealed_for_good()
        finally:
            self._release()
            self.state = "CLOSED"

    def abandon(self) -> None:
        """Release the files without writing anything more: what a crash leaves, or the way out of FAILED."""
        self._release()
        self.state = "CLOSED"

    def retire(self, keep_after_ms: int) -> list[str]:
        """Remove sealed segments that every consumer has acknowledged and that were sealed before `keep_after_ms`.

        Without a consumer nothing is removed. The last sealed segment stays, so that numbering continues from it.
        """
        if self.state in {"FAILED", "CLOSED"}:
            raise self._refusal()
        removed: list[str] = []
        acknowledged = self.positions.lowest()
        while len(self.segments) > 1 and acknowledged is not None:
            oldest = self.segments[0]
            if oldest.last > acknowledged or oldest.sealed_ms >= keep_after_ms:
                break
            try:
                self._set_head(oldest=self.segments[1].first)
                self.storage.remove(oldest.name)
                self.storage.sync_directory()
            except OSError as error:
                raise self._failed(fault_of(error, f"removing {oldest.name}")) from error
            removed.append(self.segments.pop(0).name)
        return removed

    def acknowledge(self, consumer: str, sequence: int) -> None:
        """Record durably that `consumer` needs nothing up to and including `sequence` any more."""
        if self.state in {"FAILED", "CLOSED"}:
            raise self._refusal()
        try:
            self.positions.acknowledge(consumer, sequence, self.durable)
        except OSError as error:
            raise self._failed(fault_of(error, f"acknowledging for {consumer}")) from error

    def position(self, consumer: str) -> int:
        """Last sequence number `consumer` acknowledged; 0 when it never did."""
        return self.positions.of(consumer)

    def active_segment(self) -> tuple[str, int, int]:
        """Name, first sequence number and durable length in octets of the segment being written."""
        return name_of(self._active_first), self._active_first, self._active_octets

    def _write_group(self, group: Group) -> None:
        file = self._file
        if file is None:
            raise self._refusal()
        try:
            write_whole(file, group.octets)
        except OSError as error:
            raise self._failed(fault_of(error, "writing records")) from error
        try:
            file.sync()
        except OSError as error:
            raise self._failed(sync_fault(error, "syncing records")) from error
        self._active_octets += len(group.octets)
        self._active_checksum = zlib.crc32(group.octets, self._active_checksum)

    def _seal(self, now_ms: int) -> None:
        file = self._file
        if file is None:
            raise self._refusal()
        body = self._active_octets - HEADER_OCTETS
        trailer = seal_of(self._active_first, self.durable, body, self._active_checksum, now_ms)
        octets = encode_trailer(trailer)
        try:
            write_whole(file, octets)
        except OSError as error:
            raise self._failed(fault_of(error, "sealing a segment")) from error
        try:
            file.sync()
        except OSError as error:
            raise self._failed(sync_fault(error, "sealing a segment")) from error
        file.close()
        self._file = None
        size = self._active_octets + len(octets)
        name = name_of(self._active_first)
        self.segments.append(
            SegmentInfo(name=name, first=trailer.first, last=trailer.last, octets=size, sealed_ms=now_ms)
        )

    def _sealed_for_good(self) -> None:
        """Say in the head that no segment follows: what is sealed now is the last that a next start must find."""
        try:
            self._set_head(sealed=self.durable)
        except OSError as error:
            raise self._failed(fault_of(error, "sealing a segment")) from error

    def _set_head(self, **changes: int) -> None:
        head = msgspec.structs.replace(self._head, **changes)
        if head != self._head:
            write_head(self.storage, head)
            self._head = head

    def _guarded(self, now_ms: int) -> None:
        try:
            self._begin_segment(now_ms)
        except OSError as error:
            raise self._failed(fault_of(error, "beginning a segment")) from error

    def _begin_segment(self, now_ms: int) -> None:
        first = self.durable + 1
        name = name_of(first)
        header = encode_header(Header(identity=self.identity, first=first, created_ms=now_ms))
        self._file = begin_file(self.storage, name, header)
        oldest = self.segments[0].first if self.segments else first
        self._set_head(oldest=oldest, newest=first, sealed=self.durable)
        self._active_first = first
        self._active_octets = len(header)
        self._active_checksum = 0
        self._active_created_ms = now_ms

    def _failed(self, fault: JournalFault) -> JournalFault:
        self.state = "FAILED"
        self.fault = fault
        self.alarm = str(fault)
        return fault

    def _refusal(self) -> JournalFault:
        if self.fault is not None:
            return self.fault
        if self.state == "REFUSING":
            return JournalFault("DISK_LOW", self.alarm)
        return JournalFault("CLOSED", "the journal is closed")

    def _release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
        self.storage.unlock()


def begin_file(storage: Storage, name: str, header: bytes) -> StorageFile:
    """Create a segment so that its name never stands for less than a whole header; leave it open for appending."""
    draft = name + ".new"
    file = storage.create(draft)
    try:
        write_whole(file, header)
        file.sync()
        storage.rename(draft, name)
        storage.sync_directory()
    except OSError:
        file.close()
        raise
    return file
