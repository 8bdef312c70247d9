"""The archive of a ledger: its transfers as JSON lines, appended in order, resumed where it stopped.

A crash may leave a torn line or a part of one record: at the next start the last record of the file is written anew.

Source: charging.md 10.5 (Archive), B4-010.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.ain.faults import Trouble
from ain_scp.billing.ledger.export import Posting, json_lines

BEGINS: Final = b'{"sequence":'
"""How each row begins; what the last line holds of a row that was torn begins so, too."""


class _Row(msgspec.Struct):
    sequence: int


class Archive:
    """One archive file; `last` is the record up to which it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.last = self._mend()

    def _mend(self) -> int:
        """Cut the file after the last record that is surely whole; that record's number."""
        if not self._path.exists():
            return 0
        octets = self._path.read_bytes()
        rows = octets[: octets.rfind(b"\n") + 1].splitlines(keepends=True)
        torn = octets[octets.rfind(b"\n") + 1 :]
        try:
            numbers = [msgspec.json.decode(row, type=_Row).sequence for row in rows]
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise self._foreign() from None
        if not BEGINS.startswith(torn[: len(BEGINS)]):
            raise self._foreign()
        whole = [row for row, number in zip(rows, numbers, strict=True) if number < numbers[-1]]
        os.truncate(self._path, sum(map(len, whole)))
        return numbers[len(whole) - 1] if whole else 0

    def _foreign(self) -> Trouble:
        return Trouble(f"--archive {self._path}: holds something else than transfers; name another file")

    def append(self, found: Iterable[Posting], until: int, currency: str, digits: int) -> None:
        """Append the transfers of records up to `until`, durably."""
        wanted = [posting for posting in found if self.last < posting.sequence <= until]
        with self._path.open("ab") as file:
            file.write("".join(json_lines(wanted, currency, digits)).encode())
            file.flush()
            os.fsync(file.fileno())
        self.last = max(until, self.last)
