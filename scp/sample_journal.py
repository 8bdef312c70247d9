"""SMDR samples into a journal, as an ISCP or an LSCP writes them.

An ISCP's identifier is the echo data as twelve hexadecimal digits; an LSCP's is the notification ID, here the decimal
number of the same octets, so that both forms of one run number the same calls. A sample no file could hold is counted
and refused on entry, never written.

Source: A-240 to A-244, A-252; [0186], [0188]-[0194].
"""

from typing import Final, Literal

import msgspec

from ain_scp.journal.reader import JournalReader
from ain_scp.journal.writer import Journal
from ain_scp.smdr.sample import (
    AttemptSample,
    Sample,
    SampleError,
    all_usual,
    decode,
    encode,
    notification_identifier,
    problem,
)

ScpKind = Literal["iscp", "lscp"]
ECHO_BLOCK: Final = 1 << 22
"""Echo numbers reserved durably before the first of them is given to a call: a killed node continues after them, whether
their samples reached the disk or not. 40 bits of numbers are 262,144 such blocks; an orderly end gives the rest back."""
_COUNT_BITS: Final = 40
_TAIL: Final = 2_000


class SampleForm:
    """Turns samples into the octets of one kind of SCP; `refused` counts those that are none."""

    def __init__(self, kind: ScpKind = "iscp") -> None:
        self.kind = kind
        self.refused = 0
        self.problem = ""

    def octets(self, sample: Sample) -> bytes | None:
        """The line of a sample; None, counted, when it is not one that a transfer file may hold."""
        found = problem(sample)
        if found:
            self.refused += 1
            self.problem = found
            return None
        if self.kind == "lscp":
            number = notification_identifier(int(sample.identifier, 16))
            sample = msgspec.structs.replace(sample, identifier=number)
        return encode(sample)

    def lines(self, text: str) -> list[bytes]:
        """The lines of samples already written, without those that no transfer file may hold; as `octets`."""
        octets = text.encode().split(b"\n")
        if self.kind == "iscp" and all_usual(text):
            return octets
        return [good for one in octets if (good := self._checked(one)) is not None]

    def _checked(self, line: bytes) -> bytes | None:
        try:
            sample = decode(line)
        except SampleError as fault:
            self.refused += 1
            self.problem = fault.reason
            return None
        return line if self.kind == "iscp" else self.octets(sample)


class SampleJournal:
    """A journal of samples for callers that may wait for the disk: a simulated run."""

    def __init__(self, journal: Journal, kind: ScpKind = "iscp") -> None:
        self.journal = journal
        self.form = SampleForm(kind)

    def take(self, samples: list[Sample], now_ms: int) -> None:
        """Append samples; commits by itself when half of what may wait does. JournalFault when it cannot."""
        for sample in samples:
            octets = self.form.octets(sample)
            if octets is not None:
                self.journal.append(octets)
                if self.journal.pending * 2 >= self.journal.limits.pending_records:
                    self.journal.commit(now_ms)


class EchoNumbers:
    """Which echo numbers a node may give: reserved in its journal before use, so that no kill makes one repeat (A-243).

    `first` is the last number that may have been given before; the node continues after it. JournalFault from all methods.
    """

    def __init__(self, journal: Journal, node_id: int) -> None:
        self.first = max(last_echo(journal, node_id), journal.reserved)
        journal.reserve(self.first + ECHO_BLOCK)

    @staticmethod
    def keep_ahead(journal: Journal, given: int) -> None:
        """Reserve another block once half of one is given."""
        if given + ECHO_BLOCK // 2 > journal.reserved:
            journal.reserve(given + ECHO_BLOCK)

    @staticmethod
    def give_back(journal: Journal, given: int) -> None:
        """At an orderly end: the next start continues right after what was given."""
        journal.reserve(given)


def last_echo(journal: Journal, node_id: int) -> int:
    """The highest count in the echo data of a node's attempts on disk, 0 when there is none.

    Attempts are written in the order of their echo data, so the last one is the highest. JournalFault when the journal
    cannot be read.
    """
    oldest = journal.segments[0].first if journal.segments else journal.active_segment()[1]
    after = journal.durable
    while after >= oldest:
        until, after = after, max(oldest - 1, after - _TAIL)
        found = 0
        for entry in JournalReader(journal, after).read(until - after):
            found = _count_of(entry.payload, node_id) or found
        if found:
            return found
    return 0


def _count_of(payload: bytes, node_id: int) -> int:
    """The count in an attempt's identifier; 0 for a completion, another node's, or no sample."""
    try:
        sample = decode(payload)
        number = int(sample.identifier, 10 if len(sample.identifier) != 12 else 16)
    except (SampleError, ValueError):
        return 0
    if not isinstance(sample, AttemptSample) or number >> _COUNT_BITS != node_id:
        return 0
    return number & (1 << _COUNT_BITS) - 1
