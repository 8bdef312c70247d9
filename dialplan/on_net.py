"""On-net or off-net, and the called party's general class of service.

A number is on-net if it stands in a dialing plan table of the customer, as an MDP routing number or in the SDP list,
whichever plan was dialed. National and international numbers are kept apart, so that the digits of a foreign number can
never be taken for a station. A 7-digit routing number stands for the number in the caller's own area code (A-038).

Source: [0063], [0076], A-040, A-042, AMB-7, AMB-8.
"""

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL


def listed_row(customer: Customer, calling: str, number: str, non: int | None) -> int:
    """Row of the dialing plan tables that lists the number, or -1 (see `Customer.where_listed`)."""
    if non == NON_INTERNATIONAL:
        return customer.listed_international.find(number)
    if non != NON_NATIONAL:
        return -1
    row = customer.listed.find(number)
    if row < 0 and number[:3] == calling[:3]:
        row = customer.listed.find(number[3:])
    return row


def place(customer: Customer, calling: str, translation: Translation) -> None:
    """Complete a translation with on-net and called class; operator, carrier access and N11 calls are off-net."""
    if translation.special:
        return
    number = translation.called_number
    if not translation.on_net:
        translation.on_net = listed_row(customer, calling, number, translation.non) >= 0
    if translation.on_net and translation.non == NON_NATIONAL:
        translation.called_class = customer.class_of(customer.station(number))
