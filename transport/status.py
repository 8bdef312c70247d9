"""The health endpoint: GET /metrics and GET /health over HTTP/1.1, on this machine only.

Everything else is 404 or 405. Rules for who asks wrongly: a request is at most 8,192 octets and five seconds; a request
whose Host is no name of this machine is refused, so that a web page cannot read it by rebinding a name; sixteen
connections at most, and a new one takes the place of the oldest whose request is not complete; one request each.

Source: reliability target S3, interfaces.md section 1, RFC 9112.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from ain_scp.transport.link import Endpoint, told_of

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MAX_REQUEST_OCTETS: Final = 8_192
PATIENCE_S: Final = 5.0
MAX_CONNECTIONS: Final = 16
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
Status = Callable[[], tuple[bool, dict[str, object]]]
"""Says whether the node serves, and what to report about it."""


class HealthEndpoint:
    """The HTTP server; `patience_s` bounds reading a request and writing its answer, each."""

    def __init__(self, metrics: Callable[[], str], status: Status, *, patience_s: float = PATIENCE_S) -> None:
        self.counters: Counter[str] = Counter()
        self._metrics = metrics
        self._status = status
        self._patience = patience_s
        self._server: asyncio.Server | None = None
        self._unfinished: dict[asyncio.Task[None], None] = {}

    async def start(self, local: Endpoint) -> int:
        """Listen; the port really bound. OSError when it cannot be had, ValueError beyond loopback."""
        if not local.hosts[0].startswith("127."):
            raise ValueError(f"{local}: the health endpoint is served on this machine only (127.0.0.0/8)")
        try:
            self._server = await asyncio.start_server(
                self._connected, local.hosts[0], local.port, limit=MAX_REQUEST_OCTETS
            )
        except OSError as fault:
            raise told_of(f"metrics {local}", fault) from None
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Take no more requests."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._make_room()
        self._unfinished[task] = None
        try:
            await self._exchange(reader, writer)
        except asyncio.CancelledError:
            self.counters["refused_too_many"] += 1
        except TimeoutError:
            self.counters["cut_slow"] += 1
        except (OSError, asyncio.IncompleteReadError):
            self.counters["broken_off"] += 1
        finally:
            self._unfinished.pop(task, None)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    def _make_room(self) -> None:
        """Break off the oldest when there are too many: who sends slowly must not keep others out."""
        while len(self._unfinished) >= MAX_CONNECTIONS:
            oldest = next(iter(self._unfinished))
            del self._unfinished[oldest]
            oldest.cancel()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._patience):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                head = b""
        status, kind, body = self._answer(head)
        self.counters[f"status_{status}"] += 1
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        if status == 405:
            lines.append("Allow: GET, HEAD")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        if not head.startswith(b"HEAD "):
            writer.write(body)
        async with asyncio.timeout(self._patience):
            await writer.drain()

    def _answer(self, head: bytes) -> tuple[int, str, bytes]:
        """Return status, type and body for the head of a request."""
        if not head:
            return self._plain(431)
        line, *fields = head.decode("latin-1").split("\r\n")
        words = line.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return self._plain(400)
        hosts = [field[5:].strip() for field in fields if field[:5].lower() == "host:"]
        if len(hosts) != 1:
            return self._plain(400)
        name, colon, port = hosts[0].rpartition(":")
        if (name if colon and port.isdecimal() else hosts[0]).lower() not in _HOSTS:
            return self._plain(403)
        if words[0] not in {"GET", "HEAD"}:
            return self._plain(405)
        if words[1] == "/metrics":
            return 200, CONTENT_TYPE, self._metrics().encode()
        if words[1] == "/health":
            serving, told = self._status()
            return 200 if serving else 503, "application/json", json.dumps(told).encode() + b"\n"
        return self._plain(404)

    @staticmethod
    def _plain(status: int) -> tuple[int, str, bytes]:
        return status, "text/plain; charset=utf-8", f"{status} {_REASONS[status]}\n".encode()
