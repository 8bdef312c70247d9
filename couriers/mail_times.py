"""When batches may be mailed: four are out at most; then only the oldest again, ever more seldom.

Receipts that are lost for a week must not become a thousand mails.

Source: C-008, C-015.
"""

from collections.abc import Callable
from typing import Final

MOST_OUT: Final = 4
FIRST_RETRY_S: Final = 3600.0
LAST_RETRY_S: Final = 43_200.0


class MailTimes:
    """Of one provider. `now` gives monotonic seconds, `chance` 0 to 1 for the jitter."""

    def __init__(self, now: Callable[[], float], chance: Callable[[], float]) -> None:
        self._now, self._chance = now, chance
        self._out: set[int] = set()
        self._oldest = (0, 0.0, FIRST_RETRY_S)

    def due(self, number: int, unreceipted: list[int], *, force: bool) -> bool:
        """Whether a batch may be mailed now: never sent in this run, fewer than four out; or the oldest, when it is time."""
        now = self._now()
        self._out &= set(unreceipted)
        if number not in self._out:
            return force or len(self._out) < MOST_OUT
        which, due, wait = self._oldest
        if number != unreceipted[0]:
            return False
        if which != number:
            self._oldest = (number, now + wait * (0.5 + self._chance() / 2), FIRST_RETRY_S)
            return False
        if now < due:
            return False
        longer = min(2 * wait, LAST_RETRY_S)
        self._oldest = (number, now + longer * (0.5 + self._chance() / 2), longer)
        return True

    def sent(self, number: int) -> None:
        """A batch is out."""
        self._out.add(number)
