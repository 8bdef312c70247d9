"""Octets with holes: written once by the general codec, cut where they vary, filled in after.

Source: performance.md section 2 (encoding by template and patch).
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, final

from ain_scp.signaling.shapes.known import Place

SWAP: Final = bytes((nibbles & 0x0F) << 4 | nibbles >> 4 for nibbles in range(256))
"""Digits of two in an octet, the low nibble first, to the order they are read in, and back."""


def cut(octets: bytes, places: Iterable[Place]) -> list[bytes] | None:
    """Parts of octets, constants and places in turn, a constant first and last; None when places overlap."""
    bounds = [0, *(bound for place in sorted(places) for bound in place), len(octets)]
    if any(one > other for one, other in pairwise(bounds)):
        return None
    return [octets[one:other] for one, other in pairwise(bounds)]


@final
class Holes:
    """Octets with holes in these places. ValueError when they overlap."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes, places: Iterable[Place]) -> None:
        parts = cut(octets, places)
        if parts is None:
            raise ValueError("places overlap")
        self._octets: Final = b"%b".join([constant.replace(b"%", b"%%") for constant in parts[::2]])

    def fill(self, fields: tuple[bytes, ...]) -> bytes:
        """The octets with these fields, in the order they stand in; as many as there are holes."""
        return self._octets % fields
