# ruff: noqa: INP001 - a script's module, not a package
"""The switch of the lab: one SSP that asks by a plan of instants over kernel SCTP and counts what comes back.

Source: sctp-lab section 1, reliability target F1.
"""

import asyncio
import itertools
import time

import osmo_stp

from ain_scp.scp.associations.asp import AspAssociation, AspRow
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import PackageType, decode_package, encode_package, invoke, query
from ain_scp.transport import sctp_kernel
from ain_scp.transport.link import Endpoint

ALIAS = parse_point_code(osmo_stp.ALIAS)
SSP = parse_point_code(osmo_stp.SSP.point_code)


class Switch:
    """One SSP: asks by a plan of instants, remembers what came back and from which point code."""

    def __init__(self, stp: Endpoint, local: Endpoint, beat_ms: int) -> None:
        self.asked: dict[int, int] = {}
        self.answers: dict[int, int] = {}
        self.wrong = 0
        self.longest_s = 0.0
        self._sent_at: dict[int, float] = {}
        self._transactions = itertools.count(0x0B000001)
        row = AspRow("STP", AspConfig((10,), traffic_mode=1, destinations=(ALIAS,), t_beat_ms=beat_ms))
        self.association = AspAssociation(
            row,
            lambda user: sctp_kernel.connect(stp, user, local),
            self._answered,
            time.monotonic_ns,
            lambda: 0.5,
        )

    async def run(self) -> None:
        """Keep the association alive."""
        self.association.start()
        while True:
            await asyncio.sleep(0.02)
            self.association.handle_timer()

    def ask(self, dpc: int = ALIAS) -> None:
        """Send one query; what cannot be sent counts as lost."""
        transaction = next(self._transactions)
        known = operation_named("infoAnalyzed")
        values = {
            "userID": UserID(UserIDChoice.DN, "9258341234"),
            "bearerCapability": 0,
            "triggerCriteriaType": 2,
            "callingPartyID": Digits(3, 1, "9258341234"),
            "accessCode": Digits(0, 0, "7"),
            "collectedAddressInfo": Digits(3, 1, "9212000"),
        }
        package = query(transaction, invoke(known.code, encode_parameters(known, values), 1))
        unit = sccp.UnitData(sccp.Address(250, dpc), sccp.Address(250, SSP), encode_package(package))
        self.asked[transaction] = dpc
        self._sent_at[transaction] = time.monotonic()
        octets = m3ua.data(SSP, dpc, 3, 2, 0, transaction % 256, sccp.encode(unit), 10)
        self.association.send_answer(octets)

    def _answered(self, octets: bytes, _link: str) -> None:
        data = m3ua.decode(octets).protocol_data
        if data is None:
            return
        package = decode_package(sccp.decode(data.payload).data)
        transaction = package.responding
        known = transaction in self.asked and transaction not in self.answers
        if package.kind is not PackageType.RESPONSE or transaction is None or not known:
            self.wrong += 1
            return
        self.answers[transaction] = data.opc
        self.longest_s = max(self.longest_s, time.monotonic() - self._sent_at[transaction])

    async def load(self, seconds: float, per_second: int = 100) -> None:
        """Ask steadily."""
        began = time.monotonic()
        for n in range(int(seconds * per_second)):
            wait = began + n / per_second - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.ask()

    @property
    def lost(self) -> int:
        """Queries without an answer."""
        return len(self.asked) - len(self.answers)
