"""The shares of chance that queries are given, one each, in order, whichever way answers them.

Source: A-127.
"""

from collections.abc import Callable
from typing import final


@final
class Draws:
    """The shares of chance, one for each query: `peek` looks at the next one, `take` uses it up."""

    __slots__ = ("_draw", "_next")

    def __init__(self, draw: Callable[[], int]) -> None:
        self._draw = draw
        self._next = -1

    def skip(self, count: int) -> None:
        """Use up the draws of queries whose decision does not ask for chance."""
        if count and self._next >= 0:
            self._next = -1
            count -= 1
        draw = self._draw
        for _ in range(count):
            draw()

    def peek(self) -> int:
        """The next query's draw."""
        if self._next < 0:
            self._next = self._draw()
        return self._next

    def take(self) -> int:
        """Use up the draw of one query."""
        if self._next < 0:
            return self._draw()
        number = self._next
        self._next = -1
        return number
