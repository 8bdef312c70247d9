"""The public office dialing plan: what a digit string means outside any customer's table.

Forms, first that applies: 0-, 00-, 01+, 011+, 0+, 101XXXX+, N11, 1 + 10 digits, 10 digits, 7 digits (the caller's area
code is supplied). Anything else has no meaning and is never guessed at: not digits, too long, too short.
Operator, carrier access code and N11 calls pass through undisturbed; only privilege classes decide about them.

Source: [0061], A-035..A-037, A-068, A-070, AMB-5, AMB-6, section 3 (261-264, 271, 281, 282).
"""

from typing import Final

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.decision import Translation
from ain_scp.terms.digits import MAX_NUMBER, is_digits
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

OPERATOR_LOCAL: Final = 261  # 0-
OPERATOR_ASSISTED: Final = 262  # 0+
OPERATOR_CARRIER: Final = 263  # 00-
OPERATOR_INTERNATIONAL: Final = 264  # 01+
CARRIER_ACCESS: Final = 271  # 101XXXX+
N11_LISTED: Final = 281
N11_OTHER: Final = 282
EMERGENCY_NUMBER: Final = "911"


def is_emergency_call(translation: Translation) -> bool:
    """911 as a service code; the digits 911 of another kind of number are no emergency call (A-103)."""
    return translation.special == N11_LISTED and translation.called_number == EMERGENCY_NUMBER


def translate_public(snapshot: Snapshot, calling: str, dialed: str) -> Translation | None:
    """Read digits dialed to the public network; None when they have no meaning there. On-net is not decided here."""
    if not is_digits(dialed):
        return None
    first = dialed[0]
    if first == "0":
        return _zero(dialed)
    if first == "1" and dialed.startswith("101") and len(dialed) >= 7:
        return _carrier_access(calling, dialed)
    if len(dialed) == 3:
        return _n11(snapshot, dialed)
    return _national(calling, dialed)


def _zero(dialed: str) -> Translation | None:
    """0-, 00-, 0+, 01+ and 011+; the operator forms keep the digits as dialed and have no nature of number."""
    if dialed == "0":
        return Translation(dialed, None, special=OPERATOR_LOCAL)
    if dialed == "00":
        return Translation(dialed, None, special=OPERATOR_CARRIER)
    if dialed.startswith("011"):
        return _international(dialed[3:])
    if dialed.startswith("01"):
        return (
            Translation(dialed, None, special=OPERATOR_INTERNATIONAL)
            if 0 < len(dialed) - 2 <= MAX_NUMBER
            else None
        )
    if dialed[1] != "0" and len(dialed) in (8, 11):
        return Translation(dialed, None, special=OPERATOR_ASSISTED)
    return None


def _international(number: str) -> Translation | None:
    """011+: the prefix is dropped, country code first (A-069, AMB-28)."""
    return Translation(number, NON_INTERNATIONAL) if 0 < len(number) <= MAX_NUMBER else None


def _carrier_access(calling: str, dialed: str) -> Translation | None:
    """101XXXX + number: the carrier the caller chose is kept, whatever follows is read as dialed to that carrier."""
    rest = dialed[7:]
    if rest == EMERGENCY_NUMBER:
        return Translation(rest, None, special=N11_LISTED)  # 911 is 911 behind any prefix
    inner = _zero(rest) if rest.startswith("0") else _national(calling, rest)
    if inner is None:
        return None
    return Translation(inner.called_number, inner.non, cic=dialed[3:7], special=CARRIER_ACCESS)


def _n11(snapshot: Snapshot, dialed: str) -> Translation | None:
    """Service codes; 911 is an emergency call even where nobody listed it (A-103)."""
    if dialed in snapshot.n11_listed or dialed == EMERGENCY_NUMBER:
        return Translation(dialed, None, special=N11_LISTED)
    if dialed in snapshot.n11_other:
        return Translation(dialed, None, special=N11_OTHER)
    return None


def _national(calling: str, dialed: str) -> Translation | None:
    """10 digits, 1 + 10 digits, or 7 digits completed with the caller's area code (AMB-5, AMB-6)."""
    length = len(dialed)
    if length == 10:
        return Translation(dialed, NON_NATIONAL)
    if length == 11 and dialed[0] == "1":
        return Translation(dialed[1:], NON_NATIONAL)
    if length == 7:
        return Translation(calling[:3] + dialed, NON_NATIONAL)
    return None
