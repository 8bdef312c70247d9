"""The structs of M3UA: one flat message, its parts, and the error that refuses one.

Source: RFC 4666 clause 3.
"""

from msgspec import Struct

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.numbers import ErrorCode


class InvalidMessageError(DecodeError):
    """A message to be refused with `error_code`, the code of the RFC's ERR. Source: RFC 4666 clause 3.8.1."""

    def __init__(self, offset: int, reason: str, error_code: ErrorCode) -> None:
        super().__init__(offset, "m3ua", reason)
        self.error_code = error_code


class ProtocolData(Struct, frozen=True):
    """One MTP3 user message; point codes 24 bits, `sls` 0-255. Source: RFC 4666 clause 3.3.1."""

    opc: int
    dpc: int
    si: int
    ni: int
    mp: int
    sls: int
    payload: bytes


class AffectedPointCode(Struct, frozen=True):
    """A destination, or the `mask` low bits' worth of destinations. Source: RFC 4666 clause 3.4.1."""

    point_code: int
    mask: int = 0


class RegistrationResult(Struct, frozen=True):
    """The answer to one routing key of REG REQ. Source: RFC 4666 clause 3.6.2."""

    local_routing_key_id: int
    status: int
    routing_context: int


class DeregistrationResult(Struct, frozen=True):
    """The answer to one routing context of DEREG REQ. Source: RFC 4666 clause 3.6.4."""

    routing_context: int
    status: int


class RoutingKey(Struct, frozen=True):
    """What an ASP wants to serve: its own number for it and the raw parameters. Source: RFC 4666 clause 3.6.1."""

    local_routing_key_id: int
    parameters: tuple[tuple[int, bytes], ...] = ()


class Message(Struct, frozen=True):
    """Any M3UA message; absent parameters are None or empty, numbers unknown to the RFC stay numbers.

    `kind` is class * 256 + type (MessageKind). `status` is (type, information), `user_cause` (cause, user).
    Source: RFC 4666 clauses 3.3-3.8.
    """

    kind: int
    protocol_data: ProtocolData | None = None
    routing_contexts: tuple[int, ...] = ()
    network_appearance: int | None = None
    correlation_id: int | None = None
    traffic_mode: int | None = None
    status: tuple[int, int] | None = None
    error_code: int | None = None
    asp_identifier: int | None = None
    affected_point_codes: tuple[AffectedPointCode, ...] = ()
    user_cause: tuple[int, int] | None = None
    congestion_level: int | None = None
    concerned_destination: int | None = None
    heartbeat: bytes | None = None
    routing_keys: tuple[RoutingKey, ...] = ()
    registration_results: tuple[RegistrationResult, ...] = ()
    deregistration_results: tuple[DeregistrationResult, ...] = ()
    diagnostic: bytes | None = None
    info_string: bytes | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()

    @property
    def message_type(self) -> int:
        """The type octet."""
        return self.kind & 0xFF
