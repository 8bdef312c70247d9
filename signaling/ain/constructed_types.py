"""The constructed types of AIN parameters: choices, sequences and lists, each an element that holds elements.

Source: ain-wire sections 2.3, 3.2, 3.4.
"""

from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.ain.parameter_types import (
    NOT_USED,
    DigitsType,
    ParameterType,
    limited,
    mismatch,
    misuse,
    shown,
)
from ain_scp.signaling.ain.structures import (
    AMAMeasurement,
    AnnounceElement,
    Announcement,
    AnnouncementBlock,
    AnnouncementDigitBlock,
    FlexParameterBlock,
    TaggedList,
    UserID,
    UserIDChoice,
    Value,
)
from ain_scp.signaling.bcd import Digits, decode_digits, digits_of, octets_of

_DN_OCTETS: Final = 5
_MAX_GROUP: Final = 9999
_MAX_ANNOUNCEMENTS: Final = 10
_MAX_FLEX_OCTETS: Final = 120


def _only(contents: bytes) -> tuple[int, bytes]:
    """Read the one element an explicit tag holds: (tag, contents)."""
    tag, start, stop = ber.header(contents, 0, len(contents))
    if stop != len(contents):
        raise mismatch("expected one element, more came")
    return tag, contents[start:stop]


def _elements(contents: bytes, most: int) -> list[tuple[int, bytes]]:
    """Read the elements of a sequence or list: (tag, contents), `most` of them at most."""
    return [
        (tag, contents[start:stop]) for tag, start, stop in ber.children(contents, 0, len(contents), most)
    ]


class UserIDType(ParameterType):
    """userID, an explicit choice (UserID)."""

    def decode(self, contents: bytes) -> Value:
        """Read which user."""
        tag, inside = _only(contents)
        if tag == 0x81:
            return UserID(UserIDChoice.DN, _directory_number(inside))
        if tag == 0x85:
            return UserID(UserIDChoice.TRUNK_GROUP_ID, "", limited(ber.integer(inside), 0, _MAX_GROUP))
        if tag == 0x86:
            return UserID(UserIDChoice.PRIVATE_FACILITY_GID, "", limited(ber.integer(inside), 0, _MAX_GROUP))
        if tag == 0xA2:
            return _bri_user(inside)
        if tag == 0x04:
            if len(inside) != 4:
                raise mismatch("an aDSIcpeID is four octets")
            return UserID(UserIDChoice.ADSI_CPE_ID, "", 0, inside)
        if tag < 0x80:
            raise mismatch("a userID is a context element")
        return UserID(tag, "", 0, inside)

    def encode(self, value: Value) -> bytes:
        """Write which user."""
        if not isinstance(value, UserID):
            raise misuse("expected a UserID")
        choice = value.choice
        if choice == UserIDChoice.DN:
            return b"\x81\x05" + _directory_octets(value.digits)
        if choice == UserIDChoice.TRUNK_GROUP_ID or choice == UserIDChoice.PRIVATE_FACILITY_GID:  # noqa: PLR1714 (no tuple per call)
            if not 0 <= value.number <= _MAX_GROUP:
                raise misuse("a trunk or facility group is 0..9999")
            return ber.element(ber.identifier(0x80 | choice), ber.integer_contents(value.number))
        if choice == UserIDChoice.BRI:
            inside = ber.element(b"\x9f\x31", value.octets)
            if value.digits:
                inside += b"\x04\x05" + _directory_octets(value.digits)
            return ber.element(b"\xa2", inside)
        if choice == UserIDChoice.ADSI_CPE_ID:
            if len(value.octets) != 4:
                raise misuse("an aDSIcpeID is four octets")
            return b"\x04\x04" + value.octets
        return ber.element(ber.identifier(choice), value.octets)

    def meaning(self, value: Value) -> str:
        """Say which user."""
        if not isinstance(value, UserID):
            return str(value)
        if value.choice == UserIDChoice.DN:
            return f"directory number {value.digits}"
        if value.choice == UserIDChoice.TRUNK_GROUP_ID:
            return f"trunk group {value.number}"
        if value.choice == UserIDChoice.PRIVATE_FACILITY_GID:
            return f"private facility group {value.number}"
        if value.choice == UserIDChoice.BRI:
            return f"BRI user, SPID {shown(value.octets)}, directory number {value.digits or 'not given'}"
        return f"{'ADSI device' if value.choice == 0 else f'kind {value.choice:02X}'} {shown(value.octets)}"


