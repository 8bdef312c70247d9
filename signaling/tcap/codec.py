"""Octets to ANSI TCAP packages and back.

Rules: the structure of the whole message is checked first (`ain_scp.signaling.ber.definite`), so a package that decodes holds no
broken element at any depth; a fault says what to answer (`TcapFault`, with its table); the shortest definite lengths are
written, so a message that uses them comes back octet for octet.

Source: T1.114.3, T1.114.4; ain-wire section 1.
"""

from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap.structs import (
    Component,
    ComponentType,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
)

_PACKAGES: Final = {int(kind): kind for kind in PackageType}
_COMPONENTS: Final = {int(kind): kind for kind in ComponentType}
# octets of transaction ID: originating, responding
_TRANSACTION_IDS: Final = {
    PackageType.UNIDIRECTIONAL: (0, 0),
    PackageType.QUERY_WITH_PERMISSION: (4, 0),
    PackageType.QUERY_WITHOUT_PERMISSION: (4, 0),
    PackageType.RESPONSE: (0, 4),
    PackageType.CONVERSATION_WITH_PERMISSION: (4, 4),
    PackageType.CONVERSATION_WITHOUT_PERMISSION: (4, 4),
    PackageType.ABORT: (0, 4),
}
_DIALOGUE_TAGS: Final = frozenset((0xDA, 0xDB, 0xDC, 0xFD, 0x80, 0x81, 0xA2))
_TRANSACTION_ID: Final = 0xC7
_DIALOGUE: Final = 0xF9
_COMPONENT_SEQUENCE: Final = 0xE8
_COMPONENT_IDS: Final = 0xCF
_P_ABORT_CAUSE: Final = 0xD7
_USER_ABORT_INFORMATION: Final = 0xF8
_PROBLEM: Final = 0xD5
_NATIONAL_CODES: Final = (0xD0, 0xD3)  # operation, error; the private tags are one higher
_PARAMETER_TAGS: Final = (0x30, 0xF0, 0xF2)
_MAX_CODE_OCTETS: Final = 2
_VERSIONS: Final = 0x03  # protocol version bits: T1.114-1996, T1.114-2000


def decode_package(octets: bytes) -> Package:
    """Read one TCAP message; raises TcapFault, and nothing else, for anything that is none."""
    try:
        octets = ber.definite(octets)
        return _package(octets)
    except TcapFault as fault:
        _identify(fault, octets)
        raise
    except DecodeError as error:
        raise _structure_fault(octets, error) from None


def _package(octets: bytes) -> Package:
    """Read a message whose structure is known to be sound."""
    tag, at, end = ber.header(octets, 0, len(octets))
    kind = _PACKAGES.get(tag)
    if kind is None:
        raise TcapFault(0, "unrecognized package type", PAbortCause.UNRECOGNIZED_PACKAGE_TYPE, None)
    own, other = _TRANSACTION_IDS[kind]
    tag, start, at = ber.header(octets, at, end) if at < end else (0, at, at)
    if tag != _TRANSACTION_ID or at - start != own + other:
        raise TcapFault(
            start,
            "transaction ID is missing or of the wrong size",
            PAbortCause.INCORRECT_TRANSACTION_PORTION,
            None,
        )
    originating = int.from_bytes(octets[start : start + 4], "big") if own else None
    responding = int.from_bytes(octets[at - 4 : at], "big") if other else None
    dialogue = user_information = b""
    components: tuple[Component, ...] = ()
    cause: int | None = None
    stage = 0
    while at < end:
        tag, start, at = ber.header(octets, at, end)
        if tag == _COMPONENT_SEQUENCE and stage < 2 and kind is not PackageType.ABORT:
            stage = 2
            components = _component_sequence(octets, start, at)
        elif tag == _DIALOGUE and stage < 1:
            stage = 1
            dialogue = _dialogue(octets, start, at)
        elif tag == _P_ABORT_CAUSE and stage < 2 and kind is PackageType.ABORT:
            stage = 2
            cause = ber.integer(octets[start:at])
        elif tag == _USER_ABORT_INFORMATION and stage < 2 and kind is PackageType.ABORT:
            stage = 2
            user_information = octets[start:at]
        else:
            raise TcapFault(
                start, "element is unknown or out of place", PAbortCause.INCORRECT_TRANSACTION_PORTION, None
            )
    return Package(kind, originating, responding, components, dialogue, cause, user_information)


