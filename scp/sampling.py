"""s216: the SCP's samples for Virtual SMDR, from its queries and from termination notifications.

The attempt is sampled before the answer is sent (AMB-81), the completion when the switch tells the end; a refused call has
both at once. Times are local milliseconds.

Source: A-240..A-244, A-255, A-256, AMB-24, AMB-62, AMB-66, AMB-70, AMB-75, AMB-81.
"""

from typing import Final

from smdr.sample import AttemptSample, CompletionSample, Sample, blocked, identifier_of
from terms.decision import Decision

MS_NS: Final = 1_000_000
TENTH_MS: Final = 100

STATUS_OF_INDICATOR: Final = ("COMPLETED", "BUSY", "NO_ANSWER", "ABANDONED", "FAILED")
"""Final status by terminationIndicator octet; any other octet is FAILED. Coding of this simulator, unconfirmed."""


def samples_of(decision: Decision, echo: bytes, now: int, scp: str) -> tuple[Sample, ...]:
    """The attempt of a sampled decision, and its completion when the call is refused."""
    attempt = AttemptSample(
        identifier=identifier_of(echo),
        customer_group=decision.customer,
        calling=decision.calling_party or "",
        called=decision.response_called_party_id or decision.called_number or "",
        start_ms=now // MS_NS,
        original_called=decision.response_original_called_party_id,
        scp=scp,
    )
    if decision.response_type == "SEND_TO_RESOURCE":
        return attempt, blocked(attempt, decision.announcement or "")
    return (attempt,)


def completion_of(
    echo: bytes, indicator: int, connect_tenths: int | None, now: int, scp: str
) -> CompletionSample:
    """The completion that a TerminationNotification tells: end = its arrival, connect = end less the connect time."""
    end = now // MS_NS
    known = indicator < len(STATUS_OF_INDICATOR)
    return CompletionSample(
        identifier=identifier_of(echo),
        status=STATUS_OF_INDICATOR[indicator] if known else "FAILED",
        end_ms=end,
        connect_ms=None if connect_tenths is None else end - connect_tenths * TENTH_MS,
        scp=scp,
    )
