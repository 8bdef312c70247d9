"""Judging: the answer to a number portability query, from the facts and the options alone.

Every query is answered: with the routing number, or with the dialed number when there is none. The answer names no more than
the options ask for; that carrier and billing indicator may stand in an AIN answer is unconfirmed.

Source: B4-012; services design section 5.1 step P6 and 5.4.
"""

from ain_scp.portability.facts import LnpFacts
from ain_scp.provisioning.rows_services import LnpOptions
from ain_scp.terms.service import LNP, Number, ServiceOutcome, ServiceQuery


def judge(facts: LnpFacts, options: LnpOptions, query: ServiceQuery) -> ServiceOutcome:
    """The answer; the nature of number is that of the query."""
    called = facts.called
    return ServiceOutcome(
        LNP,
        facts.ported,
        "ANALYZE_ROUTE",
        called=Number(facts.lrn, called.nature) if facts.lrn else called,
        charge=query.charge if options.copy_charge else None,
        charge_station_type=query.charge_station_type if options.copy_charge else None,
        carriers=(options.carrier,) if options.carrier else (),
        billing_indicator=(options.ama_call_type, options.ama_feature_id) if options.ama_call_type else None,
        ama_slp_id=options.ama_slp_id or None if options.include_slp else None,
    )
