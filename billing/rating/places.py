"""The zone of a number: the longest prefix of `zones.csv`, else its jurisdiction.

Source: charging design 8.4; A-046 to A-048, A-228.
"""

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms import facts
from ain_scp.terms.digits import is_number
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL

OTHER = "OTHER"
"""The zone of what is no number, and of a number whose jurisdiction is not known."""


def jurisdiction(snapshot: Snapshot, calling: str, called: str, non: int) -> facts.Jurisdiction:
    """Where a routed call goes as billing sees it, by the network's LATA table (A-046 to A-048)."""
    if non != NON_INTERNATIONAL and len(called) != 10:
        return "UNKNOWN"
    return facts.jurisdiction(
        non, snapshot.kind_of(called), snapshot.lata_of(calling), snapshot.lata_of(called)
    )


def zone_of(snapshot: Snapshot, number: str, other: str) -> str:
    """Name the zone of a number in a call with `other`: the called one's with the caller, the caller's with the called.

    National digits, or `+` and international ones. The id of a trunk or the name of a service is in OTHER.
    """
    row = (
        snapshot.charging.zones.row_of(number)
        if snapshot.charging is not None and _has_zone(number)
        else None
    )
    if row is not None:
        return row.zone
    if number.startswith("+1") and is_number(number[2:], 10, 10):
        return zone_of(snapshot, number[2:], other)  # country code 1 is the NANP itself
    non = NON_INTERNATIONAL if number.startswith("+") else NON_NATIONAL
    found = jurisdiction(snapshot, other if is_number(other, 10, 10) else "", number, non)
    return OTHER if found == "UNKNOWN" else found


def _has_zone(number: str) -> bool:
    return is_number(number.removeprefix("+"))
