"""ISUP messages: every one encodes, decodes, refuses each truncation, keeps unknown parameters, and tshark agrees."""

import shutil
import struct
import subprocess

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import isup, m3ua
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.isup import (
    AddressComplete,
    Answer,
    CallProgress,
    InitialAddress,
    Number,
    OtherMessage,
    RedirectionInformation,
    Release,
    ReleaseComplete,
    TransitNetwork,
)
from ain_scp.signaling.isup.numbers import AUDIO_3_1_KHZ, Cause, CodingStandard, Event
from ain_scp.signaling.mtp3 import ServiceIndicator, parse_point_code

CALLED = Number("9255551234")
RTL = InitialAddress(
    1,
    Number("9258880001"),
    Number("9258341234", 3, 1, 1, 3),
    original_called_number=Number("9085551234", presentation=1),
    redirecting_number=Number("5551234", 1),
    redirection_information=RedirectionInformation(2, 15, 1, 3),
    charge_number=Number("9258341234", 3),
    originating_line_information=0,
    jurisdiction="925834",
    hop_counter=20,
    transit_network_selection=TransitNetwork("0288", 1),
    carrier_identification="0288",
    calling_party_category=10,
    user_service_information=AUDIO_3_1_KHZ,
    unknown=((0xC1, b"\x05\x12\x34"),),
)

# fixed part, pointers, user service, called; then calling, charge, original called, redirecting numbers, redirection
# information, line, jurisdiction, hop counter, transit network, carrier, generic digits, end
RTL_OCTETS = (
    "010001"
    "00"
    "2000"
    "0a"
    "03060d"
    "039090a2"
    "0703102985880010"
    "0a0703172985432143"
    "eb0703102985432143"
    "2807031409585521430b068110551532"
    "04"
    "130223f1"
    "ea0100"
    "c403298543"
    "3d0114"
    "230422208810"
    "c503222088"
    "c103051234"
    "00"
)

ROWS = [
    pytest.param(InitialAddress(513, CALLED), "0102010020000a030600038090a20703102955552143", id="IAM"),
    pytest.param(RTL, RTL_OCTETS, id="IAM-RTL"),
    pytest.param(AddressComplete(5), "050006160400", id="ACM"),
    pytest.param(AddressComplete(5, 0x0400, ((0x29, b"\x01"),)), "05000604000129010100", id="ACM-optional"),
    pytest.param(Answer(16383), "ff3f0900", id="ANM"),
    pytest.param(Answer(5, 0x1604, ((0x2C, b"\x02"),)), "05000901110216042c010200", id="ANM-optional"),
    pytest.param(CallProgress(5, Event.ALERTING), "05002c0100", id="CPG"),
    pytest.param(CallProgress(5, 2, True, ((0x11, b"\x00\x01"),)), "05002c82011102000100", id="CPG-optional"),
    pytest.param(Release(5, Cause.USER_BUSY), "05000c0200028091", id="REL"),
    pytest.param(
        Release(5, 23, 2, CodingStandard.ANSI, b"\x7f", ((0x13, b"\x00\x00"),)),
        "05000c020503c2977f1302000000",
        id="REL-optional",
    ),
    pytest.param(ReleaseComplete(5), "050010", id="RLC"),
    pytest.param(OtherMessage(5, 0x12, b""), "050012", id="RSC"),
]


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_encodes(message, octets):
    assert isup.encode(message).hex() == octets


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_decodes(message, octets):
    assert isup.decode(bytes.fromhex(octets)) == message


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_every_truncation_is_refused(message, octets):
    whole = bytes.fromhex(octets)
    for end in range(len(whole)):
        with pytest.raises(DecodeError):
            isup.decode(whole[:end])


@pytest.mark.parametrize(("message", "octets"), ROWS[:-2])
def test_an_octet_too_many_is_refused(message, octets):
    with pytest.raises(DecodeError):
        isup.decode(bytes.fromhex(octets) + b"\x00")


@pytest.mark.parametrize(("message", "octets"), ROWS[:-2])
def test_unknown_optional_parameters_are_kept(message, octets):
    more = msgspec.structs.replace(message, unknown=(*message.unknown, (0xE9, b"abc"), (0xE9, b"")))
    assert isup.decode(isup.encode(more)) == more


