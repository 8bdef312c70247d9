"""What a gateway keeps of each ASP in each AS, and of each AS: two literal tables.

ASP (RFC 4666 figure 3): a cell is (next state, what is answered). AS (figure 4): a cell is (next state, what is done).
While an AS is pending its traffic waits for T(r); only when that ends without an active ASP are destinations reported
unavailable. A cell without actions that stays is an input that means nothing there.

Source: RFC 4666 clauses 4.3.1 and 4.3.2, figures 3 and 4, 4.3.4.1-4.3.4.4.
"""

from enum import IntEnum
from typing import Final


class RemoteAspState(IntEnum):
    """An ASP as the gateway sees it, RFC 4666 clause 4.3.1."""

    DOWN = 0
    INACTIVE = 1
    ACTIVE = 2


class RemoteAspInput(IntEnum):
    """What happens to it."""

    ASPUP = 0
    ASPDN = 1
    ASPAC = 2
    ASPIA = 3
    OVERRIDDEN = 4
    LOST = 5


class RemoteAspAction(IntEnum):
    """What the gateway answers."""

    ACK = 0
    ERR_UNEXPECTED = 1


class AsState(IntEnum):
    """An application server, RFC 4666 clause 4.3.2."""

    DOWN = 0
    INACTIVE = 1
    ACTIVE = 2
    PENDING = 3


class AsInput(IntEnum):
    """What its ASPs, or T(r), make happen to it."""

    ASP_INACTIVE = 0  # an ASP came to inactive, none is active
    ASP_ACTIVE = 1  # at least one ASP is active
    NONE_ACTIVE = 2  # the last active ASP went
    ALL_DOWN = 3  # no ASP is inactive or active
    T_R_SOME = 4  # T(r) ended, an ASP is inactive
    T_R_NONE = 5  # T(r) ended, all ASPs are down


class AsAction(IntEnum):
    """What the gateway does."""

    NOTIFY = 0  # NTFY of the new state to every ASP that is not down
    START_T_R = 1
    STOP_T_R = 2
    SEND_QUEUE = 3
    DROP_QUEUE = 4
    TELL_AVAILABLE = 5  # DAVA to the others
    TELL_UNAVAILABLE = 6  # DUNA to the others


AspCell = tuple[RemoteAspState, tuple[RemoteAspAction, ...]]
AsCell = tuple[AsState, tuple[AsAction, ...]]
_S, _I, _A = RemoteAspState, RemoteAspInput, RemoteAspAction

ASP_TABLE: Final[dict[tuple[RemoteAspState, RemoteAspInput], AspCell]] = {
    (_S.DOWN, _I.ASPUP): (_S.INACTIVE, (_A.ACK,)),
    (_S.DOWN, _I.ASPDN): (_S.DOWN, (_A.ACK,)),
    (_S.DOWN, _I.ASPAC): (_S.DOWN, (_A.ERR_UNEXPECTED,)),
    (_S.DOWN, _I.ASPIA): (_S.DOWN, (_A.ERR_UNEXPECTED,)),
    (_S.DOWN, _I.OVERRIDDEN): (_S.DOWN, ()),
    (_S.DOWN, _I.LOST): (_S.DOWN, ()),
    (_S.INACTIVE, _I.ASPUP): (_S.INACTIVE, (_A.ACK,)),
    (_S.INACTIVE, _I.ASPDN): (_S.DOWN, (_A.ACK,)),
    (_S.INACTIVE, _I.ASPAC): (_S.ACTIVE, (_A.ACK,)),
    (_S.INACTIVE, _I.ASPIA): (_S.INACTIVE, (_A.ACK,)),
    (_S.INACTIVE, _I.OVERRIDDEN): (_S.INACTIVE, ()),
    (_S.INACTIVE, _I.LOST): (_S.DOWN, ()),
    (_S.ACTIVE, _I.ASPUP): (_S.INACTIVE, (_A.ACK, _A.ERR_UNEXPECTED)),
    (_S.ACTIVE, _I.ASPDN): (_S.DOWN, (_A.ACK,)),
    (_S.ACTIVE, _I.ASPAC): (_S.ACTIVE, (_A.ACK,)),
    (_S.ACTIVE, _I.ASPIA): (_S.INACTIVE, (_A.ACK,)),
    (_S.ACTIVE, _I.OVERRIDDEN): (_S.INACTIVE, ()),
    (_S.ACTIVE, _I.LOST): (_S.DOWN, ()),
}

_N = AsAction
_ENTER_ACTIVE: Final[AsCell] = (AsState.ACTIVE, (_N.NOTIFY, _N.TELL_AVAILABLE))
_PENDING: Final[AsCell] = (AsState.PENDING, (_N.NOTIFY, _N.START_T_R))

AS_TABLE: Final[dict[tuple[AsState, AsInput], AsCell]] = {
    (AsState.DOWN, AsInput.ASP_INACTIVE): (AsState.INACTIVE, (_N.NOTIFY,)),
    (AsState.DOWN, AsInput.ASP_ACTIVE): _ENTER_ACTIVE,
    (AsState.DOWN, AsInput.NONE_ACTIVE): (AsState.DOWN, ()),
    (AsState.DOWN, AsInput.ALL_DOWN): (AsState.DOWN, ()),
    (AsState.DOWN, AsInput.T_R_SOME): (AsState.DOWN, ()),
    (AsState.DOWN, AsInput.T_R_NONE): (AsState.DOWN, ()),
    (AsState.INACTIVE, AsInput.ASP_INACTIVE): (AsState.INACTIVE, ()),
    (AsState.INACTIVE, AsInput.ASP_ACTIVE): _ENTER_ACTIVE,
    (AsState.INACTIVE, AsInput.NONE_ACTIVE): (AsState.INACTIVE, ()),
    (AsState.INACTIVE, AsInput.ALL_DOWN): (AsState.DOWN, ()),
    (AsState.INACTIVE, AsInput.T_R_SOME): (AsState.INACTIVE, ()),
    (AsState.INACTIVE, AsInput.T_R_NONE): (AsState.INACTIVE, ()),
    (AsState.ACTIVE, AsInput.ASP_INACTIVE): (AsState.ACTIVE, ()),
    (AsState.ACTIVE, AsInput.ASP_ACTIVE): (AsState.ACTIVE, ()),
    (AsState.ACTIVE, AsInput.NONE_ACTIVE): _PENDING,
    (AsState.ACTIVE, AsInput.ALL_DOWN): _PENDING,
    (AsState.ACTIVE, AsInput.T_R_SOME): (AsState.ACTIVE, ()),
    (AsState.ACTIVE, AsInput.T_R_NONE): (AsState.ACTIVE, ()),
    (AsState.PENDING, AsInput.ASP_INACTIVE): (AsState.PENDING, ()),
    (AsState.PENDING, AsInput.ASP_ACTIVE): (AsState.ACTIVE, (_N.NOTIFY, _N.STOP_T_R, _N.SEND_QUEUE)),
    (AsState.PENDING, AsInput.NONE_ACTIVE): (AsState.PENDING, ()),
    (AsState.PENDING, AsInput.ALL_DOWN): (AsState.PENDING, ()),
    (AsState.PENDING, AsInput.T_R_SOME): (AsState.INACTIVE, (_N.NOTIFY, _N.DROP_QUEUE, _N.TELL_UNAVAILABLE)),
    (AsState.PENDING, AsInput.T_R_NONE): (AsState.DOWN, (_N.DROP_QUEUE, _N.TELL_UNAVAILABLE)),
}
