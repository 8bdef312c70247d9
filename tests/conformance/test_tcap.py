"""ANSI TCAP through the whole node: one row for each abort cause, reject problem and transaction rule.

Source: T1.114.3, T1.114.4; reliability section 3.3 (the purposes of Q.787 and of TCAP abnormal-case suites).
"""

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Collect
from ain_scp.signaling.tcap import ComponentType, PackageType


def element(tag, contents):
    """One element in shortest form."""
    head = bytes.fromhex(tag) if isinstance(tag, str) else tag
    size = len(contents)
    return head + (bytes((size,)) if size < 0x80 else b"\x81" + bytes((size,))) + contents


def package(tag, ids, *elements):
    """A package by hand."""
    return element(tag, element("c7", bytes.fromhex(ids)) + b"".join(elements))


def components(*parts):
    """A component sequence by hand."""
    return element("e8", b"".join(parts))


def invoke(opcode="6403", ids="01", parameter=b"", tag="e9", code_tag="d1"):
    """An Invoke by hand."""
    body = element("cf", bytes.fromhex(ids)) + element(code_tag, bytes.fromhex(opcode))
    return element(tag, body + element("30", parameter))


ABORTS = [
    ("1 unrecognized package type", package("e0", "00000007", components(invoke())), 1),
    ("2 element of unknown kind", package("e2", "00000007", element("e7", b"")), 2),
    ("3 length beyond the end", bytes.fromhex("e220c70400000007e805e903cf0101"), 3),
    ("7 dialogue portion element unknown", package("e2", "00000007", element("f9", element("99", b""))), 7),
    ("8 dialogue portion broken", package("e2", "00000007", element("f9", element("da", b"\x01\x01"))), 8),
    ("10 protocol version unknown", package("e2", "00000007", element("f9", element("da", b"\x40"))), 10),
    ("4 conversation of no transaction", package("e5", "0000000701000001", components(invoke("6602"))), 4),
    ("4 conversation without permission of none", package("e6", "0000000701000001", components(invoke())), 4),
]


@pytest.mark.parametrize(("name", "octets", "cause"), ABORTS, ids=[row[0] for row in ABORTS])
def test_p_abort(name, octets, cause, switch):
    (answer,) = switch().tcap(octets)
    assert (answer.kind, answer.responding, answer.p_abort_cause) == (PackageType.ABORT, 7, cause)


class Collector:
    """A script that collects digits from every caller."""

    def begin(self, query, decision, asked):
        return self

    def start(self):
        return Collect(1, 4)

    def resume(self, report):
        return None


def test_p_abort_6_dialogue_count_exceeded(switch, routed):
    asked = switch(NodeConfig(transactions=1), script=Collector())
    assert asked.tcap(routed(1))[0].kind is PackageType.CONVERSATION_WITH_PERMISSION
    (answer,) = asked.tcap(routed(2))
    assert (answer.kind, answer.responding, answer.p_abort_cause) == (PackageType.ABORT, 2, 6)


@pytest.fixture
def routed():
    """A function: transaction id -> a query that is answered with a route."""
    from ain_scp.signaling.ain.codec import encode_parameters
    from ain_scp.signaling.ain.operations import operation_named
    from ain_scp.signaling.ain.structures import UserID, UserIDChoice
    from ain_scp.signaling.bcd import Digits
    from ain_scp.signaling.tcap import encode_package, query
    from ain_scp.signaling.tcap import invoke as invoke_of

    known = operation_named("infoAnalyzed")
    values = {
        "userID": UserID(UserIDChoice.DN, "9258341234"),
        "bearerCapability": 0,
        "callingPartyID": Digits(3, 1, "9258341234"),
        "accessCode": Digits(0, 0, "7"),
        "collectedAddressInfo": Digits(3, 1, "9212000"),
    }
    argument = encode_parameters(known, values)
    return lambda transaction: encode_package(query(transaction, invoke_of(known.code, argument, 1)))


def in_query(*parts):
    return package("e2", "00000007", components(*parts))


