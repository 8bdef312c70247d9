"""AIN arguments: every operation, every parameter, every limit, in both directions.

The operations' rows are checked against `vectors_ain.txt`, the parameters against `vectors_ain_parameters.txt`, whose tags,
types and limits are written from the published ASN.1 and not from the code.

Source: ain-wire sections 2, 3, 6.
"""

import pathlib
from enum import IntEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import ber
from ain_scp.signaling.ain import (
    APPLICATION_ERROR,
    ERRORS,
    FAILURE_REPORT,
    OPERATIONS,
    AinFault,
    Parameters,
    Registry,
    decode_parameters,
    encode_parameters,
    gapping,
    operation,
    operation_named,
)
from ain_scp.signaling.ain import structures as records
from ain_scp.signaling.ain import values as tables
from ain_scp.signaling.ain.messages import Direction, Message
from ain_scp.signaling.ain.parameters import PARAMETERS
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import ComponentType, decode_package


def read(name: str) -> list[str]:
    """Read the rows of a vector file."""
    text = pathlib.Path(__file__).with_name(name).read_text()
    return [line for line in text.splitlines() if not line.startswith("#")]


def read_samples() -> dict[str, tuple[str, str, bytes, str]]:
    """Read each parameter's identifier, type with limits, sample contents and its meaning."""
    samples = {}
    for line in read("vectors_ain_parameters.txt"):
        name, identifier, kind, octets, meaning = line.split(None, 4)
        samples[name] = (identifier, kind, b"" if octets == "-" else bytes.fromhex(octets), meaning)
    return samples


VECTORS = {
    name: bytes.fromhex(octets) for name, _, octets in (line.split() for line in read("vectors_ain.txt"))
}
SAMPLES = read_samples()
MESSAGES: dict[str, Message] = {one.name: one for one in [*OPERATIONS, *ERRORS.values()]}
MESSAGES |= {f"{one.name} result": one.result for one in OPERATIONS if one.result is not None}
UNKNOWN = bytes.fromhex("9f7b03010203")  # a tag no operation has


def elements(message: Message) -> list[bytes]:
    """Write the sample of each parameter of a message, the first alternative of a choice."""
    found = []
    last = -1
    for slot in message.slots:
        if slot.index != last:
            found.append(ber.element(slot.identifier, SAMPLES[slot.name][2]))
            last = slot.index
    return found


def invokes(name: str) -> list[tuple[Message, bytes]]:
    """Find the parameters of a vector's components with the message they follow."""
    found = []
    for one in decode_package(VECTORS[name]).components:
        message = operation(one.code) if one.is_invoke else None
        if one.kind is ComponentType.RETURN_ERROR:
            message = ERRORS[one.code]
        if message is not None and one.parameter is not None:
            found.append((message, one.parameter))
    return found


# --- vectors


@pytest.mark.parametrize("name", VECTORS)
def test_vector_parameters_come_back_octet_for_octet(name):
    """The parameters of every vector decode, and encode to the same octets."""
    for message, contents in invokes(name):
        assert encode_parameters(message, decode_parameters(message, contents)) == contents


def test_info_analyzed_means_what_it_says():
    """The first vector's parameters, each by value."""
    [(message, contents)] = invokes("InfoAnalyzed")
    found = decode_parameters(message, contents)
    national = Digits(3, 1, "9085551234")
    assert found.values == {
        "userID": records.UserID(records.UserIDChoice.DN, "9085551234"),
        "bearerCapability": tables.BearerCapability.SPEECH,
        "calledPartyID": Digits(3, 1, "8005551212"),
        "lata": Digits(0, 0, "224"),
        "triggerCriteriaType": tables.TriggerCriteriaType.NPA_NXX,
        "chargeNumber": national,
        "callingPartyID": national,
        "chargePartyStationType": 0,
        "carrier": records.Carrier(tables.CarrierSelection.PRESUBSCRIBED_NOT_INPUT, 0, "0288"),
        "collectedAddressInfo": Digits(3, 1, "8005551212"),
    }
    assert found.unknown == ()
    assert found.digits("callingPartyID") == national
    assert found.user_id() == records.UserID(1, "9085551234")
    assert found.carrier("carrier") == found["carrier"]
    assert found.integer("bearerCapability") == 0
    assert found.text("callingPartyID") is found.octets("lata") is found.digits("tcm") is None
    assert "lata" in found
    assert not found.flag("disconnectFlag")


