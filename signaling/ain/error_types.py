"""The constructed types that only timers, extensions and errors use.

Source: ain-wire sections 2.3, 3.2.
"""

from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.ain.constructed_types import UserIDType
from ain_scp.signaling.ain.parameter_types import EnumType, ParameterType, limited, mismatch, misuse, shown
from ain_scp.signaling.ain.structures import (
    ApplicationErrorString,
    ExtensionParameter,
    FailedMessage,
    TimeoutTimer,
    UserID,
    Value,
)
from ain_scp.signaling.ain.values import ErrorCause

_TIME_OCTETS: Final = 7
_MAX_SECONDS: Final = 0xFFFF
_USER_ID: Final = UserIDType()
_ERROR_CAUSE: Final = EnumType(ErrorCause)


class TimeoutTimerType(ParameterType):
    """timeoutTimer, an explicit choice (TimeoutTimer); the seconds' upper limit is unconfirmed."""

    def decode(self, contents: bytes) -> Value:
        """Read the timer."""
        tag, start, stop = ber.header(contents, 0, len(contents))
        if stop != len(contents):
            raise mismatch("a timer is one element")
        if tag == 0x80:
            return TimeoutTimer(0, limited(ber.integer(contents[start:stop]), 0, _MAX_SECONDS))
        if tag in {0x81, 0x82} and stop - start == _TIME_OCTETS:
            return TimeoutTimer(tag - 0x80, 0, contents[start:stop])
        raise mismatch("a timer is seconds, or a time of seven octets")

    def encode(self, value: Value) -> bytes:
        """Write the timer."""
        if isinstance(value, TimeoutTimer):
            if value.choice == 0 and 0 <= value.seconds <= _MAX_SECONDS:
                return ber.element(b"\x80", ber.integer_contents(value.seconds))
            if 1 <= value.choice <= 2 and len(value.time) == _TIME_OCTETS:
                return ber.element(ber.identifier(0x80 + value.choice), value.time)
        raise misuse("expected a TimeoutTimer of seconds or of seven octets")

    def meaning(self, value: Value) -> str:
        """Say when."""
        if not isinstance(value, TimeoutTimer):
            return str(value)
        if value.choice == 0:
            return f"after {value.seconds} s"
        return f"at {'local SSP' if value.choice == 1 else 'absolute SCP'} time {shown(value.time)}"


class ExtensionType(ParameterType):
    """extensionParameter, a sequence of an object identifier and any one element (ExtensionParameter)."""

    def decode(self, contents: bytes) -> Value:
        """Read name and value."""
        tag, start, stop = ber.header(contents, 0, len(contents))
        if tag != 0x06 or stop == start:
            raise mismatch("an extension starts with an object identifier")
        if ber.header(contents, stop, len(contents))[2] != len(contents):
            raise mismatch("an extension holds one value")
        return ExtensionParameter(contents[start:stop], contents[stop:])

    def encode(self, value: Value) -> bytes:
        """Write name and value."""
        if not isinstance(value, ExtensionParameter) or not value.object_identifier:
            raise misuse("expected an ExtensionParameter with an object identifier")
        return ber.element(b"\x06", value.object_identifier) + value.value

    def meaning(self, value: Value) -> str:
        """Show name and value."""
        if not isinstance(value, ExtensionParameter):
            return str(value)
        return f"object identifier {shown(value.object_identifier)}, value {shown(value.value)}"


class ApplicationErrorType(ParameterType):
    """applicationErrorString, a sequence (ApplicationErrorString)."""

    def decode(self, contents: bytes) -> Value:
        """Read cause, message and user."""
        cause: int | None = None
        message: FailedMessage | None = None
        user: UserID | None = None
        last = 0
        for tag, start, stop in ber.children(contents, 0, len(contents), 3):
            inside = contents[start:stop]
            place = _ORDER.get(tag, 0)
            if place <= last:
                raise mismatch("errorCause, failedMessage and userID come in this order")
            last = place
            if tag == 0x9F38:
                number = _ERROR_CAUSE.decode(inside)
                cause = number if isinstance(number, int) else None
            elif tag == 0xBF39:
                message = _failed_message(inside)
            else:
                named = _USER_ID.decode(inside)
                user = named if isinstance(named, UserID) else None
        if cause is None:
            raise mismatch("errorCause is missing")
        return ApplicationErrorString(cause, message, user)

    def encode(self, value: Value) -> bytes:
        """Write cause, message and user."""
        if not isinstance(value, ApplicationErrorString):
            raise misuse("expected an ApplicationErrorString")
        octets = ber.element(b"\x9f\x38", ber.integer_contents(int(value.error_cause)))
        message = value.failed_message
        if message is not None:
            inside = ber.element(b"\x02", ber.integer_contents(message.opcode))
            if message.parameter is not None:
                inside += ber.element(b"\x04", message.parameter)
            if message.invalid_parameters is not None:
                inside += ber.element(b"\xa1", message.invalid_parameters)
            octets += ber.element(b"\xbf\x39", inside)
        if value.user_id is not None:
            octets += ber.element(b"\xbf\x35", _USER_ID.encode(value.user_id))
        return octets

    def meaning(self, value: Value) -> str:
        """Say cause, message and user."""
        if not isinstance(value, ApplicationErrorString):
            return str(value)
        parts = [_ERROR_CAUSE.meaning(value.error_cause)]
        message = value.failed_message
        if message is not None:
            parts.append(f"message {message.opcode}")
            if message.parameter is not None:
                parts.append(f"parameter {shown(message.parameter)}")
            if message.invalid_parameters is not None:
                parts.append(f"invalid parameters {shown(message.invalid_parameters)}")
        if value.user_id is not None:
            parts.append(f"user {_USER_ID.meaning(value.user_id)}")
        return ", ".join(parts)


_ORDER: Final = {0x9F38: 1, 0xBF39: 2, 0xBF35: 3}
_MESSAGE_ORDER: Final = {0x02: 1, 0x04: 2, 0xA1: 3}


def _failed_message(contents: bytes) -> FailedMessage:
    """Read failedMessage: opcode, then a parameter's octets and the invalid parameters, which may be absent."""
    opcode: int | None = None
    parameter: bytes | None = None
    invalid: bytes | None = None
    last = 0
    for tag, start, stop in ber.children(contents, 0, len(contents), 3):
        place = _MESSAGE_ORDER.get(tag, 0)
        if place <= last:
            raise mismatch("opCode, parameter and invParms come in this order")
        last = place
        if place == 1:
            opcode = ber.integer(contents[start:stop])
        elif place == 2:
            parameter = contents[start:stop]
        else:
            invalid = contents[start:stop]
    if opcode is None:
        raise mismatch("opCode is missing")
    return FailedMessage(opcode, parameter, invalid)