def _directory_number(octets: bytes) -> str:
    if len(octets) != _DN_OCTETS:
        raise mismatch("a directory number is five octets")
    return digits_of(octets)


def _directory_octets(digits: str) -> bytes:
    if len(digits) != 2 * _DN_OCTETS:
        raise misuse("a directory number is ten digits")
    return octets_of(digits)


def _bri_user(contents: bytes) -> UserID:
    """Read a BRI user: service profile identifier, then a directory number that may be absent."""
    items = _elements(contents, 2)
    if not items or items[0][0] != 0x9F31 or (len(items) == 2 and items[1][0] != 0x04):
        raise mismatch("a BRI user is a SPID and a directory number")
    digits = _directory_number(items[1][1]) if len(items) == 2 else ""
    return UserID(UserIDChoice.BRI, digits, 0, items[0][1])


def announcement_of(octets: bytes) -> AnnounceElement:
    """Read an AnnounceElement: two octets announcement number, one octet count, the data counted; unconfirmed."""
    if octets[2] != len(octets) - 3:
        return octets
    return Announcement(octets[0] << 8 | octets[1], octets[3:])


def announcement_octets(value: AnnounceElement) -> bytes:
    """Write an AnnounceElement; unconfirmed, as `announcement_of`."""
    if isinstance(value, bytes):
        if not 3 <= len(value) <= 131:
            raise misuse("an announcement is 3..131 octets")
        return value
    if not 0 <= value.number <= 0xFFFF or len(value.data) > 128:
        raise misuse("an announcement number is 0..65535, its data 128 octets at most")
    return value.number.to_bytes(2, "big") + bytes((len(value.data),)) + value.data


class StrParameterBlockType(ParameterType):
    """strParameterBlock, an explicit choice (AnnouncementBlock, AnnouncementDigitBlock or FlexParameterBlock)."""

    def decode(self, contents: bytes) -> Value:
        """Read what to play and to collect."""
        tag, inside = _only(contents)
        if tag == 0xA0:
            first, second = _announcement_lists(_elements(inside, 2))
            return AnnouncementBlock(first, second)
        if tag == 0xA1:
            items = _elements(inside, 3)
            if not items or items[0][0] != 0x80:
                raise mismatch("an announcement digit block starts with maximumDigits")
            digits = limited(ber.integer(items[0][1]), 0, 255)
            first, second = _announcement_lists(items[1:])
            return AnnouncementDigitBlock(digits, first, second)
        if tag == 0x82 and 1 <= len(inside) <= _MAX_FLEX_OCTETS:
            return FlexParameterBlock(inside)
        raise mismatch("a strParameterBlock is an announcement block, digit block or flex block")

    def encode(self, value: Value) -> bytes:
        """Write what to play and to collect."""
        if isinstance(value, AnnouncementBlock):
            return ber.element(
                b"\xa0",
                _list_octets(b"\xa1", value.uninterruptible) + _list_octets(b"\xa2", value.interruptible),
            )
        if isinstance(value, AnnouncementDigitBlock):
            if not 0 <= value.maximum_digits <= 255:
                raise misuse("maximum digits are 0..32, 253 or 254")
            lists = _list_octets(b"\xa1", value.uninterruptible) + _list_octets(b"\xa2", value.interruptible)
            return ber.element(
                b"\xa1", ber.element(b"\x80", ber.integer_contents(value.maximum_digits)) + lists
            )
        if isinstance(value, FlexParameterBlock) and 1 <= len(value.contents) <= _MAX_FLEX_OCTETS:
            return ber.element(b"\x82", value.contents)
        raise misuse("expected an AnnouncementBlock, AnnouncementDigitBlock or FlexParameterBlock")

    def meaning(self, value: Value) -> str:
        """Say announcements and digits."""
        if isinstance(value, AnnouncementDigitBlock):
            special = {253: "normal number of", 254: "variable number of"}.get(value.maximum_digits)
            return f"collect {special or value.maximum_digits} digits; {_lists_meaning(value.uninterruptible, value.interruptible)}"
        if isinstance(value, AnnouncementBlock):
            return _lists_meaning(value.uninterruptible, value.interruptible)
        return f"flex block {shown(value.contents)}" if isinstance(value, FlexParameterBlock) else str(value)


