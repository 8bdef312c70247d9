"""Reads values out of a TOML table, noting every problem with its place instead of stopping at the first.

A converter takes the raw value and returns the checked one, or raises WrongValue with what is wrong. The reader turns that
into a problem at the key's line and column and continues with the default, so one look shows everything.

Source: D-012, interfaces.md section 3.
"""

import datetime as dt
import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar

from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.toml_lines import NOWHERE, Path, Place
from ain_scp.terms.localtime import from_datetime
from ain_scp.terms.units import SECOND_NS

T = TypeVar("T")
U = TypeVar("U")
Table = dict[str, object]

LAST_MOMENT = dt.datetime(2100, 1, 1)  # noqa: DTZ001 - local calendar on purpose
FIRST_MOMENT = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose


class WrongValue(Exception):
    """A value that cannot be taken; its text says why, without the key."""


class Reader:
    """Collects the problems of one scenario text."""

    def __init__(self, file: str, where: dict[Path, Place]) -> None:
        self.file = file
        self.where = where
        self.problems: list[Problem] = []

    def place(self, path: Path) -> Place:
        """Return where `path` stands, or the nearest table around it."""
        return place_of(self.where, path)

    def problem(self, path: Path, text: str, rule: str) -> None:
        """Note one problem."""
        line, column = self.place(path)
        self.problems.append(Problem(self.file, line, column, text, rule))

    def known(self, table: Table, path: Path, names: Iterable[str]) -> None:
        """Note every key of `table` that is not in `names`, with the name it probably was meant to be."""
        names = tuple(names)
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key, names, 1)
                hint = f", did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(names))}"
                self.problem((*path, key), f"unknown key '{key}'{hint}", "scenario-key")

    def take(self, table: Table, path: Path, key: str, convert: Callable[[object], T], default: U) -> T | U:
        """Return the converted value of `key`, or `default` when absent or wrong."""
        if key not in table:
            return default
        try:
            return convert(table[key])
        except WrongValue as error:
            self.problem((*path, key), f"{key}: {error}", "scenario-value")
            return default

    def need(self, table: Table, path: Path, key: str, convert: Callable[[object], T], default: U) -> T | U:
        """Do as `take` does, and note a problem when the key is absent."""
        if key not in table:
            self.problem(path, f"'{key}' is missing", "scenario-missing")
        return self.take(table, path, key, convert, default)

    def tables(self, table: Table, path: Path, key: str) -> list[tuple[Table, Path]]:
        """Return the tables under `key` (one table or an array of them) with their paths."""
        value = table.get(key, [])
        if isinstance(value, dict):
            return [(value, (*path, key))]
        if not isinstance(value, list):
            self.problem((*path, key), f"{key}: expected a table, got {kind(value)}", "scenario-value")
            return []
        found: list[tuple[Table, Path]] = []
        for number, item in enumerate(value):
            if isinstance(item, dict):
                found.append((item, (*path, key, number)))
            else:
                self.problem(
                    (*path, key, number), f"{key}: expected a table, got {kind(item)}", "scenario-value"
                )
        return found

    def one(self, table: Table, path: Path, key: str) -> Table:
        """Return the table under `key`, empty when absent or not a table."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.problem((*path, key), f"{key}: expected a table, got {kind(value)}", "scenario-value")
        return {}


def place_of(where: dict[Path, Place], path: Path) -> Place:
    """Return where `path` stands, or the nearest table around it."""
    while path and path not in where:
        path = path[:-1]
    return where.get(path, NOWHERE)


def kind(value: object) -> str:
    """Name the TOML type of a value for people."""
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")


def text(value: object) -> str:
    """Take a text that is not empty."""
    if not isinstance(value, str):
        raise WrongValue(f"expected a string, got {kind(value)}")
    if not value.strip():
        raise WrongValue("must not be empty")
    return value


def flag(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise WrongValue(f"expected true or false, got {kind(value)}")
    return value


def whole(low: int, high: int) -> Callable[[object], int]:
    """Make a converter for whole numbers `low`..`high`."""

    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongValue(f"expected an integer, got {kind(value)}")
        if not low <= value <= high:
            raise WrongValue(f"{value} is not in {low}..{high}")
        return value

    return convert


def number(low: float, high: float) -> Callable[[object], float]:
    """Make a converter for numbers `low`..`high`; NaN is none of them."""

    def convert(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongValue(f"expected a number, got {kind(value)}")
        if not low <= value <= high:
            raise WrongValue(f"{value} is not in {low:g}..{high:g}")
        return float(value)

    return convert


def one_of(*names: str) -> Callable[[object], str]:
    """Make a converter for one of `names`."""

    def convert(value: object) -> str:
        word = text(value)
        if word not in names:
            near = difflib.get_close_matches(word, names, 1)
            raise WrongValue(
                f"'{word}' is unknown"
                + (f", did you mean '{near[0]}'?" if near else f"; known: {', '.join(names)}")
            )
        return word

    return convert


def texts(value: object) -> tuple[str, ...]:
    """Take one text, or a list of strings that is not empty."""
    if isinstance(value, str):
        return (text(value),)
    if not isinstance(value, list):
        raise WrongValue(f"expected a list of strings, got {kind(value)}")
    return tuple(text(item) for item in value)


def some_texts(value: object) -> tuple[str, ...]:
    """Take one text or a list of at least one."""
    found = texts(value)
    if not found:
        raise WrongValue("expected at least one")
    return found


def seconds_ns(low: float, high: float) -> Callable[[object], int]:
    """Make a converter from seconds `low`..`high` (fractions allowed) to nanoseconds."""
    convert = number(low, high)
    return lambda value: round(convert(value) * SECOND_NS)


def moment_ns(value: object) -> int:
    """Take a local date and time; WrongValue for a date alone, a time alone, a quoted one, or an impossible year."""
    if isinstance(value, str):
        raise WrongValue(
            f"expected a date and time, written without quotes: 2001-01-17T10:00:00, got {value!r}"
        )
    if not isinstance(value, dt.datetime):
        raise WrongValue(f"expected a date and time (2001-01-17T10:00:00), got {kind(value)}")
    if value.tzinfo is not None:
        raise WrongValue("expected local time, without an offset or Z")
    if not FIRST_MOMENT <= value < LAST_MOMENT:
        raise WrongValue(f"the year {value.year} is not in 1970..2099")
    return from_datetime(value.replace(microsecond=0)) * SECOND_NS + value.microsecond * 1000


def moment_after(start_ns: int) -> Callable[[object], int]:
    """Make a converter for a moment: a local date and time, or seconds after the start of the scenario."""
    after = number(0, 366 * 86_400)

    def convert(value: object) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return start_ns + round(after(value) * SECOND_NS)
        return moment_ns(value)

    return convert
