"""A TOML document asked key by key: what is not as expected becomes a problem with its file and line.

Source: C-010.
"""

import re
from collections.abc import Mapping
from typing import Any

from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.toml_lines import NOWHERE, Place


class Asking:
    """Takes a document apart; every key is asked for by its path, and what does not fit is a problem at its place."""

    def __init__(
        self, values: dict[str, Any], file: str, places: Mapping[tuple[str | int, ...], Place]
    ) -> None:
        self.values, self._file, self._places = values, file, places
        self.problems: list[Problem] = []
        self.names: set[str] = set()

    def wrong(self, path: tuple[str | int, ...], text: str) -> None:
        """Note a problem at the place of a path, or of what it stands in."""
        at = path
        while at and at not in self._places:
            at = at[:-1]
        place = self._places.get(at, NOWHERE)
        self.problems.append(Problem(self._file, place.line, place.column, text, "layout"))

    def known(self, table: object, path: tuple[str | int, ...], names: tuple[str, ...]) -> dict[str, Any]:
        """A table, or an empty one; keys that are not among the names are problems."""
        if not isinstance(table, dict):
            self.wrong(path, f"{path[-1]}: expected a table")
            return {}
        for key in table:
            if key not in names:
                self.wrong((*path, key), f"{key}: no such key; there are {', '.join(sorted(names))}")
        return table

    def text(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, default: str = "") -> str:
        """A text."""
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.wrong((*path, key), f"{key}: expected text")
        return default

    def whole(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, default: int) -> int:
        """A whole number of 0 or more."""
        value = table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong((*path, key), f"{key}: expected a whole number of 0 or more")
        return default

    def flag(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> bool:
        """True or false."""
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self.wrong((*path, key), f"{key}: expected true or false")
        return False

    def texts(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.wrong((*path, key), f"{key}: expected a list of texts")
        return ()

    def regex(self, value: str, path: tuple[str | int, ...]) -> str:
        """A regular expression, or "" for what is none."""
        try:
            re.compile(value)
        except re.error as fault:
            self.wrong(path, f"{path[-1]}: no regular expression: {fault}")
            return ""
        return value

    def field_name(self, name: object, path: tuple[str | int, ...]) -> str:
        """The name of a field of this layout, or ""."""
        if isinstance(name, str) and name in self.names:
            return name
        self.wrong(path, f"{name!r}: no field of this layout")
        return ""
