"""The structured types of AIN parameters, and every octet layout that no public source confirms.

Each unconfirmed layout is one pair of functions (`..._of`, `..._octets`) with the word in its docstring, so that a real
specification changes one place. Octets that do not fit the layout assumed are kept as `bytes`.

Source: ain-wire sections 2.3, 3.4.
"""

from typing import Final

from ain_scp.signaling.ain.parameter_types import EnumType, ParameterType, limited, mismatch, misuse
from ain_scp.signaling.ain.structures import (
    BillingIndicator,
    Carrier,
    Cause,
    ControlCause,
    RedirectionInformation,
    Value,
)
from ain_scp.signaling.ain.values import CarrierSelection, NatureOfCarrier
from ain_scp.signaling.bcd import digits_of, octets_of

_SELECTIONS: Final[dict[int, CarrierSelection]] = {int(one): one for one in CarrierSelection}
_NATURES: Final[dict[int, NatureOfCarrier]] = {int(one): one for one in NatureOfCarrier}
_REASONS: Final = ("unknown", "busy", "no reply", "unconditional")
_DN_OCTETS: Final = 5


class CarrierType(ParameterType):
    """CarrierFormat, four octets (Carrier): selection, nature and digit count, BCD code."""

    def decode(self, contents: bytes) -> Value:
        """Read a carrier; more than four digits cannot be."""
        if len(contents) != 4:
            raise mismatch("a carrier is four octets")
        second = contents[1]
        count = limited(second & 0x0F, 0, 4)
        selection = contents[0]
        nature = second >> 4
        return Carrier(
            _SELECTIONS.get(selection, selection),
            _NATURES.get(nature, nature),
            digits_of(contents[2:])[:count],
        )

    def encode(self, value: Value) -> bytes:
        """Write a carrier, unused digits as zero."""
        if not isinstance(value, Carrier) or len(value.digits) > 4:
            raise misuse("expected a Carrier of at most four digits")
        if not (0 <= value.selection <= 0xFF and 0 <= value.nature <= 0x0F):
            raise misuse("selection is 0..255, nature of carrier 0..15")
        count = len(value.digits)
        return bytes((value.selection, value.nature << 4 | count)) + octets_of(value.digits.ljust(4, "0"))

    def meaning(self, value: Value) -> str:
        """Say code, selection and nature."""
        if not isinstance(value, Carrier):
            return str(value)
        return f"{value.digits} ({_SELECTION_TYPE.meaning(value.selection)}; nature {_NATURE_TYPE.meaning(value.nature)})"


_SELECTION_TYPE: Final = EnumType(CarrierSelection)
_NATURE_TYPE: Final = EnumType(NatureOfCarrier)


def trunk_group_of(octets: bytes) -> str | bytes:
    """Read a trunk group's five octets as text like "0000-0174"; unconfirmed.

    Assumed: octet 1 is 00, octets 2-5 are eight BCD digits low nibble first, written in two groups of four.
    """
    digits = digits_of(octets[1:])
    if octets[0] or not digits.isdigit():
        return octets
    return f"{digits[:4]}-{digits[4:]}"


def trunk_group_octets(trunk_group: str) -> bytes:
    """Write text like "0000-0174" as a trunk group's five octets; unconfirmed, as `trunk_group_of`."""
    digits = trunk_group[:4] + trunk_group[5:]
    if len(trunk_group) != 9 or trunk_group[4] != "-" or not (digits.isascii() and digits.isdigit()):
        raise misuse("a trunk group is written like 0000-0174")
    return b"\x00" + octets_of(digits)


class TrunkGroupType(ParameterType):
    """Trunk group, five octets (str "0000-0174", or bytes for another layout)."""

    def decode(self, contents: bytes) -> Value:
        """Read a trunk group."""
        if len(contents) != 5:
            raise mismatch("a trunk group is five octets")
        return trunk_group_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write a trunk group."""
        if isinstance(value, str):
            return trunk_group_octets(value)
        if isinstance(value, bytes) and len(value) == 5:
            return value
        raise misuse("a trunk group is text like 0000-0174, or five octets")


def service_logic_of(octets: bytes) -> str:
    """Read aMAslpID: nine digits; the tenth nibble is filler, 0 (unconfirmed), any other filler stays in the text."""
    digits = digits_of(octets)
    return digits[:9] if digits[9] == "0" else digits


class AMAslpIDType(ParameterType):
    """aMAslpID, five octets (str of nine digits)."""

    def decode(self, contents: bytes) -> Value:
        """Read the nine digits."""
        if len(contents) != 5:
            raise mismatch("an aMAslpID is five octets")
        return service_logic_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write nine digits and the filler."""
        if isinstance(value, str) and 9 <= len(value) <= 10:
            return octets_of(value)
        raise misuse("an aMAslpID is nine digits")


