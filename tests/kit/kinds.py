"""Messages of every kind that calls cause, changed in every way, asked of the general node and of a server's node in batches.

The golden scenario's own messages (queries, queries of hosts, notifications), overflows and other queries made of the same
numbers, and all of them damaged. Each comparison is of answers and their order, of samples and of counters.
"""

import importlib.util
import itertools
from pathlib import Path

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import m3ua, sccp, tcap
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import Carrier, UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.m3ua.structs import AffectedPointCode
from ain_scp.signaling.sccp.management import Management, ManagementKind, management_unit_data
from ain_scp.ssp_sim.lab import Lab
from ain_scp.ssp_sim.scenario import load
from ain_scp.terms.localtime import parse
from kit import query

GOLDEN = Path(__file__).resolve().parent.parent.parent / "examples" / "golden"
START = parse("2001-01-17T10:00:00") * 1_000_000_000
STEPS_NS = 1_000_000, 1_000_000, 1_000_000, 1_000_000_000, 3_000_000_000
"""How far time goes on from batch to batch."""
CONFIG = NodeConfig(refusals_per_second=1e9)
"""Every refusal is answered, so that every one is compared."""
TRANSACTION = b"\xc7\x04"
LEAST_ORIGINAL = 3
"""Digits that the number originally called must have."""
OTHER_SWITCH = query.SSP + 0x101


class _Heard(ScpNode):
    """A node that remembers what it was asked."""

    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        self.heard = []

    def receive(self, octets, link, now, arrival=None):
        """Take one message, and note it."""
        self.heard.append(octets)
        super().receive(octets, link, now, arrival)


class _Listening(Lab):
    """A run whose node remembers."""

    def _make_node(self, draw):
        return _Heard(self.program, NodeConfig(), draw, record_decisions=True)


def program_for(dataset):
    """A data set's program."""
    return Program(compile_dataset(dataset), standard_plans())


def golden_messages(make_program):
    """What the SCP is sent in the golden scenario, in order."""
    lab = _Listening(load(GOLDEN / "scenario.toml"), load_or_raise(GOLDEN)[0], make_program)
    lab.run()
    return lab.node.heard


def numbered(octets, transaction):
    """The same message in another transaction; what has none comes back unchanged."""
    at = octets.find(TRANSACTION, 40)
    return octets if at < 0 else octets[: at + 2] + transaction.to_bytes(4, "big") + octets[at + 6 :]


def asked(name, transaction, calling, *, opc=query.SSP, invoke_id=1, **more):
    """A query of any operation; `more` are its parameters."""
    known = operation_named(name)
    values = {
        "userID": UserID(UserIDChoice.DN, calling or "0000000000"),
        "bearerCapability": 0,
        "callingPartyID": None if calling is None else Digits(3, 1, calling),
    } | more
    argument = encode_parameters(known, {key: value for key, value in values.items() if value is not None})
    package = tcap.query(transaction, tcap.invoke(known.code, argument, invoke_id))
    return query.wrapped(tcap.encode_package(package), opc=opc)


class Neighbours:
    """Queries of all operations by callers and numbers drawn from a data set and beside them."""

    def __init__(self, chance, program):
        dataset = program.snapshot.dataset
        callers = [str(int(number))[1:] for number in dataset.triggers.numbers]
        self._chance = chance
        self._hosts = [number for one in program.snapshot.customers for number in one.rtl] or ["9257893412"]
        self._callers = [*chance.sample(callers, min(9, len(callers))), "5555550000", None]
        heads = {str(int(number))[1:] for one in program.snapshot.customers for number in one.rows.sdp.number}
        heads |= {row.prefix for row in dataset.lata} | {
            "800",
            "900",
            "911",
            "411",
            "950",
            "1010222",
            "0",
            "",
        }
        self._heads = chance.sample(sorted(heads), min(25, len(heads)))
        self._abroad = ["442079460990", "4989123456", "85012345", "33140205050", "1", "0", ""]

    def number(self):
        """A number and its nature."""
        chance = self._chance
        if chance.random() < 0.15:
            return Digits(4, 1, chance.choice(self._abroad))
        tail = "".join(chance.choices("0123456789", k=10))
        digits = (chance.choice(self._heads) + tail)[: chance.choice((10, 10, 10, 10, 7, 11, 3))]
        return Digits(chance.choice((3, 3, 3, 3, 3, 1, 0, 0x71, 0x75)), 1, digits)

    def query(self, transaction):
        """One query."""
        chance = self._chance
        calling = chance.choice(self._callers)
        common = {
            "bearerCapability": chance.choice((0, 0, 0, 1, 3)),
            "invoke_id": chance.choice((1, 1, 1, 7, None)),
            "opc": chance.choice((query.SSP, query.SSP, OTHER_SWITCH)),
        }
        kind = chance.random()
        if kind < 0.4:
            return asked(
                chance.choice(("infoAnalyzed", "infoAnalyzed", "infoCollected")), transaction, calling,
                triggerCriteriaType=2, accessCode=Digits(0, 0, chance.choice(("7", "9", "9", "8"))),
                collectedAddressInfo=self.number(), **common,
            )  # fmt: skip
        original = None if chance.random() < 0.05 else self.number()
        if original is not None and len(original.digits) < LEAST_ORIGINAL:
            original = None
        host = chance.choice([*self._hosts, *self._hosts, "9257890000"])
        more = {} if chance.random() < 0.7 else {"redirectingPartyID": original}
        if chance.random() < 0.1:
            more["carrier"] = Carrier(4, 3, "0222") if kind >= 0.8 else None
        name = "terminationAttempt" if kind < 0.8 else "networkBusy"
        return asked(
            name, transaction, calling, triggerCriteriaType=15 if kind < 0.8 else 24,
            calledPartyID=Digits(3, 1, host), originalCalledPartyID=original, **more, **common,
        )  # fmt: skip


