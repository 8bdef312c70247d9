"""Rating one usage record without tariffs: the standard price of `network/rates.toml`, then flag and contract.

This is what AMA records cost where nothing is charged in real time; calls of accounts are priced by `rate`. Money is
integer cents here, as the records' reports want it. A started minute counts whole; a discount is rounded half up to the cent, once per call. None
means rated elsewhere: private facilities, carriers, operators, information services and foreign administrations have
rate tables of their own that are not part of this service.

Source: [0019]-[0027], [0135], [0169]-[0175], A-230..A-238, AMB-56, AMB-59, AMB-67.
"""

from typing import Literal

import msgspec

from ain_scp.billing.rating.contract import FLAGS, Circumstances, Flag, treated
from ain_scp.billing.rating.places import zone_of
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Decision
from ain_scp.terms.money import CENT
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


def started_seconds(duration_ms: int) -> int:
    """A conversation in seconds, a started one whole: a minute that began by a millisecond has begun (A-230)."""
    return -(-duration_ms // 1000)


def flag_of(customer: Customer, ama_slp_id: str | None) -> Flag | None:
    """UBS, UBR or RBR for one of the customer's AMAslpID values, None for a normal record."""
    return next((flag for flag in FLAGS if customer.ama_slp_ids.get(flag) == ama_slp_id), None)


def standard_price(snapshot: Snapshot, decision: Decision, duration_s: int) -> int | None:
    """Standard price in cents of the leg that the originating switch carries; None = rated elsewhere.

    For a call sent to an ASF-RTL number that is the leg from the caller to the host (A-197).
    """
    if decision.route_kind not in ("PSTN", "ASF_RTL") or decision.response_called_non != NON_NATIONAL:
        return None
    if decision.cic is not None:
        return None
    called = decision.response_called_party_id or ""
    kind = snapshot.kind_of(called)
    if kind != "ORDINARY":
        return 0 if kind == "TOLL_FREE" else None
    rates = snapshot.dataset.rates
    intralata = snapshot.one_lata(decision.calling_party or "", called)
    cents = rates.intralata_cents_per_minute if intralata else rates.interlata_cents_per_minute
    return minutes(duration_s) * cents


def rate(snapshot: Snapshot, decision: Decision, duration_s: int, day: int) -> RatedUsage:
    """Rate the usage record of an originating call that was routed; a refused call has none."""
    if decision.response_type != "ANALYZE_ROUTE" or decision.announcement is not None:
        return NO_USAGE
    return rate_usage(snapshot, decision, duration_s, decision.ama_slp_id, day)


def rate_usage(
    snapshot: Snapshot, decision: Decision | None, duration_s: int, ama_slp_id: str | None, day: int
) -> RatedUsage:
    """Rate a record that a switch made; the AMAslpID in it counts. Without a decision the call was ordinary.

    `day` is the day number of the answer: contracts have effective dates (A-227).
    """
    if decision is None:
        return RatedUsage(
            record=True, ama_slp_id=ama_slp_id, disposition="NORMAL", standard_cents=None, charge_cents=None
        )
    standard = standard_price(snapshot, decision, duration_s)
    customer = snapshot.customer_by_group[decision.customer]
    flag = flag_of(customer, ama_slp_id)
    if flag is None:
        return RatedUsage(True, ama_slp_id, "NORMAL", standard, standard)
    return price(snapshot, customer, flag, decision, standard, day)


def price(
    snapshot: Snapshot, customer: Customer, flag: Flag, decision: Decision, standard: int | None, day: int
) -> RatedUsage:
    """Apply the flag: UBS suppresses, UBR and RBR discount by contract."""
    made = treated(
        snapshot, customer, (flag,), (standard or 0) * CENT, circumstances(snapshot, decision, flag, day)
    )
    charge = None if standard is None and flag != "UBS" else made.amount // CENT
    return RatedUsage(True, customer.ama_slp_ids[flag], made.disposition, standard, charge)


def circumstances(snapshot: Snapshot, decision: Decision, flag: Flag, day: int) -> Circumstances:
    """Give what the contract may look at of a decided call."""
    calling, called = decision.calling_party or "", decision.response_called_party_id or ""
    pair = "PBX_PBX" if decision.ctc == 122 else "MIXED"
    return Circumstances(
        day=day,
        origin=zone_of(snapshot, calling, called),
        destination=zone_of(snapshot, called, calling),
        pair=pair if flag == "UBR" else "",
        host=decision.rtl_number or "" if flag == "RBR" else "",
        station_class=decision.calling_class,
    )
