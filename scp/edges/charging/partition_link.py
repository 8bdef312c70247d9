"""What passes between the front of a partitioned ledger and the process of one partition: frames on two Unix sockets.

```
ask      ticket, verb, argument  ->  ticket, answer          an answer leaves when what it stands on is durable
call     ticket, method, args    ->  ticket, answer, record  at once: the front waits for it, and holds what it says itself
news     0, last durable record, open calls                  unasked; the first says that the partition is there
```
A frame is four octets of length and MessagePack. A partition that is gone answers nothing: everything asked of it gets None.

Source: charging.md 4.4, decision 8.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ain_scp.billing.charging.port import Greeting, Result, Standing

HEAD: Final = struct.Struct(">I")
MOST: Final = 64 << 20
CALL_S: Final = 0.5
"""How long the front waits for what it must know at once."""
METHODS: Final[dict[str, Any]] = {
    "ask": Result,
    "standing": Standing | None,
    "greeting": Greeting,
    "rounds_up": bool,
    "account_of": str | None,
    "parties": list[str],
}
"""What may be called of the door in another process, and what comes back."""

Then = Callable[[Any], None]
encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder().decode


class PartitionGone(Exception):
    """The process of a partition does not answer."""


def frame(*values: object) -> bytes:
    """The octets of one frame."""
    octets = encode(values)
    return HEAD.pack(len(octets)) + octets


class Frames(asyncio.Protocol):
    """Cuts a stream into frames; `taken` is given each, `lost` is called at the end. What is sent in one go is written in one."""

    def __init__(self, taken: Callable[[list[Any]], None], lost: Callable[[], None]) -> None:
        self._taken = taken
        self._lost = lost
        self._in = bytearray()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The stream is open."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._in += data
        at, end = 0, len(self._in)
        while end - at >= HEAD.size:
            length = HEAD.unpack_from(self._in, at)[0]
            if end - at - HEAD.size < length:
                break
            at += HEAD.size
            self._taken(decode(self._in[at : at + length]))
            at += length
        del self._in[:at]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the end is the end
        """The other process is gone."""
        self._transport = None
        self._lost()

    def send(self, *values: object) -> None:
        """Send a frame with all others of this turn of the loop."""
        if self._transport is None:
            return
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(frame(*values))

    def _flush(self) -> None:
        octets, self._out = b"".join(self._out), []
        if self._transport is not None:
            self._transport.write(octets)

    def close(self) -> None:
        """End the stream, after what was sent."""
        self._flush()
        if self._transport is not None:
            self._transport.close()


class PartitionLink:
    """The front's way to one partition, of one life of its process; `news` is told of records that became durable."""

    def __init__(
        self, asks: socket.socket, calls: socket.socket, news: Callable[[int, list[str] | None], None]
    ) -> None:
        self.up = False
        self.seen = 0
        """The last record that anything called here stands on."""
        self.durable = 0
        self._asks = asks
        self._calls = calls
        self._news = news
        self._waiting: dict[int, Then] = {}
        self._called = bytearray()
        self._asked = self._answered = 0
        self._ticket = 0
        self._frames = Frames(self._taken, self._gone)
        self._there = asyncio.Event()
        self.over = False

    async def start(self) -> bool:
        """Wait until the partition is there; False when it ended instead."""
        await asyncio.get_running_loop().create_connection(lambda: self._frames, sock=self._asks)
        await self._there.wait()
        return self.up

    def ask(self, verb: str, argument: object, then: Then) -> None:
        """Have a verb done; `then` gets the answer, None when the partition is gone."""
        if not self.up:
            then(None)
            return
        self._ticket += 1
        self._waiting[self._ticket] = then
        self._frames.send(self._ticket, verb, argument)

    async def asked(self, verb: str, argument: object) -> Any:
        """As `ask`; PartitionGone instead of None."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.ask(verb, argument, lambda answer: None if done.done() else done.set_result(answer))
        answer = await done
        if answer is None:
            raise PartitionGone
        return answer

    def call(self, method: str, *arguments: object) -> Any:
        """Ask the door there and wait; PartitionGone, also when the answer takes longer than `CALL_S`.

        Until such a late answer has come nothing more is asked: a partition that hangs holds up one call, and no other.
        """
        if not self.up:
            raise PartitionGone
        now = time.monotonic()
        try:
            self._answer_to(self._asked, now)
            self._ticket += 1
            self._asked = self._ticket
            self._calls.settimeout(CALL_S)
            self._calls.sendall(frame(self._ticket, method, arguments))
            octets = self._answer_to(self._asked, now + CALL_S)
        except OSError:
            raise PartitionGone from None
        return msgspec.msgpack.decode(octets, type=METHODS[method])

    def _answer_to(self, ticket: int, end: float) -> bytes:
        """Wait for an answer, unless it has come; OSError when it does not come by an instant."""
        octets = b""
        while self._answered != ticket:
            self._answered, octets, self.seen = self._read(end)
        return octets

    def _read(self, end: float) -> Any:
        """One frame of the calls' socket; OSError when it does not come by an instant."""
        while True:
            have = len(self._called) - HEAD.size
            length = HEAD.unpack_from(self._called)[0] if have >= 0 else 0
            if 0 <= length <= have:
                octets = bytes(self._called[HEAD.size : HEAD.size + length])
                del self._called[: HEAD.size + length]
                return decode(octets)
            self._calls.settimeout(max(end - time.monotonic(), 0.001))
            more = self._calls.recv(65_536)
            if not more:
                raise OSError("the partition has ended")
            self._called += more

    def _taken(self, values: list[Any]) -> None:
        ticket = values[0]
        if ticket:
            then = self._waiting.pop(ticket, None)
            if then is not None:
                then(values[1])
            return
        self.durable = values[1]
        if not self.up and not self.over:
            self.up = True
            self._there.set()
        self._news(self.durable, values[2])

    def _gone(self) -> None:
        self.up, self.over = False, True
        self._there.set()
        waiting, self._waiting = self._waiting, {}
        for then in waiting.values():
            then(None)
        self._news(self.durable, None)

    def close(self) -> None:
        """End; the partition's process ends with it."""
        self.over = True
        self._frames.close()
        with contextlib.suppress(OSError):
            self._calls.close()