def _announcement_lists(
    items: list[tuple[int, bytes]],
) -> tuple[tuple[AnnounceElement, ...], tuple[AnnounceElement, ...]]:
    """Read the uninterruptible list [1] and the interruptible list [2]; each may be absent, neither empty."""
    lists: list[tuple[AnnounceElement, ...]] = [(), ()]
    last = 0
    for tag, inside in items:
        which = tag - 0xA0
        if not last < which <= 2:
            raise mismatch("announcement lists are [1] and [2], in order")
        last = which
        found: list[AnnounceElement] = []
        for item, octets in _elements(inside, _MAX_ANNOUNCEMENTS):
            if item != 0x04 or not 3 <= len(octets) <= 131:
                raise mismatch("an announcement is an octet string of 3..131 octets")
            found.append(announcement_of(octets))
        if not found:
            raise mismatch("an announcement list holds one announcement at least")
        lists[which - 1] = tuple(found)
    return lists[0], lists[1]


def _list_octets(tag: bytes, announcements: tuple[AnnounceElement, ...]) -> bytes:
    if len(announcements) > _MAX_ANNOUNCEMENTS:
        raise misuse("an announcement list holds ten announcements at most")
    if not announcements:
        return b""
    return ber.element(
        tag, b"".join([ber.element(b"\x04", announcement_octets(one)) for one in announcements])
    )


def _lists_meaning(
    uninterruptible: tuple[AnnounceElement, ...], interruptible: tuple[AnnounceElement, ...]
) -> str:
    parts = []
    for how, announcements in (("uninterruptible", uninterruptible), ("interruptible", interruptible)):
        if announcements:
            parts.append(f"{how} {', '.join(_announcement_meaning(one) for one in announcements)}")
    return "; ".join(parts) or "no announcement"


def _announcement_meaning(value: AnnounceElement) -> str:
    if isinstance(value, bytes):
        return shown(value)
    return f"announcement {value.number}" + (f" with {shown(value.data)}" if value.data else "")


class DigitsListType(ParameterType):
    """A plain SEQUENCE of one to `most` AINDigits elements (tuple of Digits): the two AMA lists."""

    def __init__(self, item_tag: int, low: int, high: int, most: int) -> None:
        super().__init__(low, high)
        self.item_tag = item_tag
        self.most = most
        self.item = DigitsType(low, high, NOT_USED)

    def decode(self, contents: bytes) -> Value:
        """Read the numbers."""
        found: list[Digits] = []
        for tag, inside in _elements(contents, self.most):
            if tag != self.item_tag:
                raise mismatch("the list holds a foreign element")
            number = decode_digits(inside)
            if not self.low <= len(number.digits) <= self.high:
                raise mismatch(f"digits are not {self.low}..{self.high} in number")
            found.append(number)
        if not found:
            raise mismatch("the list is empty")
        return tuple(found)

    def encode(self, value: Value) -> bytes:
        """Write the numbers."""
        if not isinstance(value, tuple) or not 1 <= len(value) <= self.most:
            raise misuse(f"expected one to {self.most} numbers")
        tag = ber.identifier(self.item_tag)
        return b"".join([ber.element(tag, self.item.encode(one)) for one in value])

    def meaning(self, value: Value) -> str:
        """Say the numbers."""
        return ", ".join(self.item.meaning(one) for one in value) if isinstance(value, tuple) else str(value)


