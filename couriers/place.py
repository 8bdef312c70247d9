"""Where a collector runs, and what a run of it did.

Source: C-005, C-011.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from ain_scp.tickets.collector.chain import Link
from ain_scp.tickets.collector.settings import Collector
from ain_scp.tickets.layout.schema import Layout

Trace = Callable[[str, dict[str, object]], None]


class Sealed(msgspec.Struct, frozen=True):
    """A batch sealed in this run."""

    provider: str
    number: int
    first: int
    last: int
    digest: str
    octets: int
    file: str


class Parcel(NamedTuple):
    """A sealed batch to be sent."""

    link: Link
    file: Path


class Result(msgspec.Struct):
    """What a run did. `alarms` name what an operator must see to."""

    read: int = 0
    stored: int = 0
    quarantined: int = 0
    sealed: list[Sealed] = []
    receipted: int = 0
    pending: int = 0
    alarms: list[str] = []

    def alarm(self, text: str) -> None:
        """Name something once."""
        if text not in self.alarms:
            self.alarms.append(text)


class Place(msgspec.Struct, frozen=True):
    """Where a collector runs: its files, its clock, its chance, and what it has to report."""

    base: Path
    root: Path
    settings: Collector
    layouts: Mapping[str, Layout]
    now: Callable[[], datetime]
    chance: Callable[[int], bytes]
    trace: Trace
    result: Result

    @property
    def ms(self) -> int:
        """Milliseconds of the calendar."""
        return int(self.now().timestamp() * 1000)
