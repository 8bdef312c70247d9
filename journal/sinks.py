"""Record sinks of other packages: entry point group `ain.record_sinks`. They are handed what a broker would be.

A sink is given the batches of a journal in order, one at a time. A batch counts as taken when `accept` returns; the position
moves then. One on which it raised, or before which the process died, comes again: journal and sequence number show that it is a repeat.

Source: A-225, A-240 to A-242; reliability.md section 5.
"""

from importlib.metadata import entry_points
from typing import Final, Protocol

import msgspec

from ain_scp.journal.publication import Batch, BatchBody
from ain_scp.terms.foreign import RAISED, said

GROUP: Final = "ain.record_sinks"
_BODY: Final = msgspec.json.Decoder(BatchBody)


class RecordBatch(msgspec.Struct, frozen=True):
    """Records of one journal, at least one, without a gap: `records[i]` has the sequence number `first + i`.

    `stream`: `smdr/SCP` or `ama/SWITCH`. `journal`: its identity (hex). A record is its octets, JSON or as in records.md.
    """

    stream: str
    journal: str
    first: int
    records: tuple[bytes, ...]


class RecordSink(Protocol):
    """Takes records elsewhere. `accept` runs in a thread of its own and returns when the batch is kept."""

    def accept(self, batch: RecordBatch, /) -> None:
        """Keep a batch; whatever it raises means that the batch was not kept."""


class SinkFault(Exception):
    """A sink that cannot be used, or did not take a batch; the text names it and says why."""


class NamedSink:
    """A registered sink, made; nothing but SinkFault comes of it."""

    def __init__(self, name: str) -> None:
        """Find and make the sink of a name; SinkFault when that cannot be done."""
        found = {entry.name: entry for entry in entry_points(group=GROUP)}
        if name not in found:
            raise SinkFault(f"no record sink {name}; installed are {', '.join(sorted(found)) or 'none'}")
        self.name = name
        self._source = found[name].value
        try:
            self._sink: RecordSink = found[name].load()()
        except RAISED as fault:  # a plug-in is foreign: nothing that it raises may end a server
            raise SinkFault(f"record sink {name} ({self._source}): {said(fault)}") from None

    def accept(self, stream: str, batch: Batch) -> None:
        """Hand over one batch."""
        body = _BODY.decode(batch.payload)
        records = tuple(bytes(one.record) for one in body.records)
        try:
            self._sink.accept(RecordBatch(stream, body.journal, body.first, records))
        except RAISED as fault:  # as above
            raise SinkFault(f"record sink {self.name} ({self._source}) raised {said(fault)}") from None
