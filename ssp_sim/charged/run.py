"""The charging of one run: its door, which remembers what was said of each call, and what is said of it in the end.

Usage records of the switches are given to the ledger at the end of the run, as billing would have them a day later: what the
switch counted in milliseconds is what is charged, and a call that went on without the charge processor is charged then.

Source: charging.md 6.1 (settlement), 9.1 (scenario, JSON), 5.1; I10.
"""

from collections.abc import Callable, Mapping

import msgspec

from ain_scp.billing.charging import events
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.port import CallTerms, DirectPort, Processor, denial
from ain_scp.billing.charging.results import BalanceNow
from ain_scp.billing.ledger.durable import DurableLedger
from ain_scp.billing.ledger.export import time_text
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.ssp_sim.charged.by_diameter import ByDiameter, Server
from ain_scp.ssp_sim.charged.in_switch import InSwitch
from ain_scp.ssp_sim.charged.run_port import CallCharge, RunPort
from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.nodes.charging_monitor import Monitor
from ain_scp.ssp_sim.nodes.usage import UsageRecord
from ain_scp.ssp_sim.scenario.reader import place_of
from ain_scp.ssp_sim.scenario.rows import ChargingPlan, Payment, Scenario, ScenarioCall
from ain_scp.ssp_sim.usage_journal import call_id
from ain_scp.ssp_sim.world import World
from ain_scp.terms.units import MS_NS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL


class ChargedRun:
    """The engine of a run over a ledger (memory, unless one is given)."""

    def __init__(
        self,
        snapshot: Snapshot,
        plan: ChargingPlan,
        kernel: Kernel,
        calls: tuple[ScenarioCall, ...],
        ledger: Ledger | None,
    ) -> None:
        """ValueError when the data set charges nothing."""
        if snapshot.charging is None:
            raise ValueError("the data set charges nothing")
        self.plan = plan
        self.used: list[UsageRecord] = []
        """The switches' usage records, for the end of the run."""
        self._kernel = kernel
        self._calls = {call.id: call for call in calls}
        self._at_cpu = plan.at == "application_cpu"
        engine = Engine(
            snapshot,
            snapshot.charging,
            ledger or Ledger(),
            at=plan.at,
            trace=True,
            now_ms=kernel.now // MS_NS,
            own_timers=plan.at == "switch",
        )
        self.port = RunPort(engine)
        for row in plan.deposits:
            kernel.at(row.at_ns, self._deposit, row)
        for window in plan.down:
            kernel.at(window.from_ns, self._turn, True)
            if window.until_ns is not None:
                kernel.at(window.until_ns, self._turn, False)

    def terms(self, call: str, switch: str = "") -> CallTerms:
        """What the scenario says about a call, under the name that its usage record will have."""
        found = self._calls.get(call)
        if found is None:
            return CallTerms(call_id(call), switch=switch, application_cpu=self._at_cpu)
        return CallTerms(
            call_id(call),
            payer=found.payer,
            share=found.share,
            pin=found.pin,
            features=found.features,
            home=found.home,
            switch=found.switch or switch,
            application_cpu=self._at_cpu,
        )

    def attach(self, world: World, server: Callable[[DirectPort], Server]) -> None:
        """Have the switches of a network mind their calls, where that is done there; `server` makes the application CPU."""
        if self.plan.at == "scp":
            return
        processor: Processor = InSwitch(self.port, self._kernel, self._called_by)
        if self.plan.at == "application_cpu":
            made = server(self.port)
            processor = ByDiameter(self.port, self._kernel, self._called_by, made, world.carry_beside)
        monitor = Monitor(processor, self.port.lead_ms)
        for switch in world.network.switches.values():
            monitor.attach(switch.control)

    def _called_by(self, call: str, calling: str) -> CallTerms:
        line = self.port.engine.desk.charging.lines.get(calling, ())
        return self.terms(call, line[-1].switch if line else "")

    def settle(self) -> None:
        """Give the switches' records to the ledger, which is alive again by then, and make everything durable."""
        self.port.down = False
        for record in sorted(self.used, key=lambda one: one.end_ns):
            self._settle(record)
        ledger = self.port.engine.desk.ledger
        if isinstance(ledger, DurableLedger):
            ledger.commit(ledger.now_ms)

    def charge(self, call: str) -> CallCharge | None:
        """What came of a call; None for one that charging never heard of."""
        return self.port.charges.get(call_id(call))

    def denied(self, call: str) -> str | None:
        """The cause that a denied call was refused with."""
        found = self.charge(call)
        return None if found is None or found.denied is None else denial(found.denied)

    def forms(self, call: str) -> tuple[bytes | None, bytes | None]:
        """Charge and balances of a call as JSON."""
        charge, balances = self.charge(call), self.balances(call)
        return (
            None if charge is None else msgspec.json.encode(charge),
            None if balances is None else msgspec.json.encode(balances),
        )

    def balances(self, call: str) -> Mapping[str, BalanceNow] | None:
        """The balances of those who paid for a call, at its end."""
        return self.port.balances.get(call_id(call))

    def totals(self) -> dict[str, BalanceNow]:
        """Every account as it stands."""
        names = self.port.engine.desk.charging.accounts
        return {name: found for name in names if (found := self.port.balance(name)) is not None}

    def _deposit(self, row: Payment, now: int) -> None:
        asked = events.Deposit(at=time_text(now // MS_NS), account=row.account, amount=row.amount)
        self.port.ask(asked, now // MS_NS)

    def _turn(self, down: bool, _now: int) -> None:
        self.port.down = down

    def _settle(self, usage: UsageRecord) -> None:
        """One record: of a call that was charged live the difference, of another one of a known line the whole."""
        desk = self.port.engine.desk
        name, called = call_id(usage.call), _called(usage)
        calling = usage.calling or ""
        terms = self.terms(usage.call)
        live = bool(desk.records_of_call(name)) or name in desk.open_calls
        if not self.port.asks(called) or not (
            live or self.port.charged(terms, calling, called, usage.answer_ns // MS_NS)
        ):
            return
        now_ms = max(self._kernel.now // MS_NS, desk.now_ms)
        asked = events.Record(
            at=time_text(now_ms),
            from_=calling,
            called=called,
            duration_ms=usage.duration_ns // MS_NS,
            answer=time_text(usage.answer_ns // MS_NS),
            features=terms.features,
            call=name,
            key=f"ama {usage.switch}:{name}",
        )
        result = self.port.ask(asked, now_ms)
        kept = desk.records_of_call(name)
        if result.said.ok and kept:
            found = self.port.charges.setdefault(name, CallCharge())
            found.amount = desk.text(sum(one.charge for _, _, one in kept))


def _called(usage: UsageRecord) -> str:
    """The number the caller meant."""
    number = usage.original_called or usage.called
    abroad = usage.called_non == NON_INTERNATIONAL and usage.original_called is None
    return f"+{number}" if abroad else number


def charged_run(
    scenario: Scenario, snapshot: Snapshot, kernel: Kernel, ledger: Ledger | None
) -> ChargedRun | None:
    """The charging of a scenario's run; None when it has none. ProvisioningError when the data set charges nothing."""
    if scenario.charging is None:
        return None
    if snapshot.charging is None:
        line, column = place_of(scenario.places, ("charging",))
        text = f"[charging]: the data set {scenario.dataset} has no folder charging/"
        raise ProvisioningError([Problem(scenario.file, line, column, text, "scenario-name")])
    return ChargedRun(snapshot, scenario.charging, kernel, scenario.calls, ledger)
