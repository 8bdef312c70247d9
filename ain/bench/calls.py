"""The messages of a load: drawn from a data set, sorted by what the service decides about them, ready but for the transaction.

`draw_queries` draws the queries of callers alone, `draw_calls` all that calls cause: the query, that of the ASF-RTL host it is
routed to, and the notification of its end, mixed as they come from any number of switches.
Callers are triggering numbers; what they dial is drawn from the customer's own tables and from outside of them, so that a
load meets every part of the service. The kind of a query is the decision it must get: `PSTN`, `ASF_RTL`, `CRS`, `CCS`,
`SCREENED`, `BLOCKED_800`, `VACANT_NUMBER`, ... The same seed gives the same queries.

Source: D-004, interfaces.md sections 3 and 5, ain-wire sections 2.2 and 5.
"""

import itertools
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.scp.classes.callers import Callers, classify_callers
from ain_scp.scp.sampling import TERMINATION_NOTIFICATION
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice, Value
from ain_scp.signaling.ain.values import BearerCapability
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import Package, encode_package, invoke, query, unidirectional
from ain_scp.terms.decision import Decision
from ain_scp.terms.query import Query
from ain_scp.terms.triggers import TRIGGER_TYPES, TRIGGERS

if TYPE_CHECKING:
    from ain_scp.ssp_sim.scenario import ScenarioCall

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
_TERMINATION_ATTEMPT: Final = operation_named("terminationAttempt")
_CRITERIA_OF_HOST: Final = next(row.criteria for row in TRIGGERS if not row.originates)
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


HOST: Final = "HOST_QUERY"
NOTIFICATION: Final = "NOTIFICATION"
"""The kinds of the other messages of a call."""
HOST_SHARE: Final = 4
"""One call in so many goes to an ASF-RTL host, as in the golden scenario."""
COMPLETED_SHARE: Final = 0.7
"""Of the calls that are routed, those that are answered; the others are busy or get no answer."""


class Asked(NamedTuple):
    """The SCP that a load is for."""

    point_code: int = SCP_POINT_CODE
    ssn: int = SSN
    routing_context: int | None = ROUTING_CONTEXT


GOLDEN: Final = Asked()
"""The SCP of the examples."""

_Drawn = tuple[str, str, str, str, Decision | Undecidable]
"""Caller, access code, digits, trigger, decision."""


class Prepared(NamedTuple):
    """A message without its transaction ID: the octets before and after it, and the kind of its decision.

    Of a notification the last octets of its echo data are cut out; no answer to it is due.
    """

    before: bytes
    after: bytes
    kind: str

    @property
    def answered(self) -> bool:
        """Whether an answer is due."""
        return self.kind != NOTIFICATION


