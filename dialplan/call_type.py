"""s1008: the call type code. One logic for all of a customer's triggers, host queries included (A-076).

Code = 100 (on-net) or 200 (off-net) + increment. Order of tests: operator / carrier access / N11, international, toll
free, 900 and 976, intraLATA, interLATA (A-075).

Source: [0068], [0069], [0109], A-066..A-081, AMB-10..AMB-16, requirements.md section 3.
"""

from typing import Final

from ain_scp.provisioning.options import Options
from ain_scp.terms.facts import CalledFacts, CallerFacts, one_lata, one_state, pair_code
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

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


def classify(options: Options, caller: CallerFacts, called: CalledFacts) -> int:
    """The call type code of a translated call."""
    if called.special:
        return called.special
    base = ON_NET if called.on_net else OFF_NET
    if called.nature == NON_INTERNATIONAL:
        if called.selected:
            return base + INTERNATIONAL_SELECTED
        return base + (INTERNATIONAL_ON_NET if called.on_net else INTERNATIONAL_OFF_NET)
    if called.kind == "TOLL_FREE":
        return base + TOLL_FREE
    if called.kind == "PREMIUM":
        return base + NINE_HUNDRED
    if one_lata(caller.lata, called.lata):
        return (called.on_net and pair_code(caller, called)) or base + INTRALATA
    if options.split_interstate and not one_state(caller.state, called.state):
        return base + INTERSTATE
    return base + INTERLATA
