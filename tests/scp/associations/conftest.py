"""A network in memory and virtual time: an STP (the gateway machine), mated SCPs behind it, and a switch that asks."""

import asyncio
import itertools
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.scp.associations.asp import AspRow
from ain_scp.scp.associations.gateway import GatewaySide
from ain_scp.scp.associations.signaling import Signaling
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.node import ScpNode
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import Digits, UserID, UserIDChoice
from ain_scp.signaling.m3ua.application_server import AsConfig
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.m3ua.peers import Peer, Peers
from ain_scp.signaling.m3ua.sg import Gateway, SgConfig
from ain_scp.signaling.m3ua.sg_tables import RemoteAspState
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import ComponentType, PackageType, decode_package, encode_package, invoke, query
from ain_scp.terms.localtime import parse
from ain_scp.transport import sctp_usr
from ain_scp.transport.datagram import UdpEndpoint
from ain_scp.transport.link import parse_endpoint
from kit.memory_network import MemoryNetwork

ROOT = Path(__file__).parents[3]

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


def gateway(mode, *, t_beat_ms=500, t_r_ms=2000, addresses=None, misses=2):
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
    config = SgConfig(frozenset({STP}), tuple(servers), 16, t_beat_ms, misses)
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


NODE_FILE = """
name = "SCP-{name}"
point_code = "{own}"
alias_point_codes = ["254-200-20"]
routing_context = {context}
node_id = {number}
t_ack_ms = 500
t_beat_ms = 200
beat_misses = 3
t1_ms = 1500
sctp_udp_port = {encapsulation}

[[stp]]
name = "STP"
transport = "{transport}"
remote = "127.0.0.1:{port}"
local = "127.0.0.2{number}:0"
routing_contexts = [20, {context}]
traffic_mode = "{mode}"
standby = {standby}
asp_identifier = {number}
destinations = ["250-1-10"]

[metrics]
address = "127.0.0.1:0"
"""


class Process:
    """One `ain serve --config` process."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "ain_scp.ain", "serve", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ready(self):
        """Wait for the ready line; the port of the health endpoint."""
        words = self.process.stdout.readline().split()
        assert words[:1] == ["ready"], self.process.stderr.read()
        return int(words[words.index("http") + 1].rpartition(":")[2])

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Let it end, and not leave it behind; its exit status and what it said."""
        try:
            _, told = self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, told = self.process.communicate()
        return self.process.returncode, told


async def metrics_of(port):
    """The counters a process tells, by the whole left side of each line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    text = (await reader.read()).decode().partition("\r\n\r\n")[2]
    writer.close()
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in rows}


class Live:
    """An STP in this process, mates in processes of their own, a steady load, real time and real sockets."""

    def __init__(self, dataset, directory, mode, transport="udp"):
        self.dataset, self.directory, self.mode, self.transport = dataset, directory, mode, transport
        self.asker, self.processes, self.ports = Asker(), {}, {}
        self.answered_at = []
        self.addresses = {"SSP": "127.0.0.11", "A": "127.0.0.21", "B": "127.0.0.22"}

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self.stp = GatewaySide(
            gateway(self.mode, t_beat_ms=200, addresses=self.addresses, misses=3),
            self._route,
            time.monotonic_ns,
        )
        here = parse_endpoint("127.0.0.1:0")
        self.encapsulation = 0
        if self.transport == "udp":
            self.endpoint = UdpEndpoint(here, receive_buffer=1 << 22)
            self.endpoint.listen(self.stp)
            self.port = self.endpoint.address.port
        else:
            self.endpoint = sctp_usr.UsrSctpStack(here)
            self.endpoint.listen(2905, self.stp)
            self.port, self.encapsulation = 2905, self.endpoint.encapsulation_port
        self.ticking = loop.create_task(self._tick())
        return self

    async def __aexit__(self, *_):
        self.ticking.cancel()
        self.endpoint.close()
        for process in self.processes.values():
            process.process.send_signal(signal.SIGCONT)
            process.process.kill()
            process.end()

    async def _tick(self):
        while True:
            await asyncio.sleep(0.01)
            self.stp.handle_timer()

    def _route(self, octets, link):
        data = m3ua.decode(octets).protocol_data
        self.asker.answered(data)
        self.answered_at.append((time.monotonic(), data.opc))

    async def start(self, name, *, standby=False):
        number = {"A": 1, "B": 2}[name]
        path = self.directory / f"{name}.toml"
        path.write_text(
            NODE_FILE.format(
                name=name,
                own=f"254-200-{20 + number}",
                context=RC_OWN[name],
                number=number,
                port=self.port,
                transport=self.transport,
                encapsulation=self.encapsulation,
                mode=self.mode.name.lower(),
                standby=str(standby).lower(),
            )
        )
        process = self.processes[name] = Process([self.dataset, "--config", path])
        self.ports[name] = await asyncio.to_thread(process.ready)
        await self.until(lambda: RemoteAspState.DOWN is not self.state(name))
        if not standby:
            await self.until(lambda: name in self.active)

    def state(self, name):
        return self.stp.gateway.servers[RC_ALIAS].asps[name]

    @property
    def active(self):
        return self.stp.gateway.servers[RC_ALIAS].active

    async def until(self, condition, seconds=15):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - processes tell nobody
                await asyncio.sleep(0.005)

    async def load(self, seconds, every_s=0.005):
        """Ask steadily, from a plan of instants; what is late is asked late, never left out."""
        began = time.monotonic()
        for n in range(int(seconds / every_s)):
            wait = began + n * every_s - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.stp.gateway.send_data(self.asker.query(), time.monotonic_ns())
            self.stp._pump()

    async def settled(self, seconds=5):
        """Wait until everything asked is answered; False when something stays lost."""
        try:
            await self.until(lambda: not self.asker.lost, seconds)
        except TimeoutError:
            return False
        return True

    async def end(self, name):
        process = self.processes.pop(name)
        return await asyncio.to_thread(process.end)


@pytest.fixture
def live(tmp_path):
    """A function: traffic mode (and transport) -> a live network to enter."""
    dataset = tmp_path / "golden"
    shutil.copytree(ROOT / "examples" / "golden", dataset)
    return lambda mode, transport="udp": Live(dataset, tmp_path, mode, transport)


@pytest.fixture
def read_metrics():
    return metrics_of
