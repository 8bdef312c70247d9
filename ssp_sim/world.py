"""The world: nodes joined by a fabric, telephones that place calls, and the record of what happened.

The world delivers octets, MF signals and telephone signals between nodes in virtual time, plays the telephones as the call
plans say, and keeps one CallRecord per call (and the messages, when asked). It knows a node only by its verbs; the
service control point is attached from outside like any other node.

Every call placed ends in exactly one status: `offered` = the sum of `statuses` once `run` returned.

Source: interfaces.md section 3, A-178, A-179, A-264, AMB-70; house.md section 2.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from ain_scp.provisioning.rows import DataSet
from ain_scp.ssp_sim import topology
from ain_scp.ssp_sim.fabric import Fabric, way_round
from ain_scp.ssp_sim.kernel import Kernel, Lane, NodeTimers
from ain_scp.ssp_sim.nodes.call_ending import REFUSED
from ain_scp.ssp_sim.nodes.call_plan import CallPlan, Habits
from ain_scp.ssp_sim.nodes.events import (
    Addressed,
    Announced,
    CallAnswered,
    CallEnded,
    FacilityChosen,
    LineEvent,
    LineSignal,
    Noted,
    Presented,
    Refused,
    TransactionOpened,
    TrunkEvent,
)
from ain_scp.ssp_sim.nodes.figure_steps import with_steps
from ain_scp.ssp_sim.nodes.telephones import LiveCall, Telephones
from ain_scp.ssp_sim.nodes.usage import UsageWriter
from ain_scp.ssp_sim.record import AddressMessage, CallRecord, FacilitySeized, Release, Shown, WireMessage
from ain_scp.ssp_sim.recorder import Beside, Recorder
from ain_scp.ssp_sim.stations import Carry, Node, NodeStation, Station, SwitchStation, Ways
from ain_scp.ssp_sim.topology import NetworkOptions

MOST_PLACES: Final = 65_536
"""Callers whose access switch is remembered."""


def stream(seed: int, name: str) -> random.Random:
    """Return the named stream of chance of a run; the same seed and name give the same sequence."""
    return random.Random(f"{seed}/{name}")


__all__ = ["CallPlan", "Habits", "Node", "World", "stream"]


def _taken(arrived: tuple[Callable[[bytes, int], None], bytes], now: int) -> None:
    take, octets = arrived
    take(octets, now)


class World:
    """A network in virtual time.

    `on_record` takes each finished call at once, and then none is kept (large runs); otherwise `run` returns them in the
    order they were placed. `on_event` takes the events of attached nodes. `keep_messages` records every message with its
    call, and costs memory. `cause_of` names why a call (by id) was refused by announcement, as a switch knows only the
    announcement's number: the status is then BLOCKED:<cause>, else ANNOUNCEMENT:<number>.
    """

    def __init__(
        self,
        dataset: DataSet,
        kernel: Kernel,
        fabric: Fabric,
        seed: int,
        *,
        options: NetworkOptions | None = None,
        habits: Habits | None = None,
        write_usage: UsageWriter | None = None,
        keep_messages: bool = True,
        on_message: Callable[[WireMessage], None] | None = None,
        on_record: Callable[[CallRecord], None] | None = None,
        on_event: Callable[[str, object], None] | None = None,
        cause_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self.kernel = kernel
        self.fabric = fabric
        self.seed = seed
        self._stations: dict[str, Station] = {}
        self._switches: dict[str, SwitchStation] = {}
        self.network = topology.build(dataset, options or NetworkOptions(), write_usage, self._timers_of)
        self.habits = habits or Habits()
        self.telephones = Telephones(kernel, self.network.plan, self.habits, self._said, self._inside_pbx)
        self.offered = 0
        self.statuses: Counter[str] = Counter()
        self.messages_lost = 0
        self._sent: Counter[tuple[str, str]] = Counter()
        self._ways: dict[tuple[str, str], Lane] = {}
        self._mf: dict[str, Lane] = {}
        self._live: dict[str, LiveCall] = {}
        self._places: dict[tuple[str, str | None, str | None], tuple[str, str]] = {}
        self._records: list[CallRecord] = []
        self._keep = keep_messages
        self._on_record = on_record
        self._on_event = on_event
        self._cause_of = cause_of
        self._transactions: dict[int, str] = {}
        self._recorder: Recorder | None = None
        if keep_messages or on_message is not None:
            names = {code: name for name, code in self.network.point_codes.items()}
            known = names, self._live, self._transactions, on_message
            self._recorder = Recorder(kernel, self.network.board, *known, keep=keep_messages)
        for name, switch in self.network.switches.items():
            self._switches[name].switch = switch
            self._stations[name] = self._switches[name]
            switch.control.watched = self._recorder is not None
        for name, stp in self.network.stps.items():
            self.attach(name, stp)

    # --- what a run is made of --------------------------------------------------------------------------------------

    def attach(self, name: str, node: Node) -> None:
        """Put a node on the network under a name; its links are named by its neighbours (SCP: the last STP)."""
        station = NodeStation(name, self.kernel, node, Ways(partial(self._way, name)), self._on_event)
        self._stations[name] = station
        station.pump()

    def _timers_of(self, name: str) -> NodeTimers:
        """Make the station of a switch, and the timers that switch will be built with."""
        station = SwitchStation(name, self.kernel, self._takers(), Ways(partial(self._way, name)))
        self._switches[name] = station
        return NodeTimers(self.kernel, station.pump)

    def _takers(self) -> dict[type, Callable[[str, Any], None]]:
        return {
            LineEvent: self._line_event,
            TrunkEvent: self._trunk_event,
            TransactionOpened: self._opened,
            Noted: self._noted,
            FacilityChosen: self._facility_chosen,
            CallAnswered: self._answered,
            Announced: self._announced,
            CallEnded: self._ended,
            Presented: self._presented,
            Addressed: self._addressed,
            Refused: self._refused,
        }

    def _way(self, source: str, destination: str) -> Carry:
        """Make the link of a node to a neighbour: a way of its own if nothing but time passes on it, else the world's."""
        station = self._stations.get(destination)
        steady = self.fabric.steady(source, destination)
        if steady is None or station is None or self._recorder is not None or self.network.mates:
            return partial(self._carry, source, destination)
        lane = self.kernel.lane(steady.delay_ns, station.arrival(source), steady.through)
        self._ways[source, destination] = lane
        return lane.put

    @property
    def messages_sent(self) -> Counter[tuple[str, str]]:
        """Messages by source and destination, lost ones included."""
        return self._sent + Counter({link: way.sent for link, way in self._ways.items()})

    def _entered(self, plan: CallPlan) -> LiveCall:
        """Enter a call that will happen."""
        if plan.id in self._live:
            raise ValueError(f"call {plan.id}: this id is taken")
        key = plan.calling, plan.trunk_group, plan.enters
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
            access = plan.enters or self.access_switch(plan.calling, plan.trunk_group)
            place = self._places[key] = access, self._wired_through(plan)
        live = self._live[plan.id] = LiveCall(plan, *place)
        self.offered += 1
        return live

    def place_calls(self, plans: Iterable[CallPlan]) -> None:
        """Let many calls happen, in time order, without holding them all: the next is read when one begins."""
        self._place_next(iter(plans))

    def access_switch(self, calling: str, trunk_group: str | None = None) -> str:
        """Return the switch a caller is connected to: where its trigger is set, else where its number is served."""
        plan = self.network.plan
        group = plan.pbx_groups.get(trunk_group) if trunk_group is not None else None
        number = group.pilot if group is not None and not group.caller_id else calling
        line = plan.line(number)
        return line.switch if line is not None and line.trigger is not None else plan.serving(number, 3)

    def _wired_through(self, plan: CallPlan) -> str:
        """Return the switch without AIN that the caller's line is wired to, empty for a line of the access switch."""
        line = self.network.plan.line(plan.calling)
        return line.through if line is not None and plan.enters is None else ""

    def run(self, until_ns: int | None = None) -> list[CallRecord]:
        """Run until nothing is left to happen (or `until_ns`); returns the records, in the order of placing."""
        if until_ns is None:
            self.kernel.run()
        else:
            self.kernel.run_until(until_ns)
        return self.records()

    def records(self) -> list[CallRecord]:
        """Return the records of the calls that are over; messages and figure steps are put in here."""
        if self._keep:
            over = [live for live in self._live.values() if live.over]
            for live in over:
                live.record.messages = with_steps(live.messages, self.network.kinds)
            return [live.record for live in over]
        return self._records

    def call_of(self, transaction: int) -> str:
        """Return the call a switch's transaction is about; empty when unknown, or over in a run that keeps nothing."""
        return self._transactions.get(transaction, "")

    def in_progress(self) -> int:
        """Count the calls placed and not over."""
        return self.offered - sum(self.statuses.values())

    def groups(self) -> list[tuple[str, str, str, int, int]]:
        """Trunk groups that were used: name, switch that seizes, far end, circuits, circuits held."""
        return [
            (group.id, group.near, group.far, group.members, group.in_use)
            for switch in self.network.switches.values()
            for group in switch.routes.groups.values()
        ]

    # --- time -------------------------------------------------------------------------------------------------------

    def _place_next(self, plans: Iterator[CallPlan]) -> None:
        plan = next(plans, None)
        if plan is not None:
            self.kernel.put_at(plan.at_ns, self._begin, (self._entered(plan), plans))

    def _begin(self, placed: tuple[LiveCall, Iterator[CallPlan]]) -> None:
        """Let one call begin and read the next."""
        live, plans = placed
        plan = live.plan
        self.network.board.open(plan.id, plan.busy, called_busy=plan.called_busy)
        self.telephones.off_hook(live)
        self._place_next(plans)

    def _carry(self, source: str, destination: str, octets: bytes) -> None:
        now = self.kernel.now
        if self.network.mates:
            destination = way_round(self.network.mates, self.fabric, source, destination, now)
        arrivals = self.fabric.carry(octets, source, destination, now)
        self._sent[source, destination] += 1
        self.messages_lost += not arrivals
        if self._recorder is not None:
            self._recorder.wire(source, destination, octets, lost=not arrivals)
        station = self._stations.get(destination)
        for arrival in arrivals:
            if station is not None:
                self.kernel.put_at(now + arrival.delay_ns, station.arrival(source), arrival.octets)

    def carry_beside(self, beside: Beside, take: Callable[[bytes, int], None]) -> None:
        """Carry a message that is no signaling; `take` gets it where it arrives."""
        now = self.kernel.now
        arrivals = self.fabric.carry_beside(beside.octets, beside.source, beside.destination, now)
        if self._recorder is not None:
            self._recorder.beside(beside, lost=not arrivals)
        for arrival in arrivals:
            self.kernel.at(now + arrival.delay_ns, _taken, (take, arrival.octets))

    # --- events of nodes --------------------------------------------------------------------------------------------

    def _line_event(self, name: str, event: LineEvent) -> None:
        """Carry a switch's signal to its telephone."""
        signal = event.signal
        live = self._live.get(signal.call)
        if self._recorder is not None:
            self._recorder.heard(live, name, signal)
        if live is not None and not live.over:
            self.telephones.hear(live, name, signal)

    def _noted(self, name: str, event: Noted) -> None:
        if self._recorder is not None:
            self._recorder.noted(name, event)

    def _facility_chosen(self, name: str, event: FacilityChosen) -> None:
        live = self._live.get(event.call)
        if live is not None:
            live.facilities[name] = FacilitySeized(event.facility, event.id)

    def _trunk_event(self, name: str, event: TrunkEvent) -> None:
        if self._recorder is not None:
            self._recorder.trunk(name, event)
        lane = self._mf.get(event.to)
        if lane is None:
            take = self._switches[event.to].take_trunk
            lane = self._mf[event.to] = self.kernel.lane(self.habits.mf_delay, take)
        lane.put(event.signal)

    def _answered(self, _name: str, event: CallAnswered) -> None:
        live = self._live.get(event.call)
        if live is None:
            return
        live.answered = True
        live.record.answered_ns = self.kernel.now
        live.record.connected = live.presented or None
        live.record.talk_path = self.network.board.path(event.call)
        self.telephones.talk(live)

    def _opened(self, name: str, event: TransactionOpened) -> None:
        """Remember whose a transaction is, as long as the call lasts, or to the end of a run that keeps messages."""
        live = self._live.get(event.call)
        if live is not None:
            live.transactions.append(event.transaction)
            live.record.queries += ((name, event.service),)
            self._transactions[event.transaction] = event.call

    def _presented(self, _name: str, event: Presented) -> None:
        live = self._live.get(event.call)
        if live is not None:
            live.presented = event.line
            live.record.shown = Shown(event.number or None, event.name or None)

    def _addressed(self, name: str, event: Addressed) -> None:
        live = self._live.get(event.call)
        if live is not None:
            said = event.translation
            digits = said.dialed or None, said.translated, said.jurisdiction or None
            live.record.iams += (AddressMessage(name, event.to, event.called, *digits),)

    def _refused(self, name: str, event: Refused) -> None:
        live = self._live.get(event.call)
        if live is not None and live.record.released is None:
            live.record.released = Release(name, event.cause)

    def _announced(self, _name: str, event: Announced) -> None:
        live = self._live.get(event.call)
        if live is not None:
            live.announced = self._announcement_status(event)

    def _announcement_status(self, event: Announced) -> str:
        """Name why a call ends with an announcement: the switch's own reason, or that of the answer it obeys."""
        if event.cause == "DEFAULT_TREATMENT":
            return event.cause
        if event.cause:
            return f"ANNOUNCEMENT:{event.cause}"
        cause = self._cause_of(event.call) if self._cause_of is not None else None
        return f"BLOCKED:{cause}" if cause else f"ANNOUNCEMENT:{event.announcement}"

    def _ended(self, _name: str, event: CallEnded) -> None:
        live = self._live.get(event.call)
        if live is None or not event.originating or live.over:
            return
        live.over = True
        record = live.record
        by_announcement = event.status in ("FAILED", REFUSED) or event.status.startswith("ANNOUNCEMENT")
        record.status = live.announced if by_announcement and live.announced else event.status
        record.released_ns = self.kernel.now
        self.telephones.put_down(live)
        record.leg_facilities = tuple(live.facilities.values())
        record.facility = record.leg_facilities[0] if record.leg_facilities else None
        self.statuses[record.status] += 1
        self.network.board.close(event.call)
        if live.tone_wait is not None:
            live.tone_wait.cancel()
        if not self._keep:
            del self._live[event.call]
            for transaction in live.transactions:
                del self._transactions[transaction]
            if self._on_record is None:
                self._records.append(record)
        if self._on_record is not None:
            self._on_record(record)

    # --- telephones -------------------------------------------------------------------------------------------------

    def _said(self, live: LiveCall, name: str, signal: LineSignal) -> None:
        """Carry a telephone's signal to its switch."""
        if self._recorder is not None:
            self._recorder.said(live, name, signal)
        self._switches[name].hear(signal)

    def _inside_pbx(self, live: LiveCall) -> None:
        """End a call between extensions of one PBX, which no switch ever sees (A-016)."""
        if self._recorder is not None:
            self._recorder.inside_pbx(live)
        self._ended(live.access, CallEnded(live.plan.id, "NOT_TRIGGERED", True))
