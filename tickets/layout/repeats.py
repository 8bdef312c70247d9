"""Tickets that were printed twice: by the layout's key within 400 days, else the identical line within 7 days.

A quarantined line is no original, and a line whose key fields are all empty has no repeat.

Source: C-014.
"""

from typing import Final

from ain_scp.tickets.call import Record

KEY_S: Final = 400 * 86_400
LINE_S: Final = 7 * 86_400


class Repeats:
    """What one source has shown. Two tickets of the same connection or file with the same line are two calls."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, ...], int] = {}
        self._lines: dict[bytes, tuple[int, str]] = {}

    def seen(self, record: Record, has_key: bool, line: bytes, received: int, origin: str) -> bool:
        """Whether a record was there before; it is remembered if not. `origin`: its connection or file."""
        if has_key:
            return record.repeat is not None and self._by_key(record.repeat, received)
        before = self._lines.get(line)
        if before is not None and before[1] != origin and received - before[0] <= LINE_S:
            return True
        self._lines[line] = (received, origin)
        return False

    def _by_key(self, key: tuple[str, ...], received: int) -> bool:
        before = self._keys.get(key)
        if before is not None and received - before <= KEY_S:
            return True
        self._keys[key] = received
        return False
