"""Call records for a batch: mapped columns, CSV, Parquet, AMA journals; each in pieces that may be read in any process.

| source | what it is |
|---|---|
| directory with `calling.npy called.npy start_ms.npy duration_ms.npy` | int64 columns, mapped into memory; numbers as `tables.coded` writes them |
| `.csv` | columns from, called, answer (ISO, local), duration_ms; others are passed over |
| `.parquet` | the same names; answer as text or timestamp (extra `parquet`) |
| record directory | the AMA journals of its switches, `ama/SWITCH/`; calls that were not answered are passed over |

A row that cannot be read is counted and left out; `unread` names the first of them.

Source: charging.md section 12.
"""

import datetime as dt
import io
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, final

import numpy as np

from ain_scp.billing.ama.journaled import decoded
from ain_scp.billing.ama.record import AmaFormatError, charged_number
from ain_scp.billing.batch.columns import PIECE, Records
from ain_scp.billing.batch.tables import Ints, coded
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.terms.csv_line import cells_of

COLUMNS: Final = ("calling", "called", "start_ms", "duration_ms")
FIELDS: Final = ("from", "called", "answer", "duration_ms")
OCTETS: Final = 16 * 1024 * 1024
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
_MS: Final = dt.timedelta(milliseconds=1)
_LAST_MS: Final = 7_258_118_400_000
"""The first moment of 2200: what lies after it is no answer of a call."""


LONGEST_MS: Final = 366 * 86_400_000
"""A record of a year and more is none of a call."""
_BOUNDS: Final = "a call is answered from 1970 to 2199 and lasts less than 366 days, in whole milliseconds"


class SourceFault(Exception):
    """A source of records that cannot be used; the text says which and why."""


class Part(NamedTuple):
    """A piece of a source: records of mapped columns, octets of a CSV file, a row group of a Parquet file, a switch."""

    start: int
    stop: int


class Source(Protocol):
    """What gives records in pieces."""

    def parts(self) -> list[Part]:
        """The whole in pieces, in order."""

    def read(self, part: Part) -> Iterator[tuple[Records, int]]:
        """The records of a piece, and how many rows could not be read."""

    def unread(self) -> Iterator[str]:
        """What could not be read: where, and what is wrong with it."""


def opened(path: Path) -> Source:
    """The source at a path; SourceFault when it is none."""
    try:
        if path.is_dir() and (path / "ama").is_dir():
            return Journals(path)
        if path.is_dir():
            return Mapped(path)
        if path.suffix == ".parquet":
            return Parquet(path)
        return Csv(path)
    except OSError as fault:
        raise SourceFault(f"{path}: {fault.strerror or fault}") from None


@final
class Mapped:
    """Columns mapped into memory."""

    def __init__(self, path: Path) -> None:
        missing = [name for name in COLUMNS if not (path / f"{name}.npy").is_file()]
        if missing:
            raise SourceFault(
                f"{path}: no {missing[0]}.npy; mapped columns are {', '.join(COLUMNS)}, each .npy"
            )
        try:
            columns = self._mapped(path)
        except ValueError as fault:
            raise SourceFault(f"{path}: {fault}") from None
        if len({len(column) for column in columns}) != 1 or any(
            column.dtype != np.int64 or column.ndim != 1 for column in columns
        ):
            raise SourceFault(f"{path}: the columns are not int64 of one length")

        self._path, self._many = path, len(columns[0])

    def _mapped(self, path: Path) -> list[Any]:
        return [np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in COLUMNS]

    def parts(self) -> list[Part]:
        """Pieces of 262,144 records."""
        many = self._many
        return [Part(start, min(start + PIECE, many)) for start in range(0, many, PIECE)]

    def read(self, part: Part) -> Iterator[tuple[Records, int]]:
        """The records of a piece; a time or a length out of bounds is not used."""
        columns = self._mapped(self._path)  # mapped anew each time, so that pages read do not stay
        found = Records(*(np.asarray(column[part.start : part.stop]) for column in columns))
        if _within(found.start_ms, _LAST_MS) and _within(found.duration_ms, LONGEST_MS):
            yield found, 0
            return
        good = (found.start_ms >= 0) & (found.start_ms < _LAST_MS) & (found.duration_ms >= 0)
        good &= found.duration_ms < LONGEST_MS
        yield Records(*(column[good] for column in found)), int(np.count_nonzero(~good))

    def unread(self) -> Iterator[str]:
        """The records out of bounds, counted from 1."""
        for part in self.parts():
            columns = self._mapped(self._path)
            start, length = columns[2][part.start : part.stop], columns[3][part.start : part.stop]
            bad = (start < 0) | (start >= _LAST_MS) | (length < 0) | (length >= LONGEST_MS)
            for at in np.flatnonzero(bad):
                found = f"start_ms {start[at]}, duration_ms {length[at]}"
                yield f"{self._path}: record {part.start + at + 1}: {found}: {_BOUNDS}"


