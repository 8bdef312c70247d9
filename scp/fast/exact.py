"""The SCP node for long simulated runs: a message equal to an earlier one in all but a few fields gets the same answer.

Two queries are alike when all their octets are the same but SLS and transaction ID; then the decision is the same, unless
what was judged of its pair of classes leaves rules that ask for the moment: then those rules are asked again.
Two termination notifications are alike when all but SLS, echo data and connect time are the same. What is not like an
earlier message takes the general way, and what the general node made of it is learned: a query only when the octets put
together for it are the very octets that the general node sent. The short way rests while anything is unusual, and for good
once anybody told the node of the network's status.

Unlike `FastNode`, which serves callers it never saw, this one knows whole messages; so it also answers hosts and
overflows, and it reports each decision (`Decided`, without a path), which a run's rating needs.

Limits: 4 masks of one length, 16,384 messages; then those are forgotten.
Source: performance.md section 2 (known shapes), A-240..A-244, A-264.
"""

from collections.abc import Callable
from typing import Final, final

from ain_scp.scp.answering import Decided
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.recent import Recent
from ain_scp.scp.fast.shared import SharedRepetition
from ain_scp.scp.node import ScpNode
from ain_scp.scp.sampling import TERMINATION_NOTIFICATION, completion_of
from ain_scp.scp.service_logic.judge import Judged
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.structured_types import connect_time_of
from ain_scp.signaling.shapes.holes import Holes
from ain_scp.signaling.shapes.known import Known, Place, mask_of, only
from ain_scp.signaling.shapes.layout import ECHO_HEAD, layout_of
from ain_scp.signaling.tcap import decode_package
from ain_scp.smdr.sample import CompletionSample
from ain_scp.terms.decision import Decision

MAX_MASKS: Final = 4
MAX_MESSAGES: Final = 16_384
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
_CONNECT: Final = b"\x9f\x3a\x05"


