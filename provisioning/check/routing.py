"""ASF profiles, the routing logic of the RTL numbers, and the ASF-RTL table.

Source: requirements.md section 5.2, A-110 to A-133, A-157 to A-166, AMB-35, AMB-37, AMB-41.
"""

from ain_scp.provisioning.check.conditions import (
    is_carrier,
    is_trunk_group,
    read_condition,
    read_ctcs,
    read_facilities,
    shadowed_by,
    share_short,
)
from ain_scp.provisioning.check.findings import hint, named, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.csv_rows import Row, Table, is_word
from ain_scp.provisioning.rows import (
    AsfRtlRow,
    Facilities,
    LogicNode,
    PrefixRow,
    Profile,
    RouteRule,
    RtlNumber,
    RtlRow,
)
from ain_scp.terms.conditions import ALWAYS, Condition
from ain_scp.terms.digits import MAX_NUMBER
from ain_scp.terms.vocabulary import PSTN_DEFAULT

BY = "cost"
TRUNKS = ("primary_trunk", "alternate_trunk", "second_alternate_trunk")
CARRIERS = ("primary_carrier", "alternate_carrier", "second_alternate_carrier")
ASF_RTL = (("originating", "destination"), (*TRUNKS, *CARRIERS))


def read_asf(
    options: Section, rtl_numbers: set[str] | None
) -> tuple[tuple[PrefixRow, ...], tuple[Profile, ...]]:
    """Read `asf.toml`; `rtl_numbers` None = not known."""
    section = options.section("profiles")
    profiles: dict[str, Profile] = {}
    for name in section:
        if not is_word(name):
            section.error(name, f"profile {shown(name)} is not a name (letters, digits, _ . -)", "toml")
        values = section.section(name)
        if not values.void:
            profiles[name] = _profile(values, name, rtl_numbers)
    rows = _originating(options, set(profiles))
    used = {row.name for row in rows}
    for name in profiles:
        if name not in used:
            section.warn(name, f"profile {named(name)} belongs to no originating prefix", "A-130")
    options.finish()
    return rows, tuple(profiles.values())


def _originating(options: Section, profiles: set[str]) -> tuple[PrefixRow, ...]:
    found: dict[str, PrefixRow] = {}
    for section in options.sections("originating"):
        prefix = section.digits("prefix", range(1, 11), "A-130", required=True)
        name = section.text("profile", required=True)
        if name and name not in profiles:
            section.error("profile", f"profile {shown(name)} does not exist{hint(name, profiles)}", "A-130")
        section.finish()
        if prefix in found:
            section.error(
                "prefix", f"prefix {prefix} is already in line {found[prefix].where.line}", "duplicate"
            )
        elif prefix:
            found[prefix] = PrefixRow(prefix, name, section.where)
    return tuple(found.values())


def _profile(section: Section, name: str, rtl_numbers: set[str] | None) -> Profile:
    rows = _rtl_rows(section, rtl_numbers)
    rules = _rules(section)
    if not rows and not rules and not section.bad:
        section.warn("rtl", f"profile {named(name)} has neither rtl rows nor rules", "A-130")
    section.finish()
    return Profile(name, rows, rules, section.where)


def _rules(profile: Section) -> tuple[RouteRule, ...]:
    rules = []
    earlier: list[Condition] = []
    for index, section in enumerate(profile.sections("rules")):
        condition, sound = read_condition(section)
        by = section.text("by")
        if by not in ("", BY):
            section.error("by", f'by {shown(by)}: "{BY}", or nothing for the order of the carriers', "A-111")
        rules.append(RouteRule(condition, read_facilities(section), section.where, by == BY))
        section.finish()
        if sound and shadowed_by(condition, earlier):
            profile.warn("rules", "rule is never reached: earlier rules match all its calls", "A-128", index)
        if sound:
            _warn_share(profile, "rules", index, condition, earlier)
            earlier.append(condition)
    return tuple(rules)


def _warn_share(
    section: Section, key: str, index: int, condition: Condition, earlier: list[Condition]
) -> None:
    """Warn of percentages that cannot all be kept."""
    text = share_short(condition, earlier)
    if text:
        section.warn(key, text, "A-127", index)


def _rtl_rows(profile: Section, rtl_numbers: set[str] | None) -> tuple[RtlRow, ...]:
    rows = []
    taken: dict[str, int] = {}
    for index, section in enumerate(profile.sections("rtl")):
        row = _rtl_row(section, rtl_numbers)
        keys = [
            f"{kind} {value}" for kind, value in (("number", row.number), ("prefix", row.prefix)) if value
        ]
        for key in keys:
            if key in taken:
                profile.error("rtl", f"{key} is already in line {taken[key]}", "duplicate", index)
        codes = sorted(row.ctc or ())
        again = [code for code in codes if f"ctc {code}" in taken]
        if again:
            first = taken[f"ctc {again[0]}"]
            text = f"call type code {again[0]} is already in line {first}; the first row is used"
            profile.warn("rtl", text, "A-132", index)
        for key in [*keys, *(f"ctc {code}" for code in codes)]:
            taken.setdefault(key, section.where.line)
        rows.append(row)
    return tuple(rows)


