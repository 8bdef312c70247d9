"""Files of call attempts, read in pieces: CSV by octets, Parquet by row groups.

Columns are the fields of a query line (interfaces.md section 4): `calling_party`, `dialed` and `time` must be there,
others may be; unknown columns are skipped. A row that cannot be asked is counted and skipped.

Source: D-006, interfaces.md section 4, RFC 4180.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.scp.batch import cells
from ain_scp.scp.batch.attempts import CHUNK, NO_BEARER, Attempts, Origin, attempts_of, draws
from ain_scp.scp.batch.totals import MOST_NAMED, Unused
from ain_scp.scp.service_logic.decision_json import DIALING_FIELDS, QueryForm, query_of
from ain_scp.terms.csv_line import BROKEN, cells_of
from ain_scp.terms.dialed import split_code
from ain_scp.terms.query import Query
from ain_scp.terms.vocabulary import BEARERS, MESSAGE_KINDS

FIELDS: Final = DIALING_FIELDS
REQUIRED: Final = ("calling_party", "dialed", "time")
PIECE: Final = 16 * 1024 * 1024
BLOCK: Final = 2 * 1024 * 1024
LONGEST_LINE: Final = 64 * 1024
HOST: Final = MESSAGE_KINDS.index("TERMINATION_ATTEMPT")
_TRIGGERED: Final = {"TERMINATION_ATTEMPT": "TAT"}


class SourceFault(Exception):
    """A file of call attempts that cannot be used; the text says which and why."""


class Piece(NamedTuple):
    """A part of a source: octets of a CSV file, row groups of a Parquet file. `stop` None = to the end."""

    start: int
    stop: int | None


class Read(NamedTuple):
    """Attempts read at once; `places` say where in the file each stands, `invalid` how many rows were skipped.

    `unused` names the first of those.
    """

    attempts: Attempts
    places: NDArray[np.int64]
    invalid: int
    unused: tuple[Unused, ...] = ()


@final
class CsvSource:
    """A CSV file with a header row. A piece holds the lines that start in it."""

    def __init__(self, path: Path) -> None:
        """Read the header; SourceFault when it is not one of call attempts."""
        self.path = path
        try:
            with path.open("rb") as file:
                line = file.readline(LONGEST_LINE)
                self.size = file.seek(0, io.SEEK_END)
        except OSError as fault:
            raise SourceFault(f"{path}: {fault.strerror}") from None
        self._header_octets = len(line)
        self.header = _header(path, line)

    def pieces(self) -> list[Piece]:
        """The whole file in pieces, in order."""
        starts = range(0, max(self.size, 1), PIECE)
        return [Piece(start, start + PIECE if start + PIECE < self.size else None) for start in starts]

    def where(self, place: int) -> str:
        """The line of a place, from 1."""
        with self.path.open("rb") as file:
            lines = 1
            while place > 0 and (octets := file.read(min(place, BLOCK))):
                lines += octets.count(b"\n")
                place -= len(octets)
        return f"{lines}"

    def chunks(self, start: int, stop: int | None, seed: int) -> Iterator[Read]:
        """The attempts of one piece."""
        with self.path.open("rb") as file:
            at = self._first_line(file, start)
            for block in _blocks(file, at, stop):
                yield from _read(self.header, block, at, seed)
                at += len(block)

    def _first_line(self, file: io.BufferedReader, start: int) -> int:
        """Place the file at the first line that starts at `start` or later."""
        if start <= self._header_octets:
            return file.seek(self._header_octets)
        file.seek(start - 1)
        while (line := file.readline(LONGEST_LINE)) and not line.endswith(b"\n"):
            pass
        return file.tell()


@final
class ParquetSource:
    """A Parquet file, by row groups; needs pyarrow (extra `parquet`)."""

    def __init__(self, path: Path) -> None:
        """Open the file; SourceFault when pyarrow is absent or the file is none."""
        self.path = path
        self._parquet, arrow = _pyarrow(path)
        try:
            self._file = self._parquet.ParquetFile(path)
        except (OSError, arrow.ArrowException) as fault:
            raise SourceFault(f"{path}: {str(fault).splitlines()[0]}") from None
        self._names = [name for name in self._file.schema_arrow.names if name in FIELDS]
        self.header = _header(path, (",".join(self._names) + "\n").encode())
        self.size = self._file.metadata.num_row_groups

    def pieces(self) -> list[Piece]:
        """One piece for each row group."""
        return [Piece(at, at + 1) for at in range(self.size)]

    def where(self, place: int) -> str:
        """The row group of a place, from 0."""
        return f"row group {place >> 40}"

    def chunks(self, start: int, stop: int | None, seed: int) -> Iterator[Read]:
        """The attempts of some row groups, as the CSV lines they stand for."""
        from pyarrow import csv as arrow_csv  # type: ignore[import-untyped,unused-ignore]

        options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
        for group in range(start, self.size if stop is None else stop):
            at = group << 40
            for batch in self._file.iter_batches(CHUNK, [group], self._names):
                sink = io.BytesIO()
                arrow_csv.write_csv(batch, sink, options)
                block = sink.getvalue()
                yield from _read(self.header, block, at, seed)
                at += len(block)


def open_source(path: Path) -> CsvSource | ParquetSource:
    """A Parquet file by its magic number, else CSV."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as fault:
        raise SourceFault(f"{path}: {fault.strerror}") from None
    return ParquetSource(path) if magic == b"PAR1" else CsvSource(path)


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
        from pyarrow import parquet
    except ImportError:
        raise SourceFault(f"{path}: Parquet needs pyarrow (pip install 'ain-scp[parquet]')") from None
    return parquet, pa


