"""The arrays of `recvmmsg` and `sendmmsg` (Linux, through ctypes): many datagrams for one system call.

Source: performance.md section 1 (c3), recvmmsg(2), sendmmsg(2).
"""

import ctypes
import socket
import sys
from typing import Final

NAME_OCTETS: Final = 28
"""Of an address: struct sockaddr_in6, the larger of the two."""

CONTROL_OCTETS: Final = 64
_LINE: Final = 64
_SKEW: Final = 5


class _Iovec(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Mmsghdr(ctypes.Structure):
    """struct mmsghdr of Linux: struct msghdr and the length of the datagram."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iov_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
    )


_DONTWAIT: Final = int(socket.MSG_DONTWAIT)
_HEADER_WORDS: Final = ctypes.sizeof(_Mmsghdr) // 4
_SIZE_WORD: Final = _Mmsghdr.size.offset // 4
_CONTROL_SIZE_WORD: Final = _Mmsghdr.control_size.offset // 8


class Vector:
    """The arrays of one call: `places` headers, each with its octets (`slot` of them), its address and its control data.

    They are written through memory views, not through ctypes attributes: one assignment instead of three calls. Slots do
    not begin at multiples of a page, where all of them would want the same few lines of the processor's cache.
    """

    def __init__(self, call: str, places: int, slot: int) -> None:
        """Lay the arrays out; OSError or AttributeError where the call does not exist."""
        self.places = places
        self._call = getattr(ctypes.CDLL(None, use_errno=True), call)
        self._call.restype = ctypes.c_int
        stride = (slot // _LINE + 1 + _SKEW) * _LINE
        self._octets = bytearray(places * stride)
        self._names = bytearray(places * NAME_OCTETS)
        self._controls = bytearray(places * CONTROL_OCTETS)
        self._iovecs = (_Iovec * places)()
        self._headers = (_Mmsghdr * places)()
        octets = ctypes.addressof(ctypes.c_char.from_buffer(self._octets))
        names = ctypes.addressof(ctypes.c_char.from_buffer(self._names))
        controls = ctypes.addressof(ctypes.c_char.from_buffer(self._controls))
        for index in range(places):
            self._iovecs[index] = _Iovec(octets + index * stride, slot)
            iovec = ctypes.addressof(self._iovecs) + index * ctypes.sizeof(_Iovec)
            name, control = names + index * NAME_OCTETS, controls + index * CONTROL_OCTETS
            self._headers[index] = _Mmsghdr(name, NAME_OCTETS, iovec, 1, control, 0, 0, 0, 0)
        view = memoryview(self._octets)
        headers = memoryview(self._headers).cast("B")
        self.slots = [view[index * stride : index * stride + slot] for index in range(places)]
        self.names = memoryview(self._names)
        self.first, self.first_name = self.slots[0], self.names[:NAME_OCTETS]
        self.sizes = headers.cast("I")[_SIZE_WORD::_HEADER_WORDS]
        self.control_sizes = headers.cast("Q")[_CONTROL_SIZE_WORD :: _HEADER_WORDS // 2]
        self.controls = memoryview(self._controls).cast("i")
        self.iovec_sizes = memoryview(self._iovecs).cast("B").cast("Q")[1::2]
        self._room = memoryview(CONTROL_OCTETS.to_bytes(8, sys.byteorder) * places).cast("Q")

    def call(self, descriptor: int, count: int) -> int:
        """Make the call; the number of datagrams moved, or the negative error number."""
        moved: int = self._call(descriptor, self._headers, count, _DONTWAIT, None)
        return moved if moved >= 0 else -ctypes.get_errno()

    def offer_controls(self, count: int) -> None:
        """Offer the room for control data of the first headers (again: the kernel wrote how much of it was used)."""
        self.control_sizes[:count] = self._room[:count]


def vectors_work() -> bool:
    """Whether this platform has recvmmsg and sendmmsg with the layout known here (64-bit Linux)."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(_Mmsghdr) != 64:
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "recvmmsg") and hasattr(library, "sendmmsg")
