"""The basic call model of a switch: points in call, events and detection points, as two literal tables.

One call in one switch is two halves, originating (towards the caller) and terminating (towards the called party); each
is a point in call, and every event either moves it, perhaps through a detection point where a trigger may be armed, or
cannot happen there. The tables below hold every cell; `None` is "cannot happen here" and raises `StateError`.

These are the points in call of AIN 0.1: no O_Suspended and no O_Mid_Call, which came later. The tables follow the public
descriptions of the model; TR-NWT-001284 itself was not at hand (unconfirmed).

Source: A-011 to A-014, A-150; ain-wire.md sections 3.3 (pointInCall) and 4.1; [0045].
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from functools import cache
from typing import Final


class StateError(Exception):
    """An event reached a half call in a point where it cannot happen: our own fault, never a peer's."""


class PointInCall(IntEnum):
    """The points in call, numbered as the parameter pointInCall is."""

    O_NULL = 1
    AUTHORIZE_ORIG_ATTEMPT = 2
    COLLECT_INFORMATION = 3
    ANALYZE_INFORMATION = 4
    SELECT_ROUTE = 5
    AUTHORIZE_CALL_SETUP = 6
    SEND_CALL = 7
    O_ALERTING = 8
    O_ACTIVE = 9
    T_NULL = 11
    AUTHORIZE_TERMINATION = 12
    SELECT_FACILITY = 13
    PRESENT_CALL = 14
    T_ALERTING = 15
    T_ACTIVE = 16


class DetectionPoint(StrEnum):
    """Where the model may stop and ask."""

    ORIGINATION_ATTEMPT = "Origination_Attempt"
    INFO_COLLECTED = "Info_Collected"
    INFO_ANALYZED = "Info_Analyzed"
    NETWORK_BUSY = "Network_Busy"
    O_TERM_SEIZED = "O_Term_Seized"
    O_ANSWER = "O_Answer"
    O_CALLED_PARTY_BUSY = "O_Called_Party_Busy"
    O_NO_ANSWER = "O_No_Answer"
    O_DISCONNECT = "O_Disconnect"
    O_ABANDON = "O_Abandon"
    TIMEOUT = "Timeout"
    """The time that an answered call was given has passed; wider than AIN 0.1 (GR-1299, unconfirmed)."""
    TERMINATION_ATTEMPT = "Termination_Attempt"
    T_BUSY = "T_Busy"
    T_NO_ANSWER = "T_No_Answer"
    T_TERM_SEIZED = "T_Term_Seized"
    T_ANSWER = "T_Answer"
    T_DISCONNECT = "T_Disconnect"


class CallEvent(StrEnum):
    """What can happen to a half call."""

    ORIGINATE = "originate"
    DENIED = "denied"
    AUTHORIZED = "authorized"
    COLLECTED = "collected"
    ANALYZED = "analyzed"
    TREATED = "treated"
    """The switch or the SCP ends the attempt with a tone or an announcement."""
    ROUTED = "routed"
    """A route is known: the switch's own analysis, or the answer of the SCP."""
    FACILITY_FOUND = "facility found"
    NETWORK_BUSY = "network busy"
    SENT = "sent"
    SEIZED = "seized"
    """The called party is being alerted."""
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    CALLING_DISCONNECT = "calling disconnect"
    CALLED_DISCONNECT = "called disconnect"
    TERMINATE = "terminate"
    FORWARDED = "forwarded"
    """The answer to Termination_Attempt sends the call elsewhere."""


Cell = tuple[PointInCall, DetectionPoint | None] | None
Table = Mapping[PointInCall, Mapping[CallEvent, Cell]]

_P = PointInCall
_D = DetectionPoint
_E = CallEvent

_ABANDON: Final[Cell] = (_P.O_NULL, _D.O_ABANDON)
_TREAT: Final[Cell] = (_P.O_NULL, None)
_LEAVE: Final[Cell] = (_P.O_NULL, _D.O_DISCONNECT)