def test_a_carrier_in_another_form_stays_as_it_came():
    more = InitialAddress(1, CALLED, unknown=((0x23, b"\x21\x88\x02"), (0xC5, b"\x11\x22")))
    assert isup.decode(isup.encode(more)) == more


def test_release_complete_may_end_with_an_empty_pointer():
    assert isup.decode(bytes.fromhex("05001000")) == ReleaseComplete(5)


def test_spare_bits_of_the_circuit_are_ignored():
    assert isup.decode(bytes.fromhex("05c010")) == ReleaseComplete(5)


IAM = "010201002000"
LAYOUT = [
    ("", "header"),
    ("050010" + "01", "no parameters"),
    ("050006160401", "does not end"),
    ("05000616040129", "longer"),
    ("0500061604012901", "longer"),
    ("050006160401290101", "does not end"),
    ("0500061604012901010000", "does not end"),
    ("0500061604022901" + "0100", "wrong"),
    ("05000c0000028091", "out of range"),
    ("05000cff00028091", "out of range"),
    ("05000c020003809100"[:-2], "out of range"),
    ("05000c0200018000"[:-2], "cause is cut short"),
    ("05000c0200020091", "extension"),
    ("05000c0200028011", "extension"),
    (IAM + "0a" + "030200" + "038090a2", "overlap"),
    (IAM + "0a" + "030700" + "038090a2" + "00" + "020310", "leave octets over"),
    (IAM + "0a" + "030600" + "038090a2" + "0103", "number is cut short"),
    (IAM + "0a" + "030600" + "038090a2" + "028310", "odd number without digits"),
    (IAM + "0a" + "030400" + "0180" + "020310", "user service"),
    (IAM + "0a" + "030600" + "038090a2" + "130310" + "11" * 17, "too many digits"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "1301" + "00" + "00", "redirection"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "ea02" + "0000" + "00", "one octet"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "c402" + "0000" + "00", "jurisdiction"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "ea0100" * 2 + "00", "twice"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "0a020310" * 2 + "00", "twice"),
    (IAM + "0a" + "030608" + "038090a2" + "020310" + "c503222088" * 2 + "00", "twice"),
    ("05000901" + "1101" + "0000", "two octets"),
    ("05000901" + "11020000" * 2 + "00", "twice"),
    ("05000901" + "e900" * 33 + "00", "too many optional"),
    ("050012" + "00" * 270, "too long"),
]


@pytest.mark.parametrize(("octets", "reason"), LAYOUT)
def test_a_wrong_layout_is_refused(octets, reason):
    with pytest.raises(DecodeError, match=reason):
        isup.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "message",
    [
        ReleaseComplete(1 << 14),
        Release(1, 128),
        Release(1, 16, 16),
        Release(1, 16, 0, 4),
        CallProgress(1, 128),
        AddressComplete(1, 1 << 16),
        Answer(1, -1),
        Answer(1, None, tuple((1, bytes(200)) for _ in range(2))),
        OtherMessage(1, 2, bytes(270)),
        InitialAddress(1, Number("1" * 33)),
        InitialAddress(1, Number("x")),
        InitialAddress(1, Number("1", 128)),
        InitialAddress(1, Number("1", 3, 8)),
        InitialAddress(1, Number("1", 3, 1, 1)),
        InitialAddress(1, CALLED, original_called_number=Number("1", 3, 1, 0, 1)),
        InitialAddress(1, CALLED, calling_party_number=Number("1", 3, 1, 4)),
        InitialAddress(1, CALLED, redirection_information=RedirectionInformation(16)),
        InitialAddress(1, CALLED, jurisdiction="12345"),
        InitialAddress(1, CALLED, carrier_identification="288"),
        InitialAddress(1, CALLED, transit_network_selection=TransitNetwork("0288", 16)),
        InitialAddress(1, CALLED, hop_counter=256),
    ],
)
def test_our_own_impossible_message_is_a_value_error(message):
    with pytest.raises(ValueError):
        isup.encode(message)


numbers = st.builds(Number, st.text("0123456789*#ADEF", max_size=32), st.integers(0, 127), st.integers(0, 7))


