"""AIN through the whole node: application errors by cause, limits of digits, answers that may be given, code gapping.

Source: GR-1299-CORE, ain-wire sections 2.2, 2.3, 3.1, 4.2; reliability section 3.3.
"""

import pytest

from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import APPLICATION_ERROR, OPERATIONS, operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.bcd import Digits, encode_digits
from ain_scp.signaling.tcap import ComponentType, encode_package, invoke, query, unidirectional

INFO_ANALYZED = operation_named("infoAnalyzed")
CALL = {
    "userID": UserID(UserIDChoice.DN, "9258341234"),
    "bearerCapability": 0,
    "callingPartyID": Digits(3, 1, "9258341234"),
    "accessCode": Digits(0, 0, "7"),
    "collectedAddressInfo": Digits(3, 1, "9212000"),
}


def asked(switch, argument, opcode=INFO_ANALYZED.code):
    """The one component that answers a query with this argument."""
    (answer,) = switch().tcap(encode_package(query(7, invoke(opcode, argument, 1))))
    return answer.components[0]


def error_of(component):
    assert component.kind is ComponentType.RETURN_ERROR
    fields = decode_parameters(APPLICATION_ERROR, component.parameter)
    return fields["applicationErrorString"].error_cause


WHOLE = encode_parameters(INFO_ANALYZED, CALL)
BEARER = bytes.fromhex("8d0100")
ERRORS = [
    ("0 bearer of no octet", WHOLE.replace(BEARER, bytes.fromhex("8d00")), 0),
    (
        "0 calling party without a trigger",
        WHOLE.replace(bytes.fromhex("2985432143"), bytes(5)),
        0,
    ),
    ("1 no bearer capability", WHOLE.replace(BEARER, b""), 1),
    ("1 no user", WHOLE[WHOLE.index(BEARER) :], 1),
    ("1 nothing", b"", 1),
    ("6 bearer twice", WHOLE.replace(BEARER, BEARER * 2), 6),
    ("6 bearer before the user", BEARER + WHOLE.replace(BEARER, b""), 6),
]


@pytest.mark.parametrize(("name", "argument", "cause"), ERRORS, ids=[row[0] for row in ERRORS])
def test_application_error(name, argument, cause, switch):
    assert error_of(asked(switch, argument)) == ErrorCause(cause)


@pytest.mark.parametrize("tag", [bytes.fromhex(one) for one in ("9f7e", "9f8155", "5f20")], ids=bytes.hex)
def test_an_unknown_parameter_is_passed_over(tag, switch):
    assert asked(switch, WHOLE + tag + b"\x01\x00").code == 0x6501


LIMITS = [
    ("accessCode", 1, 5, "infoAnalyzed"),
    ("calledPartyID", 0, 15, "infoAnalyzed"),
    ("collectedAddressInfo", 0, 15, "infoAnalyzed"),
    ("collectedDigits", 0, 32, "infoAnalyzed"),
    ("verticalServiceCode", 0, 10, "infoAnalyzed"),
]
DIGITS = [
    (name, count, low <= count <= high, message)
    for name, low, high, message in LIMITS
    for count in sorted({low - 1, low, low + 1, high - 1, high, high + 1, high + 2} - {-1})
]


@pytest.mark.parametrize(
    ("name", "count", "allowed", "message"), DIGITS, ids=[f"{row[0]}-{row[1]}" for row in DIGITS]
)
def test_digits_within_their_limits_are_taken_and_others_are_an_erroneous_value(
    name, count, allowed, message, switch
):
    known = operation_named(message)
    slot = known.slot(name)
    value = Digits(3 if name == "collectedAddressInfo" else 0, 0, "1" * count)
    octets = slot.identifier + bytes((len(encode_digits(value)),)) + encode_digits(value)
    before = {one: field for one, field in CALL.items() if known.slot(one).index < slot.index}
    after = {one: field for one, field in CALL.items() if known.slot(one).index > slot.index}
    argument = _part(known, before) + octets + _part(known, after)
    component = asked(switch, argument)
    if allowed:
        assert component.is_invoke
    else:
        assert error_of(component) == ErrorCause.ERRONEOUS_DATA_VALUE


def _part(known, values):
    """The octets of some parameters, in order, mandatory ones or not."""
    parts = []
    for slot in known.slots:
        if slot.name in values:
            contents = slot.type.encode(values[slot.name])
            parts.append(slot.identifier + bytes((len(contents),)) + contents)
    return b"".join(parts)


@pytest.mark.parametrize("opcode", MESSAGES, ids=MESSAGES.get)
def test_a_query_is_answered_only_by_what_may_answer_it(opcode, switch):
    known = operation(opcode)
    fields = {name: value for name, value in CALL.items() if known.slot(name) is not None}
    if known.name in ("terminationAttempt", "networkBusy"):
        original = (
            "redirectingPartyID" if known.slot("originalCalledPartyID") is None else "originalCalledPartyID"
        )
        fields |= {"calledPartyID": Digits(3, 1, "9257893412"), original: Digits(3, 1, "4159215678")}
    component = asked(switch, encode_parameters(known, fields), opcode)
    assert operation(component.code).name in known.answers


@pytest.mark.parametrize(
    "known",
    [one for one in OPERATIONS if one.code not in MESSAGES],
    ids=lambda known: known.name,
)
def test_an_operation_that_is_no_query_of_this_service_is_rejected(known, switch):
    component = asked(switch, b"", known.code)
    assert (component.kind, component.code) == (ComponentType.REJECT, 0x0202)


NOTIFICATIONS = [
    ("whole", {"echoData": b"\x01\0\0\0\0\x01", "terminationIndicator": b"\0"}, "notifications"),
    ("broken", None, "dropped_notification"),
]


@pytest.mark.parametrize(("name", "values", "counter"), NOTIFICATIONS, ids=[row[0] for row in NOTIFICATIONS])
def test_a_termination_notification_is_never_answered(name, values, counter, switch):
    known = operation_named("terminationNotification")
    argument = b"\x9f\x3c\x01\x00" if values is None else encode_parameters(known, values)
    one = switch()
    assert one.tcap(encode_package(unidirectional(invoke(known.code, argument)))) == []
    assert one.node.counters[counter] == 1


REPORTS = [
    ("AcgOverflow", "e11dc700e819e917cf0101d1026904300e9f3b01069f46010a9f4503085055", "control_overflows"),
    ("ReportError", "e10fc700e80be909cf0101d1026f013000", "error_reports"),
    ("anything else", "e10fc700e80be909cf0101d10265013000", "unidirectional_other"),
]


@pytest.mark.parametrize(("name", "octets", "counter"), REPORTS, ids=[row[0] for row in REPORTS])
def test_what_a_switch_reports_of_our_answers_is_counted_and_never_answered(name, octets, counter, switch):
    one = switch()
    assert one.tcap(bytes.fromhex(octets)) == []
    assert one.node.counters[counter] == 1


def test_a_query_refused_for_load_gets_failure_report_rate_too_high(switch):
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.overload.control import OverloadConfig
    from ain_scp.signaling.ain.operations import FAILURE_REPORT

    one = switch(NodeConfig(overload=OverloadConfig(queue=0)))
    (answer,) = one.tcap(encode_package(query(7, invoke(INFO_ANALYZED.code, WHOLE, 1))))
    (part,) = answer.components
    assert (part.kind, part.code, part.correlation_id) == (ComponentType.RETURN_ERROR, 2, 1)
    assert decode_parameters(FAILURE_REPORT, part.parameter)["failureCause"] == 1
    assert one.node.counters["shed_busy"] == 1
