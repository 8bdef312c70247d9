"""What `ain batch` counts: a CSV or Parquet file as it is; the queries of a capture or trace as a CSV file of their own.

Source: D-006, interfaces.md section 4.
"""

import contextlib
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click import UsageError

from ain_scp.ain.decode.command import left_out
from ain_scp.scp.batch.sources import FIELDS, SourceFault
from ain_scp.scp.service_logic.call import MESSAGES, query_of
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import decode_package
from ain_scp.ssp_sim.capture.dialogues import Dialogues
from ain_scp.ssp_sim.capture.frame import CaptureFault
from ain_scp.ssp_sim.replay.opening import Opened, is_capture, open_messages
from ain_scp.terms.localtime import text
from ain_scp.terms.query import Query
from ain_scp.terms.units import SECOND_NS


@contextlib.contextmanager
def call_attempts(path: Path, program: Program, *, local_times: bool = False) -> Iterator[Path]:
    """A file that a source of call attempts reads; SourceFault for a capture that cannot be read to its end.

    What a capture holds besides its messages is reported on standard error. Its times are UTC for callers whose time zone the data
    set gives, unless they are `local_times`.
    """
    try:
        with path.open("rb") as stream:
            recorded = is_capture(stream)
    except OSError as fault:
        raise SourceFault(f"{path}: {fault.strerror}") from None
    if not recorded:
        if local_times:
            raise UsageError("--local-times needs a capture or a trace; times in a table are local")
        yield path
        return
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "calls.csv"
        with path.open("rb") as stream:
            try:
                opened = open_messages(stream, by_time=True)
                program.times.ahead_s = None if local_times else 0
                _write(made, opened, program)
            except CaptureFault as fault:
                raise SourceFault(f"{path}: {fault}") from None
        left_out(opened.dissector.left_out, opened.reader, opened.order.late)
        yield made


def _write(made: Path, opened: Opened, program: Program) -> None:
    with made.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for dialogue in Dialogues().pair(opened.messages):
            message = dialogue.messages[0]
            query = query_in(message.payload, message.frame.time_ns, program)
            if query is not None:
                writer.writerow([_cell(query, name, program) for name in FIELDS])


def query_in(payload: bytes, time_ns: int, program: Program) -> Query | None:
    """The query a TCAP package asks, as the node reads it; None when it asks none of this service."""
    try:
        package = decode_package(payload)
        component = package.components[0] if package.components else None
        if (
            component is None
            or not component.is_invoke
            or not component.private
            or component.code not in MESSAGES
        ):
            return None
        known = operation(component.code)
        if known is None:
            return None
        parameters = decode_parameters(known, component.parameter or b"")
    except (AinFault, DecodeError):
        return None
    return query_of(component.code, parameters, program.snapshot, time_ns // SECOND_NS, 0)


def _cell(query: Query, name: str, program: Program) -> str:
    if name == "time":
        zone = program.snapshot.zone_of(query.calling_party or "")
        return text(program.times.local(query.time, zone))
    value = getattr(query, name)
    if name == "trigger" and not value:
        return "TAT" if query.message == "TERMINATION_ATTEMPT" else "CDP_AC"
    return "" if value is None else str(value)
