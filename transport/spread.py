"""Several sockets on one UDP port, one for each worker process, and which of them a message goes to.

By itself the kernel sends everything from one peer to one socket (SO_REUSEPORT hashes addresses), so one signalling gateway
would keep one worker busy. A filter in the kernel picks the socket by the TCAP transaction ID instead, so a repeated query
reaches the worker that answered it, and a conversation stays where it began; what has no transaction, or comes in segments
(XUDT), goes to the first.

Two kinds of messages still arrive at the wrong worker: those of a run that the sender's kernel joined (UDP segmentation),
which goes where its first message belongs, and all of them where no such filter can be attached (not Linux 4.5). The worker
that took them hands them to their owners through mailboxes, so that every message is answered by its owner in any case.

Limits: 64 workers; a mailbox that is full loses what comes, counted, as a full socket does.
Source: performance.md section 4 (SO_REUSEPORT), Linux BPF classic instructions, RFC 4666 clause 3.3.1, T1.112.3 clause 4.7,
T1.114.3, A-264.
"""

import ctypes
import socket
import struct
from collections.abc import Sequence
from typing import Final

from ain_scp.transport.udp import Address, Groups, UdpPort, bound_socket, read_name, write_name
from ain_scp.transport.vectors import NAME_OCTETS

MAX_WORKERS: Final = 64
MAIL_OCTETS: Final = 1 << 17
MAILS_AT_ONCE: Final = 256
_SO_ATTACH_REUSEPORT_CBPF: Final = 51

_DATA: Final = b"\x01\x01"
_PROTOCOL_DATA: Final = 0x0210
_UDT: Final = 0x09

_LDB_X: Final = 0x50  # A = octet at X + k
_LDW_X: Final = 0x40
_LDH: Final = 0x28  # A = two octets at k
_LDX: Final = 0x01  # X = k
_TAX: Final = 0x07
_TXA: Final = 0x87
_ADD_X: Final = 0x0C
_ADD: Final = 0x04
_MOD: Final = 0x94
_JA: Final = 0x05
_JEQ: Final = 0x15
_JGE: Final = 0x35
_RET: Final = 0x06
_RET_A: Final = 0x16

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


def program(workers: int, last: Sequence[Instruction] = ()) -> list[Instruction]:
    """The filter: from the octets of a datagram to the number of a worker, as `owner_of` says it.

    A load beyond the end of the datagram ends the filter with 0. `last` is done to an owner's number before it is returned.
    """
    more = len(last)
    return [
        (_LDH, 0, 0, 2),
        (_JEQ, 0, 24 + more, 0x0101),  # DATA, else the last line
        (_LDH, 0, 0, 8),
        (_JEQ, 4, 0, _PROTOCOL_DATA),
        (_LDH, 0, 0, 16),
        (_JEQ, 4, 0, _PROTOCOL_DATA),
        (_LDH, 0, 0, 24),
        (_JEQ, 4, 18 + more, _PROTOCOL_DATA),
        (_LDX, 0, 0, 8),
        (_JA, 0, 0, 3),
        (_LDX, 0, 0, 16),
        (_JA, 0, 0, 1),
        (_LDX, 0, 0, 24),
        (_LDB_X, 0, 0, 16),
        (_JEQ, 0, 11 + more, _UDT),
        (_LDB_X, 0, 0, 20),  # the UDT's pointer to its data, counted from itself
        (_ADD_X, 0, 0, 0),
        (_TAX, 0, 0, 0),
        (_LDB_X, 0, 0, 22),  # length of the package
        (_JGE, 0, 3, 0x80),
        (_TXA, 0, 0, 0),
        (_ADD, 0, 0, 1),
        (_TAX, 0, 0, 0),
        (_LDW_X, 0, 0, 25),  # the transaction ID after its tag and length
        (_MOD, 0, 0, workers),
        *last,
        (_RET_A, 0, 0, 0),
        (_RET, 0, 0, 0),
    ]


def owner_of(octets: bytes, workers: int) -> int:
    """The worker that a message belongs to: by its transaction ID, the sender's own where there are two; else worker 0."""
    package = data_at(octets)
    if not package:
        return 0
    at = package + (5 if octets[package + 1 : package + 2] >= b"\x80" else 4)
    transaction = octets[at : at + 4]
    return int.from_bytes(transaction, "big") % workers if len(transaction) == 4 else 0


def data_at(octets: bytes) -> int:
    """Where the user's data begin in M3UA DATA with a UDT; 0 for anything else.

    Protocol Data is the first, second or third parameter; those that may stand before it have eight octets.
    """
    if octets[2:4] != _DATA:
        return 0
    for at in (8, 16, 24):
        if octets[at : at + 2] == b"\x02\x10":
            break
    else:
        return 0
    if octets[at + 16 : at + 17] != bytes((_UDT,)) or len(octets) <= at + 20:
        return 0
    data = at + 21 + octets[at + 20]
    return data if data < len(octets) else 0


