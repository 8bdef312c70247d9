"""What billing makes of a flagged AMA record alone: standard price and charged price from the data set's tables.

The record and the tables are enough: the AMAslpID names the treatment, the numbers name the LATAs, the class of the called
station and the host. Records rated elsewhere have no price.

Source: A-230 to A-238, [0169], [0170], [0181]; ain_scp.billing.rating.standard.
"""

from ain_scp.billing.ama.record import AmaRecord, SequencedAma
from ain_scp.billing.ama.verification import VerificationRecord
from ain_scp.billing.rating.standard import RatedUsage, minutes, rate_usage, started_seconds
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Decision, Translation
from ain_scp.terms.facts import Outcome
from ain_scp.terms.units import DAY_MS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL


def rated(record: AmaRecord, snapshot: Snapshot) -> RatedUsage:
    """Price one record as billing does; the AMAslpID in the record counts (AMB-56)."""
    answered = record.start_ms if record.answer_ms is None else record.answer_ms
    facts = facts_of(record, snapshot)
    return rate_usage(
        snapshot, facts, started_seconds(record.duration_ms), record.ama_slp_id, answered // DAY_MS
    )


def facts_of(record: AmaRecord, snapshot: Snapshot) -> Decision | None:
    """The facts of the call that rating looks at, read back from the record; None when it is no customer's call."""
    customer = snapshot.customer_by_group.get(record.customer_group)
    if customer is None:
        return None
    called = record.called_number
    to_host = any(rtl.number == called for rtl in customer.rows.rtl)
    both_pbx = record.calling_class == "PBX" and _class_of(customer, called) == "PBX"
    outcome = Outcome(
        route_kind="ASF_RTL" if to_host else "PSTN" if record.facility == "PSTN" else "CRS",
        rtl_number=called if to_host else None,
        ctc=122 if both_pbx else 0,
    )
    nature = NON_INTERNATIONAL if record.jurisdiction == "INTERNATIONAL" else NON_NATIONAL
    carrier = record.facility_id if record.facility == "CARRIER" else None
    return Decision(
        record.customer_group,
        record.calling_number,
        record.calling_class,
        outcome,
        translation=Translation(called, nature, cic=carrier),
    )


def _class_of(customer: Customer, number: str) -> str:
    """The class of one of the customer's stations; OTHER when it is none."""
    return customer.class_of(customer.stations.find(number))


def verification(item: SequencedAma, snapshot: Snapshot) -> VerificationRecord | None:
    """The verification record of a flagged record (A-235); None for a normal one."""
    record = item.record
    if record.ama_slp_id is None:
        return None
    price = rated(record, snapshot)
    return VerificationRecord(
        ama_id=item.sequence,
        ama_slp_id=record.ama_slp_id,
        minutes=minutes(started_seconds(record.duration_ms)),
        standard_cents=price.standard_cents or 0,
        charged_cents=price.charge_cents or 0,
    )
