"""Calls a second of the simulated network in virtual time: real octets on every link, no report, no ladder, no capture.

Run with `pytest --benchmark-enable benchmarks/test_network.py`. Each round builds the network, places some thousand calls of
four kinds (dialing plans of both kinds, a PBX, an ASF-RTL host, refused calls) and runs until the last one is over; a call
is some thirteen messages and twenty events.

Source: A-264 (an hour of 100 calls a second in virtual time), A-110, interfaces.md section 3.
"""

from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load_or_raise
from ain_scp.ssp_sim.lab import Lab, default_program
from ain_scp.ssp_sim.scenario import load

GOLDEN = Path(__file__).parent.parent / "examples" / "golden"
CALLS = 4_000
TRAFFIC = """
dataset = "{dataset}"
start = 2001-01-17T10:00:00
seed = 42
[network]
trunk_members = 7000
public_members = 8000
[[traffic]]
name = "hour"
duration_s = 3600
rate_per_s = 100
holding = {{ kind = "exponential", mean_s = 60 }}
answer_ratio = 0.8
busy_ratio = 0.1
ring_mean_s = 5
limit = {calls}
mix = [
  {{ from = ["9258341234", "9258341239"], dial = ["7 9212000", "7 9213000"], weight = 5 }},
  {{ from = ["9258341237"], dial = ["9 14157770100", "9 12127770100"], weight = 3 }},
  {{ from = ["9257884101", "9257884102"], dial = ["7 9213000", "9 5105553000"], trunk_group = "PRI-CONCORD", weight = 4 }},
  {{ from = ["9258341235"], dial = ["9 18005557777", "9 19005551000", "9 01144207946000"], weight = 1 }},
]
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "hour.toml"
    path.write_text(TRAFFIC.format(dataset=GOLDEN, calls=CALLS))
    return load(path)


@pytest.mark.parametrize("transport", ["memory", "udp"])
def test_calls_of_a_traffic_run(benchmark, scenario, transport):
    """A run that keeps nothing, in memory and with every message through a loopback socket; all calls are conserved."""
    dataset = load_or_raise(GOLDEN)[0]

    def run():
        lab = Lab(
            scenario, dataset, default_program, transport=transport, keep=False, on_record=lambda _: None
        )
        return lab.run()

    summary = benchmark.pedantic(run, rounds=3, iterations=1, warmup_rounds=1)
    assert summary.offered == CALLS == sum(summary.statuses.values())
    assert summary.messages > 12 * CALLS
    if benchmark.stats:
        benchmark.extra_info["calls_per_second"] = round(CALLS / benchmark.stats["min"])
