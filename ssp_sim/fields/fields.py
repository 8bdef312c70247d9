"""Messages of a capture as flat fields, one line each: transaction, operations, parameters.

The general codec decodes a message of a new form and the form is remembered: a mask with ones on every octet that says how
the message is built, and where its digits stand. A later message that is equal under the mask has the same form, so its
fields are cut out of one string of nibbles. Forms are kept by length, at most 8 masks of one and 1,024 forms in all; what has no form,
or a digit above 9, is decoded in general. Both ways give the same fields.

Source: performance.md section 2 (known shapes), D-006, ain-wire sections 1-3.
"""

import functools
from operator import itemgetter
from typing import Final, NamedTuple, final

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.ain.structured_types import ConnectTimeType
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.signaling.shapes.layout import layout_of
from ain_scp.signaling.tcap import decode_package
from ain_scp.ssp_sim.replay.meaning import meaning_of

MAX_FORMS: Final = 1024
MAX_OF_LENGTH: Final = 8
_LABEL_OCTETS: Final = 12  # OPC, DPC, SI, NI, MP, SLS
_CONNECT_TIME: Final = ConnectTimeType()
_USER_HEAD: Final = 2  # tag and length of the directory number inside userID


class Fields(NamedTuple):
    """One message. `transaction` is its first transaction id in hex; `values` are (parameter, text) in wire order.

    A number is its digits alone, echo data are the identifier in the call's records; anything else is the meaning that the tree shows.
    """

    transaction: str
    operations: str
    values: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """The fields as tab-separated text."""
        return "\t".join(
            (self.transaction, self.operations, *(f"{name}={text}" for name, text in self.values))
        )


@final
class Form:
    """Where the varying octets of one form of message stand; offsets of digits count nibbles."""

    __slots__ = (
        "cut",
        "digits",
        "echo",
        "mask",
        "names",
        "operations",
        "template",
        "texts",
        "times",
        "transaction_at",
        "want",
    )

    def __init__(
        self,
        octets: bytes,
        mask: bytes,
        transaction_at: int,
        fields: Fields,
        digits: list[tuple[int, int, int]],
        echo: list[tuple[int, int, int]],
        times: list[tuple[int, int, int]],
    ) -> None:
        self.mask = int.from_bytes(mask, "big")
        self.want = int.from_bytes(octets, "big") & self.mask
        self.transaction_at = transaction_at
        self.operations = fields.operations
        self.names = [name for name, _ in fields.values]
        self.texts = [text for _, text in fields.values]
        self.digits = digits
        self.echo = echo
        self.times = times
        varying = {place for place, _, _ in digits}
        pieces = [
            f"{name}=%s" if place in varying else f"{name}={text}".replace("%", "%%")
            for place, (name, text) in enumerate(fields.values)
        ]
        self.template = "\t".join(("%s", fields.operations.replace("%", "%%"), *pieces))
        places = [slice(start, stop) for _, start, stop in digits]
        self.cut = itemgetter(*places) if len(places) > 1 else None

    def line(self, octets: bytes) -> str | None:
        """The same as the line of `fields`, made at once."""
        if self.cut is None or self.echo or self.times or not self.transaction_at:
            fields = self.fields(octets)
            return None if fields is None else fields.line
        numbers: tuple[str, ...] = self.cut(octets.translate(SWAP).hex())
        if not "".join(numbers).isdigit():
            return None
        at = self.transaction_at
        return self.template % (octets[at : at + 4].hex().upper(), *numbers)

    def fields(self, octets: bytes) -> Fields | None:
        """The fields of a message of this form; None when a digit is above 9."""
        nibbles = octets.translate(SWAP).hex()
        texts = self.texts.copy()
        for place, start, stop in self.digits:
            text = nibbles[start:stop]
            if not text.isdigit():
                return None
            texts[place] = text
        for place, start, stop in self.echo:
            texts[place] = octets[start:stop].hex().upper()
        for place, start, stop in self.times:
            texts[place] = words_for(octets[start:stop])
        at = self.transaction_at
        transaction = octets[at : at + 4].hex().upper() if at else ""
        return Fields(transaction, self.operations, tuple(zip(self.names, texts, strict=True)))


@functools.lru_cache(maxsize=1 << 14)
def words_for(octets: bytes) -> str:
    """The meaning of a connect time."""
    return _CONNECT_TIME.meaning(_CONNECT_TIME.decode(octets))


@final
class Silent:
    """A form of M3UA messages that carry no SCCP, and so no fields: under `mask` their octets are `want`."""

    __slots__ = ("mask", "want")

    def __init__(self, octets: bytes, mask: int) -> None:
        self.mask = mask
        self.want = int.from_bytes(octets, "big") & mask


def silent_of(octets: bytes) -> Silent | None:
    """The form of a DATA message of another MTP user; None when it is another message, or not a plain one.

    Its user's octets, point codes and SLS vary: what M3UA checks does not depend on them.
    """
    try:
        data = m3ua.decode(octets).protocol_data
    except DecodeError:
        return None
    if data is None or data.si == ServiceIndicator.SCCP or not data.payload:
        return None
    label = octets.find(data.opc.to_bytes(4, "big") + data.dpc.to_bytes(4, "big") + bytes((data.si,)), 8)
    start = label + _LABEL_OCTETS
    stop = start + len(data.payload)
    if label < 0 or octets[start:stop] != data.payload or octets.find(octets[label:start], label + 1) >= 0:
        return None
    varying = [(label + 1, label + 4), (label + 5, label + 8), (label + 11, label + 12), (start, stop)]
    return Silent(octets, mask_of(len(octets), varying))