def _dialogue(octets: bytes, start: int, end: int) -> bytes:
    """Check the dialogue portion and return its contents; AIN 0.1 needs none, so they are kept, not read."""
    for tag, at, stop in ber.children(octets, start, end):
        if tag not in _DIALOGUE_TAGS:
            raise TcapFault(
                at, "dialogue portion element is unknown", PAbortCause.UNRECOGNIZED_DIALOGUE_PORTION_ID, None
            )
        if tag == 0xDA:
            if stop - at != 1:
                raise TcapFault(
                    at,
                    "protocol version is not one octet",
                    PAbortCause.BADLY_STRUCTURED_DIALOGUE_PORTION,
                    None,
                )
            if not octets[at] & _VERSIONS:
                raise TcapFault(
                    at, "protocol version is not known", PAbortCause.INCONSISTENT_DIALOGUE_PORTION, None
                )
    return octets[start:end]


def _component_sequence(octets: bytes, at: int, end: int) -> tuple[Component, ...]:
    """Read the components."""
    if at == end:
        raise _rejected(at, "component sequence is empty", RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION)
    tag, start, stop = ber.header(octets, at, end)
    first = _component(octets, tag, start, stop)
    if stop == end:
        return (first,)
    found = [first]
    while stop < end:
        tag, start, stop = ber.header(octets, stop, end)
        found.append(_component(octets, tag, start, stop))
    return tuple(found)


def _rejected(offset: int, reason: str, problem: RejectProblem, invoke_id: int | None = None) -> TcapFault:
    return TcapFault(offset, reason, None, problem, invoke_id=invoke_id)


def _component(octets: bytes, tag: int, at: int, end: int) -> Component:
    """Read one component's contents: component IDs, then code, then parameter, as its kind has them."""
    kind = _COMPONENTS.get(tag)
    if kind is None:
        raise _rejected(at, "unrecognized component type", RejectProblem.GENERAL_UNRECOGNIZED_COMPONENT_TYPE)
    tag, start, stop = ber.header(octets, at, end) if at < end else (0, at, at)
    if tag != _COMPONENT_IDS:
        raise _rejected(start, "component ID is missing", RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION)
    invoke_id, correlation_id = _component_ids(octets, kind, start, stop)
    named = (
        invoke_id
        if kind is ComponentType.INVOKE_LAST or kind is ComponentType.INVOKE_NOT_LAST
        else correlation_id
    )
    code: int | None = None
    private = True
    if kind is not ComponentType.RETURN_RESULT_LAST and kind is not ComponentType.RETURN_RESULT_NOT_LAST:
        tag, start, stop = ber.header(octets, stop, end) if stop < end else (0, stop, stop)
        if kind is ComponentType.REJECT:
            known = tag == _PROBLEM
            fits = stop - start == 2
        else:
            national = _NATIONAL_CODES[kind is ComponentType.RETURN_ERROR]
            known = tag == national or tag == national + 1
            private = tag != national
            fits = 0 < stop - start <= _MAX_CODE_OCTETS
        if not known:
            raise _rejected(
                start, "code is missing", RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION, named
            )
        if not fits:
            raise _rejected(
                start, "code has an impossible size", RejectProblem.GENERAL_INCORRECT_COMPONENT_CODING, named
            )
        code = int.from_bytes(octets[start:stop], "big")
    parameter: bytes | None = None
    if stop < end:
        tag, start, stop = ber.header(octets, stop, end)
        if tag not in _PARAMETER_TAGS or stop != end:
            raise _rejected(
                start,
                "element is unknown or out of place",
                RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION,
                named,
            )
        parameter = octets[start:stop]
    return Component(kind, invoke_id, correlation_id, code, parameter, private)


def _component_ids(
    octets: bytes, kind: ComponentType, start: int, stop: int
) -> tuple[int | None, int | None]:
    """Read (invoke ID, correlation ID): an Invoke has none, one or both, a Reject at most one, the others one."""
    count = stop - start
    if kind is ComponentType.INVOKE_LAST or kind is ComponentType.INVOKE_NOT_LAST:
        if count <= 2:
            return (octets[start] if count else None), (octets[start + 1] if count == 2 else None)
    elif count == 1:
        return None, octets[start]
    elif count == 0 and kind is ComponentType.REJECT:
        return None, None
    raise _rejected(
        start, "component ID has an impossible size", RejectProblem.GENERAL_INCORRECT_COMPONENT_CODING
    )


def _structure_fault(octets: bytes, error: DecodeError) -> TcapFault:
    """Turn a fault of the encoding into the answer for the portion it is in."""
    if octets and octets[0] not in _PACKAGES:
        fault = TcapFault(0, "unrecognized package type", PAbortCause.UNRECOGNIZED_PACKAGE_TYPE, None)
    elif 0 < _component_portion(octets) <= error.offset:
        fault = _rejected(
            error.offset, error.reason, RejectProblem.GENERAL_BADLY_STRUCTURED_COMPONENT_PORTION
        )
    else:
        fault = TcapFault(error.offset, error.reason, PAbortCause.BADLY_STRUCTURED_TRANSACTION_PORTION, None)
    _identify(fault, octets)
    return fault


