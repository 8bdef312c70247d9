"""Asks a target what a capture asked, and judges each answer against the captured one.

A dialogue is played message by message: what its originator sent is sent again under our own transaction id, and every
answer is compared with the one captured. A query the capture shows no answer to (lost, or the capture ended) is asked
too; an answer to it is extra, and cannot be right or wrong.

Source: D-006; T1.114.3 (transaction ids), ain-wire section 4.3.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, Literal, Protocol

import msgspec

from ain_scp.signaling import ber
from ain_scp.signaling.ain.messages import Direction
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import PackageType, decode_package
from ain_scp.ssp_sim.capture.dialogues import Dialogue, Outcome
from ain_scp.ssp_sim.capture.dissect import Message
from ain_scp.ssp_sim.capture.portion import transaction
from ain_scp.ssp_sim.replay.meaning import Answer, Difference, differences, meaning_of

MAX_WAITING: Final = 100_000
_CALLING: Final = ("callingPartyID", "chargeNumber", "userID")
_CALLED: Final = ("calledPartyID", "collectedAddressInfo")

Judgement = Literal["equal", "different", "missing", "extra", "unanswered"]
"""`extra`: ours answered what the capture shows no answer to; `unanswered`: neither did."""


class Target(Protocol):
    """Who is asked."""

    def ask(self, payload: bytes, message: Message) -> bytes | None:
        """Send a TCAP package as `message` was sent; the TCAP package that answers, None when none came."""

    def tell(self, payload: bytes, message: Message) -> None:
        """Send a TCAP package that nothing answers (an abort)."""

    def row(self, difference: Difference) -> str:
        """The table row that decided what differs in the last answer, or empty."""


class Outcomes(msgspec.Struct, frozen=True):
    """One answer judged: where the query stands in the capture, what it asked, both answers, what differs."""

    packet: int
    time_ns: int
    transaction: str
    calling: str
    operation: str
    judgement: Judgement
    differences: tuple[Difference, ...] = ()
    expected: str = ""
    got: str = ""


class Report(msgspec.Struct):
    """Counts over a replay.

    `strays` are answers whose query the capture does not hold, `skipped` no queries to an SCP, `others` queries about
    numbers that are left out.
    """

    queries: int = 0
    equal: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    unanswered: int = 0
    strays: int = 0
    skipped: int = 0
    others: int = 0
    parameters: dict[str, int] = {}

    def add(self, outcome: Outcomes) -> None:
        """Count one answer."""
        self.queries += 1
        setattr(self, outcome.judgement, getattr(self, outcome.judgement) + 1)
        for one in outcome.differences:
            name = (
                one.parameter
                if one.parameter in ("operation", "package")
                else f"{one.operation}.{one.parameter}"
            )
            self.parameters[name] = self.parameters.get(name, 0) + 1


class ReportForm(msgspec.Struct):
    """The counts as JSON: the last object of a replay."""

    report: Report


class Player:
    """Plays dialogues into a target; `report` counts. `pace` is given each query's captured time before it is sent.

    With `called` only queries for these numbers (digits as the query has them) are asked.
    """

    def __init__(
        self,
        target: Target,
        ignore: Collection[str] = (),
        pace: Callable[[int], None] | None = None,
        called: Collection[str] = (),
    ) -> None:
        self.report = Report()
        self._target = target
        self._ignore = frozenset(ignore)
        self._pace = pace
        self._called = frozenset(called)
        self._transaction = 0

    def play(self, dialogues: Iterable[Dialogue]) -> Iterator[Outcomes]:
        """The outcome of every query, in the order of the dialogues' first messages."""
        for dialogue in in_order(dialogues):
            if dialogue.outcome is Outcome.STRAY:
                self.report.strays += 1
            elif dialogue.outcome is Outcome.UNIDIRECTIONAL or not _asks_the_scp(dialogue.messages[0]):
                self.report.skipped += 1
            elif (
                self._called
                and _number(meaning_of(dialogue.messages[0].payload), _CALLED) not in self._called
            ):
                self.report.others += 1
            else:
                for outcome in self._dialogue(dialogue):
                    self.report.add(outcome)
                    yield outcome

    def _dialogue(self, dialogue: Dialogue) -> Iterator[Outcomes]:
        self._transaction += 1
        own, answered = self._transaction, True
        theirs: int | None = 0
        captured = {
            exchange.query.frame.number: exchange.answer
            for exchange in dialogue.exchanges
            if exchange.from_originator
        }
        opener = dialogue.messages[0]
        for message in dialogue.messages:
            if message.frame.number not in captured:
                if answered and message is not opener and message.opc == opener.opc:
                    self._tell(message, own, theirs)
                continue
            if self._pace is not None:
                self._pace(message.frame.time_ns)
            got = None
            if answered:
                payload = with_transaction(message.payload, own, theirs)
                got = self._target.ask(payload, message)
            answered = got is not None
            if got is not None:
                theirs = _continued(got)
                answered = theirs is not None
            yield self._judge(dialogue, message, captured[message.frame.number], got)
            if not answered:
                theirs = 0

    def _tell(self, message: Message, own: int, theirs: int | None) -> None:
        """Pass on what the originator sent and was not answered: an abort, a last report."""
        if theirs and message.return_cause is None:
            self._target.tell(with_transaction(message.payload, own, theirs), message)

    def _judge(
        self, dialogue: Dialogue, message: Message, captured: Message | None, got: bytes | None
    ) -> Outcomes:
        asked = meaning_of(message.payload)
        expected = (
            None if captured is None or captured.return_cause is not None else meaning_of(captured.payload)
        )
        answer = None if got is None else meaning_of(got)
        judgement: Judgement
        found: tuple[Difference, ...] = ()
        if expected is None:
            judgement = "unanswered" if answer is None else "extra"
        elif answer is None:
            judgement = "missing"
        else:
            found = differences(asked, expected, answer, self._ignore)
            judgement = "different" if found else "equal"
            found = tuple(msgspec.structs.replace(one, row=self._target.row(one)) for one in found)
        identity = "" if dialogue.transaction_id is None else f"{dialogue.transaction_id:08X}"
        return Outcomes(
            message.frame.number,
            message.frame.time_ns,
            identity,
            calling_of(asked),
            " + ".join(part.name for part in asked.parts),
            judgement,
            found,
            "" if expected is None else expected.text,
            "" if answer is None else answer.text,
        )


