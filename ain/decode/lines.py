"""`ain decode --fields`: one line for each message of a recording.

Source: D-006, interfaces.md section 1.
"""

import sys
from typing import TYPE_CHECKING, BinaryIO, cast

from ain_scp.ain.decode.forms import FieldsForm
from ain_scp.ain.forms import write_line
from ain_scp.ssp_sim.capture.columns import ColumnReader
from ain_scp.ssp_sim.capture.frame import Frame
from ain_scp.ssp_sim.fields.columns import ColumnFields
from ain_scp.ssp_sim.fields.fields import package_fields
from ain_scp.ssp_sim.replay.opening import is_trace
from ain_scp.ssp_sim.trace import TraceReader

if TYPE_CHECKING:
    from ain_scp.ain.decode.select import Selection
    from ain_scp.ssp_sim.replay.opening import Opened, Recorded


def quick_lines(stream: BinaryIO) -> tuple[dict[str, int], ColumnReader | TraceReader]:
    """Print every message of a recording; return what could not be read, by reason, and the reader with its counts."""
    fields = ColumnFields()
    out = sys.stdout.buffer
    live = not stream.seekable()  # a pipe is followed line by line
    traced = is_trace(cast("Recorded", stream))
    reader = TraceReader(cast("Recorded", stream)) if traced else ColumnReader(stream)
    for piece in reader.blocks() if isinstance(reader, ColumnReader) else reader:
        out.write(fields.frame(piece) if isinstance(piece, Frame) else fields.block(piece))
        if live:
            out.flush()
    unread = dict(fields.dissector.left_out)
    if fields.unread:
        unread["no TCAP package"] = fields.unread
    return unread, reader


def chosen_lines(opened: "Opened", selection: "Selection", *, as_json: bool) -> int:
    """Print the messages asked for, as lines or as JSON objects; return how many."""
    shown = 0
    for message in opened.messages:
        if message.called is None or not selection.wants(message):
            continue
        fields = package_fields(message.payload)
        if fields is None:
            continue
        shown += 1
        number, time_ns = message.frame.number, message.frame.time_ns
        if as_json:
            write_line(FieldsForm(number, time_ns, fields.transaction, fields.operations, fields.values))
        else:
            seconds, rest = divmod(time_ns, 1_000_000_000)
            sys.stdout.write(f"{number}\t{seconds}.{rest:09d}\t{fields.line}\n")
    return shown
