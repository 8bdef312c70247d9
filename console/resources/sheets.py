"""A page of figures and tables that one command made: what every page of records and books is.

Source: console.md sections 7 and 8.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.figures.drawing import Drawing

Row = dict[str, Any]
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}")
_VALUE: Final = re.compile(r"[\w .:+#*,-]{1,64}")


class Table(msgspec.Struct, frozen=True):
    """A further table of a page; `links` as those of the sheet."""

    title: str
    columns: list[str]
    rows: list[Row]
    links: dict[str, str] = {}


class Sheet(msgspec.Struct, frozen=True):
    """A page. `rows` are its main table (and its CSV), `links` lead from cells of a column to a page, `{}` is the cell.

    `asks` are the values that may be asked for, as they are now; `drawing` what is drawn of it (also as .svg); `empty` what would
    fill a page without rows.
    """

    title: str
    command: str
    columns: list[str]
    rows: list[Row]
    facts: list[tuple[str, str]] = []
    more: list[Table] = []
    links: dict[str, str] = {}
    asks: list[tuple[str, str]] = []
    drawing: Drawing | None = None
    empty: str = "Nothing here yet."


def sheet(title: str, command: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> Sheet:
    """A sheet whose columns are those of its rows."""
    plain = [flat(row) for row in rows]
    return Sheet(title, command, columns_of(plain), plain, **more)


def table(title: str, rows: Sequence[Mapping[str, Any]], links: dict[str, str] | None = None) -> Table:
    """A further table whose columns are those of its rows."""
    plain = [flat(row) for row in rows]
    return Table(title, columns_of(plain), plain, links or {})


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Every column that a row has, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row))


def flat(row: Mapping[str, Any]) -> Row:
    """A row of plain cells: what holds more is written out."""
    return {
        name: value if not isinstance(value, dict | list) else _words(value)
        for name, value in row.items()
        if name != "version"
    }


def facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a row says, as pairs; what is not there is left out."""
    return [
        (name.replace("_", " "), _words(value))
        for name, value in flat(row).items()
        if value not in (None, "", [])
    ]


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    return str(value)


def named(text: str, what: str) -> str:
    """A name from an address that may go to a command; PageFault 404 for anything else."""
    if _NAME.fullmatch(text) is None:
        raise absent(what)
    return text


def value(asked: Mapping[str, str], key: str) -> str:
    """A value of the query that may go to a command; empty when it is not asked for, PageFault 400 when it cannot be one."""
    text = asked.get(key, "").strip()
    if text and _VALUE.fullmatch(text) is None:
        raise PageFault(400, f"{key}: letters, digits and - _ . : , + only, 64 at most")
    return text


def unset(title: str, option: str, what: str) -> Sheet:
    """The page of what this console was not given."""
    return Sheet(
        title,
        f"ain console DATASET {option}",
        [],
        [],
        empty=f"This console was given no {what}. Start it with {option}.",
    )
