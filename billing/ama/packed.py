"""Packing and unpacking a row of BAF fields: packed decimal with the sign C, IA5 text, one hex octet.

Reading is strict: a nibble that is no digit, a sign that is not C, a pad digit that is not zero, or a character that is
not printable ends in AmaFormatError with the octet where it stands.

Source: ain_scp.billing.ama.baf_layout (PRINT: "40625c", "703c").
"""

from collections.abc import Mapping
from typing import Final

from ain_scp.billing.ama.baf_layout import Field
from ain_scp.billing.ama.record import AmaFormatError

_SIGN: Final = "c"


def pack(fields: tuple[Field, ...], values: Mapping[str, int | str]) -> bytes:
    """Write `values` by the table; a missing value is 0 or empty, one too long for its field is an AmaFormatError."""
    return b"".join(_pack_field(field, values.get(field.name, "")) for field in fields)


def _pack_field(field: Field, value: int | str) -> bytes:
    if field.form == "hex":
        return bytes([int(value or 0)])
    text = str(value)
    if field.form == "text":
        octets = text.encode("ascii", "replace")
        if len(octets) > field.octets:
            raise AmaFormatError(0, f"{field.name} is longer than {field.octets} characters")
        return octets.ljust(field.octets)
    digits = text or "0"
    if len(digits) > field.digits or not (digits.isascii() and digits.isdigit()):
        raise AmaFormatError(0, f"{field.name} is not 1 to {field.digits} digits")
    return bytes.fromhex(digits.zfill(field.octets * 2 - 1) + _SIGN)


def unpack(fields: tuple[Field, ...], octets: bytes, offset: int) -> tuple[dict[str, str], int]:
    """Read a row of fields at `offset`; return the values as written (digits or text) and the offset after them."""
    values: dict[str, str] = {}
    for field in fields:
        end = offset + field.octets
        if end > len(octets):
            raise AmaFormatError(offset, f"{field.name} is cut off")
        values[field.name] = _unpack_field(field, octets[offset:end], offset)
        offset = end
    return values, offset


def _unpack_field(field: Field, octets: bytes, offset: int) -> str:
    if field.form == "hex":
        return str(octets[0])
    if field.form == "text":
        text = octets.rstrip(b" ").decode("ascii", "replace")
        if not all("!" <= character <= "~" for character in text):
            raise AmaFormatError(offset, f"{field.name} has characters that cannot be printed")
        return text
    nibbles = octets.hex()
    digits = nibbles[:-1]
    if nibbles[-1] != _SIGN or not digits.isdigit():
        raise AmaFormatError(offset, f"{field.name} is not packed decimal with sign C")
    pad, number = digits[: len(digits) - field.digits], digits[len(digits) - field.digits :]
    if pad.strip("0"):
        raise AmaFormatError(offset, f"{field.name} has more than {field.digits} digits")
    return number
