"""Contents octets of an AIN argument, result or error to Parameters and back.

Rules: parameters stand in the order of the operation's row, each once; a parameter the operation does not have is kept,
tag and contents, in its place; sizes and limits are enforced both ways. A message in this form, with shortest lengths and
integers, comes back octet for octet.

Source: ain-wire sections 0, 2, 3.
"""

from collections.abc import Mapping
from typing import NoReturn

from ain_scp.signaling import ber
from ain_scp.signaling.ain.messages import LIST_TAG, Message, Parameters, Unknown
from ain_scp.signaling.ain.structures import AinFault, Value
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.errors import DecodeError


def decode_parameters(message: Message, contents: bytes) -> Parameters:
    """Read the contents of a parameter sequence.

    `message` is an Operation, its `result`, or an error. Raises AinFault: missingConditionalParameter when a mandatory
    parameter is absent, unexpectedParameterSequence when one is out of order or there twice, erroneousDataValue when its
    octets are not of its type, size or limits. Expects definite lengths, which `decode_package` has made sure of.
    """
    values: dict[str, Value] = {}
    unknown: list[Unknown] = []
    by_tag = message.by_tag
    at = start = position = 0
    last = -1
    end = len(contents)
    name = ""
    try:
        while at < end:
            name = ""
            tag, start, at = ber.header(contents, at, end)
            if tag == LIST_TAG and start < at:
                slot = by_tag.get(LIST_TAG << 8 | contents[start])
            else:
                slot = by_tag.get(tag)
            if slot is None:
                unknown.append(Unknown(tag, contents[start:at], position))
            else:
                name = slot.name
                if slot.index <= last:
                    _out_of_order(start, name)
                last = slot.index
                values[name] = slot.type.decode(contents[start:at])
            position += 1
    except AinFault:
        raise
    except DecodeError as error:
        offset = start + error.offset if name else error.offset
        reason = f"{name}: {error.reason}" if name else error.reason
        raise AinFault(offset, reason, ErrorCause.ERRONEOUS_DATA_VALUE, name) from None
    for names in message.mandatory:
        if names[0] not in values and (len(names) == 1 or not any(one in values for one in names)):
            reason = f"{names[0]} is missing"
            raise AinFault(end, reason, ErrorCause.MISSING_CONDITIONAL_PARAMETER, names[0])
    return Parameters(message, values, tuple(unknown))


def _out_of_order(offset: int, name: str) -> NoReturn:
    reason = f"{name} is out of order or there twice"
    raise AinFault(offset, reason, ErrorCause.UNEXPECTED_PARAMETER_SEQUENCE, name)


def encode_parameters(message: Message, values: Mapping[str, Value] | Parameters) -> bytes:
    """Write the contents of a parameter sequence; unknown parameters of a Parameters go where they were.

    Raises ValueError, naming the parameter, when one is missing, is not one of the message's, or does not fit its type.
    """
    unknown: tuple[Unknown, ...] = ()
    if isinstance(values, Parameters):
        unknown = values.unknown
        values = values.values
    parts: list[bytes] = []
    name = ""
    last = -1
    try:
        for slot in message.slots:
            name = slot.name
            value = values.get(name)
            if value is not None:
                if slot.index == last:
                    _two_alternatives()
                last = slot.index
                parts.append(ber.element(slot.identifier, slot.type.encode(value)))
    except ValueError as error:
        problem = f"{message.name}: {name}: {error}"
        raise ValueError(problem) from None
    if len(parts) != len(values):
        _refuse_foreign(message, values)
    for names in message.mandatory:
        if names[0] not in values and (len(names) == 1 or not any(one in values for one in names)):
            problem = f"{message.name}: {names[0]} is missing"
            raise ValueError(problem)
    for one in unknown:
        parts.insert(one.position, ber.element(ber.identifier(one.tag), one.contents))
    return b"".join(parts)


def _two_alternatives() -> NoReturn:
    problem = "another alternative of the same choice is there"
    raise ValueError(problem)


def _refuse_foreign(message: Message, values: Mapping[str, Value]) -> NoReturn:
    """Name the values that the message has no parameter for."""
    foreign = sorted(name for name, value in values.items() if value is None or message.slot(name) is None)
    problem = f"{message.name}: no such parameter: {', '.join(foreign)}"
    raise ValueError(problem)
