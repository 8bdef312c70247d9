"""Rows with keys and effective dates: the first key that matches, at its latest version in effect.

The rows in file order form keys; rows of one key with different dates are its versions. A key all of whose versions lie
in the future is passed over. "*" in a key matches everything.

Source: charging design 3.2; A-227.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar, final

from ain_scp.provisioning.rows_charging import ANY

Key = tuple[str, ...]


class Dated(Protocol):
    """A row that holds from a date on."""

    @property
    def effective(self) -> int:
        """Day number from which the row holds."""


D = TypeVar("D", bound=Dated)


@final
class Keyed(Generic[D]):
    """One key: its fields and its versions, the oldest first."""

    __slots__ = ("_dates", "_versions", "key")

    def __init__(self, key: Key, versions: Iterable[D]) -> None:
        self.key = key
        self._versions = sorted(versions, key=lambda row: row.effective)
        self._dates = [row.effective for row in self._versions]

    def at(self, day: int) -> D | None:
        """Give the version in effect on a day; None when all lie in the future."""
        place = bisect_right(self._dates, day)
        return self._versions[place - 1] if place else None


MOST_REMEMBERED = 65_536
LONGEST_REMEMBERED = 384
"""Keys once asked for whose answer is kept, and their characters: words come from outside and need a bound."""


@final
class Versions(Generic[D]):
    """A whole table of keys. Which of them match is looked up once for each key that is asked for."""

    __slots__ = ("_found", "_keys")

    def __init__(self, rows: Iterable[D], key_of: Callable[[D], Key]) -> None:
        by_key: dict[Key, list[D]] = {}
        for row in rows:
            by_key.setdefault(key_of(row), []).append(row)
        self._keys = [Keyed(key, versions) for key, versions in by_key.items()]
        self._found: dict[Key, list[Keyed[D]]] = {}

    def find(self, asked: Key, day: int) -> D | None:
        """Give the row that applies; None when no key matches or none has a version yet."""
        found = self._found.get(asked)
        if found is None:
            found = [one for one in self._keys if _matches(one.key, asked)]
            if len(self._found) < MOST_REMEMBERED and sum(map(len, asked)) <= LONGEST_REMEMBERED:
                self._found[asked] = found
        for keyed in found:
            row = keyed.at(day)
            if row is not None:
                return row
        return None


def _matches(key: Key, asked: Key) -> bool:
    return all(field in (ANY, word) for field, word in zip(key, asked, strict=True))
