"""Looking up: the rules of the called line, whether it is shown names, and the caller's name.

The caller is callingPartyID, never the charge number.

Source: B4-012; services design sections 7 (steps N1 to N4) and 8.
"""

from typing import Final

from ain_scp.provisioning.services import TerminatingTables
from ain_scp.terminating.facts import LineFacts
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.origin import NATIONAL_DIGITS
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import CallerName, Number, ServiceQuery
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL

UNRULED: Final = Ordered(())


def look(tables: TerminatingTables, query: ServiceQuery, trace: Trace | None) -> LineFacts:
    """The facts of the called line and of the caller."""
    line = query.called.digits if query.called is not None else ""
    controlled = tables.lines.get(line)
    origin = tables.areas.origin(query.calling, query.lata)
    asked = Facts(0, "", query.time, query.draw, origin)
    name = None
    if line in tables.shown:
        name = _name(tables, query.calling)
    if trace is not None:
        if controlled is not None:
            trace.add("N1", "lines", str(controlled.where), f"line {line}: {len(controlled.rules)} rules")
        if name is not None:
            _note_name(tables, line, query.calling, name, trace)
    rules = controlled.rules if controlled is not None else ()
    return LineFacts(line, rules, tables.ordered.get(line, UNRULED), asked, name)


def _name(tables: TerminatingTables, caller: Number | None) -> CallerName:
    """N2 to N4: a name is given for a national number of 10 digits that may be shown, if its owner allows it."""
    carry = tables.carry
    if caller is None or caller.nature != NON_NATIONAL or len(caller.digits) != NATIONAL_DIGITS:
        return CallerName(None, "UNAVAILABLE", carry)
    if caller.restricted:
        return CallerName(None, "RESTRICTED", carry)
    row = tables.names.get(caller.digits)
    if row is None:
        return CallerName(None, "UNAVAILABLE", carry)
    if row.restricted:
        return CallerName(None, "RESTRICTED", carry)
    return CallerName(row.name, "ALLOWED", carry)


def _note_name(
    tables: TerminatingTables, line: str, caller: Number | None, name: CallerName, trace: Trace
) -> None:
    """Say what is shown of the caller; the name itself is private and stands in no step."""
    trace.add("N1", "cnam/lines", str(tables.shown[line].where), f"line {line} is shown names")
    row = tables.names.get(caller.digits) if caller is not None and not caller.restricted else None
    trace.add("N4", "names", "" if row is None else str(row.where), f"name {name.presentation}")
