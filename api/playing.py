"""Scenarios played over the simulated network with the real SCP node, and their ladders.

Source: interfaces.md section 3, D-005, D-007.
"""

from pathlib import Path
from typing import Literal, final, get_args

import msgspec

from ain_scp.api.faults import InputError, refused
from ain_scp.api.html import items, pre, table, titled
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import DataSet as Rows
from ain_scp.ssp_sim.record import CallRecord, WireMessage
from ain_scp.ssp_sim.result import CallForm, Summary, call_form
from ain_scp.ssp_sim.scenario import Scenario

WIDTH = 110
Transport = Literal["memory", "udp"]

_LEFT_OUT = frozenset({
    "package", "transaction", "userID", "bearerCapability", "lata", "triggerCriteriaType", "chargeNumber",
    "chargeNumber NON", "callingPartyID NON", "callingPartyNumber NON", "collectedAddressInfo NON",
    "redirectionInformation", "CIC", "LATA",
})  # fmt: skip
"""Fields that every message has or that repeat another one: shown with `--fields all` only."""


def brief(message: WireMessage) -> WireMessage:
    """The message with the fields a person looks for first."""
    kept = tuple(field for field in message.fields if field[0] not in _LEFT_OUT)
    return msgspec.structs.replace(message, fields=kept)


@final
class Ladder:
    """The messages of one call: `text` draws them, `mermaid` writes a sequence diagram."""

    __slots__ = ("_record",)

    def __init__(self, record: CallRecord) -> None:
        self._record = record

    def text(
        self,
        *,
        width: int = WIDTH,
        transit: bool = False,
        every_field: bool = False,
        ascii_only: bool = False,
    ) -> str:
        """One column per node, one arrow per message; `transit` shows the signal transfer points."""
        from ain_scp.ssp_sim.ladder import Look, ladder

        look = Look(width=width, ascii_only=ascii_only)
        messages = self._record.messages if every_field else tuple(map(brief, self._record.messages))
        return ladder(messages, look=look, transit=transit)

    def mermaid(self) -> str:
        """A Mermaid sequence diagram."""
        from ain_scp.ssp_sim.ladder import mermaid

        return mermaid(tuple(map(brief, self._record.messages)))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return titled(f"Call {self._record.id}", pre(self.text()))


@final
class Run:
    """A scenario that was played: `summary`, `calls` in the order of placing, `ladder(id)`."""

    __slots__ = ("_records", "calls", "scenario", "summary")

    def __init__(self, scenario: str, records: list[CallRecord], summary: Summary) -> None:
        self.scenario = scenario
        self.summary = summary
        self.calls: tuple[CallForm, ...] = tuple(map(call_form, records))
        self._records = {one.id: one for one in records}

    @property
    def ok(self) -> bool:
        """Whether every expectation held."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """Every expectation that did not hold, a sentence each, the call's id in front."""
        of_calls = [f"{one.id}: {text}" for one in self._records.values() for text in one.failures]
        return (*of_calls, *(f"run: {text}" for text in self.summary.failures))

    def ladder(self, call: str) -> Ladder:
        """The ladder of a call; InputError for an id that the run has not."""
        if call not in self._records:
            raise InputError(f"no call of this run is named {call}")
        return Ladder(self._records[call])

    def __str__(self) -> str:
        one = self.summary
        return f"{one.calls} calls: {one.ok} passed, {one.failed} failed"

    def __repr__(self) -> str:
        return f"<Run {self.scenario}: {self}>"

    def _repr_html_(self) -> str:
        rows = [
            (one.id, one.calling, one.dialed, one.status, not one.unmet) for one in self._records.values()
        ]
        shown = table(("call", "from", "dialed", "status", "ok"), rows[:50])
        return titled(f"{self.scenario}: {self}", shown, items(self.failures))


def play(scenario: Path | str, *, transport: Transport = "memory", seed: int | None = None) -> Run:
    """Play a scenario file: build its network, place its calls over the wire, judge its expectations.

    `memory` carries messages in this process, `udp` over loopback sockets; calls and results are the same. Equal seeds give
    equal runs. InputError has every problem of the scenario and its data set.
    """
    from ain_scp.ssp_sim.lab import Lab, default_program
    from ain_scp.transport.loopback import LoopbackFault

    if transport not in get_args(Transport):
        raise InputError(f"transport: {transport!r} is not one of {', '.join(get_args(Transport))}")
    plan, rows = read_scenario(Path(scenario))
    try:
        lab = Lab(plan, rows, default_program, transport=transport, seed=seed)
        summary = lab.run()
    except ProvisioningError as fault:
        raise refused(fault.problems) from None
    except LoopbackFault as fault:
        raise InputError(str(fault)) from None
    return Run(plan.title or Path(scenario).name, lab.records, summary)


def read_scenario(path: Path) -> tuple[Scenario, Rows]:
    """Read a scenario and its data set, and check the one against the other; InputError names every problem of both."""
    from ain_scp.provisioning.loader import load
    from ain_scp.ssp_sim.scenario import check_against, read
    from ain_scp.ssp_sim.scenario.reader import place_of

    try:
        plan, problems = read(path)
    except ProvisioningError as fault:
        raise refused(fault.problems) from None
    directory = Path(plan.dataset)
    if plan.dataset and not directory.is_dir():
        place = place_of(plan.places, ("dataset",))
        text = f"dataset {directory} is not a directory"
        problems.append(Problem(plan.file, *place, text, "scenario-name"))
    if not plan.dataset or not directory.is_dir():
        raise refused(problems)
    found = load(directory)
    problems += [
        msgspec.structs.replace(problem, file=f"{directory}/{problem.file}")
        for problem in found.problems
        if problem.severity == "error"
    ]
    if found.dataset is not None:
        problems += [one for one in check_against(plan, found.dataset) if one.severity == "error"]
    if found.dataset is None or problems:
        raise refused(problems)
    return plan, found.dataset
