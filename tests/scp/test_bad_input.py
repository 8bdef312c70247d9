"""Bad input, enumerated, through the whole node: only declared outcomes, and never a route the octets do not decide.

Golden messages are the TCAP vectors under M3UA and SCCP. Every bit is flipped, every length cut, and every octet that is a
length takes all 256 values. What comes back is checked against the message as it was received: an AnalyzeRoute must be
the decision of the query that the received octets decode to.

Source: A-261, reliability targets B1, B2.
"""

import random
import struct
from pathlib import Path

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import OUTCOMES, discrepancies
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.call import MESSAGES, query_of
from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.signaling import ber, m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import decode_package, encode_package, invoke, query
from kit.long_forms import in_full

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
SCP_ADDRESS, SSP_ADDRESS = sccp.Address(250, SCP), sccp.Address(250, SSP)
VECTORS = Path(__file__).parent.parent / "signaling" / "vectors_ain.txt"
ROUTES = {0x6501: "analyzeRoute", 0x6A01: "forwardCall"}


CALLER = {
    "userID": UserID(UserIDChoice.DN, "9258341234"),
    "bearerCapability": 0,
    "callingPartyID": Digits(3, 1, "9258341234"),
}
DECIDED = {
    "on-net": CALLER | {"accessCode": Digits(0, 0, "7"), "collectedAddressInfo": Digits(3, 1, "9212000")},
    "off-net": CALLER | {"accessCode": Digits(0, 0, "7"), "collectedAddressInfo": Digits(3, 1, "4157770100")},
    "remote tie line": CALLER
    | {"accessCode": Digits(0, 0, "9"), "collectedAddressInfo": Digits(3, 1, "17075552345")},
    "host": CALLER
    | {"calledPartyID": Digits(3, 1, "9257893412"), "originalCalledPartyID": Digits(3, 1, "7075552345")},
}
"""Queries of the acceptance data set that are routed."""


def golden():
    """Name -> one whole message; XUDT, UDTS, management and segments besides the vectors."""
    messages = {}
    for line in VECTORS.read_text().splitlines():
        if not line.startswith("#"):
            name, _, octets = line.split()
            messages[name] = wrap(sccp.UnitData(SCP_ADDRESS, SSP_ADDRESS, bytes.fromhex(octets), 1, True))
    tcap = bytes.fromhex(
        next(line.split()[2] for line in VECTORS.read_text().splitlines() if "InfoAnalyzed " in line)
    )
    for name, values in DECIDED.items():
        known = operation_named("terminationAttempt" if name == "host" else "infoAnalyzed")
        argument = encode_parameters(known, values)
        package = encode_package(query(0x0A000001, invoke(known.code, argument, 1)))
        messages[name] = wrap(sccp.UnitData(SCP_ADDRESS, SSP_ADDRESS, package, 1, True))
    messages["XUDT"] = wrap(sccp.ExtendedUnitData(SCP_ADDRESS, SSP_ADDRESS, tcap, 1, True))
    messages["segment"] = wrap(
        sccp.ExtendedUnitData(
            SCP_ADDRESS, SSP_ADDRESS, tcap[:50], 1, True, segmentation=sccp.Segmentation(True, 1, 7)
        )
    )
    messages["UDTS"] = wrap(sccp.UnitDataService(SCP_ADDRESS, SSP_ADDRESS, tcap, 1))
    messages["SST"] = wrap(
        sccp.UnitData(
            sccp.Address(1, SCP), sccp.Address(1, SSP), b"\x03\xfa" + SCP.to_bytes(3, "little") + b"\x00"
        )
    )
    messages["BEAT"] = m3ua.encode(m3ua.Message(m3ua.MessageKind.BEAT, heartbeat=b"hello"))
    messages["DUNA"] = bytes.fromhex("010002010000001800060008000000640012000800f50102")
    return messages


def wrap(message):
    return m3ua.data(SSP, SCP, 3, 2, 0, 5, sccp.encode(message), 100)


GOLDEN = golden()


def lengths_of(octets):
    """Every offset of an octet that is (part of) a length: M3UA, SCCP, TCAP and AIN."""
    found = set(range(4, 8))
    at = 8
    while at + 4 <= len(octets):
        found |= {at + 2, at + 3}
        (tag, size) = struct.unpack_from(">HH", octets, at)
        if tag == 0x0210:
            found |= _sccp_lengths(octets, at + 16, at + size)
        at += size + -size % 4
    return sorted(found)


def _sccp_lengths(octets, start, end):
    if octets[start] not in (9, 10, 17):
        return set()
    pointers = start + (3 if octets[start] == 17 else 2)
    found = set(range(pointers, pointers + (4 if octets[start] == 17 else 3)))
    places = [pointers + index + octets[pointers + index] for index in range(3)]
    found |= set(places)
    data = places[2] + 1
    return found | _ber_lengths(octets, data, data + octets[places[2]])


def _ber_lengths(octets, start, end):
    found = set()
    at = start
    while at < end:
        try:
            _, inside, stop = ber.header(octets, at, end)
        except DecodeError:
            return found
        found.add(inside - 1)
        if octets[at] & ber.CONSTRUCTED:
            found |= _ber_lengths(octets, inside, stop)
        at = stop
    return found


