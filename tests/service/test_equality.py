"""Equal answers by chance: the general node and both quick ones get the same octets, and do and say the same.

Random legal data sets, some in several time zones; queries with every operation code, odd and missing component IDs, digits of any nibbles and natures,
other switches, repeated transactions, changed octets; batches of any size, reloads, and load controls in force now and then.
"""

import itertools
import random

import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.exact import ExactNode
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.overload.control import OverloadControl
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import ber
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import encode_package
from ain_scp.terms.localtime import parse
from kit.json_data_set import dataset_from_json
from kit.query import SSP, package_of, query_octets, wrapped

NOON = parse("2001-01-17T12:00:00") * 1_000_000_000
QUICK, LONG = 4, 60
QUERIES = 500
CODES = (0x6402, 0x6403, 0x6405, 0x6417, 0x6418)
ZONES = None, "America/New_York", "America/Los_Angeles", "Asia/Tokyo"
NIBBLES = "0123456789*#ADEF"
NATURES = (0, 1, 3, 3, 3, 4, 5, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x7F)


class Asker:
    """Makes messages out of the calls of a data set."""

    def __init__(self, chance, calls):
        self.chance, self.calls = chance, calls
        self.transaction = 0
        self.sent = [b""]

    def message(self):
        chance = self.chance
        if chance.random() < 0.04:
            return chance.choice(self.sent[-60:])
        self.transaction += chance.random() < 0.97
        made = self.query()
        if chance.random() < 0.05:
            made = self.spoiled(made)
        self.sent.append(made)
        return made

    def query(self):
        chance = self.chance
        asked = self.calls.make(chance)
        digits = asked.get("dialed", "9212000")[:15]
        if chance.random() < 0.06:
            digits += "".join(chance.choice(NIBBLES) for _ in range(chance.randint(1, 4)))
            digits = digits[:15]
        nature = chance.choice(NATURES) if chance.random() < 0.2 else 3
        more = {"collectedAddressInfo": Digits(nature, 1, digits)}
        if chance.random() < 0.05:
            more["chargeNumber"] = Digits(3, 1, "9258341234")
        code, calling = asked.get("access_code"), asked["calling_party"] or ""
        octets = query_octets(
            self.transaction,
            calling=calling if len(calling) == 10 else "9258341234",
            access=code or None,
            bearer=chance.choice((0, 0, 0, 1, 3, 4, 9)),
            opc=chance.choice((SSP, SSP, SSP, 0xF60305, 0xF60306)),
            sls=chance.randrange(32),
            **more,
        )
        return self.odd(octets) if chance.random() < 0.25 else octets

    def odd(self, octets):
        """Another operation code, package type or component ID; lengths mended."""
        chance = self.chance
        tcap = encode_package(package_of(octets))
        at = tcap.index(b"\xcf")
        ids = chance.choice((b"", b"\x01", b"\x7f", b"\x01\x02"))
        rest = tcap[at + 3 :]
        if chance.random() < 0.6:
            code = chance.choice(CODES) if chance.random() < 0.7 else chance.randrange(0x6400, 0x7000)
            rest = rest[:2] + code.to_bytes(2, "big") + rest[4:]
        part = element(chance.choice((0xE9, 0xE9, 0xED)), element(0xCF, ids) + rest)
        kind = 0xE2 if chance.random() < 0.9 else chance.choice((0xE1, 0xE3, 0xE4, 0xE5))
        transaction = tcap[tcap.index(b"\xc7\x04") :][:6]
        return wrapped(element(kind, transaction + element(0xE8, part)))

    def spoiled(self, octets):
        changed = bytearray(octets)
        for _ in range(self.chance.randint(1, 3)):
            changed[self.chance.randrange(len(changed))] = self.chance.randrange(256)
        return bytes(changed)


def element(tag, contents):
    return ber.element(ber.identifier(tag), contents)


def nodes(program, *, converse):
    """The general node, that of servers and that of simulated networks; the last one opens no dialogues, so if they converse, none."""
    config = NodeConfig()
    draws = [itertools.cycle(range(0, 10_000, 37)).__next__ for _ in range(3)]
    tokens = [itertools.count(1).__next__ if converse else None for _ in range(2)]
    general = ScpNode(program, config, draws[0], token=tokens[0])
    fast = FastNode(program, config, draws[1], token=tokens[1])
    return [general, fast, *([] if converse else [ExactNode(program, config, draws[2])])]


def answers_of(node, batch, now):
    """The answers of a node that takes one message at a time."""
    answers = []
    for octets in batch:
        node.receive(octets, "link", now)
        answers += [answer for _, answer in node.octets_to_send()]
    return answers


def fuzz(seed, generated, base, calls_of, folder):
    chance = random.Random(seed)
    parts = {part for part in generated.PARTS if chance.random() < 0.5} if seed else set()
    data = generated.changed(chance, base, parts)
    areas = data["lata_map"]["npa"]
    for prefix in areas if chance.random() < 0.5 else ():
        lata, state = areas[prefix] if isinstance(areas[prefix], list) else (areas[prefix], None)
        areas[prefix] = [lata, state, chance.choice(ZONES)]
    loaded = load(dataset_from_json(data, folder / "set"))
    assert loaded.dataset is not None, loaded.problems
    program = Program(compile_dataset(loaded.dataset), standard_plans())
    program.times.ahead_s = 0
    every = nodes(program, converse=seed % 2 == 1)
    general, fast, *others = every
    asker, now, asked = Asker(chance, calls_of(data)), NOON, 0
    while asked < QUERIES:
        batch = [asker.message() for _ in range(chance.choice((1, 2, 7, 40, 130)))]
        asked += len(batch)
        now += chance.choice((0, 1, 10**6, 10**8, 4 * 10**9, 61 * 10**9))
        if chance.random() < 0.04:
            for node in every:
                node.replace(program)
        if chance.random() < 0.06:
            level, now = (
                chance.choice((0, 3)),
                now + 10**6,
            )  # what is changed from outside is noticed after 1 ms
            for node in every:
                node.overload = OverloadControl(
                    node.config.overload
                )  # the quick way counts no demand for a code
                node.overload.levels.level = level
                node.handle_timer(now)  # the simulated network's node looks at levels after its own messages
        due = answers_of(general, batch, now)
        samples = general.samples()
        assert fast.answer_all(batch, "link", now) == due
        assert (fast.samples(), fast.counters) == (samples, general.counters)
        for exact in others:
            assert answers_of(exact, batch, now) == due
            assert (exact.samples(), exact.counters) == (samples, general.counters)
            while exact.next_event() is not None:
                pass
    return fast.short


@pytest.mark.parametrize("seed", range(QUICK))
def test_both_nodes_do_and_say_the_same(seed, generated, provisioning, calls_of, tmp_path):
    assert fuzz(seed, generated, provisioning, calls_of, tmp_path) > 0 or seed


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(QUICK, QUICK + LONG))
def test_both_nodes_do_and_say_the_same_for_a_minute(seed, generated, provisioning, calls_of, tmp_path):
    fuzz(seed, generated, provisioning, calls_of, tmp_path)