def _rtl_row(section: Section, rtl_numbers: set[str] | None) -> RtlRow:
    given = [key for key in ("number", "prefix", "ctc") if key in section]
    number = section.digits("number", range(1, MAX_NUMBER + 1), "A-132")
    prefix = section.digits("prefix", range(1, MAX_NUMBER + 1), "A-132")
    ctc = read_ctcs(section)
    rtl = section.digits("rtl", (10,), "A-132", required=True)
    section.finish()
    if len(given) != 1:
        text = f"exactly one of number, prefix and ctc, not {' and '.join(given) or 'none'}"
        section.error(given[-1] if given else "rtl", text, "A-132")
    if rtl and rtl_numbers is not None and rtl not in rtl_numbers:
        section.error("rtl", f"rtl {rtl} is not an RTL number of rtl.toml{hint(rtl, rtl_numbers)}", "A-132")
    return RtlRow(number or None, prefix or None, ctc, rtl, section.where)


def read_rtl(options: Section) -> tuple[RtlNumber, ...]:
    """Read `rtl.toml`."""
    found = []
    for number in options:
        section = options.section(number)
        if section.void or not options.is_digits(number, number, (10,), "A-141"):
            continue
        ssp = section.text("ssp", required=True)
        participating = section.flag("participating", required=True) or section.bad
        logic = _logic(section)
        section.finish()
        found.append(RtlNumber(number, ssp, participating, logic, section.where))
    return tuple(found)


def _logic(rtl: Section) -> tuple[LogicNode, ...]:
    nodes: list[LogicNode] = []
    earlier: list[Condition] = []
    for index, section in enumerate(rtl.sections("logic")):
        condition, sound = read_condition(section)
        outcome = section.word("outcome") if "outcome" in section else None
        section.finish()
        if sound and shadowed_by(condition, earlier):
            rtl.warn("logic", "node is never reached: earlier nodes take all its calls", "A-157", index)
        if sound:
            _warn_share(rtl, "logic", index, condition, earlier)
            earlier.append(condition)
        nodes.append(LogicNode(condition, outcome, section.where))
    if not nodes and not rtl.bad:
        rtl.warn("logic", "no node: every call is blocked", "A-159")
    elif nodes and not _always(nodes[-1].condition):
        text = "the last node is conditional: calls that match none are blocked"
        rtl.warn("logic", text, "A-159", len(nodes) - 1)
    return tuple(nodes)


def _always(condition: Condition) -> bool:
    return condition == ALWAYS or shadowed_by(ALWAYS, [condition])


def read_asf_rtl(table: Table, rtl_numbers: set[str] | None) -> tuple[AsfRtlRow, ...]:
    """Read `asf_rtl.csv`; `rtl_numbers` None = not known."""
    found: dict[tuple[str, str], AsfRtlRow] = {}
    for row in table.rows():
        originating = row.digits("originating", (10,), "A-160")
        if originating and rtl_numbers is not None and originating not in rtl_numbers:
            close = hint(originating, rtl_numbers)
            row.error(
                "originating", f"originating {originating} is not an RTL number of rtl.toml{close}", "A-160"
            )
        destination = row.word("destination")
        if destination == PSTN_DEFAULT:
            row.warn("destination", f"{PSTN_DEFAULT} is never looked up", "A-160")
        facilities = Facilities(_in_order(row, TRUNKS), _in_order(row, CARRIERS))
        if not row.bad and facilities == Facilities():
            text = "neither a primary trunk nor a primary carrier: calls with this outcome are refused"
            row.warn("destination", text, "A-162")
        key = (originating, destination)
        if key in found:
            text = f"{originating} {destination} is already in line {found[key].where.line}"
            row.error("originating", text, "duplicate")
        elif originating and destination:
            found[key] = AsfRtlRow(originating, destination, facilities, row.where)
    return tuple(found.values())


def _in_order(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Read three cells that must be filled from the left (A-166)."""
    trunk = columns is TRUNKS
    found: list[str] = []
    for at, column in enumerate(columns):
        text = row.get(column)
        if not text:
            continue
        if not (is_trunk_group if trunk else is_carrier)(text):
            kind = "a trunk group (dddd-dddd)" if trunk else "a carrier (4 digits)"
            row.error(column, f"{column} {shown(text)} is not {kind}", "A-111")
        if at and not row.get(columns[at - 1]):
            row.error(column, f"{column} without {columns[at - 1]}", "A-166")
        if text in found:
            row.warn(column, f"{column} {text} is given twice in the row", "AMB-41")
        found.append(text)
    return tuple(found)
