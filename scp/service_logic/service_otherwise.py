"""What would change the answer of a service beside the dialing plan's: one fact varied at a time, and judged again.

Nothing is guessed: a row is left out, or the caller, the moment or the draw is another one of those that the rules name, and
`judge` says what comes of it. Of several variations of one kind that end alike one sentence is made.

Source: B4-012; services design sections 5.1, 6.1 and 8.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ain_scp.portability.look import look as look_ported
from ain_scp.portability.service import Portability
from ain_scp.provisioning.services import Areas, LnpTables, TollFreeTables
from ain_scp.provisioning.where import Where
from ain_scp.scp.service_logic.decision_json import (
    QueryFault,
    QueryForm,
    query_of,
    service_query_of,
)
from ain_scp.scp.service_logic.otherwise import Change, later_today, without_rule
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.services import Service
from ain_scp.terminating.judge import judge as judge_line
from ain_scp.terminating.look import look as look_at_line
from ain_scp.terminating.service import Terminating
from ain_scp.terms.conditions import Condition
from ain_scp.terms.localtime import day_of_week
from ain_scp.terms.localtime import text as day_text
from ain_scp.terms.origin import NATIONAL_DIGITS, NOWHERE, Origin
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import TERMINATING, Number, ServiceOutcome, ServiceQuery, ServiceRefusal
from ain_scp.terms.units import DAY_S
from ain_scp.tollfree.judge import judge as judge_tollfree
from ain_scp.tollfree.look import look as look_tollfree
from ain_scp.tollfree.service import TollFree

_WEEK: Final = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLACES: Final = {
    "from_lata": "LATA", "from_state": "state", "from_npa": "area", "from_npanxx": "exchange",
}  # fmt: skip
_PER_KEY: Final = 6
"""Values of one question that are tried."""

Judged = tuple[ServiceOutcome, Where | None]
Judge = Callable[[Facts], Judged]


def service_changes(service: Service, query: ServiceQuery) -> list[Change]:
    """Changes of one query to a service, nearest first; none for a service of another package."""
    if isinstance(service, Portability):
        return list(_ported(service.tables, query))
    if isinstance(service, TollFree):
        return list(_tollfree(service.tables, query))
    if isinstance(service, Terminating):
        return list(_line(service, query))
    return []


def form_for(program: Program, name: str, called: str, calling: str | None, at: str) -> QueryForm:
    """The query that the first row of services.csv for a service selects; QueryFault when there is none."""
    rows = program.services.rows if program.services is not None else []
    row = next((row for row, service in rows if service.name == name), None)
    if row is None:
        msg = f"service {name}: no row of network/services.csv names it"
        raise QueryFault(msg)
    return QueryForm(
        message=row.message or ("TERMINATION_ATTEMPT" if name == TERMINATING else "INFO_ANALYZED"),
        time=at,
        calling_party=calling,
        called_party=called,
        trigger_criteria=row.trigger_criteria,
        ssn=row.ssn,
        translation_type=row.translation_type,
    )


def changes_of(program: Program, form: QueryForm) -> list[Change]:
    """What would change the answer of the service that a query goes to; none for the dialing plan service."""
    services = program.services
    asked = service_query_of(form, query_of(form))
    service = services.select(asked) if services is not None else None
    return service_changes(service, asked) if service is not None else []


def _refused(step: str) -> Change:
    return Change(step, "a called number of 10 digits with the nature of a national number would be answered")


# Number portability


def _ported(tables: LnpTables, query: ServiceQuery) -> Iterator[Change]:
    facts = look_ported(tables, query, None)
    if isinstance(facts, ServiceRefusal):
        yield _refused("P2")
        return
    digits = facts.called.digits
    block, exchange = tables.blocks.get(digits[:7]), tables.portable.get(digits[:6])
    rest = "NOT_PORTED" if exchange is not None else "NOT_PORTABLE"
    if facts.ported == "PORTED":
        then = f"POOLED to {block.lrn} [{block.where}]" if block is not None else f"{rest} to {digits}"
        yield Change("P3", f"without {tables.where(digits)}: {then}")
        return
    if block is not None:
        yield Change("P3", f"a row for {digits} in services/lnp/ported.csv would win over its block")
        yield Change("P4", f"without {block.where}: {rest} to {digits}")
        return
    yield Change("P3", f"a row for {digits} in services/lnp/ported.csv: PORTED to its LRN")
    yield Change("P4", f"a row for {digits[:7]} in services/lnp/blocks.csv: POOLED to its LRN")
    if exchange is None:
        yield Change("P5", f"a row for {digits[:6]} in services/lnp/portable.csv: NOT_PORTED to {digits}")
    else:
        yield Change("P5", f"without {exchange.where}: NOT_PORTABLE to {digits}")


# Toll free


def _tollfree(tables: TollFreeTables, query: ServiceQuery) -> Iterator[Change]:
    facts = look_tollfree(tables, query, None)
    if isinstance(facts, ServiceRefusal):
        yield _refused("F2")
        return
    record, choice = facts.record, facts.choice
    if record is None:
        yield Change("F2", f"a row for {facts.called.digits} in services/tollfree/records.csv would answer")
        return
    if record.status != "WORKING":
        yield Change("F2", f"status WORKING, with tel or template, in {record.where} would route the call")
        return

    def judged(asked: Facts) -> Judged:
        outcome, branch = judge_tollfree(facts._replace(asked=asked), tables.options)
        return outcome, None if branch is None else branch.where

    conditions: Sequence[Condition] = ()
    if choice is not None:
        conditions = choice.ordered.conditions
        where = [branch.where for branch in choice.template.logic]
        for text in without_rule(conditions, where, facts.asked, "no branch: TF_VACANT"):
            yield Change("F4", text)
    zone = choice is not None and tables.templates[choice.template.name].zone is not None
    step = "F4" if choice is not None else "F5"
    latas = [facts.tel_lata] if choice is None else list(choice.latas)
    yield from _varied(step, judged, conditions, facts.asked, tables.areas, query.lata, latas, abroad=zone)


# Lines


def _line(service: Terminating, query: ServiceQuery) -> Iterator[Change]:
    tables = service.tables
    facts = look_at_line(tables, query, None)
    options = tables.ama_slp_id, tables.name_slp_id, tables.most_redirections

    def judged(asked: Facts) -> Judged:
        outcome, rule = judge_line(facts._replace(asked=asked), query, *options)
        return outcome, None if rule is None else rule.where

    conditions = facts.ordered.conditions
    where = [rule.where for rule in facts.rules]
    for text in without_rule(conditions, where, facts.asked, "no rule: AUTHORIZED"):
        yield Change("N1", text)
    yield from _varied("N1", judged, conditions, facts.asked, tables.areas, query.lata, [])
    outcome = judged(facts.asked)[0]
    if outcome.outcome == "FORWARDED":
        yield Change("N5", f"after {tables.most_redirections} redirections: LOOP TERM_LOOP")
    if outcome.name is None or outcome.name.presentation == "ALLOWED":
        return
    caller = query.calling
    if caller is not None and caller.restricted:
        shown = look_at_line(tables, query._replace(calling=caller._replace(restricted=False)), None).name
        if shown is not None and shown.presentation != outcome.name.presentation:
            yield Change("N4", f"from a caller who does not withhold the number: name {shown.presentation}")
    elif caller is not None and caller.digits in tables.names:
        yield Change("N4", f"with ALLOWED in {tables.names[caller.digits].where} the name would be shown")
    elif caller is not None:
        yield Change("N4", f"a row for {caller.digits} in services/cnam/names.csv would show a name")


# What both have: rules with conditions


def _varied(
    step: str,
    judged: Judge,
    conditions: Sequence[Condition],
    asked: Facts,
    areas: Areas,
    lata: str | None,
    latas: list[str],
    *,
    abroad: bool = False,
) -> Iterator[Change]:
    """Callers, moments and draws that end otherwise; `latas` are those of destinations, `abroad` another time zone's clock."""
    groups: dict[tuple[str, str], list[str]] = {}

    def tried(kind: str, name: str, other: Facts) -> None:
        found = judged(other)
        if _said(found[0]) != _said(usual[0]):
            row = "" if found[1] is None else f" [{found[1]}]"
            groups.setdefault((kind, f"{_said(found[0])}{row}"), []).append(name)

    usual = judged(asked)
    for name, origin in _origins(conditions, asked.origin, areas, lata, latas):
        tried("from", name, _at(asked, asked.time, asked.draw, origin))
    for day in range(1, len(_WEEK)):
        if day != day_of_week(asked.time):
            on = asked.time + (day - day_of_week(asked.time)) % 7 * DAY_S
            tried("on", _WEEK[day], _at(asked, on, asked.draw, asked.origin))
    for draw in _bands(conditions):
        tried("for draws from", f"{draw:04d}", _at(asked, asked.time, draw, asked.origin))
    for (kind, then), names in groups.items():
        yield Change(step, f"{kind} {', '.join(names)}: {then}")
    for clock, later in later_today(conditions, asked):
        found = judged(later)
        if _said(found[0]) != _said(usual[0]):
            there = " of the template's zone" if abroad else ""
            moment = None if abroad else day_text(later.time)
            yield Change(step, f"from {clock} this day{there}: {_said(found[0])}", at=moment)
            return


