"""s200 to s210 for columns: facilities, and the billing treatment of the way taken.

Source: Figs. 2 and 9, [0094]-[0105], [0110], [0132]-[0181], A-110..A-149, A-190..A-224, decision tables 4.1 and 4.6.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.batch import find_many, longest_many
from ain_scp.scp.batch.calls import Calls
from ain_scp.scp.batch.gate import classify
from ain_scp.scp.batch.tables import BLOCK, LATA_SHIFT, OUTSIDE, RTL, SEVEN, TEN, Mask, ProfileTables, Rule
from ain_scp.scp.batch.verdicts import CAUSES, FLAGS, SOURCES
from ain_scp.terms.conditions import DRAWS, Facts
from ain_scp.terms.vocabulary import NON_NATIONAL

_CTC_BLOCKED: Final = CAUSES.index("CTC_BLOCKED")
_ASF_RTL, _BILLING = SOURCES.index("ASF_RTL"), SOURCES.index("BILLING")
_RBR: Final = FLAGS.index("RBR")
_DAY: Final = 86_400

Places = NDArray[np.int64]


def route_and_bill(calls: Calls, open_: Mask) -> None:
    """Route the calls that passed s130, and set the flag."""
    verdicts, tables = calls.verdicts, calls.tables
    verdicts.route[open_] = calls.routes.pstn
    if tables.emergency_route >= 0:
        verdicts.route[calls.emergency & open_] = tables.emergency_route
        asf = open_ & ~calls.emergency
    else:
        asf = open_
    billed = open_.copy()
    for number, profile in enumerate(tables.profiles):
        if profile.has_rtl or profile.rules:
            places = np.flatnonzero(asf & (calls.profile == number))
            if places.size:
                _profile(calls, profile, places, billed)
    _treat(calls, billed)


def _profile(calls: Calls, profile: ProfileTables, places: Places, billed: Mask) -> None:
    """s200..s208 for the calls from one location."""
    ordinary = calls.special[places] == 0  # the others pass through undisturbed
    if profile.has_rtl:
        _determine(calls, places)
        treatment = calls.tables.treatment.take(calls.verdicts.ctc[places])
        blocked = places[(treatment == BLOCK) & ~calls.emergency_call()[places]]
        calls.verdicts.announcement[blocked] = _CTC_BLOCKED
        calls.verdicts.route[blocked] = calls.routes.none
        billed[blocked] = False
        hosted = _to_host(calls, profile, places[ordinary & (treatment == RTL)])
        billed[hosted] = False
    left = places[ordinary & billed[places]]
    if profile.rules and left.size:
        _rules(calls, profile.rules, left)


def _determine(calls: Calls, places: Places) -> None:
    """The call type code where screening did not determine it (A-134)."""
    verdicts = calls.verdicts
    rows = places[verdicts.ctc[places] == 0]
    if rows.size:
        verdicts.ctc[rows] = classify(calls, calls.translated)[rows]
        verdicts.source[rows] = _ASF_RTL


def _to_host(calls: Calls, profile: ProfileTables, places: Places) -> Places:
    """s208, s210: the calls that have an ASF-RTL number, routed and flagged."""
    verdicts, tables = calls.verdicts, calls.tables
    called = verdicts.called[places]
    row = find_many(profile.numbers, called)
    row = np.where(row < 0, longest_many(profile.prefixes, called), row)
    row = np.where(row < 0, profile.ctc_row.take(verdicts.ctc[places]), row)
    found = row >= 0
    hosted, rows = places[found], row[found]
    verdicts.route[hosted] = profile.rtl_routes[rows]
    lata = calls.area[hosted] >> LATA_SHIFT
    same = (lata != 0) & (lata == profile.rtl_area[rows] >> LATA_SHIFT)
    verdicts.flag[hosted] = np.where(same & tables.rbr[calls.bearer[hosted]], np.uint8(_RBR), np.uint8(0))
    return hosted


def _rules(calls: Calls, rules: tuple[Rule, ...], places: Places) -> None:
    """s202: the first CRS/CCS rule that applies (A-128); percentage rules share the hundred in order (A-127)."""
    verdicts = calls.verdicts
    waiting = places
    band = np.zeros(places.size, np.int32)
    for rule in rules:
        holds = _holds(calls, rule, waiting)
        if rule.condition.percent is not None:
            band[holds] += rule.condition.percent * (DRAWS // 100)
            holds &= calls.draw[waiting] < band
        verdicts.route[waiting[holds]] = rule.route
        waiting, band = waiting[~holds], band[~holds]
        if not waiting.size:
            return


def _holds(calls: Calls, rule: Rule, places: Places) -> Mask:
    """Every question but the percentage."""
    holds = np.ones(places.size, np.bool_)
    for question, answers in rule.answers:
        if answers is not None:
            holds &= answers.take(_FACTS[question.reads](calls, places))
            continue
        days, inverse = np.unique(calls.time[places] // _DAY, return_inverse=True)
        by_day = np.array([question.holds(Facts(0, "", int(day) * _DAY, 0)) for day in days])
        holds &= by_day[inverse]
    return holds


def _areas_called(calls: Calls, places: Places) -> Places:
    national = calls.verdicts.non[places] == NON_NATIONAL
    return np.where(national, (calls.verdicts.called[places] - TEN) // SEVEN, OUTSIDE)


_FACTS: Final[dict[str, Callable[[Calls, Places], NDArray[np.integer[Any]]]]] = {
    "ctc": lambda calls, places: calls.verdicts.ctc[places],
    "npa": _areas_called,
    "minute": lambda calls, places: calls.time[places] % _DAY // 60,
}
"""The column of every fact that has a mask of answers."""


def _treat(calls: Calls, billed: Mask) -> None:
    """s204, Fig. 9: the flag of calls that ASF did not send elsewhere."""
    verdicts, tables = calls.verdicts, calls.tables
    if not tables.customer.ocs:
        undetermined = billed & (verdicts.ctc == 0) & calls.intralata()
        pair = calls.pairs()
        places = np.flatnonzero(undetermined & (pair > 0))
        verdicts.ctc[places] = pair[places]
        verdicts.source[places] = _BILLING
    place = tables.pair_place.take(verdicts.ctc)
    rows = np.flatnonzero(billed & (place >= 0))
    if not rows.size:
        return
    plain = calls.routes.asf_results().take(verdicts.route[rows]) == 0
    rows = rows[plain]
    verdicts.flag[rows] = tables.flags[calls.bearer[rows], place[rows]]
