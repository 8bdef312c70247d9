"""What an operator decided of an enterprise, kept beside its journal.

Source: C-013, C-014.
"""

from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files

STATE: Final = "state.json"


class Standing(msgspec.Struct, frozen=True):
    """What an operator decided of an enterprise. `holes`: batches up to this one are missing for good, by store.

    `discarded`: batches left out of the calls, store:number. `released`: repeated lines that count, `dropped`: unread lines
    that are not listed any more, store:sequence.
    """

    suspended: bool = False
    stores: tuple[str, ...] = ()
    closed_stores: tuple[str, ...] = ()
    holes: dict[str, int] = {}
    discarded: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def standing_of(home: Path) -> Standing:
    """What was decided of an enterprise; nothing yet: in good standing."""
    file = home / STATE
    return msgspec.json.decode(file.read_bytes(), type=Standing) if file.exists() else Standing()


def set_standing(home: Path, standing: Standing) -> None:
    """Decide it, durably."""
    files.put(home, STATE, msgspec.json.encode(standing))
