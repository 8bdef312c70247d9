"""Routing key management with dynamic registration off: every request is refused by its own status.

Source: RFC 4666 clauses 3.6 and 4.4; FS.11 and SIGTRAN attack lists (routing key manipulation).
"""

from collections.abc import Mapping

from ain_scp.signaling.m3ua.numbers import DeregistrationStatus, MessageKind, RegistrationStatus
from ain_scp.signaling.m3ua.sg_tables import RemoteAspState
from ain_scp.signaling.m3ua.structs import DeregistrationResult, Message, RegistrationResult

MAX_KEYS = 16


def refuse_registration(message: Message, states: Mapping[int, RemoteAspState]) -> Message | None:
    """Return the answer that refuses REG REQ or DEREG REQ, or None for a message a gateway does not receive.

    `states` are the routing contexts provisioned for the ASP. A key is never permitted; a context of the ASP cannot be
    given up, and not while it is active. At most 16 keys or contexts are answered. Source: RFC 4666 clause 4.4.1.
    """
    if message.kind == MessageKind.REG_REQ:
        denied = RegistrationStatus.PERMISSION_DENIED
        keys = message.routing_keys[:MAX_KEYS]
        results = tuple(RegistrationResult(key.local_routing_key_id, denied, 0) for key in keys)
        return Message(MessageKind.REG_RSP, registration_results=results)
    if message.kind == MessageKind.DEREG_REQ:
        contexts = message.routing_contexts[:MAX_KEYS]
        refused = tuple(DeregistrationResult(context, _status(states.get(context))) for context in contexts)
        return Message(MessageKind.DEREG_RSP, deregistration_results=refused)
    return None


def _status(state: RemoteAspState | None) -> DeregistrationStatus:
    if state is None:
        return DeregistrationStatus.INVALID_ROUTING_CONTEXT
    active = state is RemoteAspState.ACTIVE
    return DeregistrationStatus.ASP_ACTIVE if active else DeregistrationStatus.PERMISSION_DENIED
