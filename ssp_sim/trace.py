"""Our own trace of a run: one JSON object a line, the messages with their octets and the decisions with their paths.

The first line says what was run; a message line holds the M3UA octets in base64 and the names of the nodes; a decision
line holds the call and the decision as interfaces.md section 4 spells it, steps included. A reader gives the messages as
frames, so that whatever reads a capture reads a trace.

    {"ain_trace":1,"title":"golden","dataset":".","seed":1}
    {"n":3,"t":979725600000000000,"s":"SSP2004","d":"STP-LOCAL","c":"C05","m":"InfoAnalyzed","o":"AQABAQ..."}
    {"c":"C05","decision":{...}}

Source: D-006, D-007, A-178, A-179, interfaces.md section 4.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

import msgspec

from ain_scp.ssp_sim.capture.frame import CaptureFault, Endpoint, Frame, Transport
from ain_scp.ssp_sim.record import CallRecord, WireMessage

OPENING: Final = b'{"ain_trace":'
VERSION: Final = 1
LONGEST_LINE: Final = 1024 * 1024


class TraceHead(msgspec.Struct):
    """The first line."""

    ain_trace: int
    title: str = ""
    dataset: str = ""
    seed: int = 0


class MessageLine(msgspec.Struct, omit_defaults=True):
    """One message: number, time in ns, source, destination, call, name, step, octets in base64, lost."""

    n: int
    t: int
    s: str
    d: str
    c: str = ""
    m: str = ""
    p: str = ""
    o: str = ""
    lost: bool = False


class DecisionLine(msgspec.Struct):
    """One decision of a call, as JSON."""

    c: str
    decision: msgspec.Raw


class _AnyLine(msgspec.Struct):
    """Either kind of line."""

    n: int | None = None
    t: int = 0
    s: str = ""
    d: str = ""
    c: str = ""
    o: str = ""
    decision: msgspec.Raw = msgspec.Raw()


class Writable(Protocol):
    """Where a trace goes."""

    def write(self, octets: bytes, /) -> object:
        """Take some octets."""


class Lines(Protocol):
    """Where a trace comes from."""

    def readline(self, limit: int, /) -> bytes:
        """Give one line, or as much of it as the limit allows."""


class TraceWriter:
    """Writes a trace to a binary stream; messages without octets (digits, line events) are kept as events."""

    def __init__(self, stream: Writable, head: TraceHead) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder()
        self._line(head)

    def message(self, message: WireMessage) -> None:
        """Write one message."""
        octets = "" if message.protocol == "Diameter" else base64.b64encode(message.octets).decode()
        self._line(
            MessageLine(
                message.number,
                message.time_ns,
                message.source,
                message.destination,
                message.call,
                message.name,
                message.step,
                octets,
                message.lost,
            )
        )

    def decision(self, call: str, decision: bytes) -> None:
        """Write one decision, JSON text."""
        self._line(DecisionLine(call, msgspec.Raw(decision)))

    def records(self, records: Iterable[CallRecord]) -> None:
        """Write whole calls: all messages in the order they were sent, then the decisions call by call."""
        kept = list(records)
        messages = [message for record in kept for message in record.messages]
        for message in sorted(messages, key=lambda one: one.number):
            self.message(message)
        for record in kept:
            for leg in record.legs:
                self.decision(record.id, leg)

    def _line(self, line: TraceHead | MessageLine | DecisionLine) -> None:
        self._stream.write(self._encoder.encode(line) + b"\n")


class TraceReader:
    """Iterates over the frames of a trace; `decisions` grows by call while it does, at most `most` in all.

    Raises CaptureFault, with the offset of the line, for what is no trace.
    """

    def __init__(self, stream: Lines, most: int = 100_000) -> None:
        self._stream = stream
        self._most = most
        self._kept = 0
        self.head = TraceHead(0)
        self.decisions: dict[str, list[bytes]] = {}

    def __iter__(self) -> Iterator[Frame]:
        offset = 0
        first = self._stream.readline(LONGEST_LINE)
        self.head = self._head(first)
        decoder = msgspec.json.Decoder(_AnyLine)
        offset += len(first)
        while line := self._stream.readline(LONGEST_LINE):
            if line.strip():
                frame = self._frame(decoder, line, offset)
                if frame is not None:
                    yield frame
            offset += len(line)

    def _head(self, line: bytes) -> TraceHead:
        try:
            head = msgspec.json.decode(line, type=TraceHead)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise CaptureFault(0, "the first line is not that of a trace") from None
        if head.ain_trace != VERSION:
            raise CaptureFault(0, f"a trace of version {head.ain_trace}, not {VERSION}")
        return head

    def _frame(self, decoder: "msgspec.json.Decoder[_AnyLine]", line: bytes, offset: int) -> Frame | None:
        try:
            one = decoder.decode(line)
            octets = base64.b64decode(one.o, validate=True)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, binascii.Error, ValueError):
            raise CaptureFault(offset, "a line of the trace is not JSON of a message or decision") from None
        if bytes(one.decision) and self._kept < self._most:
            self._kept += 1
            self.decisions.setdefault(one.c, []).append(bytes(one.decision))
        if one.n is None or not octets:
            return None
        return Frame(one.n, one.t, offset, Endpoint(one.s, 0), Endpoint(one.d, 0), Transport.UDP, octets)
