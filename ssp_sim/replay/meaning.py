"""What an answer means: its operations and their parameters, whatever their order, ids and ways of writing.

Two answers are equal when they carry the same operations with the same parameters. What does not matter: transaction,
invoke and correlation ids; echo data (every SCP counts its own); the order of parameters; how an integer or a length is
written; a parameter that gives the switch what its own query gave the SCP. Unknown parameters are compared octet by octet.

Source: D-006; ain-wire sections 1.3, 2.2, 4.3 (echo data), AMB-70.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from ain_scp.signaling import ber
from ain_scp.signaling.ain.messages import LIST_TAG, Message
from ain_scp.signaling.ain.operations import ERRORS, REGISTRY, operation
from ain_scp.signaling.ain.parameter_types import shown
from ain_scp.signaling.ain.parameters import NAMES, PARAMETERS
from ain_scp.signaling.ain.structures import Value
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import Component, ComponentType, PackageType, RejectProblem, decode_package

NEVER_COMPARED: Final = frozenset({"echoData"})
_GOES_ON: Final = frozenset(
    {PackageType.CONVERSATION_WITH_PERMISSION, PackageType.CONVERSATION_WITHOUT_PERMISSION}
)
_PROBLEMS: Final = {int(one): one.name.lower().replace("_", " ") for one in RejectProblem}


class Meant(msgspec.Struct, frozen=True):
    """One parameter: its value, and the value for people. What does not decode keeps its octets as value."""

    value: Value | bytes | int | None
    text: str


class Part(msgspec.Struct, frozen=True):
    """One component: an operation, an error or a reject by name, and its parameters by name."""

    name: str
    parameters: dict[str, Meant]


class Answer(msgspec.Struct, frozen=True):
    """A package: `package` is "ends", "goes on", "abort", "query", "unidirectional" or "malformed"."""

    package: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The answer in one line."""
        return " + ".join(
            f"{part.name}({', '.join(f'{name}={one.text}' for name, one in part.parameters.items())})"
            for part in self.parts
        )


class Difference(msgspec.Struct, frozen=True):
    """Where two answers differ: the operation, the parameter (or "operation", "package"), and both sides' text.

    `row` is the table row (file:line) that decided ours, when the target could say.
    """

    operation: str
    parameter: str
    expected: str | None
    got: str | None
    row: str = ""


def meaning_of(payload: bytes) -> Answer:
    """Read a TCAP package; never raises: what is none is "malformed" with the fault."""
    try:
        package = decode_package(payload)
    except DecodeError as fault:
        return Answer("malformed", (Part("malformed", {"fault": Meant(fault.reason, fault.reason)}),))
    parts = tuple(_part(component) for component in package.components)
    if package.kind is PackageType.ABORT:
        cause = package.p_abort_cause
        meant = (
            Meant(package.user_information, shown(package.user_information))
            if cause is None
            else Meant(cause, str(cause))
        )
        return Answer("abort", (Part("abort", {"cause": meant}),))
    if package.kind in _GOES_ON:
        return Answer("goes on", parts)
    if package.kind is PackageType.RESPONSE:
        return Answer("ends", parts)
    return Answer("unidirectional" if package.kind is PackageType.UNIDIRECTIONAL else "query", parts)


def _part(component: Component) -> Part:
    code = component.code
    message: Message | None = None
    if component.kind is ComponentType.REJECT:
        return Part(
            "reject", {"problem": Meant(code, f"{code or 0:04X} {_PROBLEMS.get(code or 0, '')}".strip())}
        )
    if component.kind is ComponentType.RETURN_ERROR:
        message = ERRORS.get(code or 0) if component.private else None
        name = message.name if message is not None else f"error {code}"
    elif component.is_invoke:
        message = operation(code or 0) if component.private else None
        name = message.name if message is not None else f"operation {code}"
    else:
        name = "returnResult"
    return Part(name, parameters_of(component.parameter or b"", message))


def parameters_of(contents: bytes, message: Message | None) -> dict[str, Meant]:
    """Read a parameter sequence in any order; one that is there twice is shown with its number."""
    found: dict[str, Meant] = {}
    at = 0
    while at < len(contents):
        try:
            tag, start, stop = ber.header(contents, at, len(contents))
        except DecodeError as fault:
            found["octets"] = Meant(contents[at:], f"{shown(contents[at:])} ({fault.reason})")
            break
        name, meant = _parameter(tag, contents[start:stop], message)
        number = 2
        unique = name
        while unique in found:
            unique = f"{name} #{number}"
            number += 1
        found[unique] = meant
        at = stop
    return found


def _parameter(tag: int, contents: bytes, message: Message | None) -> tuple[str, Meant]:
    slot = None
    if message is not None:
        key = LIST_TAG << 8 | contents[0] if tag == LIST_TAG and contents else tag
        slot = message.by_tag.get(key)
    name = slot.name if slot is not None else NAMES.get(tag)
    if name is None:
        return f"unknown {tag:02X}", Meant(contents, shown(contents))
    type_ = slot.type if slot is not None else PARAMETERS[name].type
    try:
        value = type_.decode(contents)
    except DecodeError as fault:
        return name, Meant(contents, f"{shown(contents)} ({fault.reason})")
    return name, Meant(value, type_.meaning(value))


def is_name(name: str) -> bool:
    """Whether some difference can have this name: a parameter, an operation, an error, "package", an unknown tag."""
    if name in ("package", "cause", "problem", "abort", "reject", "returnResult", "octets"):
        return True
    if name.startswith(("unknown ", "operation ", "error ")):
        return True
    messages = (*REGISTRY.by_name.values(), *ERRORS.values())
    slots = (slot.name for one in messages for slot in one.by_tag.values())
    plain = name.partition(" #")[0]
    return plain in PARAMETERS or plain in slots or any(name == one.name for one in messages)


def differences(
    query: Answer | None, expected: Answer, got: Answer, ignore: Collection[str] = ()
) -> tuple[Difference, ...]:
    """What differs; `ignore` names parameters, operations or "package" that do not count."""
    found: list[Difference] = []
    if expected.package != got.package and "package" not in ignore:
        found.append(Difference("", "package", expected.package, got.package))
    asked = query.parts[0].parameters if query is not None and query.parts else {}
    left = [part for part in got.parts if part.name not in ignore]
    unmatched: list[Part] = []
    for part in expected.parts:
        if part.name in ignore:
            continue
        twin = next((one for one in left if one.name == part.name), None)
        if twin is None:
            unmatched.append(part)
            continue
        left.remove(twin)
        found += _parameters(part, twin, asked, ignore)
    for place in range(max(len(unmatched), len(left))):
        before = unmatched[place].name if place < len(unmatched) else None
        after = left[place].name if place < len(left) else None
        found.append(Difference(before or after or "", "operation", before, after))
    return tuple(found)


def _parameters(
    expected: Part, got: Part, asked: dict[str, Meant], ignore: Collection[str]
) -> list[Difference]:
    found: list[Difference] = []
    for name in expected.parameters | got.parameters:
        before, after = expected.parameters.get(name), got.parameters.get(name)
        if name in ignore or name in NEVER_COMPARED:
            continue
        if before is not None and after is not None:
            equal = before.value == after.value
        else:
            one = before or after
            known = asked.get(name)  # the switch has it already
            equal = one is not None and known is not None and known.value == one.value
        if not equal:
            texts = tuple(None if one is None else one.text for one in (before, after))
            found.append(Difference(expected.name, name, texts[0], texts[1]))
    return found
