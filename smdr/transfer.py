"""The hourly transfer file, and the queue that cuts a journal of samples into such files.

A file holds the samples of one hour, sorted by identifier and time, each line as the SCP wrote it, between a header and
a trailer that begin with `#`:

```
#smdr 1 <journal identity> <hour, ISO 8601> <first sequence> <last sequence>
...
#end <lines> <CRC-32 of the lines, hex>
```
Each sample belongs to the hour in which it happened, or, when it comes late, to the hour already reached when it came:
so a file is a contiguous run of the journal, and header numbers show a missing or repeated file at once. Where the clock was
set back by more than `SET_BACK_MS` a file ends, and its hour is over: what a clock ahead stamped does not hold up what follows.

Source: A-245, A-246, A-248; AMB-65; [0190], [0192]; reliability.md D7. The file's form is this project's own (Bellcore
SR-3918 was not at hand).
"""

import datetime as dt
import zlib
from typing import Final

import msgspec

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import Entry, JournalReader
from ain_scp.journal.writer import Journal
from ain_scp.smdr.sample import MAX_LINE, Sample, SampleError, decode, time_of

HOUR_MS: Final = 3_600_000
SET_BACK_MS: Final = HOUR_MS * 3 // 2
"""A sample earlier than one before it by more is no late one: the clock was set back."""
MAX_FILE_SAMPLES: Final = 2_000_000
MAX_FILE_OCTETS: Final = 1 << 30
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
_FORM: Final = "1"


class TransferFile(msgspec.Struct, frozen=True):
    """One file to send: its name, the hour it is of (ms), the sequence numbers in it, its octets."""

    name: str
    hour_ms: int
    first: int
    last: int
    octets: bytes


class ReceivedFile(msgspec.Struct, frozen=True):
    """A file as read: where it belongs in whose journal, and its samples."""

    journal: str
    first: int
    last: int
    crc32: int
    samples: tuple[Sample, ...]


class TransferQueue:
    """Cuts what a journal holds into files, and moves the journal's position when the other side has one."""

    def __init__(self, journal: Journal, consumer: str = "front_end", most: int = MAX_FILE_SAMPLES) -> None:
        journal.acknowledge(consumer, journal.position(consumer))
        self._journal = journal
        self._consumer = consumer
        self._most = most

    def due(self, now_ms: int) -> TransferFile | None:
        """Return the oldest file whose hour is over and that was not accepted yet; None when there is none.

        The same file is returned again until it is accepted. JournalFault when the journal cannot be read.
        """
        this_hour = now_ms - now_ms % HOUR_MS
        reader = JournalReader(self._journal, self._journal.position(self._consumer))
        hour = newest = -1
        over = False
        taken: list[tuple[str, int, int, bytes]] = []
        first = last = 0
        while len(taken) < self._most:
            entry = next(iter(reader.read(1)), None)
            if entry is None:
                break
            sample = _sample(entry)
            at = time_of(sample)
            happened = at - at % HOUR_MS
            if at < newest - SET_BACK_MS:
                over = True  # the clock was set back: what it stamped before is complete
                break
            if happened == this_hour or (hour >= 0 and happened > hour):
                break
            hour, newest = happened if hour < 0 else hour, max(newest, at)
            first = first or entry.sequence
            last = entry.sequence
            taken.append((sample.identifier, at, entry.sequence, entry.payload))
        if not taken or (hour > this_hour and not over):
            return None
        lines = [payload for _, _, _, payload in sorted(taken)]
        octets = encode_file(self._journal.identity.hex(), hour, first, last, lines)
        return TransferFile(file_name(hour, first), hour, first, last, octets)

    def accepted(self, file: TransferFile) -> None:
        """The other side has the file durably; JournalFault when that cannot be noted."""
        self._journal.acknowledge(self._consumer, file.last)


def _sample(entry: Entry) -> Sample:
    try:
        return decode(entry.payload)
    except SampleError as error:
        raise JournalFault("CORRUPT", f"record {entry.sequence} is no sample: {error.reason}") from error


def file_name(hour_ms: int, first: int) -> str:
    """Name of the file: its hour, and the sequence number it begins with (an hour may need a second file)."""
    return f"smdr-{_moment(hour_ms):%Y%m%dT%H}-{first:012d}.txt"


def _moment(time_ms: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=time_ms)


def encode_file(journal: str, hour_ms: int, first: int, last: int, lines: list[bytes]) -> bytes:
    """Write a file around lines that are passed on as they are."""
    body = b"".join(line + b"\n" for line in lines)
    head = f"#smdr {_FORM} {journal} {_moment(hour_ms).isoformat()} {first} {last}\n"
    return head.encode() + body + f"#end {len(lines)} {zlib.crc32(body):08x}\n".encode()


def decode_file(octets: bytes) -> ReceivedFile:
    """Read a whole file; SampleError for anything torn, damaged or not a sample."""
    if len(octets) > MAX_FILE_OCTETS:
        raise SampleError(1, "file is too long")
    lines = octets.split(b"\n")
    if len(lines) < 3 or lines[-1]:
        raise SampleError(len(lines), "file is cut off")
    journal, first, last = _header(lines[0])
    body, end = lines[1:-2], lines[-2]
    crc = zlib.crc32(octets[len(lines[0]) + 1 : len(octets) - len(end) - 1])
    if end != f"#end {len(body)} {crc:08x}".encode():
        raise SampleError(len(lines) - 1, "trailer does not agree with the lines before it")
    if last - first + 1 != len(body):
        raise SampleError(1, "header promises another number of samples")
    samples = tuple(decode(line, number) for number, line in enumerate(body, 2))
    return ReceivedFile(journal=journal, first=first, last=last, crc32=crc, samples=samples)


def _header(line: bytes) -> tuple[str, int, int]:
    if len(line) > MAX_LINE or not line.isascii():
        raise SampleError(1, "header is no header")
    words = line.decode("ascii").split(" ")
    if len(words) != 6 or words[:2] != ["#smdr", _FORM] or not words[2].isalnum():
        raise SampleError(1, "header is no header")
    if not all(0 < len(word) <= 18 and word.isdigit() for word in words[4:]):
        raise SampleError(1, "header is no header")
    return words[2], int(words[4]), int(words[5])
