"""What the files of several services have in common: numbers, carriers, an aMAslpID, a condition, rows named by line.

Source: B4-012; A-111, A-225.
"""

import re
from collections.abc import Callable, Iterable
from itertools import combinations

from ain_scp.provisioning.check.findings import MOST, Findings, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows import Switch
from ain_scp.terms.conditions import ALWAYS, Condition, read_questions
from ain_scp.terms.digits import is_digits
from ain_scp.terms.localtime import day_of_week
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.origin_questions import FromArea, FromExchange, FromNumber
from ain_scp.terms.questions import DateIs, Question, WeekdayIs
from ain_scp.terms.units import DAY_S

FOLDER = "services"
NUMBER = 10
LEC = "LEC"
"""A carrier cell that means the local exchange carrier: no carrier is sent."""

MOST_ALIKE = 1_000
"""Conditions that a call is compared with in less than a millisecond."""

_HIGHEST_SLP = 899_999_999
_SPID = re.compile(r"[ -~]{4}")


class Known:
    """What the checks of services look up in the rest of the data set."""

    def __init__(
        self,
        switches: Iterable[Switch],
        causes: Iterable[str],
        toll_free_npas: Iterable[str],
        rtl_numbers: Iterable[str],
    ) -> None:
        self.switches = {switch.name: switch for switch in switches}
        self.causes = frozenset(causes)
        self.toll_free_npas = frozenset(toll_free_npas)
        self.rtl_numbers = frozenset(rtl_numbers)

    def hosts(self, name: str) -> bool:
        """Whether a switch of this name exists and is AIN equipped."""
        switch = self.switches.get(name)
        return switch is not None and switch.ain

    def is_toll_free(self, number: str) -> bool:
        """Whether a number begins with a toll free area code."""
        return number[:3] in self.toll_free_npas


def is_number(text: str) -> bool:
    """Whether a text is a number of 10 digits."""
    return len(text) == NUMBER and is_digits(text)


def is_carrier_or_lec(text: str) -> bool:
    """Whether a text is a carrier of 4 digits or LEC."""
    return text == LEC or (len(text) == 4 and is_digits(text))


def number_cell(row: Row, column: str, rule: str) -> str:
    """Give a cell that must be a number of 10 digits; "" when it is none (reported)."""
    text = row.get(column)
    if is_number(text):
        return text
    row.error(column, f"{column} {shown(text)} is not a number of 10 digits", rule)
    return ""


def portable_number(row: Row, known: Known) -> tuple[str, bool]:
    """Give the number of a row, "" when it cannot be ported (reported), and whether the row is judged further."""
    number = row.get("number")
    if not is_number(number) or number[0] in "01" or number[3] in "01":
        text = f"number {shown(number)} is not 10 digits with NPA and NXX from 2 to 9"
        row.error("number", text, "LNP-01")
        return "", True
    if known.is_toll_free(number) or number[1:3] == "11":
        row.error("number", f"number {number}: a toll free or N11 number is not ported", "LNP-11")
        return "", False
    return number, True


def check_spid(row: Row) -> None:
    """Report a provider id that is not 4 characters; it may be empty."""
    spid = row.get("spid")
    if spid and _SPID.fullmatch(spid) is None:
        row.error("spid", f"spid {shown(spid)} is not 4 characters", "row")


def slp_id(section: Section, rule: str) -> str:
    """Read `ama_slp_id`: 000000001 to 899999999; "" when absent, empty or wrong (reported)."""
    text = section.text("ama_slp_id")
    if not text:
        return ""
    if len(text) != 9 or not is_digits(text) or not 0 < int(text) <= _HIGHEST_SLP:
        section.error("ama_slp_id", f"ama_slp_id {shown(text)} is not 000000001 to 899999999", rule)
        return ""
    return text


def digits_text(section: Section, key: str, length: int) -> str:
    """Read a digit string of one length that may be absent or empty; "" when it is wrong (reported)."""
    text = section.text(key)
    if text and not (len(text) == length and is_digits(text)):
        section.error(key, f"{key} {shown(text)} is not a string of {length} digits", "toml")
        return ""
    return text


def read_if(parent: Section, kinds: tuple[type[Question], ...]) -> Condition:
    """Read the `if` table of a branch or rule; a wrong part is reported and counts as not asked."""
    if "if" not in parent:
        return ALWAYS
    section = parent.section("if")
    questions = read_questions(section, kinds)
    percent = section.integer("percent", 1, 100, "A-127", 100) if "percent" in section else None
    section.finish()
    if not section.bad and (apart := _apart(questions)):
        parent.warn("if", f"no call answers both {' and '.join(apart)}: this never holds", "A-128")
    return Condition(questions, percent)


def _apart(questions: Iterable[Question]) -> tuple[str, str] | None:
    """Two questions of which no call answers both with yes: digits that do not begin alike, dates on other days of the week."""
    asked = {one.key: one for one in questions}
    for long, short in combinations((FromNumber.key, FromExchange.key, FromArea.key), 2):
        if long in asked and short in asked:
            heads = tuple(map(str, asked[short].values))
            if not any(str(one).startswith(heads) for one in asked[long].values):
                return long, short
    dates, days = asked.get(DateIs.key), asked.get(WeekdayIs.key)
    if dates is not None and days is not None:
        weekdays = {day_of_week(int(day) * DAY_S) for day in dates.values}
        if weekdays.isdisjoint(days.wanted):
            return DateIs.key, WeekdayIs.key
    return None


def check_alike(section: Section, key: str, conditions: Iterable[Condition], rule: str) -> None:
    """Report conditions in order of which a call may have to be compared with too many, one by one."""
    alike = Ordered(conditions).alike
    if alike > MOST_ALIKE:
        text = f"{alike} of these ask for the same callers, places or times: a call may be compared with each"
        section.warn(key, text, rule)


def tell_lines(
    findings: Findings, file: str, lines: Iterable[int], rule: str, severity: str, text: Callable[[int], str]
) -> None:
    """Report something about rows by their lines; of very many the first, and how many there are."""
    every = list(lines)
    note = findings.error if severity == "error" else findings.warn
    for at, line in enumerate(every[:MOST]):
        note(file, line, 1, text(at), rule)
    findings.more(file, rule, severity, len(every) - MOST if len(every) > MOST else 0)
