"""CSV tables, read row by row with the place of each cell: RFC 4180 with a header row, `#` lines are comments.

Column order is free and a column whose cells may be empty may be left out. An empty cell means absent. A row is asked
for its cells by kind (`word`, `digits`, `number`, `choice`, `yes`); what a cell must not be is reported at once, marks
the row as bad, and reading continues, so that one pass finds every problem. This is the careful reader; the quick one for
tables of millions is `ain_scp.provisioning.tables`.

Source: RFC 4180; interfaces.md section 2.
"""

import re
from collections.abc import Collection, Iterator

from ain_scp.provisioning.check.findings import Findings, hint, shown
from ain_scp.provisioning.rows import Where
from ain_scp.terms.digits import is_digits

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

Place = tuple[int, int]


def is_word(text: str) -> bool:
    """Say whether `text` may name something: letters, digits, `_`, `.` and `-`, up to 64, not starting with a mark."""
    return _WORD.fullmatch(text) is not None


class Row:
    """One row: its cells by column name. `bad` becomes true when a cell is refused."""

    __slots__ = ("_cells", "_places", "_table", "bad", "line")

    def __init__(self, table: "Table", line: int, cells: list[str], places: list[Place] | None) -> None:
        self._table = table
        self._cells = cells
        self._places = places
        self.line = line
        self.bad = False

    @property
    def where(self) -> Where:
        """File and line."""
        return Where(self._table.file, self.line)

    def get(self, column: str) -> str:
        """Give the cell as it stands; "" when it is empty or its column is left out."""
        at = self._table.header.get(column)
        return "" if at is None else self._cells[at]

    def error(self, column: str, text: str, rule: str) -> None:
        """Report an error at a cell and mark the row as bad."""
        self.bad = True
        self._table.findings.error(self._table.file, *self.place(column), text, rule)

    def warn(self, column: str, text: str, rule: str) -> None:
        """Report a warning at a cell."""
        self._table.findings.warn(self._table.file, *self.place(column), text, rule)

    def place(self, column: str) -> Place:
        """Line and column of a cell, 1-based."""
        return self.place_at(self._table.header.get(column, 0))

    def place_at(self, at: int) -> Place:
        """Line and column of the cell at an index, 1-based."""
        if self._places is not None:
            return self._places[at]
        return self.line, sum(map(len, self._cells[:at])) + at + 1

    def required(self, column: str, rule: str = "row") -> str:
        """Give a cell that must not be empty; "" when it is (reported)."""
        text = self.get(column)
        if not text:
            self.error(column, f"{column} is empty", rule)
        return text

    def word(self, column: str, rule: str = "row") -> str:
        """Give a name (`is_word`); "" when it is none (reported)."""
        text = self.required(column, rule)
        if text and not is_word(text):
            self.error(column, f"{column} {shown(text)} is not a name (letters, digits, _ . -)", rule)
            return ""
        return text

    def choice(self, column: str, known: Collection[str], rule: str = "row") -> str:
        """Give one of the known words; "" when it is none (reported)."""
        text = self.required(column, rule)
        if text and text not in known:
            self.error(
                column, f"{column} {shown(text)} must be one of {', '.join(known)}{hint(text, known)}", rule
            )
            return ""
        return text

    def yes(self, column: str, rule: str = "row") -> bool:
        """Give a Y/N cell as a truth value; False when it is neither (reported)."""
        text = self.required(column, rule)
        if text and text not in ("Y", "N"):
            self.error(column, f"{column} {shown(text)} is neither Y nor N", rule)
        return text == "Y"

    def digits(self, column: str, lengths: Collection[int], rule: str = "row") -> str:
        """Give a digit string of one of the lengths; "" when it is none (reported)."""
        text = self.required(column, rule)
        if not text:
            return ""
        if not is_digits(text):
            self.error(column, f"{column} {shown(text)} is not a string of digits 0-9", rule)
            return ""
        if len(text) not in lengths:
            self.error(column, f"{column} {shown(text)} has {len(text)} digits, not {spelled(lengths)}", rule)
            return ""
        return text

    def number(self, column: str, low: int, high: int, rule: str = "row") -> int:
        """Give an integer within bounds; `low` when it is none (reported)."""
        text = self.required(column, rule)
        number = whole_number(text, low, high) if text else low
        if number is None:
            self.error(column, f"{column} {shown(text)} is not a number {low} to {high}", rule)
            return low
        return number


def whole_number(text: str, low: int, high: int) -> int | None:
    """Read an integer within bounds, written without superfluous zeros; None when it is none."""
    plain = is_digits(text) and len(text) <= len(str(high)) and text == str(int(text))
    return int(text) if plain and low <= int(text) <= high else None


def spelled(lengths: Collection[int]) -> str:
    """Write the allowed lengths: `7 or 10`, `1 to 15`."""
    found = sorted(lengths)
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]} to {found[-1]}"
    return " or ".join(map(str, found))


