"""Queries to a service beside the dialing plan's, for a load: numbers of its tables and numbers beside them, drawn anew each.

Half of the numbers called stand in the service's tables, the others lie near them: portability is asked about exchanges in
which numbers are ported, toll free about its area codes. The kind of a query is its outcome at noon of a working day, by a draw of
0. Addressed and marked as the service's first row of `network/services.csv` without a translation type wants it.

Source: B4-012; D-004.
"""

import random
from collections.abc import Callable
from typing import Final

from ain_scp.ain.bench.calls import MARK, SSN, Prepared, prepared
from ain_scp.ain.lnp.ask import Question, query_octets
from ain_scp.provisioning.rows_services import NO_PORTED
from ain_scp.provisioning.services import Services
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.bcd import Digits, encode_digits
from ain_scp.terms.service import TOLLFREE, USUAL_CRITERIA, Number, ServiceQuery, ServiceRefusal
from ain_scp.terms.vocabulary import NON_NATIONAL

_CALLED: Final = "2718281828"
_CALLING: Final = "3141592653"
_NOON: Final = 12 * 3600
"""Of 1 January 1970, a Thursday."""

Draw = Callable[[], str]


def draw_services(program: Program, name: str, count: int, seed: int) -> list[Prepared]:
    """So many queries to LNP or TOLLFREE; ValueError when no row leads there or its tables are empty."""
    logic = program.services
    rows = [] if logic is None else [row for row, service in logic.rows if service.name == name]
    row = next((one for one in rows if one.translation_type is None), None)
    if logic is None or row is None:
        raise ValueError(f"no row of network/services.csv without a translation type leads to {name}")
    chance = random.Random(seed)
    criteria, ssn = row.trigger_criteria or USUAL_CRITERIA[name], row.ssn or SSN
    called = _called(program, logic.tables, name, chance)
    areas = [one.prefix for one in program.snapshot.dataset.lata] or ["213555"]
    model = query_octets(Question(_CALLED, _CALLING, criteria, ssn, NON_NATIONAL), MARK)
    made = []
    for _ in range(count):
        number, caller = called(), _near(chance, chance.choice(areas))
        asked = ServiceQuery(
            "INFO_ANALYZED", _NOON, Number(number), Number(caller), Number(caller), 0, None, criteria, ssn
        )
        outcome = logic.answer(asked)
        if outcome is None:
            raise ValueError(
                f"{name} does not claim {number}: its rows of network/services.csv lead elsewhere"
            )
        kind = outcome.cause if isinstance(outcome, ServiceRefusal) else outcome.outcome
        octets = model.replace(_octets(_CALLED), _octets(number)).replace(_octets(_CALLING), _octets(caller))
        made.append(prepared(octets, kind))
    return made


def _called(program: Program, tables: Services, name: str, chance: random.Random) -> Draw:
    """What draws the number called."""
    given = program.snapshot.dataset.services
    ported = given.lnp.ported if given is not None and given.lnp is not None else NO_PORTED
    records = sorted(tables.tollfree.records)
    size = len(records) if name == TOLLFREE else len(ported.numbers)
    heads = sorted(tables.tollfree.toll_free_npas if name == TOLLFREE else tables.lnp.portable)
    if not size and not heads:
        raise ValueError(f"the tables of {name} are empty: nothing to ask")

    def draw() -> str:
        if size and (not heads or chance.random() < 0.5):
            at = chance.randrange(size)
            return records[at] if name == TOLLFREE else str(int(ported.numbers[at]))[1:]
        return _near(chance, chance.choice(heads))

    return draw


def _near(chance: random.Random, head: str) -> str:
    """A number of ten digits that begins with some."""
    return head + "".join(str(chance.randrange(2, 10)) for _ in range(10 - len(head)))


def _octets(number: str) -> bytes:
    """Ten digits as a message carries them."""
    return encode_digits(Digits(NON_NATIONAL, 1, number))[2:]
