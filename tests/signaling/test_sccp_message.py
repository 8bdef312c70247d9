"""SCCP messages: every one encodes, decodes, refuses each truncation and keeps unknown parameters."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.sccp import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    GlobalTitle,
    LongUnitData,
    LongUnitDataService,
    Segmentation,
    UnitData,
    UnitDataService,
)

SCP = Address(250, 0xF50102)
SSP = Address(250, 0xF60304)
DATA = bytes.fromhex("e220c70400000001e818e916cf0101d1026403300dbf3507810509585521438d0100")
GT_TYPE = Address(0, None, GlobalTitle(254, "9085551234"), route_on_ssn=False)
GT_PLAN = Address(None, None, GlobalTitle(3, "90855", 1), route_on_ssn=False, national=False)
HEX = DATA.hex()

# message, octets; the first three are the payloads of the captured vectors
ROWS = [
    pytest.param(UnitData(SCP, SSP, DATA), "090003080d05c3fa0201f505c3fa0403f622" + HEX, id="UDT"),
    pytest.param(UnitDataService(SSP, SCP, DATA, 1), "0a0103080d05c3fa0403f605c3fa0201f522" + HEX, id="UDTS"),
    pytest.param(
        UnitData(GT_TYPE, SSP, DATA), "0900030b10088900fe095855214305c3fa0403f622" + HEX, id="UDT-GT"
    ),
    pytest.param(
        UnitData(SCP, SSP, b"\x01", 1, True), "098103080d05c3fa0201f505c3fa0403f60101", id="UDT-return"
    ),
    pytest.param(UnitData(SCP, Address(250), b""), "090003080a05c3fa0201f502c1fa00", id="UDT-SSN-only"),
    pytest.param(UnitData(GT_PLAN, Address(), b"\x07"), "090003090a0604031109580501c00107", id="UDT-GT-plan"),
    pytest.param(
        ExtendedUnitData(SCP, SSP, b"\x01"), "11000f04090e0005c3fa0201f505c3fa0403f60101", id="XUDT"
    ),
    pytest.param(
        ExtendedUnitData(
            SCP, SSP, b"\x01", hop_counter=7, segmentation=Segmentation(True, 2, 0x010203, True)
        ),
        "11000704090e0f05c3fa0201f505c3fa0403f601011004c201020300",
        id="XUDT-segment",
    ),
    pytest.param(
        ExtendedUnitDataService(SCP, SSP, b"\x01", 12, 3, None, ((0x12, b"\x05"), (0xF9, b"\x01\x02"))),
        "120c0304090e0f05c3fa0201f505c3fa0403f60101120105f902010200",
        id="XUDTS-unknown",
    ),
    pytest.param(
        LongUnitData(SCP, SSP, b"\x01", 1, True, 9),
        "13810907000b000f00000005c3fa0201f505c3fa0403f6010001",
        id="LUDT",
    ),
    pytest.param(
        LongUnitData(SCP, SSP, b"\x01" * 300, segmentation=Segmentation(True, 0, 0x010203)),
        "13000f07000b000f003b0105c3fa0201f505c3fa0403f62c01" + "01" * 300 + "10048001020300",
        id="LUDT-long-segment",
    ),
    pytest.param(
        LongUnitDataService(SSP, SCP, b"", 4, 3, None, ((0x12, b"\x05"),)),
        "14040307000b000f000f0005c3fa0403f605c3fa0201f5000012010500",
        id="LUDTS-unknown",
    ),
]


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_encodes(message, octets):
    assert sccp.encode(message).hex() == octets


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_decodes(message, octets):
    assert sccp.decode(bytes.fromhex(octets)) == message


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_every_truncation_is_refused(message, octets):
    whole = bytes.fromhex(octets)
    for end in range(len(whole)):
        with pytest.raises(DecodeError):
            sccp.decode(whole[:end])


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_an_octet_too_many_is_refused(message, octets):
    with pytest.raises(DecodeError):
        sccp.decode(bytes.fromhex(octets) + b"\x00")


def test_unknown_optional_parameters_are_kept():
    message = ExtendedUnitData(SCP, SSP, b"\x01", unknown=((0x77, b"abc"),))
    assert sccp.decode(sccp.encode(message)) == message


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("0600", "not known", id="CREF is not connectionless"),
        pytest.param("0900ff080d05c3fa0201f505c3fa0403f60101", "pointer is out of range", id="pointer-out"),
        pytest.param("090000080d05c3fa0201f505c3fa0403f60101", "pointer is out of range", id="pointer-zero"),
        pytest.param("090003020d05c3fa0201f505c3fa0403f60101", "overlap", id="pointers-same-part"),
        pytest.param("090001080d05c3fa0201f505c3fa0403f60101", "overlap", id="pointer-into-pointers"),
        pytest.param("090004090e0005c3fa0201f505c3fa0403f60101", "no part", id="gap"),
        pytest.param("09000303050002c1fa0107", "no indicator", id="length-0"),
        pytest.param("090003080d05c3fa0201f505c3fa0403f60101ff", "no part", id="rest"),
        pytest.param("090203080d05c3fa0201f505c3fa0403f60101", "connectionless", id="class-2"),
        pytest.param("110010" + "04090e0005c3fa0201f505c3fa0403f60101", "hop counter", id="hop-counter-16"),
        pytest.param(
            "11000f04090e0f05c3fa0201f505c3fa0403f601011203010203", "no end", id="no-end-of-optional"
        ),
        pytest.param("11000f04090e0f05c3fa0201f505c3fa0403f6010112ff0100", "longer", id="optional-too-long"),
        pytest.param("11000f04090e0f05c3fa0201f505c3fa0403f601010000", "after the end", id="after-end"),
        pytest.param(
            "11000f04090e0f05c3fa0201f505c3fa0403f6010110030102" + "0300", "four octets", id="segmentation-3"
        ),
        pytest.param("13000f07000b000f0000", "missing", id="long-pointers-missing"),
        pytest.param(
            "13000f07000b000f00ff7f05c3fa0201f505c3fa0403f6010001", "out of range", id="long-pointer-out"
        ),
        pytest.param(
            "13000f07000b000f00000005c3fa0201f505c3fa0403f6020001", "longer", id="long-data-too-long"
        ),
        pytest.param(
            "13000f07000b000f00000005c3fa0201f505c3fa0403f600010101", "longer", id="long-data-big-endian"
        ),
        pytest.param("13000f06000b000f00000005c3fa0201f505c3fa0403f6010001", "overlap", id="long-overlap"),
    ],
)
def test_a_wrong_layout_is_refused(octets, reason):
    with pytest.raises(DecodeError, match=reason):
        sccp.decode(bytes.fromhex(octets))


def test_a_zero_length_optional_parameter_ends_the_walk_not_the_program():
    """A walk over optional parameters that does not advance once hung a well-known analyser."""
    octets = bytes.fromhex("11000f04090e0f05c3fa0201f505c3fa0403f60101") + b"\x77\x00" * 60
    with pytest.raises(DecodeError):
        sccp.decode(octets)


def test_parts_may_come_in_another_order():
    usual = sccp.encode(UnitData(SCP, SSP, b"\x01"))
    moved = bytes.fromhex("0900050a01") + bytes.fromhex("0101") + usual[5:17]
    assert sccp.decode(moved) == UnitData(SCP, SSP, b"\x01")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("c1", "subsystem"),
        ("c3fa0201", "point code"),
        ("c1fa00", "after the end"),
        ("89fa", "global title is cut short"),
        ("8cfa", "not of this network"),
        ("85fa01", "global title is cut short"),
        ("85fa0113", "not BCD"),
        ("85fa0111", "not BCD"),
        ("88fe" + "11" * 17, "too many digits"),
    ],
)
def test_a_wrong_address_is_refused(octets, reason):
    value = bytes.fromhex(octets)
    message = (
        bytes((9, 0, 3, 3 + len(value), 5 + len(value), len(value))) + value + bytes.fromhex("02c1fa0101")
    )
    with pytest.raises(DecodeError, match=reason):
        sccp.decode(message)


@pytest.mark.parametrize(
    "message",
    [
        UnitData(SCP, SSP, bytes(256)),
        UnitData(SCP, SSP, b"", 2),
        UnitData(Address(256), SSP, b""),
        UnitData(Address(1, 1 << 24), SSP, b""),
        UnitData(Address(1, None, GlobalTitle(256, "")), SSP, b""),
        UnitData(Address(1, None, GlobalTitle(1, "x")), SSP, b""),
        UnitData(Address(1, None, GlobalTitle(1, "1", 16)), SSP, b""),
        ExtendedUnitData(SCP, SSP, bytes(255)),
        ExtendedUnitData(SCP, SSP, bytes(242), unknown=((1, b""),)),
        ExtendedUnitData(SCP, SSP, b"", hop_counter=16),
        ExtendedUnitData(SCP, SSP, b"", segmentation=Segmentation(True, 16, 0)),
        UnitDataService(SCP, SSP, b"", 256),
        LongUnitData(SCP, SSP, bytes(3953)),
        LongUnitDataService(SCP, SSP, b"", 256),
    ],
)
def test_our_own_impossible_message_is_a_value_error(message):
    with pytest.raises(ValueError):
        sccp.encode(message)


titles = st.builds(
    GlobalTitle,
    st.integers(0, 255),
    st.text("0123456789*#ADE", max_size=32),
    st.none() | st.integers(0, 15),
)
addresses = st.builds(
    Address,
    st.none() | st.integers(0, 255),
    st.none() | st.integers(0, 0xFFFFFF),
    st.none() | titles,
    st.booleans(),
    st.booleans(),
)


@given(addresses, addresses, st.binary(max_size=3952), st.integers(0, 15))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_what_is_encoded_long_decodes_to_itself(called, calling, data, hops):
    message = LongUnitData(called, calling, data, hop_counter=hops)
    assert sccp.decode(sccp.encode(message)) == message


@given(addresses, addresses, st.binary(max_size=200), st.integers(0, 1), st.booleans())
@settings(derandomize=True, deadline=None, max_examples=200)
def test_what_is_encoded_decodes_to_itself(called, calling, data, protocol_class, return_on_error):
    message = UnitData(called, calling, data, protocol_class, return_on_error)
    assert sccp.decode(sccp.encode(message)) == message


@given(
    st.binary(max_size=64)
    | st.builds(
        lambda kind, rest: bytes((kind,)) + rest,
        st.sampled_from([9, 10, 17, 18, 19, 20]),
        st.binary(max_size=64),
    )
)
@settings(derandomize=True, deadline=None, max_examples=600)
def test_any_octets_give_a_message_or_a_decode_error(octets):
    try:
        message = sccp.decode(octets)
    except DecodeError as error:
        outcome = error
    else:
        assert sccp.decode(sccp.encode(message)) == message
        return
    assert outcome.source == "sccp"
    assert 0 <= outcome.offset <= len(octets)


def test_every_bit_flip_gives_a_message_or_a_decode_error():
    golden = bytes.fromhex("11000704090e0f05c3fa0201f505c3fa0403f601011004c201020300")
    for index in range(len(golden) * 8):
        changed = bytearray(golden)
        changed[index // 8] ^= 1 << index % 8
        try:
            assert isinstance(sccp.decode(bytes(changed)), msgspec.Struct)
        except DecodeError:
            continue