ORIGINATING: Final[Table] = {
    _P.O_NULL: {_E.ORIGINATE: (_P.AUTHORIZE_ORIG_ATTEMPT, _D.ORIGINATION_ATTEMPT)},
    _P.AUTHORIZE_ORIG_ATTEMPT: {
        _E.AUTHORIZED: (_P.COLLECT_INFORMATION, None),
        _E.DENIED: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.COLLECT_INFORMATION: {
        _E.COLLECTED: (_P.ANALYZE_INFORMATION, _D.INFO_COLLECTED),
        _E.ROUTED: (_P.SELECT_ROUTE, None),
        _E.TREATED: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.ANALYZE_INFORMATION: {
        _E.ANALYZED: (_P.SELECT_ROUTE, _D.INFO_ANALYZED),
        _E.ROUTED: (_P.SELECT_ROUTE, None),
        _E.TREATED: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.SELECT_ROUTE: {
        _E.ROUTED: (_P.SELECT_ROUTE, None),
        _E.FACILITY_FOUND: (_P.AUTHORIZE_CALL_SETUP, None),
        _E.NETWORK_BUSY: (_P.O_NULL, _D.NETWORK_BUSY),
        _E.TREATED: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.AUTHORIZE_CALL_SETUP: {
        _E.SENT: (_P.SEND_CALL, None),
        _E.DENIED: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.SEND_CALL: {
        _E.SEIZED: (_P.O_ALERTING, _D.O_TERM_SEIZED),
        _E.ANSWERED: (_P.O_ACTIVE, _D.O_ANSWER),
        _E.BUSY: (_P.O_NULL, _D.O_CALLED_PARTY_BUSY),
        _E.NETWORK_BUSY: (_P.SELECT_ROUTE, None),
        _E.NO_ANSWER: (_P.O_NULL, _D.O_NO_ANSWER),
        _E.ROUTED: (_P.SELECT_ROUTE, None),
        _E.TREATED: _TREAT,
        _E.CALLED_DISCONNECT: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.O_ALERTING: {
        _E.ROUTED: (_P.SELECT_ROUTE, None),
        _E.ANSWERED: (_P.O_ACTIVE, _D.O_ANSWER),
        _E.BUSY: (_P.O_NULL, _D.O_CALLED_PARTY_BUSY),
        _E.NO_ANSWER: (_P.O_NULL, _D.O_NO_ANSWER),
        _E.CALLED_DISCONNECT: _TREAT,
        _E.CALLING_DISCONNECT: _ABANDON,
    },
    _P.O_ACTIVE: {_E.CALLED_DISCONNECT: _LEAVE, _E.CALLING_DISCONNECT: _LEAVE},
}
"""The originating half. An event without a cell in its row cannot happen there."""

_T_ENDED: Final[Cell] = (_P.T_NULL, None)
_T_BUSY: Final[Cell] = (_P.T_NULL, _D.T_BUSY)
_T_LEAVE: Final[Cell] = (_P.T_NULL, _D.T_DISCONNECT)

TERMINATING: Final[Table] = {
    _P.T_NULL: {_E.TERMINATE: (_P.AUTHORIZE_TERMINATION, _D.TERMINATION_ATTEMPT)},
    _P.AUTHORIZE_TERMINATION: {
        _E.AUTHORIZED: (_P.SELECT_FACILITY, None),
        _E.FORWARDED: _T_ENDED,
        _E.TREATED: _T_ENDED,
        _E.DENIED: _T_ENDED,
        _E.CALLING_DISCONNECT: _T_ENDED,
    },
    _P.SELECT_FACILITY: {
        _E.FACILITY_FOUND: (_P.PRESENT_CALL, None),
        _E.BUSY: _T_BUSY,
        _E.NETWORK_BUSY: _T_ENDED,
        _E.CALLING_DISCONNECT: _T_ENDED,
    },
    _P.PRESENT_CALL: {
        _E.SEIZED: (_P.T_ALERTING, _D.T_TERM_SEIZED),
        _E.ANSWERED: (_P.T_ACTIVE, _D.T_ANSWER),
        _E.BUSY: _T_BUSY,
        _E.NETWORK_BUSY: _T_ENDED,
        _E.NO_ANSWER: (_P.T_NULL, _D.T_NO_ANSWER),
        _E.CALLED_DISCONNECT: _T_ENDED,
        _E.CALLING_DISCONNECT: _T_ENDED,
    },
    _P.T_ALERTING: {
        _E.ANSWERED: (_P.T_ACTIVE, _D.T_ANSWER),
        _E.BUSY: _T_BUSY,
        _E.NO_ANSWER: (_P.T_NULL, _D.T_NO_ANSWER),
        _E.CALLED_DISCONNECT: _T_ENDED,
        _E.CALLING_DISCONNECT: _T_ENDED,
    },
    _P.T_ACTIVE: {_E.CALLED_DISCONNECT: _T_LEAVE, _E.CALLING_DISCONNECT: _T_LEAVE},
}
"""The terminating half. An event without a cell in its row cannot happen there."""


def cell(table: Table, point: PointInCall, event: CallEvent) -> Cell:
    """Look up one cell: where the event leads and through which detection point; None = cannot happen."""
    return table[point].get(event)


def advance(table: Table, point: PointInCall, event: CallEvent) -> tuple[PointInCall, DetectionPoint | None]:
    """Follow one cell; StateError when the event cannot happen in this point in call."""
    found = table[point].get(event)
    if found is None:
        raise StateError(f"{event} cannot happen in {point.name}")
    return found


@cache
def originating_walk(point: PointInCall, *events: CallEvent) -> PointInCall:
    """Follow several cells of the originating half, the detection points on the way being reported to no one."""
    for event in events:
        point, _ = advance(ORIGINATING, point, event)
    return point


@cache
def terminating_walk(point: PointInCall, *events: CallEvent) -> PointInCall:
    """Follow several cells of the terminating half, likewise."""
    for event in events:
        point, _ = advance(TERMINATING, point, event)
    return point
