"""`services/terminating/`: lines with rules for the calls they get.

Source: B4-012; rules TRM-01 to TRM-07.
"""

import re
import tomllib
from typing import Final

from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.check.services.cells import (
    FOLDER,
    Known,
    check_alike,
    is_carrier_or_lec,
    is_number,
    read_if,
    slp_id,
)
from ain_scp.provisioning.rows_services import ControlledLine, LineRule, TerminatingRows
from ain_scp.terms.conditions import ALWAYS
from ain_scp.terms.origin_questions import LINE_KINDS

HERE: Final = f"{FOLDER}/terminating"
FILES: Final = ("terminating.toml", "lines.toml")
ACTIONS: Final = ("AUTHORIZE", "FORWARD", "ANNOUNCE", "REJECT")
LOOP_CAUSE: Final = "TERM_LOOP"
MOST_REDIRECTIONS: Final = 5
"""The range of the count of redirections on the wire."""
_HEADER: Final = re.compile(r'[ \t]*\[[ \t]*(["\']?)([^"\'\]\n]*)\1[ \t]*\]')


def read_terminating(files: Files, known: Known) -> TerminatingRows | None:
    """Read the folder; None when the data set has none."""
    if not files.has(HERE):
        return None
    files.open_folder(HERE, FILES)
    section = files.options(f"{HERE}/terminating.toml")
    slp, most = _options(section) if section else ("", MOST_REDIRECTIONS)
    given = files.options(f"{HERE}/lines.toml", repair=lambda text: _without_repeats(text, files))
    lines = tuple(_line(given, number, known) for number in given) if given else ()
    if given:
        _check_forwards(given, lines)
        forwards = any(rule.action == "FORWARD" for line in lines for rule in line.rules)
        if forwards and LOOP_CAUSE not in known.causes:
            text = f"no announcement for {LOOP_CAUSE} in network/announcements.csv"
            files.findings.error(f"{HERE}/lines.toml", 0, 0, text, "TRM-04")
    return TerminatingRows(slp, most, tuple(line for line in lines if line.number))


def _options(section: Section) -> tuple[str, int]:
    slp = slp_id(section, "A-225")
    most = section.integer("most_redirections", 1, MOST_REDIRECTIONS, "toml", MOST_REDIRECTIONS)
    section.finish()
    return slp, most


def _without_repeats(text: str, files: Files) -> str:
    """Blank out tables whose line has one already (told): TOML itself would refuse the whole file for them."""
    seen: dict[str, int] = {}
    kept: list[str] = []
    drop = False
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header is not None:
            name = header[2].strip()
            drop = name in seen and _is_toml("\n".join(kept))
            if drop:
                what = f"line {shown(name)} is already in line {seen[name]}"
                files.findings.error(f"{HERE}/lines.toml", number, 1, what, "TRM-01")
            seen.setdefault(name, number)
        kept.append("" if drop else line)
    return "\n".join(kept)


def _is_toml(text: str) -> bool:
    """Whether a text is a whole document: the next line begins a table, and no array is open."""
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _line(parent: Section, number: str, known: Known) -> ControlledLine:
    section = parent.section(number)
    if not is_number(number):
        parent.error(number, f"line {shown(number)} is not a number of 10 digits", "TRM-01")
    elif number in known.rtl_numbers:
        parent.error(number, f"line {number} is an ASF-RTL number, which has a host of its own", "TRM-01")
    ssp = section.text("ssp")
    if not known.hosts(ssp) and not section.bad:
        text = f"switch {shown(ssp)} is not AIN equipped or does not exist{hint(ssp, known.switches)}"
        section.error("ssp", text, "TRM-05")
    rules = []
    closed = False
    for at, one in enumerate(section.sections("rules")):
        if closed:
            text = "this rule is never reached: one before it has no condition"
            section.warn("rules", text, "TRM-06", at)
        rule = _rule(section, at, one, number, known)
        closed = closed or rule.condition == ALWAYS
        rules.append(rule)
    check_alike(section, "rules", (one.condition for one in rules), "TRM-07")
    section.finish()
    return ControlledLine(number if is_number(number) else "", ssp, tuple(rules), section.where)


def _rule(line: Section, at: int, section: Section, number: str, known: Known) -> LineRule:
    condition = read_if(section, LINE_KINDS)
    action, to, carrier, announcement = (
        section.text(key) for key in ("action", "to", "carrier", "announcement")
    )
    if action not in ACTIONS:
        close = hint(action, ACTIONS)
        line.error("rules", f"action {shown(action)} is not one of {', '.join(ACTIONS)}{close}", "TRM-02", at)
    if action == "FORWARD" and (not is_number(to) or to == number):
        what = "to the line itself" if to == number else "to no number of 10 digits"
        line.error("rules", f"FORWARD {what}", "TRM-03", at)
    if carrier and not is_carrier_or_lec(carrier):
        line.error("rules", f"carrier {shown(carrier)} is neither 4 digits nor LEC", "A-111", at)
    if action == "ANNOUNCE" and announcement not in known.causes:
        close = hint(announcement, known.causes)
        text = f"announcement {shown(announcement)} is not in announcements.csv{close}"
        line.error("rules", text, "TRM-04", at)
    section.finish()
    return LineRule(condition, action, to, carrier, announcement, section.where)


def _check_forwards(parent: Section, lines: tuple[ControlledLine, ...]) -> None:
    """A line must not forward to one that sends every call back."""
    back = {line.number: _sends_all_to(line) for line in lines}
    for line in lines:
        for at, rule in enumerate(line.rules):
            if rule.action == "FORWARD" and rule.to != line.number and back.get(rule.to) == line.number:
                text = f"FORWARD to {rule.to}, which forwards back here unconditionally"
                parent.section(line.number).error("rules", text, "TRM-03", at)


def _sends_all_to(line: ControlledLine) -> str:
    """Where a line forwards to unconditionally; "" = nowhere."""
    for rule in line.rules:
        if rule.condition == ALWAYS:
            return rule.to if rule.action == "FORWARD" else ""
    return ""