def _transaction_id_at(octets: bytes) -> int:
    """Find where the transaction ID element of a message, sound or not, starts; 0 when there is none."""
    at = 2
    if len(octets) > 1 and octets[1] > 0x80:
        at += octets[1] & 0x7F
    return at if octets[at : at + 1] == b"\xc7" else 0


def _component_portion(octets: bytes) -> int:
    """Find where the component sequence's contents start in a message of unsound structure; 0 when not found."""
    at = _transaction_id_at(octets)
    if not at or at + 1 >= len(octets):
        return 0
    at += 2 + octets[at + 1]
    return at + 2 if octets[at : at + 1] == b"\xe8" else 0


def _identify(fault: TcapFault, octets: bytes) -> None:
    """Fill in the transaction IDs of a message that could not be read, as far as they can be."""
    at = _transaction_id_at(octets)
    if not at or at + 1 >= len(octets):
        return
    size = octets[at + 1]
    found = octets[at + 2 : at + 2 + size]
    if len(found) != size:
        return
    answerable = octets[0] not in (PackageType.RESPONSE, PackageType.ABORT)
    if size == 8 or (size == 4 and answerable):
        fault.originating = int.from_bytes(found[:4], "big")
    if size == 8 or (size == 4 and not answerable):
        fault.responding = int.from_bytes(found[-4:], "big")


def encode_package(package: Package) -> bytes:
    """Write one TCAP message; raises ValueError for a record no message can carry."""
    kind = package.kind
    own, other = _TRANSACTION_IDS[kind]
    ids = b""
    if own:
        ids = _transaction_octets(package.originating)
    if other:
        ids += _transaction_octets(package.responding)
    body = b"\xc7" + ber.length(len(ids)) + ids
    if package.dialogue:
        body += ber.element(b"\xf9", package.dialogue)
    if kind is PackageType.ABORT:
        if package.p_abort_cause is not None:
            body += ber.element(b"\xd7", ber.integer_contents(package.p_abort_cause))
        elif package.user_information:
            body += ber.element(b"\xf8", package.user_information)
    elif package.components:
        body += ber.element(b"\xe8", b"".join([_component_octets(one) for one in package.components]))
    return ber.element(ber.identifier(kind), body)


def _transaction_octets(number: int | None) -> bytes:
    if number is None or not 0 <= number <= 0xFFFFFFFF:
        message = "expected a transaction ID of 32 bits"
        raise ValueError(message)
    return number.to_bytes(4, "big")


def _component_octets(component: Component) -> bytes:
    """Write one component."""
    kind = component.kind
    first = component.invoke_id
    second = component.correlation_id
    if kind is not ComponentType.INVOKE_LAST and kind is not ComponentType.INVOKE_NOT_LAST:
        first, second = second, None
    elif first is None and second is not None:
        message = "a correlation ID needs an invoke ID before it"
        raise ValueError(message)
    if first is None:
        if kind in _WITH_COMPONENT_ID:
            message = "a return result or return error names the invoke it answers"
            raise ValueError(message)
        body = b"\xcf\x00"
    elif second is None:
        body = b"\xcf\x01" + bytes((first,))
    else:
        body = b"\xcf\x02" + bytes((first, second))
    code = component.code
    if kind in _CODE_TAGS:
        if code is None or not 0 <= code <= 0xFFFF:
            message = "expected a code of at most two octets"
            raise ValueError(message)
        size = 2 if code > 0xFF or kind is ComponentType.REJECT else 1
        tag = _CODE_TAGS[kind]
        if not component.private and kind is not ComponentType.REJECT:
            tag -= 1
        body += bytes((tag, size)) + code.to_bytes(size, "big")
    elif code is not None:
        message = "a return result has no code"
        raise ValueError(message)
    if component.parameter is not None:
        body += ber.element(b"\xf0" if kind is ComponentType.REJECT else b"\x30", component.parameter)
    return ber.element(ber.identifier(kind), body)


_CODE_TAGS: Final = {
    ComponentType.INVOKE_LAST: 0xD1,
    ComponentType.INVOKE_NOT_LAST: 0xD1,
    ComponentType.RETURN_ERROR: 0xD4,
    ComponentType.REJECT: _PROBLEM,
}
_WITH_COMPONENT_ID: Final = frozenset(
    (ComponentType.RETURN_RESULT_LAST, ComponentType.RETURN_RESULT_NOT_LAST, ComponentType.RETURN_ERROR)
)
