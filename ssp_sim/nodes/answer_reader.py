"""What the components of an answer of the service control point say, all together.

Source: ain-wire.md sections 2.2, 4.2, 4.3; A-142, A-262; AMB-70.
"""

from collections import Counter
from typing import Final

import msgspec

from ain_scp.signaling.ain import AinFault, Parameters, Registry, decode_parameters, operation_named
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.tcap import Component, ComponentType, Package
from ain_scp.ssp_sim.nodes.instruction import INSTRUCTIONS, EventRequest, Instruction
from ain_scp.ssp_sim.nodes.queries import event_request

_BESIDE: Final = frozenset({"sendNotification", "requestReportBCMEvent", "acg"})
"""Operations that may stand beside an instruction, or alone."""

_INSTRUCTING: Final = frozenset(
    operation_named(name).code
    for name in ("analyzeRoute", "forwardCall", "sendToResource", "sendNotification")
)


class Reading:
    """One answer: the instruction, echo data, events to report, gap controls, whether the resource must stop.

    `error` is what to report of an answer that cannot be read: the cause, and the operation it was in.
    """

    __slots__ = ("cancels", "echo", "error", "events", "gaps", "instruction")

    def __init__(self, instruction: Instruction | None = None) -> None:
        self.instruction = instruction
        self.echo: bytes | None = None
        self.events: EventRequest | None = None
        self.gaps: list[Parameters] = []
        self.cancels = False
        self.error: tuple[ErrorCause, int] | None = None


def read_answer(package: Package, registry: Registry, counters: Counter[str]) -> Reading:
    """Read every component; a refusal, or one that cannot be read, makes the whole answer a fault."""
    reading = Reading()
    for component in package.components:
        if component.kind in {ComponentType.RETURN_ERROR, ComponentType.REJECT}:
            name = component.kind.name.lower()
            counters[name] += 1
            return Reading(Instruction("FAULT", reason=name.replace("_", " ")))
        if not component.is_invoke:
            continue
        try:
            _invoked(component, reading, registry, counters)
        except AinFault as fault:
            broken = Reading(Instruction("FAULT", reason=str(fault)))
            broken.error = ErrorCause(fault.error_cause), component.code or 0
            broken.gaps = reading.gaps
            return broken
    if reading.instruction is not None and reading.echo is not None:
        reading.instruction = msgspec.structs.replace(reading.instruction, echo=reading.echo)
    return reading


def _invoked(component: Component, reading: Reading, registry: Registry, counters: Counter[str]) -> None:
    operation = registry.operation(component.code or 0)
    if operation is None:
        counters["unknown_operation"] += 1
        return
    read = INSTRUCTIONS.get(operation.name)
    if operation.name == "cancelResourceEvent":
        reading.cancels = True
    elif read is not None:
        reading.instruction = read(decode_parameters(operation, component.parameter or b""))
    elif operation.name not in _BESIDE:
        counters[f"ignored_{operation.name}"] += 1
    else:
        parameters = decode_parameters(operation, component.parameter or b"")
        if operation.name == "sendNotification":
            reading.echo = parameters.octets("echoData") or reading.echo
        elif operation.name == "requestReportBCMEvent":
            reading.events = event_request(parameters)
        else:
            reading.gaps.append(parameters)


def only_instructs(package: Package) -> bool:
    """Whether an answer holds one instruction, to route or to announce, and at most a request for notification."""
    return all(component.is_invoke and component.code in _INSTRUCTING for component in package.components)
