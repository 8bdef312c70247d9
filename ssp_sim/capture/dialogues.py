"""Pairs queries with their answers: transactions by address and transaction ID, with times, repeats and what is missing.

A party is the SCCP address that owns a transaction ID: its point code (the MTP label's when the address has none) and
subsystem. A query opens a dialogue under the sender's ID; a conversation adds the other side's ID to it; a response or
an abort ends it. Only the transaction portion is read here, so that a capture with unknown components pairs, too.

Source: D-006; T1.114.2, T1.114.3 (transaction portion), ain-wire 1.1, 4.3.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

import msgspec

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import PackageType
from ain_scp.ssp_sim.capture.dissect import Message
from ain_scp.ssp_sim.capture.frame import Endpoint
from ain_scp.ssp_sim.capture.portion import Transaction, transaction
from ain_scp.terms.units import SECOND_NS

_RECORD_OCTETS: Final = 512  # what a message costs besides its octets, about


class Outcome(Enum):
    """How a dialogue ended, as far as the capture shows.

    `STRAY` is an answer whose query the capture does not hold; `UNANSWERED` one that was never ended, whether or not
    some of its messages were answered.
    """

    ANSWERED = "answered"
    ABORTED = "aborted"
    RETURNED = "returned by SCCP"
    UNANSWERED = "unanswered"
    STRAY = "stray"
    UNIDIRECTIONAL = "unidirectional"


class Exchange(msgspec.Struct, frozen=True):
    """One message and the next one from the other side, None when none came.

    `from_originator` says that the side that opened the dialogue sent `query`; the answer of the other kind of exchange
    (a SendToResource and its ResourceClear) is as slow as the caller. `repeats` counts retransmissions of `query`.
    """

    query: Message
    answer: Message | None
    from_originator: bool
    repeats: int = 0

    @property
    def response_ns(self) -> int | None:
        """Time from the first transmission of the query to the answer."""
        return None if self.answer is None else self.answer.frame.time_ns - self.query.frame.time_ns


class Dialogue(msgspec.Struct, frozen=True):
    """One transaction of a capture: its messages in order, each once, and their exchanges.

    `number` counts dialogues in the order of their first message, from 1. `transaction_id` is the originator's; None
    where there is none (Unidirectional). `repeats` are retransmissions; `relayed` are copies of messages met on another
    link, where the capture sees both sides of a signal transfer point.
    """

    number: int
    transaction_id: int | None
    outcome: Outcome
    messages: tuple[Message, ...]
    exchanges: tuple[Exchange, ...]
    repeats: int = 0
    relayed: int = 0


class DialogueLimits(msgspec.Struct, frozen=True):
    """Bounds of `Dialogues`: open dialogues, messages of one, octets of memory in all, age since the last message.

    Ended dialogues are remembered for `linger_ns` (and within the same count) to know late repeats.
    """

    dialogues: int = 100_000
    messages: int = 256
    octets: int = 256 * 1024 * 1024
    age_ns: int = 600 * SECOND_NS
    linger_ns: int = 10 * SECOND_NS


Party = tuple[int, int | None]
_Key = tuple[Party, int]
_Way = tuple[Endpoint, Endpoint]
_NO_ID: Final = -1


class _Open:
    """An open dialogue."""

    __slots__ = (
        "keys",
        "last_ns",
        "messages",
        "number",
        "octets",
        "originator",
        "relayed",
        "repeats",
        "transaction_id",
    )

    def __init__(self, number: int, originator: Party, transaction_id: int) -> None:
        self.number = number
        self.originator = originator
        self.transaction_id = transaction_id
        self.keys: list[_Key] = [(originator, transaction_id)]
        self.messages: list[tuple[Message, bool]] = []
        self.repeats: dict[int, int] = {}  # by index of the message repeated
        self.relayed = 0
        self.octets = 0
        self.last_ns = 0

    def close(self, outcome: Outcome) -> Dialogue:
        """Return what is known of it."""
        return Dialogue(
            self.number,
            self.transaction_id,
            outcome,
            tuple(message for message, _ in self.messages),
            _exchanges(self.messages, self.repeats, outcome),
            sum(self.repeats.values()),
            self.relayed,
        )


def _exchanges(
    messages: list[tuple[Message, bool]], repeats: dict[int, int], outcome: Outcome
) -> tuple[Exchange, ...]:
    """Pair each message with the next one if that is from the other side; the last of an ended dialogue asks nothing."""
    exchanges: list[Exchange] = []
    for index, (message, from_originator) in enumerate(messages):
        answer: Message | None = None
        if index + 1 < len(messages):
            following, other = messages[index + 1]
            answer = following if other != from_originator else None
        elif outcome is not Outcome.UNANSWERED or (index and not from_originator):
            continue
        exchanges.append(Exchange(message, answer, from_originator, repeats.get(index, 0)))
    return tuple(exchanges)


class Dialogues:
    """Takes the messages of a capture in order and gives each dialogue when it ends, the unended ones at `close`.

    `counts` says what is in no dialogue: other MTP users, what has no transaction portion, repeats after the end,
    messages over the bound of one dialogue. Bounds are those of `DialogueLimits`; what gives way to them is given as
    unanswered and counted.

    Source: D-006; T1.114.4 (transaction handling).
    """

    def __init__(self, limits: DialogueLimits | None = None) -> None:
        self._limits = limits if limits is not None else DialogueLimits()
        self._open: OrderedDict[int, _Open] = OrderedDict()  # by number, least recently active first
        self._by_key: dict[_Key, _Open] = {}
        self._ended: OrderedDict[tuple[_Key, int], int] = (
            OrderedDict()
        )  # hashes of last messages, their times; oldest first
        self._ways: dict[tuple[_Key, int], _Way] = {}  # of Unidirectional packages among `_ended`
        self._octets = 0
        self._number = 0
        self.counts: dict[str, int] = {}

    def receive(self, message: Message) -> list[Dialogue]:
        """Take one message; return the dialogues that it, or the time that has passed, ends."""
        if message.called is None or message.calling is None:
            return self._count("not SCCP")
        if message.return_cause is not None:
            return self._returned(message)
        try:
            portion = transaction(message.payload)
        except DecodeError:
            return self._count("no TCAP transaction portion")
        ended = self._expire(message.frame.time_ns)
        if portion.kind is PackageType.UNIDIRECTIONAL:
            ended += self._unidirectional(message)
        elif portion.responding is None:
            self._query(message, portion.originating or 0, ended)
        else:
            self._answer(message, portion, portion.responding, ended)
        return ended

    def close(self) -> list[Dialogue]:
        """Return all dialogues that were never ended."""
        return [self._end(dialogue, Outcome.UNANSWERED) for dialogue in list(self._open.values())]

    def pair(self, messages: Iterable[Message]) -> Iterator[Dialogue]:
        """Give the dialogues of all messages, in the order in which they end."""
        for message in messages:
            yield from self.receive(message)
        yield from self.close()

    def _count(self, reason: str) -> list[Dialogue]:
        self.counts[reason] = self.counts.get(reason, 0) + 1
        return []

    def _single(self, message: Message, transaction_id: int | None, outcome: Outcome) -> Dialogue:
        self._number += 1
        return Dialogue(self._number, transaction_id, outcome, (message,), ())

    def _unidirectional(self, message: Message) -> list[Dialogue]:
        """A package of its own; the same one on another link within the time remembered is a copy of it."""
        entry = ((_sender(message), _NO_ID), hash(message.payload))
        way = self._ways.get(entry)
        if way is not None and entry in self._ended and way != _way(message):
            return self._count("relayed")
        self._ways[entry] = _way(message)
        self._remember(entry[0], message, message.frame.time_ns)
        return [self._single(message, None, Outcome.UNIDIRECTIONAL)]

    def _query(self, message: Message, identity: int, ended: list[Dialogue]) -> None:
        key = (_sender(message), identity)
        dialogue = self._by_key.get(key)
        if dialogue is not None:
            if self._is_repeat(dialogue, message):
                return
            ended.append(self._end(dialogue, Outcome.UNANSWERED))  # its ID is used again
        elif (key, hash(message.payload)) in self._ended:
            self._count("repeat after the end")
            return
        self._number += 1
        dialogue = _Open(self._number, key[0], identity)
        self._by_key[key] = dialogue
        self._append(dialogue, message, ended)

    def _answer(self, message: Message, portion: Transaction, responding: int, ended: list[Dialogue]) -> None:
        key = (_receiver(message), responding)
        dialogue = self._by_key.get(key)
        if dialogue is None:
            if (key, hash(message.payload)) in self._ended:
                self._count("repeat after the end")
            else:
                ended.append(self._single(message, responding, Outcome.STRAY))
            return
        if self._is_repeat(dialogue, message):
            return
        if portion.originating is not None:
            own = (_sender(message), portion.originating)
            if own not in self._by_key and len(dialogue.keys) < 2:
                dialogue.keys.append(own)
                self._by_key[own] = dialogue
        self._append(dialogue, message, ended)
        if portion.kind is PackageType.RESPONSE:
            ended.append(self._end(dialogue, Outcome.ANSWERED, key))
        elif portion.kind is PackageType.ABORT:
            ended.append(self._end(dialogue, Outcome.ABORTED, key))

    def _returned(self, message: Message) -> list[Dialogue]:
        """A UDTS brings a message back to its sender: the ID in it is the receiver's own."""
        try:
            portion = transaction(message.payload)
        except DecodeError:
            return self._count("no TCAP transaction portion")
        ended = self._expire(message.frame.time_ns)
        dialogue = self._by_key.get((_receiver(message), portion.originating or 0))
        if dialogue is None or portion.originating is None:
            ended.append(self._single(message, portion.originating, Outcome.STRAY))
            return ended
        self._append(dialogue, message, ended)
        ended.append(self._end(dialogue, Outcome.RETURNED))
        return ended

    def _is_repeat(self, dialogue: _Open, message: Message) -> bool:
        for index, (earlier, _) in enumerate(dialogue.messages):
            if earlier.payload == message.payload and _sender(earlier) == _sender(message):
                if _way(earlier) == _way(message):
                    dialogue.repeats[index] = dialogue.repeats.get(index, 0) + 1
                else:
                    dialogue.relayed += 1
                return True
        return False

    def _append(self, dialogue: _Open, message: Message, ended: list[Dialogue]) -> None:
        if len(dialogue.messages) >= self._limits.messages:
            self._count("dialogue with too many messages")
        else:
            from_originator = message.return_cause is None and _sender(message) == dialogue.originator
            dialogue.messages.append((message, from_originator))
            size = _RECORD_OCTETS + len(message.payload) + len(message.frame.octets)
            dialogue.octets += size
            self._octets += size
        dialogue.last_ns = message.frame.time_ns
        self._open[dialogue.number] = dialogue
        self._open.move_to_end(dialogue.number)
        while len(self._open) > self._limits.dialogues or self._octets > self._limits.octets:
            oldest = next(iter(self._open.values()))
            if oldest is dialogue:
                return
            self._count("too many open dialogues")
            ended.append(self._end(oldest, Outcome.UNANSWERED))

    def _end(self, dialogue: _Open, outcome: Outcome, key: _Key | None = None) -> Dialogue:
        self._open.pop(dialogue.number, None)
        for one in dialogue.keys:
            if self._by_key.get(one) is dialogue:
                del self._by_key[one]
        self._octets -= dialogue.octets
        if key is not None:
            self._remember(dialogue.keys[0], dialogue.messages[0][0], dialogue.last_ns)
            self._remember(key, dialogue.messages[-1][0], dialogue.last_ns)
        return dialogue.close(outcome)

    def _remember(self, key: _Key, message: Message, now_ns: int) -> None:
        entry = (key, hash(message.payload))
        self._ended[entry] = now_ns
        self._ended.move_to_end(entry)
        if len(self._ended) > 2 * self._limits.dialogues:
            self._ways.pop(self._ended.popitem(last=False)[0], None)

    def _expire(self, now_ns: int) -> list[Dialogue]:
        """End what is too old; a clock that jumps back makes nothing older."""
        ended: list[Dialogue] = []
        while self._open:
            oldest = next(iter(self._open.values()))
            if now_ns - oldest.last_ns <= self._limits.age_ns:
                break
            ended.append(self._end(oldest, Outcome.UNANSWERED))
        while self._ended:
            first = next(iter(self._ended))
            if now_ns - self._ended[first] <= self._limits.linger_ns:
                break
            del self._ended[first]
            self._ways.pop(first, None)
        return ended


def _sender(message: Message) -> Party:
    calling = message.calling
    if calling is None or calling.point_code is None:
        return message.opc, calling.ssn if calling is not None else None
    return calling.point_code, calling.ssn


def _way(message: Message) -> _Way:
    return message.frame.source, message.frame.destination


def _receiver(message: Message) -> Party:
    called = message.called
    if called is None or called.point_code is None:
        return message.dpc, called.ssn if called is not None else None
    return called.point_code, called.ssn
