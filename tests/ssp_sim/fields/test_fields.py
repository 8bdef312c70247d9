"""Fields read by a known form are those of the general codecs, for every message either accepts."""

import random
from pathlib import Path

import pytest

from ain_scp.signaling import m3ua, sccp, tcap
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.ssp_sim.fields.fields import FieldReader, general_fields

ROOT = Path(__file__).parents[3]
VECTORS = [
    bytes.fromhex(line.split()[2])
    for line in (ROOT / "tests" / "signaling" / "vectors_ain.txt").read_text().splitlines()
    if line and line[0] != "#"
]


def framed(package):
    """A package in an M3UA DATA message; None for one that no UDT holds."""
    if len(package) > 255:
        return None
    unit = sccp.UnitData(sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), package)
    return m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 5, sccp.encode(unit), 100)


MESSAGES = [octets for octets in map(framed, VECTORS) if octets is not None]


def test_common_messages_have_a_form_and_a_second_reading_is_the_first():
    reader = FieldReader()
    for octets in MESSAGES:
        first = reader.read(octets)
        assert first == general_fields(octets)
        assert reader.read(octets) == first
        assert reader.line(octets) == (None if first is None else first.line)
    assert reader.known > len(MESSAGES) // 2


@pytest.mark.parametrize("seed", range(3))
def test_changed_messages_read_as_the_general_codecs_read_them(seed):
    chance, reader = random.Random(seed), FieldReader()
    for octets in MESSAGES:
        reader.read(octets)
    learned = reader.known
    for _ in range(1000):
        changed = bytearray(chance.choice(MESSAGES))
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            at = chance.randrange(len(changed))
            changed[at] = chance.choice((chance.randrange(256), changed[at] ^ 1 << chance.randrange(8)))
        octets = bytes(changed)
        expected = general_fields(octets)
        assert reader.read(octets) == expected
        line = reader.line(octets)
        assert line == expected.line if expected is not None else not line
        if line == "":
            assert m3ua.decode(octets).protocol_data.si != 3
    assert reader.known > learned + 50


@pytest.mark.parametrize("network", [None, 7])
def test_what_other_users_of_the_network_say_is_passed_over_by_its_form(network):
    """A damaged message, or one for SCCP, is never taken for one of them."""
    chance, reader, known = random.Random(5), FieldReader(), 0
    for _ in range(3_000):
        payload = chance.randbytes(chance.choice((1, 7, 24)))
        opc, dpc = (chance.choice((0xF60304, 0xF60305, 0x050505)) for _ in "ab")
        octets = bytearray(m3ua.data(opc, dpc, 5, 2, 0, chance.randrange(256), payload, 100, network))
        if chance.random() < 0.3:
            octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        line = reader.line(bytes(octets))
        assert not line
        if line == "":
            known += 1
            assert m3ua.decode(bytes(octets)).protocol_data.si != 3
    assert known > 1_500
    assert reader.line(m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 5, payload, 100, network)) is None


def test_notifications_have_a_form_whatever_their_connect_time_and_echo_data():
    reader, operation = FieldReader(), operation_named("terminationNotification")
    for number in range(50):
        values = {
            "echoData": bytes((1, 0, 0, 0, number, 0xAB)),
            "terminationIndicator": b"\x00",
            "connectTime": 77 * number,
        }
        octets = framed(
            tcap.encode_package(
                tcap.unidirectional(tcap.invoke(operation.code, encode_parameters(operation, values), 1))
            )
        )
        assert reader.read(octets) == general_fields(octets)
        assert reader.line(octets) == general_fields(octets).line
    assert reader.known == 99
    assert f"echoData=01000000{49:02X}AB" in reader.line(octets)


def test_the_command_prints_one_line_for_each_message(ain, tmp_path):
    ain("run", "examples/golden/scenario.toml", "--transport", "memory", "--pcap", tmp_path / "run.pcap")
    done = ain("decode", tmp_path / "run.pcap", "--fields")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert any("callingPartyID=9258341234" in line and "\tinfoAnalyzed\t" in line for line in lines)
    assert len({line.split("\t")[0] for line in lines}) == len(lines)
