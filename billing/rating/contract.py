"""What a flagged record costs: UBS nothing, UBR and RBR the price less the contract's percentage.

`contract.csv` refines the percentages of `customer.toml`: the first key that matches, at its latest version on the day of
the answer; without a row the customer's own number holds, and without a customer nothing is discounted. A past call is
never priced again when a percentage changes. Where several treatments could apply the highest price does.

Source: charging design 3.6; A-227, A-228, A-230, A-231, A-233 to A-235, A-238.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ain_scp.provisioning.rows_charging import ContractRow
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.digits import is_number
from ain_scp.terms.money import CENT, WHOLE, percent_of

Flag = Literal["UBS", "UBR", "RBR"]
FLAGS: tuple[Flag, ...] = ("UBS", "UBR", "RBR")
ONE_PERCENT = 10_000


class Circumstances(msgspec.Struct, frozen=True):
    """What a contract may look at: the day of the answer, two zones, the pair of stations, host and class; "" = unknown."""

    day: int
    origin: str = ""
    destination: str = ""
    pair: str = ""
    host: str = ""
    station_class: str = ""


class Treated(msgspec.Struct, frozen=True):
    """The price after treatment in micros, and what was done; `row` is the contract row that decided, if one did."""

    amount: int
    disposition: Literal["SUPPRESSED", "DISCOUNTED"]
    row: ContractRow | None


def percent_row(customer: Customer, flag: Flag, about: Circumstances) -> ContractRow | None:
    """Give the row of one customer's `contract.csv` that decides; None when the number in `customer.toml` does.

    A host is named by its RTL number or by its switch.
    """
    contracts = customer.contracts
    host = about.host if about.host in contracts.hosts else _switch(customer, about.host)
    return contracts.row(
        flag, about.day, about.origin, about.destination, about.pair, host, about.station_class
    )


def own_percent(customer: Customer, flag: Flag, about: Circumstances) -> int:
    """Give the number in `customer.toml`: RBR may vary by host and by class of service (A-238), UBR by pair (AMB-68).

    Where host and class both name a discount the lower one applies, that is the higher price (A-234).
    """
    contract = customer.rows.contract
    if flag == "UBR":
        return contract.ubr_by_pair.get(about.pair, contract.ubr_discount_pct)
    by_host = contract.rbr_by_host.get(about.host, contract.rbr_by_host.get(_switch(customer, about.host)))
    by_class = contract.rbr_by_class.get(about.station_class)
    return min((one for one in (by_host, by_class) if one is not None), default=contract.rbr_discount_pct)


def treated(
    snapshot: Snapshot, owner: Customer | None, flags: Iterable[Flag], gross: int, about: Circumstances
) -> Treated:
    """Price a record under every one of its flags; the highest price applies (A-234).

    `owner` is the customer whose record it is. One that is no customer's is looked up in every contract, in the order of
    the customers' names.
    """
    flags = tuple(flags)
    priced = [_under(snapshot, owner, flag, gross, about) for flag in flags]
    amount, row = max(priced, key=lambda one: one[0])
    return Treated(amount, "SUPPRESSED" if set(flags) == {"UBS"} else "DISCOUNTED", row)


def owner_of(snapshot: Snapshot, calling: str) -> Customer | None:
    """Give the customer of a calling number, by its trigger; None when it has none."""
    row = snapshot.triggers.find(calling) if is_number(calling) else -1
    return snapshot.customer_of(row) if row >= 0 else None


def discounted(gross: int, parts: int) -> int:
    """Give the price less a percentage in parts per million, half up to the cent, once per call."""
    return percent_of(gross, WHOLE - parts, CENT)


def _under(
    snapshot: Snapshot, owner: Customer | None, flag: Flag, gross: int, about: Circumstances
) -> tuple[int, ContractRow | None]:
    if flag == "UBS":
        return 0, None
    for customer in snapshot.customers if owner is None else (owner,):
        row = percent_row(customer, flag, about)
        if row is not None:
            return discounted(gross, row.percent), row
    percent = 0 if owner is None else own_percent(owner, flag, about)
    return discounted(gross, percent * ONE_PERCENT), None


def _switch(customer: Customer, host: str) -> str:
    """Name the switch that hosts an RTL number; "" when it is none of the customer's."""
    return customer.rtl[host].rtl.ssp if host in customer.rtl else ""
