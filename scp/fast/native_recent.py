"""`Recent` in the style that compiles best: what `recent` keeps in objects stands here in arrays.

Answers are written one after the other into one of two logs, the young generation's and the old one's, and a generation
goes by emptying its log: no object is made for a query and none is freed. Entries are numbered as they come; a chain leads
from the newest entry of a bucket to the ones before it, and ends where the numbers of the old generation end, so no entry
is ever taken out of a chain.

Source: A-264, reliability section 3.3 and target D5; chains as in zlib's window.
"""

import os
from typing import Final, final

from librt.strings import BytesWriter, read_i64_le
from librt.vecs import vec
from mypy_extensions import i64, u8

from ain_scp.scp.fast.int_map import cells
from ain_scp.scp.fast.recent import Kept

_BUCKETS: Final = 1 << 16
_SPARE: Final = 1 << 13
"""Entries beyond the capacity: a batch may end after a generation is full."""
_FIELDS: Final = 5
_KEY: Final = 0
_TIME: Final = 1
_PRINT: Final = 2
_PLACE: Final = 3
_BEFORE: Final = 4
"""Fields of an entry: key, when, fingerprint, where its answer stands (offset and size), the entry before it."""
_SIZE_BITS: Final = 20
_SIZES: Final = (1 << _SIZE_BITS) - 1
_LOW: Final = 0x7FFFFFFF
_PRINTS: Final = (1 << 62) - 1


def _odd(bits: int) -> int:
    """A secret odd number of so many bits."""
    return int.from_bytes(os.urandom(8), "big") % (1 << bits - 1) | 1 << bits - 1 | 1


@final
class NativeRecent:
    """The two generations as logs. A key is read as a native integer of its eight octets."""

    def __init__(self, t1_ns: int, capacity: int) -> None:
        self.forgotten: int = 0
        self._t1_ns: i64 = t1_ns
        self._half: i64 = capacity // 2 if t1_ns > 0 else 0
        places: i64 = _SPARE
        while places < capacity + _SPARE:
            places *= 2
        self._places: i64 = places
        self._entries: vec[i64] = cells(places * _FIELDS, 0)
        self._newest: vec[i64] = cells(_BUCKETS, 0)
        self._young = BytesWriter()
        self._old = BytesWriter()
        self._next: i64 = 1
        self._first_young: i64 = 1
        self._first_old: i64 = 1
        self._since: i64 = 0
        self._first_factor: i64 = _odd(31)
        self._second_factor: i64 = _odd(31)
        self._print_factor: i64 = _odd(61)

    def __len__(self) -> int:
        number = self._first_old
        keys: set[int] = set()
        while number < self._next:
            keys.add(self._entries[(number & (self._places - 1)) * _FIELDS + _KEY])
            number += 1
        return len(keys)

    # By native integers: the innermost part

    def number_of(self, key: i64) -> i64:
        """The number of the newest entry of a key; 0 when there is none."""
        entries = self._entries
        last, oldest = self._places - 1, self._first_old
        number = self._newest[self._bucket(key)]
        while number >= oldest:
            at = (number & last) * _FIELDS
            if entries[at + _KEY] == key:
                return number
            number = entries[at + _BEFORE]
        return 0

    def keep_octets(self, key: i64, now: i64, fingerprint: i64, answer: bytes) -> None:
        """Keep an answer."""
        if 2 * (self._next - self._first_young) >= self._places:
            self._begin(now)
        log, entries = self._young, self._entries
        bucket = self._bucket(key)
        at = (self._next & (self._places - 1)) * _FIELDS
        size: i64 = len(answer)
        entries[at + _KEY] = key
        entries[at + _TIME] = now
        entries[at + _PRINT] = fingerprint
        entries[at + _PLACE] = len(log) << _SIZE_BITS | size
        entries[at + _BEFORE] = self._newest[bucket]
        self._newest[bucket] = self._next
        self._next += 1
        log.write(answer)

    def print_of(self, octets: bytes, start: i64, end: i64) -> i64:
        """The fingerprint of some octets: a polynomial of their words, 62 bits."""
        factor = self._print_factor
        value: i64 = end - start
        at = start
        while at + 8 <= end:
            value = ((value ^ value >> 31) * factor + read_i64_le(octets, at)) & _PRINTS
            at += 8
        while at < end:
            octet: i64 = octets[at]
            value = ((value ^ value >> 31) * factor + octet) & _PRINTS
            at += 1
        return ((value ^ value >> 31) * factor) & _PRINTS

    def _bucket(self, key: i64) -> i64:
        mixed = (key & _LOW) * self._first_factor + (key >> 32 & _LOW) * self._second_factor
        return mixed >> 40 & (_BUCKETS - 1)

    # By octets: all others

    def knows(self, key: bytes) -> bool:
        """Whether a key stands in one of the generations."""
        return self.number_of(read_i64_le(key, 0)) > 0

    def find(self, key: bytes, now: int) -> Kept | None:
        """What is kept under a key and younger than T1."""
        number = self.number_of(read_i64_le(key, 0))
        if number == 0:
            return None
        at = (number & (self._places - 1)) * _FIELDS
        when = self._entries[at + _TIME]
        if now - when >= self._t1_ns:
            return None
        log = self._young if number >= self._first_young else self._old
        place = self._entries[at + _PLACE]
        answer = BytesWriter()
        start, end = place >> _SIZE_BITS, (place >> _SIZE_BITS) + (place & _SIZES)
        while start < end:
            octet: u8 = log[start]
            answer.append(octet)
            start += 1
        return when, self._entries[at + _PRINT], answer.getvalue()

    def keep(self, key: bytes, now: int, package: bytes, answer: bytes) -> None:
        """Keep an answer in the young generation."""
        self.keep_octets(read_i64_le(key, 0), now, self.fingerprint(package), answer)

    def fingerprint(self, package: bytes) -> int:
        """What is kept of a query's TCAP package."""
        return self.print_of(package, 0, len(package))

    def turn(self, now: int) -> None:
        """Begin a new generation if it is time."""
        if self._next - self._first_young >= self._half or now - self._since >= self._t1_ns:
            self._begin(now)

    def _begin(self, now: i64) -> None:
        self.forgotten += self._early(now)
        emptied = self._old
        emptied.truncate(0)
        self._old = self._young
        self._young = emptied
        self._first_old = self._first_young if self._half > 0 else self._next
        self._first_young = self._next
        self._since = now

    def _early(self, now: i64) -> i64:
        """How many of the old generation are younger than T1; they stand in the order of their coming."""
        low, high = self._first_old, self._first_young
        while low < high:
            middle = (low + high) // 2
            if now - self._entries[(middle & (self._places - 1)) * _FIELDS + _TIME] < self._t1_ns:
                high = middle
            else:
                low = middle + 1
        return self._first_young - low
