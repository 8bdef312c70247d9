"""The door in for the services beside the dialing plan's: a message's parameters and address become a `ServiceQuery`.

Nothing is read as a caller would have dialed it: digits and natures stand as they came.

Source: ain-wire sections 2.2, 3.1; services design sections 4.2 and 4.3.
"""

from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.signaling.ain.messages import Parameters
from ain_scp.signaling.ain.structures import RedirectionInformation
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.sccp.structs import Address
from ain_scp.terms.service import Number, ServiceQuery


def service_query_of(
    opcode: int, parameters: Parameters, address: Address, time: int, draw: int
) -> ServiceQuery:
    """Read one query; `address` is the SCCP called address, `time` the local time of its arrival in seconds."""
    title = address.global_title
    redirected = parameters.get("redirectionInformation")
    lata = parameters.digits("lata")
    return ServiceQuery(
        MESSAGES[opcode],
        time,
        _called(parameters),
        _number(parameters.digits("callingPartyID")),
        _number(parameters.digits("chargeNumber")),
        parameters.integer("chargePartyStationType"),
        lata.digits if lata is not None else None,
        parameters.integer("triggerCriteriaType"),
        address.ssn,
        title.translation_type if title is not None else None,
        redirected.count if isinstance(redirected, RedirectionInformation) else None,
        draw,
    )


def _called(parameters: Parameters) -> Number | None:
    """CalledPartyID, else the collected digits, which count as a national number."""
    called = parameters.digits("calledPartyID")
    if called is not None and called.digits:
        return Number(called.digits, called.nature)
    collected = parameters.digits("collectedAddressInfo") or parameters.digits("collectedDigits")
    return Number(collected.digits) if collected is not None else None


def _number(value: Digits | None) -> Number | None:
    """Any mark of presentation but `allowed` keeps a number from being shown (the codes above 1 are unconfirmed)."""
    if value is None:
        return None
    return Number(value.digits, value.nature, value.presentation != 0, value.screening)
