"""Where things stand in a message that the general codec has accepted: offsets, nothing decoded.

Only the plain form is walked: one M3UA DATA whose length counts every octet, a UDT with its parts in order, definite BER
lengths, one package. Anything else has no `Layout`, and is left to the general codec.

Source: performance.md section 2 (known shapes), RFC 4666 clause 3.3.1, T1.112.3 clause 4.7, T1.114.3, X.690 clause 8.1.
"""

from typing import Final, NamedTuple

from ain_scp.signaling import ber
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.shapes.known import Place

TRANSACTION_HEAD: Final = b"\xc7\x04"
ECHO_HEAD: Final = b"\x9f\x3c\x06"
"""Tag and length of a single transaction ID, and of echo data."""

_PROTOCOL_DATA: Final = 0x0210
_UDT: Final = 0x09
_TRANSACTION_OCTETS: Final = {0xE1: 0, 0xE2: 4, 0xE4: 4}
"""Of a Unidirectional, a query with permission, a response."""
_INVOKES: Final = (0xE9, 0xED)
_MAX_PARAMETERS: Final = 64


class Invoke(NamedTuple):
    """An Invoke: offset and number of its component ID octets, operation code, and (tag, start, end) of each parameter."""

    ids_at: int
    ids: int
    code: int
    parameters: list[tuple[int, int, int]]


class Layout(NamedTuple):
    """Offsets in one message: OPC and SLS, addresses (start, end), TCAP package, its tag, transaction ID, Invokes.

    `transaction_at` is 0 where there is none.
    """

    opc_at: int
    sls_at: int
    called: Place
    calling: Place
    package_at: int
    package: int
    transaction_at: int
    invokes: list[Invoke]

    @property
    def numbering(self) -> list[Place]:
        """What numbers a message and says nothing else: its SLS, transaction ID and component IDs."""
        ids = [(one.ids_at, one.ids_at + one.ids) for one in self.invokes]
        transaction = [(self.transaction_at, self.transaction_at + 4)] if self.transaction_at else []
        return [(self.sls_at, self.sls_at + 1), *transaction, *ids]


def layout_of(octets: bytes) -> Layout | None:
    """Walk a message; None when it is not of the plain form."""
    try:
        return _message(octets)
    except (DecodeError, IndexError):
        return None


def _message(octets: bytes) -> Layout | None:
    size = len(octets)
    if octets[:4] != b"\x01\x00\x01\x01" or int.from_bytes(octets[4:8], "big") != size:
        return None
    at = 8
    found = 0
    sccp_end = 0
    while at < size:
        tag = octets[at] << 8 | octets[at + 1]
        length = octets[at + 2] << 8 | octets[at + 3]
        if tag == _PROTOCOL_DATA and length > 16:
            found, sccp_end = at, at + length
        at += (length + 3) & ~3
        if length < 4:
            return None
    if not found or at != size:
        return None
    sccp = found + 16
    if octets[sccp] != _UDT or octets[sccp + 2] != 3:
        return None
    calling = sccp + 6 + octets[sccp + 5]
    data = calling + 1 + octets[calling]
    in_order = octets[sccp + 3] == calling - sccp - 3 and octets[sccp + 4] == data - sccp - 4
    if not in_order or data + 1 + octets[data] != sccp_end:
        return None
    return _package(octets, data + 1, sccp_end, found, ((sccp + 6, calling), (calling + 1, data)))


def _package(octets: bytes, at: int, end: int, found: int, addresses: tuple[Place, Place]) -> Layout | None:
    package_at = at
    package, at, stop = ber.header(octets, at, end)
    if stop != end or package not in _TRANSACTION_OCTETS:
        return None
    tag, transaction, at = ber.header(octets, at, end)
    size = _TRANSACTION_OCTETS[package]
    if tag != 0xC7 or at - transaction != size:
        return None
    tag, at, stop = ber.header(octets, at, end)
    if tag != 0xE8 or stop != end:
        return None
    invokes: list[Invoke] = []
    while at < end:
        tag, start, at = ber.header(octets, at, end)
        invoke = _invoke(octets, start, at) if tag in _INVOKES else None
        if invoke is None:
            return None
        invokes.append(invoke)
    return Layout(found + 4, found + 15, *addresses, package_at, package, transaction if size else 0, invokes)


def _invoke(octets: bytes, at: int, end: int) -> Invoke | None:
    tag, ids_at, ids_end = ber.header(octets, at, end)
    if tag != 0xCF:
        return None
    tag, start, at = ber.header(octets, ids_end, end)
    if tag != 0xD1 or at - start != 2:
        return None
    code = octets[start] << 8 | octets[start + 1]
    tag, start, stop = ber.header(octets, at, end)
    if tag != 0x30 or stop != end:
        return None
    return Invoke(ids_at, ids_end - ids_at, code, ber.children(octets, start, stop, _MAX_PARAMETERS))
