"""The bands of one scheme: which one holds at a moment, and until when.

A boundary belongs to the later band; a day ends at 24:00. A scheme with an H row uses its H rows alone on a holiday, one
without knows no holidays. Moments are milliseconds of the originating location's own calendar.

Source: charging design 3.3, 8.2; B3-008, BAMB-10.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, final

from ain_scp.provisioning.rows_charging import BandRow
from ain_scp.terms.units import DAY_MS, MINUTE_MS

HOLIDAY: Final = 7
"""The day of the week that a holiday is, after Monday (0) to Sunday (6)."""

_DAYS: Final = "1234567H"


@final
class BandScheme:
    """One scheme of `bands.csv`, compiled; `bands` are its names in file order."""

    __slots__ = ("_holidays", "_names", "_starts", "bands", "name")

    def __init__(self, name: str, rows: Iterable[BandRow], holidays: frozenset[int]) -> None:
        rows = tuple(rows)
        self.name = name
        self.bands = tuple(dict.fromkeys(row.band for row in rows))
        self._holidays = holidays if any("H" in row.days for row in rows) else frozenset()
        self._starts: list[list[int]] = []
        self._names: list[list[str]] = []
        for day in _DAYS:
            ordered = sorted((row.start * MINUTE_MS, row.band) for row in rows if day in row.days)
            self._starts.append([start for start, _ in ordered])
            self._names.append([band for _, band in ordered])

    def band(self, at_ms: int) -> str:
        """Name the band that holds at a moment."""
        day, within = divmod(at_ms, DAY_MS)
        kind = self._kind(day)
        return self._names[kind][bisect_right(self._starts[kind], within) - 1]

    def until(self, at_ms: int) -> int:
        """Give the moment at which the next row of the scheme begins: the band may change then, and not before."""
        day, within = divmod(at_ms, DAY_MS)
        starts = self._starts[self._kind(day)]
        place = bisect_right(starts, within)
        return day * DAY_MS + (starts[place] if place < len(starts) else DAY_MS)

    def band_on(self, weekday: int, holiday: bool, minute: int) -> str:
        """Name the band at a minute of a day of the week (Monday = 0), or of a holiday on one."""
        kind = HOLIDAY if holiday and self._holidays else weekday
        return self._names[kind][bisect_right(self._starts[kind], minute * MINUTE_MS) - 1]

    def starts_on(self, weekday: int, holiday: bool) -> list[int]:
        """The minutes at which rows of such a day begin."""
        kind = HOLIDAY if holiday and self._holidays else weekday
        return [start // MINUTE_MS for start in self._starts[kind]]

    def _kind(self, day: int) -> int:
        return HOLIDAY if day in self._holidays else (day + 3) % 7
