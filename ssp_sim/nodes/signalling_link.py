"""What a switch sends to its signal transfer point: TCAP packages in unit data messages.

A title goes to the STP to be translated, a point code straight to its node. Each message has the next SLS.
Source: T1.112, RFC 4666 clause 3.3.1; A-005.
"""

from collections.abc import Callable

import msgspec

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.mtp3 import NetworkIndicator, ServiceIndicator
from ain_scp.signaling.sccp import Address, GlobalTitle, UnitData


class ScpAddress(msgspec.Struct, frozen=True):
    """How a switch addresses the service control point: by global title (translated on the way), or point code + SSN."""

    translation_type: int = 254
    ssn: int = 250
    point_code: int | None = None

    def called(self, digits: str) -> Address:
        """Return the called address of a query about this number."""
        if self.point_code is not None:
            return Address(self.ssn, self.point_code)
        return Address(0, None, GlobalTitle(self.translation_type, digits), route_on_ssn=False)


class SignallingLink:
    """The way of one switch to the network; `transmit` takes whole M3UA messages."""

    def __init__(self, own: int, ssn: int, stp_point_code: int, transmit: Callable[[bytes], None]) -> None:
        self._own = own
        self._address = Address(ssn, own)
        self._stp = stp_point_code
        self._sls = 0
        self.transmit = transmit

    def next_sls(self) -> int:
        """Return the SLS of the next message."""
        self._sls = self._sls + 1 & 0xFF
        return self._sls

    def send(self, called: Address, tcap: bytes, *, wanted_back: bool = False) -> None:
        """Send one TCAP package; `wanted_back` asks for its return when it cannot be delivered."""
        self.transmit(self.frame(called, tcap, self.next_sls(), wanted_back=wanted_back))

    def frame(self, called: Address, tcap: bytes, sls: int, *, wanted_back: bool = False) -> bytes:
        """Return the M3UA message of a TCAP package."""
        unit = sccp.encode(UnitData(called, self._address, tcap, 0, wanted_back))
        dpc = called.point_code if called.point_code is not None else self._stp
        return m3ua.data(self._own, dpc, ServiceIndicator.SCCP, NetworkIndicator.NATIONAL, 0, sls, unit)
