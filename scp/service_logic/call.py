"""The door in: the parameters of an AIN query become the facts of a `Query`.

The digits as dialed travel in collectedAddressInfo, prefixes included; a switch that sends only its own reading
(calledPartyID with its nature of number) is read back into the form a caller would have dialed. Nothing is repaired:
what is no digit string stays none, and the dialing plans refuse it.

Source: interfaces.md section 5, A-011..A-014, A-021, A-142..A-145, AMB-76, ain-wire sections 2.2 and 3.1.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.signaling.ain.messages import Parameters
from ain_scp.signaling.ain.structures import Carrier, UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.terms.query import Query
from ain_scp.terms.triggers import TRIGGERS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

TERMINATION_ATTEMPT: Final = 0x6405

MESSAGES: Final[dict[int, str]] = {
    0x6402: "INFO_COLLECTED",
    0x6403: "INFO_ANALYZED",
    TERMINATION_ATTEMPT: "TERMINATION_ATTEMPT",
    0x6417: "NETWORK_BUSY",
    0x6418: "ORIGINATION_ATTEMPT",
}
"""The query operations the service answers, by operation code."""

_BEARERS: Final = ("SPEECH", "AUDIO_3K1", "UDI_64", "RDI_56", "UDI_64")
"""Bearer by bearerCapability; 7 kHz audio, packet and multirate are not voice (A-049)."""

_TRIGGERS: Final[dict[int, str]] = {row.criteria: row.name for row in TRIGGERS}

_OPERATOR_PREFIX: Final[dict[int, str]] = {0x71: "0", 0x72: "0", 0x73: "01", 0x74: "0"}
"""What a caller dialed before a called party number of an operator nature (ain-wire section 3.1)."""


def query_of(opcode: int, parameters: Parameters, snapshot: Snapshot, time: int, draw: int) -> Query:
    """Read one query; `time` is the local time of its arrival in seconds, `draw` this call's chance 0..9999."""
    calling = calling_number(parameters)
    bearer = parameters.integer("bearerCapability") or 0
    called = parameters.digits("calledPartyID")
    original = parameters.digits("originalCalledPartyID") or parameters.digits("redirectingPartyID")
    access = parameters.digits("accessCode")
    return Query(
        MESSAGES[opcode],
        _TRIGGERS.get(parameters.integer("triggerCriteriaType") or 0, ""),
        calling,
        time,
        trunk_group=_trunk_group(parameters, snapshot, calling),
        access_code=access.digits if access is not None else None,
        dialed=_dialed(parameters, called),
        bearer=_BEARERS[bearer] if 0 <= bearer < len(_BEARERS) else "UDI_64",
        called_party=called.digits if called is not None else None,
        called_non=called.nature if called is not None else NON_NATIONAL,
        original_called_party=original.digits if original is not None else None,
        original_called_non=original.nature if original is not None else None,
        draw=draw,
    )


def calling_number(parameters: Parameters) -> str | None:
    """The number that triggered: callingPartyID, else chargeNumber, else the directory number of userID (AMB-76)."""
    number = parameters.digits("callingPartyID") or parameters.digits("chargeNumber")
    if number is not None and number.digits:
        return number.digits
    user = parameters.get("userID")
    if isinstance(user, UserID) and user.digits:
        return user.digits
    return None


def _trunk_group(parameters: Parameters, snapshot: Snapshot, calling: str | None) -> str | None:
    """The PBX trunk group of a userID that names one by number: its place in the customer's trunk_groups.csv."""
    user = parameters.get("userID")
    if not isinstance(user, UserID) or user.choice != UserIDChoice.TRUNK_GROUP_ID or calling is None:
        return None
    trigger = snapshot.triggers.find(calling)
    if trigger < 0:
        return None
    group = snapshot.customer_of(trigger).trunk_group_by_number.get(user.number)
    return group.id if group is not None else None


def _dialed(parameters: Parameters, called: Digits | None) -> str:
    """The digits after the access code as dialed, or what stands for them."""
    collected = parameters.digits("collectedAddressInfo") or parameters.digits("collectedDigits")
    if collected is not None:
        return collected.digits
    if called is None:
        return ""
    carrier = parameters.get("carrier")
    prefix = f"101{carrier.digits}" if isinstance(carrier, Carrier) and carrier.selection == 4 else ""
    if called.nature == NON_INTERNATIONAL:
        return f"{prefix}011{called.digits}"
    return prefix + _OPERATOR_PREFIX.get(called.nature, "") + called.digits
