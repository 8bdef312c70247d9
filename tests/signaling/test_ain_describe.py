"""The description of a package: every parameter with its meaning, nothing left out, never a failure.

Source: ain-wire sections 2, 3, 6.
"""

import pathlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling.ain.describe import Line, describe, text
from ain_scp.signaling.ain.operations import Registry
from ain_scp.signaling.tcap import (
    decode_package,
    invoke,
    query,
    reject,
    response,
    return_error,
    return_result,
    unidirectional,
)

PATH = pathlib.Path(__file__).with_name("vectors_ain.txt")
ROWS = [line.split() for line in PATH.read_text().splitlines() if not line.startswith("#")]
VECTORS = {name: bytes.fromhex(octets) for name, _, octets in ROWS}

SEND_TO_RESOURCE = """\
conversation with permission: sendToResource
  originating transaction ID: 0B000004
  responding transaction ID: 0A000004
  invoke last: sendToResource (private 26113)
    invoke ID: 2
    correlation ID: 1
    parameters
      resourceType: 1 play announcement and collect digits
      strParameterBlock: collect 4 digits; uninterruptible announcement 6
      aMAslpID: 123456789"""


def flat(line: Line) -> dict[str, str]:
    """List every line of a tree by name."""
    found = {line.name: line.meaning}
    for one in line.inside:
        found |= flat(one)
    return found


def test_a_whole_message():
    """A message as text, line by line."""
    assert text(describe(decode_package(VECTORS["SendToResource_collect"]))) == SEND_TO_RESOURCE


def test_every_vector_has_a_description_without_fault():
    """Each vector is described, with a line for each of its operations."""
    for octets in VECTORS.values():
        found = flat(describe(decode_package(octets)))
        assert "fault" not in found
        assert not any(name.startswith("unknown parameter") for name in found)


def test_codes_are_named():
    """P-abort causes, problems and errors carry their names."""
    assert (
        flat(describe(decode_package(VECTORS["PAbort"])))["P-abort cause"]
        == "4 unassigned responding transaction id"
    )
    assert flat(describe(decode_package(VECTORS["Reject"])))["reject"] == "0202 invoke unrecognized operation"
    found = flat(describe(decode_package(VECTORS["ReturnError_failRep"])))
    assert found["return error"] == "failureReport (private 2)"
    assert found["failureCause"] == "2 unavailable resources"
    assert flat(describe(response(1, reject(None, 0x0999))))["reject"] == "0999 (not in the table)"


def test_parameters_that_do_not_belong_are_shown():
    """An illegal parameter is shown with its meaning, an unknown one with its octets."""
    found = flat(describe(decode_package(VECTORS["AnalyzeRoute_origCalled"])))
    assert found["originalCalledPartyID"] == (
        "8005551212 (unique national number, E.164) (not a parameter of analyzeRoute)"
    )
    unknown = unidirectional(invoke(0x6501, bytes.fromhex("9f7b03010203"), 1))
    assert flat(describe(unknown))["unknown parameter 9F7B"] == "010203 (not a parameter of analyzeRoute)"


def test_faulty_arguments_are_shown_with_their_fault():
    """An argument that breaks the rules is shown parameter by parameter, and the rule it breaks."""
    found = flat(describe(query(1, invoke(0x6403, bytes.fromhex("8d0100"), 1))))
    assert found["bearerCapability"] == "0 speech"
    assert found["fault"] == "missing conditional parameter: userID is missing"
    found = flat(describe(query(1, invoke(0x6403, bytes.fromhex("9f23020303ff"), 1))))
    assert found["lata"] == "0303 (digits are not 3..3 in number)"
    assert found["octets"] == "ff (tag is cut short)"


def test_operations_known_by_name_only_and_unknown_codes():
    """An operation without public arguments is named; other codes are shown as they are."""
    assert flat(describe(query(1, invoke(25615, b"", 1))))["invoke last"] == "oMidCall (private 25615)"
    assert (
        flat(describe(query(1, invoke(0x6FFF, b"", 1))))["invoke last"] == "unknown operation (private 28671)"
    )
    assert flat(describe(query(1, invoke(3, b"", 1, private=False))))["invoke last"] == "national code 3"
    assert flat(describe(response(1, return_error(1, 9))))["return error"] == "private error 9"
    assert flat(describe(response(1, return_result(1, bytes.fromhex("9f200102")))))["failureCause"] == (
        "2 unavailable resources"
    )


def test_registry_decides_what_send_notification_is():
    """With another code in use, the default one is no longer SendNotification."""
    package = unidirectional(invoke(0x6710, bytes.fromhex("9f3c06010203040506"), 1))
    found = flat(describe(package, Registry(0x6710)))
    assert found["invoke last"] == "sendNotification (private 26384, unconfirmed)"


@given(st.sampled_from([0x6403, 0x6501, 0x6601, 0x6901, 0x6FFF]), st.binary(max_size=40))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_any_argument_has_a_description(code, octets):
    """No argument makes the description fail, and none hides a component."""
    found = flat(describe(query(1, invoke(code, octets, 1))))
    assert "invoke last" in found
