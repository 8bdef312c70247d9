"""The front end server: reads transfer files, joins attempts and completions, keeps the SMDR records, passes them on.

The two halves of a call may come in any order, in different files, more than once. A repeated half changes nothing; a
half that contradicts the one already held is refused and counted, never taken in silence. A half alone waits; after
`wait_ms` it is put out as incomplete, and replaced when the other half comes after all. Each change of a record gets a
change number, by which the host asks for what it has not seen.

Source: A-247, A-248, A-249, A-255, A-256; AMB-65, AMB-66; [0191], [0192].
"""

from typing import Final, Protocol

import msgspec

from ain_scp.smdr.record import SmdrRecord, join
from ain_scp.smdr.sample import AttemptSample, CompletionSample, Sample
from ain_scp.smdr.transfer import ReceivedFile, decode_file

DEFAULT_WAIT_MS: Final = 24 * 3_600_000


class Change(msgspec.Struct, frozen=True):
    """A record as it is after change number `number`."""

    number: int
    record: SmdrRecord


class Outcome(msgspec.Struct, frozen=True):
    """What reading one file did; `missing` is how many earlier samples of that journal were not seen (yet)."""

    records: int = 0
    repeated: int = 0
    conflicts: int = 0
    repeated_file: bool = False
    missing: int = 0


class FrontEndStore(Protocol):
    """Where a front end keeps halves, records and what it has read; everything between begin and commit is one step."""

    def begin(self) -> None:
        """Begin a step."""

    def commit(self) -> None:
        """Make the step durable."""

    def rollback(self) -> None:
        """Undo the step."""

    def read_ranges(self, journal: str) -> list[tuple[int, int]]:
        """Which sequence numbers of a journal were read: first and last of each run, in order."""

    def set_read_ranges(self, journal: str, ranges: list[tuple[int, int]]) -> None:
        """Note it."""

    def halves(self, scp: str, identifier: str) -> tuple[AttemptSample | None, CompletionSample | None]:
        """The halves held of one call."""

    def put_half(self, sample: Sample) -> None:
        """Keep a half."""

    def put_record(self, record: SmdrRecord) -> None:
        """Keep a record under the next change number, replacing the one of the same call."""

    def waiting(self, before_ms: int) -> list[tuple[AttemptSample | None, CompletionSample | None]]:
        """Single halves from before a time for which no record is kept yet."""

    def purge(self, before_ms: int, imported: int) -> int:
        """Forget joined calls that ended before a time and whose change number the host has; return how many."""

    def changes(self, after: int, most: int) -> list[Change]:
        """Records changed after a change number, in order of change."""

    def record_count(self) -> int:
        """How many records are kept."""


class FrontEnd:
    """One front end over one store."""

    def __init__(self, store: FrontEndStore, wait_ms: int = DEFAULT_WAIT_MS) -> None:
        self._store = store
        self._wait_ms = wait_ms

    def receive(self, octets: bytes) -> Outcome:
        """Take one transfer file, whole or not at all; SampleError when it is damaged.

        After it returns the file is durable and may be accepted towards the sender.
        """
        file = decode_file(octets)
        store = self._store
        store.begin()
        try:
            outcome = self._take(file)
        except BaseException:
            store.rollback()
            raise
        store.commit()
        return outcome

    def settle(self, now_ms: int) -> int:
        """Put out halves that have waited too long as incomplete records; return how many."""
        store = self._store
        store.begin()
        try:
            halves = store.waiting(now_ms - self._wait_ms)
            for attempt, completion in halves:
                store.put_record(join(attempt, completion))
        except BaseException:
            store.rollback()
            raise
        store.commit()
        return len(halves)

    def purge(self, before_ms: int, imported: int) -> int:
        """Forget joined calls that ended before a time and that the host has imported; return how many.

        A half that comes again after that, in a file never read, would wait as if it were new: keep as many days as a
        sender keeps its files.
        """
        store = self._store
        store.begin()
        try:
            forgotten = store.purge(before_ms, imported)
        except BaseException:
            store.rollback()
            raise
        store.commit()
        return forgotten

    def changes(self, after: int, most: int = 1000) -> list[Change]:
        """What changed after a change number: what the host asks for."""
        return self._store.changes(after, most)

    def _take(self, file: ReceivedFile) -> Outcome:
        ranges = self._store.read_ranges(file.journal)
        if any(first <= file.first and file.last <= last for first, last in ranges):
            return Outcome(repeated=len(file.samples), repeated_file=True)
        records = repeated = conflicts = 0
        for sample in file.samples:
            verdict = self._sample(sample)
            records += verdict == "joined"
            repeated += verdict == "repeated"
            conflicts += verdict == "conflict"
        ranges = merged([*ranges, (file.first, file.last)])
        self._store.set_read_ranges(file.journal, ranges)
        missing = ranges[-1][1] - sum(last - first + 1 for first, last in ranges)
        return Outcome(records=records, repeated=repeated, conflicts=conflicts, missing=missing)

    def _sample(self, sample: Sample) -> str:
        """Take one half: "held", "joined", "repeated" or "conflict"."""
        attempt, completion = self._store.halves(sample.scp, sample.identifier)
        held = attempt if isinstance(sample, AttemptSample) else completion
        if held is not None:
            return "repeated" if held == sample else "conflict"
        self._store.put_half(sample)
        if isinstance(sample, AttemptSample):
            attempt = sample
        else:
            completion = sample
        if attempt is None or completion is None:
            return "held"
        self._store.put_record(join(attempt, completion))
        return "joined"


def merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs of numbers that touch or overlap."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result
