"""One walk over the octets of a message: M3UA, SCCP, TCAP and AIN checked at once, positions remembered, nothing decoded.

Only the plain form is walked: DATA whose length counts every octet, a UDT with its parts in order, definite lengths in one or two
octets, a query with permission or a Unidirectional with one Invoke. What the walk accepts, the general codecs accept, and
they find the same; anything else, faults included, is left to them. Addresses are positions: their users judge them.

Source: RFC 4666 clause 3.3.1, T1.112.3 clause 4.7, T1.114.3, X.690 clause 8.1, ain-wire sections 1 to 3.
"""

from typing import Final, final

from ain_scp.signaling.ain.parameter_types import ParameterType
from ain_scp.signaling.ain.structures import Carrier, UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits, digits_of, digits_within
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.flat.rows import (
    CARRIER,
    CARRIER_SLOT,
    CODEC,
    CODES,
    DIGITS,
    INTEGER,
    ROWS,
    SIZE,
    SLOT_OF,
    SLOTS,
    USER,
    USER_SLOT,
    Rows,
)

QUERY: Final = 0xE2
UNIDIRECTIONAL: Final = 0xE1
_UDT: Final = 0x09
_LEAST: Final = 48
_ABSENT: Final = [0] * SLOTS
_DIRECTORY_NUMBER: Final = b"\x81\x05"


