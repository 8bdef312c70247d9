"""Files that were refused, kept with their reasons: strangers must not fill the disk, so beyond a bound they are not kept.

Source: C-012, C-013.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.tickets.names import SettingsError

MOST_FILES: Final = 10_000
MOST_OCTETS: Final = 1 << 30


class Refusal(msgspec.Struct, frozen=True):
    """Why a file is here. `time` is ISO 8601."""

    file: str
    time: str
    reason: str
    octets: int


class RefusedFiles:
    """A directory of them, numbered from 1."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def keep(self, octets: bytes, name: str, reason: str, now: datetime) -> bool:
        """Keep one; False when there is no more room for them."""
        held = list(self._place.glob("*.bin")) if self._place.is_dir() else []
        size = sum(file.stat().st_size for file in held)
        if len(held) >= MOST_FILES or size + len(octets) > MOST_OCTETS:
            return False
        number = max((int(file.stem) for file in held), default=0) + 1
        facts = Refusal(name, now.isoformat(timespec="seconds"), reason, len(octets))
        files.put(self._place, f"{number:05}.bin", octets)
        files.put(self._place, f"{number:05}.json", msgspec.json.encode(facts))
        return True

    def files(self) -> list[dict[str, object]]:
        """All by number, with time, name, size and reason."""
        return [
            {"number": int(file.stem), **msgspec.json.decode(file.read_bytes())}
            for file in sorted(self._place.glob("*.json"))
        ]

    def octets(self, number: int) -> bytes:
        """One as it came; SettingsError when there is none of that number."""
        file = self._place / f"{number:05}.bin"
        if not file.is_file():
            raise SettingsError(f"{number}: no such file in quarantine; ain ticket quarantine lists them")
        return file.read_bytes()

    def drop(self, number: int) -> None:
        """Remove one."""
        self.octets(number)
        for ending in ("json", "bin"):
            (self._place / f"{number:05}.{ending}").unlink(missing_ok=True)
