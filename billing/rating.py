"""Rating one usage record: standard price, then what the flag and the contract make of it.

Money is integer cents. A started minute counts whole; a discount is rounded half up to the cent, once per call. None
means rated elsewhere: private facilities, carriers, operators, information services and foreign administrations have
rate tables of their own that are not part of this service.

Source: [0019]-[0027], [0135], [0169]-[0175], A-230..A-238, AMB-56, AMB-59, AMB-67.
"""

from typing import Literal

import msgspec

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Decision
from ain_scp.terms.vocabulary import NON_NATIONAL

Disposition = Literal["SUPPRESSED", "DISCOUNTED", "NORMAL", "NONE"]


class RatedUsage(msgspec.Struct, frozen=True):
    """The usage record of one call and its price. `record` False: the switch made none. Prices in cents."""

    record: bool
    ama_slp_id: str | None
    disposition: Disposition
    standard_cents: int | None
    charge_cents: int | None


NO_USAGE = RatedUsage(
    record=False, ama_slp_id=None, disposition="NONE", standard_cents=None, charge_cents=None
)


def minutes(duration_s: int) -> int:
    """Billed minutes of a conversation in seconds, every started minute whole."""
    return -(-duration_s // 60)


def discounted(cents: int, percent: int) -> int:
    """`cents` less `percent` per cent, rounded half up to the cent."""
    return (cents * (100 - percent) + 50) // 100


def flag_of(customer: Customer, ama_slp_id: str | None) -> str | None:
    """UBS, UBR or RBR for one of the customer's AMAslpID values, None for a normal record."""
    return next((flag for flag, value in customer.ama_slp_ids.items() if value == ama_slp_id), None)


def standard_price(snapshot: Snapshot, decision: Decision, duration_s: int) -> int | None:
    """Standard price in cents of the leg that the originating switch carries; None = rated elsewhere.

    For a call sent to an ASF-RTL number that is the leg from the caller to the host (A-197).
    """
    if decision.route_kind not in ("PSTN", "ASF_RTL") or decision.response_called_non != NON_NATIONAL:
        return None
    if decision.cic is not None:
        return None
    called = decision.response_called_party_id or ""
    npa = called[:3]
    if npa in snapshot.toll_free_npas:
        return 0
    if npa == "900" or called[3:6] == "976":
        return None
    lata = snapshot.lata_of(decision.calling_party or "")
    rates = snapshot.dataset.rates
    intralata = lata != 0 and lata == snapshot.lata_of(called)
    cents = rates.intralata_cents_per_minute if intralata else rates.interlata_cents_per_minute
    return minutes(duration_s) * cents


def rate(snapshot: Snapshot, decision: Decision, duration_s: int) -> RatedUsage:
    """Rate the usage record of an originating call that was routed; a refused call has none."""
    if decision.response_type != "ANALYZE_ROUTE" or decision.announcement is not None:
        return NO_USAGE
    return rate_usage(snapshot, decision, duration_s, decision.ama_slp_id)


def rate_usage(
    snapshot: Snapshot, decision: Decision | None, duration_s: int, ama_slp_id: str | None
) -> RatedUsage:
    """Rate a record that a switch made; the AMAslpID in it counts. Without a decision the call was ordinary."""
    if decision is None:
        return RatedUsage(
            record=True, ama_slp_id=ama_slp_id, disposition="NORMAL", standard_cents=None, charge_cents=None
        )
    standard = standard_price(snapshot, decision, duration_s)
    customer = snapshot.customer_by_group[decision.customer]
    return price(customer, flag_of(customer, ama_slp_id), ama_slp_id, decision, standard)


def price(
    customer: Customer, flag: str | None, ama_slp_id: str | None, decision: Decision, standard: int | None
) -> RatedUsage:
    """Apply the flag: UBS suppresses, UBR and RBR discount by contract, none leaves the standard price."""
    if flag is None:
        return RatedUsage(True, ama_slp_id, "NORMAL", standard, standard)
    if flag == "UBS":
        return RatedUsage(True, ama_slp_id, "SUPPRESSED", standard, 0)
    percent = contract_discount(customer, flag, decision)
    charge = None if standard is None else discounted(standard, percent)
    return RatedUsage(True, ama_slp_id, "DISCOUNTED", standard, charge)


def contract_discount(customer: Customer, flag: str, decision: Decision) -> int:
    """Discount in per cent: RBR may vary by host and by class of service (A-238), UBR by pair kind (AMB-68).

    A host is named by its RTL number or its switch. Where host and class both name a discount the lower one applies, that
    is the higher price (A-234).
    """
    contract = customer.rows.contract
    if flag == "UBR":
        pair = "PBX_PBX" if decision.ctc == 122 else "MIXED"
        return contract.ubr_by_pair.get(pair, contract.ubr_discount_pct)
    number = decision.rtl_number or ""
    host = customer.rtl[number].rtl.ssp if number in customer.rtl else ""
    by_host = contract.rbr_by_host.get(number, contract.rbr_by_host.get(host))
    by_class = contract.rbr_by_class.get(decision.calling_class)
    return min((one for one in (by_host, by_class) if one is not None), default=contract.rbr_discount_pct)
