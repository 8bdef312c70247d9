"""On-net or off-net, and the called party's general class of service.

A number is on-net if it stands in a dialing plan table of the customer, as an MDP routing number or in the SDP list,
whichever plan was dialed. National and international numbers are kept apart, so that the digits of a foreign number can
never be taken for a station. A 7-digit routing number stands for the number in the caller's own area code (A-038).

Source: [0063], [0076], A-040, A-042, AMB-7, AMB-8.
"""

from typing import Final, NamedTuple

from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.terms.decision import Translation
from ain_scp.terms.digits import AREA_DIGITS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

ORDINARY: Final = 0
"""`Translation.special` of a number that is looked for; operator, carrier access and N11 calls are off-net."""

STATION_NATURE: Final = NON_NATIONAL
"""The nature of numbers that may be stations."""


class Listing(NamedTuple):
    """Where numbers of one nature may be listed; `near`: without the area code, for callers in it."""

    non: int
    near: bool


LISTINGS: Final = (
    Listing(NON_NATIONAL, near=False),
    Listing(NON_NATIONAL, near=True),
    Listing(NON_INTERNATIONAL, near=False),
)


def table_of(customer: Customer, listing: Listing) -> ExactTable:
    """The numbers of the customer's dialing plan tables that have this nature."""
    return customer.listed_international if listing.non == NON_INTERNATIONAL else customer.listed


def is_listed(customer: Customer, calling: str, number: str, non: int | None) -> bool:
    """Whether the dialing plan tables list a number."""
    for one in LISTINGS:
        if one.non == non and (not one.near or number[:AREA_DIGITS] == calling[:AREA_DIGITS]):
            key = number[AREA_DIGITS:] if one.near else number
            if table_of(customer, one).find(key) >= 0:
                return True
    return False


def place(customer: Customer, calling: str, translation: Translation) -> None:
    """Complete a translation with on-net and called class."""
    if translation.special != ORDINARY:
        return
    number = translation.called_number
    if not translation.on_net:
        translation.on_net = is_listed(customer, calling, number, translation.non)
    if translation.on_net and translation.non == STATION_NATURE:
        translation.called_class = customer.class_of(customer.station(number))
