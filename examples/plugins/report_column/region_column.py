"""Where a call went, in the words of the company: the smallest possible report column."""

from collections.abc import Mapping
from typing import ClassVar


class Region:
    """`region`: the sales region of the destination's area code."""

    name = "region"
    reads = ("destination",)
    regions: ClassVar[dict[str, str]] = {"925": "East Bay", "415": "San Francisco", "212": "New York"}

    def of(self, row: Mapping[str, str | int | None], /) -> str | None:
        """The region, empty for other areas."""
        return self.regions.get(str(row["destination"])[:3])