def test_analyze_route_means_what_it_says():
    """The second vector's routes and billing, each by value."""
    [(message, contents)] = invokes("AnalyzeRoute")
    found = decode_parameters(message, contents)
    trunks = [
        found[name] for name in ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")
    ]
    assert trunks == ["0000-1001", "0000-1002", "0000-1003"]
    names = ("carrier", "alternateCarrier", "secondAlternateCarrier")
    assert [found[name].digits for name in names] == ["0288", "0222", "0333"]
    assert found.text("aMAslpID") == "123456789"
    assert found["aMALineNumberList"] == (Digits(3, 1, "9085551234"),)
    assert found["aMADigitsDialedWCList"] == (Digits(0, 0, "0011234"),)
    assert found["redirectionInformation"] == records.RedirectionInformation(0, 3, 3, 1)
    assert found["primaryBillingIndicator"] == records.BillingIndicator("110", "260")


def test_other_vectors_mean_what_they_say():
    """One value each of notification, resource, gapping, event and error vectors."""
    found = {name: [decode_parameters(*one) for one in invokes(name)] for name in VECTORS}
    assert found["TerminationNotification"][0]["connectTime"] == 7545  # tenths: 12 min 34.5 s
    assert found["TerminationNotification_busy"][0]["busyCause"] == records.Cause(0, 0, 17)
    block = found["SendToResource_collect"][0]["strParameterBlock"]
    assert block == records.AnnouncementDigitBlock(4, (records.Announcement(6),))
    assert found["SendToResource_ann"][0]["strParameterBlock"] == records.AnnouncementBlock(
        (records.Announcement(5),)
    )
    assert found["SendToResource_ann"][0].flag("disconnectFlag")
    assert found["ResourceClear"][0]["collectedDigits"] == Digits(0, 0, "1234")
    assert found["ACG"][1]["globalTitleAddress"] == "800555"
    assert found["ACG"][1]["gapDuration"] is gapping.GapDuration.SECONDS_16
    assert found["ACG"][1]["gapInterval"] is gapping.GapInterval.SECONDS_2
    assert found["ACG"][1]["translationType"] == 254
    assert found["RequestReportBCMEvent"][1]["eDPRequest"] == "110000001"
    assert found["NetworkBusy"][0].user_id() == records.UserID(records.UserIDChoice.TRUNK_GROUP_ID, "", 1234)
    error = found["ReturnError_applErr"][0]["applicationErrorString"]
    assert error == records.ApplicationErrorString(0, records.FailedMessage(25857, bytes.fromhex("8f020310")))
    assert found["AnalyzeRoute_SendNotification"][1].octets("echoData") == bytes.fromhex("01000a0b0c0d")


def test_illegal_parameter_is_kept_not_read():
    """AnalyzeRoute has no originalCalledPartyID: it stays among the unknown, in its place."""
    [(message, contents)] = invokes("AnalyzeRoute_origCalled")
    found = decode_parameters(message, contents)
    assert "originalCalledPartyID" not in found
    [unknown] = found.unknown
    assert (unknown.tag, unknown.position) == (0x9F24, 3)


# --- every message of the table four ways


@pytest.mark.parametrize("name", MESSAGES)
def test_message_with_every_parameter_both_ways(name):
    """All parameters at once decode by name and encode to the same octets; so does the mapping alone."""
    message = MESSAGES[name]
    contents = b"".join(elements(message))
    found = decode_parameters(message, contents)
    assert len(found.values) == len(elements(message))
    assert found.unknown == ()
    assert encode_parameters(message, found) == contents
    assert encode_parameters(message, dict(reversed(found.values.items()))) == contents


@pytest.mark.parametrize("name", MESSAGES)
def test_message_cut_short_is_a_fault(name):
    """Cut at any octet inside a parameter, a message is a DecodeError; cut between two, it lacks what was cut."""
    message = MESSAGES[name]
    parts = elements(message)
    contents = b"".join(parts)
    between = {len(b"".join(parts[:count])): count for count in range(len(parts))}
    needed = len(message.mandatory)
    for size in range(len(contents)):
        if size in between and between[size] >= needed:
            assert len(decode_parameters(message, contents[:size]).values) == between[size]
        else:
            with pytest.raises(DecodeError):
                decode_parameters(message, contents[:size])


