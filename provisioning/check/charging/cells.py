"""Rows and tables of charging under check: money, dates, percentages and names; each rule is reported once a row.

A row that breaks one rule is still read for the others.

Source: charging design section 8; CH-01, CH-12, CH-17.
"""

import datetime as dt
import functools
import re
from collections.abc import Collection, Iterator
from typing import TypeAlias, TypeVar

from ain_scp.provisioning.check.files import Columns, Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.csv_rows import Row, is_word, whole_number
from ain_scp.provisioning.rows import Where
from ain_scp.terms.localtime import from_date
from ain_scp.terms.money import parse_money, parse_percent

FOLDER = "charging"

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

T = TypeVar("T")


class Cells:
    """One row of a table of charging."""

    __slots__ = ("_row", "_said")

    def __init__(self, row: Row) -> None:
        self._row = row
        self._said: set[str] = set()

    @property
    def where(self) -> Where:
        """File and line."""
        return self._row.where

    @property
    def bad(self) -> bool:
        """Say whether a cell was refused."""
        return self._row.bad

    def get(self, column: str) -> str:
        """Give the cell as it stands."""
        return self._row.get(column)

    def error(self, column: str, text: str, rule: str) -> None:
        """Report an error at a cell, unless this row has broken the rule already."""
        if self._is_new(rule):
            self._row.error(column, text, rule)

    def warn(self, column: str, text: str, rule: str) -> None:
        """Report a warning at a cell, unless the rule was reported for this row already."""
        if self._is_new(rule):
            self._row.warn(column, text, rule)

    def _is_new(self, rule: str) -> bool:
        """Say whether a rule is reported now; those of the form of a cell are reported for each cell."""
        if not rule.startswith("CH-"):
            return True
        new = rule not in self._said
        self._said.add(rule)
        return new

    def required(self, column: str, otherwise: str = "") -> str:
        """Give a cell that must not be empty; `otherwise` when it is (reported)."""
        return self._row.required(column) or otherwise

    def word(self, column: str) -> str:
        """Give a name; "" when it is none (reported)."""
        return self._row.word(column)

    def word_or_none(self, column: str) -> str:
        """Give a name, or "" for an empty cell."""
        return self._row.word(column) if self._row.get(column) else ""

    def word_or_any(self, column: str) -> str:
        """Give a name or "*"."""
        return "*" if self._row.get(column) == "*" else self._row.word(column)

    def choice(self, column: str, known: Collection[T], default: T | None = None) -> T:
        """Give one of the known words; for an empty cell the default. The first one stands in for a wrong one."""
        text = self._row.get(column)
        if default is not None and not text:
            return default
        for word in known:
            if word == text:
                return word
        self._row.choice(column, [str(word) for word in known])
        return next(iter(known))

    def yes(self, column: str) -> bool:
        """Give a Y/N cell as a truth value."""
        return self._row.yes(column)

    def whole(self, column: str, low: int, high: int, rule: str = "row") -> int:
        """Give an integer within bounds; `low` when it is none (reported)."""
        text = self.required(column)
        number = whole_number(text, low, high) if text else low
        if number is None:
            self.error(column, f"{column} {shown(text)} is not a number {low} to {high}", rule)
            return low
        return number

    def money(self, column: str, *, signed: bool = False) -> int | None:
        """Give an amount in micros; None for an empty cell, and for what is no amount (CH-01)."""
        text = self._row.get(column)
        if not text:
            return None
        try:
            return parse_money(text, signed=signed)
        except ValueError as reason:
            self.error(column, f"{column}: {reason}", "CH-01")
            return None

    def amount(self, column: str) -> int:
        """Give an amount that must be there."""
        return (self.money(column) or 0) if self.required(column) else 0

    def percent(self, column: str) -> int:
        """Give a percentage in parts per million (CH-17)."""
        text = self.required(column)
        try:
            return parse_percent(text) if text else 0
        except ValueError as reason:
            self.error(column, str(reason), "CH-17")
            return 0

    def date(self, column: str, rule: str = "row") -> int:
        """Give a date that must be there, as a day number; 0 when it is none (reported)."""
        return (self.date_or_none(column, rule) or 0) if self.required(column) else 0

    def date_or_none(self, column: str, rule: str = "row") -> int | None:
        """Give a date as a day number; None for an empty cell, and for what is no date (reported)."""
        text = self._row.get(column)
        if not text:
            return None
        day = day_number(text)
        if day is None:
            self.error(column, f"{column} {shown(text)} is not a date (2001-01-17)", rule)
        return day

    def named(self, column: str, what: str, known: Collection[str], missing: str) -> None:
        """Report a name that is not known (CH-12): `plan 'GOLD': no [plans.GOLD] in plans.toml`."""
        name = self._row.get(column)
        if name and name not in known and is_word(name):
            text = f"{what} {shown(name)}: {missing.replace('?', name)}{hint(name, known)}"
            self.error(column, text, "CH-12")


Pairs: TypeAlias = list[tuple[Cells, T]]
"""Checked rows, each with its cells, for what is checked against other tables later."""


def records(pairs: Pairs[T]) -> tuple[T, ...]:
    """Give the rows alone."""
    return tuple(row for _, row in pairs)


def cells_of(files: Files, name: str, columns: Columns) -> Iterator[Cells]:
    """Read a table of `charging/` (or of the whole path given) row by row; nothing when it is absent."""
    table = files.table(name if "/" in name else f"{FOLDER}/{name}", columns)
    if table is not None:
        yield from map(Cells, table.rows())


@functools.lru_cache(maxsize=4096)
def day_number(text: str) -> int | None:
    """Read an ISO date as a day number; None when it is none."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return from_date(dt.date.fromisoformat(text))
    except ValueError:
        return None


def toml_money(section: Section, key: str) -> int | None:
    """Read an amount from a TOML key, decimal text; None when it is absent or none (CH-01)."""
    value = section.raw(key)
    if value is None:
        return None
    if not isinstance(value, str):
        section.error(key, f'{key}: {shown(value)} is not an amount of money: write "0.30" as text', "CH-01")
        return None
    try:
        return parse_money(value)
    except ValueError as reason:
        section.error(key, f"{key}: {reason}", "CH-01")
        return None


def toml_percent(section: Section, key: str) -> int:
    """Read a percentage from a TOML key, decimal text, as parts per million (CH-17)."""
    value = section.text(key, required=True)
    try:
        return parse_percent(value) if value else 0
    except ValueError as reason:
        section.error(key, str(reason), "CH-17")
        return 0


def one_of(section: Section, key: str, known: tuple[str, ...]) -> str:
    """Read a key that must be one of some words; any other is reported."""
    text = section.text(key, required=True)
    if text and text not in known:
        section.error(
            key, f"{key} {shown(text)} must be one of {', '.join(known)}{hint(text, known)}", "toml"
        )
    return text
