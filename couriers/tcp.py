"""TCP sources, serial lines and standard input: streams of PBXs, watched together.

`tcp-listen` takes connections from the addresses allowed, `tcp-connect` makes one and makes it again after 1 s to 60 s.
TCP gives no acknowledgement: what a killed process had read and not committed is lost, at most `commit_ms` of it. Nothing
is read while the store does not accept: the PBX keeps its records then.

Source: C-010, C-015.
"""

import os
import selectors
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ain_scp.couriers.serial_line import check_bits, open_line, ready
from ain_scp.tickets.collector.frames import Cutter, FrameError, framing
from ain_scp.tickets.collector.settings import Source
from ain_scp.tickets.names import SettingsError

if TYPE_CHECKING:
    import serial

READ: Final = 65_536
MOST_CONNECTIONS: Final = 64
STREAMS: Final = ("tcp-listen", "tcp-connect", "serial", "stdin")
FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 60.0
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
Take = Callable[[Source, list[tuple[bytes, int]]], None]
"""Takes lines that came together, each with the number of its connection."""


def endpoint(text: str, source: str) -> tuple[str, int]:
    """Host and port of HOST:PORT."""
    host, _colon, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise SettingsError(f"source {source}: address = {text!r}: expected HOST:PORT")
    return host.strip("[]"), int(port)


class _Connection:
    """One stream of octets into one source."""

    def __init__(self, source: Source, number: int, descriptor: int, frames: Cutter, prompt: bytes) -> None:
        self.source, self.number, self.descriptor, self.frames = source, number, descriptor, frames
        self.prompt, self.seen = prompt, b""
        self.socket: socket.socket | None = None


class Connections:
    """Every stream of a collector. `now` is monotonic seconds, `framings` the framing by source."""

    def __init__(
        self,
        sources: list[Source],
        base: Path,
        framings: dict[str, str],
        first: int,
        take: Take,
        now: Callable[[], float],
    ) -> None:
        self._take, self._now, self._base, self._framings = take, now, base, framings
        self._selector = selectors.SelectSelector()  # epoll takes no file that standard input may be
        self._number = first
        self._retry: dict[str, tuple[float, float]] = {}
        self._open: dict[int, _Connection] = {}
        self._lines: dict[int, serial.SerialBase] = {}
        self._sources = [one for one in sources if one.kind in STREAMS]
        self.addresses: dict[str, tuple[str, int]] = {}
        for source in self._sources:
            if source.kind == "tcp-listen":
                self._listen(source)
            elif source.kind == "tcp-connect":
                self._retry[source.name] = (0.0, FIRST_RETRY_S)
            elif source.kind == "serial":
                check_bits(source.bits)
                self._retry[source.name] = (0.0, FIRST_RETRY_S)
            else:
                os.set_blocking(0, False)
                self._add(source, 0, None)

    def _listen(self, source: Source) -> None:
        host, port = endpoint(source.address, source.name)
        if host not in _LOOPBACK and not source.allow:
            raise SettingsError(
                f"source {source.name}: allow = [addresses] is required where others can connect"
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=8)
        except OSError as fault:
            raise SettingsError(f"source {source.name}: {source.address}: {fault.strerror}") from fault
        listener.setblocking(False)
        self.addresses[source.name] = listener.getsockname()[:2]
        self._selector.register(listener, selectors.EVENT_READ, (source, listener))

    def _add(self, source: Source, descriptor: int, stream: socket.socket | None) -> None:
        self._number += 1
        login = source.login
        prompt = login.get("prompt", "").encode() if stream is not None else b""
        frames = framing(self._framings.get(source.name, "lines"))
        found = _Connection(source, self._number, descriptor, frames, prompt)
        found.socket = stream
        if stream is not None:
            stream.setblocking(False)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._open[descriptor] = found
        self._selector.register(descriptor, selectors.EVENT_READ, None)

    @property
    def idle(self) -> bool:
        """Whether no stream is open and none can come: standard input has ended, and there is nothing else."""
        return not self._open and all(one.kind == "stdin" for one in self._sources)

    def poll(self, timeout_s: float) -> None:
        """Wait at most so long for octets, and take what came."""
        self._reconnect()
        for key, _events in self._selector.select(timeout_s):
            if key.data is None:
                self._read(self._open[key.fd])
            else:
                self._accept(*key.data)

    def _accept(self, source: Source, listener: socket.socket) -> None:
        try:
            stream, peer = listener.accept()
        except OSError:
            return
        allowed = source.allow or _LOOPBACK
        if peer[0] not in allowed or len(self._open) >= MOST_CONNECTIONS:
            stream.close()
            return
        self._add(source, stream.fileno(), stream)

    def _reconnect(self) -> None:
        for source in self._sources:
            due = self._retry.get(source.name)
            if due is None or due[0] > self._now():
                continue
            try:
                self._connect(source)
            except OSError:
                self._retry[source.name] = (self._now() + due[1], min(2 * due[1], LAST_RETRY_S))
                continue
            del self._retry[source.name]

    def _connect(self, source: Source) -> None:
        if source.kind == "serial":
            line = open_line(source)
            self._lines[line.fileno()] = line
            self._add(source, line.fileno(), None)
            return
        stream = socket.create_connection(endpoint(source.address, source.name), timeout=1.0)
        self._add(source, stream.fileno(), stream)

    def hold(self, *, held: bool) -> None:
        """Tell serial lines whether the PBX may send; connections are held by not reading them."""
        for line in self._lines.values():
            ready(line, is_ready=not held)

    def _read(self, one: _Connection) -> None:
        try:
            octets = os.read(one.descriptor, READ)
            lines = one.frames.feed(self._past_login(one, octets))
        except BlockingIOError:
            return
        except (OSError, FrameError):
            octets, lines = b"", []
        self._hand_on(one, lines)
        if not octets:
            self._close(one)

    def _past_login(self, one: _Connection, octets: bytes) -> bytes:
        """Answer a prompt once; what stands before it is no ticket."""
        if not one.prompt or one.socket is None:
            return octets
        one.seen = (one.seen + octets)[-READ:]
        if one.prompt not in one.seen:
            return b""
        rest = one.seen.partition(one.prompt)[2]
        one.prompt = b""
        answer = (self._base / one.source.login.get("send_file", "")).read_bytes()
        with suppress(OSError):
            one.socket.sendall(answer)
        return rest.lstrip()

    def _hand_on(self, one: _Connection, lines: Iterable[bytes]) -> None:
        self._take(one.source, [(line, one.number) for line in lines])

    def _close(self, one: _Connection) -> None:
        self._hand_on(one, one.frames.end())
        self._selector.unregister(one.descriptor)
        del self._open[one.descriptor]
        if one.socket is not None:
            one.socket.close()
        if one.descriptor in self._lines:
            self._lines.pop(one.descriptor).close()
        if one.source.kind in ("tcp-connect", "serial"):
            self._retry[one.source.name] = (self._now() + FIRST_RETRY_S, 2 * FIRST_RETRY_S)

    def close(self) -> None:
        """End every stream; an unfinished line is stored as it is."""
        for one in list(self._open.values()):
            self._close(one)
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data[1].close()
        self._selector.close()
