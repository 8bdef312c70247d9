"""On-net or off-net, and the called party's general class of service.

A number is on-net if it stands in a dialing plan table of the customer, as an MDP routing number or in the SDP list,
whichever plan was dialed. National and international numbers are kept apart, so that the digits of a foreign number can
never be taken for a station. A 7-digit routing number stands for the number in the caller's own area code (A-038).

Source: [0063], [0076], A-040, A-042, AMB-7, AMB-8.
"""

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL


def is_listed(customer: Customer, calling: str, number: str, non: int | None) -> bool:
    """Whether the dialing plan tables list a number."""
    if non == NON_INTERNATIONAL:
        return customer.listed_international.find(number) >= 0
    if non != NON_NATIONAL:
        return False
    near = number[:3] == calling[:3]
    return customer.listed.find(number) >= 0 or (near and customer.listed.find(number[3:]) >= 0)


def place(customer: Customer, calling: str, translation: Translation) -> None:
    """Complete a translation with on-net and called class; operator, carrier access and N11 calls are off-net."""
    if translation.special:
        return
    number = translation.called_number
    if not translation.on_net:
        translation.on_net = is_listed(customer, calling, number, translation.non)
    if translation.on_net and translation.non == NON_NATIONAL:
        translation.called_class = customer.class_of(customer.station(number))
