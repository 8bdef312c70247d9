"""Octets of a connection cut into lines; never more kept than one line may have.

CR, LF and CR LF end a line, also when they come in two pieces. A line that is too long is given once, cut, and the rest
of it is dropped up to its end. `inter-tel` frames have a length of four octets (least significant first) before them.

Source: C-010.
"""

import re
from typing import Final

LONGEST: Final = 65_536
MOST_FRAME: Final = 4096
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
                raise FrameError(f"a record of {length} octets: at most {MOST_FRAME} are due")
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


def framing(kind: str) -> Lines | Lengths:
    """The cutter for a layout's framing."""
    return Lengths() if kind == "inter-tel" else Lines()
