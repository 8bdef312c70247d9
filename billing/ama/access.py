"""Originating access billing: intraLATA calls that come from centrex are put through it too.

Source: A-236, [0169], [0170], [0181].
"""

from collections.abc import Iterable, Iterator

import msgspec

from ain_scp.billing.ama.record import SequencedAma


class AccessRecord(msgspec.Struct, frozen=True):
    """One originating access record; times as in the AMA record it was drawn from."""

    ama_sequence: int
    call_id: str
    calling_number: str
    called_number: str
    start_ms: int
    duration_ms: int
    ama_slp_id: str | None


def originating_access(records: Iterable[SequencedAma]) -> Iterator[AccessRecord]:
    """Yield an access record for each answered intraLATA call from a centrex station, flagged or not."""
    for item in records:
        record = item.record
        if (
            record.jurisdiction == "INTRALATA"
            and record.calling_class == "CENTREX"
            and record.answer_ms is not None
        ):
            yield AccessRecord(
                ama_sequence=item.sequence,
                call_id=record.call_id,
                calling_number=record.calling_number,
                called_number=record.called_number,
                start_ms=record.start_ms,
                duration_ms=record.duration_ms,
                ama_slp_id=record.ama_slp_id,
            )