def billing_indicator_of(octets: bytes) -> BillingIndicator | bytes:
    """Read a billing indicator; unconfirmed.

    Assumed: two octets of call type, two of service feature, each three digits after a filler 0, low nibble first.
    """
    digits = digits_of(octets)
    if digits[0] != "0" or digits[4] != "0" or not digits.isdigit():
        return octets
    return BillingIndicator(digits[1:4], digits[5:])


def billing_indicator_octets(value: BillingIndicator) -> bytes:
    """Write a billing indicator; unconfirmed, as `billing_indicator_of`."""
    digits = f"0{value.call_type}0{value.service_feature}"
    if (
        len(value.call_type) != 3
        or len(value.service_feature) != 3
        or not (digits.isascii() and digits.isdigit())
    ):
        raise misuse("call type and service feature are three digits each")
    return octets_of(digits)


class BillingIndicatorType(ParameterType):
    """BillingIndicator, four octets (BillingIndicator, or bytes for another layout)."""

    def decode(self, contents: bytes) -> Value:
        """Read an indicator."""
        if len(contents) != 4:
            raise mismatch("a billing indicator is four octets")
        return billing_indicator_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write an indicator."""
        if isinstance(value, BillingIndicator):
            return billing_indicator_octets(value)
        if isinstance(value, bytes) and len(value) == 4:
            return value
        raise misuse("expected a BillingIndicator or four octets")

    def meaning(self, value: Value) -> str:
        """Say call type and service feature."""
        if isinstance(value, BillingIndicator):
            return f"AMA call type {value.call_type}, service feature {value.service_feature}"
        return super().meaning(value)


def redirection_of(octets: bytes) -> RedirectionInformation:
    """Read redirection information in the ISUP layout; that AIN uses it unchanged is unconfirmed. Spare bits: ignored."""
    first, second = octets[0], octets[1]
    return RedirectionInformation(first >> 4, first & 7, second >> 4, second & 7)


class RedirectionType(ParameterType):
    """redirectionInformation, two octets (RedirectionInformation)."""

    def decode(self, contents: bytes) -> Value:
        """Read reasons, indicator and count."""
        if len(contents) != 2:
            raise mismatch("redirection information is two octets")
        return redirection_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write reasons, indicator and count."""
        if not isinstance(value, RedirectionInformation):
            raise misuse("expected a RedirectionInformation")
        if not (0 <= value.original_reason < 16 and 0 <= value.reason < 16):
            raise misuse("reasons are 0..15")
        if not (0 <= value.indicator < 8 and 0 <= value.count < 8):
            raise misuse("indicator and count are 0..7")
        return bytes((value.original_reason << 4 | value.indicator, value.reason << 4 | value.count))

    def meaning(self, value: Value) -> str:
        """Say how often and why."""
        if not isinstance(value, RedirectionInformation):
            return str(value)
        original, last = (
            _REASONS[reason] if reason < len(_REASONS) else f"reason {reason}"
            for reason in (value.original_reason, value.reason)
        )
        return f"{value.count} redirections, last {last}, first {original}, indicator {value.indicator}"


def cause_of(octets: bytes) -> Cause | bytes:
    """Read busyCause in the ISUP layout, both extension bits set; that AIN uses it is unconfirmed."""
    first, second = octets[0], octets[1]
    if first & 0x90 != 0x80 or second < 0x80:
        return octets
    return Cause(first >> 5 & 3, first & 0x0F, second & 0x7F, octets[2:])


