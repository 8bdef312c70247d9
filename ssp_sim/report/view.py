"""Turns a run into the data its page holds: plain values only, nothing that needs another look at the run.

Source: interfaces.md sections 3 and 4.
"""

import contextlib
from collections.abc import Iterable, Sequence

import msgspec

from ain_scp.figures.scale import grouped
from ain_scp.signaling.ain.describe import Line
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.ladder import journeys
from ain_scp.ssp_sim.record import CallRecord, FacilitySeized, WireMessage
from ain_scp.ssp_sim.report.run import Decode, Run
from ain_scp.ssp_sim.report.topology import Topology, topology
from ain_scp.terms.localtime import text
from ain_scp.transport.loopback import Carried

MAX_CALLS = 20_000
MAX_WHOLE = 60
ALL_BUSY = "ALL_CIRCUITS_BUSY"
"""What all circuits busy is called where a facility stands.

A page has a row for `MAX_CALLS` calls, and messages, octets and whole decisions of the failing ones and the first, `MAX_WHOLE` in all:
a call in full takes twenty times the room of a row.
"""

_PERCENTS = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)


class MessageView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message: `at` in nanoseconds after the call was placed, `tree` an index into the page's trees."""

    at: int
    source: str
    destination: str
    protocol: str
    name: str
    fields: tuple[tuple[str, str], ...] = ()
    step: str = ""
    lost: bool = False
    octets: str = ""
    tree: int | None = None