class Table:
    """One CSV file: its header, and its rows as they are read."""

    def __init__(self, file: str, text: str, findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.header: dict[str, int] = {}
        self._width = 0
        self._lines = _rows(text, file, findings)

    def read_header(self, required: Collection[str], optional: Collection[str]) -> bool:
        """Read the header row; False when rows cannot be understood with it (reported)."""
        first = next(self._lines, None)
        if first is None:
            self.findings.error(self.file, 0, 0, f"no header row, expected {','.join(required)}", "csv")
            return False
        line, names, places = first
        other = _other_separator(names, required)
        if other:
            text = f"columns are separated by {other}; a comma is needed"
            self.findings.error(self.file, line, 1, text, "csv")
            return False
        row = Row(self, line, names, places)
        known = [*required, *optional]
        good = True
        for at, name in enumerate(names):
            place = row.place_at(at)
            if name not in known:
                text = f"unknown column {shown(name)}{hint(name, known)}"
                self.findings.error(self.file, *place, text, "csv")
            elif name in self.header:
                self.findings.error(self.file, *place, f"column {name} appears twice", "csv")
                good = False
            else:
                self.header[name] = at
        self._width = len(names)
        for name in required:
            if name not in self.header:
                self.findings.error(self.file, line, 1, f"column {name} is missing", "csv")
                good = False
        return good

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have as many cells as the header; the others are reported."""
        for line, cells, places in self._lines:
            row = Row(self, line, cells, places)
            if len(cells) == self._width:
                yield row
                continue
            place = row.place_at(self._width) if len(cells) > self._width else (line, 1)
            text = f"{len(cells)} cells, the header has {self._width}"
            self.findings.error(self.file, *place, text, "csv")


def read_table(
    file: str, text: str, required: Collection[str], optional: Collection[str], findings: Findings
) -> Table | None:
    """Open a table by its header; None when the header is unusable (reported)."""
    table = Table(file, text, findings)
    return table if table.read_header(required, optional) else None


def _other_separator(names: list[str], required: Collection[str]) -> str:
    """What separates the columns of a header that is no comma, as spreadsheets of some countries write it; or nothing."""
    (name, *more) = names
    for separator, shown_as in ((";", "';'"), ("\t", "a tab"), ("|", "'|'")):
        words = [word.strip().strip('"') for word in name.split(separator)]
        if not more and len(words) > 1 and set(words) & set(required):
            return shown_as
    return ""


def _rows(text: str, file: str, findings: Findings) -> Iterator[tuple[int, list[str], list[Place] | None]]:
    """Cut the text into rows: (line, cells, places of the cells or None when they follow from the lengths)."""
    at, line, end = 0, 1, len(text)
    while at < end:
        newline = text.find("\n", at)
        stop = end if newline < 0 else newline
        raw = text[at:stop].removesuffix("\r")
        if raw and not raw.startswith("#"):
            if '"' in raw:
                quoted = _Quoted(text, at, line)
                if quoted.read():
                    yield line, quoted.cells, quoted.places
                    line += text.count("\n", at, quoted.at)
                    at = quoted.at
                    continue
                findings.error(file, *quoted.wrong, quoted.reason, "csv")
            else:
                yield line, raw.split(","), None
        at, line = stop + 1, line + 1


class _Quoted:
    """Reads one row that contains quotes, over as many lines as its quoted cells span."""

    def __init__(self, text: str, at: int, line: int) -> None:
        self._text = text
        self.at = at
        self._line = line
        self._line_start = at
        self.cells: list[str] = []
        self.places: list[Place] = []
        self.wrong: Place = (line, 1)
        self.reason = ""

    def read(self) -> bool:
        """Read to the end of the row; False with `wrong` and `reason` when it breaks RFC 4180."""
        while True:
            start = self.at
            self.places.append(self._place(start))
            if not (self._quoted() if self._text.startswith('"', start) else self._plain()):
                return False
            if self._text.startswith(",", self.at):
                self.at += 1
                continue
            newline = self._text.find("\n", self.at)
            self.at = len(self._text) if newline < 0 else newline + 1
            return True

    def _place(self, at: int) -> Place:
        return self._line, at - self._line_start + 1

    def _fail(self, at: int, reason: str) -> bool:
        self.wrong, self.reason = self._place(at), reason
        return False

    def _plain(self) -> bool:
        start = self.at
        stop = _PLAIN_END.search(self._text, start)
        end = stop.start() if stop else len(self._text)
        quote = self._text.find('"', start, end)
        if quote >= 0:
            return self._fail(quote, "quote inside a cell that does not start with one")
        self.cells.append(self._text[start:end])
        self.at = end
        return True

    def _quoted(self) -> bool:
        start = self.at
        match = _QUOTED_CELL.match(self._text, start)
        if match is None:
            return self._fail(start, "quoted cell is never closed")
        body = match[0][1:-1]
        newline = body.rfind("\n")
        if newline >= 0:
            self._line += body.count("\n")
            self._line_start = start + newline + 2
        if _CELL_END.match(self._text, match.end()) is None:
            return self._fail(match.end(), "text after a closing quote")
        self.cells.append(body.replace('""', '"'))
        self.at = match.end()
        return True


_PLAIN_END = re.compile(r",|\r?\n")
_QUOTED_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"')
_CELL_END = re.compile(r",|\r?\n|\Z")
