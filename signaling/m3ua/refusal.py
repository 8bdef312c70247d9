"""Which ERR answers a message that is refused.

ERR is never answered. A message of a class or type that is not supported is answered with its first 40 octets, as the
RFC demands; other codes go without, so that an answer is not longer than what caused it.

Source: RFC 4666 clause 3.8.1.
"""

from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageKind
from ain_scp.signaling.m3ua.structs import AffectedPointCode, InvalidMessageError, Message

DIAGNOSTIC_OCTETS = 40
_WITH_DIAGNOSTIC = frozenset({ErrorCode.UNSUPPORTED_MESSAGE_CLASS, ErrorCode.UNSUPPORTED_MESSAGE_TYPE})


def error_message(
    code: ErrorCode,
    routing_contexts: tuple[int, ...] = (),
    network_appearance: int | None = None,
    affected_point_codes: tuple[AffectedPointCode, ...] = (),
) -> Message:
    """Return an ERR with the parameters its code needs. Source: RFC 4666 clause 3.8.1."""
    return Message(
        MessageKind.ERR,
        error_code=int(code),
        routing_contexts=routing_contexts,
        network_appearance=network_appearance,
        affected_point_codes=affected_point_codes,
    )


def error_of(error: InvalidMessageError, octets: bytes) -> Message | None:
    """Return the ERR for octets that did not decode; None if they are an ERR themselves."""
    if octets[2:4] == b"\x00\x00":
        return None
    diagnostic = octets[:DIAGNOSTIC_OCTETS] if error.error_code in _WITH_DIAGNOSTIC else None
    return Message(MessageKind.ERR, error_code=int(error.error_code), diagnostic=diagnostic)
