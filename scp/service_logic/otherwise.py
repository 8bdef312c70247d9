"""What would have to change for a call to be decided otherwise: one fact varied at a time, and judged again.

Nothing is guessed: every line about classes, lists and ASF-RTL rows is what `judge` makes of the varied facts; rules are asked
again at other minutes, or with the deciding one left out.

Source: D-010 (explain), A-060, A-079, A-128, A-132.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ain_scp.billing.treat import SUBSCRIPTIONS
from ain_scp.dialplan.plans import table_key, unlisted
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.build import codes_of
from ain_scp.scp.service_logic.judge import judge, ruled_out
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.blocking import KIND_OF
from ain_scp.terms.conditions import Condition, first_match
from ain_scp.terms.decision import Decision
from ain_scp.terms.facts import NO_PROFILE, NO_ROW, Outcome, Pair
from ain_scp.terms.localtime import minute_of_day
from ain_scp.terms.localtime import text as day_text
from ain_scp.terms.query import Query
from ain_scp.terms.questions import Facts, facts_of
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, PSTN_DEFAULT

_CLASSES = range(1, 9)
_FROM: Final = re.compile("from ([0-9]{2}:[0-9]{2}) this day")


class Change(NamedTuple):
    """What would change a decision: the step at which it would, a sentence, and the input to ask again with, if there is one."""

    step: str
    text: str
    access_code: str | None = None
    at: str | None = None


def otherwise(program: Program, query: Query) -> list[str]:
    """Sentences, nearest change first; empty for a query that cannot be decided."""
    return [change.text for change in changes(program, query)]


def changes(program: Program, query: Query) -> list[Change]:
    """The same with the step of the figures at which each would change the decision."""
    decision = program.decide(query)
    if isinstance(decision, Undecidable):
        return []
    customer = program.snapshot.customer_by_group[decision.customer]
    if query.message == "TERMINATION_ATTEMPT":
        step = "s2114" if decision.announcement == "RTL_UNAUTHORIZED" else "s2120"
        return _at(step, _host(customer, query, decision), query)
    found = _at(_plan_step(decision), _plan(program, customer, query, decision), query)
    if decision.pair is None:
        return found
    by_class = {klass: _with_class(customer, query, decision.pair, klass) for klass in _CLASSES}
    if decision.screening in ("ALLOW", "DENY"):
        found += _at("s1010", _classes(customer, decision, by_class), query)
    found += _at("s130", _blocking(customer, decision, by_class), query)
    if decision.route_kind != "NONE":
        step = "s202" if decision.rtl_number is None else "s208"
        found += _at(step, _routing(customer, query, decision, decision.pair), query)
        found += _at(
            "s204" if decision.asf_results == 0 and step == "s202" else "s210",
            _billing(customer, decision),
            query,
        )
    return found


def other_codes(program: Program, query: Query) -> list[Change]:
    """The other access codes of the caller's customer, each with the plan that it selects."""
    trigger = program.snapshot.triggers.find(query.calling_party or "")
    if trigger < 0 or query.message == "TERMINATION_ATTEMPT":
        return []
    codes = program.snapshot.customer_of(trigger).access_codes
    return [
        Change("s100", f"with access code {code}: {plan}", access_code=code)
        for code, plan in codes.items()
        if code != query.access_code
    ]


def _at(step: str, texts: list[str], query: Query) -> list[Change]:
    """Sentences as changes of one step; one that names a time of this day can be asked at that time."""
    made = []
    for text in texts:
        named = _FROM.search(text)
        at = None if named is None else f"{day_text(query.time)[:10]}T{named[1]}:00"
        made.append(Change(step, text, at=at))
    return made


def _plan_step(decision: Decision) -> str:
    if decision.plan is None:
        return "s100"
    return "s1004" if decision.screening == "PROVISIONING_ERROR" else "s110"


def _with_class(customer: Customer, query: Query, pair: Pair, klass: int) -> Outcome:
    """What a caller of another privilege class would get."""
    return _judged(customer, query, pair._replace(caller=pair.caller._replace(privilege_class=klass)))


def _judged(customer: Customer, query: Query, pair: Pair) -> Outcome:
    return judge(customer, pair).at(query.time, query.draw)