class ExactNode(ScpNode):
    """An ScpNode whose answers, counters of outcomes and samples are those of the general one; `short` = answered shortly.

    It records its decisions. `sampling` False takes no samples of what is answered the short way (they are not wanted); echo
    data go on counting.
    """

    def __init__(
        self, program: Program, config: NodeConfig, draw: Callable[[], int], *, sampling: bool = True
    ) -> None:
        super().__init__(program, config, self._drawn, record_decisions=True)
        recent = Recent(config.t1_ms * MS_NS, config.repeats_kept)
        self.repetition = SharedRepetition(recent)
        self.short = 0
        self._recent = recent
        self._draws = Draws(draw)
        self._owed = 0
        self._last_draw = 0
        self._sampling = sampling
        self._known: Known[KnownMessage] = Known(MAX_MASKS, MAX_MESSAGES)
        self._timer: int | None = None
        self.usual = True
        """Whether the general node would do nothing but decide and answer."""

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on (A-060, A-265)."""
        super().replace(program)
        self._known.clear()

    def receive(self, octets: bytes, link: str, now: int, arrival: int | None = None) -> None:
        """Take one M3UA message as the general node does."""
        known = self._known.find(octets) if self.usual and arrival is None else None
        if known is not None and known.take(self, octets, link, now):
            self.short += 1
        else:
            self._taught(octets, link, now, arrival)

    def next_timer(self) -> int | None:
        """When `handle_timer` must be called: the short way starts no timer."""
        return self._timer

    def handle_timer(self, now: int) -> None:
        """Let old reassemblies and dialogues end."""
        super().handle_timer(now)
        self._timer = super().next_timer()
        self._rest()

    def leave(self) -> None:
        """Begin to leave the network: the general way from now on."""
        super().leave()
        self._rest()

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: link and M3UA octets."""
        out = self.lower.out
        if not out:
            return []
        sent = list(out)
        out.clear()
        return sent

    # The short way

    def _rest(self) -> None:
        """Find out whether the general node would do nothing but decide and answer: only its own messages change that."""
        overload = self.overload
        counters = self.counters
        self.usual = not (
            self._queue
            or overload.level
            or overload.controls
            or self.leaving
            or counters["management"]
            or counters["subsystem_management"]
        )

    def notified(self, known: "KnownNotification", octets: bytes, now: int) -> None:
        """Take a termination notification."""
        self.counters["received"] += 1
        self.counters["notifications"] += 1
        if self._sampling:
            self._samples.append(known.completion(octets, now, self.config.name))

    def answer(self, known: "KnownQuery", octets: bytes, link: str, now: int) -> bool:
        """Answer a query; False for one that may have come before or whose decision is not known: nothing was done."""
        recent = self._recent
        recent.turn(now)
        at = known.transaction
        transaction = octets[at : at + 4]
        asked = known.origin + transaction
        if recent.knows(asked):
            return False
        answer = known.answers.get(self._way(known.judged, now))
        if answer is None:
            return False
        self._owed += 1
        self.counters["received"] += 1
        self.counters["answered"] += 1
        decision = answer.decision
        echo = self._sample_shortly(decision, now) if decision.sampled else None
        sls = known.sls
        sent = answer.fill(octets[sls : sls + 1], transaction, echo)
        start, end = known.package
        recent.keep(asked, now, octets[start:end], sent)
        number = int.from_bytes(transaction, "big")
        self._events.append(Decided(link, known.opc, number, now, echo, decision, None, None))
        self.lower.out.append((link, sent))
        return True

    def _sample_shortly(self, decision: Decision, now: int) -> bytes:
        if self._sampling:
            return self._sample(decision, now) or b""
        return self._next_echo()

    def _way(self, judged: Judged | None, now: int) -> int:
        """Which of the outcomes of a query it is now."""
        if judged is None:
            return _ALWAYS
        if judged.by_chance:
            self._pay()
        return judged.index(now // SECOND_NS, self._draws.peek() if judged.by_chance else 0)

    def _drawn(self) -> int:
        """Draw for the general way, after those that were owed."""
        self._pay()
        self._last_draw = self._draws.take()
        return self._last_draw

    def _pay(self) -> None:
        self._draws.skip(self._owed)
        self._owed = 0

    # Learning

    def _taught(self, octets: bytes, link: str, now: int, arrival: int | None) -> None:
        """Take a message the general way and learn from what came of it, if that was nothing unusual."""
        usual = self.usual and arrival is None
        before, sent = dict(self.counters), len(self.lower.out)
        super().receive(octets, link, now, arrival)
        self._timer = super().next_timer()
        self._rest()
        moved = {name for name, count in self.counters.items() if count != before.get(name, 0)}
        if not usual or moved not in (_ANSWERED, _NOTIFIED):
            return
        if moved == _NOTIFIED:
            self._learn(octets, *_notification(octets))
        elif len(self.lower.out) == sent + 1:
            self._learn_query(octets, self.lower.out[-1][1], now)

    def _learn_query(self, octets: bytes, sent: bytes, now: int) -> None:
        """Remember a decided query and its answer."""
        decided = self._events[-1]
        decision, layout = decided.decision, layout_of(octets)
        if decision is None or layout is None or len(layout.invokes) != 1:
            return
        judged = self._left_open(decision)
        known = KnownQuery(
            octets, layout.sls_at, layout.opc_at, layout.transaction_at, layout.package_at, judged
        )
        answer = answer_of(decision, sent, decided.echo)
        if answer is None:
            return
        at = layout.transaction_at
        places = (layout.sls_at, layout.sls_at + 1), (at, at + 4)
        filled = answer.fill(octets[layout.sls_at : layout.sls_at + 1], octets[at : at + 4], decided.echo)
        if filled != sent:
            return
        kept = self._learn(octets, known, places)
        if isinstance(kept, KnownQuery):
            way = _ALWAYS if judged is None else judged.index(now // SECOND_NS, self._last_draw)
            kept.answers[way] = answer

    def _left_open(self, decision: Decision) -> Judged | None:
        """What was judged of a decision's pair of classes, if that asks for the moment."""
        if decision.pair is None:
            return None
        customer = self.program.snapshot.customer_by_group[decision.customer]
        judged = self.program.ledger.judged(customer, decision.pair)
        return judged if judged.conditions else None

    def _learn(
        self, octets: bytes, known: "KnownMessage | None", places: tuple[Place, ...]
    ) -> "KnownMessage | None":
        """Keep what is known of messages that differ in these places only; returns what was kept before, if anything."""
        return None if known is None else self._known.keep(octets, mask_of(len(octets), places), known)


_ALWAYS: Final = 0
_ANSWERED: Final = frozenset(("received", "answered"))
_NOTIFIED: Final = frozenset(("received", "notifications"))


@final
class Answer:
    """A decision, and its answer with holes for SLS, transaction ID and, where it has them, echo data."""

    __slots__ = ("decision", "has_echo", "holes")

    def __init__(self, decision: Decision, holes: Holes, *, has_echo: bool) -> None:
        self.decision = decision
        self.holes = holes
        self.has_echo = has_echo

    def fill(self, sls: bytes, transaction: bytes, echo: bytes | None) -> bytes:
        """The octets of the answer."""
        if self.has_echo:
            return self.holes.fill((sls, transaction, echo or b""))
        return self.holes.fill((sls, transaction))


@final
class KnownQuery:
    """One query but for SLS and transaction ID, and its answers: one, or where rules ask for the moment, one by outcome."""

    __slots__ = ("answers", "judged", "opc", "origin", "package", "sls", "transaction")

    def __init__(
        self, octets: bytes, sls: int, origin: int, transaction: int, package: int, judged: Judged | None
    ) -> None:
        self.sls = sls
        self.origin = octets[origin : origin + 4]
        self.opc = int.from_bytes(self.origin, "big")
        self.transaction = transaction
        self.package: Place = package, package + octets[package - 1]
        self.judged = judged
        self.answers: dict[int, Answer] = {}

    def take(self, node: ExactNode, octets: bytes, link: str, now: int) -> bool:
        """Have it answered; False: the general way must."""
        return node.answer(self, octets, link, now)


@final
class KnownNotification:
    """One termination notification but for SLS, echo data and connect time (None: never connected)."""

    __slots__ = ("connect", "echo", "indicator")

    def __init__(self, echo: Place, connect: Place | None, indicator: int) -> None:
        self.echo = echo
        self.connect = connect
        self.indicator = indicator

    def take(self, node: ExactNode, octets: bytes, _link: str, now: int) -> bool:
        """Have it counted and sampled."""
        node.notified(self, octets, now)
        return True

    def completion(self, octets: bytes, now: int, scp: str) -> CompletionSample:
        """The sample of the call's end."""
        tenths = None
        if self.connect is not None:
            read = connect_time_of(octets[self.connect[0] : self.connect[1]])
            tenths = read if isinstance(read, int) else None
        return completion_of(octets[self.echo[0] : self.echo[1]], self.indicator, tenths, now, scp)


KnownMessage = KnownQuery | KnownNotification


def answer_of(decision: Decision, sent: bytes, echo: bytes | None) -> Answer | None:
    """Cut an answer at SLS, transaction ID and echo data; None when it is not of the plain form."""
    layout = layout_of(sent)
    if layout is None:
        return None
    places = [(layout.sls_at, layout.sls_at + 1), (layout.transaction_at, layout.transaction_at + 4)]
    place = None if echo is None else only(sent, ECHO_HEAD, echo)
    if place is not None:
        places.append(place)
    return Answer(decision, Holes(sent, places), has_echo=place is not None)


def _notification(octets: bytes) -> tuple[KnownNotification | None, tuple[Place, ...]]:
    """What is to be known of a termination notification, and its places: those of SLS, echo data and connect time."""
    data = m3ua.decode(octets).protocol_data
    unit = None if data is None else sccp.decode(data.payload)
    if data is None or not isinstance(unit, sccp.UnitData):
        return None, ()
    parts = decode_package(unit.data).components
    if len(parts) != 1:
        return None, ()
    parameters = decode_parameters(TERMINATION_NOTIFICATION, parts[0].parameter or b"")
    echo, indicator = parameters.octets("echoData"), parameters.octets("terminationIndicator")
    place = None if echo is None else only(octets, ECHO_HEAD, echo)
    payload = only(octets, b"", data.payload)
    if place is None or payload is None or indicator is None:
        return None, ()
    sls = payload[0] - 1, payload[0]
    if parameters.get("connectTime") is None:
        return KnownNotification(place, None, indicator[0]), (sls, place)
    after = only(octets, _CONNECT, b"")
    if after is None:
        return None, ()
    connect = after[0], after[0] + 5
    return KnownNotification(place, connect, indicator[0]), (sls, place, connect)