def _header(path: Path, line: bytes) -> list[str]:
    try:
        names = cells_of(line.decode("utf-8-sig")) or []
    except UnicodeDecodeError:
        names = []
    names = [name.strip() for name in names]
    missing = [name for name in REQUIRED if name not in names]
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceFault(f"{path}: line 1: UTF-16 text, not UTF-8; save it as CSV UTF-8")
    if missing and len(names) == 1 and (mark := next((one for one in ";\t|" if one in names[0]), "")):
        raise SourceFault(f"{path}: line 1: columns are separated by {mark!r}, a comma is needed")
    if missing:
        raise SourceFault(
            f"{path}: line 1: no column {', '.join(missing)}; call attempts need {', '.join(REQUIRED)}"
        )
    twice = sorted({name for name in names if name in (*FIELDS, "draw") and names.count(name) > 1})
    if twice:
        raise SourceFault(f"{path}: line 1: column {', '.join(twice)} is there twice")
    return names


def _blocks(file: io.BufferedReader, at: int, stop: int | None) -> Iterator[bytes]:
    """Whole lines that start before `stop`, in blocks; a line without end at the end of the file gets one."""
    rest = b""
    while stop is None or at < stop:
        octets = file.read(BLOCK)
        if not octets:
            if rest:
                yield rest + b"\n"
            return
        rest += octets
        cut = rest.rfind(b"\n") + 1
        if stop is not None and at + cut > stop:
            over = rest.find(b"\n", stop - at - 1) + 1
            cut = over or cut
        if cut:
            yield rest[:cut]
            at += cut
            rest = rest[cut:]
        elif len(rest) > LONGEST_LINE:
            yield rest.replace(b"\n", b"") + b"\n"
            return


def _read(header: list[str], block: bytes, at: int, seed: int) -> Iterator[Read]:
    octets = np.frombuffer(block, np.uint8)
    columns = cells.split(octets, len(header))
    if columns is None:
        yield _one_by_one(header, block, at, seed)
        return
    named = dict(zip(header, columns, strict=True))
    count = columns[0].first.size
    for start in range(0, count, CHUNK):
        part = {
            name: cells.Cells(octets, one.first[start : start + CHUNK], one.length[start : start + CHUNK])
            for name, one in named.items()
        }
        yield _columns(part, columns[0].first[start : start + CHUNK] + at, seed)


def _columns(part: dict[str, cells.Cells], places: NDArray[np.int64], seed: int) -> Read:
    """Read a chunk as columns; unusual rows become whole queries."""
    calling, odd = cells.codes(part["calling_party"])
    dialed, strange = cells.codes(part["dialed"])
    time, late = cells.times(part["time"])
    odd |= strange | late | (part["calling_party"].length != 10)
    bearer = np.zeros(places.size, np.uint8)
    if "bearer" in part:
        position = cells.words(part["bearer"], BEARERS)
        odd |= (position < 0) & (part["bearer"].length > 0)
        bearer = np.maximum(position, 0).astype(np.uint8)
    if "message" in part:
        position = cells.words(part["message"], MESSAGE_KINDS)
        odd |= (position == HOST) | ((position < 0) & (part["message"].length > 0))
    if "trigger" in part:
        from ain_scp.terms.triggers import TRIGGER_TYPES

        odd |= (cells.words(part["trigger"], TRIGGER_TYPES) < 0) & (part["trigger"].length > 0)
    draw = draws(seed, places)
    if "draw" in part:
        code, strange = cells.codes(part["draw"])
        number = code - 10 ** (part["draw"].length.clip(0, 17))
        odd |= strange | (number > 9999)
        draw = np.where(part["draw"].length > 0, number, draw).astype(np.int32)
    origin, origins = _origins(part, places.size)
    whole: dict[int, Query] = {}
    keep = np.ones(places.size, np.bool_)
    unused: list[Unused] = []
    rows = np.flatnonzero(odd)
    texts = [cells.texts(cells.Cells(one.octets, one.first[rows], one.length[rows])) for one in part.values()]
    for row, *row_texts in zip(rows.tolist(), *texts, strict=True):
        query = row_query(dict(zip(part, row_texts, strict=True)), int(draw[row]))
        if isinstance(query, Query):
            whole[row] = query
            continue
        keep[row] = False
        if len(unused) < MOST_NAMED:
            unused.append(Unused(int(places[row]), query))
    attempts = Attempts(calling, dialed, origin, bearer, time, draw, origins, whole, keyed=True)
    invalid = int(np.count_nonzero(~keep))
    if invalid:
        places = places[keep]
        attempts = _kept(attempts, keep)
    return Read(attempts, places, invalid, tuple(unused))