def damaged(chance, octets):
    """A message with one thing wrong, or another: an octet, a bit, some octets, some octets missing."""
    changed = bytearray(octets)
    way = chance.randrange(6)
    if way == 0:
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    elif way == 1:
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    elif way == 2:
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed) // 2, len(changed))] = chance.randrange(256)
    elif way == 3:
        at = octets.find(b"\x92\x07", 40)
        if at > 0:
            changed[at + 4 + chance.randrange(5)] = chance.randrange(256)
    elif way == 4:
        changed[-1 - chance.randrange(min(8, len(changed)))] ^= 1 << chance.randrange(8)
    else:
        at = chance.randrange(8, len(changed))
        del changed[at : at + chance.randrange(1, 3)]
        changed[4:8] = len(changed).to_bytes(4, "big")
    return bytes(changed)


def management(chance):
    """What tells of the network: that a switch is out of reach, congested or back, that its subsystem is out of service."""
    affected = chance.choice((query.SSP, OTHER_SWITCH))
    if chance.random() < 0.5:
        kind = chance.choice((ManagementKind.SSP, ManagementKind.SSA))
        told = management_unit_data(Management(kind, 250, affected), query.SCP, OTHER_SWITCH)
        return m3ua.data(OTHER_SWITCH, query.SCP, 3, 2, 0, 0, sccp.encode(told), 100)
    kind = chance.choice((MessageKind.DUNA, MessageKind.DAVA, MessageKind.SCON, MessageKind.BEAT))
    codes = () if kind is MessageKind.BEAT else (AffectedPointCode(affected, 0),)
    return m3ua.encode(m3ua.Message(kind, affected_point_codes=codes))


class Beside:
    """A general node and a server's nodes over one program, asked the same in batches."""

    def __init__(self, program, config=CONFIG, rehearsal=None):
        draws = lambda: itertools.cycle(range(0, 10_000, 377)).__next__  # noqa: E731 - a word, not a function
        self.general = ScpNode(program, config, draws())
        self.quick = {"path": FastNode(program, config, draws(), rehearsal=rehearsal)}
        if importlib.util.find_spec("librt") is not None:
            from ain_scp.scp.fast import core

            self.quick["core"] = FastNode(program, config, draws(), innermost=core, rehearsal=rehearsal)
        self.now = START
        self.compared = 0

    def ask(self, batch, link="link"):
        """Ask all; the general node's answers."""
        expected = []
        for octets in batch:
            self.general.receive(octets, link, self.now)
            expected += [answer for _, answer in self.general.octets_to_send()]
        samples = self.general.samples()
        for name, node in self.quick.items():
            answers = node.answer_all(list(batch), link, self.now)
            assert answers == expected, (name, [octets.hex() for octets in batch])
            assert node.samples() == samples, (name, [octets.hex() for octets in batch])
            assert node.counters == self.general.counters, (
                name, node.counters - self.general.counters, self.general.counters - node.counters,
                [octets.hex() for octets in batch],
            )  # fmt: skip
            self.compared += len(batch)
        return expected

    def replace(self, program):
        """Decide by another snapshot."""
        for node in (self.general, *self.quick.values()):
            node.replace(program)


def compare(chance, program, messages, batches, rehearsal=None):
    """Batches of messages of all kinds, repeated, neighbouring and damaged ones among them; how many were compared."""
    beside, neighbours = Beside(program, rehearsal=rehearsal), Neighbours(chance, program)
    number, older = 1, []
    for _ in range(batches):
        batch = []
        for _ in range(chance.choice((1, 1, 2, 5, 23))):
            way = chance.random()
            octets = neighbours.query(0) if way < 0.35 else chance.choice(messages)
            if older and way > 0.95:
                octets = chance.choice(older)
            else:
                number += 1
                octets = numbered(octets, number)
            if 0.9 < way < 0.91:
                octets = management(chance)
            if 0.6 < way < 0.8:
                octets = damaged(chance, octets)
            batch.append(octets)
            if way < 0.02:
                batch.append(octets)
        older = [*older, *batch][-200:]
        beside.ask(batch, chance.choice(("link", "link", "other link")))
        beside.now += chance.choice(STEPS_NS)
    return beside
