"""s1000 to s1014 and s130 for columns: call type code, outgoing call screening, emergency calling, blocking tables.

Source: Fig. 3, [0068]-[0088], A-050..A-104, decision tables 4.2 to 4.4.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.batch import search_many
from ain_scp.scp.batch.calls import Calls
from ain_scp.scp.batch.tables import Mask
from ain_scp.scp.batch.verdicts import BLOCKINGS, CAUSES, SCREENINGS, SOURCES
from ain_scp.terms.blocking import BLOCKING_KINDS, COUNTRY_PREFIXES
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

_OCS: Final = SOURCES.index("OCS")
_ALLOW, _DENY, _NOT_SUBSCRIBED, _PROVISIONING_ERROR = (
    SCREENINGS.index(one) for one in ("ALLOW", "DENY", "NOT_SUBSCRIBED", "PROVISIONING_ERROR")
)
_PASS, _BYPASSED, _NOT_APPLICABLE, _BLOCK_EMERGENCY = (
    BLOCKINGS.index(one) for one in ("PASS", "BYPASSED", "NOT_APPLICABLE", "BLOCK_EMERGENCY")
)
_SCREENED, _BLOCKED_EMERGENCY, _VACANT = (
    CAUSES.index(one) for one in ("SCREENED", "BLOCKED_EMERGENCY", "VACANT_NUMBER")
)
_TABLES: Final = tuple(
    (kind.name, BLOCKINGS.index(kind.blocked), CAUSES.index(kind.cause)) for kind in BLOCKING_KINDS
)


def classify(calls: Calls, wanted: Mask) -> NDArray[np.int16]:
    """s1008: the call type codes of translated calls; only those of `wanted` calls are used (A-066..A-081)."""
    verdicts, tables = calls.verdicts, calls.tables
    key = calls.kind() | calls.intralata() * np.int32(4)
    if tables.customer.split_interstate:
        key = key | calls.interstate() * np.int32(8)
    key = key | (verdicts.on_net & 1).astype(np.int32) << 4
    key = key | (verdicts.calling_class & 3).astype(np.int32) << 5
    key = key | (verdicts.called_class & 3).astype(np.int32) << 7
    ctc = tables.ctc_of.take(key)
    abroad = np.flatnonzero(wanted & (verdicts.non == NON_INTERNATIONAL))
    if abroad.size:
        chosen = search_many(
            tables.customer.international_completion, verdicts.called[abroad], COUNTRY_PREFIXES
        )
        on_net = verdicts.on_net[abroad] == 1
        ctc[abroad] = np.where(chosen >= 0, 153, np.where(on_net, 151, 152)) + np.where(on_net, 0, 100)
    special = np.flatnonzero(calls.special)
    ctc[special] = calls.special[special]
    return ctc


def screen(calls: Calls) -> Mask:
    """Fig. 3 and s130; the answer is the calls that go on."""
    verdicts, customer = calls.verdicts, calls.tables.customer
    open_ = calls.translated
    if not customer.ocs:
        verdicts.screening[open_] = _NOT_SUBSCRIBED
        verdicts.blocking[open_] = _NOT_APPLICABLE
        return open_
    emergency_call = calls.emergency_call()
    unknown = calls.privilege < 0
    if unknown.any():
        failed = open_ & unknown & ~emergency_call
        verdicts.screening[failed] = _PROVISIONING_ERROR
        verdicts.announcement[failed] = _VACANT
        open_ = open_ & ~failed
    klass = np.where(unknown, customer.default_privilege_class, calls.privilege).astype(np.uint8)
    ctc = classify(calls, open_)
    allowed = calls.tables.cells.take(ctc * np.int32(9) + klass) | emergency_call
    everything = bool(open_.all())
    verdicts.privilege_class[:] = klass if everything else np.where(open_, klass, 0)
    verdicts.ctc[:] = ctc if everything else np.where(open_, ctc, 0)
    verdicts.source[:] = _OCS if everything else np.where(open_, _OCS, 0)
    verdicts.screening[open_] = np.where(allowed, np.uint8(_ALLOW), np.uint8(_DENY))[open_]
    verdicts.announcement[open_ & ~allowed] = _SCREENED
    return _block(calls, open_ & allowed, klass, emergency_call)


def _block(calls: Calls, open_: Mask, klass: NDArray[np.uint8], emergency_call: Mask) -> Mask:
    """s130: emergency calling, then the blocking table of the call type (A-090..A-104)."""
    verdicts, tables = calls.verdicts, calls.tables
    if tables.customer.emergency_active:
        stopped = open_ & (klass > 0) & ~emergency_call & ~tables.emergency.take(klass)
        verdicts.blocking[stopped] = _BLOCK_EMERGENCY
        verdicts.announcement[stopped] = _BLOCKED_EMERGENCY
        open_ = open_ & ~stopped
        calls.emergency = open_ & (klass > 0) & ~emergency_call
    kind = tables.blocking_type.take(verdicts.ctc)
    kind[klass == 0] = -1
    controlled = tables.controlled[kind, klass] & (kind >= 0)
    result = np.where(kind < 0, _NOT_APPLICABLE, np.where(controlled, _PASS, _BYPASSED)).astype(np.uint8)
    verdicts.blocking[open_] = result[open_]
    passed = open_.copy()
    for number, (name, blocked, cause) in enumerate(_TABLES):
        places = np.flatnonzero(open_ & controlled & (kind == number))
        if places.size:
            hit = places[tables.blocked(name, verdicts.called[places])]
            verdicts.blocking[hit] = blocked
            verdicts.announcement[hit] = cause
            passed[hit] = False
    return passed