def _kept(attempts: Attempts, keep: NDArray[np.bool_]) -> Attempts:
    """The attempts without the rows that cannot be asked."""
    now = np.cumsum(keep) - 1
    whole = {int(now[row]): query for row, query in attempts.whole.items()}
    return attempts.rows(np.flatnonzero(keep))._replace(whole=whole)


def _origins(part: dict[str, cells.Cells], count: int) -> tuple[NDArray[np.int32], Sequence[Origin]]:
    """Access codes and trunk groups as positions; one column of single characters, the usual case, by a table."""
    access, group = part.get("access_code"), part.get("trunk_group")
    if group is not None and not group.length.any():
        group = None
    if access is None and group is None:
        return np.zeros(count, np.int32), ((None, None),)
    if access is not None and group is None and int(access.length.max(initial=0)) <= 1:
        letters = access.octets.take(access.first, mode="clip").astype(np.int32)
        letters[access.length == 0] = 0
        return letters, ((None, None), *((chr(letter), None) for letter in range(1, 256)))
    first = cells.texts(access) if access is not None else [""] * count
    second = cells.texts(group) if group is not None else [""] * count
    known: dict[Origin, int] = {}
    positions = [
        known.setdefault((code or None, name or None), len(known))
        for code, name in zip(first, second, strict=True)
    ]
    return np.array(positions, np.int32), tuple(known)


def _one_by_one(header: list[str], block: bytes, at: int, seed: int) -> Read:
    """Read quoted cells and lines with too few or too many of them."""
    queries: list[Query] = []
    places: list[int] = []
    unused: list[Unused] = []
    for line in block.splitlines(keepends=True):
        place, at = at, at + len(line)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        row = cells_of(text)
        draw = int(draws(seed, np.array([place]))[0])
        if not text:
            continue
        query = (
            BROKEN
            if row is None
            else row_query(dict(zip(header, row, strict=False)), draw)
            if len(row) == len(header)
            else f"{len(row)} cells, the header has {len(header)}"
        )
        if isinstance(query, Query):
            queries.append(query)
            places.append(place)
        else:
            unused.append(Unused(place, query))
    return Read(
        attempts_of(queries)._replace(keyed=True),
        np.array(places, np.int64),
        len(unused),
        tuple(unused[:MOST_NAMED]),
    )


def row_query(texts: dict[str, str], draw: int) -> Query | str:
    """The query of one row as text; or why it cannot be asked."""
    fields: dict[str, str | int | None] = {
        name: text for name, text in texts.items() if name in FIELDS and text
    }
    fields.setdefault("calling_party", None)
    fields.setdefault("message", "INFO_ANALYZED")
    fields.setdefault("trigger", _TRIGGERED.get(str(fields["message"]), "CDP_AC"))
    fields["time"] = str(fields.get("time", "")).replace(" ", "T", 1)
    try:
        if not {"access_code", "trunk_group"} & fields.keys():
            fields.update(_code_before_blank(texts.get("dialed", "")))
        form = msgspec.convert(fields, QueryForm, strict=False)
        given = texts.get("draw", "")
        if given:
            draw = int(given)
        if not 0 <= draw <= 9999:
            return f"draw: {given} is not 0 to 9999"
        query = query_of(form, draw)
        # whether a trunk group brings the code before a blank only the data set knows
        as_written = form.access_code is None and form.trunk_group is not None
        return query.with_digits(None, form.dialed) if as_written else query
    except ValueError as fault:  # msgspec's and ours are ValueErrors
        return str(fault)


def _code_before_blank(dialed: str) -> dict[str, str]:
    """The access code and the digits of `7 921-2000`; nothing where no code stands before a blank."""
    try:
        code, digits = split_code(dialed)
    except ValueError:  # named where the query is made
        return {}
    return {} if code is None else {"access_code": code, "dialed": digits}


__all__ = ["NO_BEARER", "CsvSource", "ParquetSource", "Piece", "Read", "SourceFault", "open_source"]
