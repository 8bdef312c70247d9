"""Known shapes: messages that differ only in digits, transaction, component ID and SLS.

A shape is learned from a message that the general codec has accepted in full and the service has answered. Its mask has
ones also on every octet that the service may ask about; the varying octets are of a form that the general codec accepts
whatever their value (a transaction ID, nibbles of digits).

Limits: `MAX_SHAPES` shapes, `MAX_MASKS` masks of one length; the oldest shape leaves.

Source: performance.md section 2 ("The known-shape trick"), ain-wire sections 2.2, 3.1, 4.3.
"""

from typing import Final, final

from ain_scp.scp.service_logic.call import MOST_PLAIN_NATURE
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.signaling.shapes.layout import Layout, layout_of

MAX_SHAPES: Final = 1024
MAX_MASKS: Final = 8

_CALLING: Final = 0x92
_CHARGE: Final = 0x93
_ACCESS: Final = 0x81
_COLLECTED: Final = 0x96
_BEARER: Final = 0x8D
_USER: Final = 0xBF35
_DIGITS: Final = frozenset((0x8F, 0x9F23, _CHARGE, _CALLING, _ACCESS, _COLLECTED))
"""Parameters whose digits vary: calledPartyID, lata, chargeNumber, callingPartyID, accessCode, collectedAddressInfo."""

_QUERIES: Final = frozenset((0x6402, 0x6403))
"""InfoCollected and InfoAnalyzed: the operations that have access code and digits. What others carry by those tags is not
theirs, so nothing may be learned from it."""

_NUMBER_OCTETS: Final = 5
_TEN: Final = 10


Hot = tuple[
    int, int, bytes, int, int, int, int, int, int, int, int, bytes, int, int, int, int, int, int, int, int
]  # fmt: skip
"""What the busy loop needs of a shape, in the order it is unpacked there: one step instead of twenty."""


@final
class Shape:
    """Where the varying octets of one kind of message stand. Digit offsets count nibbles of the whole message."""

    __slots__ = (
        "access_end",
        "access_from",
        "address",
        "bearer",
        "calling_at",
        "calling_end",
        "calling_from",
        "dialed_digits",
        "dialed_end",
        "dialed_from",
        "hot",
        "ids_at",
        "ids_end",
        "mask",
        "origin",
        "package_at",
        "package_end",
        "reply",
        "sls_at",
        "transaction_at",
        "want",
    )

    def __init__(
        self,
        layout: Layout,
        mask: int,
        want: int,
        origin: bytes,
        address: bytes,
        calling: int,
        access: tuple[int, int],
        dialed: tuple[int, int],
        bearer: int,
        package_octets: int,
    ) -> None:
        self.mask = mask
        self.want = want
        self.origin = origin
        self.address = address
        self.reply = bytes((layout.invokes[0].ids,)) + origin + address
        """What the form of the answer depends on: whether it names a component ID, the point code asked from, and the
        calling address."""
        self.sls_at = layout.sls_at
        self.transaction_at = layout.transaction_at
        self.ids_at = layout.invokes[0].ids_at
        self.ids_end = self.ids_at + layout.invokes[0].ids
        self.calling_at = calling
        self.calling_from = 2 * calling
        self.calling_end = 2 * calling + _TEN
        self.access_from, self.access_end = access
        self.dialed_from, self.dialed_end = dialed
        self.dialed_digits = dialed[1] - dialed[0]
        self.bearer = bearer
        self.package_at = layout.package_at
        self.package_end = layout.package_at + package_octets
        self.hot: Hot = (
            layout.transaction_at, layout.transaction_at + 4, origin, self.calling_from, self.calling_end,
            self.access_from, self.access_end, self.dialed_from, self.dialed_end, self.dialed_digits, bearer,
            self.reply, self.sls_at, self.sls_at + 1, self.ids_at, self.ids_end, calling, calling + _NUMBER_OCTETS,
            self.package_at, self.package_end,
        )  # fmt: skip


@final
class Shapes(Known[Shape]):
    """The shapes known."""

    def __init__(self) -> None:
        super().__init__(MAX_MASKS, MAX_SHAPES)

    def learn(self, octets: bytes) -> Shape | None:
        """The shape of a message that was accepted and answered; None when it has none that can be kept."""
        shape = self.find(octets)
        if shape is None:
            shape = shape_of(octets)
            if shape is not None:
                return self.keep(octets, shape.mask, shape)
        return shape


def shape_of(octets: bytes) -> Shape | None:
    """Read a shape off a message; None when the short way cannot answer its kind."""
    layout = layout_of(octets)
    if layout is None or len(layout.invokes) != 1 or layout.package != 0xE2:
        return None
    invoke = layout.invokes[0]
    if invoke.code not in _QUERIES or invoke.ids not in {0, 1}:
        return None
    places: dict[int, tuple[int, int]] = {}
    varying = layout.numbering
    for tag, start, end in invoke.parameters:
        if tag in places:
            return None
        places[tag] = (start, end)
        if tag in _DIGITS and end - start < 2:
            return None
        if tag in _DIGITS or (tag == _USER and octets[start : start + 2] == b"\x81\x05"):
            varying.append((start + 2, end))
    calling = places.get(_CALLING) or places.get(_CHARGE)
    dialed = places.get(_COLLECTED)
    access, bearer = places.get(_ACCESS), places.get(_BEARER)
    if calling is None or dialed is None or access is None or bearer is None:
        return None
    if not _is_ten(octets, calling) or bearer[1] - bearer[0] != 1:
        return None
    if octets[dialed[0]] & 0x7F > MOST_PLAIN_NATURE:
        return None  # the nature has a say in what the digits mean
    mask = mask_of(len(octets), varying)
    return Shape(
        layout,
        mask,
        int.from_bytes(octets, "big") & mask,
        octets[layout.opc_at : layout.opc_at + 4],
        octets[layout.calling[0] : layout.calling[1]],
        calling[0] + 2,
        _nibbles(octets, access),
        _nibbles(octets, dialed),
        octets[bearer[0]],
        octets[layout.package_at - 1],
    )


def _is_ten(octets: bytes, place: tuple[int, int]) -> bool:
    return place[1] - place[0] == 2 + _NUMBER_OCTETS and octets[place[0]] < 0x80


def _nibbles(octets: bytes, place: tuple[int, int]) -> tuple[int, int]:
    """First and last nibble of a digits parameter, the filler of an odd number left out."""
    start, end = place
    return 2 * (start + 2), 2 * end - (octets[start] >> 7)