def _within(column: Ints, bound: int) -> bool:
    """Whether all of a column are at least 0 and below a bound."""
    return not len(column) or (int(column.min()) >= 0 and int(column.max()) < bound)


@final
class Journals:
    """The AMA journals of a record directory, one piece a switch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._directory = RecordDirectory(path)
        self._switches = self._directory.switches()

    def parts(self) -> list[Part]:
        """One piece a switch."""
        return [Part(at, at + 1) for at in range(len(self._switches))]

    def read(self, part: Part) -> Iterator[tuple[Records, int]]:
        """The answered calls of a switch, in pieces."""
        rows: list[tuple[int, int, int, int]] = []
        try:
            for entry in read_directory(self._directory.usage(self._switches[part.start])):
                record = decoded(entry.payload, entry.sequence).record
                if record.answer_ms is not None:
                    numbers = coded(record.calling_number), coded(charged_number(record))
                    rows.append((*numbers, record.answer_ms, record.duration_ms))
                if len(rows) == PIECE:
                    yield _records(rows), 0
                    rows = []
        except (JournalFault, AmaFormatError) as fault:
            raise SourceFault(f"{self._path}: {fault}") from None
        yield _records(rows), 0

    def unread(self) -> Iterator[str]:
        """Nothing: a record that cannot be read ends the batch."""
        return iter(())


@final
class Csv:
    """A CSV file with a header row; a piece holds the lines that begin in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            head = file.readline(65_536)
            self._size = file.seek(0, io.SEEK_END)
        self._head = len(head)
        names = cells_of(head.decode("utf-8-sig", "replace").rstrip("\r\n")) or []
        missing = [name for name in FIELDS if name not in names]
        if missing:
            raise SourceFault(f"{path}:1: no column {', '.join(missing)}; records have {', '.join(FIELDS)}")
        twice = [name for name in FIELDS if names.count(name) > 1]
        if twice:
            raise SourceFault(f"{path}:1: two columns {', '.join(twice)}: remove one")
        self._places = [names.index(name) for name in FIELDS]

    def parts(self) -> list[Part]:
        """Pieces of 16 MB."""
        return [
            Part(start, min(start + OCTETS, self._size)) for start in range(0, max(self._size, 1), OCTETS)
        ]

    def read(self, part: Part) -> Iterator[tuple[Records, int]]:
        """The records whose lines begin in a piece."""
        with self._path.open("rb") as file:
            file.seek(max(part.start - 1, 0))
            if part.start > self._head:
                file.readline()
            else:
                file.seek(self._head)
            octets = b""
            if file.tell() < part.stop:
                octets = file.read(part.stop - file.tell())
                octets += file.readline() if not octets.endswith(b"\n") else b""
        rows, bad = [], 0
        for line in octets.decode("utf-8", "replace").split("\n"):
            if line and line != "\r":
                read = _row(cells_of(line.removesuffix("\r")), self._places)
                bad += read is None
                rows += [] if read is None else [read]
        yield _records(rows), bad

    def unread(self) -> Iterator[str]:
        """The lines that are no records, from the first."""
        with self._path.open("rb") as file:
            file.seek(self._head)
            for number, octets in enumerate(file, 2):
                line = octets.decode("utf-8", "replace").rstrip("\r\n")
                cells = cells_of(line)
                if line and _row(cells, self._places) is None:
                    yield f"{self._path}:{number}: {_why(cells, self._places)} (record)"