@final
class Flat:
    """A message as positions in its octets; one record, used again for the next. 0 = not there.

    `label_at`: OPC, DPC, SI, NI, MP and SLS, twelve octets. `called_at` to `called_end` and `calling_at` to `data_at`: the SCCP
    addresses. `at` and `end` by slot are of one message: `end` counts only where `at` is set.
    """

    __slots__ = (
        "at", "called_at", "called_end", "calling_at", "calling_end", "code", "end", "ids", "ids_at", "label_at", "octets",
        "package", "package_at", "package_end", "transaction_at",
    )  # fmt: skip

    def __init__(self) -> None:
        self.octets = b""
        self.label_at = 0
        self.called_at = 0
        self.called_end = 0
        self.calling_at = 0
        self.calling_end = 0
        self.package = 0
        self.package_at = 0
        self.package_end = 0
        self.transaction_at = 0
        self.ids_at = 0
        self.ids = 0
        self.code = 0
        self.at: list[int] = [0] * SLOTS
        self.end: list[int] = [0] * SLOTS

    def walk(self, octets: bytes) -> bool:
        """Walk a message; False when it is not plain, and then nothing here means anything."""
        self.octets = octets
        try:
            package = self._headers(octets)
            return package > 0 and self._package(octets, package)
        except (IndexError, DecodeError):
            return False

    def _headers(self, octets: bytes) -> int:
        """M3UA and SCCP; where the package begins, or 0."""
        size = len(octets)
        if size < _LEAST or octets[:4] != b"\x01\x00\x01\x01":
            return 0
        if octets[4] << 24 | octets[5] << 16 | octets[6] << 8 | octets[7] != size:
            return 0
        at = 8
        label = stop = seen = 0
        while at < size:
            tag = octets[at] << 8 | octets[at + 1]
            length = octets[at + 2] << 8 | octets[at + 3]
            if tag == 0x0210:
                if label or length <= 16:
                    return 0
                label, stop = at + 4, at + length
            elif length != 8 or seen >> (tag & 31) & 1 or (tag != 0x0006 and tag != 0x0200 and tag != 0x0013):  # noqa: PLR1714
                return 0
            else:
                seen |= 1 << (tag & 31)
            at += (length + 3) & ~3
        if at != size or not label or octets[label] or octets[label + 4]:
            return 0
        sccp = label + 12
        if octets[sccp] != _UDT or octets[sccp + 1] & 0x7F > 1 or octets[sccp + 2] != 3:
            return 0
        calling = sccp + 6 + octets[sccp + 5]
        data = calling + 1 + octets[calling]
        if octets[sccp + 3] != calling - sccp - 3 or octets[sccp + 4] != data - sccp - 4:
            return 0
        if data + 1 + octets[data] != stop:
            return 0
        self.label_at = label
        self.called_at, self.called_end = sccp + 6, calling
        self.calling_at, self.calling_end = calling + 1, data
        self.package_at, self.package_end = data + 1, stop
        return data + 1

    def _package(self, octets: bytes, at: int) -> bool:
        """TCAP down to the parameters: each element fills the one around it."""
        stop = self.package_end
        package = octets[at]
        self.package = package
        at = _inside(octets, at, package, stop)
        if package == QUERY and octets[at + 1] == 4:
            self.transaction_at = at + 2
        elif package != UNIDIRECTIONAL or octets[at + 1] != 0:
            return False
        if not at or octets[at] != 0xC7:
            return False
        at = _inside(octets, at + 2 + octets[at + 1], 0xE8, stop)
        if not at:
            return False
        invoke = octets[at]
        at = _inside(octets, at, invoke, stop)
        if not at or (invoke != 0xE9 and invoke != 0xED) or octets[at] != 0xCF:  # noqa: PLR1714 (no set per message)
            return False
        ids = octets[at + 1]
        self.ids_at, self.ids = at + 2, ids
        at += 2 + ids
        if ids > 1 or octets[at] != 0xD1 or octets[at + 1] != 2:
            return False
        code = octets[at + 2] << 8 | octets[at + 3]
        self.code = code
        rows = ROWS.get(code)
        at = _inside(octets, at + 4, 0x30, stop)
        return at > 0 and rows is not None and self._parameters(octets, at, stop, rows)

    def _parameters(self, octets: bytes, at: int, stop: int, rows: Rows) -> bool:
        """The parameters: in order, each once, of their forms and sizes, those that must be there among them."""
        starts, ends = self.at, self.end
        starts[:] = _ABSENT
        by_tag = rows.by_tag
        last, present = -1, 0
        while at < stop:
            first = tag = octets[at]
            at += 1
            if tag & 0x1F == 0x1F:
                more = octets[at]
                tag = tag << 8 | more
                at += 1
                if more >= 0x80:
                    if more == 0x80 or octets[at] >= 0x80:
                        return False
                    tag = tag << 8 | octets[at]
                    at += 1
                elif more < 0x1F:
                    return False
            size = octets[at]
            start = at + 1
            if size >= 0x80:
                if size != 0x81:
                    return False
                size = octets[start]
                start += 1
            at = start + size
            if at > stop:
                return False
            row = by_tag.get(tag)
            if row is None:
                if first & 0x20 or not first or tag in CODES:
                    return False
                continue
            order, form, low, high, slot = row
            if order <= last:
                return False
            last = order
            present |= 1 << order
            if form == DIGITS:
                if size < 2 or not low <= 2 * size - 4 - (octets[start] >> 7) <= high:
                    return False
            elif form == SIZE:
                if not low <= size <= high:
                    return False
            elif form == INTEGER:
                if size != 1 or not low <= octets[start] <= high:
                    return False
            elif form == CARRIER:
                if size != 4 or octets[start + 1] & 0x0F > 4:
                    return False
            elif not _is_decoded(octets, start, at, form, rows.types[tag]):
                return False
            if slot >= 0:
                starts[slot], ends[slot] = start, at
        return present & rows.need == rows.need

    # What is asked of it, as of `Parameters`

    def digits(self, name: str) -> Digits | None:
        """A number."""
        slot = SLOT_OF[name]
        at = self.at[slot]
        return digits_within(self.octets, at, self.end[slot]) if at else None

    def digits_at(self, slot: int) -> str | None:
        """The digits of a number; None when it is not there."""
        at = self.at[slot]
        return digits_within(self.octets, at, self.end[slot]).digits if at else None

    def integer(self, name: str) -> int | None:
        """A number of one octet, with its sign."""
        at = self.at[SLOT_OF[name]]
        if not at:
            return None
        octet = self.octets[at]
        return octet if octet < 0x80 else octet - 0x100

    def carrier(self, _name: str = "carrier") -> Carrier | None:
        """The carrier."""
        at = self.at[CARRIER_SLOT]
        if not at:
            return None
        found = ROWS[self.code].types[0x9F29].decode(self.octets[at : at + 4])
        return found if isinstance(found, Carrier) else None

    def user_id(self) -> UserID | None:
        """The user."""
        at, end = self.at[USER_SLOT], self.end[USER_SLOT]
        if not at:
            return None
        octets = self.octets[at:end]
        if octets[:2] == _DIRECTORY_NUMBER and len(octets) == 7:
            return UserID(UserIDChoice.DN, digits_of(octets[2:]))
        found = ROWS[self.code].types[0xBF35].decode(octets)
        return found if isinstance(found, UserID) else None


def _inside(octets: bytes, at: int, tag: int, stop: int) -> int:
    """Where the contents of an element begin that ends at `stop`; 0 when it is another, or ends elsewhere."""
    size = octets[at + 1]
    start = at + 2
    if size >= 0x80:
        if size != 0x81:
            return 0
        size = octets[start]
        start += 1
    return start if octets[at] == tag and start + size == stop else 0


def _is_decoded(octets: bytes, start: int, end: int, form: int, kind: ParameterType) -> bool:
    """Whether the type's own decoder accepts contents; DecodeError when it does not."""
    if form == USER:
        if octets[start : start + 2] == _DIRECTORY_NUMBER and end - start == 7:
            return True
        if start == end or octets[start] & 0x20:
            return False  # the structure inside is checked elsewhere
    elif form != CODEC:
        return False
    kind.decode(octets[start:end])
    return True