class CauseType(ParameterType):
    """busyCause, two or three octets (Cause, or bytes for another layout)."""

    def decode(self, contents: bytes) -> Value:
        """Read coding, location, cause and diagnostics."""
        if not 2 <= len(contents) <= 3:
            raise mismatch("a cause is two or three octets")
        return cause_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write a cause."""
        if isinstance(value, bytes) and 2 <= len(value) <= 3:
            return value
        if not isinstance(value, Cause) or len(value.diagnostic) > 1:
            raise misuse("expected a Cause with one octet of diagnostics at most")
        if not (0 <= value.coding < 4 and 0 <= value.location < 16 and 0 <= value.value < 0x80):
            raise misuse("coding is 0..3, location 0..15, cause 0..127")
        return bytes((0x80 | value.coding << 5 | value.location, 0x80 | value.value)) + value.diagnostic

    def meaning(self, value: Value) -> str:
        """Say the cause and where it arose."""
        if not isinstance(value, Cause):
            return super().meaning(value)
        name = _CAUSES.get(value.value, "")
        return f"cause {value.value} {name}".rstrip() + f", location {value.location}, coding {value.coding}"


_CAUSES: Final[dict[int, str]] = {
    16: "normal clearing",
    17: "user busy",
    18: "no user responding",
    19: "no answer",
    21: "call rejected",
    27: "destination out of order",
    34: "no circuit available",
    41: "temporary failure",
    42: "switching equipment congestion",
}


def control_cause_of(octets: bytes) -> ControlCause:
    """Read aCGEncountered or controlCauseIndicator: two bits of control type, six of digit count; unconfirmed."""
    return ControlCause(octets[0] >> 6, octets[0] & 0x3F)


class ControlCauseType(ParameterType):
    """aCGEncountered, controlCauseIndicator and controlEncountered, one octet (ControlCause)."""

    def decode(self, contents: bytes) -> Value:
        """Read control type and digit count."""
        if len(contents) != 1:
            raise mismatch("a control cause is one octet")
        return control_cause_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write control type and digit count."""
        if isinstance(value, ControlCause) and 0 <= value.control_type < 4 and 0 <= value.digit_count < 64:
            return bytes((value.control_type << 6 | value.digit_count,))
        raise misuse("expected a ControlCause of control type 0..3 and digit count 0..63")

    def meaning(self, value: Value) -> str:
        """Say control type and digit count."""
        if isinstance(value, ControlCause):
            return f"control type {value.control_type}, {value.digit_count} digits"
        return str(value)


def connect_time_of(octets: bytes) -> int | bytes:
    """Read connectTime as tenths of seconds; unconfirmed.

    Assumed: the nine BCD digits of a BAF elapsed time (0, minutes 5, seconds 2, tenths 1), low nibble first, filler 0.
    """
    digits = digits_of(octets)
    if not digits.isdigit() or digits[0] != "0" or digits[9] != "0" or digits[6] > "5":
        return octets
    return (int(digits[1:6]) * 60 + int(digits[6:8])) * 10 + int(digits[8])


def connect_time_octets(tenths: int) -> bytes:
    """Write tenths of seconds as connectTime; unconfirmed, as `connect_time_of`."""
    minutes, rest = divmod(tenths, 600)
    if not 0 <= minutes <= 99999:
        raise misuse("connect time is at most 99,999 minutes and 59.9 seconds")
    return octets_of(f"0{minutes:05}{rest:03}0")


class ConnectTimeType(ParameterType):
    """connectTime, five octets (int: tenths of seconds, or bytes for another layout)."""

    def decode(self, contents: bytes) -> Value:
        """Read a duration."""
        if len(contents) != 5:
            raise mismatch("a connect time is five octets")
        return connect_time_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write a duration."""
        if isinstance(value, bytes) and len(value) == 5:
            return value
        if isinstance(value, int):
            return connect_time_octets(value)
        raise misuse("expected tenths of seconds or five octets")

    def meaning(self, value: Value) -> str:
        """Say minutes and seconds."""
        if isinstance(value, int):
            return f"{value // 600} min {value % 600 / 10:.1f} s"
        return super().meaning(value)


def monitor_time_of(octets: bytes) -> int | bytes:
    """Read monitorTime as seconds: HHMMSS in BCD, low nibble first as everywhere; unconfirmed."""
    digits = digits_of(octets)
    if not digits.isdigit() or digits[2] > "5" or digits[4] > "5":
        return octets
    return int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])


def monitor_time_octets(seconds: int) -> bytes:
    """Write seconds as monitorTime; unconfirmed, as `monitor_time_of`."""
    hours, rest = divmod(seconds, 3600)
    if not 0 <= hours <= 99:
        raise misuse("monitor time is under 100 hours")
    return octets_of(f"{hours:02}{rest // 60:02}{rest % 60:02}")


class MonitorTimeType(ParameterType):
    """monitorTime, three octets (int: seconds, or bytes for another layout)."""

    def decode(self, contents: bytes) -> Value:
        """Read a duration."""
        if len(contents) != 3:
            raise mismatch("a monitor time is three octets")
        return monitor_time_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write a duration."""
        if isinstance(value, bytes) and len(value) == 3:
            return value
        if isinstance(value, int):
            return monitor_time_octets(value)
        raise misuse("expected seconds or three octets")

    def meaning(self, value: Value) -> str:
        """Say seconds."""
        return f"{value} s" if isinstance(value, int) else super().meaning(value)
