"""The JSON that `ain ticket` prints of a run's own results; needs what a run needs (cryptography).

Source: interfaces.md section 1 (`--json`); C-004, C-015.
"""

import msgspec

from ain_scp.couriers.collector_run import Pending
from ain_scp.couriers.key_files import Shown


class PendingForm(msgspec.Struct, frozen=True):
    """How far each provider is."""

    providers: list[Pending]


class KeysForm(msgspec.Struct, frozen=True):
    """Every certificate that the settings name."""

    certificates: list[Shown]
