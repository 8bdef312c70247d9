"""A network in memory and virtual time: an STP (the gateway machine), mated SCPs behind it, and a switch that asks."""

import itertools
import random

import pytest

from scp.associations.asp import AspRow
from scp.associations.gateway import GatewaySide
from scp.associations.signaling import Signaling
from scp.config import NodeConfig
from scp.node import ScpNode
from signaling import m3ua, sccp
from signaling.ain.codec import encode_parameters
from signaling.ain.operations import operation_named
from signaling.ain.structures import Digits, UserID, UserIDChoice
from signaling.m3ua.application_server import AsConfig
from signaling.m3ua.asp import AspConfig
from signaling.m3ua.numbers import TrafficMode
from signaling.m3ua.peers import Peer, Peers
from signaling.m3ua.sg import Gateway, SgConfig
from signaling.mtp3 import parse_point_code
from signaling.tcap import ComponentType, PackageType, decode_package, encode_package, invoke, query
from terms.localtime import parse
from transport.memory import MemoryNetwork

MS = 1_000_000
ALIAS, OWN = (
    parse_point_code("254-200-20"),
    {"A": parse_point_code("254-200-21"), "B": parse_point_code("254-200-22")},
)
SSP, STP = parse_point_code("250-1-10"), parse_point_code("1-1-1")
RC_SSP, RC_ALIAS, RC_OWN = 10, 20, {"A": 21, "B": 22}
NOON = parse("2001-01-17T12:00:00") * 1_000_000_000


class Asker:
    """Makes queries and remembers which were answered, by whom."""

    def __init__(self):
        self.transactions = itertools.count(0x0A000001)
        self.asked, self.answers, self.wrong = {}, {}, []

    def query(self, dpc=ALIAS, sls=None):
        transaction = next(self.transactions)
        self.asked[transaction] = dpc
        known = operation_named("infoAnalyzed")
        values = {
            "bearerCapability": 0,
            "triggerCriteriaType": 2,
            "userID": UserID(UserIDChoice.DN, "9258341234"),
            "callingPartyID": Digits(3, 1, "9258341234"),
            "accessCode": Digits(0, 0, "7"),
            "collectedAddressInfo": Digits(3, 1, "9212000"),
        }
        package = encode_package(query(transaction, invoke(known.code, encode_parameters(known, values), 1)))
        unit = sccp.UnitData(sccp.Address(250, dpc), sccp.Address(250, SSP), package)
        return m3ua.ProtocolData(
            SSP, dpc, 3, 2, 0, transaction % 256 if sls is None else sls, sccp.encode(unit)
        )

    def answered(self, data):
        package = decode_package(sccp.decode(data.payload).data)
        good = (
            package.kind is PackageType.RESPONSE and package.components[0].kind is ComponentType.INVOKE_LAST
        )
        if not good or package.responding not in self.asked or package.responding in self.answers:
            self.wrong.append(package)
        self.answers[package.responding] = data.opc

    @property
    def lost(self):
        return sorted(self.asked.keys() - self.answers.keys())


def gateway(mode, *, t_beat_ms=500, t_r_ms=2000, addresses=None):
    """The STP of mates A and B and of one switch; `addresses` names the address of each."""
    addresses = addresses or {"SSP": "ssp", "A": "a", "B": "b"}
    peers = [
        Peer("SSP", frozenset({addresses["SSP"]}), frozenset({SSP}), frozenset({RC_SSP}), frozenset({250}))
    ]
    servers = [AsConfig("ssp", RC_SSP, (SSP,), ("SSP",))]
    servers.append(AsConfig("scp", RC_ALIAS, (ALIAS,), ("A", "B"), mode, t_r_ms=t_r_ms))
    for name in ("A", "B"):
        contexts = frozenset({RC_ALIAS, RC_OWN[name]})
        peers.append(
            Peer(name, frozenset({addresses[name]}), frozenset({OWN[name]}), contexts, frozenset({250}))
        )
        servers.append(AsConfig(f"scp-{name}", RC_OWN[name], (OWN[name],), (name,), mode, t_r_ms=t_r_ms))
    config = SgConfig(frozenset({STP}), tuple(servers), 16, t_beat_ms, 2)
    return Gateway(config, Peers(tuple(peers)))


class World:
    """Virtual time: one clock, one network, the STP, the mates and the switch."""

    def __init__(self, program, mode, **options):
        self.now = 0
        self.program = program
        self.network = MemoryNetwork(streams=options.pop("streams", 16))
        self.asker = Asker()
        self.mode = mode
        self.stp = GatewaySide(gateway(mode, **options), self._route, lambda: self.now)
        self.network.listen("stp", self.stp)
        self.mates, self.nodes = {}, {}
        self.stopped = set()
        self.switch_reports = []
        self._data = None

    def _route(self, octets, link):
        message = m3ua.decode(octets)
        data = message.protocol_data
        if data.dpc == SSP:
            self.asker.answered(data)
        else:
            self.stp.gateway.send_data(data, self.now, origin=None)

    def add(self, name, *, standby=False, association=True, t_beat_ms=500):
        config = NodeConfig(
            name=name,
            point_code=OWN[name],
            alias_point_codes=frozenset({ALIAS}),
            routing_context=RC_OWN[name],
            node_id={"A": 1, "B": 2}[name],
        )
        node = self.nodes[name] = ScpNode(self.program, config, lambda: 0)
        chance = random.Random(name)
        mate = Signaling(node, lambda: self.now, lambda: NOON + self.now, chance.random)
        asp = AspConfig(
            routing_contexts=(RC_ALIAS, RC_OWN[name]),
            asp_identifier={"A": 1, "B": 2}[name],
            traffic_mode=self.mode.value,
            standby=standby,
            association=association,
            destinations=(SSP,),
            t_ack_ms=500,
            t_beat_ms=t_beat_ms,
        )
        mate.add_asp(AspRow(name, asp), lambda user: self.network.connect(name.lower(), "stp", user))
        self.mates[name] = mate
        mate.start()
        self.run(0)
        return mate

    def ask(self, **options):
        self.stp.gateway.send_data(self.asker.query(**options), self.now)
        self.stp._pump()

    def run(self, milliseconds, step_ms=1):
        """Let time pass; a machine that is stopped hears nothing and its timers stand still."""
        for _ in range(0, milliseconds + 1, step_ms):
            self.network.deliver()
            self.stp.handle_timer()
            for name, mate in self.mates.items():
                due = mate.next_timer()
                if name not in self.stopped and due is not None and due <= self.now:
                    mate.handle_timer()
            self.network.deliver()
            if milliseconds:
                self.now += step_ms * MS

    def steady(self, queries, every_ms=5):
        for _ in range(queries):
            self.ask()
            self.run(every_ms - 1)

    def asp(self, name):
        return self.mates[name].asps[0]


@pytest.fixture
def world(program_of):
    """A function: traffic mode -> a world with nobody registered yet."""

    def make(mode=TrafficMode.LOADSHARE, **options):
        return World(program_of(None), mode, **options)

    return make