def _plan(program: Program, customer: Customer, query: Query, decision: Decision) -> list[str]:
    if decision.plan is None:
        codes = ", ".join(f"{code} = {plan}" for code, plan in customer.access_codes.items())
        return [f"dial an access code that has a plan: {codes} [{customer.where_key('access_codes')}]"]
    if decision.screening == "PROVISIONING_ERROR":
        calling = decision.calling_party or ""
        return [f"an ocs_index row for {calling[:6]} or one of its prefixes would name a screening table"]
    if decision.announcement == "VACANT_NUMBER":
        return [f"a dialing plan row for {query.dialed or 'the digits'}, or a complete public number"]
    if decision.plan == "MDP":
        key = table_key(query.dialed)
        row = customer.mdp.find(key)
        if row >= 0:
            then = _as_dialed(program.snapshot, customer, query, row)
            return [f"without {customer.where_mdp(row)} the digits {key} would mean {then}"]
    return []


def _as_dialed(snapshot: Snapshot, customer: Customer, query: Query, row: int) -> str:
    """What the digits mean when `row` of the dialing plan is gone, and whether another row makes that on-net."""
    calling = query.calling_party or ""
    plain = unlisted(snapshot, calling, query.dialed)
    if plain is None:
        return "the vacant number"
    number = plain.called_number
    if plain.special:
        return f"{number} as dialed, off-net"
    foreign = plain.non == NON_INTERNATIONAL
    near = [] if foreign or number[:3] != calling[:3] else [number[3:]]
    meant = codes_of([number, *near])
    mdp, sdp = customer.rows.mdp, customer.rows.sdp
    same = np.isin(mdp.number, meant) & ((mdp.non == NON_INTERNATIONAL) == foreign)
    same[row] = False
    listed = np.isin(sdp.number, meant) & (not foreign)
    for file, lines in (mdp.file, mdp.lines[same]), (sdp.file, sdp.lines[listed]):
        if len(lines):
            return f"{number} as dialed, still on-net [{file}:{int(lines[0])}]"
    return f"{number} as dialed, off-net"


def _classes(customer: Customer, decision: Decision, by_class: dict[int, Outcome]) -> list[str]:
    """Which other privilege classes have the other letter in the cell that decided."""
    ctc, allowed = decision.ctc, decision.screening == "ALLOW"
    where = customer.call_types.where[ctc]
    klass = decision.privilege_class or 0
    if not allowed and customer.call_types.allows(ctc, klass) and decision.pair is not None:
        refusal = ruled_out(customer, decision.pair, klass, ctc)
        return [f"{refusal} [{customer.where_key('screening_rules')}]"]
    others = [klass for klass, other in by_class.items() if other.screening != decision.screening]
    if not others:
        verb = "allowed" if allowed else "screened"
        return [f"call type {ctc} is {verb} for every privilege class [{where}]"]
    verb = "screened" if allowed else "allowed"
    return [f"privilege class {_ranges(others)} would be {verb} for call type {ctc} [{where}]"]


