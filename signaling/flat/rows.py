"""What the walk needs of each parameter of each operation, read off the types of `operation_rows`.

Its place in the order, the form of its contents, limits, and the slot that remembers where it stands, -1 for none.

Source: ain-wire sections 2.2 and 3.
"""

from typing import Final, final

from ain_scp.signaling.ain.constructed_types import UserIDType
from ain_scp.signaling.ain.messages import Message, Slot
from ain_scp.signaling.ain.operations import OPERATIONS
from ain_scp.signaling.ain.parameter_types import (
    BooleanType,
    DigitsType,
    EnumType,
    IntegerType,
    NullType,
    ParameterType,
)
from ain_scp.signaling.ain.structured_types import CarrierType, ConnectTimeType
from ain_scp.signaling.ber import CONSTRUCTED

SIZE: Final = 0
"""So many octets, whatever they are."""
DIGITS: Final = 1
INTEGER: Final = 2
"""One octet, a number within limits."""
CARRIER: Final = 3
USER: Final = 4
CODEC: Final = 5
"""What the type's own decoder accepts."""
LEFT: Final = 6
"""Left to the general codec."""

CALLING: Final = 0
CHARGE: Final = 1
CALLED: Final = 2
ACCESS: Final = 3
COLLECTED: Final = 4
COLLECTED_DIGITS: Final = 5
ORIGINAL: Final = 6
REDIRECTING: Final = 7
BEARER: Final = 8
TRIGGER: Final = 9
CARRIER_SLOT: Final = 10
USER_SLOT: Final = 11
LATA: Final = 12
ECHO: Final = 13
INDICATOR: Final = 14
CONNECT: Final = 15
SLOTS: Final = 16

SLOT_OF: Final[dict[str, int]] = {
    "callingPartyID": CALLING,
    "chargeNumber": CHARGE,
    "calledPartyID": CALLED,
    "accessCode": ACCESS,
    "collectedAddressInfo": COLLECTED,
    "collectedDigits": COLLECTED_DIGITS,
    "originalCalledPartyID": ORIGINAL,
    "redirectingPartyID": REDIRECTING,
    "bearerCapability": BEARER,
    "triggerCriteriaType": TRIGGER,
    "carrier": CARRIER_SLOT,
    "userID": USER_SLOT,
    "lata": LATA,
    "echoData": ECHO,
    "terminationIndicator": INDICATOR,
    "connectTime": CONNECT,
}
"""The parameters whose places are remembered."""

CODES: Final = frozenset((0x81, 0x8F, 0x96, 0x97))
"""Tags that overload control reads in whatever operation they stand: accessCode, calledPartyID, collectedAddressInfo and
collectedDigits. Where they are not the operation's own, the message is left."""

_ONE_OCTET: Final = 0x7F


@final
class Rows:
    """One operation: place, form, least, most and slot by tag, the bits of what must be there, and the types of form CODEC by tag."""

    def __init__(self, message: Message) -> None:
        self.code: int = message.code
        self.by_tag: dict[int, tuple[int, int, int, int, int]] = {}
        self.types: dict[int, ParameterType] = {}
        self.need: int = 0
        for slot in message.slots:
            tag = int.from_bytes(slot.identifier, "big")
            if slot.identifier == b"\x30":
                continue  # lists by their first item: never plain
            form, low, high = _form_of(slot)
            self.by_tag[tag] = slot.index, form, low, high, SLOT_OF.get(slot.name, -1)
            self.types[tag] = slot.type
            self.need |= slot.mandatory << slot.index


def _form_of(slot: Slot) -> tuple[int, int, int]:
    """Form and limits of a parameter's contents."""
    kind = slot.type
    if isinstance(kind, DigitsType):
        return DIGITS, kind.low, kind.high
    if isinstance(kind, UserIDType):
        return USER, 0, 0
    if slot.identifier[0] & CONSTRUCTED:
        return LEFT, 0, 0
    if isinstance(kind, EnumType | BooleanType):
        return SIZE, 1, 1
    if isinstance(kind, NullType):
        return SIZE, 0, 0
    if isinstance(kind, IntegerType) and 0 <= kind.low <= kind.high <= _ONE_OCTET:
        return INTEGER, kind.low, kind.high
    if isinstance(kind, CarrierType):
        return CARRIER, 4, 4
    if isinstance(kind, ConnectTimeType):
        return SIZE, 5, 5
    if type(kind) is ParameterType:
        return SIZE, kind.low, kind.high
    return CODEC, 0, 0


ROWS: Final[dict[int, Rows]] = {one.code: Rows(one) for one in OPERATIONS}
"""By operation code."""
