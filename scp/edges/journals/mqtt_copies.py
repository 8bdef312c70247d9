"""The receiving end of published journals: a copy of each journal, record for record, and the word that it is stored.

A copy has the identity and the sequence numbers of its original, so the record commands work on it as on the original.
Repeats are recognised and not stored twice; a gap is never stored: it is told, and the sender, told how far the copy
reaches, sends again.

Source: D-008, A-248; reliability.md section 5 (rule 4), D7.
"""

from collections.abc import Callable

import msgspec

from ain_scp.journal.directory import KINDS, RecordDirectory
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.publication import Receiver
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.edges.journals.mqtt_broker import Broker
from ain_scp.scp.edges.journals.mqtt_publisher import HELLO, Accepted, connected

WORD_S = 1.0
"""How long a word may take to leave: a connection that died in this moment would hold it for ever. Lost words are repeated."""
LIMITS = Limits(low_octets=16 << 20, floor_octets=4 << 20)


class Copies:
    """The copies of all journals that are received into one record directory."""

    def __init__(self, directory: RecordDirectory, now_ms: Callable[[], int]) -> None:
        self._directory = directory
        self._now_ms = now_ms
        self._journals: dict[str, Journal] = {}
        self.records = 0
        self.repeated = 0

    def take(self, name: str, payload: bytes) -> Accepted:
        """Store the batch of a journal ("smdr/SCP", "ama/SSP2004") durably and say how far its copy reaches.

        JournalFault for what is no batch of that journal, or leaves a gap, or cannot be stored; ValueError for a name
        that is none.
        """
        kind, _, owner = name.partition("/")
        stream = stream_of(kind, owner)
        journal = self._journals.get(name)
        first = Receiver(stream)
        fresh = first.receive(payload)
        if journal is None:
            journal = self._open(kind, owner, bytes.fromhex(first.journal))
            self._journals[name] = journal
        if journal.identity.hex() != first.journal:
            raise JournalFault("CORRUPT", f"{name}: another journal than the one copied here")
        behind = [record for record in fresh if record.sequence > journal.durable]
        self.repeated += len(fresh) - len(behind)
        if behind and behind[0].sequence != journal.durable + 1:
            raise JournalFault(
                "CORRUPT", f"{name}: records {journal.durable + 1} to {behind[0].sequence - 1} are missing"
            )
        for record in behind:
            journal.append(bytes(record.record))
        journal.commit(self._now_ms())
        self.records += len(behind)
        return Accepted(first.journal, journal.durable)

    def reach(self, name: str) -> Accepted | None:
        """How far the copy of a journal reaches; None when none was begun."""
        journal = self._journals.get(name)
        return None if journal is None else Accepted(journal.identity.hex(), journal.durable)

    def close(self) -> None:
        """Seal the copies."""
        for journal in self._journals.values():
            journal.close(self._now_ms())

    def _open(self, kind: str, owner: str, identity: bytes) -> Journal:
        self._directory.prepare(kind)
        of = {
            "smdr": self._directory.samples,
            "ama": self._directory.usage,
            "balance": self._directory.notices,
        }
        storage = of[kind](owner)
        return Journal.open(storage, self._now_ms(), LIMITS, identity)


def stream_of(kind: str, owner: str) -> str:
    """The stream's name in batches and positions: letters, digits and underscores; ValueError for no kind of journal."""
    if kind not in KINDS:
        raise ValueError(f"{kind}: no kind of record")
    return f"{kind}_{owner.replace('-', '_')}"


async def receive(broker: Broker, copies: Copies, tell: Callable[[str], None], idle_s: float | None) -> None:
    """Copy whatever is published under the prefix; ends after `idle_s` without a message (None: never).

    The library's own error when the connection fails: begin again, nothing is lost by it.
    """
    import asyncio

    async with connected(broker) as client:
        for kind in KINDS:
            await client.subscribe(f"{broker.prefix}/{kind}/+", qos=1)
        await client.publish(f"{broker.prefix}/{HELLO}", b"", qos=0)
        tell(f"mqtt: receiving from {broker}")
        messages = client.messages.__aiter__()
        while True:
            try:
                message = await asyncio.wait_for(anext(messages), idle_s)
            except TimeoutError:
                return
            name = str(message.topic)[len(broker.prefix) + 1 :]
            word: Accepted | None
            try:
                word = copies.take(name, message.payload)
            except (JournalFault, ValueError) as fault:
                tell(f"mqtt: {fault}")
                word = copies.reach(name)
            if word is not None:
                await client.publish(
                    f"{message.topic}/accepted", msgspec.json.encode(word), qos=0, timeout=WORD_S
                )
