"""Answers are compared by what they mean."""

import pytest

from ain_scp.signaling import ber
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import APPLICATION_ERROR, operation_named
from ain_scp.signaling.ain.structures import Announcement, AnnouncementBlock, ApplicationErrorString
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import (
    conversation,
    encode_package,
    invoke,
    p_abort,
    query,
    reject,
    response,
    return_error,
)
from ain_scp.ssp_sim.replay.meaning import differences, meaning_of

ROUTE = operation_named("analyzeRoute")
NOTIFY = operation_named("sendNotification")
ANALYZED = operation_named("infoAnalyzed")
CALLING, CALLED = Digits(3, 1, "9258341234"), Digits(3, 1, "4159212000")


def route(values, transaction=1, invoke_id=2, echo=None, extra=b""):
    contents = encode_parameters(ROUTE, values) + extra
    parts = [invoke(ROUTE.code, contents, invoke_id, 1)]
    if echo is not None:
        parts.append(invoke(NOTIFY.code, encode_parameters(NOTIFY, {"echoData": echo}), invoke_id + 1, 1))
    return encode_package(response(transaction, *parts))


def asked(values=None):
    values = values or {"userID": None}
    contents = (
        ber.element(b"\x9f\x01", b"")
        if values.get("userID", 0) is None
        else encode_parameters(ANALYZED, values)
    )
    return meaning_of(encode_package(query(1, invoke(ANALYZED.code, contents, 1))))


def compared(expected, got, ignore=(), question=None):
    return [
        (one.parameter, one.expected, one.got)
        for one in differences(question, meaning_of(expected), meaning_of(got), ignore)
    ]


FULL = {"callingPartyID": CALLING, "calledPartyID": CALLED, "aMAslpID": "760833001"}


def reordered(payload):
    """The same answer with the parameters of its first component the other way round."""
    contents = encode_parameters(ROUTE, FULL)
    elements, at = [], 0
    while at < len(contents):
        _, _, stop = ber.header(contents, at, len(contents))
        elements.append(contents[at:stop])
        at = stop
    return payload.replace(contents, b"".join(reversed(elements)))


EQUAL = {
    "other ids": route(FULL, transaction=99, invoke_id=7),
    "another order": reordered(route(FULL)),
    "the same": route(FULL),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_does_not_change_the_meaning_is_equal(name):
    assert compared(route(FULL), EQUAL[name]) == []


def test_echo_data_is_every_scp_s_own():
    assert compared(route(FULL, echo=b"123456"), route(FULL, echo=b"abcdef")) == []
    assert compared(route(FULL, echo=b"123456"), route(FULL)) == [("operation", "sendNotification", None)]
    assert compared(route(FULL, echo=b"123456"), route(FULL), {"sendNotification"}) == []


def test_a_parameter_that_repeats_the_query_may_be_absent():
    without = {name: value for name, value in FULL.items() if name != "callingPartyID"}
    question = meaning_of(
        encode_package(query(1, invoke(0x6403, encode_parameters(ROUTE, {"callingPartyID": CALLING}), 1)))
    )
    assert compared(route(without), route(FULL), question=question) == []
    assert [one[0] for one in compared(route(without), route(FULL))] == ["callingPartyID"]


def test_each_parameter_that_differs_is_named_with_both_meanings():
    other = FULL | {"calledPartyID": Digits(3, 1, "4159213000")}
    ((name, expected, got),) = compared(route(FULL), route(other))
    assert name == "calledPartyID"
    assert expected.startswith("4159212000")
    assert got.startswith("4159213000")
    assert compared(route(FULL), route(other), {"calledPartyID"}) == []
    without = {name: value for name, value in FULL.items() if name != "aMAslpID"}
    assert compared(route(FULL), route(without)) == [("aMAslpID", "760833001", None)]


def test_unknown_parameters_are_kept_and_compared_octet_by_octet():
    extra = bytes.fromhex("9f7e02abcd")
    assert compared(route(FULL, extra=extra), route(FULL, extra=extra)) == []
    ((name, expected, got),) = compared(route(FULL, extra=extra), route(FULL))
    assert name.startswith("unknown")
    assert (expected.replace(" ", "").lower(), got) == ("abcd", None)


def test_errors_rejects_and_aborts_compare_too():
    def error(cause):
        contents = encode_parameters(
            APPLICATION_ERROR, {"applicationErrorString": ApplicationErrorString(cause)}
        )
        return encode_package(response(1, return_error(1, APPLICATION_ERROR.code, contents)))

    value, missing = error(ErrorCause.ERRONEOUS_DATA_VALUE), error(ErrorCause.MISSING_CONDITIONAL_PARAMETER)
    assert compared(value, value) == []
    assert [one[0] for one in compared(value, missing)] == ["applicationErrorString"]
    first, second = (encode_package(response(1, reject(1, problem))) for problem in (0x0202, 0x0203))
    assert compared(first, first) == []
    assert [one[0] for one in compared(first, second)] == ["problem"]
    assert [one[0] for one in compared(encode_package(p_abort(1, 1)), encode_package(p_abort(1, 2)))] == [
        "cause"
    ]
    assert ("package", "ends", "abort") in compared(first, encode_package(p_abort(1, 1)))


def test_another_operation_and_another_kind_of_package_are_told():
    play = operation_named("sendToResource")
    values = {
        "resourceType": 0,
        "strParameterBlock": AnnouncementBlock((Announcement(3),)),
        "disconnectFlag": True,
    }
    refused = encode_package(response(1, invoke(play.code, encode_parameters(play, values), 2, 1)))
    assert compared(route(FULL), refused) == [("operation", "analyzeRoute", "sendToResource")]
    going = encode_package(conversation(5, 1, invoke(ROUTE.code, encode_parameters(ROUTE, FULL), 2, 1)))
    assert compared(route(FULL), going) == [("package", "ends", "goes on")]


@pytest.mark.parametrize(
    "octets", [b"", b"\xe2", b"\xe4\x80", bytes(300), b"\xe4\x06\xc7\x04\x00\x00\x00\x01"]
)
def test_octets_that_are_no_answer_have_a_meaning_too(octets):
    assert differences(None, meaning_of(octets), meaning_of(octets)) == ()
