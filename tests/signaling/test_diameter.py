"""Diameter: pairs, messages and credit control as records, whole, cut short, wrong and unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter import faults
from ain_scp.signaling.diameter.avp import Avp, decode_avps, encode_avps, group, text, u32
from ain_scp.signaling.diameter.dictionary import BY_KEY, BY_NAME, ROWS, TGPP, code, name_of
from ain_scp.signaling.diameter.faults import DiameterFault
from ain_scp.signaling.diameter.message import (
    Message,
    answer,
    check_known,
    decode,
    encode,
    length_of,
    refusal,
)

ASKED = cc.CreditRequest(
    "sim.example;1;2",
    cc.INITIAL,
    0,
    "9255550201",
    "2125550000",
    requested=True,
    origin_host="sim.example",
    origin_realm="example",
    destination_realm="ain-scp",
)
CCR = bytes.fromhex(
    "0100011c c0000110 00000004 00000007 00000007"  # header: request, proxiable, command 272, application 4
    "00000107 40000017 73696d2e6578616d706c653b313b3200"  # Session-Id
    "00000108 40000013 73696d2e6578616d706c6500"  # Origin-Host
    "00000128 4000000f 6578616d706c6500"  # Origin-Realm
    "0000011b 4000000f 61696e2d73637000"  # Destination-Realm
    "00000102 4000000c 00000004"  # Auth-Application-Id
    "000001cd 40000016 333232363040336770702e6f72670000"  # Service-Context-Id
    "000001a0 4000000c 00000001"  # CC-Request-Type
    "0000019f 4000000c 00000000"  # CC-Request-Number
    "000001bb 40000028 000001c2 4000000c 00000000 000001bc 40000012 393235353535303230310000"  # Subscription-Id
    "000001c8 40000028 000001b5 40000014 000001a4 4000000c 0000003c 000001b0 4000000c 00000001"  # MSCC: Requested-Service-Unit, Rating-Group
    "00000369 c0000030 000028af 0000036c c0000024 000028af"  # Service-Information, IMS-Information
    "00000340 c0000016 000028af 323132353535303030300000"  # Called-Party-Address
)


def test_a_request_octet_by_octet():
    made = encode(cc.request_message(ASKED, 7, 7))
    assert made.hex() == CCR.hex()
    assert len(made) == length_of(made)
    assert cc.read_request(decode(made)) == ASKED


amounts = st.builds(cc.Money, st.integers(-(2**62), 2**62), st.integers(-6, 3), st.sampled_from([0, 840]))
requests = st.builds(
    cc.CreditRequest,
    st.text("abc.;0123", min_size=1, max_size=30),
    st.sampled_from([cc.INITIAL, cc.UPDATE, cc.TERMINATION]),
    st.integers(0, 2**32 - 1),
    st.text("0123456789", max_size=15),
    st.text("+0123456789", max_size=15),
    st.none() | st.integers(0, 2**32 - 1),
    st.booleans(),
    origin_host=st.just("h"),
    origin_realm=st.just("r"),
    state_id=st.none() | st.integers(0, 2**32 - 1),
    parameters=st.lists(st.tuples(st.integers(1, 6), st.text(max_size=9)), max_size=4).map(tuple),
)
events = st.builds(
    cc.CreditRequest,
    st.just("s"),
    st.just(cc.EVENT),
    st.just(0),
    st.just("1"),
    units=st.none() | st.integers(0, 2**63),
    octets=st.none() | st.integers(0, 2**63),
    money=st.none() | amounts,
    action=st.integers(0, 3),
    asked_s=st.none() | st.integers(0, 9999),
    origin_host=st.just("h"),
    origin_realm=st.just("r"),
)


@given(requests)
def test_a_session_request_comes_back(asked):
    assert cc.read_request(decode(encode(cc.request_message(asked, 1, 2)))) == asked


@given(events)
def test_an_event_request_comes_back(asked):
    found = cc.read_request(decode(encode(cc.request_message(asked, 1, 2))))
    wanted = (
        asked.units is not None
        or asked.octets is not None
        or asked.money is not None
        or asked.asked_s is not None
    )
    assert found.requested == wanted
    assert (found.units, found.octets, found.money, found.asked_s, found.action) == (
        asked.units,
        asked.octets,
        asked.money,
        asked.asked_s,
        asked.action,
    )


answers = st.builds(
    ca.CreditAnswer,
    st.sampled_from([2001, 4012, 5030]),
    st.none() | st.integers(0, 86_400),
    st.just(True),
    st.booleans(),
    st.none() | st.integers(0, 90_000),
    st.none() | amounts,
    balance_ok=st.none() | st.booleans(),
    continues=st.none() | st.booleans(),
    announcement=st.none() | st.integers(0, 2**32 - 1),
    message=st.text(max_size=20),
)


@given(answers)
def test_an_answer_comes_back(given_):
    request = cc.request_message(ASKED, 1, 2)
    made = answer(request, "h", "r", given_.result, *ca.answer_avps(ASKED, given_))
    assert ca.read_answer(decode(encode(made))) == given_
    assert (made.hop_by_hop, made.end_to_end, made.is_request) == (1, 2, False)
    assert made.text(263) == ASKED.session


def fault_of(action):
    """The Diameter fault an action ends in, or None."""
    try:
        action()
    except DiameterFault as fault:
        return fault
    return None


@given(st.binary(max_size=300))
def test_no_octets_make_it_fail_otherwise(octets):
    """Octets of chance: a message, or a fault with the code to answer."""
    fault = fault_of(lambda: decode(octets))
    assert fault is None or 3000 < fault.result < 6000


def test_every_truncation_is_refused():
    octets = encode(cc.request_message(ASKED, 7, 7))
    for cut in range(len(octets)):
        with pytest.raises(DiameterFault):
            decode(octets[:cut])


@given(st.integers(0, 283), st.integers(0, 255))
def test_one_wrong_octet(place, value):
    """Read, or refused; never another error."""
    octets = bytearray(encode(cc.request_message(ASKED, 7, 7)))
    octets[place] = value

    def serve():
        message = decode(bytes(octets))
        check_known(message.avps)
        cc.read_request(message)

    fault = fault_of(serve)
    assert fault is None or refusal(Message(272, 4, ()), "h", "r", fault).number(268) == fault.result


WRONG = [
    ("version", lambda o: b"\x02" + o[1:], faults.UNSUPPORTED_VERSION),
    ("length", lambda o: o[:3] + bytes([o[3] + 4]) + o[4:], faults.MESSAGE_LENGTH),
    ("odd length", lambda o: o[:3] + bytes([o[3] - 1]) + o[4:-1], faults.MESSAGE_LENGTH),
    ("reserved flags", lambda o: o[:4] + b"\xc1" + o[5:], faults.INVALID_HEADER_BITS),
    ("an error that asks", lambda o: o[:4] + b"\xe0" + o[5:], faults.INVALID_HEADER_BITS),
    ("AVP length", lambda o: o[:25] + b"\xff" + o[26:], faults.AVP_LENGTH),
]


@pytest.mark.parametrize(("what", "change", "result"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_has_its_code(what, change, result):
    with pytest.raises(DiameterFault) as caught:
        decode(change(encode(cc.request_message(ASKED, 7, 7))))
    assert caught.value.result == result


def test_unknown_pairs_are_kept_and_mandatory_ones_refused():
    strange = Avp(99_999, b"xyz", 77, 0)
    (back,) = decode_avps(encode_avps([strange]))
    assert back == strange
    check_known([strange])
    for refused in (Avp(99_999, b"", 77), group(code("Subscription-Id"), Avp(4711, b""))):
        with pytest.raises(DiameterFault, match="5001") as caught:
            check_known([refused])
        assert caught.value.avp.code in (99_999, 4711)
        told = refusal(cc.request_message(ASKED, 1, 1), "h", "r", caught.value)
        assert told.find(279).group()[0].code == caught.value.avp.code


@pytest.mark.parametrize("missing", ["Session-Id", "CC-Request-Type", "CC-Request-Number"])
def test_what_is_missing_is_named(missing):
    message = cc.request_message(ASKED, 1, 1)
    avps = tuple(avp for avp in message.avps if avp.code != code(missing))
    with pytest.raises(DiameterFault, match="5005"):
        cc.read_request(Message(272, 4, avps))


@pytest.mark.parametrize(
    ("ids", "number"),
    [
        ([], ""),
        ([(0, "9255550201")], "9255550201"),
        ([(1, "310150123456789")], "310150123456789"),
        ([(1, "310150123456789"), (2, "sip:a@example")], "310150123456789"),
        ([(1, "310150123456789"), (0, "9255550201"), (0, "9255550202")], "9255550201"),
    ],
)
def test_the_subscriber_is_an_e164_number_before_the_first_of_another_kind(ids, number):
    message = cc.request_message(ASKED, 1, 1)
    kept = [avp for avp in message.avps if avp.code != code("Subscription-Id")]
    told = [
        group(
            code("Subscription-Id"),
            u32(code("Subscription-Id-Type"), kind),
            text(code("Subscription-Id-Data"), data),
        )
        for kind, data in ids
    ]
    assert cc.read_request(Message(272, 4, (*kept, *told))).calling == number


def test_a_message_may_not_be_longer_than_its_bound():
    with pytest.raises(ValueError, match="octets"):
        encode(Message(272, 4, (Avp(1, bytes(70_000)),)))
    with pytest.raises(DiameterFault):
        length_of(b"\x01\xff\xff\xfc")
    assert length_of(b"\x01\x00") == 0


def test_the_dictionary_names_each_pair_once():
    assert len(BY_KEY) == len(BY_NAME) == len(ROWS)
    assert name_of(0, 416) == "CC-Request-Type"
    assert name_of(TGPP, 832) == "Called-Party-Address"
    assert name_of(7, 1) == "AVP 1 of vendor 7"
    assert name_of(0, 9999) == "AVP 9999"


def test_a_number_of_another_length_is_a_fault():
    with pytest.raises(DiameterFault, match="5014"):
        Avp(416, b"\0").u32()
    assert text(1, "ä").text() == "ä"
    assert u32(1, 5).key == (0, 1)
