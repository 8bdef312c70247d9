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


@final
class Versions(Generic[D]):
    """A whole table of keys. What was once looked up is remembered: there are no more answers than distinct words."""

    __slots__ = ("_found", "_keys", "_words")

    def __init__(self, rows: Iterable[D], key_of: Callable[[D], Key]) -> None:
        by_key: dict[Key, list[D]] = {}
        for row in rows:
            by_key.setdefault(key_of(row), []).append(row)
        self._keys = [Keyed(key, versions) for key, versions in by_key.items()]
        self._words = [frozenset(words) for words in zip(*by_key, strict=True)]
        self._found: dict[Key, list[Keyed[D]]] = {}

    def find(self, asked: Key, day: int) -> D | None:
        """Give the row that applies; None when no key matches or none has a version yet."""
        # Words that no row names are one word: they come from outside, and the memory must have a bound.
        known = tuple(
            [word if word in words else _OTHER for word, words in zip(asked, self._words, strict=False)]
        )
        found = self._found.get(known)
        if found is None:
            found = self._found[known] = [one for one in self._keys if _matches(one.key, known)]
        for keyed in found:
            row = keyed.at(day)
            if row is not None:
                return row
        return None


_OTHER = "\0"


def _matches(key: Key, asked: Key) -> bool:
    return all(field in (ANY, word) for field, word in zip(key, asked, strict=True))
