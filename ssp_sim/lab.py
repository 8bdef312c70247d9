"""The laboratory: a scenario, the simulated network and the real SCP node joined into one run.

The only module of this room that knows the SCP. It builds the world from the scenario, attaches the node, places the
calls, and completes each call's record with the SCP's decisions, the rated usage record, the joined SMDR record and the
verdict of the expectations.

Source: interfaces.md section 3, D-005, A-005, A-225, A-240, A-264.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import msgspec

from ain_scp.billing.charging.port import CallTerms, DirectPort
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.overrides import override
from ain_scp.provisioning.rows import DataSet
from ain_scp.scp.answering import Decided
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.scp.charging.script import ChargingScript
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Asked
from ain_scp.scp.fast.exact import ExactNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.decision_json import decision_form
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.service_json import outcome_form
from ain_scp.signaling.diameter.message import Message
from ain_scp.smdr.record import join
from ain_scp.smdr.sample import AttemptSample, CompletionSample, Sample, identifier_of
from ain_scp.ssp_sim.charged.run import ChargedRun, charged_run
from ain_scp.ssp_sim.conditions import FOREVER, conditions_of, options_of
from ain_scp.ssp_sim.fabric import Fabric, MemoryFabric, SocketFabric
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.nodes.usage import UsageRecord
from ain_scp.ssp_sim.prices import Prices
from ain_scp.ssp_sim.record import CallRecord, Unmet, WireMessage
from ain_scp.ssp_sim.result import Summary, as_mapping, smdr_form
from ain_scp.ssp_sim.scenario import Scenario, ScenarioCall, evaluate
from ain_scp.ssp_sim.scp_port import ScpPort
from ain_scp.ssp_sim.traffic import planned_calls
from ain_scp.ssp_sim.world import CallPlan, World, stream
from ain_scp.terms.service import ServiceOutcome
from ain_scp.terms.units import MS_NS, SECOND_NS
from ain_scp.transport.loopback import Carried, UdpLoopback

SCP = "SCP"


class RecordKeeper(Protocol):
    """Who stores what a run leaves for billing and for Virtual SMDR."""

    def samples(self, samples: list[Sample], now_ns: int) -> None:
        """Take the SCP's samples, in order."""

    def usage(self, usage: UsageRecord) -> None:
        """Take the usage record of an originating switch, or of one where a line forwards."""


