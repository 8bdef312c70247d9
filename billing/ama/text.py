"""AMA records as JSON lines and as CSV, each with a trailer; both hold exactly what the record holds.

JSON lines: one object per record with `sequence` and the record's fields (absent when at their default), last line
`{"trailer": {...}}`. CSV (RFC 4180): header row, one row per record, empty cell = absent, last line
`#trailer,first,last,count,crc32`; a text that a spreadsheet would take for a formula has an apostrophe before it. The CRC-32 covers every record's line with its line end (LF). Bounded: a line has at
most 4 KiB, a file at most 10 million records.

Source: A-225; reliability.md section 5 (trailer), D7; interfaces.md section 2 (CSV, digit strings stay strings).
"""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ain_scp.billing.ama.baf import check_trailer
from ain_scp.billing.ama.record import (
    MAX_SEQUENCE,
    AmaFile,
    AmaFormatError,
    AmaRecord,
    FileTrailer,
    SequencedAma,
    problems,
)
from ain_scp.terms.safe_text import from_cell, to_cell

MAX_LINE: Final = 4096
MAX_RECORDS: Final = 10_000_000
_MARK: Final = "#trailer"


class RecordLine(AmaRecord, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record's line: the record and its sequence number."""

    sequence: int


class _JsonTrailer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trailer: FileTrailer


FIELDS: Final[tuple[str, ...]] = AmaRecord.__struct_fields__
COLUMNS: Final[tuple[str, ...]] = ("sequence", *FIELDS)
_INTEGERS: Final = frozenset({"sequence", "start_ms", "answer_ms", "end_ms", "duration_ms"})
_ENCODER: Final = msgspec.json.Encoder()
_LINE: Final = msgspec.json.Decoder(RecordLine)
_TRAILER: Final = msgspec.json.Decoder(_JsonTrailer)


def encode_json(record: AmaRecord, sequence: int) -> bytes:
    """One record as one JSON object without a line end: also the form in which records travel in a journal."""
    values = {name: getattr(record, name) for name in FIELDS}
    return _ENCODER.encode(RecordLine(sequence=sequence, **values))


def decode_json(octets: bytes, line: int = 1) -> SequencedAma:
    """Read one record from its JSON object; AmaFormatError names `line`."""
    try:
        found = _LINE.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AmaFormatError(line, "not the JSON of an AMA record") from error
    record = AmaRecord(**{name: getattr(found, name) for name in FIELDS})
    return _checked(record, found.sequence, line)


def _checked(record: AmaRecord, sequence: int, line: int) -> SequencedAma:
    found = problems(record)
    if found or not 0 < sequence <= MAX_SEQUENCE:
        raise AmaFormatError(line, "; ".join(found) or "sequence number is out of range")
    return SequencedAma(sequence=sequence, record=record)


def write_json_lines(records: Iterable[SequencedAma]) -> Iterator[bytes]:
    """Yield the lines of a file, the trailer last; AmaFormatError for a record no file may hold or a gap."""
    total = _Total()
    for item in records:
        yield total.count(item, encode_json(item.record, item.sequence) + b"\n")
    yield _ENCODER.encode(_JsonTrailer(total.trailer())) + b"\n"


def write_csv(records: Iterable[SequencedAma]) -> Iterator[bytes]:
    """Yield the lines of a file: header, records, trailer."""
    yield ",".join(COLUMNS).encode() + b"\n"
    total = _Total()
    for item in records:
        yield total.count(item, _csv_line([item.sequence, *(getattr(item.record, name) for name in FIELDS)]))
    trailer = total.trailer()
    yield _csv_line([_MARK, trailer.first, trailer.last, trailer.count, trailer.crc32])


def _csv_line(cells: list[int | str | None]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(["" if cell is None else to_cell(cell) for cell in cells])
    return out.getvalue().encode("ascii")


class _Total:
    """What the trailer will say."""

    def __init__(self) -> None:
        self._first = 0
        self._last = 0
        self._count = 0
        self._crc = 0

    def count(self, item: SequencedAma, line: bytes) -> bytes:
        """Count one record's line and return it."""
        _checked(item.record, item.sequence, self._count + 1)
        if self._last and item.sequence != self._last + 1:
            raise AmaFormatError(self._count + 1, f"record {item.sequence} does not follow {self._last}")
        self._first = self._first or item.sequence
        self._last = item.sequence
        self._count += 1
        self._crc = zlib.crc32(line, self._crc)
        return line

    def trailer(self) -> FileTrailer:
        """The trailer over everything counted."""
        return FileTrailer(first=self._first, last=self._last, count=self._count, crc32=self._crc)


def read_json_lines(lines: Iterable[bytes]) -> AmaFile:
    """Read a whole file; AmaFormatError for anything missing, repeated, damaged or after the trailer."""
    records: list[SequencedAma] = []
    crc, number = 0, 0
    trailer: FileTrailer | None = None
    for number, line in _bounded(lines):
        if trailer is not None:
            raise AmaFormatError(number, "something stands after the trailer")
        if line.startswith(b'{"trailer"'):
            trailer = _json_trailer(line, number)
            check_trailer(trailer, records, crc, number)
        else:
            _add(records, decode_json(line, number), number)
            crc = zlib.crc32(line, crc)
    return _file(records, trailer, number)


def _json_trailer(line: bytes, number: int) -> FileTrailer:
    try:
        return _TRAILER.decode(line).trailer
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise AmaFormatError(number, "trailer is damaged") from error


def read_csv(lines: Iterable[bytes]) -> AmaFile:
    """Read a whole file; columns may stand in any order, all must be there."""
    records: list[SequencedAma] = []
    columns: list[str] = []
    crc, number = 0, 0
    trailer: FileTrailer | None = None
    for number, line in _bounded(lines):
        cells = _cells(line, number)
        if not columns:
            columns = cells
            if sorted(columns) != sorted(COLUMNS):
                raise AmaFormatError(number, "columns are not those of an AMA file")
        elif trailer is not None:
            raise AmaFormatError(number, "something stands after the trailer")
        elif cells[0] == _MARK:
            trailer = _csv_trailer(cells, number)
            check_trailer(trailer, records, crc, number)
        else:
            _add(records, _csv_record(columns, cells, number), number)
            crc = zlib.crc32(line, crc)
    return _file(records, trailer, number)


def _cells(line: bytes, number: int) -> list[str]:
    try:
        rows = list(csv.reader([line.decode("ascii")], strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise AmaFormatError(number, "not a line of CSV") from error
    if len(rows) != 1 or not rows[0]:
        raise AmaFormatError(number, "an empty line")
    return rows[0]


def _csv_trailer(cells: list[str], number: int) -> FileTrailer:
    if len(cells) != 5 or not all(_is_integer(cell) for cell in cells[1:]):
        raise AmaFormatError(number, "trailer is damaged")
    first, last, count, crc = (int(cell) for cell in cells[1:])
    return FileTrailer(first=first, last=last, count=count, crc32=crc)


def _csv_record(columns: list[str], cells: list[str], number: int) -> SequencedAma:
    if len(cells) != len(columns):
        raise AmaFormatError(number, f"{len(cells)} cells, {len(columns)} columns")
    values: dict[str, int | str] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column in _INTEGERS and cell:
            if not _is_integer(cell):
                raise AmaFormatError(number, f"{column} is not a number")
            values[column] = int(cell)
        elif cell:
            values[column] = from_cell(cell)
    try:
        line = msgspec.convert(values, RecordLine)
    except (msgspec.ValidationError, RecursionError) as error:
        raise AmaFormatError(number, "a cell is missing or holds an unknown word") from error
    record = AmaRecord(**{name: getattr(line, name) for name in FIELDS})
    return _checked(record, line.sequence, number)


def _is_integer(text: str) -> bool:
    return 0 < len(text) <= 18 and text.isascii() and text.isdigit()


def _bounded(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number the lines; refuse one that is too long or does not end."""
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE or number > MAX_RECORDS + 2:
            raise AmaFormatError(number, "line is too long, or there are too many")
        if not line.endswith(b"\n"):
            raise AmaFormatError(number, "line is cut off")
        yield number, line


def _add(records: list[SequencedAma], item: SequencedAma, line: int) -> None:
    if records and item.sequence != records[-1].sequence + 1:
        raise AmaFormatError(line, f"record {item.sequence} stands where {records[-1].sequence + 1} belongs")
    records.append(item)


def _file(records: list[SequencedAma], trailer: FileTrailer | None, line: int) -> AmaFile:
    if trailer is None:
        raise AmaFormatError(line, "the trailer is missing: the file is not whole")
    return AmaFile(tuple(records), trailer)