def _row(row: list[str] | None, places: list[int]) -> tuple[int, int, int, int] | None:
    if row is None:
        return None
    try:
        calling, called, answer, length = [row[place] for place in places]
        moment = (dt.datetime.fromisoformat(answer).replace(tzinfo=None) - _EPOCH) // _MS
        duration = int(length)
    except (ValueError, IndexError, OverflowError):
        return None
    good = 0 <= moment < _LAST_MS and 0 <= duration < LONGEST_MS
    return (coded(calling), coded(called), moment, duration) if good else None


def _why(row: list[str] | None, places: list[int]) -> str:
    """What is wrong with a line that is no record."""
    if row is None:
        return "a quote that is not closed"
    if len(row) <= max(places):
        return f"{len(row)} cells, and {FIELDS[places.index(max(places))]} is cell {max(places) + 1}"
    answer, length = ascii(row[places[2]])[:40], ascii(row[places[3]])[:40]
    return f"answer {answer}, duration_ms {length}: {_BOUNDS}"


def _records(rows: list[tuple[int, int, int, int]]) -> Records:
    table = np.asarray(rows, np.int64).reshape(-1, 4)
    return Records(*(np.ascontiguousarray(table[:, place]) for place in range(4)))


@final
class Parquet:
    """A Parquet file, by row groups."""

    def __init__(self, path: Path) -> None:
        try:
            parquet = import_module("pyarrow.parquet")
        except ImportError:
            raise SourceFault(f"{path}: Parquet needs the extra: pip install 'ain-scp[parquet]'") from None
        self._path = path
        try:
            self._file: Any = parquet.ParquetFile(path)
        except Exception as fault:  # noqa: BLE001 - pyarrow has its own errors, and no common one
            raise SourceFault(f"{path}: {str(fault).splitlines()[0]}") from None
        missing = [name for name in FIELDS if name not in self._file.schema_arrow.names]
        if missing:
            raise SourceFault(f"{path}: no column {', '.join(missing)}; records have {', '.join(FIELDS)}")

    def parts(self) -> list[Part]:
        """One piece a row group."""
        return [Part(group, group + 1) for group in range(self._file.metadata.num_row_groups)]

    def read(self, part: Part) -> Iterator[tuple[Records, int]]:
        """The records of a row group, in pieces; numbers and times are converted by column."""
        for batch in self._file.iter_batches(batch_size=PIECE, row_groups=[part.start], columns=list(FIELDS)):
            columns = [_column(batch.column(name), name) for name in FIELDS]
            found = Records(*columns)
            good = (found.start_ms >= 0) & (found.start_ms < _LAST_MS) & (found.duration_ms >= 0)
            good &= found.duration_ms < LONGEST_MS
            yield Records(*(column[good] for column in found)), int(np.count_nonzero(~good))

    def unread(self) -> Iterator[str]:
        """The rows out of bounds, counted from 1."""
        row = 0
        for batch in self._file.iter_batches(batch_size=PIECE, columns=list(FIELDS[2:])):
            start, length = (_column(batch.column(name), name) for name in FIELDS[2:])
            bad = (start < 0) | (start >= _LAST_MS) | (length < 0) | (length >= LONGEST_MS)
            for at in np.flatnonzero(bad):
                yield f"{self._path}: row {row + at + 1}: {_BOUNDS}"
            row += len(start)


def _column(column: Any, name: str) -> Any:
    """A column as int64: numbers coded, times in ms, -1 for what cannot be read."""
    if name == "duration_ms":
        return np.asarray(column.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    if name == "answer":
        return np.asarray(column.to_numpy(zero_copy_only=False), "datetime64[ms]").astype(np.int64)
    found, back = np.unique(
        np.asarray(column.fill_null("").to_pylist(), dtype=object).astype(str), return_inverse=True
    )
    return np.asarray([coded(one) for one in found.tolist()], np.int64)[back]
