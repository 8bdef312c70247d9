"""The messages of a capture grouped by call, in the form the ladder draws.

A group is a transaction and, joined to it by echo data, the TerminationNotification that reports how its call ended.
Whatever belongs to no transaction of the capture is a group of its own.

Source: D-006, D-007; ain-wire 4.3 (notification).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.describe import describe
from ain_scp.signaling.ain.operations import REGISTRY, Registry
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import format_point_code
from ain_scp.signaling.tcap import Package, decode_package
from ain_scp.ssp_sim.capture.dialogues import Dialogue, Outcome
from ain_scp.ssp_sim.capture.dissect import Message
from ain_scp.ssp_sim.capture.naming import MALFORMED, component_names
from ain_scp.ssp_sim.record import WireMessage

_MAX_WAITING: Final = 100_000  # calls whose notification may still come


class Flow(msgspec.Struct, frozen=True):
    """One call of a capture: its messages by time, `call` being the dialogue's number and transaction ID."""

    call: str
    outcome: Outcome
    messages: tuple[WireMessage, ...]


def wire_message(
    message: Message, call: str, names: Mapping[int, str] | None = None, registry: Registry = REGISTRY
) -> WireMessage:
    """Return a message as the ladder draws it: nodes named by `names` (point code to name) or by point code."""
    known = names if names is not None else {}
    source, destination = (known.get(code) or format_point_code(code) for code in (message.opc, message.dpc))
    name, fields = MALFORMED, tuple[tuple[str, str], ...]()
    try:
        package = decode_package(message.payload)
    except DecodeError as error:
        fields = (("fault", error.reason),)
    else:
        name = " + ".join(component_names(package, registry))
        fields = _fields(package, registry)
    return WireMessage(
        message.frame.number,
        message.frame.time_ns,
        source,
        destination,
        call,
        "AIN" if message.return_cause is None else "SCCP",
        name if message.return_cause is None else f"{message.kind} {name}",
        fields,
        octets=b"" if message.frame.is_mtp3 else message.frame.octets,
    )


def flows(
    dialogues: Iterable[Dialogue], names: Mapping[int, str] | None = None, registry: Registry = REGISTRY
) -> list[Flow]:
    """Group the messages of dialogues by call, in the order of the calls' first messages.

    All groups are held in memory: filter the dialogues first. At most 100,000 calls wait for their notification.
    """
    calls: dict[int, tuple[Dialogue, list[Message]]] = {}
    waiting: dict[bytes, int] = {}
    for dialogue in sorted(dialogues, key=lambda one: one.number):
        number = dialogue.number
        if dialogue.outcome is Outcome.UNIDIRECTIONAL:
            number = _owner(dialogue, waiting, registry)
        if number in calls:
            calls[number][1].extend(dialogue.messages)
            continue
        calls[number] = (dialogue, list(dialogue.messages))
        for echo in _echo_data(dialogue, "sendNotification", registry):
            if len(waiting) < _MAX_WAITING:
                waiting[echo] = number
    return [_flow(dialogue, messages, names, registry) for dialogue, messages in calls.values()]


def _flow(
    dialogue: Dialogue, messages: list[Message], names: Mapping[int, str] | None, registry: Registry
) -> Flow:
    identity = "" if dialogue.transaction_id is None else f" {dialogue.transaction_id:08X}"
    call = f"{dialogue.number}{identity}"
    ordered = sorted(messages, key=lambda message: (message.frame.time_ns, message.frame.number))
    return Flow(call, dialogue.outcome, tuple(wire_message(one, call, names, registry) for one in ordered))


def _owner(dialogue: Dialogue, waiting: dict[bytes, int], registry: Registry) -> int:
    for echo in _echo_data(dialogue, "terminationNotification", registry):
        owner = waiting.pop(echo, None)
        if owner is not None:
            return owner
    return dialogue.number


def _echo_data(dialogue: Dialogue, operation: str, registry: Registry) -> list[bytes]:
    """Return the echo data of all components of one operation."""
    code = registry.named(operation).opcode
    found: list[bytes] = []
    for message in dialogue.messages:
        if code.to_bytes(2, "big") not in message.payload:
            continue
        try:
            for component in decode_package(message.payload).components:
                if component.is_invoke and component.code == code and component.parameter is not None:
                    echo = decode_parameters(registry.named(operation), component.parameter).get("echoData")
                    if isinstance(echo, bytes):
                        found.append(echo)
        except (DecodeError, AinFault):
            continue
    return found


def _fields(package: Package, registry: Registry) -> tuple[tuple[str, str], ...]:
    """Return the parameters of all components, each with its meaning."""
    return tuple(
        (parameter.name, parameter.meaning)
        for component in describe(package, registry).inside
        for group in component.inside
        if group.name == "parameters"
        for parameter in group.inside
    )