@pytest.mark.parametrize("name", MESSAGES)
def test_message_keeps_an_unknown_parameter_anywhere(name):
    """An unknown parameter before, between and after the others comes back in its place."""
    message = MESSAGES[name]
    parts = elements(message)
    for position in range(len(parts) + 1):
        contents = b"".join([*parts[:position], UNKNOWN, *parts[position:]])
        found = decode_parameters(message, contents)
        assert [(one.tag, one.contents, one.position) for one in found.unknown] == [
            (0x9F7B, b"\1\2\3", position)
        ]
        assert encode_parameters(message, found) == contents


@pytest.mark.parametrize("name", MESSAGES)
def test_missing_mandatory_parameter_is_named(name):
    """Without any one mandatory parameter the fault is missingConditionalParameter and names it."""
    message = MESSAGES[name]
    parts = elements(message)
    for names in message.mandatory:
        index = message.slot(names[0]).index
        contents = b"".join(parts[:index] + parts[index + 1 :])
        with pytest.raises(AinFault) as caught:
            decode_parameters(message, contents)
        assert caught.value.error_cause is tables.ErrorCause.MISSING_CONDITIONAL_PARAMETER
        assert caught.value.parameter == names[0]
        whole = decode_parameters(message, b"".join(parts)).values
        with pytest.raises(ValueError, match=f"{names[0]} is missing"):
            encode_parameters(message, {key: value for key, value in whole.items() if key != names[0]})


@pytest.mark.parametrize("name", MESSAGES)
def test_wrong_order_and_repetition_are_named(name):
    """Two neighbours swapped, or one parameter twice, is unexpectedParameterSequence."""
    message = MESSAGES[name]
    parts = elements(message)
    wrong = [[*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]] for at in range(len(parts) - 1)]
    wrong += [[*parts[:at], parts[at], *parts[at:]] for at in range(len(parts))]
    for one in wrong:
        with pytest.raises(AinFault) as caught:
            decode_parameters(message, b"".join(one))
        assert caught.value.error_cause is tables.ErrorCause.UNEXPECTED_PARAMETER_SEQUENCE
        assert caught.value.parameter


def test_alternatives_of_a_choice_exclude_each_other():
    """A choice takes either alternative, never both."""
    acg = operation_named("acg")
    parts = elements(acg)
    private = ber.element(b"\x9f\x40", b"\x0f")
    found = decode_parameters(acg, b"".join([*parts[:2], private, *parts[3:]]))
    assert found["privateGapInterval"] is gapping.PrivateGapInterval.SECONDS_300
    assert "gapInterval" not in found
    with pytest.raises(AinFault):
        decode_parameters(acg, b"".join([*parts[:3], private, *parts[3:]]))
    with pytest.raises(ValueError, match="another alternative"):
        encode_parameters(acg, found.values | {"gapInterval": gapping.GapInterval.SECONDS_1})


# --- every parameter


