"""The trigger table: which number fires which trigger at which switch, for which customer.

Source: requirements.md section 5.1, A-001, A-006, A-010 to A-015, A-018, A-141.
"""

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check import plain
from ain_scp.provisioning.check.columns import (
    Growing,
    Opener,
    code,
    known_repeats,
    report_repeats,
    report_rows,
)
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings, hint, shown
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows import RtlNumber, Switch, TriggerColumns
from ain_scp.terms.triggers import TRIGGER_TYPES

TRIGGERS = (("number", "type", "customer", "ssp"), ())
FILE = "network/triggers.csv"
TAT = TRIGGER_TYPES.index("TAT")


def read_triggers(
    files: Files, switches: tuple[Switch, ...] | None, customers: tuple[str, ...]
) -> TriggerColumns:
    """Read `triggers.csv`; `switches` None = not known."""
    quick = files.columns(FILE, plain.triggers_expected(switches, customers)) if switches else None
    found = plain.triggers(quick, switches or ()) if quick else None
    return found or _careful_triggers(files.opener(FILE, TRIGGERS), switches, customers, files.findings)


def _careful_triggers(
    opener: Opener, switches: tuple[Switch, ...] | None, customers: tuple[str, ...], findings: Findings
) -> TriggerColumns:
    columns = Growing(1, 3)
    places = {name: at for at, name in enumerate(customers)}
    homes = None if switches is None else {switch.name: at for at, switch in enumerate(switches)}
    table = opener(findings)
    for row in table.rows() if table else ():
        number = row.digits("number", (10,), "A-010")
        kind = row.choice("type", TRIGGER_TYPES, "A-010")
        customer = _customer(row, places)
        ssp = _ssp(row, homes, switches or ())
        columns.add(row.line, (code(number),), (TRIGGER_TYPES.index(kind) if kind else -1, customer, ssp))
    found = TriggerColumns(
        columns.codes(0), columns.smalls(0), columns.smalls(1), columns.smalls(2), columns.lines(), FILE
    )
    report_repeats(opener, "this number", "number", known_repeats((found.numbers,), found.lines), findings)
    return found


def _customer(row: Row, places: dict[str, int]) -> int:
    name = row.required("customer", "A-001")
    if name and name not in places:
        row.error("customer", f"customer {shown(name)} does not exist{hint(name, places)}", "A-001")
    return places.get(name, -1)


def _ssp(row: Row, homes: dict[str, int] | None, switches: tuple[Switch, ...]) -> int:
    name = row.required("ssp", "A-006")
    if not name or homes is None:
        return -1
    at = homes.get(name, -1)
    if at < 0:
        row.error("ssp", f"switch {shown(name)} does not exist{hint(name, homes)}", "A-006")
    elif not switches[at].ain:
        switch = switches[at]
        home = f"; its lines trigger at {switch.homed_on}" if switch.homed_on else ""
        row.error("ssp", f"switch {name} ({switch.kind}) is not AIN equipped{home}", "A-006")
    return at


def by_customer(triggers: TriggerColumns, customers: int) -> list[NDArray[np.intp]]:
    """Give the rows of each customer, in order of the file."""
    order = np.argsort(triggers.customer, kind="stable")
    order = order[triggers.numbers[order] > 0]
    cuts = np.searchsorted(triggers.customer[order], np.arange(customers + 1))
    return [order[cuts[at] : cuts[at + 1]] for at in range(customers)]


def check_rtl_triggers(
    opener: Opener,
    triggers: TriggerColumns,
    switches: tuple[Switch, ...],
    rtl: tuple[tuple[RtlNumber, ...] | None, ...],
    findings: Findings,
) -> None:
    """Check that the TAT triggers are exactly the RTL numbers, each at its host; `rtl` is by customer."""
    hosts = {(at, code(number.number)): number for at, numbers in enumerate(rtl) for number in numbers or ()}
    missing = dict(hosts)
    names = {switch.name: at for at, switch in enumerate(switches)}
    types: dict[int, str] = {}
    places: dict[int, str] = {}
    canonical = np.array([key[1] for key in hosts], np.int64)
    for at in np.flatnonzero((triggers.type == TAT) | np.isin(triggers.numbers, canonical)):
        customer, kind, line = int(triggers.customer[at]), int(triggers.type[at]), int(triggers.lines[at])
        key = (customer, int(triggers.numbers[at]))
        host = hosts.get(key)
        missing.pop(key, None)
        if host is None:
            if kind == TAT and customer >= 0 and rtl[customer] is not None:
                types[line] = "a TAT trigger needs an ASF-RTL number of the customer's rtl.toml; this is none"
        elif kind >= 0 and kind != TAT:
            types[line] = f"this is the type of an RTL number ({host.where}): it must be TAT"
        elif triggers.ssp[at] >= 0 and names.get(host.ssp, triggers.ssp[at]) != triggers.ssp[at]:
            places[line] = f"the host switch of this RTL number is {host.ssp} ({host.where})"
    report_rows(opener, "type", types, "A-141", "error", findings)
    report_rows(opener, "ssp", places, "A-141", "error", findings)
    for number in missing.values():
        text = f"RTL number {number.number} has no TAT trigger in {FILE}"
        findings.error(number.where.file, number.where.line, 1, text, "A-141")
