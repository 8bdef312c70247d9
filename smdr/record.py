"""The SMDR record: one per call, joined from its attempt and its completion.

Source: requirements.md section 5.4; A-247, A-248, A-255; AMB-65, AMB-75.
"""

from typing import Final

import msgspec

from ain_scp.smdr.sample import AttemptSample, CompletionSample

INCOMPLETE: Final = "INCOMPLETE"
"""Status of a call whose completion never came."""
NO_ATTEMPT: Final = "INCOMPLETE:NO_ATTEMPT"
"""Status of a completion whose attempt never came: no customer can be named, so only the operator sees it."""


class SmdrRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call.

    `duration_ms` runs from connect to end and is 0 when never connected; `source_records` says how many samples it was
    made of: 2, or 1 while one half is missing.
    """

    identifier: str
    scp: str
    customer_group: str
    calling_party_id: str
    called_party_id: str
    original_called_party_id: str | None
    status: str
    start_ms: int
    connect_ms: int | None
    end_ms: int
    duration_ms: int
    source_records: int

    @property
    def key(self) -> tuple[str, str]:
        """What makes the record one of a kind."""
        return self.scp, self.identifier


def join(attempt: AttemptSample | None, completion: CompletionSample | None) -> SmdrRecord:
    """Make the record of one call from what there is of it; ValueError when there is nothing."""
    half = attempt or completion
    if half is None:
        raise ValueError("neither attempt nor completion")
    connect = None if completion is None else completion.connect_ms
    start = attempt.start_ms if attempt else (connect if connect is not None else _end(completion, 0))
    status = INCOMPLETE
    if completion is not None:
        status = completion.status if attempt else NO_ATTEMPT
    return SmdrRecord(
        identifier=half.identifier,
        scp=half.scp,
        customer_group=attempt.customer_group if attempt else "",
        calling_party_id=attempt.calling if attempt else "",
        called_party_id=attempt.called if attempt else "",
        original_called_party_id=attempt.original_called if attempt else None,
        status=status,
        start_ms=start,
        connect_ms=connect,
        end_ms=_end(completion, start),
        duration_ms=0 if completion is None or connect is None else completion.end_ms - connect,
        source_records=(attempt is not None) + (completion is not None),
    )


def _end(completion: CompletionSample | None, otherwise: int) -> int:
    return otherwise if completion is None else completion.end_ms
