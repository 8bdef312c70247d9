"""The MQTT edge: journals published to a broker with an acknowledged position, and received from one.

One topic per journal, `<prefix>/smdr/<SCP>`, `<prefix>/ama/<switch>` and `<prefix>/balance/<ledger>`, batches as in
`ain_scp.journal.publication`, QoS 1. What confirms a batch is a choice:

`broker`    the broker's PUBACK. A broker killed before it delivered or saved loses what it confirmed, so after every lost
            connection everything confirmed in the last 30 minutes is sent again; receivers recognise repeats. What a
            broker loses while there is no publisher stays lost.
`receiver`  a message `{"journal": hex, "last": number}` on `<topic>/accepted` from the one that stores the records. Nothing is
            lost then, whatever happens to the broker, because the position moves only over what is stored elsewhere. A
            receiver that says `<prefix>/hello`, or repeats a number, gets what it lacks at once, else after 10 s.

aiomqtt (extra `mqtt`) is imported only when a connection is wanted.

Source: D-008, D-011, A-225, A-242; libraries.md sections 0 and 3 (a killed broker loses confirmed QoS 1 messages).
"""

import asyncio
import contextlib
import logging
import math
import ssl
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final, Literal

import msgspec

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.publication import Batch, Publication
from ain_scp.scp.edges.journals.mqtt_broker import Broker, tls_context
from ain_scp.scp.ending import end_tasks

Confirm = Literal["broker", "receiver"]
Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs what touches a journal where journals may be touched: the journal's own thread."""

AGAIN_S: Final = 1800.0
"""How long a broker may keep what it confirmed in memory only: mosquitto's autosave_interval is 1800 s by default."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
TIMEOUT_S: Final = 10.0
IDLE_S: Final = 0.2
RESEND_S: Final = 10.0
AGAIN_PAUSE_S: Final = 0.25
KEEPALIVE_S: Final = 15
MARKS: Final = 4096


HELLO: Final = "hello"
"""Topic under the prefix on which a receiver says that it begins to listen."""


class MqttAbsent(Exception):
    """MQTT cannot be used: the library is not installed, or credentials or certificates cannot be read. One sentence."""


class Accepted(msgspec.Struct, frozen=True):
    """A receiver's word: everything of that journal up to `last` is stored."""

    journal: str
    last: int


_ACCEPTED: Final = msgspec.json.Decoder(Accepted)


def library() -> Any:
    """The aiomqtt module; MqttAbsent when it is not installed."""
    try:
        import aiomqtt
    except ImportError:
        raise MqttAbsent("MQTT needs the extra: pip install 'ain-scp[mqtt]'") from None
    return aiomqtt


def quiet_logger() -> logging.Logger:
    """A logger that drops everything: packets and pending calls are nothing for a log, and credentials even less."""
    logger = logging.getLogger("ain.mqtt")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


@contextlib.asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[Any]:
    """A connection; the library's own error when it fails or ends, MqttAbsent when none can be tried."""
    aiomqtt = library()
    try:
        context = tls_context(broker)
    except (OSError, ssl.SSLError) as error:
        raise MqttAbsent(f"certificates of {broker}: {error.strerror or error}") from None
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        tls_context=context,
        logger=quiet_logger(),
        timeout=TIMEOUT_S,
        keepalive=KEEPALIVE_S,
        max_inflight_messages=64,
    )
    async with client:
        yield client


