"""What was printed before: keys of calls, lines, and the places of lines in files that two stores read.

What some lines ask for is looked up together, and what a transaction learns is written together in the order of its places: one by
one, each key would be a page of the database of its own.

Source: C-014.
"""

from collections.abc import Iterable
from typing import Final

from ain_scp.tickets.provider.database import Database, SeenRow

Mark = tuple[int, int]
"""A key as two numbers: its place, and a check of it."""
_HASHED: Final = 47
_DAYS: Final = (1 << 16) - 1


def near(day: int, key: Mark) -> Mark:
    """A key whose place is near those of the same day: what comes together then lies on few pages, however many days there are.

    Without a day (0) it stays where it is, with all its bits.
    """
    if not day:
        return key
    at, mark = key
    return (day & _DAYS) << _HASHED | at >> 63 - _HASHED, mark


class Seen:
    """The keys of one enterprise."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, SeenRow] = {}
        self._new: dict[int, SeenRow] = {}

    def look_up(self, keys: Iterable[Mark]) -> None:
        """Fetch what is known of keys; to be called before `first` is asked for them."""
        places = sorted({at for at, _mark in keys if at not in self._known})
        self._known.update(self._database.seen(places))

    def first(self, key: Mark, received: int, origin: int, position: int) -> SeenRow | None:
        """Note a key; who had it before, or None."""
        at, mark = key
        known = self._known.get(at)
        if known is None:
            self._put(at, (mark, received, origin, position))
            return None
        return known if known[0] == mark else None

    def again(self, key: Mark, received: int, origin: int, position: int) -> None:
        """From now on this one is the original."""
        at, mark = key
        if self._known[at][0] == mark:
            self._put(at, (mark, received, origin, position))

    def _put(self, at: int, row: SeenRow) -> None:
        self._known[at] = self._new[at] = row

    def write(self) -> None:
        """Rows for what is new."""
        self._database.put_seen(sorted(self._new.items()))
        self._known, self._new = {}, {}
