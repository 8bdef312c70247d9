"""s1008: the call type code. One logic for all of a customer's triggers, host queries included (A-076).

Code = 100 (on-net) or 200 (off-net) + increment. Order of tests: operator / carrier access / N11, international, toll
free, 900 and 976, intraLATA, interLATA (A-075).

Source: [0068], [0069], [0109], A-066..A-081, AMB-10..AMB-16, requirements.md section 3.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.blocking import COUNTRY_PREFIXES
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, StationClass

UNDETERMINED: Final = 0
ON_NET: Final = 100
OFF_NET: Final = 200
INTRALATA: Final = 1
NINE_HUNDRED: Final = 9
INTERLATA: Final = 31
INTERSTATE: Final = 32
TOLL_FREE: Final = 41
INTERNATIONAL_ON_NET: Final = 51
INTERNATIONAL_OFF_NET: Final = 52
INTERNATIONAL_SELECTED: Final = 53


def classify(
    snapshot: Snapshot,
    customer: Customer,
    calling: str,
    calling_class: StationClass,
    translation: Translation,
) -> int:
    """The call type code of a translated call."""
    if translation.special:
        return translation.special
    on_net = translation.on_net
    base = ON_NET if on_net else OFF_NET
    called = translation.called_number
    if translation.non == NON_INTERNATIONAL:
        if customer.international_completion.search(called, COUNTRY_PREFIXES) >= 0:
            return base + INTERNATIONAL_SELECTED
        return base + (INTERNATIONAL_ON_NET if on_net else INTERNATIONAL_OFF_NET)
    kind = snapshot.kind_of(called)
    if kind != "ORDINARY":
        return base + (TOLL_FREE if kind == "TOLL_FREE" else NINE_HUNDRED)
    if snapshot.one_lata(calling, called):
        pair = pair_code(calling_class, translation.called_class) if on_net else UNDETERMINED
        return pair or base + INTRALATA
    if customer.split_interstate and interstate(snapshot, calling, called):
        return base + INTERSTATE
    return base + INTERLATA


def interstate(snapshot: Snapshot, first: str, second: str) -> bool:
    """Not both in one known state (A-073)."""
    state = snapshot.state_of(first)
    return state is None or state != snapshot.state_of(second)


def pair_code(calling_class: StationClass, called_class: StationClass) -> int:
    """111, 112, 121, 122 for two triggering centrex/PBX stations, else 0 (A-071, AMB-10)."""
    if calling_class == "CENTREX":
        return 111 if called_class == "CENTREX" else 112 if called_class == "PBX" else UNDETERMINED
    if calling_class == "PBX":
        return 121 if called_class == "CENTREX" else 122 if called_class == "PBX" else UNDETERMINED
    return UNDETERMINED
