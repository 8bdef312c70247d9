"""Which switch knows what of ported, toll free and controlled numbers: from the services' tables of a data set.

The simulated network is as the tables say: a ported number is served where its routing number leads. What a switch knows
besides (`ported_out`: numbers that have left it, of which the tables may know nothing) the scenario says.

Source: B4-012; services design sections 5, 6, 7.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.rows import Switch as SwitchRow
from ain_scp.provisioning.rows_services import NO_LNP, LnpRows, ServiceSet
from ain_scp.provisioning.services import Changes
from ain_scp.ssp_sim.nodes.number_triggers import NumberTriggers
from ain_scp.ssp_sim.nodes.numbering import PSTN_NODE
from ain_scp.terms.service import LNP, USUAL_CRITERIA

ELSEWHERE: Final = "another switch"


def lrn_switches(dataset: DataSet) -> dict[str, str]:
    """The switch of each routing number; those of other networks lead to the PSTN."""
    lnp = dataset.services.lnp if dataset.services is not None else None
    return {row.lrn: row.switch or PSTN_NODE for row in lnp.lrns} if lnp is not None else {}


def number_triggers(
    dataset: DataSet, row: SwitchRow, carriers: frozenset[str], ported_out: frozenset[str]
) -> NumberTriggers | None:
    """What one switch knows; None where the data set has no services. `carriers` are the carriers' nodes that ask."""
    services = dataset.services
    if services is None:
        return None
    lnp = services.lnp or NO_LNP
    own = [one.lrn for one in lnp.lrns if one.switch == row.name]
    return NumberTriggers(
        row.name,
        _asks(services, lnp, row, carriers),
        frozenset(own),
        own[0][:6] if own else "",
        frozenset(one.npanxx for one in lnp.portable),
        frozenset(dataset.numbering.toll_free_npas),
        _lines(services, row.name),
        {name: _criteria(services, name) for name in USUAL_CRITERIA},
        _home(lnp, lrn_switches(dataset), ported_out),
    )


def _asks(services: ServiceSet, lnp: LnpRows, row: SwitchRow, carriers: frozenset[str]) -> frozenset[str]:
    """Which services a switch asks: those that rows select, if it is equipped; a carrier number portability alone."""
    named = {one.service for one in services.selection}
    if row.name in carriers:
        return frozenset(named & {LNP})
    if not row.ain:
        return frozenset()
    places = lnp.options.query_at
    return frozenset(named - {LNP} if places is not None and row.name not in places else named)


def _lines(services: ServiceSet, switch: str) -> frozenset[str]:
    controlled = services.terminating.lines if services.terminating is not None else ()
    shown = services.cnam.lines if services.cnam is not None else ()
    lines = [(one.number, one.ssp) for one in controlled] + [(one.number, one.ssp) for one in shown]
    return frozenset(number for number, ssp in lines if ssp == switch)


def _criteria(services: ServiceSet, name: str) -> int:
    rows: Iterable[int] = (
        one.trigger_criteria
        for one in services.selection
        if one.service == name and one.trigger_criteria is not None
    )
    return next(iter(rows), USUAL_CRITERIA[name])


def _home(lnp: LnpRows, switches: Mapping[str, str], ported_out: frozenset[str]) -> Callable[[str], str]:
    """A function: number -> the switch that serves it now that it was moved; empty when it was not."""
    order = np.argsort(lnp.ported.numbers, kind="stable")
    numbers = lnp.ported.numbers[order]
    blocks = {one.block: one.lrn for one in lnp.blocks}
    changes = Changes(lnp.delta)

    def lrn_of(number: str) -> str:
        changed = changes.find(number)
        if changed >= 0 and (lrn := changes.lrn_of(changed)):
            return lrn
        code = int("1" + number)
        at = int(np.searchsorted(numbers, code))
        if changed < 0 and at < len(numbers) and numbers[at] == code:
            return lnp.ported.lrns[int(lnp.ported.place[order[at]])]
        return blocks.get(number[:7], "")

    def home(number: str) -> str:
        lrn = lrn_of(number)
        if lrn:
            return switches.get(lrn, PSTN_NODE)
        return ELSEWHERE if number in ported_out else ""

    return home
