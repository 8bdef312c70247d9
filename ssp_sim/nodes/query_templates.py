"""The queries and notifications of a switch as whole M3UA messages, from templates.

Source: ain-wire.md sections 2.2, 3 and 4.1; A-011 to A-014, A-142; AMB-70.
"""

from collections.abc import Hashable
from typing import Final

from ain_scp.signaling.ain import operation_named
from ain_scp.signaling.ain.structured_types import connect_time_octets
from ain_scp.signaling.ain.structures import ControlCause
from ain_scp.signaling.sccp import Address
from ain_scp.signaling.shapes.holes import Holes
from ain_scp.signaling.shapes.known import only
from ain_scp.signaling.shapes.layout import TRANSACTION_HEAD
from ain_scp.signaling.tcap import encode_package, invoke, query, unidirectional
from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.data_message import SLS_AT
from ain_scp.ssp_sim.nodes.queries import (
    CallLook,
    CallNumbers,
    look_of,
    query_arguments,
    termination_notification,
)
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress, SignallingLink
from ain_scp.ssp_sim.nodes.templates import MOST_SHAPES, Field, Templates

NUMBER = 10
"""Digits of a calling number that templates hold; other lengths are laid out in other ways."""


_ORIGINATING: Final = frozenset((dp.INFO_COLLECTED, dp.INFO_ANALYZED))


class QueryTemplates:
    """What one switch sends often; equal to what the general encoders write octet for octet."""

    def __init__(self, link: SignallingLink, lata: str, scp: ScpAddress) -> None:
        self._link = link
        self._lata = lata
        self._scp = scp
        self._queries = Templates(self._query_of)
        self._whole: dict[Hashable, Holes] = {}
        self._notifications = Templates(self._notification_of)

    def query_of(
        self, call: Call, point: DetectionPoint, transaction: int, met: ControlCause | None
    ) -> bytes:
        """Return the M3UA message of the query of a call stopped at a detection point; `met` = the gap control it met.

        What an originating query says follows from who calls, by which line or group, and what was dialed.
        """
        by_number = call.services is not None and bool(call.services.asking)
        if met is not None or by_number or point not in _ORIGINATING:
            return self.query(*look_of(call, point), transaction, met)
        line, group = call.line, call.group
        key = (
            point,
            call.bearer,
            line.trigger if line is not None else None,
            group.number if group is not None else None,
            call.access_code,
            call.digits,
            call.calling,
        )
        known = self._whole.get(key)
        if known is not None:
            return known.fill((bytes((self._link.next_sls(),)), transaction.to_bytes(4, "big")))
        made = self.query(*look_of(call, point), transaction, None)
        place = only(made, TRANSACTION_HEAD, transaction.to_bytes(4, "big"))
        if place is not None:
            if len(self._whole) >= MOST_SHAPES:
                self._whole.clear()
            self._whole[key] = Holes(made, [(SLS_AT, SLS_AT + 1), place])
        return made

    def query(
        self, look: CallLook, numbers: CallNumbers, transaction: int, met: ControlCause | None
    ) -> bytes:
        """Return the M3UA message of a query; `met` = the gap control it met."""
        sls = self._link.next_sls()
        if met is not None or numbers.calling is None or len(numbers.calling) != NUMBER:
            return self._query(look, numbers, transaction, sls, met)
        fields = (transaction.to_bytes(4, "big"), bytes((sls,)), *numbers)
        return self._queries.octets(look, fields)

    def notification(self, called: Address, status: str, echo: bytes, connect_tenths: int | None) -> bytes:
        """Return the M3UA message of a TerminationNotification."""
        time = None if connect_tenths is None else connect_time_octets(connect_tenths)
        fields = (bytes((self._link.next_sls(),)), echo, time)
        return self._notifications.octets((called, status), fields)

    def _query(
        self, look: CallLook, numbers: CallNumbers, transaction: int, sls: int, met: ControlCause | None
    ) -> bytes:
        """Encode by the general encoders."""
        name, argument = query_arguments(look, numbers, self._lata, met)
        package = query(transaction, invoke(operation_named(name).code, argument, 1))
        terminating = look.point is dp.TERMINATION_ATTEMPT
        digits = numbers.called if terminating else numbers.calling or ""
        return self._link.frame(self._scp.called(digits), encode_package(package), sls, wanted_back=True)

    def _query_of(self, key: Hashable, fields: tuple[Field, ...]) -> bytes:
        if not isinstance(key, CallLook):
            raise TypeError(f"{key!r} is no look of a query")
        calling, digits, read, called, original, redirecting = (_digits(field) for field in fields[2:])
        numbers = CallNumbers(calling, digits or "", read, called or "", original, redirecting)
        return self._query(
            key, numbers, int.from_bytes(_octets(fields[0]), "big"), _octets(fields[1])[0], None
        )

    def _notification_of(self, key: Hashable, fields: tuple[Field, ...]) -> bytes:
        if not isinstance(key, tuple):
            raise TypeError(f"{key!r} is no key of a notification")
        called, status = key
        time = fields[2]
        argument = termination_notification(
            status, _octets(fields[1]), time if isinstance(time, bytes) else None
        )
        code = operation_named("terminationNotification").code
        package = unidirectional(invoke(code, argument, 1))
        return self._link.frame(called, encode_package(package), _octets(fields[0])[0])


def _octets(field: Field) -> bytes:
    return field if isinstance(field, bytes) else b""


def _digits(field: Field) -> str | None:
    return field if isinstance(field, str) else None
