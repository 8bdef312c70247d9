"""Calls in a warehouse: any engine that Ibis speaks answers the host's report requests (extra `warehouse`).

Source: A-250; libraries.md section 6c.
"""

from collections.abc import Iterable
from typing import Final

from ain_scp.reports.source import Value
from ain_scp.reports.warehouse import Connection, Warehouse
from ain_scp.reports.warehouse import load as load_rows
from ain_scp.smdr.record import SmdrRecord
from ain_scp.smdr.request import CALLS

_SCHEMA: Final = {
    "identifier": "!string",
    "scp": "!string",
    "customer_group": "!string",
    "calling_party_id": "!string",
    "called_party_id": "!string",
    "original_called_party_id": "string",
    "status": "!string",
    "start_ms": "!int64",
    "connect_ms": "int64",
    "end_ms": "!int64",
    "duration_ms": "!int64",
    "source_records": "!int64",
    "destination": "!string",
}


def load(connection: Connection, records: Iterable[SmdrRecord], name: str = CALLS.table) -> Warehouse:
    """Make a new table of calls on an Ibis connection and fill it; the engine's own error when the name is taken."""
    rows = (tuple(_value(record, column) for column in _SCHEMA) for record in records)
    return load_rows(connection, _SCHEMA, rows, name)


def _value(record: SmdrRecord, column: str) -> Value:
    if column == "destination":
        return record.original_called_party_id or record.called_party_id
    found: Value = getattr(record, column)
    return found