def calling_of(asked: Answer) -> str:
    """The calling number of a query, as text."""
    return _number(asked, _CALLING)


def _number(asked: Answer, names: Collection[str]) -> str:
    """The number in the first of these parameters that a query has, or empty."""
    for name in names:
        for part in asked.parts:
            if name in part.parameters:
                return part.parameters[name].text.partition(" (")[0]
    return ""


def in_order(dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
    """Dialogues by number. They come as they end: those that wait for an earlier one are at most MAX_WAITING."""
    waiting: dict[int, Dialogue] = {}
    following = 1
    ready: deque[Dialogue] = deque()
    for dialogue in dialogues:
        waiting[dialogue.number] = dialogue
        if len(waiting) > MAX_WAITING:
            following = min(waiting)
        while following in waiting:
            ready.append(waiting.pop(following))
            following += 1
        while ready:
            yield ready.popleft()
    yield from (waiting[number] for number in sorted(waiting))


def _asks_the_scp(message: Message) -> bool:
    """Whether a dialogue's first message is a query, and not one an SCP opens."""
    try:
        if transaction(message.payload).kind not in (
            PackageType.QUERY_WITH_PERMISSION,
            PackageType.QUERY_WITHOUT_PERMISSION,
        ):
            return False
        components = decode_package(message.payload).components
    except DecodeError:
        return True  # a faulty query has its answer too
    known = operation(components[0].code or 0) if components and components[0].is_invoke else None
    return known is None or known.direction is not Direction.TO_SSP


def _continued(payload: bytes) -> int | None:
    """The other side's transaction id when its answer continues the dialogue; None when it ends the dialogue."""
    try:
        return transaction(payload).originating
    except DecodeError:
        return None


def with_transaction(payload: bytes, own: int, theirs: int | None) -> bytes:
    """The same package under other transaction ids; octets that hold none are given back as they are."""
    try:
        portion = transaction(payload)
        octets = ber.definite(payload) if payload[1:2] == b"\x80" else payload
        _, at, end = ber.header(octets, 0, len(octets))
        _, start, stop = ber.header(octets, at, end)
    except DecodeError:
        return payload
    ids = b""
    if portion.originating is not None:
        ids = own.to_bytes(4, "big")
    if portion.responding is not None:
        ids += (theirs or 0).to_bytes(4, "big")
    return octets[:start] + ids + octets[stop:] if len(ids) == stop - start else payload
