"""What would have to change for a call to be decided otherwise: one fact varied at a time, and the ledger asked again.

Nothing is guessed: other classes of callers are asked of the ledger; lists, ASF-RTL rows and rules are searched again without
the one that decided, and rules at later minutes of the day.

Source: D-010 (explain), A-060, A-079, A-128, A-132.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from ain_scp.billing.treat import SUBSCRIPTIONS
from ain_scp.dialplan.plans import table_key, unlisted
from ain_scp.provisioning.snapshot import Customer
from ain_scp.provisioning.tables.build import codes_of
from ain_scp.scp.service_logic.judge import ruled_out
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.blocking import KIND_OF
from ain_scp.terms.conditions import Condition, first_match
from ain_scp.terms.decision import Decision, Translation
from ain_scp.terms.facts import NO_PROFILE, NO_ROW, Pair
from ain_scp.terms.localtime import minute_of_day
from ain_scp.terms.localtime import text as day_text
from ain_scp.terms.query import Query
from ain_scp.terms.questions import MINUTES, Facts, facts_of
from ain_scp.terms.units import DAY_S
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL, PSTN_DEFAULT

_CLASSES: Final = range(1, 9)
_SCREENED: Final = {"ALLOW": "allowed", "DENY": "screened"}


class Change(NamedTuple):
    """What would change a decision: the step at which it would, a sentence, and the input to ask again with, if there is one."""

    step: str
    text: str
    access_code: str | None = None
    at: str | None = None


def changes(program: Program, query: Query) -> list[Change]:
    """What would change the decision of a query, nearest first; nothing for a query that cannot be decided."""
    decision = program.decide(query)
    if isinstance(decision, Undecidable):
        return []
    customer, pair = program.snapshot.customer_by_group[decision.customer], decision.pair
    found = [*_missing(customer, query, decision), *_plan_row(program, customer, query, decision)]
    if pair is not None:
        found += _classes(program, customer, query, decision, pair)
        found += [*_blocking(customer, decision), *_routing(customer, query, decision, pair)]
        found += _billing(customer, decision)
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


def _missing(customer: Customer, query: Query, decision: Decision) -> Iterator[Change]:
    """The entry that a refused call lacked."""
    match decision.announcement:
        case "UNKNOWN_ACCESS_CODE":
            codes = ", ".join(f"{code} = {plan}" for code, plan in customer.access_codes.items())
            where = customer.where_key("access_codes")
            yield Change("s100", f"dial an access code that has a plan: {codes} [{where}]")
        case "VACANT_NUMBER" if decision.screening == "PROVISIONING_ERROR":
            prefix = (decision.calling_party or "")[:6]
            text = f"an ocs_index row for {prefix} or one of its prefixes would name a screening table"
            yield Change("s1004", text)
        case "VACANT_NUMBER":
            digits = query.dialed or "the digits"
            yield Change("s110", f"a dialing plan row for {digits}, or a complete public number")
        case "RTL_UNAUTHORIZED":
            text = f"a triggering number of {customer.name} as calling party, and an original called number"
            yield Change("s2114", text)
        case "RTL_NO_ROW":
            row = f"({query.called_party}, {decision.outcome})"
            yield Change("s2120", f"an asf_rtl row {row} would route the call")
        case "RTL_INVALID_ROW":
            invalid = customer.asf_rtl[(query.called_party or "", decision.outcome or PSTN_DEFAULT)]
            yield Change(
                "s2120", f"a primary trunk or primary carrier in {invalid.where} would route the call"
            )


def _plan_row(program: Program, customer: Customer, query: Query, decision: Decision) -> Iterator[Change]:
    """What the digits mean without their row of the dialing plan, and whether another row makes that on-net."""
    key, calling = table_key(query.dialed), query.calling_party or ""
    row = customer.mdp.find(key) if decision.plan == "MDP" else NO_ROW
    if row == NO_ROW or decision.screening == "PROVISIONING_ERROR":
        return
    plain, then = unlisted(program.snapshot, calling, query.dialed), "the vacant number"
    if plain is not None:
        other = "" if plain.special else _other_row(customer, calling, plain, row)
        then = f"{plain.called_number} as dialed, {f'still on-net [{other}]' if other else 'off-net'}"
    yield Change("s110", f"without {customer.where_mdp(row)} the digits {key} would mean {then}")


def _other_row(customer: Customer, calling: str, meant: Translation, row: int) -> str:
    """The first row of the dialing plan but `row` that lists a number for a caller; empty when none does."""
    number, foreign = meant.called_number, meant.non == NON_INTERNATIONAL
    near = [number[3:]] if not foreign and number[:3] == calling[:3] else []
    mdp, sdp = customer.rows.mdp, customer.rows.sdp
    for table, nature, gone in (mdp, mdp.non, row), (sdp, NON_NATIONAL, NO_ROW):
        same = np.isin(table.number, codes_of([number, *near])) & ((nature == NON_INTERNATIONAL) == foreign)
        others = np.setdiff1d(np.flatnonzero(same), gone)
        if others.size:
            return f"{table.file}:{int(table.lines[others[0]])}"
    return ""


def _classes(
    program: Program, customer: Customer, query: Query, decision: Decision, pair: Pair
) -> Iterator[Change]:
    """Which other privilege classes would be allowed or screened, or meet blocking otherwise."""
    ctc, klass = decision.ctc, decision.privilege_class
    if klass is None:
        return
    cell = f"for call type {ctc} [{customer.call_types.where[ctc]}]"
    if decision.announcement == "SCREENED" and customer.call_types.allows(ctc, klass):
        where = customer.where_key("screening_rules")
        yield Change("s1010", f"{ruled_out(customer, pair, klass, ctc)} [{where}]")
        return
    found: dict[tuple[str, str], list[int]] = {}
    for other in _CLASSES:
        varied = pair._replace(caller=pair.caller._replace(privilege_class=other))
        outcome = program.ledger.judged(customer, varied).at(query.time, query.draw)
        if outcome.screening != decision.screening:
            found.setdefault(("s1010", f"would be {_SCREENED[outcome.screening]} {cell}"), []).append(other)
        elif outcome.announcement != decision.announcement:
            found.setdefault(("s130", f"would have blocking {outcome.blocking}"), []).append(other)
    for (step, then), classes in found.items():
        yield Change(step, f"privilege class {_ranges(classes)} {then}")
    if not any(step == "s1010" for step, _ in found):
        yield Change("s1010", f"every privilege class is {_SCREENED[decision.screening]} {cell}")


def _ranges(numbers: list[int]) -> str:
    """1, 2, 3, 5 -> 1-3, 5."""
    runs = [[one for _, one in run] for _, run in groupby(enumerate(numbers), lambda at: at[1] - at[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _blocking(customer: Customer, decision: Decision) -> Iterator[Change]:
    if decision.blocking in KIND_OF:
        table, called = customer.blocking[KIND_OF[decision.blocking].name], decision.called_number or ""
        keys = (called, *(called[:length] for length in table.kind.prefixes if length < len(called)))
        entries = [table.rows[row] for row in map(table.entries.find, keys) if row != NO_ROW]
        hits = [f"{entry.where} (entry {entry.number})" for entry in entries]
        yield _without("s130", hits, "no entry would block it")


def _without(step: str, rows: list[str], end: str) -> Change:
    """What decides without the first of the rows that apply, which stand in the order of the search."""
    first, then = [*rows, end][:2]
    return Change(step, f"without {first}: {then}")


def _routing(customer: Customer, query: Query, decision: Decision, pair: Pair) -> Iterator[Change]:
    place = pair.caller.profile
    if query.message == "TERMINATION_ATTEMPT" and decision.announcement != "RTL_UNAUTHORIZED":
        logic = customer.rtl[query.called_party or ""]
        nodes = [f"{node.where} (outcome {node.outcome or 'none'})" for node in logic.rtl.logic]
        yield from _rules("s2120", query, decision, logic.conditions, nodes, "no branch: the call is blocked")
    elif decision.route_kind == "NONE":
        return
    elif place == NO_PROFILE:
        entry = "an asf.toml [[originating]] entry for this number"
        yield Change("s202", f"{entry} would bring automatic selection of facilities")
    elif decision.rtl_number is None:
        profile = customer.profiles[place]
        rules = [rule.where for rule in profile.rules]
        yield from _rules("s202", query, decision, profile.conditions, rules, "plain PSTN")
    else:
        profile = customer.profiles[place]
        shorter = customer.rtl_tables[place].prefixes.longest(decision.called_number or "")
        rows = dict.fromkeys((pair.called.rtl[place], shorter, profile.rtl_row(NO_ROW, decision.ctc)))
        entries = [profile.rtl_rows[row] for row in rows if row != NO_ROW]
        hosts = [f"{entry.where} -> {entry.rtl}" for entry in entries]
        yield _without("s208", hosts, "no ASF-RTL: PSTN")


def _rules(
    step: str, query: Query, decision: Decision, conditions: list[Condition], where: list[str], end: str
) -> Iterator[Change]:
    """The rule that would decide without the one that does, and the minute of this day at which another one takes over."""
    facts = facts_of(query, decision.ctc, decision.called_number or "", decision.called_non)
    for text in without_rule(conditions, where, facts, end):
        yield Change(step, text)
    for clock, later in later_today(conditions, facts):
        other = first_match(conditions, later)
        if other != first_match(conditions, facts):
            text = f"from {clock} this day: {where[other] if other >= 0 else end}"
            yield Change(step, text, at=day_text(later.time))
            return


def without_rule(
    conditions: Sequence[Condition], where: Sequence[object], asked: Facts, end: str
) -> list[str]:
    """What decides when the rule that does is left out; empty when none does."""
    at = first_match(conditions, asked)
    if at < 0:
        return []
    rest = first_match([*conditions[:at], *conditions[at + 1 :]], asked)
    return [f"without {where[at]}: {end if rest < 0 else where[rest + (rest >= at)]}"]


def later_today(conditions: Sequence[Condition], asked: Facts) -> Iterator[tuple[str, Facts]]:
    """The minutes of this day, HH:MM, at which a condition may still change its mind, and the facts then."""
    midnight = asked.time - asked.time % DAY_S
    for edge in sorted({edge for one in conditions for edge in one.edges()}):
        if minute_of_day(asked.time) < edge < MINUTES:
            later = Facts(asked.ctc, asked.npa, midnight + edge * 60, asked.draw, asked.origin)
            yield f"{edge // 60:02d}:{edge % 60:02d}", later


def _billing(customer: Customer, decision: Decision) -> Iterator[Change]:
    flag, needed = decision.settled.flag, SUBSCRIPTIONS.get(decision.ctc)
    if flag is not None:
        text = "without the subscription or for a bearer that is not voice: normal record"
        step = "s204" if decision.asf_results == 0 and decision.rtl_number is None else "s210"
        yield Change(step, f"{text} [{customer.where_key(flag.lower())}]")
    elif needed is not None and decision.asf_results == 0 and decision.route_kind == "PSTN":
        where = ", ".join(customer.where_key(name.lower()) for name in needed)
        text = f"call type {decision.ctc} is flagged for a voice call with {' and '.join(needed)} ON"
        yield Change("s204", f"{text} [{where}]")
