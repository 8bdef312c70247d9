"""Toll free numbers on the short way: called number, caller and moment lead to an outcome and the number to call.

The judging is the service's own. What a template comes to is kept for callers of one LATA and state among those that it asks
for, one minute if it asks for the time, and one band of chance; a template that asks for the caller's number is asked each time.

Limits: `MOST` endings and as many areas, then they are forgotten.
Source: B4-012; services design sections 6.1 and 10.
"""

from typing import Final, final

from ain_scp.provisioning.rows_services import RecordRow
from ain_scp.provisioning.services import TollFreeTables, TollFreeTemplate
from ain_scp.scp.fast.ported import Key
from ain_scp.terms.conditions import DRAWS
from ain_scp.terms.origin import NATIONAL_DIGITS, Origin
from ain_scp.terms.questions import Facts, Question
from ain_scp.terms.service import TOLLFREE
from ain_scp.tollfree.facts import Choice
from ain_scp.tollfree.judge import DIAL, Ending, ending
from ain_scp.tollfree.look import local_time

MOST: Final = 1 << 16
MOST_SHARES: Final = 8
_BY_NUMBER: Final = frozenset(("from_number", "from_npanxx", "from_npa"))
_SHARE: Final = DRAWS // 100
_MINUTE: Final = 60


@final
class Asking:
    """A template, and what it asks: which LATAs and states it tells apart, and the band of each hundredth of chance.

    `kind`: the number that the innermost part gave it, -1 for none.
    """

    __slots__ = (
        "bands", "by_chance", "by_number", "by_time", "choice", "kind", "latas", "local", "second", "states", "template",
    )  # fmt: skip

    def __init__(self, template: TollFreeTemplate) -> None:
        conditions = template.ordered.conditions
        asked = [one for each in conditions for one in each.questions]
        self.latas = {lata for lata in template.latas if lata} | _wanted(asked, "from_lata")
        self.states = _wanted(asked, "from_state")
        self.bands = bands_of([one.percent for one in conditions if one.percent is not None])
        self.template = template
        self.choice = Choice(template.row, template.ordered, template.latas)
        self.by_number = any(one.key in _BY_NUMBER for one in asked)
        self.by_time = any(one.timed for one in conditions)
        self.by_chance = any(one.percent is not None for one in conditions)
        self.second = -1
        self.local = 0
        self.kind = -1


@final
class TollFreeEndings:
    """Where toll free numbers lead, over one set of tables. `by_chance`: some template asks for it."""

    def __init__(self, tables: TollFreeTables) -> None:
        self._tables = tables
        self.pots = tables.options.pots
        self.toll_free_npas = tables.toll_free_npas
        self.records: dict[str, RecordRow] = tables.records
        self.asking = {name: Asking(one) for name, one in tables.templates.items()}
        self._areas: dict[str, tuple[str, str]] = {}
        self._kept: dict[tuple[str, str, str, int, int], tuple[Key, str]] = {}
        self.by_chance = any(one.by_chance for one in self.asking.values())

    def claims(self, digits: str) -> bool:
        """Whether a number is toll free, or one of the records where those may be any."""
        return digits[:3] in self.toll_free_npas or (self.pots and digits in self.records)

    def of(self, digits: str, caller: str, lata: str, second: int, draw: int) -> tuple[Key, str]:
        """What becomes of a query about ten digits; the number to call is empty for an announcement."""
        record = self.records.get(digits)
        own, state = self.area(caller)
        lata = lata or own
        asking = self.asking.get(record.template) if record is not None else None
        if record is None or asking is None or record.status != "WORKING":
            found = Origin(caller, lata, state)
            tel_lata = "" if record is None else self.area(record.tel)[0]
            return _told(ending(record, None, tel_lata, Facts(0, "", second, draw, found)), digits)
        time = self._local(asking, second) if asking.by_time else 0
        if asking.by_number:
            facts = Facts(0, "", time, draw, Origin(caller, lata, state))
            return _told(ending(record, asking.choice, "", facts), digits)
        near, where = lata if lata in asking.latas else "", state if state in asking.states else ""
        key = record.template, near, where, time // _MINUTE, asking.bands[draw // _SHARE]
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MOST:
                self._kept.clear()
            facts = Facts(0, "", time, draw, Origin(caller, lata, state))
            kept = self._kept[key] = _told(ending(record, asking.choice, "", facts), "")
        return kept if kept[1] or kept[0][1] != "TURNAROUND" else (kept[0], digits)

    def area(self, number: str) -> tuple[str, str]:
        """LATA and state of a number of ten digits, by its first six."""
        if len(number) != NATIONAL_DIGITS:
            return "", ""
        head = number[:6]
        found = self._areas.get(head)
        if found is None:
            if len(self._areas) >= MOST:
                self._areas.clear()
            found = self._areas[head] = self._tables.areas.of(number)
        return found

    def _local(self, asking: Asking, second: int) -> int:
        """The time where the template wants it, found once a second."""
        if asking.second != second:
            asking.local = local_time(self._tables, asking.template, second)
            asking.second = second
        return asking.local


def bands_of(percents: list[int]) -> list[int]:
    """The band of each hundredth of chance: where some of these shares, in any choice, add up to, another begins."""
    if len(percents) > MOST_SHARES:
        return list(range(100))
    sums = {0}
    for percent in percents:
        sums |= {one + percent for one in sums}
    return [sum(one <= at for one in sums) - 1 for at in range(100)]


def _wanted(asked: list[Question], key: str) -> set[str]:
    """What the questions of one kind ask for."""
    return {str(value) for one in asked if one.key == key for value in one.values}


def _told(end: Ending, digits: str) -> tuple[Key, str]:
    """Key and number to call; `digits` is what was dialed."""
    key = TOLLFREE, end.outcome, end.announcement or end.carrier
    return key, digits if end.tel == DIAL else end.tel
