"""Octets from hex as people have it: digits in any grouping, or a dump whose lines begin with offsets.

A dump (text2pcap, `od -A x -t x1`, `hexdump -C`, `xxd`, tcpdump -x, Wireshark's copy) is known by offsets that rise by the
octets of each line, in hexadecimal or decimal; a column of characters after the octets is left out. Offsets that do not
rise so are refused: they would be read as octets.

Limits: `LONGEST` octets. Errors: DecodeError with source "hex".
"""

import re
from typing import Final

from ain_scp.signaling.errors import DecodeError

LONGEST: Final = 65_536
_LINE: Final = re.compile(r"\s*(?:0[xX])?([0-9a-fA-F]{3,8}):?(?:\s+|$)(.*)")
_OCTETS: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_WIDE: Final = re.compile(r"[0-9a-fA-F]{4}(?: [0-9a-fA-F]{2,4})*(?=  |$)")
_BETWEEN: Final = re.compile(r"[\s:-]+")


def octets_of(text: str) -> bytes:
    """Read hex; DecodeError says what is wrong, and where."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = _dump(lines)
    if found is None:
        found = _plain(text)
    if not found:
        raise DecodeError(0, "hex", "no octets")
    if len(found) > LONGEST:
        raise DecodeError(LONGEST, "hex", "more octets than a message can have")
    return found


def _plain(text: str) -> bytes:
    letters = _BETWEEN.sub("", text)
    for at, letter in enumerate(letters):
        if letter not in "0123456789abcdefABCDEF":
            raise DecodeError(at // 2, "hex", "not a pair of hexadecimal digits")
    if len(letters) % 2:
        raise DecodeError(len(letters) // 2, "hex", "not a pair of hexadecimal digits")
    return bytes.fromhex(letters)


def _dump(lines: list[str]) -> bytes | None:
    """The octets of a dump with offsets; None when the lines are none."""
    parts = [_LINE.fullmatch(line) for line in lines]
    offsets = [part[1] for part in parts if part is not None]
    if len(offsets) != len(lines) or not lines or not _looks_led(parts):
        return None
    for base in (16, 10):
        starts = [_number(offset, base) for offset in offsets]
        found = _rising(starts, [part[2] for part in parts if part is not None])
        if found is not None:
            return found
    raise DecodeError(
        0, "hex", "lines begin with offsets that do not rise by the octets of a line; leave the offsets out"
    )


def _looks_led(parts: "list[re.Match[str] | None]") -> bool:
    """Whether the first words of the lines differ from the others as offsets do: more digits, or a colon, or 0x."""
    for part in parts:
        if part is None:
            return False
        marked = part[0][: part.start(2)].rstrip().endswith(":") or "x" in part[0][: part.start(2)].lower()
        words = part[2].split()
        if not marked and words and len(words[0]) != 2:
            return False
        if not marked and len(words) == 0 and len(parts) == 1:
            return False
    return True


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        return -1


def _rising(starts: list[int], rests: list[str]) -> bytes | None:
    found = b""
    width = starts[1] - starts[0] if len(starts) > 1 else 16
    for at, (start, rest) in enumerate(zip(starts, rests, strict=True)):
        room = starts[at + 1] - start if at + 1 < len(starts) else max(width, 1)
        octets = _leading(rest, room)
        if room <= 0:
            return None
        if (
            start != starts[0] + len(found)
            or starts[0] != 0
            or (at + 1 < len(starts) and len(octets) != room)
        ):
            return None
        found += octets
    return found


def _leading(rest: str, most: int) -> bytes:
    """The octets at the start of a line, at most so many; what follows them is a column of characters."""
    wide = _WIDE.match(rest)
    body = wide[0] if wide else re.split(r" {3,}|\t|\|", rest)[0]
    found = b""
    for word in body.split():
        if _OCTETS.fullmatch(word) is None or len(found) + len(word) // 2 > most:
            break
        found += bytes.fromhex(word)
    return found