def octets_of(
    calling: str,
    access: str,
    dialed: str,
    trigger: str = "CDP_AC",
    transaction: int = MARK,
    opc: int = SSP_POINT_CODE,
    scp: Asked = GOLDEN,
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
    return _wrapped(query(transaction, invoke(_INFO_ANALYZED.code, argument, 1)), opc, scp)


def host_octets(calling: str, decision: Decision, opc: int, scp: Asked = GOLDEN) -> bytes:
    """The TerminationAttempt of the host that a call was routed to."""
    number = Digits(NATIONAL, E164, decision.rtl_number or "")
    original = Digits(decision.called_non or NATIONAL, E164, decision.called_number or "")
    argument = encode_parameters(
        _TERMINATION_ATTEMPT,
        {
            "userID": UserID(UserIDChoice.DN, number.digits),
            "bearerCapability": BearerCapability.SPEECH,
            "calledPartyID": number,
            "triggerCriteriaType": _CRITERIA_OF_HOST,
            "chargeNumber": Digits(NATIONAL, E164, calling),
            "callingPartyID": Digits(NATIONAL, E164, calling),
            "originalCalledPartyID": original,
            "redirectingPartyID": original,
        },
    )
    return _wrapped(query(MARK, invoke(_TERMINATION_ATTEMPT.code, argument, 1)), opc, scp)


def notification_octets(chance: random.Random, opc: int, scp: Asked = GOLDEN) -> bytes:
    """The TerminationNotification of a call's end."""
    values: dict[str, Value] = {"echoData": b"\x01\x00" + MARK.to_bytes(4, "big")}
    completed = chance.random() < COMPLETED_SHARE
    values["terminationIndicator"] = bytes((0 if completed else chance.choice((1, 2, 3)),))
    if completed:
        values["connectTime"] = chance.randrange(10, 6000)
    argument = encode_parameters(TERMINATION_NOTIFICATION, values)
    return _wrapped(unidirectional(invoke(TERMINATION_NOTIFICATION.code, argument, 1)), opc, scp)


def _wrapped(package: Package, opc: int, scp: Asked) -> bytes:
    """A package from a switch to the SCP."""
    called, calling = sccp.Address(scp.ssn, scp.point_code), sccp.Address(SSN, opc)
    unit = sccp.UnitData(called, calling, encode_package(package))
    return m3ua.data(opc, scp.point_code, 3, 2, 0, 7, sccp.encode(unit), scp.routing_context)


def prepared(octets: bytes, kind: str) -> Prepared:
    """Cut the transaction ID out."""
    mark = MARK.to_bytes(4, "big")
    before, found, after = octets.partition(mark)
    if not found or mark in after:
        raise ValueError("the mark of the transaction ID must stand in the message once")
    return Prepared(before, after, kind)


def draw_queries(program: Program, count: int, seed: int) -> list[Prepared]:
    """Draw queries over all customers of a data set; ValueError when no line has a trigger."""
    drawn = _drawn(program, count, random.Random(seed))
    return [
        prepared(octets_of(calling, access, dialed, trigger), _kind(decision))
        for calling, access, dialed, trigger, decision in drawn
    ]


def draw_calls(
    program: Program,
    calls: int,
    seed: int,
    switches: int = 1,
    scp: Asked = GOLDEN,
    known: Callers | None = None,
) -> list[Prepared]:
    """Draw calls and mix all that they cause; each from one of so many switches. `known`: the callers, where they are classed.

    Of four, three are drawn as `draw_queries` does; one is routed to the host of an ASF-RTL number, where callers have any.
    """
    chance = random.Random(seed)
    to_hosts = _to_hosts(program, known or classify_callers(program.snapshot), calls // HOST_SHARE, chance)
    made: list[Prepared] = []
    for calling, access, dialed, trigger, decision in (
        *_drawn(program, calls - len(to_hosts), chance),
        *to_hosts,
    ):
        opc = SSP_POINT_CODE + (chance.randrange(switches) << 8)
        made.append(prepared(octets_of(calling, access, dialed, trigger, opc=opc, scp=scp), _kind(decision)))
        if isinstance(decision, Undecidable) or not decision.sampled:
            continue
        if decision.route_kind == "ASF_RTL" and decision.announcement is None:
            made.append(prepared(host_octets(calling, decision, opc, scp), HOST))
        if decision.announcement is None:
            made.append(prepared(notification_octets(chance, opc, scp), NOTIFICATION))
    chance.shuffle(made)
    return made


def _to_hosts(program: Program, known: Callers, count: int, chance: random.Random) -> list[_Drawn]:
    """The same of calls that are routed to an ASF-RTL host; fewer where few are."""
    snapshot = program.snapshot
    rows = [
        one.customer.profiles[one.facts.profile].rtl_rows if one.facts.profile >= 0 else ()
        for one in known.classes
    ]
    callers = np.flatnonzero(np.isin(known.of_trigger[:-1], [at for at, some in enumerate(rows) if some]))
    made: list[_Drawn] = []
    for _ in range(20 * count):
        if not callers.size or len(made) >= count:
            break
        row = int(callers[chance.randrange(callers.size)])
        customer = snapshot.customer_of(row)
        lead = chance.choice(rows[int(known.of_trigger[row])])
        if not customer.access_codes or not (lead.number or lead.prefix):
            continue
        tail = "".join(str(chance.randrange(2, 10)) for _ in range(10))
        dialed = lead.number or ((lead.prefix or "") + tail)[:10]
        calling = str(int(snapshot.dataset.triggers.numbers[row]))[1:]
        access, trigger = chance.choice(sorted(customer.access_codes)), snapshot.trigger_name(row)
        decision = program.decide(
            Query("INFO_ANALYZED", trigger, calling, 0, access_code=access, dialed=dialed)
        )
        if isinstance(decision, Decision) and decision.route_kind == "ASF_RTL":
            made.append((calling, access, dialed, trigger, decision))
    return made


def _drawn(program: Program, count: int, chance: random.Random) -> list[_Drawn]:
    """Caller, access code, digits, trigger and decision of calls; ValueError when no line has a trigger."""
    snapshot = program.snapshot
    triggers = snapshot.dataset.triggers
    callers = len(triggers.numbers)
    made: list[_Drawn] = []
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
        asked = Query("INFO_ANALYZED", trigger, calling, 0, access_code=access, dialed=dialed)
        made.append((calling, access, dialed, trigger, program.decide(asked)))
    if not made:
        raise ValueError("no originating trigger with an access code: nothing to ask")
    return made


def queries_of(program: Program, calls: "Iterable[ScenarioCall]", most: int) -> list[Prepared]:
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
    """The name of a query's decision for reports."""
    return _kind(program.decide(asked))


def _kind(decision: Decision | Undecidable) -> str:
    """The announcement of a refusal, else the kind of route."""
    if isinstance(decision, Undecidable):
        return "UNDECIDABLE"
    return decision.announcement or decision.route_kind
