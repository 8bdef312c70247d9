"""What an ASP does: every state against every input, as one table.

A cell is (next state, actions in order). Rules the table keeps:
1. An unsolicited acknowledgement moves the ASP to the state the peer believes in; from there it returns to where it
   was (RFC 4666 clauses 4.3.4.1, 4.3.4.2, 4.3.4.4).
2. An ASPAC ACK while inactive, and a message only a gateway may receive, are answered with ERR; ERR never is.
3. An ERR during ASPUP is not fatal: a gateway that still holds the old association of a restarted ASP sends one first.
4. Nothing is sent after the association is lost.

Source: RFC 4666 clauses 4.3.1 and 4.3.4, ETSI TS 102 381 (ASPSM, ASPTM).
"""

from enum import IntEnum
from typing import Final


class AspState(IntEnum):
    """Where the ASP is; the _SENT states wait for the acknowledgement of what was sent."""

    DOWN = 0
    UP_SENT = 1
    INACTIVE = 2
    ACTIVE_SENT = 3
    ACTIVE = 4
    INACTIVE_SENT = 5
    DOWN_SENT = 6


class AspInput(IntEnum):
    """What can happen to an ASP."""

    UP = 0  # the owner, or a new association
    ACTIVATE = 1
    DEACTIVATE = 2
    STOP = 3
    ASPUP_ACK = 4
    ASPAC_ACK = 5
    ASPIA_ACK = 6
    ASPDN_ACK = 7
    UNEXPECTED = 8  # a message only a gateway may receive
    ALTERNATE_ACTIVE = 9  # NTFY: another ASP took over (override)
    T_ACK = 10
    LOST = 11


class AspAction(IntEnum):
    """What the ASP does in a transition."""

    SEND_ASPUP = 0
    SEND_ASPAC = 1
    SEND_ASPIA = 2
    SEND_ASPDN = 3
    SEND_ERR = 4  # unexpected message
    TELL_UP = 5
    TELL_ACTIVE = 6  # with DAUD for the destinations
    TELL_INACTIVE = 7
    TELL_DOWN = 8
    STOP_T_ACK = 9
    TO_TARGET = 10  # go on to the state the owner wants
    RETRY = 11  # send again what T(ack) waits for


Cell = tuple[AspState, tuple[AspAction, ...]]
_S, _I, _A = AspState, AspInput, AspAction

_STAY: Final[dict[AspState, Cell]] = {state: (state, ()) for state in AspState}
_ERR: Final[dict[AspState, Cell]] = {state: (state, (_A.SEND_ERR,)) for state in AspState}
_FALL: Final[Cell] = (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN, _A.TO_TARGET))
_BACK: Final[Cell] = (_S.INACTIVE, (_A.STOP_T_ACK, _A.TELL_INACTIVE, _A.TO_TARGET))

