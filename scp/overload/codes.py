"""Which codes are asked about, how often, by whom: the counts behind focused and general controls.

A code is the digits called as they came in the query. Counts are of one-second windows and of bounded size: when a table is
full, a new code waits for the next window.

Source: reliability section 2.3, targets O2, O3.
"""

import re
from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.bcd import decode_digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.flat.rows import ACCESS, CALLED, COLLECTED, COLLECTED_DIGITS
from ain_scp.signaling.flat.walk import Flat
from ain_scp.terms.dialed import EMERGENCY_NUMBER, EMERGENCY_TEST_NUMBER, emergency_sent

_COLLECTED_ADDRESS: Final = 0x96
_COLLECTED_DIGITS: Final = 0x97
_CALLED_PARTY: Final = 0x8F
_ACCESS_CODE: Final = 0x81
EMERGENCY: Final = frozenset((EMERGENCY_NUMBER, EMERGENCY_TEST_NUMBER))

_ENDS_IN_1: Final = b"[" + b"".join(b"\\x%02x" % (high << 4 | 1) for high in range(16)) + b"]"
_ENDS_IN_3: Final = b"[" + b"".join(b"\\x%02x" % (high << 4 | 3) for high in range(16)) + b"]"
_MAY_BE_EMERGENCY: Final = re.compile(
    rb"\x19" + _ENDS_IN_1 + rb"|\x39" + _ENDS_IN_3 + rb"|[\x90-\x9f][\x11\x33]"
    rb"|[\x8f\x96\x97](?:.{3}\x11|[\x02\x03]..(?:" + _ENDS_IN_1 + rb")?)",
    re.DOTALL,
)
"""911 or 933 in a digit string, in either nibble alignment and with any filler; 11, 1 or nothing after an access code."""
_IS_QUERY: Final = re.compile(rb"[\xe2\xe3](?:[\x00-\x7f]|\x81.|\x82..)\xc7\x04", re.DOTALL)

LEAST_BEFORE_DIGITS: Final = 40
"""Octets of M3UA, SCCP and TCAP before any digits dialed."""
_FIRST_OF_EMERGENCY: Final = frozenset(
    (b"", b"\x19", b"\x39", b"\x90", b"\x91", b"\x30", b"\x31", b"\x11", b"\x01", b"\xc1", b"\x00", b"\x99")
)
"""The first two digits dialed (91, 93, 09, 19, 03, 13, 11, 10, 00, 99, or 1 and a filler) of whatever may be an emergency call."""

HOT_LEAST: Final = 20
HOT_FACTOR: Final = 8
HOT_SHARE: Final = 0.1


def code_of(argument: bytes) -> str:
    """The digits called in a query's argument, found without decoding the rest; "" when there are none.

    An emergency call's are 911 (or the test number 933), however it was dialed.
    """
    access = called = ""
    at, end = 0, len(argument)
    try:
        while at < end:
            tag, start, at = ber.header(argument, at, end)
            if tag == _ACCESS_CODE:
                access = decode_digits(argument[start:at]).digits
            elif tag in (_COLLECTED_ADDRESS, _COLLECTED_DIGITS, _CALLED_PARTY):
                digits = decode_digits(argument[start:at]).digits
                if tag == _COLLECTED_ADDRESS:
                    called = digits
                    break
                called = called or digits
    except DecodeError:
        pass
    return emergency_sent(access or None, called) or called


def called_code(flat: Flat) -> str:
    """The same of a message that was walked."""
    called = flat.digits_at(COLLECTED)
    if called is None:
        by_number, keyed = flat.digits_at(CALLED), flat.digits_at(COLLECTED_DIGITS)
        called = (
            by_number or keyed or ""
            if flat.at[CALLED] < flat.at[COLLECTED_DIGITS]
            else keyed or by_number or ""
        )
    return emergency_sent(flat.digits_at(ACCESS) or None, called) or called


def is_emergency(code: str) -> bool:
    """Whether a code (`code_of`) is that of an emergency call."""
    return code in EMERGENCY


def may_be_shed_unread(octets: bytes) -> bool:
    """Whether octets look like a query that is surely no emergency call; dialogues and all else are always read."""
    if _IS_QUERY.search(octets) is None:
        return False
    at = octets.find(_COLLECTED_ADDRESS, LEAST_BEFORE_DIGITS)
    if at < 0:
        return _MAY_BE_EMERGENCY.search(octets) is None
    while at >= 0:
        if octets[at + 4 : at + 5] in _FIRST_OF_EMERGENCY or octets[at + 1 : at + 2] <= b"\x02":
            return _MAY_BE_EMERGENCY.search(octets) is None
        at = octets.find(_COLLECTED_ADDRESS, at + 1)
    return True


class CodeCounts:
    """Queries per code in this window and the last; finds the one code that is asked about far more than others."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._now: dict[str, int] = {}
        self._total = 0
        self._hot: frozenset[str] = frozenset()

    def count(self, code: str) -> None:
        """Count one query."""
        self._total += 1
        if code in self._now or len(self._now) < self._capacity:
            self._now[code] = self._now.get(code, 0) + 1

    def is_hot(self, code: str) -> bool:
        """Whether this code gets the focused control: hot in the last window, or already in this one."""
        return code in self._hot or self._stands_out(code)

    def roll(self) -> None:
        """Begin a new window."""
        self._hot = frozenset(code for code in self._now if self._stands_out(code))
        self._now.clear()
        self._total = 0

    def _stands_out(self, code: str) -> bool:
        count = self._now.get(code, 0)
        if count < HOT_LEAST or count < self._total * HOT_SHARE or not code:
            return False
        others = len(self._now) - 1
        return others <= 0 or count * others >= HOT_FACTOR * (self._total - count)


class Demand:
    """Queries per second each (peer, code) would send without a control: what the gaps are computed from."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._count: dict[tuple[int, str], int] = {}
        self._rate: dict[tuple[int, str], float] = {}

    def count(self, peer: int, code: str) -> None:
        """Count one query."""
        key = (peer, code)
        if key in self._count or len(self._count) < self._capacity:
            self._count[key] = self._count.get(key, 0) + 1

    def rate(self, peer: int, code: str) -> float:
        """The estimate, or without one what this window has shown already."""
        key = (peer, code)
        known = self._rate.get(key)
        return max(float(self._count.get(key, 0)) if known is None else known, 0.1)

    def roll(
        self, seconds: float, gaps_s: dict[tuple[int, str], float], unsteady: set[tuple[int, str]]
    ) -> None:
        """End a window; under a gap g a demand d shows as d / (1 + d g), which is undone here.

        What was seen while a gap changed (`unsteady`) says nothing.
        """
        for key, count in self._count.items():
            if key in unsteady:
                continue
            seen = count / seconds
            gap = gaps_s.get(key, 0.0)
            wanted = seen / (1 - min(seen * gap, 0.9))
            before = self._rate.get(key)
            weight = 0.1 if gap else 0.5
            self._rate[key] = wanted if before is None else before + weight * (wanted - before)
        for key in list(self._rate):
            if key not in self._count and key not in gaps_s and key not in unsteady:
                del self._rate[key]
        self._count.clear()
