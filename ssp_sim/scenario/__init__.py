"""Scenarios: a TOML file a person can read -> checked records: the network's behaviour, calls, traffic, expectations.

`load` reads a file and raises ProvisioningError with every problem at once, `read` gives both; `check_against` asks whether a data set knows
the stations, switches and facilities; `evaluate` judges one call's JSON against its expectations.

Source: interfaces.md section 3, D-005.
"""

from ain_scp.ssp_sim.scenario.against import check_against
from ain_scp.ssp_sim.scenario.expectations import Expectation, evaluate
from ain_scp.ssp_sim.scenario.load import load, parse, read
from ain_scp.ssp_sim.scenario.rows import (
    BusyWindow,
    Holding,
    LinkBehaviour,
    Mix,
    MmppState,
    Network,
    Scenario,
    ScenarioCall,
    TrafficSource,
    Window,
)

__all__ = [
    "BusyWindow",
    "Expectation",
    "Holding",
    "LinkBehaviour",
    "Mix",
    "MmppState",
    "Network",
    "Scenario",
    "ScenarioCall",
    "TrafficSource",
    "Window",
    "check_against",
    "evaluate",
    "load",
    "parse",
    "read",
]
