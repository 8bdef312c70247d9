"""SCCP management of one node: which subsystems, near and far, can be used.

Near: equipped subsystems are allowed, prohibited or congested, as their owner says; a test (SST) of one that is allowed,
or of SCMG itself, is answered with SSA, of any other with nothing. Far: SSP prohibits a subsystem and starts a test
that repeats after 30 s, then twice as long each time up to 600 s, until SSA allows it; MTP says which point codes are
paused or congested. A mate that asks to leave (SOR) gets SOG while we can take its load; then it says SSP itself. Bounds: 256 prohibited subsystems, 1,024 paused point codes, 10 messages a second of our own.
Times are nanoseconds of the caller's clock.

Source: T1.112.4 clause 5 (SCMG), clauses 5.3.3 (subsystem status test) and 5.3.4 (coordinated state change).
"""

from collections import deque
from collections.abc import Callable

import msgspec

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.mtp3 import RoutingLabel
from ain_scp.signaling.sccp.management import (
    SCMG_SSN,
    Management,
    ManagementKind,
    decode_management,
    management_unit_data,
)
from ain_scp.signaling.sccp.structs import ReturnCause, UnitData

T_STAT_INFO_NS = 30_000_000_000
T_STAT_INFO_MAX_NS = 600_000_000_000
MAX_PROHIBITED = 256
MAX_PAUSED = 1024


