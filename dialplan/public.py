"""The public office dialing plan: what a digit string means outside any customer's table.

Forms, first that applies: 911 however dialed, 0-, 00-, 01+, 011+, 0+, 101XXXX+, N11, 950-XXXX, 1 + 10 digits, 10 digits,
7 digits (the caller's area code is supplied). Anything else has no meaning and is never guessed at: not digits, too long,
too short, an area code or exchange the NANP cannot have. docs/numbers.md is the table.
Operator, carrier access code and N11 calls pass through undisturbed; only privilege classes decide about them.

Source: [0061], A-035..A-037, A-045, A-068, A-070, AMB-5, AMB-6, section 3 (261-264, 271, 281, 282), NANP, T1.113.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import (
    CARRIER_DIGITS,
    CARRIER_EXCHANGE,
    CARRIER_PREFIX,
    EMERGENCY_NUMBER,
    FOREIGN_NANP,
    INTERNATIONAL_PREFIX,
    emergency_sent,
    is_foreign,
    is_nanp,
    plain_form,
)
from ain_scp.terms.digits import is_digits
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

OPERATOR_LOCAL: Final = 261  # 0-
OPERATOR_ASSISTED: Final = 262  # 0+
OPERATOR_CARRIER: Final = 263  # 00-
OPERATOR_INTERNATIONAL: Final = 264  # 01+
CARRIER_ACCESS: Final = 271  # 101XXXX+, 950-XXXX
N11_LISTED: Final = 281
N11_OTHER: Final = 282

_DECIDING: Final = 7
_LINE: Final = 4


def is_emergency_call(translation: Translation) -> bool:
    """911 as a service code; the digits 911 of another kind of number are no emergency call (A-103)."""
    return translation.special == N11_LISTED and translation.called_number == EMERGENCY_NUMBER


def emergency_call(code: str | None, dialed: str) -> Translation | None:
    """The 911 call that these digits are, whatever the plan or the lack of one; None for any other call (A-103)."""
    if emergency_sent(code, dialed) != EMERGENCY_NUMBER:
        return None
    return Translation(EMERGENCY_NUMBER, None, special=N11_LISTED)


def beginning(dialed: str) -> str:
    """The part of dialed digits that decides, with their number, how they are read, by whatever plan; all where more matters.

    Of 011 the digit after it; else the first seven digits, and of those that begin with 2 to 9 none of the last four, which
    are the line. A carrier access code and 011 1 stand before a number that is read by its own form.
    """
    if len(dialed) < CARRIER_DIGITS or dialed.startswith((CARRIER_PREFIX, FOREIGN_NANP)):
        return dialed
    if dialed.startswith(INTERNATIONAL_PREFIX):
        return dialed[: len(FOREIGN_NANP)]
    return dialed[:_DECIDING] if dialed[0] in "01" else dialed[: min(_DECIDING, len(dialed) - _LINE)]


def translate_public(snapshot: Snapshot, calling: str, dialed: str) -> Translation | None:
    """Read digits dialed to the public network; None when they have no meaning there. On-net is not decided here."""
    emergency = emergency_call(None, dialed)
    if emergency is not None:
        return emergency
    dialed = plain_form(dialed)
    if not is_digits(dialed):
        return None
    if dialed.startswith(CARRIER_PREFIX) and len(dialed) >= CARRIER_DIGITS:
        return _carrier_access(calling, dialed)
    if len(dialed) == 3:
        return _n11(snapshot, dialed)
    return _zero(dialed) if dialed[0] == "0" else _national(calling, dialed)


def _zero(dialed: str) -> Translation | None:
    """0-, 00-, 0+, 01+ and 011+; the operator forms keep the digits as dialed and have no nature of number."""
    if dialed == "0":
        return Translation(dialed, None, special=OPERATOR_LOCAL)
    if dialed == "00":
        return Translation(dialed, None, special=OPERATOR_CARRIER)
    if dialed.startswith(INTERNATIONAL_PREFIX):
        number = dialed.removeprefix(INTERNATIONAL_PREFIX)
        return Translation(number, NON_INTERNATIONAL) if is_foreign(number) else None
    if dialed.startswith("01"):
        foreign = is_foreign(dialed[2:])
        return Translation(dialed, None, special=OPERATOR_INTERNATIONAL) if foreign else None
    if is_nanp(dialed[1:]):
        return Translation(dialed, None, special=OPERATOR_ASSISTED)
    return None


def true_number(number: str, non: int | None) -> Translation | None:
    """The number that an address message or a host's query names, with its nature of number; None: no such number.

    Without a nature ten digits are national. Country code 1 is the NANP, however it was dialed.
    """
    if not is_digits(number):
        return None
    if non is None:
        non = NON_NATIONAL if len(number) == 10 else NON_INTERNATIONAL
    if non == NON_INTERNATIONAL and len(number) == 11 and number[0] == "1":
        number, non = number[1:], NON_NATIONAL
    if (non == NON_NATIONAL and len(number) == 10) or (non == NON_INTERNATIONAL and is_foreign(number)):
        return Translation(number, non)
    return None


def _carrier_access(calling: str, dialed: str) -> Translation | None:
    """101XXXX + number: the carrier the caller chose is kept, whatever follows is read as dialed to that carrier.

    With nothing after it the caller is cut through to the carrier, and the code is all there is (T1.113 nature 0x75).
    """
    carrier, rest = dialed[3:CARRIER_DIGITS], plain_form(dialed[CARRIER_DIGITS:])
    if not rest:
        return Translation(dialed, None, cic=carrier, special=CARRIER_ACCESS)
    inner = _zero(rest) if rest[0] == "0" else _national(calling, rest)
    if inner is None:
        return None
    return Translation(inner.called_number, inner.non, cic=carrier, special=CARRIER_ACCESS)


def _n11(snapshot: Snapshot, dialed: str) -> Translation | None:
    """Service codes; 911 was read before, listed or not (A-103)."""
    if dialed in snapshot.n11_listed:
        return Translation(dialed, None, special=N11_LISTED)
    if dialed in snapshot.n11_other:
        return Translation(dialed, None, special=N11_OTHER)
    return None


def _national(calling: str, dialed: str) -> Translation | None:
    """10 digits, 1 + 10 digits, or 7 digits completed with the caller's area code (AMB-5, AMB-6); 950 has no area."""
    number = dialed[1:] if len(dialed) == 11 and dialed[0] == "1" else dialed
    if not is_nanp(number):
        return None
    if number[-7:-4] == CARRIER_EXCHANGE:
        return Translation(number[-7:], None, special=CARRIER_ACCESS)
    return Translation(number if len(number) == 10 else calling[:3] + number, NON_NATIONAL)
