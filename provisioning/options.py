"""What a customer subscribed to, and what belongs to a call type code: all that judging may ask of a data set but numbers.

No table of numbers stands here, so code that is given `Options` can decide nothing by digits: what the tables say about a
number comes as facts (`ain_scp.terms.facts`). `Customer` in snapshot.py adds the tables.

Source: D-003, A-065, A-091, A-120..A-132, A-150..A-162, requirements.md section 3.
"""

from typing import Final, NamedTuple, final

from ain_scp.provisioning.rows import AsfRtlRow, CustomerSet, Facilities, PbxTrunkGroup, RtlNumber, RtlRow
from ain_scp.terms.conditions import Condition
from ain_scp.terms.facts import NO_ROW, Flag
from ain_scp.terms.questions import Question
from ain_scp.terms.screening_rule import AskedRule

MAX_CTC: Final = 1000
"""Call type codes are three digits (requirements.md section 3)."""

CLASSES: Final = range(9)
"""The privilege classes, and 0 for none."""


@final
class CallTypes:
    """The privilege class table and what else belongs to a call type code (section 3), indexed by the code."""

    __slots__ = ("asf_treatment", "blocking_type", "cells", "names", "where")

    def __init__(
        self,
        cells: bytes,
        blocking_type: list[str | None],
        asf_treatment: list[str | None],
        names: list[str],
        where: list[str],
    ) -> None:
        self.cells = cells  # cells[ctc * 9 + class]: 1 = Y; absent cells are 0 = deny
        self.blocking_type = blocking_type
        self.asf_treatment = asf_treatment
        self.names = names
        self.where = where

    def allows(self, ctc: int, privilege_class: int) -> bool:
        """The cell (CTC, privilege class); a code or class without a cell is denied (A-065)."""
        return self.cells[ctc * 9 + privilege_class] == 1


class Order(NamedTuple):
    """Carriers in the order of their cost while all the questions hold; `text` has the prices."""

    questions: tuple[Question, ...]
    carriers: tuple[str, ...]
    text: str


Orders = dict[str, tuple[Order, ...]]
"""By charging zone; of the orders of a zone exactly one holds at any moment."""


@final
class Rule:
    """A compiled CRS/CCS rule: condition and what it returns."""

    __slots__ = ("condition", "facilities", "orders", "where")

    def __init__(
        self, condition: Condition, facilities: Facilities, where: str, orders: Orders | None = None
    ) -> None:
        self.orders = orders
        """Where carriers are ordered by cost: their orders by zone."""
        self.condition = condition
        self.facilities = facilities
        self.where = where


@final
class AsfProfile:
    """An ASF profile: its RTL rows, with the LATA of each row's number, by call type code; and its CRS/CCS rules (A-132)."""

    __slots__ = ("conditions", "ctc_rows", "has_rtl", "name", "rtl_lata", "rtl_rows", "rules", "where")

    def __init__(
        self,
        name: str,
        rtl_rows: tuple[RtlRow, ...],
        rtl_lata: list[int],
        rules: tuple[Rule, ...],
        where: str,
    ) -> None:
        self.name = name
        self.rtl_rows = rtl_rows
        self.rtl_lata = rtl_lata
        self.has_rtl = len(rtl_rows) > 0
        self.rules = rules
        self.conditions = [rule.condition for rule in rules]
        self.where = where
        self.ctc_rows: dict[int, int] = {}
        for place, row in enumerate(rtl_rows):
            for ctc in row.ctc or ():
                self.ctc_rows.setdefault(ctc, place)

    def rtl_row(self, of_number: int, ctc: int) -> int:
        """The RTL row of a call: that of the called number, or that of the call type code; NO_ROW = none (A-132)."""
        return of_number if of_number >= 0 else self.ctc_rows.get(ctc, NO_ROW)


EMPTY_PROFILE: Final = AsfProfile("none", (), [], (), "")
"""The profile of a location without one: every call is plain PSTN."""


@final
class HostLogic:
    """The routing logic of one RTL number (Fig. 6), its conditions laid out in order for the search of the first match."""

    __slots__ = ("conditions", "number", "rtl")

    def __init__(self, rtl: RtlNumber) -> None:
        self.number = rtl.number
        self.rtl = rtl
        self.conditions = [node.condition for node in rtl.logic]


class Options:
    """The options of one customer. `checked` says by kind of blocking table which privilege classes are checked (1 = Y)."""

    def __init__(
        self, rows: CustomerSet, call_types: CallTypes, checked: dict[str, bytes], profiles: list[AsfProfile]
    ) -> None:
        self.name = rows.name
        self.group_id = rows.group_id
        self._where = rows.where
        self._lines = rows.lines
        self.ocs = rows.ocs
        self.split_interstate = rows.split_interstate
        self.default_privilege_class = rows.default_privilege_class
        self.vacant_number = rows.vacant_number
        self.ubs = rows.ubs
        self.ubr = rows.ubr
        self.rbr = rows.rbr
        self.ama_slp_ids = rows.ama_slp_ids
        self.access_codes = rows.access_codes
        self.screening_rules: list[AskedRule] = []
        """Those that customer.toml names, once the service logic has found them."""
        self.emergency_active = rows.emergency_active
        self.emergency_route: Facilities | None = rows.emergency_route
        self.trunk_groups: dict[str, PbxTrunkGroup] = {group.id: group for group in rows.trunk_groups}
        self.trunk_group_by_number: dict[int, PbxTrunkGroup] = {
            group.number: group for group in rows.trunk_groups
        }
        self.call_types = call_types
        self.checked = checked
        control = {row.privilege_class: row for row in rows.privilege_control}
        self.control_emergency = bytes(klass in control and control[klass].emergency for klass in CLASSES)
        self.control_where = {klass: str(row.where) for klass, row in control.items()}
        self.profiles = profiles
        self.rtl: dict[str, HostLogic] = {row.number: HostLogic(row) for row in rows.rtl}
        self.asf_rtl: dict[tuple[str, str], AsfRtlRow] = {
            (row.originating, row.destination): row for row in rows.asf_rtl
        }
        self.all_hosts_participating = bool(rows.rtl) and all(row.participating for row in rows.rtl)
        self.by_cost = any(rule.orders is not None for one in profiles for rule in one.rules)
        named = [*(one.conditions for one in profiles), *(one.conditions for one in self.rtl.values())]
        self.named_areas: frozenset[str] = frozenset(
            str(value)
            for conditions in named
            for condition in conditions
            for question in condition.questions
            if question.reads == "npa"
            for value in question.wanted
        )

    def where_key(self, key: str) -> str:
        """File and line of a key of customer.toml, or of the table around it: `rbr`, `access_codes.7`."""
        while key and key not in self._lines:
            key = key.rpartition(".")[0]
        return f"{self._where.file}:{self._lines.get(key, self._where.line)}"

    def code_of(self, access_code: str | None, trunk_group: str | None) -> str | None:
        """The access code dialed, or the code that the trunk group implies (A-024, AMB-2)."""
        if access_code is None and trunk_group is not None:
            group = self.trunk_groups.get(trunk_group)
            if group is not None and not group.sends_access_code:
                return group.implied_access_code
        return access_code

    def plan_of(self, access_code: str | None, trunk_group: str | None) -> str | None:
        """s100: the plan of an access code (A-023)."""
        code = self.code_of(access_code, trunk_group)
        return None if code is None else self.access_codes.get(code)

    def slp_id(self, flag: Flag) -> str | None:
        """The AMAslpID that stands for a flag, if the customer has one."""
        return self.ama_slp_ids.get(flag)
