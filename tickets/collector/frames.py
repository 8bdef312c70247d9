"""Octets of a connection cut into lines; never more kept than one line may have.

CR, LF and CR LF end a line, also when they come in two pieces. A line that is too long is given once, cut, and the rest
of it is dropped up to its end. `inter-tel` frames have a length of four octets (least significant first) before them, `json` frames are objects by
their braces.

Source: C-010.
"""

import re
from typing import Final

LONGEST: Final = 65_536
MOST_FRAME: Final = 4096
LONGEST_OBJECT: Final = 262_144
_MARK: Final = re.compile(rb'\\.|["{}\r\n]', re.DOTALL)
_END: Final = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)
_WORD: Final = 4


class FrameError(ValueError):
    """A stream that cannot be cut any further: its connection is closed."""


class Lines:
    """Lines of one connection."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropping = False

    def feed(self, octets: bytes) -> list[bytes]:
        """The lines that these octets complete."""
        data, lines, begin = self._rest + octets, [], 0
        for found in _END.finditer(data):
            if not self._dropping:
                lines.append(data[begin : found.start()])
            self._dropping = False
            begin = found.end()
        self._rest = data[begin:]
        if len(self._rest) > LONGEST:
            if not self._dropping:
                lines.append(self._rest[:LONGEST])
            self._dropping, self._rest = True, self._rest[-1:]
        return lines

    def end(self) -> list[bytes]:
        """What is left when the connection ends: an unfinished line, never glued to the next connection's."""
        rest = self._rest.rstrip(b"\r")
        self._rest = b""
        return [rest] if rest and not self._dropping else []


class Lengths:
    """Records with their length before them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> list[bytes]:
        """The records that these octets complete; FrameError for a length that no record has."""
        data, lines = self._rest + octets, []
        while len(data) >= _WORD:
            length = int.from_bytes(data[:_WORD], "little")
            if length > MOST_FRAME:
                raise FrameError(f"a record of {length} octets: expected at most {MOST_FRAME}")
            if len(data) < _WORD + length:
                break
            lines.append(data[_WORD : _WORD + length].rstrip(b"\r\n\0"))
            data = data[_WORD + length :]
        self._rest = data
        return lines

    def end(self) -> list[bytes]:
        """A record cut short is kept as it is."""
        rest, self._rest = self._rest[_WORD:], b""
        return [rest] if rest else []


class Braces:
    """JSON objects, one after another, over as many lines as they like; what stands between them is cut into lines."""

    def __init__(self) -> None:
        self._rest = b""
        self._at = self._depth = 0
        self._quoted = False

    def feed(self, octets: bytes) -> list[bytes]:
        """The objects, and the lines between them, that these octets complete."""
        self._rest += octets
        records: list[bytes] = []
        while (found := _MARK.search(self._rest, self._at)) is not None:
            end = self._step(found)
            if end:
                records += self._record(end)
        self._at = max(self._at, len(self._rest) - self._rest.endswith(b"\\"))
        if len(self._rest) > LONGEST_OBJECT:
            records += self._record(len(self._rest))
        return records

    def _step(self, found: re.Match[bytes]) -> int:
        """Take one mark in; where a record ends, or 0."""
        mark, self._at = found[0], found.end()
        if mark == b'"':
            self._quoted = self._depth > 0 and not self._quoted
        elif self._quoted:
            return 0
        elif mark == b"{":
            self._depth += 1
            return found.start() if self._depth == 1 and self._rest[: found.start()].strip() else 0
        elif mark == b"}" and self._depth:
            self._depth -= 1
            return 0 if self._depth else found.end()
        return found.end() if mark in b"\r\n" and not self._depth else 0

    def _record(self, end: int) -> list[bytes]:
        record, self._rest = self._rest[:end].strip(), self._rest[end:]
        self._at = max(0, self._at - end)
        if not self._rest[: self._at].startswith(b"{"):
            self._depth, self._quoted = 0, False
        one = record.replace(b"\r", b" ").replace(b"\n", b" ")
        return [one] if one else []

    def end(self) -> list[bytes]:
        """What is left when the connection ends, as it is."""
        self._at = 0
        return self._record(len(self._rest))


Cutter = Lines | Lengths | Braces


def framing(kind: str) -> Cutter:
    """The cutter for a layout's framing."""
    cutters: dict[str, type[Cutter]] = {"inter-tel": Lengths, "json": Braces}
    return cutters.get(kind, Lines)()