class Publisher:
    """Publishes any number of journals over one connection and keeps trying; `tell` gets one line per change of state.

    `run` carries what touches a journal. Nothing here raises but JournalFault and MqttAbsent: no broker is no error.
    """

    def __init__(
        self,
        broker: Broker,
        publications: dict[str, Publication],
        run: Run,
        tell: Callable[[str], None],
        confirm: Confirm = "broker",
    ) -> None:
        self.broker = broker
        self._of = {f"{broker.prefix}/{name}": publication for name, publication in publications.items()}
        self._run = run
        self._tell = tell
        self._confirm = confirm
        self._news = asyncio.Event()
        self._told = ""
        self._marks: dict[str, deque[tuple[float, int]]] = {topic: deque(maxlen=MARKS) for topic in self._of}
        self._sent_at: dict[str, float] = {}
        self._again: set[str] = set()
        self.sent = 0
        self.connected = False

    def figures(self) -> dict[str, float]:
        """What an operator watches: whether there is a connection, records not confirmed, records handed over."""
        return {"connected": float(self.connected), "waiting": self.waiting, "published": self.sent}

    @property
    def waiting(self) -> int:
        """Durable records not confirmed."""
        return sum(one.waiting for one in self._of.values())

    def news(self) -> None:
        """More records are durable."""
        self._news.set()

    async def publish(self, *, until_empty: bool = False, patience_s: float = math.inf) -> bool:
        """Publish until cancelled, or until nothing waits, or until `patience_s` passed without a confirmation.

        True when nothing waits.
        """
        error = library().MqttError
        loop = asyncio.get_running_loop()
        for topic in self._of:
            self._mark(topic)
        pause, since, before = FIRST_PAUSE_S, loop.time(), self.waiting
        while not (until_empty and not self.waiting):
            try:
                async with connected(self.broker) as client:
                    self._say(f"connected to {self.broker}")
                    pause = FIRST_PAUSE_S
                    self.connected = True
                    await self._session(client, until_empty=until_empty, patience_s=patience_s)
            except (error, OSError) as fault:
                self._say(f"{self.broker}: {_reason(fault)}; {self.waiting} records wait in the journal")
            finally:
                self.connected = False
            await self._begin_again()
            if self.waiting < before:
                before, since = self.waiting, loop.time()
            if loop.time() - since >= patience_s:
                break
            if self.waiting or not until_empty:
                await asyncio.sleep(min(pause, max(patience_s - (loop.time() - since), 0.0)))
                pause = min(pause * 2, LONGEST_PAUSE_S)
        for one in self._of.values():
            await self._run(one.save)
        return not self.waiting

    async def _session(self, client: Any, *, until_empty: bool, patience_s: float) -> None:
        """One connection: send, confirm, until it breaks (the library's error) or there is nothing more to do."""
        if self._confirm == "receiver":
            for topic in (f"{self.broker.prefix}/{HELLO}", *(f"{topic}/accepted" for topic in self._of)):
                await client.subscribe(topic, qos=1)
        listening = asyncio.create_task(self._listen(client))
        sending = asyncio.create_task(self._send_all(client, until_empty=until_empty, patience_s=patience_s))
        try:
            await asyncio.wait((listening, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            results = await end_tasks((listening, sending))
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _listen(self, client: Any) -> None:
        """Take receivers' words; ends with the connection."""
        async for message in client.messages:
            topic = str(message.topic).removesuffix("/accepted")
            if topic == f"{self.broker.prefix}/{HELLO}":
                self._again.update(self._of)
                self._news.set()
                continue
            publication = self._of.get(topic)
            try:
                word = _ACCEPTED.decode(message.payload)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                continue
            if publication is not None and word.journal == publication.journal:
                before = publication.confirmed_to
                if await self._run(partial(publication.accepted, word.last)) == before:
                    self._again.add(topic)  # it has a gap: what it lacks comes after what it says
                self._news.set()

    async def _send_all(self, client: Any, *, until_empty: bool, patience_s: float) -> None:
        """Keep every stream's window full."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()
        before, since = self.waiting, loop.time()
        try:
            while not (until_empty and not self.waiting):
                self._news.clear()
                await self._fill(client, tasks)
                await self._pause(tasks)
                for task in [task for task in tasks if task.done()]:
                    tasks.discard(task)
                    task.result()
                if self.waiting != before:
                    before, since = self.waiting, loop.time()
                elif self.waiting and loop.time() - since >= patience_s:
                    return
        finally:
            await end_tasks(tasks)

    async def _fill(self, client: Any, tasks: "set[asyncio.Task[None]]") -> None:
        loop = asyncio.get_running_loop()
        for topic, publication in self._of.items():
            silent = loop.time() - self._sent_at.get(topic, loop.time())
            if self._confirm == "receiver" and publication.out and silent > RESEND_S:
                self._say(f"no receiver accepted {topic} for {RESEND_S:.0f} s; sent again")
                self._again.add(topic)
            if topic in self._again and silent > AGAIN_PAUSE_S:
                self._again.discard(topic)
                await self._run(publication.lost)
            while (batch := await self._run(publication.next_batch)) is not None:
                self._sent_at[topic] = loop.time()
                tasks.add(asyncio.create_task(self._send(client, topic, publication, batch)))

    async def _send(self, client: Any, topic: str, publication: Publication, batch: Batch) -> None:
        await client.publish(topic, batch.payload, qos=1)
        self.sent += 1
        if self._confirm == "broker":
            await self._run(partial(publication.confirmed, batch.last))
            self._mark(topic)

    async def _pause(self, tasks: "set[asyncio.Task[None]]") -> None:
        """Wait for a confirmation, for news, or a little."""
        waiting = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait((*tasks, waiting), timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    def _mark(self, topic: str) -> None:
        """Note how far a stream was confirmed when."""
        now = asyncio.get_running_loop().time()
        marks = self._marks[topic]
        if not marks or now - marks[-1][0] >= AGAIN_S / MARKS:
            marks.append((now, self._of[topic].confirmed_to))

    async def _begin_again(self) -> None:
        """After a connection: what is unconfirmed, and what a dead broker may have lost, goes out again."""
        now = asyncio.get_running_loop().time()
        for topic, publication in self._of.items():
            marks = self._marks[topic]
            while len(marks) > 1 and now - marks[1][0] > AGAIN_S:
                marks.popleft()
            again = 0
            if self._confirm == "broker" and marks:
                again = publication.confirmed_to - self._started(topic)
            await self._run(partial(publication.lost, again))

    def _started(self, topic: str) -> int:
        """Where a stream stood 30 minutes ago, or when this publisher began."""
        return self._marks[topic][0][1]

    def _say(self, line: str) -> None:
        if line.partition(";")[0] != self._told:
            self._told = line.partition(";")[0]
            self._tell(f"mqtt: {line}")


def _reason(fault: BaseException) -> str:
    """The fault as one short line."""
    return " ".join(str(fault).split()) or type(fault).__name__


def tell_stderr(line: str) -> None:
    """One line on stderr."""
    sys.stderr.write(line + "\n")


__all__ = [
    "Accepted",
    "Confirm",
    "JournalFault",
    "MqttAbsent",
    "Publisher",
    "connected",
    "library",
    "tell_stderr",
]
