"""A data set directory -> checked rows, or every problem at once.

Loading is a pure function of the directory: it changes nothing, and what runs keeps running whatever it finds. Errors
stop a load (`dataset` is None), warnings do not. No file, however broken, makes it raise.

Source: interfaces.md section 2, requirements.md section 5, A-265, D-012.
"""

from pathlib import Path

import msgspec

from ain_scp.provisioning.check import network, relations, subscriber, triggers
from ain_scp.provisioning.check.charging.costs import check_costs
from ain_scp.provisioning.check.charging.read import read_charging, read_contract
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings, shown
from ain_scp.provisioning.check.services.cells import Known
from ain_scp.provisioning.check.services.read import read_services
from ain_scp.provisioning.forms import HEAD, SCHEMA
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import (
    Announcement,
    CustomerSet,
    DataSet,
    Numbering,
    Rates,
    Switch,
    TriggerColumns,
)
from ain_scp.provisioning.rows_charging import ChargingSet

NETWORK_FILES = (
    "switches.csv", "lata.csv", "triggers.csv", "announcements.csv", "call_types.csv", "numbering.toml", "rates.toml",
    "services.csv",
)  # fmt: skip


class Loaded(msgspec.Struct, frozen=True):
    """What a load gave: the data set, or None when any problem is an error."""

    dataset: DataSet | None
    problems: tuple[Problem, ...]


def load(directory: Path | str) -> Loaded:
    """Read and check a whole data set; every problem of every file is in `problems`."""
    findings = Findings()
    files = Files(Path(directory), findings)
    dataset = _read(files, str(directory)) if files.open_root() else None
    return Loaded(None if findings.errors else dataset, findings.problems())


def load_or_raise(directory: Path | str) -> tuple[DataSet, tuple[Problem, ...]]:
    """Load a data set and its warnings; ProvisioningError with all problems when there is an error."""
    loaded = load(directory)
    if loaded.dataset is None:
        raise ProvisioningError(list(loaded.problems))
    return loaded.dataset, loaded.problems


def _read(files: Files, directory: str) -> DataSet:
    name, description = _head(files)
    names = files.customers() if files.has("customers") else ()
    if files.has("network"):
        files.open_folder("network", NETWORK_FILES)
    switches = files.table("network/switches.csv", network.SWITCHES, required=True)
    lata = files.table("network/lata.csv", network.LATA)
    announcements = files.table("network/announcements.csv", network.ANNOUNCEMENTS, required=True)
    call_types = files.table("network/call_types.csv", network.CALL_TYPES, required=True)
    numbering = _numbering(files)
    toll_free = numbering.toll_free_npas if files.read("network/numbering.toml") else None
    groups: set[str] = set()
    customers = tuple(subscriber.read_subscriber(files, one, toll_free, groups) for one in names)
    rows = network.read_switches(switches) if switches else ()
    types = network.read_call_types(call_types) if call_types else ()
    named = {row.blocking_type for row in (*types, *(row for one in customers for row in one.call_types))}
    causes = network.read_announcements(announcements, named) if announcements else ()
    charging = read_charging(files, rows, names, causes)
    customers = tuple(_with_contract(files, customer, charging) for customer in customers)
    dataset = DataSet(
        name=name,
        description=description,
        directory=directory,
        switches=rows,
        lata=network.read_lata(lata) if lata else (),
        triggers=_triggers(files, rows, customers),
        announcements=causes,
        call_types=types,
        numbering=numbering,
        rates=_rates(files),
        customers=customers,
        charging=charging,
        services=read_services(files, _known(rows, causes, numbering, customers)),
    )
    _check_relations(files, dataset)
    check_costs(files.findings, dataset)
    return dataset


def _known(
    switches: tuple[Switch, ...],
    announcements: tuple[Announcement, ...],
    numbering: Numbering,
    customers: tuple[CustomerSet, ...],
) -> Known:
    causes = [row.cause for row in announcements]
    rtl = [row.number for customer in customers for row in customer.rtl]
    return Known(switches, causes, numbering.toll_free_npas, rtl)


def _with_contract(files: Files, customer: CustomerSet, charging: ChargingSet | None) -> CustomerSet:
    rows = read_contract(files, customer.name, charging)
    return msgspec.structs.replace(customer, contract_rows=rows) if rows else customer


def _head(files: Files) -> tuple[str, str]:
    options = files.options(HEAD, required=True)
    if options is None:
        return "", ""
    form = options.take("schema", int) if "schema" in options else 0
    if isinstance(form, int) and form > SCHEMA:
        options.error(
            "schema", f"schema {shown(form)} is of a later release; this one reads {SCHEMA}", "interfaces 2"
        )
    elif isinstance(form, int) and form < SCHEMA:
        said = f"schema {shown(form)}" if "schema" in options else "key schema is missing: a data set"
        options.error(
            "schema", f"{said} of an earlier release; ain migrate makes it schema {SCHEMA}", "interfaces 2"
        )
    head = options.text("name", required=True), options.text("description")
    options.finish()
    return head


def _numbering(files: Files) -> Numbering:
    options = files.options("network/numbering.toml")
    return network.read_numbering(options) if options else network.STANDARD_NUMBERING


def _rates(files: Files) -> Rates:
    options = files.options("network/rates.toml")
    if options:
        return network.read_rates(options)
    if not files.has("network/rates.toml"):
        files.findings.warn("network/rates.toml", 0, 0, "missing: usage is rated at 0 cents", "A-230")
    return Rates()


def _triggers(
    files: Files, switches: tuple[Switch, ...], customers: tuple[CustomerSet, ...]
) -> TriggerColumns:
    if not files.has(triggers.FILE):
        files.findings.warn(triggers.FILE, 0, 0, "missing: no call will reach the service", "A-010")
    known = switches if files.read("network/switches.csv") else None
    names = tuple(customer.name for customer in customers)
    return triggers.read_triggers(files, known, names)


def _check_relations(files: Files, dataset: DataSet) -> None:
    """Check the tables against each other, as far as they could be read."""
    findings = files.findings
    mine = triggers.by_customer(dataset.triggers, len(dataset.customers))
    for at, customer in enumerate(dataset.customers):
        folder = f"customers/{customer.name}/"
        if any(file.startswith(folder) for file in files.unread):
            continue
        relations.check_customer(customer, subscriber.opener_of(files, folder), findings)
        if files.read("network/call_types.csv"):
            relations.check_call_types(dataset.call_types, customer, "network/call_types.csv", findings)
        if files.read("network/switches.csv"):
            relations.check_hosts(customer.rtl, dataset.switches, findings)
            if files.read(triggers.FILE):
                opener = files.opener(triggers.FILE, triggers.TRIGGERS)
                opener_of = subscriber.opener_of(files, folder)
                relations.check_triggering(
                    customer, mine[at], dataset.triggers, dataset.switches, opener, opener_of, findings
                )
        if files.read("network/lata.csv"):
            stations = subscriber.opener_of(files, folder)("stations.csv")
            relations.check_latas(customer, dataset.lata, stations, findings)
    if files.read(triggers.FILE, "network/switches.csv"):
        rtl = tuple(
            customer.rtl if files.read(f"customers/{customer.name}/rtl.toml") else None
            for customer in dataset.customers
        )
        opener = files.opener(triggers.FILE, triggers.TRIGGERS)
        triggers.check_rtl_triggers(opener, dataset.triggers, dataset.switches, rtl, findings)
