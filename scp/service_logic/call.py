"""The door in: the parameters of an AIN query become the facts of a `Query`.

The digits as dialed travel in collectedAddressInfo, prefixes included; digits without the prefix that their nature of
number stands for (and a switch's own reading, calledPartyID) are read back into the form a caller would have dialed.
Nothing is repaired: what is no digit string stays none, a nature that contradicts its digits leaves none, and the dialing
plans refuse it.

Source: interfaces.md section 5, A-011..A-014, A-021, A-142..A-145, AMB-76, ain-wire sections 2.2 and 3.1, T1.113.
"""

from collections.abc import Callable
from typing import Final, Protocol

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.signaling.ain.structures import Carrier, UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.terms.dialed import CARRIER_PREFIX, emergency_sent
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

MOST_PLAIN_NATURE: Final = NON_NATIONAL
"""Natures up to here (not used, subscriber, reserved, national) add nothing to the digits."""

CUT_THROUGH: Final = 0x75
"""No number: the caller is cut through to the carrier whose code was dialed."""

NO_DIGITS: Final = ""
"""Stands for digits that their nature of number contradicts: no call, and never a guess."""


def _abroad(digits: str) -> str:
    """International: country code and number (4)."""
    return f"011{digits}" if digits[:1] != "0" else NO_DIGITS


def _by_operator(digits: str) -> str:
    """Operator requested, subscriber or national number (0x71, 0x72)."""
    return f"0{digits}" if digits[:1] not in {"", "0", "1"} else NO_DIGITS


def _abroad_by_operator(digits: str) -> str:
    """Operator requested, international number (0x73); country code 1 is the NANP itself."""
    if digits[:1] == "1":
        return f"0{digits[1:]}" if len(digits) == 11 else NO_DIGITS
    return f"01{digits}" if digits[:1] not in {"", "0"} else NO_DIGITS


_WITHOUT_PREFIX: Final[dict[int, tuple[tuple[str, ...], Callable[[str], str]]]] = {
    NON_INTERNATIONAL: (("011",), _abroad),
    0x71: (("0",), _by_operator),
    0x72: (("0",), _by_operator),
    0x73: (("01",), _abroad_by_operator),
    0x74: (("0",), lambda digits: NO_DIGITS if digits else "0"),  # operator requested, no number
    CUT_THROUGH: ((), lambda _: NO_DIGITS),  # 101XXXX and nothing more
    0x76: (("950",), lambda digits: digits if digits[-7:-4] == "950" else NO_DIGITS),  # 950-XXXX
}
"""By nature of number above national: the prefixes that digits as dialed begin with, and how digits without them read.

Test lines (0x77), network-specific and spare natures mean nothing here (unconfirmed) and are refused.
"""

_REFUSED: Final[tuple[tuple[str, ...], Callable[[str], str]]] = ((), lambda _: NO_DIGITS)


class Asked(Protocol):
    """The parameters of a query, however they were read (`Parameters`, `Flat`): None where one is absent."""

    def digits(self, name: str, /) -> Digits | None:
        """A number."""

    def integer(self, name: str, /) -> int | None:
        """An integer or enumeration."""

    def carrier(self, name: str, /) -> Carrier | None:
        """A carrier."""

    def user_id(self) -> UserID | None:
        """The userID."""


def query_of(opcode: int, parameters: Asked, snapshot: Snapshot, time: int, draw: int) -> Query:
    """Read one query; `time` is the local time of its arrival in seconds, `draw` this call's chance 0..9999."""
    calling = calling_number(parameters)
    bearer = parameters.integer("bearerCapability") or 0
    called = parameters.digits("calledPartyID")
    original = parameters.digits("originalCalledPartyID") or parameters.digits("redirectingPartyID")
    access = parameters.digits("accessCode")
    code = access.digits if access is not None else None
    return Query(
        MESSAGES[opcode],
        _TRIGGERS.get(parameters.integer("triggerCriteriaType") or 0, ""),
        calling,
        time,
        trunk_group=_trunk_group(parameters, snapshot, calling),
        access_code=code,
        dialed=_dialed(parameters, called, code),
        bearer=_BEARERS[bearer] if 0 <= bearer < len(_BEARERS) else "UDI_64",
        called_party=called.digits if called is not None else None,
        called_non=called.nature if called is not None else NON_NATIONAL,
        original_called_party=original.digits if original is not None else None,
        original_called_non=original.nature if original is not None else None,
        draw=draw,
    )


def calling_number(parameters: Asked) -> str | None:
    """The number that triggered: callingPartyID, else chargeNumber, else the directory number of userID (AMB-76)."""
    number = parameters.digits("callingPartyID") or parameters.digits("chargeNumber")
    if number is not None and number.digits:
        return number.digits
    user = parameters.user_id()
    return user.digits or None if user is not None else None


def _trunk_group(parameters: Asked, snapshot: Snapshot, calling: str | None) -> str | None:
    """The PBX trunk group of a userID that names one by number: its place in the customer's trunk_groups.csv."""
    user = parameters.user_id()
    if user is None or user.choice != UserIDChoice.TRUNK_GROUP_ID or calling is None:
        return None
    trigger = snapshot.triggers.find(calling)
    if trigger < 0:
        return None
    group = snapshot.customer_of(trigger).trunk_group_by_number.get(user.number)
    return group.id if group is not None else None


def as_dialed(number: Digits, code: str | None = None) -> str:
    """The digits that a caller would have keyed for a number with its nature; NO_DIGITS when the two contradict.

    911 stays 911 under any nature (A-103), and a carrier access code 101XXXX stands before any of them.
    """
    digits, nature = number.digits, number.nature
    if nature <= MOST_PLAIN_NATURE or digits.startswith(CARRIER_PREFIX) or emergency_sent(code, digits):
        return digits
    prefixes, read = _WITHOUT_PREFIX.get(nature, _REFUSED)
    return digits if digits.startswith(prefixes) else read(digits)


def _dialed(parameters: Asked, called: Digits | None, code: str | None) -> str:
    """The digits after the access code as dialed, or what stands for them."""
    collected = parameters.digits("collectedAddressInfo") or parameters.digits("collectedDigits")
    carrier = parameters.carrier("carrier")
    prefix = f"101{carrier.digits}" if carrier is not None and carrier.selection == 4 else ""
    if collected is not None and (collected.digits or collected.nature <= MOST_PLAIN_NATURE):
        return as_dialed(collected, code)
    called = collected or called
    if called is None:
        return ""
    if called.nature == CUT_THROUGH and not called.digits:
        return prefix
    read = as_dialed(called, code)
    return prefix + read if read or not called.digits else NO_DIGITS
