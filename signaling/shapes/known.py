"""What is known of messages by their shape: all their octets but those that vary.

A message is of a known shape when its octets under a mask are those of the message the shape was learned from. The mask has
ones on every octet that says how the message is built or that matters otherwise, and zeros on what varies. So no octet needs
to be looked at twice: one comparison proves what the general codec would find. Who keeps something vouches for that.

Limits: `masks` masks of one length; `most` shapes, then the one kept first leaves.

Source: performance.md section 2 ("The known-shape trick").
"""

from collections.abc import Iterable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
Place = tuple[int, int]
"""From, until (excluded)."""


class Known(Generic[T]):
    """What is known of each shape, by length, mask, and octets under it.

    Compiled where there is a compiler, so only classes of compiled modules can inherit from it.
    """

    def __init__(self, masks: int, most: int) -> None:
        self.by_length: Final[dict[int, list[tuple[int, dict[int, T]]]]] = {}
        self._masks: Final = masks
        self._most: Final = most
        self._order: Final[dict[tuple[int, int, int], None]] = {}

    def __len__(self) -> int:
        return len(self._order)

    def find(self, octets: bytes) -> T | None:
        """What is known of messages of this shape, or None."""
        groups = self.by_length.get(len(octets))
        if groups is None:
            return None
        number = int.from_bytes(octets, "big")
        for mask, shapes in groups:
            known = shapes.get(number & mask)
            if known is not None:
                return known
        return None

    def keep(self, octets: bytes, mask: int, known: T) -> T | None:
        """Know messages of the shape of this one; what was known of it before stays. Returns that, None without room."""
        size = len(octets)
        groups = self.by_length.setdefault(size, [])
        shapes = next((shapes for one, shapes in groups if one == mask), None)
        if shapes is None:
            if len(groups) >= self._masks:
                return None
            shapes = {}
            groups.append((mask, shapes))
        want = int.from_bytes(octets, "big") & mask
        kept = shapes.setdefault(want, known)
        self._order[size, mask, want] = None
        if len(self._order) > self._most:
            self._forget(next(iter(self._order)))
        return kept

    def every(self) -> list[T]:
        """What is known of every shape."""
        groups = [group for one in self.by_length.values() for group in one]
        return [known for _, shapes in groups for known in shapes.values()]

    def clear(self) -> None:
        """Forget all."""
        self.by_length.clear()
        self._order.clear()

    def _forget(self, oldest: tuple[int, int, int]) -> None:
        size, mask, want = oldest
        del self._order[oldest]
        groups = self.by_length[size]
        for index, (one, shapes) in enumerate(groups):
            if one == mask:
                del shapes[want]
                if not shapes:
                    del groups[index]
                break
        if not groups:
            del self.by_length[size]


def mask_of(size: int, varying: Iterable[Place]) -> int:
    """The mask of a message of some octets, of which those in these places vary."""
    mask = bytearray(b"\xff" * size)
    for start, until in varying:
        mask[start:until] = bytes(until - start)
    return int.from_bytes(mask, "big")


def only(octets: bytes, head: bytes, part: bytes) -> Place | None:
    """Where a part stands that follows a head; None when both together stand nowhere or more than once."""
    whole = head + part
    at = octets.find(whole)
    if at < 0 or octets.find(whole, at + 1) >= 0:
        return None
    return at + len(head), at + len(whole)
