"""The tables beside the calls: who has which extension, what a minute costs, how areas are called.

CSV with a header; lines that begin with # are comments. Every problem of a file is reported at once, with its line.

Source: C-009, C-018.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.terms.csv_line import BROKEN, cells_of

KINDS: Final = ("internal", "national", "international", "service", "unknown")
NOBODY: Final = "(none)"
_RULE: Final = "ticket tables"
AREAS: Final = Path(__file__).parent / "areas.csv"


class Entry(msgspec.Struct, frozen=True):
    """Who had an extension: from the first day on, until the day before `to` (None: open)."""

    extension: str
    name: str
    department: str
    cost_center: str
    first: date | None
    to: date | None

    def covers(self, day: date) -> bool:
        """Whether a day lies in the entry's time."""
        return (self.first is None or self.first <= day) and (self.to is None or day < self.to)


class Directory:
    """Extensions by day."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, list[Entry]] = {}
        for entry in entries:
            self._entries.setdefault(entry.extension, []).append(entry)

    def find(self, extension: str | None, day: date) -> Entry | None:
        """Who had an extension on a day."""
        return next((one for one in self._entries.get(extension or "", ()) if one.covers(day)), None)

    def __contains__(self, extension: object) -> bool:
        return extension in self._entries


class Rate(NamedTuple):
    """A row of rates.csv."""

    kind: str
    prefix: str
    cents: int


class Rates:
    """Cents for each started minute; the longest prefix of the kind wins."""

    def __init__(self, rows: Iterable[Rate] = ()) -> None:
        self._rows = {(row.kind, row.prefix): row.cents for row in rows}
        self._longest = max((len(prefix) for _kind, prefix in self._rows), default=0)

    def per_minute(self, kind: str | None, called: str | None) -> int | None:
        """Cents for a minute; None when no row fits."""
        number = called or ""
        for length in range(min(self._longest, len(number)), -1, -1):
            found = self._rows.get((kind or "", number[:length]))
            if found is not None:
                return found
        return None


def read_directory(text: str, file: str = "directory.csv") -> Directory:
    """ProvisioningError with every problem, overlapping rows among them."""
    reader = _Table(text, file, ("extension", "name", "department", "cost_center", "from", "to"))
    entries: list[Entry] = []
    for line, row in reader.rows():
        first, to = reader.day(row["from"], line, "from"), reader.day(row["to"], line, "to")
        if not row["extension"]:
            reader.wrong(line, "extension: expected a number")
        if first and to and to <= first:
            reader.wrong(line, "to: expected the day after the last, later than from")
        entry = Entry(row["extension"], row["name"], row["department"], row["cost_center"], first, to)
        if any(_overlap(entry, one) for one in entries if one.extension == entry.extension):
            reader.wrong(line, f"extension {entry.extension} has another row of the same days")
        entries.append(entry)
    reader.judge()
    return Directory(entries)


def _overlap(one: Entry, other: Entry) -> bool:
    begins = max(one.first or date.min, other.first or date.min)
    return begins < min(one.to or date.max, other.to or date.max)


def read_rates(text: str, file: str = "rates.csv") -> Rates:
    """ProvisioningError with every problem."""
    reader = _Table(text, file, ("kind", "prefix", "cents_per_minute"))
    rows: list[Rate] = []
    for line, row in reader.rows():
        kind, prefix, cents = row["kind"], row["prefix"], row["cents_per_minute"]
        if kind not in KINDS:
            reader.wrong(line, f"kind {kind!r}: expected one of {', '.join(KINDS)}")
        if prefix and not (prefix.isascii() and prefix.isdigit()):
            reader.wrong(line, f"prefix {prefix!r}: expected digits")
        if not (cents.isascii() and cents.isdigit()):
            reader.wrong(line, f"cents_per_minute {cents!r}: expected a whole number")
            continue
        if any(one.kind == kind and one.prefix == prefix for one in rows):
            reader.wrong(line, f"{kind} {prefix or '(all)'} is listed twice")
        rows.append(Rate(kind, prefix, int(cents)))
    reader.judge()
    return Rates(rows)


def read_areas(text: str, file: str = "areas.csv") -> dict[str, str]:
    """Country code -> name."""
    reader = _Table(text, file, ("code", "name"))
    areas = {row["code"]: row["name"] for _line, row in reader.rows()}
    reader.judge()
    return areas


class _Table:
    """The rows of a CSV text, and what is wrong with them."""

    def __init__(self, text: str, file: str, columns: tuple[str, ...]) -> None:
        self._text, self._file, self._columns = text, file, columns
        self._problems: list[Problem] = []

    def wrong(self, line: int, text: str) -> None:
        self._problems.append(Problem(self._file, line, 1, text, _RULE))

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        lines = [
            (at, line)
            for at, line in enumerate(self._text.splitlines(), 1)
            if line.strip() and line[0] != "#"
        ]
        rows = [cells_of(line) for _at, line in lines]
        head = [cell.strip() for cell in rows[0] or ()] if rows else []
        if sorted(head) != sorted(self._columns):
            self.wrong(lines[0][0] if lines else 0, f"expected the columns {','.join(self._columns)}")
            return
        for (line, _text), cells in zip(lines[1:], rows[1:], strict=True):
            if cells is None:
                self.wrong(line, BROKEN)
            elif len(cells) != len(head):
                self.wrong(line, f"{len(cells)} cells where {len(head)} are expected")
            else:
                yield line, dict(zip(head, (cell.strip() for cell in cells), strict=True))

    def day(self, text: str, line: int, column: str) -> date | None:
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.wrong(line, f"{column} {text!r}: expected a day such as 2026-11-01")
            return None

    def judge(self) -> None:
        if self._problems:
            raise ProvisioningError(sorted(self._problems))
