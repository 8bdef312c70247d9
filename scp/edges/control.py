"""The control socket: a Unix socket over which the owner of a running server gives orders, one JSON line each way.

A line in is `{"do": VERB, ...}`, a line out `{"ok": true, ...}` or `{"ok": false, "error": TEXT, "problems": [...]}`; a client
may send one line after another. The socket has mode 0600, and a peer of another user is refused by the kernel's word.

Limits: a line is at most 4,096 octets, four clients at once, five seconds for a line once it has begun.
Source: interfaces.md section 6.3 (control socket).
"""

import asyncio
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

MAX_LINE: Final = 4096
MAX_CLIENTS: Final = 4
PATIENCE_S: Final = 5.0
MAX_PROBLEMS: Final = 50
LONGEST_PATH: Final = 107
"""Octets of a Unix socket's path that Linux takes."""
_PEER: Final = struct.Struct("3i")

Order = Mapping[str, object]
"""What a line asks, without its `do`."""
Answer = Mapping[str, object]
Verb = Callable[[Order], Awaitable[Answer]]
"""Does what is asked and returns what to say besides `ok`; OrderFault when it cannot."""


class OrderFault(Exception):
    """An order that is not carried out: why in one sentence, and problems with a place if there are any."""

    def __init__(self, why: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.problems = problems


class ControlSocket:
    """The socket at `path` with its verbs. What has verbs of its own adds them before `start`, each name once."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb], *, patience_s: float = PATIENCE_S) -> None:
        self.path = path
        self.refused = 0
        """Clients turned away: of another user, or too many."""
        self._verbs = dict(verbs)
        self._patience_s = patience_s
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._inode = 0

    def add(self, verbs: Mapping[str, Verb]) -> None:
        """Take more verbs; ValueError for a name that is taken."""
        taken = sorted(self._verbs.keys() & verbs.keys())
        if taken:
            raise ValueError(f"control verb {taken[0]} is taken")
        self._verbs |= verbs

    def knows(self, verb: str) -> bool:
        """Whether it takes orders of this name."""
        return verb in self._verbs

    async def start(self) -> None:
        """Listen; OSError when the path is taken by a living server, is no socket, or is too long."""
        if len(os.fsencode(self.path)) > LONGEST_PATH:
            raise OSError(f"{self.path}: longer than the {LONGEST_PATH} octets of a socket's path")
        await asyncio.to_thread(_clear, self.path)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._connected, self.path, limit=MAX_LINE)
        except OSError as fault:
            raise OSError(f"{self.path}: {os.strerror(fault.errno or 0)}") from None
        finally:
            os.umask(before)
        self._inode = self.path.stat().st_ino

    async def close(self) -> None:
        """Take no more orders, and take the socket away unless somebody else's stands there now."""
        if self._server is None:
            return
        self._server.close()
        for task in self._clients:
            task.cancel()
        with suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._clients) >= MAX_CLIENTS or _user_of(writer) != os.geteuid():
            self.refused += 1
            writer.close()
            return
        self._clients.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a client that leaves, or sends half a line and waits, is its own affair
        finally:
            self._clients.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first = await reader.readexactly(1)
            try:
                async with asyncio.timeout(self._patience_s):
                    line = first + (b"" if first == b"\n" else await reader.readuntil(b"\n"))
            except asyncio.LimitOverrunError:
                writer.write(_line(_said("the line is longer than 4,096 octets")))
                return
            writer.write(_line(await self.answer(line)))
            async with asyncio.timeout(self._patience_s):
                await writer.drain()

    async def answer(self, line: bytes) -> dict[str, object]:
        """What is answered to a line."""
        try:
            order = json.loads(line)
            json.dumps(order, ensure_ascii=False).encode()
        except (ValueError, RecursionError):  # no JSON, nested too deep, or half a surrogate pair
            return _said("expected one JSON object a line")
        if not isinstance(order, dict):
            return _said("expected one JSON object a line")
        verb = self._verbs.get(str(order.pop("do", "")))
        if verb is None:
            return _said(f'expected "do": one of {", ".join(sorted(self._verbs))}')
        try:
            return {"ok": True, **await verb(order)}
        except OrderFault as fault:
            shown = list(fault.problems[:MAX_PROBLEMS])
            if len(fault.problems) > MAX_PROBLEMS:
                shown.append(f"{len(fault.problems) - MAX_PROBLEMS} more problems; ain check lists all")
            return _said(str(fault)) | ({"problems": shown} if shown else {})


def _said(error: str) -> dict[str, object]:
    return {"ok": False, "error": error}


def _line(answer: Answer) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"


def _user_of(writer: asyncio.StreamWriter) -> int:
    """The user at the other end; -1 when the kernel does not say."""
    end = writer.get_extra_info("socket")
    try:
        return int(_PEER.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[1])
    except (OSError, AttributeError):
        return -1


def _clear(path: Path) -> None:
    """Take away what a server that died has left; OSError for anything else that stands there."""
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_socket():
        raise OSError(f"{path}: is there, and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise OSError(f"{path}: another server listens there")
