"""The simple types of AIN parameters: one small class each, all alike.

A type reads the contents octets of a parameter (`decode`: DecodeError when they are not of the type or out of its
limits), writes them (`encode`: ValueError for a value outside the type), and says in words what a value means
(`meaning`). Types hold no state.

Source: ain-wire sections 3.1-3.3.
"""

from enum import IntEnum
from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.ain.structures import Value
from ain_scp.signaling.bcd import Digits, decode_digits, digits_of, encode_digits, octets_of
from ain_scp.signaling.errors import DecodeError

_SHOWN_OCTETS: Final = 64
_UNLIMITED: Final = 255

SUBSCRIBER: Final[dict[int, str]] = {1: "subscriber number", 3: "national number", 4: "international number"}
CALLED: Final[dict[int, str]] = {
    0: "unknown",
    1: "subscriber number",
    3: "national number",
    4: "international number",
    0x71: "subscriber number, operator requested",
    0x72: "national number, operator requested",
    0x73: "international number, operator requested",
    0x74: "no number, operator requested",
    0x75: "no number, cut through to carrier",
    0x76: "950+ call",
    0x77: "test line",
}
CALLING: Final[dict[int, str]] = {
    0: "unknown",
    1: "unique subscriber number",
    3: "unique national number",
    4: "unique international number",
    0x71: "non-unique subscriber number",
    0x73: "non-unique national number",
    0x74: "non-unique international number",
}
CHARGE: Final[dict[int, str]] = {
    0: "unknown",
    1: "ANI of the calling party, subscriber number",
    2: "ANI not available",
    3: "ANI of the calling party, national number",
    5: "ANI of the called party, subscriber number",
    6: "ANI of the called party, no number",
    7: "ANI of the called party, national number",
}
NOT_USED: Final[dict[int, str]] = {0: "not used"}
_PLANS: Final[dict[int, str]] = {0: "no plan", 1: "E.164"}
_PRESENTATION: Final[dict[int, str]] = {1: "presentation restricted"}
_SCREENING: Final[dict[int, str]] = {1: "user provided, passed", 3: "network provided"}


def mismatch(reason: str) -> DecodeError:
    """Build the error of a value that is not of its type."""
    return DecodeError(0, "ain", reason)


def misuse(reason: str) -> ValueError:
    """Build the error of a value we cannot write."""
    return ValueError(reason)


def limited(number: int, low: int, high: int) -> int:
    """Return a number within its limits; DecodeError when it is not."""
    if low <= number <= high:
        return number
    raise mismatch(f"number is not within {low}..{high}")


def shown(octets: bytes) -> str:
    """Show octets in hex, the first 64 at most."""
    text = octets[:_SHOWN_OCTETS].hex()
    return text if len(octets) <= _SHOWN_OCTETS else f"{text}... ({len(octets)} octets)"


class ParameterType:
    """What every parameter type can do; this one is the OCTET STRING of `low`..`high` octets (bytes)."""

    def __init__(self, low: int = 0, high: int = _UNLIMITED) -> None:
        self.low = low
        self.high = high

    def decode(self, contents: bytes) -> Value:
        """Read a value; raises DecodeError."""
        if not self.low <= len(contents) <= self.high:
            raise mismatch(f"octets are not {self.low}..{self.high} in number")
        return contents

    def encode(self, value: Value) -> bytes:
        """Write a value; raises ValueError."""
        if isinstance(value, bytes) and self.low <= len(value) <= self.high:
            return value
        raise misuse(f"expected {self.low}..{self.high} octets")

    def meaning(self, value: Value) -> str:
        """Say what a value means."""
        return shown(value) if isinstance(value, bytes) else str(value)


class DigitsType(ParameterType):
    """AINDigits of `low`..`high` digits (Digits); `natures` names the nature of number codes."""

    def __init__(self, low: int, high: int, natures: dict[int, str]) -> None:
        super().__init__(low, high)
        self.natures = natures

    def decode(self, contents: bytes) -> Value:
        """Read a number; its digits are counted, not its octets."""
        value = decode_digits(contents)
        if not self.low <= len(value.digits) <= self.high:
            raise mismatch(f"digits are not {self.low}..{self.high} in number")
        return value

    def encode(self, value: Value) -> bytes:
        """Write a number."""
        if isinstance(value, Digits) and self.low <= len(value.digits) <= self.high:
            return encode_digits(value)
        raise misuse(f"expected {self.low}..{self.high} digits")

    def meaning(self, value: Value) -> str:
        """Say number, nature, plan, presentation and screening."""
        if not isinstance(value, Digits):
            return str(value)
        parts = [
            self.natures.get(value.nature, f"nature {value.nature}"),
            _PLANS.get(value.plan, f"plan {value.plan}"),
        ]
        if value.presentation:
            parts.append(_PRESENTATION.get(value.presentation, f"presentation {value.presentation}"))
        if value.screening:
            parts.append(_SCREENING.get(value.screening, f"screening {value.screening}"))
        return f"{value.digits or 'no digits'} ({', '.join(parts)})"


