"""The JSON that `ain ticket` prints of a run's own results; needs what a run needs (cryptography).

Source: interfaces.md section 1 (`--json`); C-004, C-015.
"""

import msgspec

from ain_scp.couriers.key_files import Shown
from ain_scp.couriers.status import Status


class PendingForm(Status, frozen=True):
    """How far each provider is, what sources have shown, and alarms."""


class KeysForm(msgspec.Struct, frozen=True):
    """Every certificate that the settings name."""

    certificates: list[Shown]