@final
class FieldReader:
    """Reads M3UA messages as fields, by their form where it is known. `forms` counts those that were."""

    def __init__(self) -> None:
        self._forms: Known[Form | Silent] = Known(MAX_OF_LENGTH, MAX_FORMS)
        self.known = 0

    def read(self, octets: bytes) -> Fields | None:
        """The fields of one message; None when it carries no TCAP package."""
        form = self._forms.find(octets)
        if isinstance(form, Silent):
            return None
        fields = None if form is None else form.fields(octets)
        if fields is None:
            return self._general(octets)
        self.known += 1
        return fields

    def line(self, octets: bytes) -> str | None:
        """The fields of one message as text; empty when it is of another MTP user, None when it carries no TCAP package."""
        form = self._forms.find(octets)
        if isinstance(form, Silent):
            return ""
        text = None if form is None else form.line(octets)
        if text is None:
            fields = self._general(octets)
            return None if fields is None else fields.line
        self.known += 1
        return text

    def form(self, octets: bytes) -> Form | Silent | None:
        """The form of a message, learned if need be; None when it has none."""
        known = self.known_form(octets)
        if known is None:
            self._general(octets)
            known = self.known_form(octets)
        return known

    def known_form(self, octets: bytes) -> Form | Silent | None:
        """The form of a message, if it is known."""
        return self._forms.find(octets)

    def _general(self, octets: bytes) -> Fields | None:
        fields = general_fields(octets)
        if len(self._forms) < MAX_FORMS:
            form = silent_of(octets) if fields is None else form_of(octets, fields)
            if form is not None:
                self._forms.keep(octets, form.mask, form)
        return fields


def general_fields(octets: bytes) -> Fields | None:
    """Decode a message with the general codecs; None when it carries no TCAP package."""
    try:
        data = m3ua.decode(octets).protocol_data
        if data is None or data.si != ServiceIndicator.SCCP:
            return None
        payload = sccp.decode(data.payload).data
    except DecodeError:
        return None
    return package_fields(payload)


def package_fields(payload: bytes) -> Fields | None:
    """Decode a TCAP package with the general codec; None when there is none."""
    try:
        package = decode_package(payload)
    except DecodeError:
        return None
    answer = meaning_of(payload)
    identity = package.originating if package.originating is not None else package.responding
    values = tuple(
        (name, _text(name, meant.value, meant.text))
        for part in answer.parts
        for name, meant in part.parameters.items()
    )
    return Fields(
        "" if identity is None else f"{identity:08X}", " + ".join(part.name for part in answer.parts), values
    )


def _text(name: str, value: object, text: str) -> str:
    if name == "echoData" and isinstance(value, bytes):
        return value.hex().upper()  # as the records of the call name it
    if isinstance(value, Digits):
        return value.digits
    if isinstance(value, UserID) and value.choice == UserIDChoice.DN:
        return value.digits
    return text


def form_of(octets: bytes, fields: Fields) -> Form | None:
    """The form of a message that the general codecs decoded; None when it is not a plain one."""
    layout = layout_of(octets)
    if layout is None:
        return None
    mask = bytearray(mask_of(len(octets), layout.numbering).to_bytes(len(octets), "big"))
    digits: list[tuple[int, int, int]] = []
    echo: list[tuple[int, int, int]] = []
    times: list[tuple[int, int, int]] = []
    place = 0
    for one in layout.invokes:
        message = operation(one.code)
        if message is None or not one.parameters:
            return None
        first, last = one.parameters[0], one.parameters[-1]
        try:
            values = decode_parameters(message, octets[_head(first) : last[2]])
        except DecodeError:
            return None
        for tag, start, stop in one.parameters:
            slot = message.by_tag.get(tag)
            if slot is None or place >= len(fields.values):
                return None
            value = values.get(slot.name)
            if isinstance(value, Digits) and value.digits:
                digits.append(_vary(mask, place, start + 2, len(value.digits)))
            elif isinstance(value, UserID) and value.choice == UserIDChoice.DN:
                digits.append(_vary(mask, place, start + _USER_HEAD, len(value.digits)))
            elif slot.name == "echoData":
                mask[start:stop] = bytes(stop - start)
                echo.append((place, start, stop))
            elif isinstance(slot.type, ConnectTimeType):
                mask[start:stop] = bytes(stop - start)
                times.append((place, start, stop))
            place += 1
    form = Form(octets, bytes(mask), layout.transaction_at, fields, digits, echo, times)
    return form if place == len(fields.values) and form.fields(octets) == fields else None


def _head(parameter: tuple[int, int, int]) -> int:
    """Where a parameter's tag stands: before its length octets."""
    tag, start, stop = parameter
    size = stop - start
    length = 1 if size < 0x80 else 2 if size < 0x100 else 3
    return start - length - (2 if tag > 0xFF else 1)


def _vary(mask: bytearray, place: int, start: int, count: int) -> tuple[int, int, int]:
    """Let whole nibbles of digits vary; a filler keeps its value."""
    whole, odd = divmod(count, 2)
    mask[start : start + whole] = bytes(whole)
    if odd:
        mask[start + whole] = 0xF0
    return place, 2 * start, 2 * start + count
