"""Checks a scenario against the data set it will run on: are its stations, switches and facilities known there.

Source: interfaces.md section 3, A-002, A-010, A-021, A-111.
"""

import difflib
from collections.abc import Iterable, Iterator

from provisioning.problems import Problem
from provisioning.rows import CustomerSet, DataSet, Facilities
from ssp_sim.scenario.records import Scenario, ScenarioCall

SCP = "SCP"
"""The name of the service control point in links."""


def check_against(scenario: Scenario, dataset: DataSet) -> list[Problem]:
    """Return every name of the scenario that the data set does not know, in file order."""
    check = _Check(scenario, dataset)
    for call in scenario.calls:
        check.call(call)
    for source in scenario.traffic:
        for mix in source.mix:
            for number in mix.calling:
                check.station(number, mix.switch, source.line)
            check.switch(mix.switch, source.line)
            check.trunk_group(mix.trunk_group, source.line)
    check.network()
    return sorted(check.problems)


class _Check:
    def __init__(self, scenario: Scenario, dataset: DataSet) -> None:
        self.file = scenario.file
        self.scenario = scenario
        self.problems: list[Problem] = []
        self.switches = {switch.name for switch in dataset.switches}
        self.stations = set(_stations(dataset))
        self.trunk_groups = {group.id for customer in dataset.customers for group in customer.trunk_groups}
        self.facilities = {name for customer in dataset.customers for name in _facilities(customer)}
        self.customers = {customer.name for customer in dataset.customers}

    def call(self, call: ScenarioCall) -> None:
        self.station(call.calling, call.switch, call.line)
        self.switch(call.switch, call.line)
        self.trunk_group(call.trunk_group, call.line)
        self.known(call.busy, self.facilities, "facility", call.line)

    def station(self, number: str, switch: str | None, line: int) -> None:
        """Accept a number the data set lists, or any number whose switch the scenario names."""
        if switch is None and number and int("1" + number) not in self.stations:
            text = f"station {number} is not in the data set; give its switch if it is an ordinary line"
            self.problems.append(Problem(self.file, line, 0, text, "A-010"))

    def switch(self, name: str | None, line: int) -> None:
        if name is not None:
            self.known((name,), self.switches, "switch", line)

    def trunk_group(self, name: str | None, line: int) -> None:
        if name is not None:
            self.known((name,), self.trunk_groups, "PBX trunk group", line)

    def network(self) -> None:
        network = self.scenario.network
        nodes = self.switches | {*network.stps, SCP}
        for link in network.links:
            self.known(link.between, nodes, "node", 0)
        for window in network.busy:
            self.known(window.facilities, self.facilities, "facility", 0)
        self.known((name for name, _ in network.members), self.facilities, "trunk group", 0)
        for path, _ in self.scenario.overrides:
            parts = path.split("/")
            if parts[0] == "customers":
                self.known(parts[1:2], self.customers, "customer", 0)

    def known(self, names: Iterable[str], all_names: set[str], what: str, line: int) -> None:
        for name in names:
            if name not in all_names:
                near = difflib.get_close_matches(name, sorted(all_names), 1)
                hint = f", did you mean {near[0]}?" if near else ""
                self.problems.append(
                    Problem(
                        self.file, line, 0, f"{what} {name} is not in the data set{hint}", "scenario-name"
                    )
                )


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
    for number in customer.rtl:
        yield number.number
