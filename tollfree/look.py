"""Looking up: the record of the called number, its template, where the call comes from and when it is there.

Source: B4-012; services design section 6.1, steps F2 and F3.
"""

import datetime as dt

from ain_scp.provisioning.rows_services import RecordRow
from ain_scp.provisioning.services import TollFreeTables, TollFreeTemplate
from ain_scp.terms.localtime import from_datetime
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import (
    TOLLFREE,
    ServiceQuery,
    ServiceRefusal,
    called_number,
)
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL
from ain_scp.tollfree.facts import Choice, TollFreeFacts

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose


def look(tables: TollFreeTables, query: ServiceQuery, trace: Trace | None) -> TollFreeFacts | ServiceRefusal:
    """The facts of the called number and of the caller."""
    called = called_number(TOLLFREE, query, (NON_NATIONAL,), complete=False)
    if isinstance(called, ServiceRefusal):
        return called
    record = tables.records.get(called.digits)
    template = tables.templates.get(record.template) if record is not None else None
    caller = query.charge if query.charge is not None and query.charge.digits else query.calling
    origin = tables.areas.origin(caller, query.lata)
    asked = Facts(0, "", local_time(tables, template, query.time), query.draw, origin)
    if trace is not None:
        found = f"{called.digits}: no record" if record is None else f"{called.digits} is {record.status}"
        trace.add("F2", "records", "" if record is None else str(record.where), found)
        place = " ".join(filter(None, (origin.number or "unknown caller", origin.lata, origin.state)))
        trace.add("F3", "lata", "", f"from {place}")
    return TollFreeFacts(
        called,
        record,
        None if template is None else Choice(template.row, template.ordered, template.latas),
        _lata(tables, record),
        asked,
    )


def _lata(tables: TollFreeTables, record: RecordRow | None) -> str:
    """LATA of the destination that a record names itself."""
    return tables.areas.of(record.tel)[0] if record is not None else ""


def local_time(tables: TollFreeTables, template: TollFreeTemplate | None, time: int) -> int:
    """The time of a call where a template wants it: `time` is the SCP's own calendar."""
    if template is None or template.zone is None or tables.zone is None:
        return time
    here = (_EPOCH + dt.timedelta(seconds=time)).replace(tzinfo=tables.zone)
    return from_datetime(here.astimezone(template.zone).replace(tzinfo=None))
