"""Two mated ASPs and an ASP of a switch on one gateway, joined in memory: they find each other and survive losses."""

import random

import pytest

from ain_scp.signaling.m3ua import ProtocolData, TrafficMode
from ain_scp.signaling.m3ua.application_server import AsConfig
from ain_scp.signaling.m3ua.asp import Asp, AspConfig, DataIndication
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.signaling.m3ua.peers import Peer, Peers
from ain_scp.signaling.m3ua.sg import Gateway, SgConfig, SgDataIndication
from ain_scp.signaling.m3ua.sg_tables import AsState

MS = 1_000_000
STP, SCP, SSP = 0x010101, 0xF50102, 0xF60304
NAMES = ("scp1", "scp2", "ssp")


class Network:
    """One gateway and three ASPs; each message takes no time, or is lost with a seeded chance."""

    def __init__(self, mode, *, loss=0.0, association=True, beat_ms=500):
        rows = tuple(
            Peer(
                name,
                frozenset({name}),
                frozenset({SSP if name == "ssp" else SCP}),
                frozenset({10, 20}),
                frozenset(),
            )
            for name in NAMES
        )
        servers = (AsConfig("as-scp", 20, (SCP,), NAMES[:2], mode), AsConfig("as-ssp", 10, (SSP,), NAMES[2:]))
        self.sg = Gateway(SgConfig(frozenset({STP}), servers, streams=4, t_beat_ms=beat_ms), Peers(rows))
        self.asps = {}
        for number, name in enumerate(NAMES):
            context = (10,) if name == "ssp" else (20,)
            standby = mode is TrafficMode.OVERRIDE and name == "scp2"
            config = AspConfig(
                context, number + 1, standby=standby, streams=4, association=association, t_beat_ms=beat_ms
            )
            self.asps[name] = Asp(config)
        self.cut = set()
        self.answered = []
        self.now = 0
        self._chance = random.Random(7)
        self._loss = loss

    def start(self):
        for number, name in enumerate(NAMES):
            assert self.sg.connected(number, f"{name}:1", self.now)
            self.asps[name].connected(self.now)
        self.carry()

    def carry(self):
        """Deliver until nothing moves; SCPs answer queries, the gateway passes on."""
        moved = True
        while moved:
            moved = False
            for number, name in enumerate(NAMES):
                for stream, octets in self.asps[name].octets_to_send():
                    moved = True
                    if self._passes(name):
                        self.sg.receive(octets, number, self.now, stream)
            for number, _, octets in self.sg.octets_to_send():
                moved = True
                if self._passes(NAMES[number]):
                    self.asps[NAMES[number]].receive(octets, self.now)
            moved = self._work() or moved

    def _passes(self, name):
        return name not in self.cut and self._chance.random() >= self._loss

    def _work(self):
        worked = False
        while (event := self.sg.next_event()) is not None:
            worked = True
            if isinstance(event, SgDataIndication):
                self.sg.send_data(event.protocol_data, self.now, origin=event.peer)
        for name, asp in self.asps.items():
            while (event := asp.next_event()) is not None:
                worked = True
                if isinstance(event, DataIndication):
                    self._serve(name, asp, event.protocol_data)
        return worked

    def _serve(self, name, asp, query):
        if name == "ssp":
            self.answered.append(int(query.payload))
        else:
            asp.send_data(ProtocolData(SCP, SSP, 3, 2, 0, query.sls, query.payload))

    def run(self, until_ms):
        """Let timers run, in order, until a time."""
        machines = [self.sg, *self.asps.values()]
        while True:
            due = [(at, index) for index, m in enumerate(machines) if (at := m.next_timer()) is not None]
            if not due or min(due)[0] > until_ms * MS:
                break
            self.now, index = min(due)
            machines[index].handle_timer(self.now)
            self.carry()
        self.now = until_ms * MS

    def ask(self, number):
        self.asps["ssp"].send_data(ProtocolData(SSP, SCP, 3, 2, 0, number % 256, str(number).encode()))
        self.carry()


@pytest.mark.parametrize("mode", [TrafficMode.OVERRIDE, TrafficMode.LOADSHARE])
def test_every_query_is_answered_once_and_in_order(mode):
    network = Network(mode)
    network.start()
    for number in range(200):
        network.ask(number)
    assert network.answered == list(range(200))
    states = {name: asp.state for name, asp in network.asps.items()}
    assert states["scp2"] is (AspState.INACTIVE if mode is TrafficMode.OVERRIDE else AspState.ACTIVE)


@pytest.mark.parametrize("mode", [TrafficMode.OVERRIDE, TrafficMode.LOADSHARE])
def test_a_graceful_leave_loses_nothing(mode):
    network = Network(mode)
    network.start()
    for number in range(100):
        if number == 30:
            network.asps["scp1"].send_inactive(network.now)
        if number == 60:
            network.asps["scp1"].send_down(network.now)
        network.ask(number)
    assert network.answered == list(range(100))
    assert network.asps["scp1"].state is AspState.DOWN


@pytest.mark.parametrize("mode", [TrafficMode.OVERRIDE, TrafficMode.LOADSHARE])
def test_a_mate_whose_association_ends_is_replaced_at_once(mode):
    network = Network(mode)
    network.start()
    for number in range(100):
        if number == 50:
            network.asps["scp1"].lost(network.now)
            network.sg.lost(0, network.now)
            network.carry()
        network.ask(number)
    assert network.answered == list(range(100))


@pytest.mark.parametrize("mode", [TrafficMode.OVERRIDE, TrafficMode.LOADSHARE])
def test_a_mate_that_falls_silent_is_replaced_within_two_seconds(mode):
    network = Network(mode)
    network.start()
    network.run(1000)
    network.cut.add("scp1")
    for number in range(100):
        network.run(1000 + 40 * number)
        network.ask(number)
    lost = set(range(100)) - set(network.answered)
    assert lost
    assert max(lost) * 40 <= 2000
    assert set(range(51, 100)) <= set(network.answered)


def test_over_lossy_datagrams_all_come_to_active_and_stay_useful():
    network = Network(TrafficMode.LOADSHARE, loss=0.2, association=False, beat_ms=0)
    network.start()
    network.run(60_000)
    assert {asp.state for asp in network.asps.values()} == {AspState.ACTIVE}
    assert {server.state for server in network.sg.servers.values()} == {AsState.ACTIVE}
    for number in range(100):
        network.ask(number)
    assert 20 < len(network.answered) < 80
    assert network.answered == sorted(set(network.answered))


def test_without_a_serving_asp_the_switch_is_told_after_t_r():
    network = Network(TrafficMode.LOADSHARE)
    network.start()
    for number, name in enumerate(NAMES[:2]):
        network.asps[name].lost(network.now)
        network.sg.lost(number, network.now)
    network.carry()
    for number in range(10):
        network.ask(number)
    assert network.answered == []
    network.run(3000)
    server = network.sg.servers[20]
    assert server.counters["queued"] == server.counters["dropped_t_r"] == 10
    network.ask(11)
    assert network.sg.counters["dropped_as_unavailable"] == 1
