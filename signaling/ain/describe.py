"""What a TCAP package says, as a tree of names and meanings down to every AIN parameter.

The tree is made from the same tables that encode and decode; nothing is left out: a parameter the operation does not
have, or whose octets do not fit, is shown with its octets.

Source: ain-wire sections 1-3.
"""

from typing import Final

import msgspec

from ain_scp.signaling import ber
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.messages import Message, Operation, Parameters
from ain_scp.signaling.ain.operations import ERRORS, NAMED_OPCODES, REGISTRY, Registry
from ain_scp.signaling.ain.parameter_types import shown
from ain_scp.signaling.ain.parameters import NAMES, PARAMETERS
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap.structs import Component, ComponentType, PAbortCause, Package, RejectProblem


class Line(msgspec.Struct, frozen=True):
    """One line of a description, and the lines inside it."""

    name: str
    meaning: str
    inside: tuple["Line", ...] = ()


def describe(package: Package, registry: Registry = REGISTRY) -> Line:
    """Say what a package holds; never fails on a package that decoded."""
    lines: list[Line] = []
    if package.originating is not None:
        lines.append(Line("originating transaction ID", f"{package.originating:08X}"))
    if package.responding is not None:
        lines.append(Line("responding transaction ID", f"{package.responding:08X}"))
    if package.dialogue:
        lines.append(Line("dialogue portion", shown(package.dialogue)))
    if package.p_abort_cause is not None:
        lines.append(Line("P-abort cause", _named(package.p_abort_cause, _P_ABORT_CAUSES)))
    if package.user_information:
        lines.append(Line("user abort information", shown(package.user_information)))
    lines.extend(_component(one, registry) for one in package.components)
    summary = ", ".join(line.meaning.partition(" (")[0] for line in lines if line.inside)
    return Line(_words(package.kind.name), summary, tuple(lines))


def text(line: Line, indent: int = 0) -> str:
    """Write a description as indented text, one line each."""
    own = f"{'  ' * indent}{line.name}{': ' if line.meaning else ''}{line.meaning}"
    return "\n".join([own, *(text(one, indent + 1) for one in line.inside)])


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


_P_ABORT_CAUSES: Final = {int(one): _words(one.name) for one in PAbortCause}
_PROBLEMS: Final = {int(one): _words(one.name) for one in RejectProblem}


def _named(number: int, names: dict[int, str]) -> str:
    return f"{number} {names.get(number, '(not in the table)')}"


def _component(component: Component, registry: Registry) -> Line:
    """Describe one component."""
    lines: list[Line] = []
    if component.invoke_id is not None:
        lines.append(Line("invoke ID", str(component.invoke_id)))
    if component.correlation_id is not None:
        lines.append(Line("correlation ID", str(component.correlation_id)))
    meaning, message = _code(component, registry)
    if component.parameter is not None:
        lines.append(Line("parameters", "", tuple(_parameters(component.parameter, message))))
    return Line(_words(component.kind.name), meaning, tuple(lines))


def _code(component: Component, registry: Registry) -> tuple[str, Message | None]:
    """Say what a component's code means, and which message its parameters follow, if known."""
    code = component.code
    if code is None:
        return "", None
    if component.kind is ComponentType.REJECT:
        return f"{code:04X} {_PROBLEMS.get(code, '(not in the table)')}", None
    if not component.private:
        return f"national code {code}", None
    if component.kind is ComponentType.RETURN_ERROR:
        error = ERRORS.get(code)
        return (f"{error.name} (private {code})" if error else f"private error {code}"), error
    operation = registry.operation(code)
    if operation is not None:
        return f"{operation.name} (private {code}{_doubt(operation)})", operation
    return f"{NAMED_OPCODES.get(code, 'unknown operation')} (private {code})", None


def _doubt(operation: Operation) -> str:
    return ", unconfirmed" if operation.unconfirmed else ""


def _parameters(contents: bytes, message: Message | None) -> list[Line]:
    """Describe the parameters of a component, by its message when it has a known one and keeps to it."""
    if message is None:
        return _loose(contents)
    try:
        parameters = decode_parameters(message, contents)
    except AinFault as fault:
        return [*_loose(contents), Line("fault", f"{_words(fault.error_cause.name)}: {fault.reason}")]
    return _known(message, parameters)


def _known(message: Message, parameters: Parameters) -> list[Line]:
    """Describe decoded parameters in wire order."""
    lines: list[Line] = []
    for slot in message.slots:
        value = parameters.get(slot.name)
        if value is not None:
            lines.append(Line(slot.name, slot.type.meaning(value)))
    for one in parameters.unknown:
        named = _one(one.tag, one.contents)
        lines.insert(one.position, Line(named.name, f"{named.meaning} (not a parameter of {message.name})"))
    return lines


def _loose(contents: bytes) -> list[Line]:
    """Describe whatever elements there are, each by its tag alone."""
    lines: list[Line] = []
    at = 0
    while at < len(contents):
        try:
            tag, start, stop = ber.header(contents, at, len(contents))
        except DecodeError as error:
            lines.append(Line("octets", f"{shown(contents[at:])} ({error.reason})"))
            break
        lines.append(_one(tag, contents[start:stop]))
        at = stop
    return lines


def _one(tag: int, contents: bytes) -> Line:
    """Describe one element by its tag: a parameter of AIN, or octets."""
    name = NAMES.get(tag)
    if name is None:
        return Line(f"unknown parameter {tag:02X}", shown(contents))
    type_ = PARAMETERS[name].type
    try:
        return Line(name, type_.meaning(type_.decode(contents)))
    except DecodeError as error:
        return Line(name, f"{shown(contents)} ({error.reason})")