class IntegerType(ParameterType):
    """INTEGER `low`..`high` (int); `unit` is said after the number, `names` name single numbers."""

    def __init__(self, low: int, high: int, unit: str = "", names: dict[int, str] | None = None) -> None:
        super().__init__(low, high)
        self.unit = unit
        self.names = names or {}

    def decode(self, contents: bytes) -> Value:
        """Read a number."""
        return limited(ber.integer(contents), self.low, self.high)

    def encode(self, value: Value) -> bytes:
        """Write a number."""
        if isinstance(value, int) and self.low <= value <= self.high:
            return ber.integer_contents(value)
        raise misuse(f"expected a number {self.low}..{self.high}")

    def meaning(self, value: Value) -> str:
        """Say the number with its unit or name."""
        if not isinstance(value, int):
            return str(value)
        return f"{value} {self.names.get(value, self.unit)}".strip()


class EnumType(ParameterType):
    """ENUMERATED (a member of the table, or int for a number it does not know)."""

    def __init__(self, table: type[IntEnum]) -> None:
        super().__init__()
        self.members: dict[int, IntEnum] = {int(member): member for member in table}

    def decode(self, contents: bytes) -> Value:
        """Read a number and look it up."""
        number = contents[0] if len(contents) == 1 else ber.integer(contents)
        if number >= 0x80 and len(contents) == 1:
            number -= 0x100
        return self.members.get(number, number)

    def encode(self, value: Value) -> bytes:
        """Write a number."""
        if isinstance(value, int):
            return ber.integer_contents(int(value))
        raise misuse("expected a number")

    def meaning(self, value: Value) -> str:
        """Say the number and its name."""
        if not isinstance(value, int):
            return str(value)
        member = self.members.get(value)
        if member is None:
            return f"{value} (not in the table)"
        name = member.name
        if name.startswith("SECONDS_"):
            return f"{int(member)} ({name[8:].replace('_', '.')} s)"
        return f"{int(member)} {name.lower().replace('_', ' ')}"


class NullType(ParameterType):
    """NULL (True): present means yes."""

    def decode(self, contents: bytes) -> Value:
        """Accept no contents."""
        if contents:
            raise mismatch("a NULL has no contents")
        return True

    def encode(self, value: Value) -> bytes:
        """Write no contents."""
        if value is True:
            return b""
        raise misuse("expected True; leave the parameter out to say no")

    def meaning(self, value: Value) -> str:
        """Say yes."""
        return "yes" if value else "no"


class BooleanType(ParameterType):
    """BOOLEAN (bool); TRUE is written FF, and any octet but 00 is read as TRUE."""

    def decode(self, contents: bytes) -> Value:
        """Read one octet."""
        if len(contents) != 1:
            raise mismatch("a BOOLEAN is one octet")
        return contents[0] != 0

    def encode(self, value: Value) -> bytes:
        """Write one octet."""
        if isinstance(value, bool):
            return b"\xff" if value else b"\x00"
        raise misuse("expected True or False")

    def meaning(self, value: Value) -> str:
        """Say yes or no."""
        return "yes" if value else "no"


class BitStringType(ParameterType):
    """BIT STRING (text of 0 and 1, first bit first); `names` name the bits."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = names

    def decode(self, contents: bytes) -> Value:
        """Read the bits that are in use."""
        size = len(contents) - 1
        if size < 0 or contents[0] > 7 or (size == 0 and contents[0]):
            raise mismatch("a BIT STRING starts with its count of unused bits")
        if size == 0:
            return ""
        text = format(int.from_bytes(contents[1:], "big"), "b").zfill(size * 8)
        return text[: size * 8 - contents[0]]

    def encode(self, value: Value) -> bytes:
        """Write the bits, unused ones as zero."""
        if not isinstance(value, str) or value.strip("01"):
            raise misuse("expected text of 0 and 1")
        unused = -len(value) % 8
        size = (len(value) + 7) // 8
        return bytes((unused,)) + (int(value, 2) << unused if value else 0).to_bytes(size, "big")

    def meaning(self, value: Value) -> str:
        """Name the bits that are set."""
        if not isinstance(value, str):
            return str(value)
        found = [
            self.names[bit] if bit < len(self.names) else f"bit {bit}"
            for bit, set_ in enumerate(value)
            if set_ == "1"
        ]
        return ", ".join(found) or "none"


class AsciiType(ParameterType):
    """IA5String of `low`..`high` characters (str)."""

    def decode(self, contents: bytes) -> Value:
        """Read text of seven-bit characters."""
        if not (self.low <= len(contents) <= self.high and contents.isascii()):
            raise mismatch(f"text is not {self.low}..{self.high} IA5 characters")
        return contents.decode("ascii")

    def encode(self, value: Value) -> bytes:
        """Write text."""
        if isinstance(value, str) and value.isascii() and self.low <= len(value) <= self.high:
            return value.encode("ascii")
        raise misuse(f"expected text of {self.low}..{self.high} IA5 characters")


class BcdType(ParameterType):
    """Plain BCD of `low`..`high` octets (str, all nibbles): globalTitleAddress; coding unconfirmed.

    An odd number of digits is filled with 0 and reads back one digit longer; controlCauseIndicator says how many count.
    """

    def decode(self, contents: bytes) -> Value:
        """Read two digits per octet."""
        if not self.low <= len(contents) <= self.high:
            raise mismatch(f"octets are not {self.low}..{self.high} in number")
        return digits_of(contents)

    def encode(self, value: Value) -> bytes:
        """Write two digits per octet."""
        if isinstance(value, str) and self.low <= (len(value) + 1) // 2 <= self.high:
            return octets_of(value)
        raise misuse(f"expected digits for {self.low}..{self.high} octets")
