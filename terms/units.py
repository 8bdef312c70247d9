"""Units of time: what a second, a minute and a day are in nanoseconds, milliseconds and seconds."""

from typing import Final

MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
SECOND_MS: Final = 1000
MINUTE_MS: Final = 60_000
DAY_S: Final = 86_400
DAY_MS: Final = 86_400_000
