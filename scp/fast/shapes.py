"""Known shapes: queries that differ only in digits, transaction, component ID, SLS, and where they come from.

A shape is read off a message that the walk has accepted. Its mask has ones also on every octet that the service may ask
about; the varying octets are of a form that the walk accepts whatever their value (a transaction ID, nibbles of digits), or
are looked up (OPC and calling address).

Limits: `MAX_SHAPES` shapes, `MAX_MASKS` masks of one length; the oldest shape leaves.

Source: performance.md section 2 ("The known-shape trick"), ain-wire sections 2.2, 3.1, 4.3.
"""

from typing import Final, final

from ain_scp.scp.service_logic.call import MOST_PLAIN_NATURE, TERMINATION_ATTEMPT
from ain_scp.signaling.flat.rows import (
    ACCESS,
    BEARER,
    CALLED,
    CALLING,
    CHARGE,
    COLLECTED,
    COLLECTED_DIGITS,
    LATA,
    ORIGINAL,
    REDIRECTING,
    USER_SLOT,
)
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.terms.vocabulary import NON_NATIONAL

MAX_SHAPES: Final = 1024
MAX_MASKS: Final = 8

BY_DIALING: Final = 0
BY_HOST: Final = 1
BY_OVERFLOW: Final = 2
"""Who asks: a caller by digits dialed, the host of an ASF-RTL number, a switch that cannot reach that host."""

_WHO: Final[dict[int, int]] = {
    0x6402: BY_DIALING,
    0x6403: BY_DIALING,
    TERMINATION_ATTEMPT: BY_HOST,
    0x6417: BY_OVERFLOW,
}
_VARYING: Final = (CALLED, LATA, CHARGE, CALLING, ACCESS, COLLECTED, ORIGINAL, REDIRECTING)
"""Parameters whose digits vary."""

_TEN_OCTETS: Final = 7
_TEN: Final = 10

TEN_DIGITS: Final = (1 << 5 | _TEN) << 8
"""What `kinds.kind_key` has of a national number of ten digits besides its class and the bearer."""

Hot = tuple[
    slice, slice, slice, slice, slice, slice, slice, int, int, int, int, slice, slice, slice, slice, int
]  # fmt: skip
"""What the busy loop needs of a shape, in the order it is unpacked there. The places of digits count from the first octet that
holds any, where the fourth begins."""


