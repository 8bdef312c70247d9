"""Constraints between the tables of one customer, and between them and the network.

Source: requirements.md section 5.2, A-008, A-015, A-056, A-136, A-161, A-195, A-238, AMB-74, AMB-85.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import Opener, code, digits_of, report_rows
from ain_scp.provisioning.check.findings import Findings, hint, shown
from ain_scp.provisioning.check.network import PRODUCED, PRODUCED_WHEN_SPLIT, SEVEN_DIGIT_ONLY
from ain_scp.provisioning.check.stations import TO
from ain_scp.provisioning.rows import (
    CallType,
    Codes,
    CustomerSet,
    LataRow,
    PrefixRow,
    Profile,
    RtlNumber,
    StationColumns,
    Switch,
    TriggerColumns,
    Where,
)
from ain_scp.terms.conditions import Condition
from ain_scp.terms.questions import CallTypeIs
from ain_scp.terms.vocabulary import NON_NATIONAL, PSTN_DEFAULT

OpenerOf = Callable[[str], Opener]


def check_customer(customer: CustomerSet, opener: OpenerOf, findings: Findings) -> None:
    """Check one customer's tables against each other; `opener` opens one of them again by its name."""
    _check_index(customer, opener("stations.csv"), findings)
    _check_plan(customer, opener, findings)
    _check_outcomes(customer, findings)
    _warn_participation(customer, findings)
    _warn_undetermined_ctc(customer, findings)


def _warn(where: Where, text: str, rule: str, findings: Findings) -> None:
    findings.warn(where.file, where.line, 1, text, rule)


def _error(where: Where, text: str, rule: str, findings: Findings) -> None:
    findings.error(where.file, where.line, 1, text, rule)


def _check_index(customer: CustomerSet, opener: Opener, findings: Findings) -> None:
    """Each index entry names a table that has rows; each station row is in the table its number leads to."""
    stations = customer.stations
    for row in customer.ocs_index:
        if row.name and row.name not in stations.tables:
            close = hint(row.name, stations.tables)
            _error(row.where, f"table {row.name} has no row in stations.csv{close}", "A-053", findings)
    found = indexed(stations.number, customer.ocs_index, stations.tables)
    said = {}
    for at in np.flatnonzero((found != stations.table) & (stations.number > 0)):
        other = int(found[at])
        leads = f"leads to {stations.tables[other]}" if other >= 0 else "finds no table with rows"
        said[int(stations.lines[at])] = f"never found in this table, the index {leads}"
    report_rows(opener, "number", said, "A-054", "warning", findings)


def indexed(numbers: Codes, index: Iterable[PrefixRow], tables: tuple[str, ...]) -> NDArray[np.int16]:
    """Search the index for each 10-digit number, 6 digits first (A-054); -1 = no hit, -2 = a table without rows."""
    found = np.full(numbers.size, -1, np.int16)
    names = {name: at for at, name in enumerate(tables)}
    by_length: dict[int, dict[int, int]] = {}
    for row in index:
        by_length.setdefault(len(row.prefix), {})[code(row.prefix)] = names.get(row.name, -2)
    for length in sorted(by_length, reverse=True):
        entries = by_length[length]
        keys = np.array(sorted(entries), np.int64)
        values = np.array([entries[int(key)] for key in keys], np.int16)
        prefixes = numbers // 10 ** (10 - length)
        at = np.minimum(np.searchsorted(keys, prefixes), keys.size - 1)
        hit = (found == -1) & (keys[at] == prefixes)
        found[hit] = values[at[hit]]
    return found


