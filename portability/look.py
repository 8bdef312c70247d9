"""Looking up: what the tables say about the called number of a query.

Source: B4-012; services design section 5.1, steps P2 to P5.
"""

from typing import Final

from ain_scp.portability.facts import LnpFacts
from ain_scp.provisioning.services import LnpTables
from ain_scp.terms.service import (
    LNP,
    NON_OPERATOR_NATIONAL,
    Number,
    ServiceQuery,
    ServiceRefusal,
    called_number,
)
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL

NATURES: Final = (NON_NATIONAL, NON_OPERATOR_NATIONAL)


def look(tables: LnpTables, query: ServiceQuery, trace: Trace | None) -> LnpFacts | ServiceRefusal:
    """The facts of the called number; a row of its own before the block it lies in."""
    called = called_number(LNP, query, NATURES, complete=True)
    if isinstance(called, ServiceRefusal):
        return called
    if trace is not None:
        trace.add("P2", "", "", f"called number {called.digits}")
    facts = _facts(tables, called)
    if trace is not None:
        _note(tables, facts, trace)
    return facts


def _facts(tables: LnpTables, called: Number) -> LnpFacts:
    digits = called.digits
    lrn = tables.lrn_of(digits)
    if lrn:
        return LnpFacts(called, "PORTED", lrn)
    block = tables.blocks.get(digits[:7])
    if block is not None:
        return LnpFacts(called, "POOLED", block.lrn)
    return LnpFacts(called, "NOT_PORTED" if digits[:6] in tables.portable else "NOT_PORTABLE", "")


def _note(tables: LnpTables, facts: LnpFacts, trace: Trace) -> None:
    digits = facts.called.digits
    if facts.ported == "PORTED":
        trace.add("P3", "ported", tables.where(digits), f"{digits} is ported to {facts.lrn}")
        return
    trace.add("P3", "ported", "", f"{digits} is not ported")
    if facts.ported == "POOLED":
        trace.add("P4", "blocks", str(tables.blocks[digits[:7]].where), f"pooled: {facts.lrn}")
        return
    exchange = tables.portable.get(digits[:6])
    found = "numbers are ported here" if exchange else "no number is ported here: no switch should ask"
    trace.add("P5", "portable", "" if exchange is None else str(exchange.where), f"{digits[:6]}: {found}")