class Judge:
    """One node that takes everything; what it answers is held against the octets it was given."""

    def __init__(self, program):
        # no repetition: many mutants share a transaction id
        self.node = ScpNode(program, NodeConfig(t1_ms=0, refusals_per_second=1e9), lambda: 0)
        self.program = program
        self.now = 979_725_600 * 10**9
        self.routes = 0

    def give(self, octets):
        self.now += 1_000
        self.node.receive(octets, "STP", self.now)
        answers = self.node.octets_to_send()
        assert len(answers) <= 1
        for _, out in answers:
            data = m3ua.decode(out).protocol_data
            if data is None or octets[:1] != b"\x01":
                continue
            unit = sccp.decode(data.payload)
            if unit.called.ssn == 1 or isinstance(unit, sccp.UnitDataService | sccp.ExtendedUnitDataService):
                continue
            for part in decode_package(unit.data).components:
                if part.is_invoke and part.code in ROUTES:
                    self.check_route(octets, part)
        self.node.samples()

    def check_route(self, octets, part):
        """Decode what was received, decide it again, and compare."""
        self.routes += 1
        data = m3ua.decode(octets).protocol_data
        component = decode_package(sccp.decode(data.payload).data).components[0]
        parameters = decode_parameters(operation(component.code), component.parameter)
        assert component.code in MESSAGES
        query = query_of(component.code, parameters, self.program.snapshot, self.now // 10**9, 0)
        decision = self.program.decide(query)
        assert not isinstance(decision, Undecidable)
        sent = decode_parameters(operation(part.code), part.parameter)
        assert sent.digits("calledPartyID").digits == decision.response_called_party_id
        assert sent.get("aMAslpID") == decision.ama_slp_id

    def settle(self):
        """Nothing is lost, nothing is left."""
        self.now += 3600 * 10**9
        self.node.handle_timer(self.now)
        assert discrepancies(self.node.counters, self.node.in_flight) == []
        assert self.node.drained


@pytest.fixture
def judge(program_of):
    made = Judge(program_of())
    yield made
    made.settle()


def test_there_are_sixty_golden_messages_and_those_of_this_data_set_are_routed(judge):
    assert len(GOLDEN) >= 58
    for name in DECIDED:
        routed = judge.routes
        judge.give(GOLDEN[name])
        assert judge.routes == routed + 1, name


@pytest.mark.parametrize("name", GOLDEN)
def test_every_truncation_has_a_declared_outcome(name, judge):
    whole = GOLDEN[name]
    for length in range(len(whole)):
        judge.give(whole[:length])
    assert judge.routes == 0
    assert judge.node.counters["received"] == len(whole)


@pytest.mark.parametrize("name", GOLDEN)
def test_every_flipped_bit_has_a_declared_outcome(name, judge):
    whole = GOLDEN[name]
    for bit in range(8 * len(whole)):
        octets = bytearray(whole)
        octets[bit >> 3] ^= 0x80 >> (bit & 7)
        judge.give(bytes(octets))
    assert judge.node.counters["received"] == 8 * len(whole)


WHOLE = ("InfoAnalyzed", "SendToResource_collect", "XUDT", "segment", "SST", "BEAT")
"""Messages whose length octets take every value in every run; of the others the telling values, and all in a long run."""


def telling(value):
    """Values around the right one and around the forms of BER lengths."""
    return {0, 1, 2, value - 1, value + 1, 0x7E, 0x7F, 0x80, 0x81, 0x82, 0x83, 0xFE, 0xFF} & set(range(256))


@pytest.mark.parametrize("name", GOLDEN)
def test_wrong_length_octets_have_declared_outcomes(name, judge):
    whole = GOLDEN[name]
    places = lengths_of(whole)
    assert len(places) >= 6
    count = 0
    for place in places:
        for value in range(256) if name in WHOLE else telling(whole[place]):
            judge.give(whole[:place] + bytes((value,)) + whole[place + 1 :])
            count += 1
    assert judge.node.counters["received"] == count


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("name", GOLDEN)
def test_every_value_of_every_length_octet_has_a_declared_outcome(name, judge):
    whole = GOLDEN[name]
    for place in lengths_of(whole):
        for value in range(256):
            judge.give(whole[:place] + bytes((value,)) + whole[place + 1 :])
    assert judge.node.counters["received"] == 256 * len(lengths_of(whole))


def mutants(count, seed):
    """Random and structure-aware mutants: octets changed, removed, repeated, inserted; parts of two messages joined."""
    chance = random.Random(seed)
    messages = list(GOLDEN.values())
    for _ in range(count):
        octets = bytearray(chance.choice(messages))
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            at = chance.randrange(len(octets))
            kind = chance.randrange(6)
            if kind < 3:
                octets[at] = chance.choice((chance.randrange(256), 0, 0xFF, 0x80, octets[at] ^ 1))
            elif kind == 3:
                del octets[at : at + chance.randint(1, 8)]
            elif kind == 4:
                octets[at:at] = octets[at : at + chance.randint(1, 16)]
            else:
                other = chance.choice(messages)
                octets[at:] = other[chance.randrange(len(other)) :]
            if not octets:
                break
        if len(octets) >= 8 and chance.random() < 0.7:
            octets[4:8] = len(octets).to_bytes(4, "big")  # so that more than the M3UA header is tried
        yield bytes(octets)


def run_mutants(judge, count, seed):
    for octets in mutants(count, seed):
        judge.give(octets)
    counters = judge.node.counters
    assert counters["received"] == count
    assert sum(counters[name] > 0 for name in OUTCOMES) >= 20
    assert judge.routes > count // 200


def test_random_mutants_have_declared_outcomes(judge):
    run_mutants(judge, 50_000, 20)


@pytest.mark.slow
@pytest.mark.compiled
def test_many_random_mutants_have_declared_outcomes(judge):
    run_mutants(judge, in_full(1_000_000, otherwise=200_000), 1_000_000)
