"""The Diameter server of a node: TCP connections, one peer machine each, requests to the charging door.

An answer leaves when the record it stands on is durable. A connection may have `MOST_WAITING` answers outstanding; beyond it the
server reads no further until some have left.

Source: RFC 6733 section 2.1 (transport); charging.md 6.3, decision 7.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper
from ain_scp.signaling.diameter.message import Message
from ain_scp.signaling.diameter.peer import Peer, PeerConfig, State

READ: Final = 65_536
MOST_CONNECTIONS: Final = 256
MOST_WAITING: Final = 1024
TICK_S: Final = 1.0
GOODBYE_S: Final = 1.0
PATIENCE_S: Final = 10.0
"""How long a peer may leave its answers unread."""

Send = Callable[[Message], None]
Answer = Callable[[Message, Send], None]


def here(door: DiameterDoor, keeper: LedgerKeeper, now: Callable[[], int]) -> Answer:
    """Answers of a door in this process."""

    def answer(message: Message, send: Send) -> None:
        said = door.answer(message, now())
        keeper.hold(lambda: send(said))

    return answer


class DiameterServer:
    """Listens on one address; `answer` gives the answer to a request to `send`, when it may leave; `now` is the node's clock, ns."""

    def __init__(self, answer: Answer, config: PeerConfig, now: Callable[[], int]) -> None:
        self._answer = answer
        self._config = config
        self._now = now
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.served = 0
        self.refused = 0

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. OSError when the address cannot be had."""
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Say goodbye to every peer, and end."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=2 * GOODBYE_S)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MOST_CONNECTIONS:
            self.refused += 1
            writer.close()
            return
        self._connections.add(task)
        connection = _Connection(self, reader, writer)
        try:
            await connection.run()
        except asyncio.CancelledError:
            with suppress(OSError, TimeoutError):
                await connection.goodbye()
        except (OSError, TimeoutError):
            pass  # a peer that is gone is its own affair
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    def make_peer(self) -> Peer:
        """The machine of a connection that came."""
        return Peer(self._config, self._now())

    def serve(self, message: Message, send: Send) -> None:
        """Answer a request, when that may leave."""
        self.served += 1
        self._answer(message, send)

    def clock(self) -> int:
        """The node's clock."""
        return self._now()


class _Connection:
    """One peer."""

    def __init__(
        self, server: DiameterServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._peer = server.make_peer()
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()

    async def run(self) -> None:
        """Until the peer leaves."""
        while not self._peer.closed:
            await self._room.wait()
            try:
                async with asyncio.timeout(TICK_S):
                    octets = await self._reader.read(READ)
            except TimeoutError:
                self._peer.handle_timer(self._server.clock())
                await self._flush()
                continue
            if not octets:
                return
            self._peer.receive(octets, self._server.clock())
            while (message := self._peer.next_event()) is not None:
                if message.is_request:
                    self._ask(message)
            await self._flush()

    async def goodbye(self) -> None:
        """Disconnect in order."""
        self._peer.leave()
        await self._flush()
        async with asyncio.timeout(GOODBYE_S):
            while self._peer.state is State.CLOSING and (octets := await self._reader.read(READ)):
                self._peer.receive(octets, self._server.clock())

    def _ask(self, message: Message) -> None:
        self._waiting += 1
        if self._waiting >= MOST_WAITING:
            self._room.clear()
        self._server.serve(message, self._answered)

    def _answered(self, message: Message) -> None:
        self._waiting -= 1
        self._room.set()
        self._peer.send(message)
        octets = self._peer.octets_to_send()
        if octets and not self._writer.is_closing():
            self._writer.write(octets)

    async def _flush(self) -> None:
        octets = self._peer.octets_to_send()
        if octets:
            self._writer.write(octets)
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()