class CallView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. `journeys` groups hops through STPs (indexes into `messages`)."""

    id: str
    calling: str
    dialed: str
    placed: str
    status: str
    failures: tuple[str, ...]
    legs: tuple[msgspec.Raw, ...]
    facilities: tuple[tuple[str, str | None], ...]
    messages: tuple[MessageView, ...]
    journeys: list[list[int]]
    talk_path: tuple[str, ...] = ()
    answered: int | None = None
    released: int | None = None
    ama: msgspec.Raw | None = None
    smdr: msgspec.Raw | None = None
    brief: bool = False


class LatencyView(msgspec.Struct, frozen=True):
    """Answer times in nanoseconds: percentiles, the curve to draw, and the bars (low, high, count)."""

    count: int
    mean: float
    percentiles: tuple[tuple[float, int], ...]
    curve: tuple[tuple[float, int], ...]
    bars: tuple[tuple[int, int, int], ...]


class FacilityUse(msgspec.Struct):
    """One facility over the whole run: how often it was seized, and the talk time of those calls in nanoseconds."""

    facility: str
    id: str | None
    seizures: int = 0
    talk: int = 0


class AssociationView(msgspec.Struct, frozen=True):
    """One SCTP association: who registers there and who answers, each with its point code, and what it carried."""

    registers: str
    registers_code: str
    answers: str
    answers_code: str
    streams: int
    used: str
    messages: int


class PageView(msgspec.Struct, frozen=True):
    """Everything on the page. `left_out` counts calls that are not shown; `all_busy` those that found all circuits busy."""

    title: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]
    calls: list[CallView]
    left_out: int
    brief: int
    facilities: list[FacilityUse]
    all_busy: int
    topology: Topology
    latency: LatencyView | None
    trees: list[Line]
    point_codes: dict[str, str]
    associations: list[AssociationView]


def view(run: Run) -> PageView:
    """Gather what the page shows."""
    failing = [call for call in run.calls if call.failures]
    shown = [*failing, *(call for call in run.calls if not call.failures)][:MAX_CALLS]
    kept = {id(call) for call in shown}
    shown = [call for call in run.calls if id(call) in kept]
    whole = {id(call) for call in [*failing, *(call for call in shown if not call.failures)][:MAX_WHOLE]}
    trees = _Trees(run.decode)
    return PageView(
        title=run.title,
        facts=run.facts,
        summary=run.summary,
        failures=run.failures,
        calls=[_call(call, trees) if id(call) in whole else _brief(call) for call in shown],
        brief=len(shown) - len(whole),
        left_out=len(run.calls) - len(shown),
        facilities=_facilities(run.calls),
        all_busy=sum(call.status == ALL_BUSY for call in run.calls),
        topology=topology(_messages(run.calls), run.kinds),
        latency=_latency(run.latency) if run.latency and run.latency.count else None,
        trees=trees.trees,
        point_codes=run.point_codes,
        associations=[_association(one, run.point_codes) for one in run.associations],
    )


def _association(one: Carried, codes: dict[str, str]) -> AssociationView:
    used = ", ".join(map(str, sorted(one.used)))
    client, server = codes.get(one.client, ""), codes.get(one.server, "")
    return AssociationView(one.client, client, one.server, server, one.streams, used, one.messages)


def _facilities(calls: Sequence[CallRecord]) -> list[FacilityUse]:
    """The use of every facility, over all calls, shown or not; that all circuits are busy is none."""
    found: dict[tuple[str, str | None], FacilityUse] = {}
    for call in calls:
        talk = (
            0 if call.answered_ns is None or call.released_ns is None else call.released_ns - call.answered_ns
        )
        for one in _seized(call):
            if one.facility != ALL_BUSY:
                use = found.setdefault((one.facility, one.id), FacilityUse(one.facility, one.id))
                use.seizures += 1
                use.talk += talk
    return sorted(found.values(), key=lambda use: (-use.seizures, use.facility, use.id or ""))


def _seized(call: CallRecord) -> tuple[FacilitySeized, ...]:
    return call.leg_facilities or ((call.facility,) if call.facility else ())


def _messages(calls: Iterable[CallRecord]) -> Iterable[WireMessage]:
    return (message for call in calls for message in call.messages)


class _Trees:
    """Decoded messages, each distinct one kept once."""

    def __init__(self, decode: Decode | None) -> None:
        self.decode = decode
        self.trees: list[Line] = []
        self.known: dict[bytes, int] = {}

    def number(self, message: WireMessage) -> int | None:
        if self.decode is None or not message.octets:
            return None
        if message.octets not in self.known:
            line = self.decode(message)
            if line is None:
                return None
            self.known[message.octets] = len(self.trees)
            self.trees.append(line)
        return self.known[message.octets]


def _call(call: CallRecord, trees: _Trees) -> CallView:
    return CallView(
        id=call.id,
        calling=call.calling,
        dialed=call.dialed,
        placed=text(call.placed_ns // 1_000_000_000),
        status=call.status,
        failures=call.failures,
        legs=tuple(msgspec.Raw(leg) for leg in call.legs),
        facilities=tuple((one.facility, one.id) for one in _seized(call)),
        messages=tuple(_message(message, call.placed_ns, trees) for message in call.messages),
        journeys=journeys(call.messages),
        talk_path=call.talk_path,
        answered=None if call.answered_ns is None else call.answered_ns - call.placed_ns,
        released=None if call.released_ns is None else call.released_ns - call.placed_ns,
        ama=None if call.ama is None else msgspec.Raw(call.ama),
        smdr=None if call.smdr is None else msgspec.Raw(call.smdr),
    )


class _Answer(msgspec.Struct):
    """What a row shows of an answer."""

    ama_slp_id: str | None


class _Route(msgspec.Struct):
    """What a row shows of a route."""

    kind: str


class _Leg(msgspec.Struct):
    """What a row shows of a decision."""

    ctc: int
    route: _Route
    response: _Answer


def _brief(call: CallRecord) -> CallView:
    """A call as a row: no messages, and of its decisions what the row shows."""
    legs = []
    for leg in call.legs:
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            legs.append(msgspec.Raw(msgspec.json.encode(msgspec.json.decode(leg, type=_Leg))))
    return CallView(
        id=call.id,
        calling=call.calling,
        dialed=call.dialed,
        placed=text(call.placed_ns // 1_000_000_000),
        status=call.status,
        failures=call.failures,
        legs=tuple(legs),
        facilities=tuple((one.facility, one.id) for one in _seized(call)),
        messages=(),
        journeys=[],
        brief=True,
        ama=None if call.ama is None else msgspec.Raw(call.ama),
        smdr=None if call.smdr is None else msgspec.Raw(call.smdr),
    )


def _message(message: WireMessage, placed_ns: int, trees: _Trees) -> MessageView:
    return MessageView(
        at=message.time_ns - placed_ns,
        source=message.source,
        destination=message.destination,
        protocol=message.protocol,
        name=message.name,
        fields=message.fields,
        step=message.step,
        lost=message.lost,
        octets=message.octets.hex(),
        tree=trees.number(message),
    )


def _latency(latency: Histogram) -> LatencyView:
    return LatencyView(
        count=latency.count,
        mean=latency.mean,
        percentiles=tuple((percent, latency.percentile(percent)) for percent in _PERCENTS),
        curve=tuple((percent, value) for percent, value, _ in latency.curve()),
        bars=grouped(list(latency.bars())),
    )