def _check_plan(customer: CustomerSet, opener: OpenerOf, findings: Findings) -> None:
    """RTL numbers are not public: no dialing plan table leads to one (AMB-74); no row changes 911 (A-103)."""
    mdp = customer.mdp
    begins = (mdp.dialed // 10_000 == 1911) | (mdp.dialed // 10_000_000 == 1911)
    never = dict.fromkeys(mdp.lines[begins].tolist(), "never reached: 911 is the emergency call")
    report_rows(opener("mdp.csv"), "dialed", never, "A-103", "warning", findings)
    rtl = np.array([code(row.number) for row in customer.rtl], np.int64)
    mdp, sdp = customer.mdp, customer.sdp
    national = np.where(mdp.non == NON_NATIONAL, mdp.number, 0)
    for file, lines, numbers in (("mdp.csv", mdp.lines, national), ("sdp.csv", sdp.lines, sdp.number)):
        said = dict.fromkeys(lines[np.isin(numbers, rtl)].tolist(), "an RTL number is in no dialing plan")
        report_rows(opener(file), "number", said, "AMB-74", "error", findings)


def _check_outcomes(customer: CustomerSet, findings: Findings) -> None:
    """Outcomes without a row, rows without an outcome."""
    given = {(row.originating, row.destination) for row in customer.asf_rtl}
    used = set()
    for number in customer.rtl:
        for node in number.logic:
            if not node.outcome or node.outcome == PSTN_DEFAULT:
                continue
            used.add((number.number, node.outcome))
            if (number.number, node.outcome) not in given:
                text = f"outcome {node.outcome} of {number.number} has no row in asf_rtl.csv: its calls are refused"
                _warn(node.where, text, "A-161", findings)
    numbers = {number.number for number in customer.rtl}
    for row in customer.asf_rtl:
        key = (row.originating, row.destination)
        if key not in used and row.originating in numbers and row.destination != PSTN_DEFAULT:
            _warn(
                row.where,
                f"no node of {row.originating} has the outcome {row.destination}",
                "A-160",
                findings,
            )


def _warn_participation(customer: CustomerSet, findings: Findings) -> None:
    for number in customer.rtl:
        if customer.rbr and not number.participating:
            text = f"{number.number} does not participate: no call of the customer gets RBR"
            _warn(number.where, text, "A-195", findings)


def _warn_undetermined_ctc(customer: CustomerSet, findings: Findings) -> None:
    """Without OCS and without ASF-RTL nothing determines the call type code before the rules are tried."""
    for profile in customer.profiles:
        if customer.ocs or profile.rtl:
            continue
        for rule in profile.rules:
            if rule.condition.asks(CallTypeIs) is not None:
                text = "rule can never match: without OCS and ASF-RTL the call type code is not determined"
                _warn(rule.where, text, "A-134", findings)


def check_call_types(
    network: tuple[CallType, ...], customer: CustomerSet, file: str, findings: Findings
) -> None:
    """Every code that the customer's calls can get has a row; lists of codes name codes that exist."""
    known = {row.ctc: row for row in (*network, *customer.call_types)}
    produced = (*PRODUCED, *PRODUCED_WHEN_SPLIT) if customer.split_interstate else PRODUCED
    for ctc in produced:
        if ctc not in known:
            findings.error(file, 0, 0, f"call type code {ctc} has no row", "A-065")
    for where, ctcs in _listed(customer):
        for ctc in sorted(ctcs - known.keys()):
            _warn(where, f"call type code {ctc} has no row in {file}", "AMB-85", findings)
    for profile in customer.profiles:
        _warn_idle_rows(profile, known, findings)


def _listed(customer: CustomerSet) -> Iterator[tuple[Where, frozenset[int]]]:
    for profile in customer.profiles:
        for row in profile.rtl:
            yield row.where, row.ctc or frozenset()
        for rule in profile.rules:
            yield rule.where, _codes(rule.condition)
    for number in customer.rtl:
        for node in number.logic:
            yield node.where, _codes(node.condition)


def _codes(condition: Condition) -> frozenset[int]:
    """The call type codes a condition asks for; empty = it does not ask."""
    asked = condition.asks(CallTypeIs)
    return frozenset(int(value) for value in asked.values) if asked is not None else frozenset()


def _warn_idle_rows(profile: Profile, known: dict[int, CallType], findings: Findings) -> None:
    """Codes that never go to the host, and rules whose codes all go there first."""
    routed: set[int] = set()
    for row in profile.rtl:
        for ctc in sorted(row.ctc or ()):
            if ctc in known and known[ctc].asf_treatment != "RTL":
                _warn(row.where, f"call type code {ctc} is not subject to ASF-RTL", "A-136", findings)
            else:
                routed.add(ctc)
    for rule in profile.rules:
        codes = _codes(rule.condition)
        if codes and codes <= routed:
            text = "rule is reached by overflow only (A-147): the rtl rows of the profile take its call type codes"
            _warn(rule.where, text, "A-131", findings)


def check_hosts(rtl: tuple[RtlNumber, ...], switches: tuple[Switch, ...], findings: Findings) -> None:
    """Each RTL number's host is an AIN switch with the role of a host."""
    by_name = {switch.name: switch for switch in switches}
    for number in rtl:
        switch = by_name.get(number.ssp)
        if switch is None:
            if number.ssp:
                text = f"ssp {shown(number.ssp)} of {number.number} does not exist{hint(number.ssp, by_name)}"
                _error(number.where, text, "A-141", findings)
        elif not switch.ain:
            _error(
                number.where, f"ssp {switch.name} of {number.number} is not an AIN switch", "A-006", findings
            )
        elif switch.role == SEVEN_DIGIT_ONLY:
            _error(
                number.where, f"ssp {switch.name} of {number.number} signals 7 digits only", "A-008", findings
            )
        elif switch.role != "ASF_RTL_HOST":
            _warn(
                number.where,
                f"ssp {switch.name} of {number.number} has not the role ASF_RTL_HOST",
                "A-141",
                findings,
            )


def check_triggering(
    customer: CustomerSet,
    mine: NDArray[np.intp],
    triggers: TriggerColumns,
    switches: tuple[Switch, ...],
    opener: Opener,
    opener_of: OpenerOf,
    findings: Findings,
) -> None:
    """Check a customer's triggers against its stations, index, trunk groups and profiles; `mine` are their rows."""
    numbers, lines = triggers.numbers[mine], triggers.lines[mine]
    to = lines[np.isin(numbers, terminating(customer.stations))].tolist()
    said = dict.fromkeys(to, f"a TO number of {customer.name} never triggers")
    report_rows(opener, "number", said, "A-015", "error", findings)
    calling = ~np.isin(numbers, np.array([code(row.number) for row in customer.rtl], np.int64))
    if customer.ocs:
        lost = calling & (indexed(numbers, customer.ocs_index, customer.stations.tables) == -1)
        said = dict.fromkeys(
            lines[lost].tolist(), "no prefix is in the index, its calls get the vacant number"
        )
        report_rows(opener, "number", said, "A-056", "warning", findings)
    _warn_silent(customer.stations, triggers, opener_of("stations.csv"), findings)
    for group in customer.trunk_groups:
        if group.pilot and not np.any(numbers == code(group.pilot)):
            _warn(group.where, f"pilot {group.pilot} of {group.id} has no trigger", "A-010", findings)
    _check_seven_digit(customer, triggers, mine[calling], switches, findings)


def _warn_silent(
    stations: StationColumns, triggers: TriggerColumns, opener: Opener, findings: Findings
) -> None:
    """Warn once of the stations that call and have no trigger, at the first of them, when all triggers were understood."""
    if not triggers.numbers.size or not triggers.numbers.all():
        return
    silent = (stations.kind != TO) & (stations.number > 0) & ~np.isin(stations.number, triggers.numbers)
    lines = stations.lines[silent]
    if lines.size:
        more = f" and {lines.size - 1} more" if lines.size > 1 else ""
        text = f"no row of {triggers.file}{more}: calls of it never reach the service"
        report_rows(opener, "number", {int(lines[0]): text}, "A-010", "warning", findings)


def check_latas(customer: CustomerSet, lata: tuple[LataRow, ...], opener: Opener, findings: Findings) -> None:
    """Each area code of the stations has a row in `lata.csv`, or a row for its office code; else nothing is intraLATA.

    One warning for each area code, at its first station.
    """
    if not lata:
        return
    prefixes = np.array([code(row.prefix) for row in lata], np.int64)
    stations = customer.stations
    at = np.flatnonzero(stations.number > 0)
    offices = stations.number[at] // 10_000
    unknown = at[~(np.isin(offices, prefixes) | np.isin(offices // 1_000, prefixes))]
    areas, first = np.unique(stations.number[unknown] // 10_000_000, return_index=True)
    said = {
        int(
            stations.lines[unknown[place]]
        ): f"no row of network/lata.csv for {str(area)[1:]}: no call of it is intraLATA"
        for area, place in zip(areas.tolist(), first.tolist(), strict=True)
    }
    report_rows(opener, "number", said, "A-046", "warning", findings)


def terminating(stations: StationColumns) -> Codes:
    """Give the terminating only numbers."""
    numbers: Codes = stations.number[stations.kind == TO]
    return numbers


def _check_seven_digit(
    customer: CustomerSet,
    triggers: TriggerColumns,
    mine: NDArray[np.intp],
    switches: tuple[Switch, ...],
    findings: Findings,
) -> None:
    """ASF-RTL needs ten digits from the originating switch to the host (A-008)."""
    short = np.array([switch.role == SEVEN_DIGIT_ONLY for switch in switches], np.bool_)
    if not short.any():
        return
    with_rtl = {profile.name for profile in customer.profiles if profile.rtl}
    prefixes = sorted(customer.asf_originating, key=lambda row: -len(row.prefix))
    for at in mine[short[triggers.ssp[mine]]]:
        number = digits_of(int(triggers.numbers[at]))
        row = next((row for row in prefixes if number.startswith(row.prefix)), None)
        if row is not None and row.name in with_rtl:
            name = switches[int(triggers.ssp[at])].name
            text = f"profile {row.name} uses ASF-RTL, but {number} triggers at {name}, which signals 7 digits only"
            _error(row.where, text, "A-008", findings)
