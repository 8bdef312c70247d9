"""A receive buffer of its own for emergency calls: a filter in the kernel sorts them out before anybody reads.

Where workers share a port each has two sockets: the filter finds the owner first, then whether the call is one.

In a flood the kernel drops what finds the receive buffer full, whatever it is. Two sockets share the port, and the filter
gives the second whatever is dialed as an emergency call: digits that begin 911, also after 0 or 1, or 11 after an access
code. Other calls among them are harmless there; the rarer forms (after 101XXXX, the test number 933, in the middle of a run
that the sender's kernel joined, in messages longer than usual) take the common way, and are picked out when they are read.

Limits: digits are looked for from octet 80 to 190 of a datagram, which keeps the filter small enough for every kernel's
`optmem_max`. Without such filters (not Linux 4.5) there is no second socket.
Source: A-103, Linux BPF classic instructions, ain-wire section 3.1.
"""

import socket
from typing import Final, NamedTuple

from ain_scp.transport import spread
from ain_scp.transport.spread import Instruction, attach, shared_sockets
from ain_scp.transport.udp import UdpPort, bound_socket

PLAIN_BUFFER: Final = 1 << 19
"""Octets of SO_RCVBUF for the others: some 1,300 queries, a wait of 30 ms at 40,000 a second."""
FIRST: Final = 80
LAST: Final = 190

_LDB: Final = 0x30  # A = octet at k
_AND: Final = 0x54
_JEQ: Final = 0x15
_RET: Final = 0x06
_JA: Final = 0x05
_ADD_X: Final = 0x0C
_LD: Final = 0x00  # A = k
_ST: Final = 0x02  # M[k] = A
_LDX_M: Final = 0x61  # X = M[k]
_LDX_LEN: Final = 0x81  # X = length
_JGT_X: Final = 0x2D
_TAGS: Final = (0x96, 0x97)
"""collectedAddressInfo, collectedDigits."""


def program() -> list[Instruction]:
    """The filter: 1 for what may be an emergency call, else 0. A load beyond the end of the datagram ends it with 0."""
    made: list[Instruction] = []
    for at in range(FIRST, LAST + 1):
        made += _at(at)
    return [*made, (_RET, 0, 0, 0)]


def _at(at: int) -> list[Instruction]:
    """The digits of a parameter whose tag stands at `at`; its first digits are in octet `at` + 4, low nibble first."""
    return [
        (_LDB, 0, 0, at),
        (_JEQ, 1, 0, _TAGS[0]),
        (_JEQ, 0, 11, _TAGS[1]),
        (_LDB, 0, 0, at + 4),
        (_JEQ, 3, 0, 0x19),  # 91
        (_JEQ, 7, 0, 0x11),  # 11, after an access code
        (_JEQ, 4, 0, 0x90),  # 09
        (_JEQ, 3, 6, 0x91),  # 19
        (_LDB, 0, 0, at + 5),
        (_AND, 0, 0, 0x0F),
        (_JEQ, 2, 3, 0x01),
        (_LDB, 0, 0, at + 5),
        (_JEQ, 0, 1, 0x11),
        (_RET, 0, 0, 1),
    ]


def program_of_workers(workers: int) -> list[Instruction]:
    """The filter of workers: the owner's number, and `workers` more for what may be an emergency call.

    Positions beyond the end of a datagram are passed over, as its owner is still to be found.
    """
    blocks = [_within(at) for at in range(FIRST, LAST + 1)]
    left = sum(map(len, blocks))
    scan: list[Instruction] = []
    for block in blocks:
        left -= len(block)
        scan += [*block[:-1], (_JA, 0, 0, left + 2)]  # found: past the rest, to the owner
    return [
        (_LD, 0, 0, workers),
        (_ST, 0, 0, 0),
        (_LDX_LEN, 0, 0, 0),
        *scan,
        (_LD, 0, 0, 0),
        (_ST, 0, 0, 0),
        *spread.program(workers, ((_LDX_M, 0, 0, 0), (_ADD_X, 0, 0, 0))),
    ]


def _within(at: int) -> list[Instruction]:
    """The same as `_at`, passed over where the datagram (its length in X) ends before the second pair of digits."""
    block = _at(at)
    return [(_LD, 0, 0, at + 6), (_JGT_X, len(block), 0, 0), *block]


class WorkerSockets(NamedTuple):
    """The sockets of workers: one each, and one each for emergency calls where the kernel sorts those, too.

    `filtered`: the kernel sorts by transaction.
    """

    plain: list[socket.socket]
    urgent: list[socket.socket]
    filtered: bool

    def close(self) -> None:
        """Close all."""
        for one in (*self.plain, *self.urgent):
            one.close()


def worker_sockets(host: str, port: int, workers: int) -> WorkerSockets:
    """Sockets for workers at one address; OSError when it cannot be had, ValueError for a number that cannot be."""
    plain, filtered = shared_sockets(host, port, workers)
    made = WorkerSockets(plain, [], filtered)
    if workers == 1 or not filtered:
        return made
    try:
        for _ in plain:
            made.urgent.append(bound_socket(host, plain[0].getsockname()[1], shared=True))
    except OSError:
        made.close()
        raise
    if attach(plain[0], program_of_workers(workers)):
        for one in plain:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PLAIN_BUFFER)
        return made
    while made.urgent:
        made.urgent.pop().close()  # the last first: the kernel puts the last in the place of one that goes
    return made


def sorted_ports(host: str, port: int) -> tuple[UdpPort, UdpPort | None]:
    """A port, and one of emergency calls at the same address; OSError when the address cannot be had."""
    bound_socket(host, port).close()  # shared sockets would let in a process that has the address already
    first = bound_socket(host, port, receive_buffer=PLAIN_BUFFER, shared=True)
    try:
        second = bound_socket(host, first.getsockname()[1], shared=True)
    except OSError:
        first.close()
        raise
    if not attach(first, program()):
        first.close()
        second.close()
        return UdpPort(host, port), None
    return UdpPort("", 0, bound=first), UdpPort("", 0, bound=second)