class OctetsListType(ParameterType):
    """A list of one to `most` OCTET STRINGs of one tag (tuple of bytes): genericAddressList, genericDigitsList."""

    def __init__(self, item_tag: int, low: int, high: int, most: int) -> None:
        super().__init__(low, high)
        self.item_tag = item_tag
        self.most = most

    def decode(self, contents: bytes) -> Value:
        """Read the items."""
        found: list[bytes] = []
        for tag, inside in _elements(contents, self.most):
            if tag != self.item_tag or not self.low <= len(inside) <= self.high:
                raise mismatch(
                    f"the list holds something else than {self.low}..{self.high} octets of its tag"
                )
            found.append(inside)
        if not found:
            raise mismatch("the list is empty")
        return tuple(found)

    def encode(self, value: Value) -> bytes:
        """Write the items."""
        if not isinstance(value, tuple) or not 1 <= len(value) <= self.most:
            raise misuse(f"expected one to {self.most} items")
        tag = ber.identifier(self.item_tag)
        return b"".join([ber.element(tag, super(OctetsListType, self).encode(one)) for one in value])

    def meaning(self, value: Value) -> str:
        """Show the items."""
        return (
            ", ".join(shown(one) for one in value if isinstance(one, bytes))
            if isinstance(value, tuple)
            else str(value)
        )


class TaggedListType(ParameterType):
    """A sequence of `low`..`high` elements kept uninterpreted (TaggedList): displayText, amp2; `names` by tag."""

    def __init__(self, low: int, high: int, names: dict[int, str] | None = None) -> None:
        super().__init__(low, high)
        self.names = names or {}

    def decode(self, contents: bytes) -> Value:
        """Read the elements."""
        items = tuple(_elements(contents, self.high))
        if len(items) < self.low:
            raise mismatch("the list has too few elements")
        return TaggedList(items)

    def encode(self, value: Value) -> bytes:
        """Write the elements."""
        if not isinstance(value, TaggedList) or not self.low <= len(value.items) <= self.high:
            raise misuse(f"expected a TaggedList of {self.low}..{self.high} elements")
        return b"".join([ber.element(ber.identifier(tag), inside) for tag, inside in value.items])

    def meaning(self, value: Value) -> str:
        """Show each element by its name or tag."""
        if not isinstance(value, TaggedList):
            return str(value)
        parts = (f"{self.names.get(tag, f'{tag:02X}')} {_read(tag, inside)}" for tag, inside in value.items)
        return ", ".join(parts) or "empty"


_TEXTS: Final = frozenset({0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x96, 0x9E})
"""Elements of displayText that are names and texts."""


def _read(tag: int, inside: bytes) -> str:
    """A name or a text as it is written, anything else in octets."""
    text = inside.decode("ascii", "replace")
    return text if tag in _TEXTS and text.isprintable() and "\ufffd" not in text else shown(inside)


class AMAMeasurementType(ParameterType):
    """aMAMeasurement, a sequence (AMAMeasurement)."""

    def decode(self, contents: bytes) -> Value:
        """Read duration and guard."""
        duration: bytes | None = None
        guard: int | None = None
        last = -1
        for tag, inside in _elements(contents, 2):
            if tag <= last:
                raise mismatch("duration comes before guard, each once")
            last = tag
            if tag == 0x80 and len(inside) == 8:
                duration = inside
            elif tag == 0x81:
                guard = ber.integer(inside)
            else:
                raise mismatch("a measurement holds eight octets of duration and a guard")
        return AMAMeasurement(duration, guard)

    def encode(self, value: Value) -> bytes:
        """Write duration and guard."""
        if not isinstance(value, AMAMeasurement):
            raise misuse("expected an AMAMeasurement")
        octets = b""
        if value.duration is not None:
            if len(value.duration) != 8:
                raise misuse("a duration is eight octets")
            octets = b"\x80\x08" + value.duration
        if value.guard is not None:
            octets += ber.element(b"\x81", ber.integer_contents(value.guard))
        return octets

    def meaning(self, value: Value) -> str:
        """Show duration and guard."""
        if not isinstance(value, AMAMeasurement):
            return str(value)
        guard = {None: "not given", 0: "none", 1: "exists"}.get(value.guard, str(value.guard))
        return f"duration {shown(value.duration) if value.duration is not None else 'not given'}, timing guard {guard}"
