"""The octets of a capture, read in pieces from a file or a pipe, with the file offset of each.

Source: D-006 (captures arrive as files and as `tcpdump -w -`).
"""

from typing import Final, Protocol

from ain_scp.ssp_sim.capture.frame import CaptureFault

_PIECE: Final = 1 << 20


class Readable(Protocol):
    """What a capture is read from: any stream of octets, seekable or not."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` octets, none at the end."""


class OctetSource:
    """A window onto a stream: `buffer[position:]` is what was read and not yet used.

    A pipe is read as its octets come (`read1`), so that a live capture is followed without delay. `truncation` says
    where and how a capture ended within a record.
    """

    __slots__ = ("_base", "_read", "buffer", "position", "truncation")

    def __init__(self, stream: Readable) -> None:
        read1 = getattr(stream, "read1", None)
        self._read = read1 if read1 is not None else stream.read
        self._base = 0
        self.buffer = b""
        self.position = 0
        self.truncation: CaptureFault | None = None

    @property
    def offset(self) -> int:
        """The file offset of the next octet."""
        return self._base + self.position

    @property
    def base(self) -> int:
        """The file offset of `buffer[0]`."""
        return self._base

    def need(self, size: int) -> bool:
        """Make `size` octets available from `position` on; False when the stream ends before."""
        have = len(self.buffer) - self.position
        if have >= size:
            return True
        parts = [self.buffer[self.position :]]
        while have < size:
            piece = self._read(_PIECE)
            if not piece:
                break
            parts.append(piece)
            have += len(piece)
        self._base += self.position
        self.position = 0
        self.buffer = b"".join(parts)
        return have >= size

    def end(self, what: str, size: int) -> None:
        """Note that the capture ends here, and if not between two records, that one is cut."""
        have = len(self.buffer) - self.position
        if have:
            self.truncation = CaptureFault(self.offset, f"{what} is cut: {have} of at least {size} octets")