@final
class Shape:
    """Where the varying octets of one kind of message stand. Digit offsets count nibbles of the whole message.

    `access`: the access code, or of a host's query its ASF-RTL number. `dialed`: what was dialed, or the number originally called.
    `plain`: its nature of number adds nothing to the digits. `exactly`: what else decides about single numbers, nature and bearer.
    """

    __slots__ = (
        "access_end", "access_from", "bearer", "calling_at", "calling_end", "calling_from", "dialed_digits", "dialed_end",
        "dialed_from", "exactly", "from_at", "from_end", "hot", "ids", "ids_at", "mask", "nature", "opc_at", "package_at",
        "package_end", "plain", "sls_at", "transaction_at", "want", "who",
    )  # fmt: skip

    def __init__(
        self,
        flat: Flat,
        who: int,
        mask: int,
        calling: int,
        access: tuple[int, int],
        dialed: tuple[int, int],
        nature: int,
    ) -> None:
        octets = flat.octets
        self.who = who
        self.mask = mask
        self.want = int.from_bytes(octets, "big") & mask
        self.opc_at = flat.label_at
        self.sls_at = flat.label_at + 11
        self.from_at, self.from_end = flat.calling_at, flat.calling_end
        self.transaction_at = flat.transaction_at
        self.ids_at, self.ids = flat.ids_at, flat.ids
        self.calling_at = calling
        self.calling_from = 2 * calling
        self.calling_end = 2 * calling + _TEN
        self.access_from, self.access_end = access
        self.dialed_from, self.dialed_end = dialed
        self.dialed_digits = dialed[1] - dialed[0]
        self.bearer = octets[flat.at[BEARER]]
        self.nature = nature
        self.plain = nature <= MOST_PLAIN_NATURE if who == BY_DIALING else nature == NON_NATIONAL
        self.exactly = self.bearer if self.plain else nature + 1 << 8 | self.bearer
        self.package_at, self.package_end = flat.package_at, flat.package_end
        first = min(calling, access[0] // 2 or calling, dialed[0] // 2)
        last = max(calling + _TEN // 2, access[1] + 1 >> 1, dialed[1] + 1 >> 1)
        own, named, keyed = (2 * calling - 2 * first, access[0] - 2 * first, dialed[0] - 2 * first)
        transaction, opc, ids = flat.transaction_at, self.opc_at, self.ids_at
        self.hot: Hot = (
            slice(transaction, transaction + 4), slice(opc, opc + 4), slice(self.from_at, self.from_end), slice(first, last),
            slice(own, own + _TEN), slice(max(named, 0), max(access[1] - 2 * first, 0)), slice(keyed, dialed[1] - 2 * first),
            self.dialed_digits if self.plain else 0, TEN_DIGITS | self.bearer, self.exactly, self.ids,
            slice(self.sls_at, self.sls_at + 1), slice(ids, ids + self.ids), slice(calling, calling + _TEN // 2),
            slice(self.package_at, self.package_end), who,
        )  # fmt: skip


@final
class Shapes(Known[Shape]):
    """The shapes known."""

    def __init__(self) -> None:
        super().__init__(MAX_MASKS, MAX_SHAPES)

    def learn(self, flat: Flat) -> Shape | None:
        """The shape of a message that was walked and answered; None when it has none that can be kept."""
        shape = self.find(flat.octets)
        if shape is None:
            shape = shape_of(flat)
            if shape is not None:
                return self.keep(flat.octets, shape.mask, shape)
        return shape


def shape_of(flat: Flat) -> Shape | None:
    """Read a shape off a message; None when the short way cannot answer its kind."""
    who = _WHO.get(flat.code, -1)
    at, end, octets = flat.at, flat.end, flat.octets
    calling = at[CALLING] or at[CHARGE]
    calling_end = end[CALLING] if at[CALLING] else end[CHARGE]
    if (
        who < 0
        or flat.package != QUERY
        or not at[BEARER]
        or calling_end - calling != _TEN_OCTETS
        or octets[calling] & 0x80
    ):
        return None
    slot, named = COLLECTED, ACCESS
    if who != BY_DIALING:
        slot, named = ORIGINAL if at[ORIGINAL] else REDIRECTING, CALLED
        # what overload control takes for the number called must not be an emergency call
        if (
            at[COLLECTED]
            or at[COLLECTED_DIGITS]
            or end[CALLED] - at[CALLED] != _TEN_OCTETS
            or octets[at[CALLED]] & 0x80
        ):
            return None
    if not at[slot] or not at[named]:
        return None
    nature, dialed = octets[at[slot]] & 0x7F, _nibbles(flat, slot)
    if nature > MOST_PLAIN_NATURE and dialed[0] == dialed[1]:
        return None  # no digits, but their nature means something
    varying = [(at[one] + 2, end[one]) for one in _VARYING if at[one]]
    if octets[at[USER_SLOT] : at[USER_SLOT] + 2] == b"\x81\x05":
        varying.append((at[USER_SLOT] + 2, end[USER_SLOT]))
    ids = flat.ids_at, flat.ids_at + flat.ids
    sls, transaction = flat.label_at + 11, flat.transaction_at
    varying += [(sls, sls + 1), (transaction, transaction + 4), ids]
    varying += [(flat.label_at + 1, flat.label_at + 4), (flat.calling_at, flat.calling_end)]
    access = (0, 0) if who == BY_OVERFLOW else _nibbles(flat, named)
    return Shape(flat, who, mask_of(len(octets), varying), calling + 2, access, dialed, nature)


def _nibbles(flat: Flat, slot: int) -> tuple[int, int]:
    """First and last nibble of a digits parameter, the filler of an odd number left out."""
    start, end = flat.at[slot], flat.end[slot]
    return 2 * (start + 2), 2 * end - (flat.octets[start] >> 7)