@given(st.integers(0, 16383), numbers, st.none() | numbers, st.none() | numbers)
@settings(derandomize=True, deadline=None, max_examples=150)
def test_what_is_encoded_decodes_to_itself(cic, called, calling, charge):
    message = InitialAddress(cic, called, calling, charge_number=charge)
    assert isup.decode(isup.encode(message)) == message


framed = st.builds(
    lambda kind, rest: b"\x01\x00" + bytes((kind,)) + rest,
    st.sampled_from([1, 6, 9, 12, 16, 44]),
    st.binary(max_size=40),
)


@given(st.binary(max_size=40) | framed)
@settings(derandomize=True, deadline=None, max_examples=600)
def test_any_octets_give_a_message_or_a_decode_error(octets):
    try:
        message = isup.decode(octets)
    except DecodeError as error:
        outcome = error
    else:
        assert isup.decode(isup.encode(message)) == message
        return
    assert outcome.source == "isup"
    assert 0 <= outcome.offset <= len(octets)


def test_every_bit_flip_of_an_iam_gives_a_message_or_a_decode_error():
    golden = bytes.fromhex(RTL_OCTETS)
    refused = 0
    for index in range(len(golden) * 8):
        changed = bytearray(golden)
        changed[index // 8] ^= 1 << index % 8
        try:
            isup.decode(bytes(changed))
        except DecodeError:
            refused += 1
    assert 0 < refused < len(golden) * 8


# -- judged by tshark --------------------------------------------------------------------------------------------------


def crc32c(octets):
    remainder = 0xFFFFFFFF
    for octet in octets:
        remainder ^= octet
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def pcap(messages):
    """A capture of raw IPv4 (link type 228) with each M3UA message in one SCTP DATA chunk."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)
    for index, message in enumerate(messages):
        chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(message), index + 1, 1, index, 3) + message
        chunk += bytes(-len(message) % 4)
        ports = struct.pack(">HHI", 2905, 2905, 1)
        sctp = ports + struct.pack("<I", crc32c(ports + bytes(4) + chunk)) + chunk
        ends = bytes((127, 0, 0, 1)) * 2
        packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(sctp), 0, 0, 64, 132, 0) + ends + sctp
        out += struct.pack("<IIII", index, 0, len(packet), len(packet)) + packet
    return out


def tshark(path, *arguments):
    command = ["tshark", "-n", "-r", str(path), "-o", "mtp3.standard:ANSI", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path_factory.mktemp("isup") / "calls.pcap"
    opc, dpc = parse_point_code("246-3-4"), parse_point_code("245-1-2")
    octets = [isup.encode(row.values[0]) for row in ROWS]
    path.write_bytes(
        pcap([m3ua.data(opc, dpc, ServiceIndicator.ISUP, 2, 0, 1, item, 100) for item in octets])
    )
    return path


@pytest.mark.interop
def test_tshark_finds_nothing_to_complain_about(capture):
    assert tshark(capture, "-Y", '_ws.expert.severity >= "Warning" || _ws.malformed') == ""
    assert tshark(capture).count("ISUP(ANSI)") == len(ROWS)


@pytest.mark.interop
def test_tshark_reads_the_same_types_and_circuits(capture):
    lines = tshark(capture, "-T", "fields", "-e", "isup.message_type", "-e", "isup.cic").splitlines()
    expected = [(isup.encode(row.values[0])[2], row.values[0].cic) for row in ROWS]
    assert [tuple(int(field, 0) for field in line.split("\t")) for line in lines] == expected


@pytest.mark.interop
def test_tshark_reads_the_same_numbers(capture):
    text = tshark(capture, "-Y", "frame.number == 2", "-V")
    for line in (
        "Called Party Number: 9258880001",
        "Calling Party Number: 9258341234",
        "Charge Number: 9258341234",
        "Original Called Number: 9085551234",
        "Redirecting Number: 5551234",
        "Redirection counter: 1",
        "Jurisdiction: 925834",
        "Hop counter: 20",
        "Network id: 0288",
        "Circuit code: 1",
        "Screening indicator: network provided",
        "Address presentation restricted indicator: presentation restricted",
    ):
        assert line in text
