"""Outgoing call screening, Fig. 3: whether a privilege class may make a call (s1010).

Source: [0078]-[0083], A-050..A-065, AMB-21..AMB-24, AMB-84, AMB-85, decision table 4.2.
"""

from ain_scp.provisioning.options import Options
from ain_scp.terms.trace import Trace


def permits(options: Options, ctc: int, klass: int, trace: Trace | None) -> bool:
    """s1010: the cell (CTC, privilege class) of the privilege class table; an absent cell denies (A-065, AMB-85)."""
    allowed = options.call_types.allows(ctc, klass)
    if trace is not None:
        where = options.call_types.where[ctc]
        trace.add("s1010", "call_types", where, f"({ctc}, PC{klass}) = {'Y' if allowed else 'N'}")
    return allowed
