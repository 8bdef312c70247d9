"""A scripted service control point, worlds around it, and a playbook for one switch alone."""

import random
from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load_or_raise
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import (
    APPLICATION_ERROR,
    decode_parameters,
    encode_parameters,
    operation,
    operation_named,
)
from ain_scp.signaling.ain.structures import (
    Announcement,
    AnnouncementBlock,
    ApplicationErrorString,
    Carrier,
    RedirectionInformation,
)
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp import Address, UnitData
from ain_scp.signaling.tcap import (
    Component,
    ComponentType,
    conversation,
    decode_package,
    encode_package,
    invoke,
    p_abort,
    reject,
    response,
    return_error,
)
from ain_scp.ssp_sim.fabric import MemoryFabric
from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.world import CallPlan, World
from ain_scp.terms.units import SECOND_NS

ROOT = Path(__file__).parents[3]
SCP_POINT_CODE = parse_point_code("245-1-2")
START = 979_725_600 * SECOND_NS  # 2001-01-17T10:00:00


class Seen:
    """One query the scripted node got: operation name, parameters, transaction."""

    def __init__(self, name, parameters, transaction):
        self.name = name
        self.parameters = parameters
        self.transaction = transaction

    def digits(self, name):
        value = self.parameters.digits(name)
        return None if value is None else (value.digits, value.nature)


class ScriptedScp:
    """A node that gives each query what `script(seen)` says: a list of (delay in ns, package maker) pairs."""

    def __init__(self, script):
        self.script = script
        self.queries = []
        self.notifications = []
        self.reports = []
        self.others = []
        self._due = []
        self._out = []

    def receive(self, octets, link, now):
        data = m3ua.decode(octets).protocol_data
        unit = sccp.decode(data.payload)
        package = decode_package(unit.data)
        component = package.components[0] if package.components else None
        if component is None:
            self.others.append(package)
            return
        parameters = decode_parameters(operation(component.code), component.parameter or b"")
        seen = Seen(operation(component.code).name, parameters, package.originating)
        kept = {"terminationNotification": self.notifications, "reportError": self.reports}
        if seen.name in kept:
            kept[seen.name].append(parameters)
            return
        kind = self.others if seen.name in {"resourceClear", "close"} else self.queries
        kind.append(seen)
        for delay, make in self.script(seen):
            answer = UnitData(
                unit.calling, Address(250, SCP_POINT_CODE), encode_package(make(seen.transaction))
            )
            ours = m3ua.data(SCP_POINT_CODE, unit.calling.point_code, 3, 2, 0, 0, sccp.encode(answer), 100)
            self._due.append((now + delay, link, ours))
        self.handle_timer(now)

    def octets_to_send(self):
        out, self._out = self._out, []
        return out

    def next_event(self):
        return None

    def next_timer(self):
        return min((due[0] for due in self._due), default=None)

    def handle_timer(self, now):
        self._out += [(link, octets) for at, link, octets in self._due if at <= now]
        self._due = [due for due in self._due if due[0] > now]


TRUNKS = ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")
CARRIERS = ("carrier", "alternateCarrier", "secondAlternateCarrier")


class Answers:
    """Makers of answers: each returns a function from transaction id to package."""

    @staticmethod
    def route(
        called,
        non=3,
        trunks=(),
        carriers=(),
        slp=None,
        echo=None,
        redirecting=None,
        redirecting_non=3,
        name="",
    ):
        values = {"calledPartyID": Digits(non, 1, called), **dict(zip(TRUNKS, trunks, strict=False))}
        values |= {key: Carrier(0, 3, code) for key, code in zip(CARRIERS, carriers, strict=False)}
        if slp is not None:
            values["aMAslpID"] = slp
        if redirecting is not None:
            values["redirectingPartyID"] = Digits(redirecting_non, 1, redirecting)
            values["redirectionInformation"] = RedirectionInformation(3, 3, 3, 1)
        row = operation_named(name or "analyzeRoute")
        parts = [invoke(row.code, encode_parameters(row, values), 2, 1)]
        if echo is not None:
            beside = operation_named("sendNotification")
            parts.append(invoke(beside.code, encode_parameters(beside, {"echoData": echo}), 3, 1))
        return lambda transaction: response(transaction, *parts)

    @staticmethod
    def announce(number, disconnect=True, peer=None):
        row = operation_named("sendToResource")
        values = {"resourceType": 0, "strParameterBlock": AnnouncementBlock((Announcement(number),))}
        if disconnect:
            values["disconnectFlag"] = True
        part = invoke(row.code, encode_parameters(row, values), 2, 1)
        if peer is None:
            return lambda transaction: response(transaction, part)
        return lambda transaction: conversation(peer, transaction, part)

    @staticmethod
    def proceed():
        row = operation_named("continue")
        return lambda transaction: response(transaction, invoke(row.code, b"", 2, 1))

    @staticmethod
    def disconnect():
        row = operation_named("disconnect")
        return lambda transaction: response(transaction, invoke(row.code, b"", 2, 1))

    @staticmethod
    def abort():
        return lambda transaction: p_abort(transaction, 6)

    @staticmethod
    def reject():
        return lambda transaction: response(transaction, reject(1, 0x0202))

    @staticmethod
    def error():
        argument = encode_parameters(APPLICATION_ERROR, {"applicationErrorString": ApplicationErrorString(0)})
        return lambda transaction: response(transaction, return_error(1, 1, argument))

    @staticmethod
    def empty():
        result = Component(ComponentType.RETURN_RESULT_LAST, None, 1)
        return lambda transaction: response(transaction, result)


@pytest.fixture(scope="session")
def answers():
    return Answers


@pytest.fixture(scope="session")
def golden():
    """The data set of the acceptance cases."""
    return load_or_raise(ROOT / "examples" / "golden")[0]


class Run:
    """A world with a scripted node, and short words for tests."""

    def __init__(self, dataset, script, seed=1, conditions=None, default=None, **world):
        self.scp = ScriptedScp(script)
        self.usage = []
        self.kernel = Kernel()
        self.fabric = MemoryFabric(random.Random(f"{seed}/fabric"), conditions, default)
        world.setdefault("write_usage", self.usage.append)
        self.world = World(dataset, self.kernel, self.fabric, seed, **world)
        self.world.attach("SCP", self.scp)

    def call(self, calling="9258341234", access_code="7", dialed="9212000", at_s=0, **plan):
        """Place one call; its id is c1, c2, ..."""
        name = plan.pop("id", f"c{self.world.offered + 1}")
        at = START + round(at_s * SECOND_NS)
        self.world.place_calls([CallPlan(name, at, calling, access_code, dialed, **plan)])

    def go(self):
        """Run to the end; every call is over, every circuit is back."""
        records = self.world.run()
        assert self.world.in_progress() == 0
        assert sum(self.world.statuses.values()) == self.world.offered
        assert self.world.network.board.circuits_in_use() == 0
        return records

    def one(self, **plan):
        """Place one call and run."""
        self.call(**plan)
        return self.go()[-1]

    def names(self, record, protocol=None):
        """The messages of a call as "source > destination: name"."""
        return [
            f"{m.source} > {m.destination}: {m.name}"
            for m in record.messages
            if protocol is None or m.protocol == protocol
        ]


@pytest.fixture
def run(golden):
    """Make a run of the golden network: `run(script or one answer for every query, ...)`."""

    def make(script, **more):
        return Run(golden, script if _is_script(script) else lambda _seen: [(0, script)], **more)

    return make


def _is_script(script):
    """An answer takes a transaction, a script takes what was seen."""
    return script.__code__.co_varnames[:1] != ("transaction",)
