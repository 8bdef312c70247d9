"""s130: emergency calling, then the blocking table of the call's type.

Which table: by call type code; what it holds was looked up (looking.py). Without OCS nothing is consulted.

Source: [0071]-[0075], [0084]-[0088], A-090..A-104, AMB-25..AMB-34, decision tables 4.3 and 4.4.
"""

from ain_scp.provisioning.options import Options
from ain_scp.terms.blocking import KIND_NAMED
from ain_scp.terms.facts import CalledFacts
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import Blocking


def emergency_blocks(options: Options, klass: int, trace: Trace | None) -> bool:
    """Emergency calling is in effect and the class has Emergency = N (A-100, A-101). Never asked for 911 (A-103)."""
    if not options.emergency_active:
        return False
    blocked = not options.control_emergency[klass]
    if trace is not None:
        found = f"emergency calling in effect, PC{klass} Emergency = {'N' if blocked else 'Y'}"
        trace.add("s130", "privilege_control", options.control_where.get(klass, ""), found)
    return blocked


def check_blocking(
    options: Options, klass: int, ctc: int, called: CalledFacts, trace: Trace | None
) -> Blocking:
    """The result of the blocking table that belongs to the call type code (A-091)."""
    name = options.call_types.blocking_type[ctc]
    if name is None:
        if trace is not None:
            trace.add("s130", "", "", f"call type {ctc} belongs to no blocking table")
        return "NOT_APPLICABLE"
    if not options.checked[name][klass]:
        if trace is not None:
            where = options.control_where.get(klass, "")
            trace.add("s130", "privilege_control", where, f"PC{klass} {name} blocking = N: bypassed")
        return "BYPASSED"
    if trace is not None:
        trace.cite(f"blocking_{name}")
    return KIND_NAMED[name].blocked if name in called.listed else "PASS"
