"""TOML files read key by key, each key with its place: wrong types, missing keys and unknown keys are all reported.

Source: TOML 1.0.0; interfaces.md section 2.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ain_scp.provisioning.check.findings import Findings, hint, named, shown
from ain_scp.provisioning.check.source import as_text, read_octets
from ain_scp.provisioning.csv_rows import is_word, spelled
from ain_scp.provisioning.rows import Where
from ain_scp.provisioning.toml_lines import NOWHERE, Place, locate
from ain_scp.provisioning.toml_lines import Path as KeyPath
from ain_scp.terms.digits import is_digits

MAX_DEPTH = 16
"""Tables and arrays inside each other; the deepest of ours has six levels."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Document:
    """One TOML file: its name, the places of its keys, where its problems go."""

    def __init__(self, file: str, places: dict[KeyPath, Place], findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self._places = places

    def place(self, path: KeyPath) -> Place:
        """Give the place of a path, or of the nearest thing around it that has one."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._places:
                return self._places[path[:end]]
        return Place(1, 1)

    def lines(self) -> dict[str, int]:
        """The line of every key and table, by its dotted name."""
        return {".".join(map(str, path)): place.line for path, place in self._places.items()}


class Section:
    """One TOML table. Ask for its keys, then call `finish`: keys not asked for are unknown.

    `bad` becomes true when one of its values is refused.
    """

    def __init__(self, document: Document, path: KeyPath, values: dict[str, object] | None) -> None:
        """Take `values` None for something that is no table: it was reported, it is `void`, its keys are not missed."""
        self._document = document
        self._path = path
        self._values = values or {}
        self._asked: set[str] = set()
        self.bad = values is None
        self.void = values is None

    @property
    def where(self) -> Where:
        """File and line of the table."""
        return Where(self._document.file, self._document.place(self._path).line)

    @property
    def lines(self) -> dict[str, int]:
        """The line of every key of the document, by its dotted name."""
        return self._document.lines()

    def __iter__(self) -> Iterator[str]:
        """Yield the keys present."""
        return iter(self._values)

    def __contains__(self, key: str) -> bool:
        """Say whether a key is present; asking for it makes it a known one."""
        self._asked.add(key)
        return key in self._values

    def error(self, key: str, text: str, rule: str, *within: str | int) -> None:
        """Report an error at a key, or at something within its value."""
        self.bad = True
        place = self._document.place((*self._path, key, *within))
        self._document.findings.error(self._document.file, *place, text, rule)

    def wrong(self, key: str, value: object, expected: str, rule: str, *within: str | int) -> None:
        """Report that a value is not what is expected: `a date`, `1 to 7`."""
        self.error(key, f"{key}: {shown(value)} is not {expected}", rule, *within)

    def warn(self, key: str, text: str, rule: str, *within: str | int) -> None:
        """Report a warning at a key, or at something within its value."""
        place = self._document.place((*self._path, key, *within))
        self._document.findings.warn(self._document.file, *place, text, rule)

    def finish(self) -> None:
        """Report the keys that were never asked for."""
        for key in self._values:
            if key not in self._asked:
                self.error(key, f"unknown key {shown(key)}{hint(key, self._asked)}", "toml")

    def raw(self, key: str) -> object | None:
        """Give a value of any type; None when it is absent."""
        self._asked.add(key)
        return self._values.get(key)

    def take(self, key: str, kind: type, *, required: bool = False) -> object | None:
        """Give a value of exactly one type; None when it is absent or wrong (reported)."""
        self._asked.add(key)
        if key not in self._values:
            if required and not self.void:
                names = ".".join(part for part in self._path if isinstance(part, str))
                self.error(key, f"{f'[{names}]' if names else 'key'} {key} is missing", "toml")
            return None
        value = self._values[key]
        if type(value) is not kind:
            self.error(key, f"{named(key)} = {shown(value)} is not {_KINDS[kind]}", "toml")
            return None
        return value

    def text(self, key: str, *, required: bool = False) -> str:
        """Give a string; "" when absent or wrong."""
        value = self.take(key, str, required=required)
        return value if isinstance(value, str) else ""

    def flag(self, key: str, *, required: bool = False) -> bool:
        """Give true or false; False when absent or wrong."""
        return self.take(key, bool, required=required) is True

    def integer(
        self, key: str, low: int, high: int, rule: str, default: int = 0, *, required: bool = False
    ) -> int:
        """Give an integer within bounds; the default when absent or wrong."""
        value = self.take(key, int, required=required)
        if not isinstance(value, int):
            return default
        if not low <= value <= high:
            bounds = f"{low} to {high}" if low < high else f"{low}"
            self.error(key, f"{named(key)} = {shown(value)} is not {bounds}", rule)
            return default
        return value

    def on(self, key: str) -> bool:
        """Give an option written "ON" or "OFF"; False when absent or wrong."""
        value = self.take(key, str, required=True)
        if value not in (None, "ON", "OFF"):
            self.error(key, f'{key} = {shown(value)} is neither "ON" nor "OFF"', "toml")
        return value == "ON"

    def word(self, key: str, *, required: bool = False) -> str:
        """Give a name; "" when absent or wrong."""
        value = self.take(key, str, required=required)
        if not isinstance(value, str):
            return ""
        if not is_word(value):
            self.error(key, f"{key} = {shown(value)} is not a name (letters, digits, _ . -)", "toml")
            return ""
        return value

    def digits(self, key: str, lengths: Collection[int], rule: str, *, required: bool = False) -> str:
        """Give a digit string of one of the lengths; "" when absent or wrong."""
        value = self.take(key, str, required=required)
        return value if isinstance(value, str) and self.is_digits(key, value, lengths, rule) else ""

    def is_digits(self, key: str, text: str, lengths: Collection[int], rule: str, *within: int) -> bool:
        """Say whether `text` is a digit string of one of the lengths; report it when it is not."""
        if not is_digits(text):
            self.error(key, f"{named(key)} {shown(text)} is not a string of digits 0-9", rule, *within)
        elif len(text) not in lengths:
            count = f"{len(text)} digits, not {spelled(lengths)}"
            self.error(key, f"{named(key)} {shown(text)} has {count}", rule, *within)
        else:
            return True
        return False

    def items(self, key: str, kind: type) -> list[tuple[int, object]]:
        """Give the elements of an array that are of exactly one type, with their index; the others are reported."""
        values = self.take(key, list)
        good = []
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if type(value) is kind:
                good.append((index, value))
            else:
                self.error(key, f"{key}: {shown(value)} is not {_KINDS[kind]}", "toml", index)
        return good

    def number_list(self, key: str, lengths: Collection[int], rule: str) -> tuple[str, ...]:
        """Give an array of distinct digit strings; wrong and repeated ones are reported and left out."""
        found: dict[str, None] = {}
        for index, value in self.items(key, str):
            text = str(value)
            if not self.is_digits(key, text, lengths, rule, index):
                continue
            if text in found:
                self.error(key, f"{key}: {text} appears twice", rule, index)
            found[text] = None
        return tuple(found)

    def section(self, key: str) -> "Section":
        """Give a table; an empty one when it is absent or wrong."""
        values = self.take(key, dict) if key in self else {}
        return Section(self._document, (*self._path, key), values if isinstance(values, dict) else None)

    def sections(self, key: str) -> list["Section"]:
        """Give an array of tables."""
        return [
            Section(self._document, (*self._path, key, index), value)
            for index, value in self.items(key, dict)
            if isinstance(value, dict)
        ]


_KINDS = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    list: "an array",
    dict: "a table",
    dt.date: "a date",
}


def read_options(
    root: Path, file: str, findings: Findings, repair: Callable[[str], str] | None = None
) -> Section | None:
    """Read a TOML file; None when it cannot be read or is not TOML (reported with its place).

    `repair` blanks out, line for line, what TOML forbids and a rule of its own names.
    """
    octets = read_octets(root, file, findings)
    text = None if octets is None else as_text(octets, file, findings)
    if text is None:
        return None
    if repair is not None:
        text = repair(text)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        findings.error(file, 0, 0, "nested too deep", "toml")
        return None
    except tomllib.TOMLDecodeError as wrong:
        line, column, reason = _syntax(str(wrong), text)
        findings.error(file, line, column, reason, "toml")
        return None
    except ValueError:
        findings.error(file, 0, 0, "an integer has more digits than Python converts", "toml")
        return None
    if _too_deep(values):
        findings.error(file, 0, 0, f"nested deeper than {MAX_DEPTH} levels", "toml")
        return None
    return Section(Document(file, locate(text), findings), (), values)


def _syntax(message: str, text: str) -> tuple[int, int, str]:
    """Cut tomllib's message into line, column and reason."""
    found = _AT.search(message)
    if found is None:
        return *NOWHERE, message[:200]
    reason = message[: found.start()][:200]
    if found[1] is None:
        return text.count("\n") + 1, len(text) - text.rfind("\n"), reason
    return int(found[1]), int(found[2]), reason


def _too_deep(values: dict[str, object]) -> bool:
    level: list[object] = [values]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(outer: object) -> Collection[object]:
    if isinstance(outer, dict):
        return outer.values()
    return outer if isinstance(outer, list) else ()
