"""Ways back: where answers to queries from one point code and calling address go, judged once by the general codec.

Limits: MAX_BACKS, then all are judged anew.
Source: T1.112.4 clause 2.2, ain-wire section 5.
"""

from typing import Final, final

from ain_scp.scp.lower_layers import NATIONAL_NETWORK, SCCP_SERVICE_INDICATOR, LowerLayers
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.flat.walk import Flat
from ain_scp.signaling.sccp.address import encode_address
from ain_scp.signaling.sccp.structs import Address

MAX_BACKS: Final = 4096
_FORM: Final = bytes((SCCP_SERVICE_INDICATOR, NATIONAL_NETWORK, 0))


@final
class Back:
    """One way back. `head`: DPC, SI, NI and MP as they are sent; `address`: the called address, `key` twice its octets."""

    __slots__ = ("address", "head", "key", "point_code", "to")

    def __init__(self, point_code: int, to: Address) -> None:
        self.point_code = point_code
        self.to = to
        self.head = point_code.to_bytes(4, "big") + _FORM
        self.address = encode_address(to)
        self.key = len(self.address) << 1


@final
class Backs:
    """The ways back by OPC and calling address, and which label and called address lead to us."""

    def __init__(self, lower: LowerLayers) -> None:
        self._lower = lower
        self.by_origin: dict[bytes, Back] = {}
        self._ours: set[bytes] = set()
        self._of_point_code: dict[int, list[bytes]] = {}

    def find(self, flat: Flat) -> Back | None:
        """The way back of a message; None when it is not known."""
        octets, label = flat.octets, flat.label_at
        if octets[label + 4 : label + 11] + octets[flat.called_at : flat.called_end] not in self._ours:
            return None
        return self.by_origin.get(octets[label : label + 4] + octets[flat.calling_at : flat.calling_end])

    def judge(self, flat: Flat) -> None:
        """Know the way back of a message that the general node has taken, if it is a plain one."""
        octets, label = flat.octets, flat.label_at
        calling, called = octets[flat.calling_at : flat.calling_end], octets[flat.called_at : flat.called_end]
        opc, dpc = (int.from_bytes(octets[at : at + 4], "big") for at in (label, label + 4))
        if octets[label + 8] != SCCP_SERVICE_INDICATOR:
            return
        try:
            way = self._lower.way_back(called, calling, opc, dpc)
        except DecodeError:
            return
        if way is None:
            return
        if len(self.by_origin) >= MAX_BACKS or len(self._ours) >= MAX_BACKS:
            self.by_origin.clear()
            self._ours.clear()
            self._of_point_code.clear()
        self._ours.add(octets[label + 4 : label + 11] + called)
        origin, back = octets[label : label + 4] + calling, Back(*way)
        if origin not in self.by_origin:
            for point_code in {back.point_code, back.to.point_code or opc}:
                self._of_point_code.setdefault(point_code, []).append(origin)
        self.by_origin[origin] = back

    def forget(self, point_code: int) -> bool:
        """Know no more who comes from there, so that the next message is the general node's; whether there was one."""
        origins = self._of_point_code.pop(point_code, [])
        for origin in origins:
            self.by_origin.pop(origin, None)
        return bool(origins)
