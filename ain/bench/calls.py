"""The queries of a load: drawn from a data set, sorted by what the service decides about them, ready but for the transaction.

Callers are triggering numbers; what they dial is drawn from the customer's own tables and from outside of them, so that a
load meets every part of the service. The kind of a query is the decision it must get: `PSTN`, `ASF_RTL`, `CRS`, `CCS`,
`SCREENED`, `BLOCKED_800`, `VACANT_NUMBER`, ... The same seed gives the same queries.

Source: D-004, interfaces.md sections 3 and 5, ain-wire sections 2.2 and 5.
"""

import itertools
import random
from collections.abc import Iterable
from typing import Final, NamedTuple

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.ain.values import BearerCapability
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import encode_package, invoke, query
from ain_scp.ssp_sim.scenario import ScenarioCall
from ain_scp.terms.query import Query
from ain_scp.terms.triggers import TRIGGER_TYPES, TRIGGERS

SCP_POINT_CODE: Final = parse_point_code("245-1-2")
SSP_POINT_CODE: Final = parse_point_code("246-3-4")
SSN: Final = 250
ROUTING_CONTEXT: Final = 100
NATIONAL: Final = 3
E164: Final = 1
LONGEST: Final = 15
MARK: Final = 0xA1B2C3D4
"""The transaction ID that is cut out of a prepared query."""

_INFO_ANALYZED: Final = operation_named("infoAnalyzed")
_CRITERIA: Final = {row.name: row.criteria for row in TRIGGERS if row.originates}
OUTSIDE: Final = (
    "8005551234",
    "8885550000",
    "9005551234",
    "2125550000",
    "4155550000",
    "01144207946000",
    "0",
    "411",
)
"""Where to beyond the customer's own numbers: toll free, 900, national, international, operator, information."""


class Prepared(NamedTuple):
    """A query without its transaction ID: the octets before and after it, and the kind of its decision."""

    before: bytes
    after: bytes
    kind: str


def octets_of(
    calling: str, access: str, dialed: str, trigger: str = "CDP_AC", transaction: int = MARK
) -> bytes:
    """One InfoAnalyzed of a simulated switch, as M3UA."""
    argument = encode_parameters(
        _INFO_ANALYZED,
        {
            "userID": UserID(UserIDChoice.DN, calling),
            "bearerCapability": BearerCapability.SPEECH,
            "triggerCriteriaType": _CRITERIA[trigger],
            "chargeNumber": Digits(NATIONAL, E164, calling),
            "callingPartyID": Digits(NATIONAL, E164, calling),
            "accessCode": Digits(0, 0, access),
            "collectedAddressInfo": Digits(NATIONAL, E164, dialed),
        },
    )
    package = encode_package(query(transaction, invoke(_INFO_ANALYZED.code, argument, 1)))
    unit = sccp.UnitData(sccp.Address(SSN, SCP_POINT_CODE), sccp.Address(SSN, SSP_POINT_CODE), package)
    return m3ua.data(SSP_POINT_CODE, SCP_POINT_CODE, 3, 2, 0, 7, sccp.encode(unit), ROUTING_CONTEXT)


def prepared(octets: bytes, kind: str) -> Prepared:
    """Cut the transaction ID out."""
    mark = MARK.to_bytes(4, "big")
    before, found, after = octets.partition(mark)
    if not found or mark in after:
        raise ValueError("the mark of the transaction ID must stand in the message once")
    return Prepared(before, after, kind)


def draw_queries(program: Program, count: int, seed: int) -> list[Prepared]:
    """Draw queries over all customers of a data set; ValueError when no line has a trigger."""
    chance = random.Random(seed)
    snapshot = program.snapshot
    triggers = snapshot.dataset.triggers
    callers = len(triggers.numbers)
    made: list[Prepared] = []
    for _ in range(20 * count):
        row = chance.randrange(callers) if callers else 0
        if not callers or len(made) >= count:
            break
        trigger = TRIGGER_TYPES[int(triggers.type[row])]
        calling = str(int(triggers.numbers[row]))[1:]
        customer = snapshot.customers[int(triggers.customer[row])]
        if trigger not in _CRITERIA or not customer.access_codes:
            continue
        access, plan = chance.choice(sorted(customer.access_codes.items()))
        dialed = _dialed(chance, snapshot, customer, plan)
        kind = kind_of(
            program, Query("INFO_ANALYZED", trigger, calling, 0, access_code=access, dialed=dialed)
        )
        made.append(prepared(octets_of(calling, access, dialed, trigger), kind))
    if not made:
        raise ValueError("no originating trigger with an access code: nothing to ask")
    return made


def queries_of(program: Program, calls: Iterable[ScenarioCall], most: int) -> list[Prepared]:
    """The first queries of a scenario's calls, `most` of them; ValueError when no call asks anything."""
    snapshot = program.snapshot
    made: list[Prepared] = []
    for call in itertools.islice(calls, most):
        row = snapshot.triggers.find(call.calling)
        trigger = snapshot.trigger_name(row) if row >= 0 else ""
        if (
            trigger not in _CRITERIA
            or call.access_code is None
            or not call.digits
            or len(call.digits) > LONGEST
        ):
            continue
        asked = Query(
            "INFO_ANALYZED", trigger, call.calling, 0, access_code=call.access_code, dialed=call.digits
        )
        octets = octets_of(call.calling, call.access_code, call.digits, trigger)
        made.append(prepared(octets, kind_of(program, asked)))
    if not made:
        raise ValueError("no call of the scenario makes a query with an access code")
    return made


def _dialed(chance: random.Random, snapshot: Snapshot, customer: Customer, plan: str) -> str:
    """What is dialed: four in five are the customer's own numbers."""
    share = chance.random()
    own = customer.rows.mdp.dialed if plan == "MDP" else customer.rows.sdp.number
    if share < 0.8 and len(own):
        return str(int(own[chance.randrange(len(own))]))[1:]
    if share < 0.9 and snapshot.dataset.lata:
        prefix = chance.choice(snapshot.dataset.lata).prefix
        return prefix + "".join(str(chance.randrange(2, 10)) for _ in range(10 - len(prefix)))
    return chance.choice(OUTSIDE)


def kind_of(program: Program, asked: Query) -> str:
    """The name of a decision for reports: the announcement of a refusal, else the kind of route."""
    decision = program.decide(asked)
    if isinstance(decision, Undecidable):
        return "UNDECIDABLE"
    return decision.announcement or decision.route_kind
