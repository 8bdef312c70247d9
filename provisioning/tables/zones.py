"""The zones of numbers: the longest prefix of `zones.csv` wins.

National numbers are digits; international ones are written with `+`.

Source: charging design 8.4.
"""

from typing import final

from ain_scp.provisioning.rows_charging import ZoneRow
from ain_scp.provisioning.tables.prefix import PrefixTable


@final
class Zones:
    """`zones.csv`, compiled: two tables of prefixes whose entries are rows."""

    __slots__ = ("_foreign", "_national", "_rows")

    def __init__(self, rows: tuple[ZoneRow, ...], national: PrefixTable, foreign: PrefixTable) -> None:
        self._rows = rows
        self._national = national
        self._foreign = foreign

    def row_of(self, number: str) -> ZoneRow | None:
        """Give the row that names the zone of a number; None when no prefix matches."""
        if number.startswith("+"):
            found = self._foreign.longest(number[1:])
        else:
            found = self._national.longest(number)
        return self._rows[found] if found >= 0 else None
