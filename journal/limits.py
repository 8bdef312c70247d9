"""What bounds a journal, and the records it writes together.

Source: reliability.md section 5 (design rule 6).
"""

import msgspec

from ain_scp.journal.segment import MAX_RECORD_OCTETS, RECORD_OCTETS


class Limits(msgspec.Struct, frozen=True):
    """Bounds and watermarks, in octets, records and milliseconds.

    `segment_octets` and `segment_ms` rotate; one record is at most `record_octets`; at most `pending_records` and
    `pending_octets` wait for a commit. Below `low_octets` of free space the journal warns, below `floor_octets` it
    refuses (precedent: reliability.md design rule 6, keep N minutes of records).
    """

    segment_octets: int = 8 << 20
    segment_ms: int = 3_600_000
    record_octets: int = 65_535
    pending_records: int = 20_000
    pending_octets: int = 8 << 20
    low_octets: int = 256 << 20
    floor_octets: int = 64 << 20

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other (ValueError)."""
        if not 0 < self.record_octets <= MAX_RECORD_OCTETS:
            raise ValueError(f"record_octets must be 1..{MAX_RECORD_OCTETS}")
        if self.pending_octets < self.record_octets + RECORD_OCTETS or self.pending_records < 1:
            raise ValueError("pending_octets must hold at least one record")
        if not 0 <= self.floor_octets <= self.low_octets:
            raise ValueError("floor_octets must not exceed low_octets")


class Group(msgspec.Struct, frozen=True):
    """Records taken together for one write: their octets and sequence numbers."""

    first: int
    last: int
    octets: bytes
