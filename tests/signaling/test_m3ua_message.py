"""M3UA messages: every one encodes, decodes, refuses each truncation and keeps unknown parameters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import (
    AffectedPointCode,
    ErrorCode,
    InvalidMessageError,
    Message,
    MessageKind,
    ProtocolData,
)
from ain_scp.signaling.m3ua.parameters import MANDATORY, TABLE
from ain_scp.signaling.m3ua.structs import DeregistrationResult, RegistrationResult, RoutingKey

SCP, SSP = 0xF50102, 0xF60304
QUERY = (
    "010001010000009000060008000000640210007d00f6030400f5010203020000090003080d05c3fa0201f505c3fa0403f65be259c7040a0000"
    "01e851e94fcf0101d10264033046bf3507810509585521438d01008f07031008505521219f2304800022049f34010593070310095855214392"
    "07031009585521439401009f290401042088960703100850552121000000"
)
ANSWER = (
    "01000101000000dc0006000800000064021000ca00f5010200f6030403020000090003080d05c3fa0403f605c3fa0201f5a8e481a5c7040a00"
    "0001e8819ce98199cf020201d102650130818e9307031009585521439207031009585521439401008f07031002515589679f25070310025155"
    "89679f2a050000000110850500000001209f300500000001309f2904040420888404040420229f2f04040430339f2b07031008505521219f28"
    "041001200686070310095855000030098907031009585521438a052143658709300888068000001132049f2c0203310000"
)
UDTS = (
    "010001010000004c0210004400f5010200f60304030200000a0103080d05c3fa0403f605c3fa0201f522e220c70400000001e818e916cf0101"
    "d1026403300dbf3507810509585521438d0100"
)
GT = (
    "010001010000005800060008000000640210004700f6030400f50102030200000900030b10088900fe095855214305c3fa0403f622e220c704"
    "00000001e818e916cf0101d1026403300dbf3507810509585521438d010000"
)
SST = "010001010000003800060008000000640210002800f6030400f5010203020000090003080d05c3010201f505c3010403f60603fa0201f500"
SSA = "010001010000003800060008000000640210002800f5010200f6030403020000090003080d05c3010403f605c3010201f50601fa0201f500"
WHOLE = {"InfoAnalyzed": QUERY, "AnalyzeRoute": ANSWER, "UDTS": UDTS, "GT": GT, "SST": SST, "SSA": SSA}

# kind, fields, octets: the captured vectors, then one message of every other kind
ROWS = [
    pytest.param(
        Message(MessageKind.ASPUP, asp_identifier=1), "01000301000000100011000800000001", id="ASPUP"
    ),
    pytest.param(Message(MessageKind.ASPUP_ACK), "0100030400000008", id="ASPUP_ACK"),
    pytest.param(
        Message(MessageKind.ASPAC, traffic_mode=2, routing_contexts=(100,)),
        "0100040100000018000b0008000000020006000800000064",
        id="ASPAC",
    ),
    pytest.param(
        Message(MessageKind.ASPAC_ACK, traffic_mode=2, routing_contexts=(100,)),
        "0100040300000018000b0008000000020006000800000064",
        id="ASPAC_ACK",
    ),
    pytest.param(
        Message(MessageKind.NTFY, status=(1, 3), routing_contexts=(100,)),
        "0100000100000018000d0008000100030006000800000064",
        id="NTFY",
    ),
    pytest.param(
        Message(MessageKind.BEAT, heartbeat=b"hello"), "01000303000000140009000968656c6c6f000000", id="BEAT"
    ),
    pytest.param(
        Message(MessageKind.ERR, error_code=0x19, routing_contexts=(100,)),
        "0100000000000018000c0008000000190006000800000064",
        id="ERR",
    ),
    pytest.param(
        Message(MessageKind.DUNA, routing_contexts=(100,), affected_point_codes=(AffectedPointCode(SCP),)),
        "010002010000001800060008000000640012000800f50102",
        id="DUNA",
    ),
    pytest.param(
        Message(
            MessageKind.DAVA, network_appearance=7, affected_point_codes=(AffectedPointCode(0xF50000, 16),)
        ),
        "01000202000000180200000800000007" + "0012000810f50000",
        id="DAVA",
    ),
    pytest.param(
        Message(MessageKind.DAUD, affected_point_codes=(AffectedPointCode(1), AffectedPointCode(2))),
        "01000203000000140012000c0000000100000002",
        id="DAUD",
    ),
    pytest.param(
        Message(
            MessageKind.SCON,
            affected_point_codes=(AffectedPointCode(1),),
            concerned_destination=2,
            congestion_level=3,
        ),
        "01000204000000200012000800000001" + "0206000800000002" + "0205000800000003",
        id="SCON",
    ),
    pytest.param(
        Message(MessageKind.DUPU, affected_point_codes=(AffectedPointCode(1),), user_cause=(1, 3)),
        "01000205000000180012000800000001" + "0204000800010003",
        id="DUPU",
    ),
    pytest.param(
        Message(MessageKind.DRST, affected_point_codes=(AffectedPointCode(1),), info_string=b"abc"),
        "01000206000000180012000800000001" + "0004000761626300",
        id="DRST",
    ),
    pytest.param(Message(MessageKind.ASPDN), "0100030200000008", id="ASPDN"),
    pytest.param(Message(MessageKind.ASPDN_ACK), "0100030500000008", id="ASPDN_ACK"),
    pytest.param(Message(MessageKind.BEAT_ACK), "0100030600000008", id="BEAT_ACK"),
    pytest.param(Message(MessageKind.ASPIA), "0100040200000008", id="ASPIA"),
    pytest.param(
        Message(MessageKind.ASPIA_ACK, routing_contexts=(1, 2)),
        "0100040400000014" + "0006000c0000000100000002",
        id="ASPIA_ACK",
    ),
    pytest.param(
        Message(MessageKind.REG_REQ, routing_keys=(RoutingKey(1, ((0x020B, b"\x00\xf5\x01\x02"),)),)),
        "010009010000001c" + "02070014" + "020a000800000001" + "020b000800f50102",
        id="REG_REQ",
    ),
    pytest.param(
        Message(MessageKind.REG_RSP, registration_results=(RegistrationResult(1, 5, 0),)),
        "0100090200000024" + "0208001c" + "020a000800000001" + "0212000800000005" + "0006000800000000",
        id="REG_RSP",
    ),
    pytest.param(
        Message(MessageKind.DEREG_REQ, routing_contexts=(9,)),
        "0100090300000010" + "0006000800000009",
        id="DEREG_REQ",
    ),
    pytest.param(
        Message(MessageKind.DEREG_RSP, deregistration_results=(DeregistrationResult(9, 4),)),
        "010009040000001c" + "02090014" + "0006000800000009" + "0213000800000004",
        id="DEREG_RSP",
    ),
    pytest.param(
        Message(MessageKind.DATA, ProtocolData(1, 2, 3, 2, 1, 9, b"abcde"), (7, 8), 1, 5),
        "010001010000003c" + "0200000800000001" + "0006000c0000000700000008"
        "0210001500000001000000020302010961626364650000000013000800000005",
        id="DATA",
    ),
]


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_encodes(message, octets):
    assert m3ua.encode(message).hex() == octets


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_decodes(message, octets):
    assert m3ua.decode(bytes.fromhex(octets)) == message


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_every_truncation_is_refused(message, octets):
    whole = bytes.fromhex(octets)
    for end in range(len(whole)):
        with pytest.raises(DecodeError):
            m3ua.decode(whole[:end])


@pytest.mark.parametrize(("message", "octets"), ROWS)
def test_an_unknown_parameter_is_kept_wherever_it_stands(message, octets):
    body = bytes.fromhex(octets)[8:]
    odd = bytes.fromhex("7ffe000761626300")
    for changed in (body + odd, odd + body):
        whole = bytes.fromhex(octets)[:4] + (8 + len(changed)).to_bytes(4, "big") + changed
        decoded = m3ua.decode(whole)
        assert decoded.unknown == ((0x7FFE, b"abc"),)
        assert decoded.kind == message.kind
        assert m3ua.decode(m3ua.encode(decoded)) == decoded


def test_every_kind_has_a_row():
    assert {row.values[0].kind for row in ROWS} == set(MessageKind)


@pytest.mark.parametrize("name", WHOLE)
def test_captured_messages_come_back_octet_for_octet(name):
    octets = bytes.fromhex(WHOLE[name])
    message = m3ua.decode(octets)
    assert m3ua.encode(message) == octets
    payload = message.protocol_data.payload
    assert sccp.encode(sccp.decode(payload)) == payload


@pytest.mark.parametrize("name", WHOLE)
def test_the_short_way_makes_the_same_data_message(name):
    message = m3ua.decode(bytes.fromhex(WHOLE[name]))
    p = message.protocol_data
    context = message.routing_contexts[0] if message.routing_contexts else None
    assert m3ua.data(p.opc, p.dpc, p.si, p.ni, p.mp, p.sls, p.payload, context).hex() == WHOLE[name]


def test_the_captured_query_has_its_addresses():
    message = m3ua.decode(bytes.fromhex(QUERY))
    p = message.protocol_data
    assert (p.opc, p.dpc, p.si, p.ni, p.mp, p.sls) == (SSP, SCP, 3, 2, 0, 0)
    assert message.routing_contexts == (100,)
    assert sccp.decode(p.payload).called == sccp.Address(250, SCP)


def test_data_of_an_stp_with_protocol_data_first_is_read():
    """osmo-stp sends protocol data before the routing context."""
    usual = bytes.fromhex(QUERY)
    turned = usual[:8] + usual[16:] + usual[8:16]
    assert m3ua.decode(turned) == m3ua.decode(usual)


def test_network_appearance_and_correlation_id_of_the_short_way():
    octets = m3ua.data(1, 2, 3, 2, 0, 7, b"abc", 100, 7, 9)
    assert m3ua.decode(octets) == Message(
        MessageKind.DATA, ProtocolData(1, 2, 3, 2, 0, 7, b"abc"), (100,), 7, 9
    )
    assert octets == m3ua.encode(m3ua.decode(octets))


def test_last_padding_may_be_left_out_or_out_of_the_length():
    """RFC 4666 3.1.4: a receiver should accept the message either way."""
    whole = bytes.fromhex("01000303000000140009000968656c6c6f000000")
    uncounted = whole[:4] + (17).to_bytes(4, "big") + whole[8:]
    assert m3ua.decode(uncounted) == m3ua.decode(whole)
    assert m3ua.decode(uncounted[:17]) == m3ua.decode(whole)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        pytest.param("", ErrorCode.PROTOCOL_ERROR, id="empty"),
        pytest.param("0200030400000008", ErrorCode.INVALID_VERSION, id="version-2"),
        pytest.param("0100050400000008", ErrorCode.UNSUPPORTED_MESSAGE_CLASS, id="class-5"),
        pytest.param("0100030700000008", ErrorCode.UNSUPPORTED_MESSAGE_TYPE, id="type-7"),
        pytest.param("010001010000000c00000004", ErrorCode.MISSING_PARAMETER, id="DATA-empty"),
        pytest.param("0100030400000007", ErrorCode.PROTOCOL_ERROR, id="length-short"),
        pytest.param("010003040000000c", ErrorCode.PROTOCOL_ERROR, id="length-long"),
        pytest.param("01000304ffffffff", ErrorCode.PROTOCOL_ERROR, id="length-huge"),
        pytest.param("010003010000000c00110003", ErrorCode.PARAMETER_FIELD_ERROR, id="parameter-length-3"),
        pytest.param("010003010000000c00110008", ErrorCode.PARAMETER_FIELD_ERROR, id="parameter-beyond"),
        pytest.param("010003010000000a0011", ErrorCode.PARAMETER_FIELD_ERROR, id="half-header"),
        pytest.param("010003010000000c00110004", ErrorCode.PARAMETER_FIELD_ERROR, id="empty-word"),
        pytest.param("0100020100000008", ErrorCode.MISSING_PARAMETER, id="DUNA-without-PC"),
        pytest.param(
            "01000205000000100012000800000001", ErrorCode.MISSING_PARAMETER, id="DUPU-without-cause"
        ),
        pytest.param("010009010000001002070008020a0004", ErrorCode.PARAMETER_FIELD_ERROR, id="key-empty-id"),
        pytest.param("010009010000000c02070004", ErrorCode.MISSING_PARAMETER, id="key-without-id"),
        pytest.param(
            "010003010000001800110008000000010011000800000001", ErrorCode.PARAMETER_FIELD_ERROR, id="twice"
        ),
        pytest.param(
            "010001010000001802100010ff0000010000000203020100",
            ErrorCode.INVALID_PARAMETER_VALUE,
            id="OPC-32-bits",
        ),
        pytest.param(
            "0100010100000014" + "0210000c0000000100000002", ErrorCode.PARAMETER_FIELD_ERROR, id="label-cut"
        ),
        pytest.param(
            "01000301000001100000" + "0004" * 133 + "00", ErrorCode.PROTOCOL_ERROR, id="length-lies"
        ),
    ],
)
def test_each_fault_has_the_code_of_the_rfc(octets, code):
    with pytest.raises(InvalidMessageError) as caught:
        m3ua.decode(bytes.fromhex(octets))
    assert caught.value.error_code == code
    assert caught.value.source == "m3ua"


def test_parameters_are_counted():
    body = bytes.fromhex("7ffe0004") * 65
    with pytest.raises(DecodeError, match="too many"):
        m3ua.decode(bytes.fromhex("01000301") + (8 + len(body)).to_bytes(4, "big") + body)


@pytest.mark.parametrize("count", [0, 129])
def test_routing_contexts_are_counted(count):
    body = b"\x00\x06" + (4 + 4 * count).to_bytes(2, "big") + b"\x00\x00\x00\x01" * count
    with pytest.raises(DecodeError):
        m3ua.decode(bytes.fromhex("01000401") + (8 + len(body)).to_bytes(4, "big") + body)


@pytest.mark.parametrize(
    "message",
    [
        Message(0x0500),
        Message(MessageKind.ASPUP, asp_identifier=-1),
        Message(MessageKind.ASPUP, asp_identifier=1 << 32),
        Message(MessageKind.NTFY, status=(1, 1 << 16)),
        Message(MessageKind.BEAT, heartbeat=bytes(65_530)),
        Message(MessageKind.DATA, ProtocolData(1 << 24, 1, 3, 2, 0, 0, b"")),
        Message(MessageKind.DATA, ProtocolData(1, 1, 256, 2, 0, 0, b"")),
        Message(MessageKind.DUNA, affected_point_codes=(AffectedPointCode(1 << 24),)),
        Message(MessageKind.DUNA, affected_point_codes=(AffectedPointCode(1, 256),)),
    ],
)
def test_our_own_impossible_message_is_a_value_error(message):
    with pytest.raises(ValueError):
        m3ua.encode(message)


@pytest.mark.parametrize("arguments", [(1 << 24, 1, 3, 2, 0, 0), (1, -1, 3, 2, 0, 0), (1, 1, 3, 2, 0, 256)])
def test_the_short_way_refuses_impossible_values(arguments):
    with pytest.raises(ValueError):
        m3ua.data(*arguments, b"")


def test_every_mandatory_parameter_is_one_the_table_reads():
    assert {tag for tags in MANDATORY.values() for tag in tags} <= set(TABLE)


parameter = st.builds(
    lambda tag, value: (
        tag.to_bytes(2, "big") + (4 + len(value)).to_bytes(2, "big") + value + bytes(-len(value) % 4)
    ),
    st.sampled_from([*TABLE, 0x7FFE]),
    st.binary(max_size=24),
)
framed = st.builds(
    lambda kind, parts: (
        b"\x01\x00"
        + kind.to_bytes(2, "big")
        + (8 + sum(map(len, parts))).to_bytes(4, "big")
        + b"".join(parts)
    ),
    st.sampled_from(list(MessageKind)),
    st.lists(parameter, max_size=5),
)


@given(st.binary(max_size=48) | framed)
@settings(derandomize=True, deadline=None, max_examples=700)
def test_any_octets_give_a_message_or_a_decode_error(octets):
    try:
        message = m3ua.decode(octets)
    except InvalidMessageError as error:
        outcome = error
    else:
        assert m3ua.decode(m3ua.encode(message)) == message
        return
    assert 0 <= outcome.offset <= len(octets)


def test_every_bit_flip_of_a_query_gives_a_message_or_a_decode_error():
    golden = bytes.fromhex(QUERY)
    refused = 0
    for index in range(len(golden) * 8):
        changed = bytearray(golden)
        changed[index // 8] ^= 1 << index % 8
        try:
            message = m3ua.decode(bytes(changed))
            sccp.decode(message.protocol_data.payload) if message.protocol_data else None
        except DecodeError:
            refused += 1
    assert 0 < refused < len(golden) * 8


@pytest.mark.interop
@pytest.mark.parametrize("name", WHOLE)
def test_pycrate_reads_the_same_routing_label(name):
    module = pytest.importorskip("pycrate_mobile.M3UA", reason="pycrate is not installed")
    message, error = module.parse_M3UA(bytes.fromhex(WHOLE[name]))
    assert error == 0
    p = m3ua.decode(bytes.fromhex(WHOLE[name])).protocol_data
    theirs = list(message["ParamsDATA"])[-1]["Val"]
    names = ("OPC", "DPC", "SI", "NI", "MP", "SLS", "Data")
    assert tuple(theirs[name].get_val() for name in names) == (
        p.opc,
        p.dpc,
        p.si,
        p.ni,
        p.mp,
        p.sls,
        p.payload,
    )
