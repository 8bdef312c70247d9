"""Where each key of a TOML document stands: path -> (line, column), because tomllib gives values but no places.

The document must already have passed tomllib: this scanner trusts it to be well formed and only follows its shape. The
place of a key is where its (last part of the) name starts, of a table its header, of an array element its first
character.

Source: TOML 1.0.0; libraries.md section 2 (cpython issue 115516: tomllib keeps no positions).
"""

import re
from typing import Final, NamedTuple

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Line and column of a character, both 1-based; 0, 0 = not known."""

    line: int
    column: int


NOWHERE: Final = Place(0, 0)

_BLANK: Final = re.compile(r"[ \t]*")
_VOID: Final = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE: Final = re.compile(r"[^,\]}\n#]*")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:""|")?'
    r"|'''.*?'''(?:''|')?"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPED: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def locate(text: str) -> dict[Path, Place]:
    """Give the place of every key, table and array element of a valid TOML document."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    """One pass over the document; `_at` is the next character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._line_start = 0
        self._counted = 0
        self._places: dict[Path, Place] = {}
        self._lengths: dict[Path, int] = {}

    def scan(self) -> dict[Path, Place]:
        table: Path = ()
        self._skip(_VOID)
        while self._at < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._array_header()
            elif self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_VOID)
        return self._places

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _here(self) -> Place:
        """Count lines from where the last count stopped, so that the whole scan stays linear."""
        self._line += self._text.count("\n", self._counted, self._at)
        newline = self._text.rfind("\n", self._counted, self._at)
        if newline >= 0:
            self._line_start = newline + 1
        self._counted = self._at
        return Place(self._line, self._at - self._line_start + 1)

    def _key(self) -> list[tuple[str, Place]]:
        """Read a dotted key: each part with its place."""
        parts = []
        while True:
            self._skip(_BLANK)
            place = self._here()
            if self._text[self._at : self._at + 1] in ('"', "'"):
                parts.append((_unquoted(self._skip(_STRING)), place))
            else:
                parts.append((self._skip(_BARE_KEY), place))
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _resolve(self, parts: list[tuple[str, Place]]) -> Path:
        """Follow a header's leading parts, into the newest element of each array of tables on the way."""
        path: Path = ()
        for name, place in parts:
            path = (*path, name)
            self._places.setdefault(path, place)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return path

    def _header(self) -> Path:
        self._at += 1
        *leading, (name, place) = self._key()
        path = (*self._resolve(leading), name)
        self._places[path] = place
        self._at += 1
        return path

    def _array_header(self) -> Path:
        self._at += 2
        *leading, (name, place) = self._key()
        path = (*self._resolve(leading), name)
        index = self._lengths.get(path, 0)
        self._lengths[path] = index + 1
        self._places.setdefault(path, place)
        self._places[(*path, index)] = place
        self._at += 2
        return (*path, index)

    def _pair(self, table: Path) -> None:
        path = table
        for name, place in self._key():
            path = (*path, name)
            self._places.setdefault(path, place)
        self._at += 1
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self._text[self._at : self._at + 1]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        elif first in ('"', "'"):
            self._skip(_STRING)
        else:
            self._skip(_BARE_VALUE)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        self._skip(_VOID)
        while self._text[self._at : self._at + 1] not in ("]", ""):
            self._places[(*path, index)] = self._here()
            self._value((*path, index))
            index += 1
            self._skip(_VOID)
            if self._text.startswith(",", self._at):
                self._at += 1
                self._skip(_VOID)
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip(_VOID)
        while self._text[self._at : self._at + 1] not in ("}", ""):
            self._pair(path)
            self._skip(_VOID)
            if self._text.startswith(",", self._at):
                self._at += 1
                self._skip(_VOID)
        self._at += 1


def _unquoted(token: str) -> str:
    """Give the name a quoted key spells."""
    if token.startswith("'"):
        return token[1:-1]
    return _ESCAPE.sub(_unescape, token[1:-1])


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if escape[0] in "uU" else _ESCAPED.get(escape, escape)
