"""What a service beside the dialing plan's is asked, and what it answers: one record each, whatever the service.

The service logic makes the query from the parameters of a message or from JSON, a service's room fills the outcome, and the
service logic makes components or JSON of it. Nothing is repaired on the way: digits stand as they came.

Source: B4-012; ain-wire sections 2.2, 3.1; T1.113.
"""

from typing import Final, Literal, NamedTuple

from ain_scp.terms.digits import is_digits
from ain_scp.terms.origin import NATIONAL_DIGITS
from ain_scp.terms.vocabulary import NON_NATIONAL, NON_SUBSCRIBER

ServiceResponse = Literal[
    "ANALYZE_ROUTE", "SEND_TO_RESOURCE", "AUTHORIZE_TERMINATION", "FORWARD_CALL", "DISCONNECT"
]
RefusalCause = Literal["MISSING_CONDITIONAL_PARAMETER", "ERRONEOUS_DATA_VALUE"]
NamePresentation = Literal["ALLOWED", "RESTRICTED", "UNAVAILABLE"]
NameCarry = Literal["displayText", "genericName", "both"]

NON_OPERATOR_NATIONAL: Final = 0x72
"""Nature of number: national, operator requested (T1.113)."""

INTERLATA: Final = 3
INTRALATA_TOLL: Final = 2
"""Nature of carrier; that a switch wants 2 for a call within the LATA is unconfirmed."""

LNP: Final = "LNP"
TOLLFREE: Final = "TOLLFREE"
TERMINATING: Final = "TERMINATING"
STANDARD_SERVICES: Final[dict[str, tuple[str, ...]]] = {
    LNP: ("lnp",),
    TOLLFREE: ("tollfree",),
    TERMINATING: ("terminating", "cnam"),
}
"""The services that come with the product, and the folders below `services/` that each of them reads."""

USUAL_CRITERIA: Final = {LNP: 37, TOLLFREE: 5, TERMINATING: 15}
"""Trigger criteria where no row of services.csv names any; those of portability (named by AIN 0.2) and toll free are unconfirmed."""


class Number(NamedTuple):
    """A number of a query: its digits as they came, its nature, whether its presentation is restricted, its screening mark."""

    digits: str
    nature: int = NON_NATIONAL
    restricted: bool = False
    screening: int = 0


class ServiceQuery(NamedTuple):
    """One query as a service sees it; None = the parameter is absent.

    `called` is calledPartyID, else the collected digits. `ssn` and `translation_type` are those of the SCCP called address.
    `time` as in terms/localtime.py, `draw` 0..9999.
    """

    message: str
    time: int
    called: Number | None = None
    calling: Number | None = None
    charge: Number | None = None
    charge_station_type: int | None = None
    lata: str | None = None
    trigger_criteria: int | None = None
    ssn: int | None = None
    translation_type: int | None = None
    redirection_count: int | None = None
    draw: int = 0


class CallerName(NamedTuple):
    """What a telephone may show of the caller's name, and in which parameters it travels."""

    text: str | None
    presentation: NamePresentation
    carry: NameCarry = "displayText"


class ServiceOutcome(NamedTuple):
    """What a service decided. `outcome` is the service's own word; what is None or empty is not sent.

    `announcement` is a cause of announcements.csv. `calling` and `charge` go back as they came. `notify` asks the switch to
    report the end of the call.
    """

    service: str
    outcome: str
    type: ServiceResponse
    called: Number | None = None
    calling: Number | None = None
    charge: Number | None = None
    charge_station_type: int | None = None
    carriers: tuple[str, ...] = ()
    carrier_nature: int = INTERLATA
    billing_indicator: tuple[str, str] | None = None
    ama_slp_id: str | None = None
    redirecting: str | None = None
    redirection_count: int | None = None
    announcement: str | None = None
    name: CallerName | None = None
    notify: bool = False


class ServiceRefusal(NamedTuple):
    """A query that a service cannot answer: ReturnError with this cause; `reason` is a sentence for people."""

    service: str
    cause: RefusalCause
    reason: str


def called_number(
    service: str, query: ServiceQuery, natures: tuple[int, ...], *, complete: bool
) -> Number | ServiceRefusal:
    """The called number of a query as a service takes it: 10 digits of one of the natures, or why it cannot.

    `complete`: a subscriber number of 7 digits takes the area code of the charge number, else of the caller
    (unconfirmed).
    """
    called = query.called
    if called is None or not called.digits:
        return ServiceRefusal(service, "MISSING_CONDITIONAL_PARAMETER", "no called number")
    digits, nature = called.digits, called.nature
    if not is_digits(digits):
        return _erroneous(service, f"called number {digits!r} has a sign that is no digit")
    if complete and nature == NON_SUBSCRIBER and len(digits) == 7:
        callers = [one.digits for one in (query.charge, query.calling) if one is not None]
        area = next((one[:3] for one in callers if len(one) == NATIONAL_DIGITS and is_digits(one)), "")
        if not area:
            return _erroneous(service, f"{digits} of 7 digits, and no caller of 10 digits to complete it")
        return Number(area + digits)
    if nature not in natures:
        return _erroneous(service, f"called number {digits} has nature of number {nature}")
    if len(digits) != NATIONAL_DIGITS:
        return _erroneous(service, f"called number {digits} has {len(digits)} digits, not {NATIONAL_DIGITS}")
    return called


def _erroneous(service: str, reason: str) -> ServiceRefusal:
    return ServiceRefusal(service, "ERRONEOUS_DATA_VALUE", reason)
