"""A scenario that names what the data set does not have is refused before a call is placed."""

from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.rows import DataSet
from ain_scp.ssp_sim.scenario import check_against, load, parse

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def golden() -> DataSet:
    """Return the golden data set."""
    return load_or_raise(EXAMPLES / "golden")[0]


def test_every_shipped_scenario_fits_its_data_set(golden: DataSet) -> None:
    """No scenario under examples/ names an unknown station, switch or facility."""
    files = [EXAMPLES / "golden" / "scenario.toml"]
    files += [
        file for name in ("figures", "features", "traffic") for file in (EXAMPLES / name).glob("*.toml")
    ]
    assert len(files) > 20
    for file in files:
        assert check_against(load(file), golden) == [], file


def test_unknown_names_are_all_listed(golden: DataSet) -> None:
    """Stations, switches, trunk groups, facilities, nodes and customers are checked, with the name that was meant."""
    scenario = parse(
        """
dataset = "."
start = 2001-01-17T10:00:00
[overrides]
"customers/GOLDN/ubs" = "OFF"
[[call]]
from = "9258341299"
dial = "7 9212000"
busy = ["0000-0175", "0000-0999", "9257893412"]
[[call]]
from = "3125550000"
dial = "9257893412"
[[call]]
from = "3125550000"
dial = "9257893412"
switch = "SSP2005"
[[call]]
from = "9257884101"
dial = "9 5105553000"
trunk_group = "PRI-CONCRD"
[[traffic]]
duration_s = 1
rate_per_s = 1
from = ["9258341234", "9255551234"]
dial = "7 9212000"
[network]
busy = ["0223"]
[network.members]
"0000-0310" = 1
"0000-0311" = 1
[network.serves]
"925" = "CO1B"
[[network.link]]
between = ["SSP2004", "STP-LOKAL"]
""",
        "s.toml",
    )
    assert [str(problem) for problem in check_against(scenario, golden)] == [
        "s.toml:5: 1: customer GOLDN is not in the data set, did you mean GOLDEN? (scenario-name)",
        "s.toml:9: 1: facility 0000-0999 is not in the data set, did you mean 0000-0912? (scenario-name)",
        "s.toml:11: 1: station 3125550000 is not in the data set; give its switch if it is an ordinary line (A-010)",
        "s.toml:16: 1: switch SSP2005 is not in the data set, did you mean SSP2006? (scenario-name)",
        "s.toml:20: 1: PBX trunk group PRI-CONCRD is not in the data set, did you mean PRI-CONCORD? (scenario-name)",
        "s.toml:24: 1: station 9255551234 is not in the data set; give its switch if it is an ordinary line (A-010)",
        "s.toml:27: 9: facility 0223 is not in the data set, did you mean 0222? (scenario-name)",
        "s.toml:30: 1: trunk group 0000-0311 is not in the data set, did you mean 0000-0911? (scenario-name)",
        "s.toml:32: 1: switch CO1B is not in the data set, did you mean CO1A? (scenario-name)",
        "s.toml:34: 1: node STP-LOKAL is not in the data set, did you mean STP-LOCAL? (scenario-name)",
    ]