def shared_sockets(
    host: str, port: int, workers: int, *, filtered: bool = True
) -> tuple[list[socket.socket], bool]:
    """A socket for each worker, all bound to one address, and whether the kernel sorts by transaction ID.

    OSError when the address cannot be had; ValueError for another number of workers than 1 to MAX_WORKERS.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise ValueError(f"1 to {MAX_WORKERS} workers")
    made: list[socket.socket] = []
    try:
        for _ in range(workers):
            made.append(bound_socket(host, made[0].getsockname()[1] if made else port, shared=workers > 1))
    except OSError:
        for one in made:
            one.close()
        raise
    return made, workers == 1 or (filtered and attach(made[0], program(workers)))


def mailboxes(workers: int) -> list[tuple[socket.socket, socket.socket]]:
    """For each worker the two ends of its mailbox: where it reads, where the others write."""
    made = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(workers)]
    for ends in made:
        for one in ends:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * MAIL_OCTETS)
    return made


def attach(port: socket.socket, instructions: list[Instruction]) -> bool:
    """Attach a filter to the group of sockets that share a port; False where the kernel has none of that kind."""
    octets = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    value = struct.pack("@HxxxxxxQ", len(instructions), ctypes.addressof(octets))  # struct sock_fprog
    try:
        port.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, value)
    except OSError:
        return False
    return True


class Mailbox:
    """One worker's mailbox and its ways to the others. `lost` counts messages that found a mailbox full.

    A mail is a kind (one octet), the peer's address, and messages, each after its length in two octets.
    """

    def __init__(self, number: int, own: socket.socket, mates: list[socket.socket]) -> None:
        self.number = number
        self.workers = len(mates)
        self.lost = 0
        self._own = own
        self._mates = mates

    def fileno(self) -> int:
        """The descriptor, for an event loop."""
        return self._own.fileno()

    def send(self, worker: int, kind: int, address: Address, messages: list[bytes]) -> None:
        """Send messages of one peer to another worker."""
        head = bytes((kind,)) + write_name(address)
        parts, size, count = [head], 0, 0
        for octets in messages:
            if size + len(octets) + 2 > MAIL_OCTETS:
                self._mail(worker, parts, count)
                parts, size, count = [head], 0, 0
            parts += (len(octets).to_bytes(2, "big"), octets)
            size += len(octets) + 2
            count += 1
        self._mail(worker, parts, count)

    def _mail(self, worker: int, parts: list[bytes], count: int) -> None:
        try:
            self._mates[worker].send(b"".join(parts))
        except OSError:
            self.lost += count

    def take(self) -> list[tuple[int, Address, list[bytes]]]:
        """What came: kind, peer, messages."""
        found: list[tuple[int, Address, list[bytes]]] = []
        for _ in range(MAILS_AT_ONCE):
            try:
                mail = self._own.recv(2 * MAIL_OCTETS)
            except OSError:
                break
            messages: list[bytes] = []
            at = 1 + NAME_OCTETS
            while at < len(mail):
                size = int.from_bytes(mail[at : at + 2], "big")
                messages.append(mail[at + 2 : at + 2 + size])
                at += 2 + size
            found.append((mail[0], read_name(mail[1 : 1 + NAME_OCTETS]), messages))
        return found

    def close(self) -> None:
        """Close all ends."""
        for one in (self._own, *self._mates):
            one.close()


class SpreadPort(UdpPort):
    """A worker's port: what belongs to another worker is handed to it. `handed` counts those messages."""

    def __init__(self, bound: socket.socket, mailbox: Mailbox, kind: int, *, filtered: bool) -> None:
        super().__init__("", 0, bound=bound)
        self.handed = 0
        self._mailbox = mailbox
        self._kind = kind
        self._filtered = filtered
        self._receive_all = self.receive
        self.receive = self._receive_own

    def _receive_own(self) -> Groups:
        """As the port, without what belongs to others. Not empty while anything waits: a peer's list may be."""
        runs = self.runs
        groups = self._receive_all()
        if not groups or (self._filtered and self.runs == runs):
            return groups
        return [(address, self._own(address, messages)) for address, messages in groups]

    def _own(self, address: Address, messages: list[bytes]) -> list[bytes]:
        sorted_by_owner: dict[int, list[bytes]] = {}
        for octets in messages:
            sorted_by_owner.setdefault(owner_of(octets, self._mailbox.workers), []).append(octets)
        own = sorted_by_owner.pop(self._mailbox.number, [])
        for worker, theirs in sorted_by_owner.items():
            self.handed += len(theirs)
            self._mailbox.send(worker, self._kind, address, theirs)
        return own
