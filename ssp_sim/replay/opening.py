"""Which kind of recording a stream is, and its messages.

Source: D-006, D-007.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from ain_scp.ssp_sim.capture import pcap, pcapng
from ain_scp.ssp_sim.capture.dissect import Dissector, Message
from ain_scp.ssp_sim.capture.frame import Frame
from ain_scp.ssp_sim.capture.order import LIVE_NS, TimeOrder
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.trace import OPENING, TraceReader

_SNIFFED: Final = len(OPENING)


class Recorded(Protocol):
    """A buffered binary stream."""

    def peek(self, size: int, /) -> bytes:
        """Give what comes next without taking it."""

    def read(self, size: int, /) -> bytes:
        """Take octets."""

    def readline(self, size: int, /) -> bytes:
        """Take a line."""

    def seekable(self) -> bool:
        """Whether it is a file, and not a pipe that may still be growing."""


class Opened(NamedTuple):
    """A recording: its messages (to iterate over once), and what reads and orders them."""

    messages: Iterator[Message]
    dissector: Dissector
    reader: CaptureReader | TraceReader
    order: TimeOrder


def is_capture(stream: Recorded) -> bool:
    """Whether a stream is a capture or a trace."""
    opening = stream.peek(_SNIFFED)[:_SNIFFED]
    return (
        opening[:4] in pcap.MAGICS
        or opening[:4] == pcapng.SECTION_HEADER
        or opening[:2] == b"\x1f\x8b"
        or opening == OPENING
    )


def is_trace(stream: Recorded) -> bool:
    """Whether a stream is our own trace."""
    return stream.peek(_SNIFFED)[:_SNIFFED] == OPENING


def open_messages(stream: Recorded, *, by_time: bool = False) -> Opened:
    """The messages of a capture or trace; iterating raises CaptureFault where the file cannot be read on.

    `by_time`: in order of time, which dialogues need; else in the order of the file.
    """
    reader = TraceReader(stream) if is_trace(stream) else CaptureReader(stream)
    dissector = Dissector()
    frames: Iterator[Frame] = iter(reader)
    order = TimeOrder(None if stream.seekable() else LIVE_NS)
    if by_time:
        frames = order.frames(frames)
    return Opened(dissector.messages(frames), dissector, reader, order)
