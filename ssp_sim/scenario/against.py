"""Checks a scenario against the data set it will run on: are its stations, switches and facilities known there.

Source: interfaces.md section 3, A-002, A-010, A-021, A-111.
"""

import difflib
from collections.abc import Iterable, Iterator

from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.rows import CustomerSet, DataSet, Facilities
from ain_scp.provisioning.toml_lines import Path
from ain_scp.ssp_sim.scenario.reader import place_of
from ain_scp.ssp_sim.scenario.rows import Mix, Scenario, ScenarioCall

SCP = "SCP"
"""The name of the service control point in links."""

PSTN = "PSTN"
"""The name of the rest of the public network, as one node."""


def check_against(scenario: Scenario, dataset: DataSet) -> list[Problem]:
    """Return every name of the scenario that the data set does not know, in file order."""
    check = _Check(scenario, dataset)
    for number, call in enumerate(scenario.calls):
        check.call(call, ("call", number))
    for number, source in enumerate(scenario.traffic):
        for at, mix in enumerate(source.mix):
            check.mix(mix, ("traffic", number, "mix", at))
    check.network()
    return sorted(check.problems)


class _Check:
    def __init__(self, scenario: Scenario, dataset: DataSet) -> None:
        self.scenario = scenario
        self.problems: list[Problem] = []
        self.switches = {PSTN, *(switch.name for switch in dataset.switches)}
        self.stations = set(_stations(dataset))
        self.trunk_groups = {group.id for customer in dataset.customers for group in customer.trunk_groups}
        self.facilities = {name for customer in dataset.customers for name in _facilities(customer)}
        self.customers = {customer.name for customer in dataset.customers}

    def call(self, call: ScenarioCall, path: Path) -> None:
        self.station(call.calling, call.switch, (*path, "from"))
        self.switch(call.switch, (*path, "switch"))
        self.trunk_group(call.trunk_group, (*path, "trunk_group"))
        self.known(_groups(call.busy), self.facilities, "facility", (*path, "busy"))

    def mix(self, mix: Mix, path: Path) -> None:
        if path not in self.scenario.places:  # one kind of caller, written into the source itself
            path = path[:2]
        for number in mix.calling:
            self.station(number, mix.switch, (*path, "from"))
        self.switch(mix.switch, (*path, "switch"))
        self.trunk_group(mix.trunk_group, (*path, "trunk_group"))

    def station(self, number: str, switch: str | None, path: Path) -> None:
        """Accept a number the data set lists, or any number whose switch the scenario names."""
        if switch is None and number and int("1" + number) not in self.stations:
            text = f"station {number} is not in the data set; give its switch if it is an ordinary line"
            self.problem(path, text, "A-010")

    def switch(self, name: str | None, path: Path) -> None:
        if name is not None:
            self.known((name,), self.switches, "switch", path)

    def trunk_group(self, name: str | None, path: Path) -> None:
        if name is not None:
            self.known((name,), self.trunk_groups, "PBX trunk group", path)

    def network(self) -> None:
        network = self.scenario.network
        nodes = self.switches | {*network.stps, *network.mates, SCP}
        for number, link in enumerate(network.links):
            self.known(link.between, nodes, "node", ("network", "link", number, "between"))
        for number, window in enumerate(network.busy):
            self.known(
                _groups(window.facilities),
                self.facilities,
                "facility",
                ("network", "busy", number, "facilities"),
            )
        for name, _ in network.members:
            self.known(_groups([name]), self.facilities, "trunk group", ("network", "members", name))
        for prefix, name in network.serves:
            self.known((name,), self.switches, "switch", ("network", "serves", prefix))
        for path, _ in self.scenario.overrides:
            parts = path.split("/")
            if parts[0] == "customers":
                self.known(parts[1:2], self.customers, "customer", ("overrides", path))

    def known(self, names: Iterable[str], all_names: set[str], what: str, path: Path) -> None:
        for name in names:
            if name and name not in all_names:
                near = difflib.get_close_matches(name, sorted(all_names), 1)
                hint = f", did you mean {near[0]}?" if near else ""
                self.problem(path, f"{what} {name} is not in the data set{hint}", "scenario-name")

    def problem(self, path: Path, text: str, rule: str) -> None:
        line, column = place_of(self.scenario.places, path)
        self.problems.append(Problem(self.scenario.file, line, column, text, rule))


def _groups(names: Iterable[str]) -> Iterator[str]:
    """Leave out called numbers: any number can be called."""
    return (name for name in names if len(name) == 4 or "-" in name)


def _stations(dataset: DataSet) -> Iterator[int]:
    yield from dataset.triggers.numbers.tolist()
    for customer in dataset.customers:
        yield from customer.stations.number.tolist()
        yield from customer.sdp.number.tolist()


def _facilities(customer: CustomerSet) -> Iterator[str]:
    rows: list[Facilities] = [row.facilities for row in customer.asf_rtl]
    rows += [rule.facilities for profile in customer.profiles for rule in profile.rules]
    if customer.emergency_route is not None:
        rows.append(customer.emergency_route)
    for row in rows:
        yield from row.trunk_groups
        yield from row.carriers
