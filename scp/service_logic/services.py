"""The services beside the dialing plan's: which one answers a query, and the registry of them.

The rows of `network/services.csv` are tried in order: the first that matches the query and whose service claims it answers. A
query that none answers is the dialing plan service's, as is every query of a data set without the file (`Program.services` is
None then, and nothing else is asked).

Other packages add a service by an entry point of group `ain.services`, named by the service's upper-case word: a callable that
takes its folder of the data set (`services/` and the word in small letters, which may be absent) and gives the service.

Source: B4-012, A-025; services design section 4.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, final, get_args

from ain_scp.portability.service import Portability
from ain_scp.provisioning.check.services.read import FILE, GROUP
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows_services import SelectionRow
from ain_scp.provisioning.services import LnpTables, Services
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terminating.service import Terminating
from ain_scp.terms.digits import is_digits
from ain_scp.terms.foreign import RAISED, PluginFault, register, said
from ain_scp.terms.service import (
    LNP,
    TERMINATING,
    TOLLFREE,
    Number,
    RefusalCause,
    ServiceOutcome,
    ServiceQuery,
    ServiceRefusal,
    ServiceResponse,
)
from ain_scp.terms.trace import Trace
from ain_scp.tollfree.service import TollFree


class Service(Protocol):
    """A service over its tables: pure, no wire, no clock, no chance."""

    @property
    def name(self) -> str:
        """Its upper-case word."""

    def claims(self, query: ServiceQuery, row: SelectionRow, /) -> bool:
        """Whether it answers a query that a row of services.csv offers it."""

    def decide(self, query: ServiceQuery, trace: Trace | None = None, /) -> ServiceOutcome | ServiceRefusal:
        """The answer, or why there is none."""


@final
class GuardedService:
    """A plug-in service of which nothing but an outcome or a refusal comes, whatever it raises."""

    __slots__ = ("_raised", "_service", "_source", "name")

    def __init__(self, service: Service, source: str) -> None:
        self.name = service.name
        self._service = service
        self._source = source
        self._raised = ""

    def claims(self, query: ServiceQuery, row: SelectionRow, /) -> bool:
        """Ask the plug-in; a query that it raises on is its own, and refused."""
        try:
            return bool(self._service.claims(query, row))
        except RAISED as fault:  # a plug-in is foreign: nothing that it raises may end a server
            self._raised = said(fault)
            return True

    def decide(self, query: ServiceQuery, trace: Trace | None = None, /) -> ServiceOutcome | ServiceRefusal:
        """Ask the plug-in; a refusal names what it raised."""
        raised, self._raised = self._raised, ""
        made: object = None
        try:
            made = None if raised else self._service.decide(query, trace)
        except RAISED as fault:  # as above
            raised = said(fault)
        if isinstance(made, ServiceOutcome | ServiceRefusal) and _is_whole(made):
            return made
        what = f"raised {raised}" if raised else f"gave {type(made).__name__}, which cannot be sent"
        return ServiceRefusal(
            self.name, "ERRONEOUS_DATA_VALUE", f"service {self.name} ({self._source}) {what}"
        )


def _is_whole(made: ServiceOutcome | ServiceRefusal) -> bool:
    """Whether an answer can be sent: known words, and numbers of digits."""
    if isinstance(made, ServiceRefusal):
        return made.cause in get_args(RefusalCause) and isinstance(made.reason, str)
    numbers = [one for one in (made.called, made.calling, made.charge) if one is not None]
    return made.type in get_args(ServiceResponse) and all(
        isinstance(one, Number) and isinstance(one.digits, str) and is_digits(one.digits) for one in numbers
    )


@final
class ServiceLogic:
    """Selection over the services of one snapshot."""

    __slots__ = ("rows", "services", "ssns", "tables")

    def __init__(self, tables: Services, services: dict[str, Service]) -> None:
        self.tables = tables
        self.services = services
        self.ssns = tables.ssns
        self.rows = [(row, services[row.service]) for row in tables.selection if row.service in services]

    def with_portability(self, lnp: LnpTables) -> "ServiceLogic":
        """The same services over other tables of ported numbers."""
        return ServiceLogic(self.tables, self.services | {LNP: Portability(lnp)})

    def portability(self) -> LnpTables | None:
        """The tables of ported numbers in use; None when LNP is another's."""
        found = self.services.get(LNP)
        return found.tables if isinstance(found, Portability) else None

    def offers(
        self, message: str, trigger_criteria: int | None, ssn: int | None, translation_type: int | None
    ) -> bool:
        """Whether any service is offered queries of this message, trigger criteria and address, whatever they call."""
        return bool(self.offered(message, trigger_criteria, ssn, translation_type))

    def offered(
        self, message: str, trigger_criteria: int | None, ssn: int | None, translation_type: int | None
    ) -> list[tuple[SelectionRow, Service]]:
        """The rows that match a query, whatever it calls, and their services."""
        asked = message, trigger_criteria, ssn, translation_type
        return [(row, service) for row, service in self.rows if _matches(row, *asked)]

    def select(self, query: ServiceQuery, trace: Trace | None = None) -> Service | None:
        """The service that answers; None: the dialing plan service."""
        for row, service in self.rows:
            asked = query.message, query.trigger_criteria, query.ssn, query.translation_type
            if _matches(row, *asked) and service.claims(query, row):
                if trace is not None:
                    trace.add("L100", "services", str(row.where), f"{service.name} answers")
                return service
        return None

    def answer(
        self, query: ServiceQuery, trace: Trace | None = None
    ) -> ServiceOutcome | ServiceRefusal | None:
        """What the service that claims a query decides; None: no service does."""
        service = self.select(query, trace)
        return None if service is None else service.decide(query, trace)


def _matches(
    row: SelectionRow,
    message: str,
    trigger_criteria: int | None,
    ssn: int | None,
    translation_type: int | None,
) -> bool:
    return (
        row.message in ("", message)
        and row.trigger_criteria in (None, trigger_criteria)
        and row.ssn in (None, ssn)
        and row.translation_type in (None, translation_type)
    )


def service_logic(snapshot: Snapshot) -> ServiceLogic | None:
    """The services of a snapshot; None when its data set says nothing of any.

    ProvisioningError names every plug-in that a row asks for and that cannot be used.
    """
    tables = snapshot.services
    if tables is None:
        return None
    services: dict[str, Service] = {
        LNP: Portability(tables.lnp),
        TOLLFREE: TollFree(tables.tollfree),
        TERMINATING: Terminating(tables.terminating),
    }
    problems = []
    folder = Path(snapshot.dataset.directory) / "services"
    for entry in entry_points(group=GROUP) if tables.rows.plugins else ():
        if entry.name not in tables.rows.plugins:
            continue
        try:
            make: Callable[[Path], Service] = entry.load()
            guarded = GuardedService(make(folder / entry.name.lower()), entry.value)
            register(services, guarded, "service", entry.value)
        except RAISED as fault:  # a plug-in is foreign: what it raises refuses the data set that asks for it
            why = str(fault) if isinstance(fault, PluginFault) else f"{entry.value}: {said(fault)}"
            line = next((row.where.line for row in tables.selection if row.service == entry.name), 0)
            problems.append(Problem(FILE, line, 0, f"service {entry.name} cannot be used: {why}", "SRV-01"))
    if problems:
        raise ProvisioningError(problems)
    return ServiceLogic(tables, services)
