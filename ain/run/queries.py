"""What the SCP was asked in a run, as query lines: a file for `ain explain --queries`, made from the messages themselves.

Source: interfaces.md section 4.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ain_scp.ain.batch.calls import query_in
from ain_scp.scp.service_logic.decision_json import QueryForm, query_line
from ain_scp.signaling import m3ua, sccp
from ain_scp.ssp_sim.lab import Lab
from ain_scp.ssp_sim.record import CallRecord
from ain_scp.terms.localtime import text
from ain_scp.terms.query import Query


def write_queries(lab: Lab, target: Path) -> None:
    """One line for each query, `id` the call's, with `/2` and so on for its later queries."""
    with target.open("wb") as file:
        for record in lab.records:
            for number, query in enumerate(_queries(lab, record), 1):
                identity = record.id if number == 1 else f"{record.id}/{number}"
                file.write(msgspec.json.encode(query_line(form_of(query), identity)) + b"\n")


def form_of(query: Query) -> QueryForm:
    """A query in the form of a query line."""
    host = query.message == "TERMINATION_ATTEMPT"
    return QueryForm(
        message=query.message,
        trigger=query.trigger or ("TAT" if host else "CDP_AC"),
        calling_party=query.calling_party,
        time=text(query.time),
        trunk_group=query.trunk_group,
        access_code=query.access_code,
        dialed="" if host else query.dialed,
        bearer=query.bearer,
        called_party=query.called_party,
        called_non=query.called_non,
        original_called_party=query.original_called_party,
        original_called_non=query.original_called_non,
    )


def _queries(lab: Lab, record: CallRecord) -> Iterator[Query]:
    for message in record.messages:
        if message.destination != "SCP" or not message.octets or message.lost:
            continue
        data = m3ua.decode(message.octets).protocol_data
        unit = None if data is None else sccp.decode(data.payload)
        if isinstance(unit, sccp.UnitData):
            query = query_in(unit.data, message.time_ns, lab.program)
            if query is not None:
                yield query