class SubsystemStatus:
    """The status tables of a node with the own point code `point_code` and its equipped `subsystems`.

    `mates` are the point codes where the same subsystems are; `ready` says whether one of them may leave its load to us.
    """

    def __init__(
        self,
        point_code: int,
        subsystems: frozenset[int],
        messages_per_second: float = 10.0,
        mates: frozenset[int] = frozenset(),
    ) -> None:
        """Start with all equipped subsystems allowed and every point code available."""
        self.ready: Callable[[], bool] = lambda: True
        self.doubted: Callable[[int], None] = lambda _: None
        """Called with a point code that the network, or the node itself, says cannot be reached or is congested."""
        self._mates = mates
        self._point_code = point_code
        self._local: dict[int, ReturnCause | None] = dict.fromkeys(subsystems)
        self._prohibited: dict[tuple[int, int], tuple[int, int]] = {}  # (PC, SSN) -> (next test, interval)
        self._paused: set[int] = set()
        self._congested: set[int] = set()
        self._allowance = Allowance(messages_per_second, max(1.0, messages_per_second))
        self._outgoing: deque[tuple[RoutingLabel, UnitData]] = deque()

    def set_local(self, ssn: int, refusal: ReturnCause | None) -> None:
        """Say that an equipped subsystem is allowed (None), failed or congested. KeyError if not equipped."""
        if ssn not in self._local:
            raise KeyError(ssn)
        self._local[ssn] = refusal

    def equip(self, subsystems: frozenset[int]) -> None:
        """Have these subsystems and no others; those that were there keep their state."""
        self._local = {ssn: self._local.get(ssn) for ssn in subsystems}

    def mtp_pause(self, point_code: int) -> None:
        """A destination cannot be reached (DUNA). Source: T1.112.4 clause 5.2.2."""
        if len(self._paused) < MAX_PAUSED:
            self._paused.add(point_code)
            self.doubted(point_code)

    def mtp_resume(self, point_code: int) -> None:
        """A destination can be reached again (DAVA); congestion is forgotten too. Source: T1.112.4 clause 5.2.3."""
        self._paused.discard(point_code)
        self._congested.discard(point_code)

    def mtp_status(self, point_code: int, level: int) -> None:
        """A destination is congested (SCON) at `level`, 0 for no longer. Source: T1.112.4 clause 5.2.4."""
        if level and len(self._congested) < MAX_PAUSED:
            self._congested.add(point_code)
            self.doubted(point_code)
        elif not level:
            self._congested.discard(point_code)

    def heard(self, point_code: int, ssn: int | None) -> None:
        """A message just came from there, which proves that it is there, whatever others have said (unconfirmed).

        So false reports about a node cannot keep it from its answers.
        """
        self._paused.discard(point_code)
        self._congested.discard(point_code)
        if ssn is not None:
            self._prohibited.pop((point_code, ssn), None)

    def local_refusal(self, ssn: int | None) -> ReturnCause | None:
        """Return why a message for one of our subsystems cannot be delivered, or None."""
        return (
            self._local.get(ssn, ReturnCause.UNEQUIPPED_USER)
            if ssn is not None
            else ReturnCause.UNEQUIPPED_USER
        )

    def refusal(self, point_code: int, ssn: int | None) -> ReturnCause | None:
        """Return why a message for another node cannot be passed on, or None."""
        if point_code in self._paused:
            return ReturnCause.MTP_FAILURE
        if point_code in self._congested:
            return ReturnCause.NETWORK_CONGESTION
        if ssn is not None and (point_code, ssn) in self._prohibited:
            return ReturnCause.SUBSYSTEM_FAILURE
        return None

    def receive(self, octets: bytes, label: RoutingLabel, now: int) -> str:
        """Take one SCMG message; return the name of the counter that says what it was. Source: T1.112.4 5.3."""
        try:
            message = decode_management(octets)
        except DecodeError:
            return "dropped_management_malformed"
        key = (message.affected_point_code, message.affected_ssn)
        if message.kind == ManagementKind.SSA:
            self._prohibited.pop(key, None)
        elif message.kind == ManagementKind.SSP:
            self._prohibit(key, now)
        elif message.kind == ManagementKind.SST:
            self._answer_test(message, label, now)
        elif message.kind == ManagementKind.SOR and label.opc in self._mates:
            self._answer_request(message, label, now)
        else:
            return "management_ignored"
        return "management"

    def messages_to_send(self) -> tuple[tuple[RoutingLabel, UnitData], ...]:
        """Return and forget the messages SCMG wants sent."""
        messages = tuple(self._outgoing)
        self._outgoing.clear()
        return messages

    def next_timer(self) -> int | None:
        """Return when the next subsystem status test is due, or None."""
        return min((at for at, _ in self._prohibited.values()), default=None)

    def handle_timer(self, now: int) -> None:
        """Send the tests that are due. Source: T1.112.4 clause 5.3.3."""
        for key, (at, interval) in list(self._prohibited.items()):
            if at <= now:
                longer = min(interval * 2, T_STAT_INFO_MAX_NS)
                self._prohibited[key] = (now + longer, longer)
                self._send(Management(ManagementKind.SST, key[1], key[0]), key[0], now)

    def _prohibit(self, key: tuple[int, int], now: int) -> None:
        if key not in self._prohibited and len(self._prohibited) < MAX_PROHIBITED:
            self._prohibited[key] = (now + T_STAT_INFO_NS, T_STAT_INFO_NS)
            self.doubted(key[0])

    def _answer_test(self, message: Management, label: RoutingLabel, now: int) -> None:
        allowed = message.affected_ssn == SCMG_SSN or self.local_refusal(message.affected_ssn) is None
        if allowed and message.affected_point_code in {self._point_code, label.dpc}:
            answer = Management(ManagementKind.SSA, message.affected_ssn, message.affected_point_code)
            self._send(answer, label.opc, now)

    def _answer_request(self, message: Management, label: RoutingLabel, now: int) -> None:
        """Grant a mate's subsystem to go out of service; no answer is the refusal. Source: T1.112.4 clause 5.3.4."""
        own = message.affected_point_code == label.opc and self.local_refusal(message.affected_ssn) is None
        if own and self.ready():
            self._send(msgspec.structs.replace(message, kind=ManagementKind.SOG), label.opc, now)

    def _send(self, message: Management, to: int, now: int) -> None:
        if self._allowance.take(now):
            label = RoutingLabel(self._point_code, to, 0)
            self._outgoing.append((label, management_unit_data(message, to, self._point_code)))
