"""Gaps in the numbers that a PBX gives its records or calls: what it dropped, or what somebody took out.

Records come in the order in which calls end, so a number may come late: it is missing once so many records have come without it.
A number far away begins a new count (a restart, a wrap), and so does one that goes back beyond what is remembered.

Source: C-010.
"""

from collections import deque
from typing import Final

LATE: Final = 500
"""Records within which a number may still come."""
FAR: Final = 200


class Gaps:
    """The numbers of one source."""

    def __init__(self) -> None:
        self.missing = 0
        self._last: int | None = None
        self._taken = 0
        self._awaited: dict[int, None] = {}
        self._until: deque[tuple[int, int]] = deque()

    def take(self, number: int) -> None:
        """A record's number, in the order in which records come."""
        self._taken += 1
        if self._last is None or abs(number - self._last) > FAR:
            self._last = number
            return
        if number > self._last:
            for one in range(self._last + 1, number):
                self._awaited[one] = None
                self._until.append((self._taken + LATE, one))
            self._last = number
        else:
            self._awaited.pop(number, None)
        while self._until and self._until[0][0] <= self._taken:
            _end, one = self._until.popleft()
            if one in self._awaited:
                del self._awaited[one]
                self.missing += 1
