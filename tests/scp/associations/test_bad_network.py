"""An SCP and an STP with a bad UDP network between them: it registers, answers what arrives, and never a wrong thing.

Source: reliability target N1.
"""

import asyncio
import time

import pytest

from ain_scp.scp.associations.driver import AssociationsConfig, Driver, StpRow
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.node import ScpNode
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import TcapFault
from kit.relay import PROFILES, Relay

pytestmark = pytest.mark.slow
OWN, ALIAS = parse_point_code("254-200-21"), parse_point_code("254-200-20")
NOON = 979_732_800 * 1_000_000_000
LEAST = {"clean": 1.0, "loss-1": 0.9, "loss-5": 0.8, "loss-20": 0.45, "corrupt": 0.9}


class BadNetwork:
    """The live STP of the fixture, a relay in front of it, and a node in this process behind the relay."""

    def __init__(self, live, program, profile, seed):
        self.live, self.program = live, program
        self.rules, self.seed = PROFILES[profile], seed
        self.unreadable = 0

    async def __aenter__(self):
        await self.live.__aenter__()
        self.live.stp._deliver = self._route
        self.relay = Relay(self.live.endpoint.address, self.rules, self.rules, self.seed)
        config = NodeConfig(point_code=OWN, alias_point_codes=frozenset({ALIAS}), routing_context=21)
        self.node = ScpNode(self.program, config, lambda: 0)
        asp = AspConfig(
            (20, 21), 1, TrafficMode.LOADSHARE.value, t_ack_ms=50, t_beat_ms=200, association=False
        )
        stps = (StpRow("STP", "udp", self.relay.address, asp),)
        setup = AssociationsConfig(frozenset({OWN, ALIAS}), stps, t_beat_ms=200, beat_misses=5)
        began = time.monotonic_ns()
        self.driver = Driver(setup, self.node, lambda: NOON + time.monotonic_ns() - began)
        self.driver.start()
        return self

    async def __aexit__(self, *_):
        self.driver.close()
        self.relay.close()
        await self.live.__aexit__()

    def _route(self, octets, link):
        try:
            self.live._route(octets, link)
        except (DecodeError, TcapFault):
            self.unreadable += 1

    @property
    def active(self):
        return self.driver.signaling.asps[0].state is AspState.ACTIVE and "A" in self.live.active


@pytest.fixture
def bad_network(live, program_of):
    """A function: profile -> a network to enter."""
    program = program_of(None)

    def make(profile, seed=20260101):
        one = live(TrafficMode.LOADSHARE)
        one.addresses = {"SSP": "127.0.0.11", "A": "127.0.0.1", "B": "127.0.0.22"}
        return BadNetwork(one, program, profile, seed)

    return make


@pytest.mark.parametrize("profile", PROFILES)
def test_what_arrives_is_answered_and_nothing_wrong_is(profile, bad_network):
    async def main():
        async with bad_network(profile) as w:
            live, asker = w.live, w.live.asker
            await live.until(lambda: w.active)
            await live.load(0.4, 0.002)
            await live.settled(0.5)
            answered = len(asker.answers) / len(asker.asked)
            assert answered >= LEAST.get(profile, 0.95)
            strangers = [one for one in asker.wrong if one.responding not in asker.asked]
            assert profile == "corrupt" or strangers == []
            if profile not in {"corrupt", "duplicate"}:
                assert asker.wrong == []
            assert discrepancies(w.node.counters, w.node.in_flight) == []
            assert w.node.counters["answered"] <= len(asker.asked)
            await live.until(lambda: w.active)

    asyncio.run(main())


def test_a_blackout_of_two_seconds_is_survived(bad_network):
    async def main():
        async with bad_network("clean") as w:
            await w.live.until(lambda: w.active)
            w.relay.cut(2.0)
            await w.live.until(lambda: "A" not in w.live.active)
            await w.live.until(lambda: w.active)
            await w.live.load(0.2, 0.002)
            assert await w.live.settled()
            assert w.live.asker.wrong == []
            assert w.driver.signaling.asps[0].counters["peer_lost"] >= 1

    asyncio.run(main())


def test_a_partition_of_one_direction_is_noticed_by_both_sides(bad_network):
    """The STP hears us and we do not hear it: its BEATs come back to nobody, so it must not think us well."""

    async def main():
        async with bad_network("clean") as w:
            await w.live.until(lambda: w.active)
            w.relay.cut(60, there=False, back=True)
            await w.live.until(lambda: "A" not in w.live.active)
            await w.live.until(lambda: w.driver.signaling.asps[0].state is not AspState.ACTIVE)

    asyncio.run(main())