def _ranges(numbers: list[int]) -> str:
    """1, 2, 3, 5 -> 1-3, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _blocking(customer: Customer, decision: Decision, by_class: dict[int, Outcome]) -> list[str]:
    if decision.blocking == "BLOCK_EMERGENCY":
        classes = [
            klass for klass, other in by_class.items() if other.blocking not in ("NOT_RUN", "BLOCK_EMERGENCY")
        ]
        if not classes:
            return []
        return [f"privilege class {_ranges(classes)} completes while emergency calling is in effect"]
    if decision.blocking not in KIND_OF:
        return []
    name = KIND_OF[decision.blocking].name
    hits = _entries(customer, name, decision.called_number or "")
    then = f"{hits[1]} would block it" if len(hits) > 1 else "no entry would block it"
    changes = [f"without {hits[0]}, {then}"]
    free = [klass for klass, other in by_class.items() if other.blocking == "BYPASSED"]
    if free:
        changes.append(f"privilege class {_ranges(free)} is not checked against the {name} blocking table")
    return changes


def _entries(customer: Customer, name: str, called: str) -> list[str]:
    """Every entry that blocks the number, in the order of the search."""
    table = customer.blocking[name]
    shorter = [called[:length] for length in table.kind.prefixes if length < len(called)]
    rows = [table.entries.find(number) for number in (called, *shorter)]
    entries = [table.rows[row] for row in rows if row >= 0]
    return [f"{entry.where} (entry {entry.number})" for entry in entries]


def _routing(customer: Customer, query: Query, decision: Decision, pair: Pair) -> list[str]:
    place = pair.caller.profile
    if place == NO_PROFILE:
        return [
            "an asf.toml [[originating]] entry for this number would bring automatic selection of facilities"
        ]
    profile, called = customer.profiles[place], decision.called_number or ""
    if decision.rtl_number is None:
        facts = facts_of(query, decision.ctc, called, decision.called_non)
        return _next_rule(profile.conditions, [rule.where for rule in profile.rules], facts, "plain PSTN")
    of_number = pair.called.rtl[place]
    by_prefix = customer.rtl_tables[place].prefixes.longest(called)
    rows = (
        *pair.called.rtl[:place],
        by_prefix if by_prefix != of_number else NO_ROW,
        *pair.called.rtl[place + 1 :],
    )
    without = _judged(customer, query, pair._replace(called=pair.called._replace(rtl=rows)))
    decided = profile.rtl_rows[profile.rtl_row(of_number, decision.ctc)]
    if of_number == NO_ROW or without.rtl_number is None:
        return [f"without {decided.where}: no ASF-RTL: PSTN"]
    following = profile.rtl_rows[profile.rtl_row(rows[place], decision.ctc)]
    return [f"without {decided.where}: {following.where} -> {without.rtl_number}"]


def _next_rule(conditions: list[Condition], where: list[str], facts: Facts, end: str) -> list[str]:
    """The rule that would decide without the one that does, and the minute of this day at which another one takes over."""
    changes = without_rule(conditions, where, facts, end)
    index = first_match(conditions, facts)
    midnight = facts.time - facts.time % 86_400
    for edge in sorted({edge for condition in conditions for edge in condition.edges()}):
        other = first_match(conditions, Facts(facts.ctc, facts.npa, midnight + edge * 60, facts.draw))
        if edge > minute_of_day(facts.time) and other != index:
            at = f"{edge // 60:02d}:{edge % 60:02d}"
            return [*changes, f"from {at} this day: {where[other] if other >= 0 else end}"]
    return changes


def without_rule(
    conditions: Sequence[Condition], where: Sequence[object], asked: Facts, end: str
) -> list[str]:
    """What decides when the rule that does is left out; empty when none does."""
    at = first_match(list(conditions), asked)
    if at < 0:
        return []
    rest = first_match([*conditions[:at], *conditions[at + 1 :]], asked)
    return [f"without {where[at]}: {end if rest < 0 else where[rest + (rest >= at)]}"]


def _billing(customer: Customer, decision: Decision) -> list[str]:
    if decision.ama_slp_id is not None:
        name = next(name for name, slp in customer.ama_slp_ids.items() if slp == decision.ama_slp_id)
        where = customer.where_key(name.lower())
        return [f"without the subscription or for a bearer that is not voice: normal record [{where}]"]
    needed = SUBSCRIPTIONS.get(decision.ctc)
    if needed is not None and decision.asf_results == 0:
        where = ", ".join(customer.where_key(name.lower()) for name in needed)
        return [
            f"call type {decision.ctc} is flagged for a voice call with {' and '.join(needed)} ON [{where}]"
        ]
    return []


def _host(customer: Customer, query: Query, decision: Decision) -> list[str]:
    if decision.announcement == "RTL_UNAUTHORIZED":
        return [f"a triggering number of {customer.name} as calling party, and an original called number"]
    logic = customer.rtl[query.called_party or ""]
    facts = facts_of(query, decision.ctc, decision.called_number or "", decision.called_non)
    where = [f"{node.where} (outcome {node.outcome or 'none'})" for node in logic.rtl.logic]
    changes = _next_rule(logic.conditions, where, facts, "no branch: the call is blocked")
    if decision.announcement == "RTL_NO_ROW":
        changes.append(f"an asf_rtl row ({logic.number}, {decision.outcome}) would route the call")
    if decision.announcement == "RTL_INVALID_ROW":
        row = customer.asf_rtl[(logic.number, decision.outcome or PSTN_DEFAULT)]
        changes.append(f"a primary trunk or primary carrier in {row.where} would route the call")
    return changes