def test_the_table_of_parameters_is_complete():
    """Names and identifiers are those of the published ASN.1."""
    assert {name: one.identifier.hex() for name, one in PARAMETERS.items()} == {
        name: row[0] for name, row in SAMPLES.items()
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_parameter_both_ways(name):
    """A parameter's sample decodes, means what the file says, and encodes to itself."""
    _, _, contents, meaning = SAMPLES[name]
    type_ = PARAMETERS[name].type
    value = type_.decode(contents)
    assert type_.meaning(value) == meaning
    assert type_.encode(value) == contents


def edge_contents(kind: str) -> tuple[list[bytes], list[bytes]]:
    """Write contents at, and just outside, the limits of a type: (good, bad)."""
    kind, _, limits = kind.partition(":")
    if kind in {"null", "bool"}:
        return ([b""], [b"\0"]) if kind == "null" else ([b"\0", b"\xff"], [b"", b"\0\0"])
    if kind == "enum":
        return [b"\x00", b"\x63", b"\x00\xff"], [b"", bytes(9)]
    if kind == "bits":
        return [b"\x00", b"\x07\x80", bytes(4)], [b"", b"\x08\x00", b"\x01"]
    if kind == "constructed":
        return [], [b"\x01", b"\x9f", b"\x30\x80\x00\x00"]
    low, high = (int(one) for one in limits.split("-"))
    edges = [low, high]
    outside = [low - 1, high + 1]
    if kind == "int":
        write = [ber.integer_contents(one) for one in edges], [ber.integer_contents(one) for one in outside]
        return write[0], [*write[1], b"", bytes(9)]
    outside = [one for one in outside if one >= 0 and one != 256]
    if kind == "digits":
        return [number(one) for one in edges], [*[number(one) for one in outside], b"", b"\x03", b"\x83\x10"]
    fill = b"1" if kind == "ia5" else b"\x00"
    bad = [fill * one for one in outside]
    return [fill * one for one in edges], [*bad, b"\x80" * low] if kind == "ia5" else bad


def number(count: int) -> bytes:
    """Write AINDigits contents of so many digits 1."""
    digits = "1" * count + "0" * (count % 2)
    return bytes((count % 2 << 7 | 3, 0x10)) + bytes.fromhex(
        digits[::-1] if count % 2 == 0 else ("11" * (count // 2) + "01")
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_parameter_limits(name):
    """At its limits a parameter decodes and comes back; just outside it is erroneousDataValue, by name."""
    good, bad = edge_contents(SAMPLES[name][1])
    type_ = PARAMETERS[name].type
    for contents in good:
        assert type_.encode(type_.decode(contents)) == contents
    message = Message("test", 0, name)
    for contents in bad:
        with pytest.raises(DecodeError):
            type_.decode(contents)
        if SAMPLES[name][0] != "30":
            with pytest.raises(AinFault) as caught:
                decode_parameters(message, ber.element(PARAMETERS[name].identifier, contents))
            assert caught.value.error_cause is tables.ErrorCause.ERRONEOUS_DATA_VALUE
            assert caught.value.parameter == name


@pytest.mark.parametrize(
    "name", [name for name, row in SAMPLES.items() if row[1].startswith(("digits", "int", "ia5"))]
)
def test_values_outside_the_limits_are_not_written(name):
    """A number, text or digits outside the limits are ValueError."""
    kind, _, limits = SAMPLES[name][1].partition(":")
    low, high = (int(one) for one in limits.split("-"))
    for size in [low - 1, high + 1]:
        if size < 0 and kind != "int":
            continue
        value = size if kind == "int" else Digits(3, 1, "1" * size) if kind == "digits" else "A" * size
        with pytest.raises(ValueError, match=str(high)):
            PARAMETERS[name].type.encode(value)


@pytest.mark.parametrize("name", SAMPLES)
def test_values_of_a_foreign_type_are_not_written(name):
    """A value of another type is ValueError, for every parameter."""

    class Foreign:
        pass

    for value in (Foreign(), 1.5, [], ()):
        with pytest.raises(ValueError, match=r"expected|is "):
            PARAMETERS[name].type.encode(value)


ODD_CASES = [
    ("userID", "820101"),  # BRI is constructed; a primitive 82 is another kind, kept
    ("userID", "a20b9f310101" + "04050958552143"),
    ("userID", "a2049f310101"),
    ("userID", "860204d2"),
    ("userID", "040401020304"),
    ("strParameterBlock", "a000"),
    ("strParameterBlock", "a009a20704050005020102"),
    ("strParameterBlock", "a104800200fd"),
    ("strParameterBlock", "8203010203"),
    ("strParameterBlock", "a007a1050403000501"),  # the count does not fit: kept as octets
    ("timeoutTimer", "810701020304050607"),
    ("timeoutTimer", "820701020304050607"),
    ("aMAMeasurement", "810101"),
    ("aMAMeasurement", ""),
    ("amp2", ""),
    ("applicationErrorString", "9f380104"),
    ("applicationErrorString", "9f380104bf390802026401a1028d00bf350781050958552143"),
    ("busyCause", "0091"),
    ("busyCause", "c29004"),
    ("connectTime", "ffffffffff"),
    ("monitorTime", "ffffff"),
    ("primaryTrunkGroup", "0100001047"),
    ("primaryTrunkGroup", "00000010af"),
    ("primaryBillingIndicator", "ffffffff"),
    ("aMAslpID", "21436587c9"),
    ("aMALineNumberList", "890403102143890403102143"),
    ("carrier", "04000000"),
    ("carrier", "ff332201"),
]


@pytest.mark.parametrize(("name", "octets"), ODD_CASES)
def test_rarer_forms_come_back(name, octets):
    """Rarer choices, and octets outside a layout assumed, come back octet for octet and have a meaning."""
    type_ = PARAMETERS[name].type
    value = type_.decode(bytes.fromhex(octets))
    assert type_.encode(value).hex() == octets
    assert type_.meaning(value)


REFUSED = [
    ("userID", "810409585521"),
    ("userID", "0500"),
    ("userID", "85022710"),
    ("userID", "8105095855214300"),
    ("userID", "a200"),
    ("userID", "0403010203"),
    ("strParameterBlock", "a002a100"),
    ("strParameterBlock", "a009a2020403a1030403"),
    ("strParameterBlock", "a100"),
    ("strParameterBlock", "8200"),
    ("strParameterBlock", "a005a103040100"),
    ("strParameterBlock", "a039a137" + "0403000100" * 11),
    ("displayText", "9e0141" * 16),
    ("genericAddressList", "9f5003010203"),
    ("genericAddressList", "9f500403100809" * 6),
    ("aMALineNumberList", "890403102143" + "880403102143"),
    ("aMALineNumberList", "890403102143" * 3),
    ("aMADigitsDialedWCList", "880403102143" * 6),
    ("aMAMeasurement", "8101008008" + "00" * 8),
    ("extensionParameter", "0600040101"),
    ("extensionParameter", "06012a0401010500"),
    ("timeoutTimer", "8106010203040506"),
    ("applicationErrorString", "bf390402026401"),
    ("applicationErrorString", "9f3801049f380104"),
    ("applicationErrorString", "9f380104bf39020400"),
    ("carrier", "04052088"),
    ("redirectionInformation", "0331ff"),
]


@pytest.mark.parametrize(("name", "octets"), REFUSED)
def test_broken_insides_are_refused(name, octets):
    """A structured parameter with a broken inside is refused."""
    with pytest.raises(DecodeError):
        PARAMETERS[name].type.decode(bytes.fromhex(octets))


# --- tables


def test_value_tables_are_the_standards():
    """Sizes and a few members of the value tables."""
    sizes = {
        one.__name__: len(one)
        for one in (*vars(tables).values(), *vars(gapping).values())
        if isinstance(one, type) and issubclass(one, IntEnum)
    }
    del sizes["IntEnum"]
    assert sizes["TriggerCriteriaType"] == 51
    assert sizes["PointInCall"] == 17
    assert sizes["FailureCause"] == 21
    assert sizes["GapDuration"] == 13
    assert sizes["GapInterval"] == 16
    assert sizes["PrivateGapInterval"] == 22
    assert sizes["LegTreatment"] == 25
    assert tables.TriggerCriteriaType(16).name == "OFF_HOOK_IMMEDIATE"
    assert tables.FailureCause(17).name == "SECURITY_ERROR"
    assert [one.value for one in tables.ErrorCause] == list(range(7))


def test_unknown_enumerated_values_stay_numbers():
    """A number that is not in its table is kept as an int, and written back."""
    type_ = PARAMETERS["triggerCriteriaType"].type
    assert type_.decode(b"\x63") == 99
    assert not isinstance(type_.decode(b"\x63"), IntEnum)
    assert type_.meaning(99) == "99 (not in the table)"
    assert type_.decode(b"\xff") == -1


def test_directions_errors_and_answers():
    """Who may invoke what, which errors it may get, and what may answer it."""
    assert operation_named("infoAnalyzed").direction is Direction.TO_SCP
    assert operation_named("analyzeRoute").direction is Direction.TO_SSP
    assert operation_named("close").direction is Direction.BOTH
    assert operation_named("infoAnalyzed").errors == ("applicationError", "failureReport")
    assert operation_named("resourceClear").errors == ("applicationError", "failureReport")
    assert operation_named("analyzeRoute").errors == ("applicationError",)
    for name in (
        "close",
        "acgOverflow",
        "terminationNotification",
        "nCAData",
        "controlRequest",
        "sendNotification",
    ):
        assert operation_named(name).errors == ()
    assert "analyzeRoute" in operation_named("infoAnalyzed").answers
    assert "analyzeRoute" not in operation_named("terminationAttempt").answers
    assert operation_named("cancelResourceEvent").answers == ("resourceClear",)
    known = set(MESSAGES) | {"disconnectLeg", "mergeCall", "reconnect"}
    assert all(set(one.answers) <= known for one in OPERATIONS)
    assert {one.code for one in ERRORS.values()} == {1, 2}
    assert (APPLICATION_ERROR.name, FAILURE_REPORT.name) == ("applicationError", "failureReport")


def test_ama_service_logic_is_expected_in_analyze_route_only():
    """The ASN.1 marks aMAslpID mandatory in AnalyzeRoute; its absence is accepted all the same."""
    expected = [(one.name, slot.name) for one in OPERATIONS for slot in one.slots if slot.expected]
    assert expected == [("analyzeRoute", "aMAslpID")]
    assert decode_parameters(operation_named("analyzeRoute"), b"").values == {}


def test_send_notification_code_can_be_set():
    """A registry takes another code for SendNotification, but no other operation's."""
    registry = Registry(send_notification_opcode=0x6710)
    assert registry.operation(0x6710) is registry.named("sendNotification")
    assert registry.operation(26373) is None
    assert operation(26373) is operation_named("sendNotification")
    assert operation_named("sendNotification").unconfirmed
    for taken in (25603, -1, 0x10000):
        with pytest.raises(ValueError, match="operation code"):
            Registry(taken)


def test_foreign_and_empty_values_are_named():
    """A value the message has no parameter for, or None, is not written in silence."""
    with pytest.raises(ValueError, match="no such parameter: echoData"):
        encode_parameters(operation_named("analyzeRoute"), {"echoData": bytes(6)})
    with pytest.raises(ValueError, match="no such parameter: carrier"):
        encode_parameters(operation_named("analyzeRoute"), {"carrier": None})
    with pytest.raises(ValueError, match="analyzeRoute: tcm"):
        encode_parameters(operation_named("analyzeRoute"), {"tcm": Digits(0, 0, "12345")})


# --- anything at all


@given(st.sampled_from(sorted(MESSAGES)), st.data())
@settings(derandomize=True, deadline=None, max_examples=150)
def test_any_choice_of_parameters_comes_back(name, data):
    """Any legal selection of parameters, in order, with unknown ones among them, comes back octet for octet."""
    message = MESSAGES[name]
    parts = elements(message)
    needed = {message.slot(names[0]).index for names in message.mandatory}
    wanted = data.draw(st.sets(st.sampled_from(range(len(parts))))) if parts else set()
    chosen = [parts[index] for index in sorted(needed | wanted)]
    for _ in range(data.draw(st.integers(0, 2))):
        chosen.insert(data.draw(st.integers(0, len(chosen))), UNKNOWN)
    contents = b"".join(chosen)
    found = decode_parameters(message, contents)
    assert isinstance(found, Parameters)
    assert encode_parameters(message, found) == contents


@given(st.sampled_from(sorted(MESSAGES)), st.data())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_damage_gives_parameters_or_a_fault(name, data):
    """Whatever is changed, the decoder gives parameters that come back equal, or an AinFault."""
    message = MESSAGES[name]
    damaged = bytearray(b"".join(elements(message)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(damaged) - 1)))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    settle(message, bytes(damaged))


@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=60))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_any_octets_give_parameters_or_a_fault(name, octets):
    """No input makes the decoder raise anything but AinFault."""
    settle(MESSAGES[name], octets)


@given(st.sampled_from(sorted(SAMPLES)), st.binary(max_size=24))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_any_contents_of_a_parameter_give_a_value_or_an_error(name, contents):
    """No contents make a type raise anything but DecodeError; what it accepts has a meaning and comes back equal."""
    type_ = PARAMETERS[name].type
    try:
        value = type_.decode(contents)
    except DecodeError:
        return
    assert isinstance(type_.meaning(value), str)
    assert type_.decode(type_.encode(value)) == value


def settle(message: Message, octets: bytes) -> None:
    """Decode octets: parameters that come back equal, or an AinFault."""
    try:
        found = decode_parameters(message, octets)
    except AinFault:
        return
    assert decode_parameters(message, encode_parameters(message, found)) == found