TABLE: Final[dict[tuple[AspState, AspInput], Cell]] = {
    (_S.DOWN, _I.UP): (_S.UP_SENT, (_A.SEND_ASPUP,)),
    (_S.DOWN, _I.ACTIVATE): (_S.UP_SENT, (_A.SEND_ASPUP,)),
    (_S.DOWN, _I.DEACTIVATE): _STAY[_S.DOWN],
    (_S.DOWN, _I.STOP): _STAY[_S.DOWN],
    (_S.DOWN, _I.ASPUP_ACK): _ERR[_S.DOWN],
    (_S.DOWN, _I.ASPAC_ACK): _ERR[_S.DOWN],
    (_S.DOWN, _I.ASPIA_ACK): _ERR[_S.DOWN],
    (_S.DOWN, _I.ASPDN_ACK): _STAY[_S.DOWN],
    (_S.DOWN, _I.UNEXPECTED): _ERR[_S.DOWN],
    (_S.DOWN, _I.ALTERNATE_ACTIVE): _STAY[_S.DOWN],
    (_S.DOWN, _I.T_ACK): _STAY[_S.DOWN],
    (_S.DOWN, _I.LOST): _STAY[_S.DOWN],
    (_S.UP_SENT, _I.UP): _STAY[_S.UP_SENT],
    (_S.UP_SENT, _I.ACTIVATE): _STAY[_S.UP_SENT],
    (_S.UP_SENT, _I.DEACTIVATE): _STAY[_S.UP_SENT],
    (_S.UP_SENT, _I.STOP): (_S.DOWN_SENT, (_A.SEND_ASPDN,)),
    (_S.UP_SENT, _I.ASPUP_ACK): (_S.INACTIVE, (_A.STOP_T_ACK, _A.TELL_UP, _A.TO_TARGET)),
    (_S.UP_SENT, _I.ASPAC_ACK): _ERR[_S.UP_SENT],
    (_S.UP_SENT, _I.ASPIA_ACK): _ERR[_S.UP_SENT],
    (_S.UP_SENT, _I.ASPDN_ACK): _STAY[_S.UP_SENT],  # late, of a stop before
    (_S.UP_SENT, _I.UNEXPECTED): _ERR[_S.UP_SENT],
    (_S.UP_SENT, _I.ALTERNATE_ACTIVE): _STAY[_S.UP_SENT],
    (_S.UP_SENT, _I.T_ACK): (_S.UP_SENT, (_A.RETRY,)),
    (_S.UP_SENT, _I.LOST): (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN)),
    (_S.INACTIVE, _I.UP): _STAY[_S.INACTIVE],
    (_S.INACTIVE, _I.ACTIVATE): (_S.ACTIVE_SENT, (_A.SEND_ASPAC,)),
    (_S.INACTIVE, _I.DEACTIVATE): _STAY[_S.INACTIVE],
    (_S.INACTIVE, _I.STOP): (_S.DOWN_SENT, (_A.SEND_ASPDN,)),
    (_S.INACTIVE, _I.ASPUP_ACK): _STAY[_S.INACTIVE],  # of a repeated ASPUP
    (_S.INACTIVE, _I.ASPAC_ACK): _ERR[_S.INACTIVE],
    (_S.INACTIVE, _I.ASPIA_ACK): _STAY[_S.INACTIVE],
    (_S.INACTIVE, _I.ASPDN_ACK): _FALL,
    (_S.INACTIVE, _I.UNEXPECTED): _ERR[_S.INACTIVE],
    (_S.INACTIVE, _I.ALTERNATE_ACTIVE): _STAY[_S.INACTIVE],
    (_S.INACTIVE, _I.T_ACK): _STAY[_S.INACTIVE],
    (_S.INACTIVE, _I.LOST): (_S.DOWN, (_A.TELL_DOWN,)),
    (_S.ACTIVE_SENT, _I.UP): _STAY[_S.ACTIVE_SENT],
    (_S.ACTIVE_SENT, _I.ACTIVATE): _STAY[_S.ACTIVE_SENT],
    (_S.ACTIVE_SENT, _I.DEACTIVATE): (_S.INACTIVE_SENT, (_A.SEND_ASPIA,)),
    (_S.ACTIVE_SENT, _I.STOP): (_S.DOWN_SENT, (_A.SEND_ASPDN,)),
    (_S.ACTIVE_SENT, _I.ASPUP_ACK): _STAY[_S.ACTIVE_SENT],  # of a repeated ASPUP
    (_S.ACTIVE_SENT, _I.ASPAC_ACK): (_S.ACTIVE, (_A.STOP_T_ACK, _A.TELL_ACTIVE)),
    (_S.ACTIVE_SENT, _I.ASPIA_ACK): _STAY[_S.ACTIVE_SENT],  # late, of a deactivation before
    (_S.ACTIVE_SENT, _I.ASPDN_ACK): _FALL,
    (_S.ACTIVE_SENT, _I.UNEXPECTED): _ERR[_S.ACTIVE_SENT],
    (_S.ACTIVE_SENT, _I.ALTERNATE_ACTIVE): _STAY[_S.ACTIVE_SENT],
    (_S.ACTIVE_SENT, _I.T_ACK): (_S.ACTIVE_SENT, (_A.RETRY,)),
    (_S.ACTIVE_SENT, _I.LOST): (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN)),
    (_S.ACTIVE, _I.UP): _STAY[_S.ACTIVE],
    (_S.ACTIVE, _I.ACTIVATE): _STAY[_S.ACTIVE],
    (_S.ACTIVE, _I.DEACTIVATE): (_S.INACTIVE_SENT, (_A.SEND_ASPIA,)),
    (_S.ACTIVE, _I.STOP): (_S.DOWN_SENT, (_A.SEND_ASPDN,)),
    (_S.ACTIVE, _I.ASPUP_ACK): (_S.INACTIVE, (_A.SEND_ERR, _A.TELL_INACTIVE, _A.TO_TARGET)),
    (_S.ACTIVE, _I.ASPAC_ACK): _STAY[_S.ACTIVE],  # of a repeated ASPAC
    (_S.ACTIVE, _I.ASPIA_ACK): _BACK,
    (_S.ACTIVE, _I.ASPDN_ACK): _FALL,
    (_S.ACTIVE, _I.UNEXPECTED): _ERR[_S.ACTIVE],
    (_S.ACTIVE, _I.ALTERNATE_ACTIVE): (_S.INACTIVE, (_A.TELL_INACTIVE,)),
    (_S.ACTIVE, _I.T_ACK): _STAY[_S.ACTIVE],
    (_S.ACTIVE, _I.LOST): (_S.DOWN, (_A.TELL_DOWN,)),
    (_S.INACTIVE_SENT, _I.UP): _STAY[_S.INACTIVE_SENT],
    (_S.INACTIVE_SENT, _I.ACTIVATE): (_S.ACTIVE_SENT, (_A.SEND_ASPAC,)),
    (_S.INACTIVE_SENT, _I.DEACTIVATE): _STAY[_S.INACTIVE_SENT],
    (_S.INACTIVE_SENT, _I.STOP): (_S.DOWN_SENT, (_A.SEND_ASPDN,)),
    (_S.INACTIVE_SENT, _I.ASPUP_ACK): _STAY[_S.INACTIVE_SENT],
    (_S.INACTIVE_SENT, _I.ASPAC_ACK): _STAY[_S.INACTIVE_SENT],  # of the ASPAC before
    (_S.INACTIVE_SENT, _I.ASPIA_ACK): _BACK,
    (_S.INACTIVE_SENT, _I.ASPDN_ACK): _FALL,
    (_S.INACTIVE_SENT, _I.UNEXPECTED): _ERR[_S.INACTIVE_SENT],
    (_S.INACTIVE_SENT, _I.ALTERNATE_ACTIVE): _BACK,
    (_S.INACTIVE_SENT, _I.T_ACK): (_S.INACTIVE_SENT, (_A.RETRY,)),
    (_S.INACTIVE_SENT, _I.LOST): (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN)),
    (_S.DOWN_SENT, _I.UP): (_S.UP_SENT, (_A.SEND_ASPUP,)),
    (_S.DOWN_SENT, _I.ACTIVATE): (_S.UP_SENT, (_A.SEND_ASPUP,)),
    (_S.DOWN_SENT, _I.DEACTIVATE): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.STOP): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.ASPUP_ACK): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.ASPAC_ACK): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.ASPIA_ACK): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.ASPDN_ACK): (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN)),
    (_S.DOWN_SENT, _I.UNEXPECTED): _ERR[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.ALTERNATE_ACTIVE): _STAY[_S.DOWN_SENT],
    (_S.DOWN_SENT, _I.T_ACK): (_S.DOWN_SENT, (_A.RETRY,)),
    (_S.DOWN_SENT, _I.LOST): (_S.DOWN, (_A.STOP_T_ACK, _A.TELL_DOWN)),
}