REJECTS = [
    ("0101 unrecognised component type", in_query(element("e7", b"\xcf\x01\x01")), 0x0101, None),
    ("0102 component sequence empty", in_query(), 0x0102, None),
    ("0102 operation code missing", in_query(element("e9", b"\xcf\x01\x01")), 0x0102, 1),
    ("0102 component IDs missing", in_query(element("e9", b"\xd1\x02\x64\x03")), 0x0102, None),
    ("0102 two invokes in a query", in_query(invoke(), invoke(ids="02")), 0x0102, 1),
    ("0102 no component portion", package("e2", "00000007"), 0x0102, None),
    ("0103 length within the component", bytes.fromhex("e211c70400000007e809e907cf0101d1056403"), None, None),
    ("0104 three component IDs", in_query(invoke(ids="010203")), 0x0104, None),
    ("0104 operation code of three octets", in_query(invoke(opcode="640300")), 0x0104, 1),
    ("0202 unknown private operation", in_query(invoke("6fff")), 0x0202, 1),
    ("0202 national operation", in_query(invoke("0403", code_tag="d0")), 0x0202, 1),
    ("0202 operation that only an SCP sends", in_query(invoke("6501")), 0x0202, 1),
]
STRUCTURE = [row for row in REJECTS if row[2] is None]
REJECTS = [row for row in REJECTS if row[2] is not None]


@pytest.mark.parametrize(("name", "octets", "problem", "named"), REJECTS, ids=[row[0] for row in REJECTS])
def test_reject(name, octets, problem, named, switch):
    (answer,) = switch().tcap(octets)
    (part,) = answer.components
    assert (answer.kind, answer.responding) == (PackageType.RESPONSE, 7)
    assert (part.kind, part.code, part.correlation_id) == (ComponentType.REJECT, problem, named)


@pytest.mark.parametrize(("name", "octets", "problem", "named"), STRUCTURE, ids=[row[0] for row in STRUCTURE])
def test_a_broken_length_below_the_component_sequence_is_rejected_0103(name, octets, problem, named, switch):
    (answer,) = switch().tcap(octets)
    assert [part.code for part in answer.components] == [0x0103]


SILENT = [
    ("response of no transaction", package("e4", "01000001", components(invoke()))),
    ("abort of no transaction", package("f6", "01000001", element("d7", b"\x04"))),
    ("user abort", package("f6", "01000001", element("f8", b""))),
    ("unidirectional", package("e1", "", components(invoke("6704", parameter=b"")))),
    ("unidirectional without component", package("e1", "")),
    ("broken response", package("e4", "01000001", components(element("e7", b"")))),
    ("broken unidirectional", package("e1", "", components(element("e7", b"")))),
    ("broken abort", package("f6", "01000001", element("e7", b""))),
    ("transaction ID of three octets", package("e2", "000007", components(invoke()))),
    ("nothing", b""),
]


@pytest.mark.parametrize(("name", "octets"), SILENT, ids=[row[0] for row in SILENT])
def test_never_answered(name, octets, switch):
    """An Abort for an Abort would go on for ever."""
    assert switch().tcap(octets) == []


@pytest.mark.parametrize("count", [2, 19])
def test_a_query_of_many_components_is_rejected_once(count, switch):
    small = element("e9", element("cf", b"\x01") + element("d1", b"\x64\x03"))
    octets = package("e2", "00000007", element("e8", small * count))
    (answer,) = switch().tcap(octets)
    assert [part.kind for part in answer.components] == [ComponentType.REJECT]


@pytest.mark.parametrize("tag", ["30", "f0", "f2"])
def test_the_three_parameter_tags_are_alike(tag, switch, routed):
    octets = routed(7)
    at = octets.index(b"\xd1\x02\x64\x03") + 4
    assert octets[at] == 0x30
    changed = octets[:at] + bytes.fromhex(tag) + octets[at + 1 :]
    (answer,) = switch().tcap(changed)
    assert answer.components[0].code == 0x6501


def test_the_answer_is_correlated_with_the_query(switch, routed):
    (answer,) = switch().tcap(routed(0xFEDCBA98))
    assert answer.responding == 0xFEDCBA98
    assert [(part.invoke_id, part.correlation_id) for part in answer.components] == [(2, 1), (3, 1)]


def test_a_dialogue_portion_is_taken_and_ignored(switch, routed):
    octets = routed(7)
    dialogue = element("f9", element("da", b"\x01"))
    inside = octets[3:] if octets[1] == 0x81 else octets[2:]
    changed = element("e2", inside[:6] + dialogue + inside[6:])
    (answer,) = switch().tcap(changed)
    assert answer.components[0].code == 0x6501