def _at(asked: Facts, time: int, draw: int, origin: Origin) -> Facts:
    return Facts(asked.ctc, asked.npa, time, draw, origin)


def _origins(
    conditions: Sequence[Condition], own: Origin, areas: Areas, lata: str | None, latas: list[str]
) -> Iterator[tuple[str, Origin]]:
    """Callers that the questions name, and an unknown one."""
    tail = own.number if len(own.number) == NATIONAL_DIGITS else "2125550100"
    seen: set[str] = set()
    values = [(one.key, str(v)) for c in conditions for one in c.questions for v in one.values[:_PER_KEY]]
    values += [("from_lata", one) for one in latas if one]
    for key, value in values:
        if key in ("from_number", "from_npanxx", "from_npa"):
            made = areas.origin(Number(value + tail[len(value) :], restricted=own.restricted), lata)
        elif key == "from_lata":
            made = own._replace(lata=value)
        elif key == "from_state":
            made = own._replace(state=value)
        elif key == "anonymous":
            made = own._replace(restricted=not own.restricted)
        else:
            continue
        name = f"{_PLACES[key]} {value}" if key in _PLACES else value
        if key == "anonymous":
            name = f"a caller who {'shows' if own.restricted else 'withholds'} the number"
        if name not in seen and made != own and (own.number or key != "anonymous"):
            seen.add(name)
            yield name, made
    if own != NOWHERE and conditions:
        yield "an unknown caller", NOWHERE


def _bands(conditions: Sequence[Condition]) -> list[int]:
    """Where the bands of percentages may begin: 0 and the sums of those before."""
    found, band = [], 0
    for one in conditions:
        if one.percent is not None:
            found.append(band)
            band += one.percent * 100
    return [*found, band] if 0 < band < 10_000 else found


def _said(outcome: ServiceOutcome) -> str:
    """Outcome, where it leads, and by which carriers."""
    to = outcome.announcement or (outcome.called.digits if outcome.called is not None else "")
    by = f" by {', '.join(outcome.carriers)}" if outcome.carriers else ""
    return f"{outcome.outcome}{f' {to}' if to else ''}{by}"
