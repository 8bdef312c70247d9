"""The JSON that `ain ama` prints: files written, and access records; records and verifications are forms of billing.

Source: interfaces.md section 1 (`--json`).
"""

import msgspec

from ain_scp.ain.ama.files import Written
from ain_scp.billing.ama.access import AccessRecord


class ExportForm(msgspec.Struct, frozen=True):
    """The files that were written."""

    files: list[Written]


class AccessForm(msgspec.Struct, frozen=True):
    """Originating access records."""

    access_records: list[AccessRecord]