class Lab:
    """One run of a scenario.

    `records` are completed CallRecords in the order of placing. `keep` keeps messages and decisions of every call; without
    it (large runs) each finished record goes to `on_record` only, and `legs` and `smdr` are there only where something is
    expected of the call, which comes at the end of the run. With a `clock` the node's own time per message is measured.
    `records` takes samples and usage records as they come, `on_message` every message. `ledger` keeps what calls are charged,
    where the scenario has them charged (else memory does).
    """

    def __init__(
        self,
        scenario: Scenario,
        dataset: DataSet,
        make_program: Callable[[DataSet], Program],
        *,
        transport: str = "memory",
        seed: int | None = None,
        keep: bool = True,
        on_record: Callable[[CallRecord], None] | None = None,
        clock: Callable[[], int] | None = None,
        records: RecordKeeper | None = None,
        on_message: Callable[[WireMessage], None] | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.scenario = scenario
        self._keeper = records
        self.seed = scenario.seed if seed is None else seed
        self.transport = transport
        dataset = override(dataset, dict(scenario.overrides), scenario.file)
        self.program = make_program(dataset)
        self.kernel = Kernel(scenario.start_ns)
        self.charged = charged_run(scenario, self.program.snapshot, self.kernel, ledger)
        chance = stream(self.seed, "percentage")
        self._plain = not keep and not any(call.expect for call in scenario.calls)
        self._sampled = not self._plain or records is not None
        self._dataset = dataset
        self.world = World(
            dataset,
            self.kernel,
            _fabric(scenario, self.seed, transport),
            self.seed,
            options=options_of(scenario, self.program.snapshot),
            write_usage=self._usage_record,
            keep_messages=keep,
            on_message=on_message,
            on_record=self._finished if on_record is not None else None,
            on_event=self._event,
            cause_of=self._refusal,
        )
        self.node = self._make_node(lambda: chance.randrange(10_000))
        down = tuple(
            (w.from_ns, w.until_ns if w.until_ns is not None else FOREVER) for w in scenario.network.scp_down
        )
        delay = round(scenario.network.scp_delay_ms * MS_NS)
        self.latency = Histogram()
        """The SCP node's real time per message, nanoseconds; empty without a clock."""
        if down or delay or clock is not None:
            port = ScpPort(self.node, down, delay, clock)
            self.latency = port.busy_ns
            self.world.attach(SCP, port)
        else:
            self.world.attach(SCP, self.node)
        self._usage: dict[str, UsageRecord] = {}
        if self.charged is not None:
            self.charged.attach(self.world, application_cpu)
        self.records: list[CallRecord] = []
        self._keep = keep
        self._on_record = on_record
        self._waiting: list[CallRecord] = []
        self._decided: dict[str, list[Decided]] = {}
        self._attempts: dict[str, AttemptSample] = {}
        self._completions: dict[str, CompletionSample] = {}
        self._calls: dict[str, ScenarioCall] = {}
        self._prices = Prices(self.program.snapshot, kept=self._plain)
        self._offered = 0
        self._verdicts: Counter[bool] = Counter()

    def _make_node(self, draw: Callable[[], int]) -> ScpNode:
        """The node; where paths are not looked at (`keep`, expectations) the one that knows messages again."""
        if self.charged is not None and self.charged.plan.at == "scp":
            return self._charging_node(draw, self.charged)
        if self._plain:
            return ExactNode(self.program, NodeConfig(), draw, sampling=self._sampled)
        return ScpNode(self.program, NodeConfig(), draw, record_decisions=True)

    def _charging_node(self, draw: Callable[[], int], charged: ChargedRun) -> ScpNode:
        """The node that charges its calls; it knows them by their transactions."""
        tokens, codes = stream(self.seed, "tokens"), self.world.network.point_codes
        names = {code: name for name, code in codes.items()}
        silent = {codes[row.name] for row in self._dataset.switches if not row.edp_timeout}

        def terms(asked: Asked) -> CallTerms:
            return charged.terms(self.world.call_of(asked.transaction), names.get(asked.peer, ""))

        script = ChargingScript(Charger(charged.port), terms, lambda code: code not in silent)
        return ScpNode(
            self.program,
            NodeConfig(),
            draw,
            record_decisions=True,
            token=lambda: tokens.getrandbits(32),
            script=script,
            settling=script,
        )

    def associations(self) -> tuple[Carried, ...]:
        """Return what each SCTP association carried; none over another transport."""
        fabric = self.world.fabric
        return fabric.carried() if isinstance(fabric, SocketFabric) else ()

    def run(self, pace: Callable[[int], None] | None = None) -> Summary:
        """Place every call and run until nothing is left to happen; `pace` is given the simulated time before each step."""
        try:
            return self._run(pace)
        finally:
            self.world.fabric.close()

    def _run(self, pace: Callable[[int], None] | None) -> Summary:
        self.world.place_calls(self._plans(planned_calls(self.scenario, self.seed)))
        if pace is None:
            with _fewer_collections():
                self.kernel.run()
        while (at := self.kernel.next_at()) is not None:
            if pace is not None:
                pace(at)
            self.kernel.step()
        self._take_samples()
        if self.charged is not None:
            self.charged.settle()
        self.records = self.world.records() if self._on_record is None else self._waiting
        for record in self.records:
            self._complete(record)
            if self._on_record is not None:
                self._on_record(record)
        return self._summary()

    # What the calls are

    def _plans(self, calls: Iterable[ScenarioCall]) -> Iterator[CallPlan]:
        for call in calls:
            self._offered += 1
            if call.expect:
                self._calls[call.id] = call
            yield CallPlan(
                call.id,
                call.at_ns,
                call.calling,
                call.access_code,
                call.digits,
                bearer=call.bearer,
                answered=call.answered,
                duration_s=call.duration_ns / SECOND_NS,
                busy=call.busy,
                trunk_group=call.trunk_group,
                abandon_after_s=None if call.abandon_after_ns is None else call.abandon_after_ns / SECOND_NS,
                called_busy=call.called_busy,
                ring_ns=call.ring_ns or None,
                enters=call.switch,
                keys=call.keys,
                handset=call.handset,
            )

    # What happens

    def _event(self, _name: str, event: object) -> None:
        if isinstance(event, Decided):
            call = self.world.call_of(event.transaction)
            if call:
                self._decided.setdefault(call, []).append(event)
        if self._sampled:
            self._take_samples()

    def _refusal(self, call: str) -> str | None:
        """Why the SCP had this call end with an announcement: its latest decision knows."""
        denied = None if self.charged is None else self.charged.denied(call)
        if denied is not None:
            return denied
        decided = self._decided.get(call)
        if not decided:
            return None
        decision, outcome = decided[-1].decision, decided[-1].outcome
        if isinstance(outcome, ServiceOutcome):
            return outcome.announcement
        return decision.announcement if decision is not None else None

    def _take_samples(self) -> None:
        taken = self.node.samples()
        if taken and self._keeper is not None:
            self._keeper.samples(taken, self.kernel.now)
        if self._plain:
            return
        for sample in taken:
            if isinstance(sample, AttemptSample):
                self._attempts[sample.identifier] = sample
            elif sample.identifier in self._attempts:
                self._completions[sample.identifier] = sample

    def _usage_record(self, record: UsageRecord) -> None:
        if record.originating:
            self._usage[record.call] = record
            if self.charged is not None:
                self.charged.used.append(record)
        if self._keeper is not None and (record.originating or record.forwarded):
            self._keeper.usage(record)

    def _finished(self, record: CallRecord) -> None:
        """Complete a call that is over; one of which something is expected waits for the SCP to learn its end."""
        if record.id in self._calls:
            self._waiting.append(record)
            return
        self._complete(record)
        if self._on_record is not None:
            self._on_record(record)

    # What came of it

    def _complete(self, record: CallRecord) -> None:
        """Put the SCP's side into a call's record and judge it."""
        decided = self._decided.pop(record.id, [])
        first = decided[0].decision if decided else None
        if first is not None and first.announcement is not None:
            record.facility = None
        usage = self._usage.pop(record.id, None)
        record.ama = self._prices.of(first, usage)
        if self.charged is not None:
            record.charge, record.balance = self.charged.forms(record.id)
        call = self._calls.get(record.id)
        if self._keep or call is not None:
            self._show(record, decided)
        record.unmet = tuple(evaluate(call.expect, as_mapping(record))) if call is not None else ()
        self._verdicts[not record.unmet] += 1

    def _unmet(self, summary: Mapping[str, object]) -> list[Unmet]:
        """Expectations of the whole run; the short forms of a call's paths mean nothing here."""
        found = evaluate(self.scenario.expect, summary)
        return [
            msgspec.structs.replace(one, at=f"summary.{one.path}; known: {', '.join(summary)}")
            if one.got is None
            else one
            for one in found
        ]

    def _show(self, record: CallRecord, decided: list[Decided]) -> None:
        """Put the SMDR record and the decisions into a call's record."""
        echo = next((one.echo for one in decided if one.echo is not None), None)
        record.smdr = None if echo is None else self._smdr(identifier_of(echo))
        legs = []
        for one in decided:
            if one.decision is not None:
                legs.append(msgspec.json.encode(decision_form(one.decision, one.trace)))
            elif isinstance(one.outcome, ServiceOutcome):
                legs.append(msgspec.json.encode(outcome_form(one.outcome, one.trace)))
        record.legs = tuple(legs)

    def _smdr(self, identifier: str) -> bytes | None:
        attempt, completion = self._attempts.pop(identifier, None), self._completions.pop(identifier, None)
        return None if attempt is None else msgspec.json.encode(smdr_form(join(attempt, completion)))

    def _summary(self) -> Summary:
        world = self.world
        summary = Summary(
            world.offered,
            world.offered,
            self._verdicts[True],
            self._verdicts[False],
            dict(sorted(world.statuses.items())),
            sum(world.messages_sent.values()),
            world.messages_lost,
            self.node.counters["answered"],
            self.transport,
            self.seed,
            sum(len(call.expect) for call in self.scenario.calls) + len(self.scenario.expect),
        )
        if self.charged is not None:
            summary.balance = self.charged.totals()
        summary.unmet = tuple(self._unmet(msgspec.to_builtins(summary)))
        summary.failures = tuple(map(str, summary.unmet))
        return summary


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Look for garbage in cycles less often: a run makes almost none, and looking costs a sixth of its time."""
    usual, freezes = gc.get_threshold(), not gc.get_freeze_count()
    if freezes:
        gc.freeze()
    gc.set_threshold(1_000_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        if freezes:
            gc.unfreeze()


def application_cpu(port: DirectPort) -> Callable[[Message, int], Message]:
    """The application CPU of a run: a credit-control server over the run's door."""
    return DiameterDoor(Charger(port), "cpu.ain-scp", "ain-scp").answer


def default_program(dataset: DataSet) -> Program:
    """The service logic with the plans this installation has."""
    from ain_scp.dialplan.registry import registered_plans

    return Program(compile_dataset(dataset), registered_plans())


def _fabric(scenario: Scenario, seed: int, transport: str) -> Fabric:
    network = scenario.network
    links = {(link.between[0], link.between[1]): conditions_of(link) for link in network.links}
    inner = MemoryFabric(stream(seed, "fabric"), links, conditions_of(network.link))
    if transport == "memory":
        return inner
    if transport == "udp":
        return SocketFabric(inner, UdpLoopback())
    if transport == "sctp":
        from ain_scp.scp.associations.loopback import SctpLoopback

        return SocketFabric(inner, SctpLoopback((*network.stps, *network.mates)))
    raise ValueError(f"no transport {transport}")
