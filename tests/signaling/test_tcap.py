"""ANSI TCAP: every vector octet for octet, every fault with its answer, any octets at all.

Source: T1.114; ain-wire sections 1, 6; reliability section 3.3.
"""

import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import (
    Component,
    ComponentType,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    answer_to,
    conversation,
    decode_package,
    encode_package,
    invoke,
    p_abort,
    query,
    reject,
    response,
    return_error,
    return_result,
    unidirectional,
    user_abort,
)


def read_vectors() -> dict[str, bytes]:
    """Read the vectors by name."""
    path = pathlib.Path(__file__).with_name("vectors_ain.txt")
    lines = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    return {name: bytes.fromhex(octets) for name, _, octets in lines}


VECTORS = read_vectors()


def test_all_vectors_are_there():
    """The specification lists fifty."""
    assert len(VECTORS) == 50


@pytest.mark.parametrize("name", VECTORS)
def test_vector_comes_back_octet_for_octet(name):
    """Every vector decodes, and encodes to itself."""
    assert encode_package(decode_package(VECTORS[name])) == VECTORS[name]


@pytest.mark.parametrize("name", VECTORS)
def test_vector_cut_short_is_a_fault(name):
    """A vector cut at any octet is a fault with an answer; once the transaction ID is whole, it is known."""
    octets = VECTORS[name]
    whole = decode_package(octets)
    ids_end = 4 + (octets[1] == 0x81) + octets[3 + (octets[1] == 0x81)]
    for size in range(len(octets)):
        with pytest.raises(TcapFault) as caught:
            decode_package(octets[:size])
        fault = caught.value
        assert (fault.p_abort_cause is None) != (fault.reject_problem is None)
        assert fault.originating == (whole.originating if size >= ids_end else None)
        assert fault.responding == (whole.responding if size >= ids_end else None)


def test_constructors_make_the_records_the_vectors_hold():
    """Each convenience constructor writes the octets of its vector."""
    echo = bytes.fromhex("9f3c0601000a0b0c0d")
    assert (
        encode_package(unidirectional(invoke(0x6704, echo + bytes.fromhex("9f4301019f3a050000214305"), 1)))
        == VECTORS["TerminationNotification"]
    )
    assert encode_package(query(0x0C000004, invoke(0x6902, b"", 1))) == VECTORS["EchoRequest"]
    assert encode_package(response(0x0C000001, return_result(1))) == VECTORS["UpdateRequest_RR_noparam"]
    assert encode_package(response(0x0A000001, return_error(1, 2))) == VECTORS["ReturnError_noparam"]
    assert encode_package(response(0x0A000001, reject(1, 0x0202))) == VECTORS["Reject"]
    assert encode_package(response(0x0A000001, reject(None, 0x0103))) == VECTORS["Reject_noid"]
    assert (
        encode_package(p_abort(0x0A000001, PAbortCause.UNASSIGNED_RESPONDING_TRANSACTION_ID))
        == VECTORS["PAbort"]
    )
    assert (
        encode_package(conversation(0x0B000004, 0x0A000004, invoke(0x6603, b"", 3, 2)))
        == VECTORS["CancelResourceEvent"]
    )
    parameter = decode_package(VECTORS["InvokeNotLast"]).components[0].parameter
    assert (
        encode_package(
            conversation(
                0x0B000004, 0x0A000004, invoke(0x6601, parameter, 2, 1, last=False), permission=False
            )
        )
        == VECTORS["InvokeNotLast"]
    )
    whole = decode_package(VECTORS["QueryWithoutPerm"])
    assert whole == query(0x0A00000B, *whole.components, permission=False)
    assert decode_package(encode_package(user_abort(7, b"\x28\x00"))) == user_abort(7, b"\x28\x00")


@pytest.mark.parametrize("tag", ["30", "f0", "f2"])
def test_parameter_tags_are_alike(tag):
    """A parameter sequence or set is taken under its three tags, and written under 30."""
    octets = bytes.fromhex(f"e213c7040c000004e80be909cf0101d1026902{tag}00")
    assert decode_package(octets) == query(0x0C000004, invoke(0x6902, b"", 1))
    assert encode_package(decode_package(octets)) == VECTORS["EchoRequest"]


def test_indefinite_lengths_are_read():
    """A message in indefinite form is the same message."""
    octets = bytes.fromhex("e280c7040c000004e880e980cf0101d10269023080" + "0000" * 4)
    assert decode_package(octets) == decode_package(VECTORS["EchoRequest"])


def test_national_codes_are_told_apart():
    """A national operation or error code comes back as such."""
    for component in (invoke(0x0301, b"", 1, private=False), return_error(1, 3, b"", private=False)):
        octets = encode_package(response(1, component))
        assert decode_package(octets).components == (component,)
        assert octets[octets.index(b"\xcf") + 3] in {0xD0, 0xD3}


# portion: what is wrong, octets, originating, responding, invoke ID, abort cause or reject problem
A = PAbortCause
R = RejectProblem
FAULTS = [
    ("no octets", "", None, None, None, A.BADLY_STRUCTURED_TRANSACTION_PORTION),
    ("ITU TCAP", "6206480400000001", None, None, None, A.UNRECOGNIZED_PACKAGE_TYPE),
    ("unknown package with an ID", "e706c70400000001", 1, None, None, A.UNRECOGNIZED_PACKAGE_TYPE),
    ("unknown package, broken", "e77fc70400000001", 1, None, None, A.UNRECOGNIZED_PACKAGE_TYPE),
    ("no transaction ID", "e202e800", None, None, None, A.INCORRECT_TRANSACTION_PORTION),
    ("empty package", "e200", None, None, None, A.INCORRECT_TRANSACTION_PORTION),
    ("ID of three octets", "e205c703000001", None, None, None, A.INCORRECT_TRANSACTION_PORTION),
    (
        "ID of eight octets in a query",
        "e20ac7080000000100000002",
        1,
        2,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    (
        "ID of four octets in a conversation",
        "e506c70400000001",
        1,
        None,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    ("ID in a unidirectional", "e106c70400000001", 1, None, None, A.INCORRECT_TRANSACTION_PORTION),
    (
        "foreign element in the package",
        "e208c704000000010500",
        1,
        None,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    (
        "components twice",
        "e220c70400000001e80be909cf0101d10269023000e80be909cf0101d10269023000",
        1,
        None,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    (
        "dialogue after components",
        "e215c70400000001e80be909cf0101d10269023000f900",
        1,
        None,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    (
        "components in an abort",
        "f613c70400000001e80be909cf0101d10269023000",
        None,
        1,
        None,
        A.INCORRECT_TRANSACTION_PORTION,
    ),
    (
        "package longer than its octets",
        "e27fc70400000001e800",
        1,
        None,
        None,
        A.BADLY_STRUCTURED_TRANSACTION_PORTION,
    ),
    ("octets after the package", "e206c7040000000100", 1, None, None, A.BADLY_STRUCTURED_TRANSACTION_PORTION),
    (
        "unknown element in the dialogue portion",
        "e20ac70400000001f902dd00",
        1,
        None,
        None,
        A.UNRECOGNIZED_DIALOGUE_PORTION_ID,
    ),
    (
        "protocol version of two octets",
        "e20cc70400000001f904da020101",
        1,
        None,
        None,
        A.BADLY_STRUCTURED_DIALOGUE_PORTION,
    ),
    (
        "protocol version of no issue",
        "e20bc70400000001f903da0100",
        1,
        None,
        None,
        A.INCONSISTENT_DIALOGUE_PORTION,
    ),
    ("no component", "e208c70400000001e800", 1, None, None, R.GENERAL_INCORRECT_COMPONENT_PORTION),
    ("unknown component", "e20ac70400000001e802ef00", 1, None, None, R.GENERAL_UNRECOGNIZED_COMPONENT_TYPE),
    (
        "component without ID",
        "e20ec70400000001e806e904d1026902",
        1,
        None,
        None,
        R.GENERAL_INCORRECT_COMPONENT_PORTION,
    ),
    ("empty component", "e20ac70400000001e802e900", 1, None, None, R.GENERAL_INCORRECT_COMPONENT_PORTION),
    (
        "three component IDs",
        "e213c70400000001e80be909cf03010203d1026902",
        1,
        None,
        None,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "invoke without code",
        "e20dc70400000001e805e903cf0107",
        1,
        None,
        7,
        R.GENERAL_INCORRECT_COMPONENT_PORTION,
    ),
    (
        "code of no octets",
        "e20fc70400000001e807e905cf0107d100",
        1,
        None,
        7,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "code of three octets",
        "e212c70400000001e80ae908cf0107d103010203",
        1,
        None,
        7,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "parameter of a foreign tag",
        "e213c70400000001e80be909cf0107d10269023100",
        1,
        None,
        7,
        R.GENERAL_INCORRECT_COMPONENT_PORTION,
    ),
    (
        "element after the parameter",
        "e215c70400000001e80de90bcf0107d102690230000500",
        1,
        None,
        7,
        R.GENERAL_INCORRECT_COMPONENT_PORTION,
    ),
    (
        "result without ID",
        "e40cc70400000001e804ea02cf00",
        None,
        1,
        None,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "error without ID",
        "e40fc70400000001e807eb05cf00d40101",
        None,
        1,
        None,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "reject with two IDs",
        "e412c70400000001e80aec08cf020102d5020101",
        None,
        1,
        None,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "problem of one octet",
        "e410c70400000001e808ec06cf0109d50101",
        None,
        1,
        9,
        R.GENERAL_INCORRECT_COMPONENT_CODING,
    ),
    (
        "child past its component",
        "e213c70400000001e80be909cf0101d10269023001",
        1,
        None,
        None,
        R.GENERAL_BADLY_STRUCTURED_COMPONENT_PORTION,
    ),
    (
        "nested too deeply in a parameter",
        "e237c70400000001e82fe92dcf0101d10269023024" + "3080" * 9 + "0000" * 9,
        1,
        None,
        None,
        R.GENERAL_BADLY_STRUCTURED_COMPONENT_PORTION,
    ),
]


@pytest.mark.parametrize(
    ("octets", "originating", "responding", "invoke_id", "answer"),
    [row[1:] for row in FAULTS],
    ids=[row[0] for row in FAULTS],
)
def test_fault_names_its_answer(octets, originating, responding, invoke_id, answer):
    """A faulty package says what to answer, to which transaction, about which component."""
    with pytest.raises(TcapFault) as caught:
        decode_package(bytes.fromhex(octets))
    fault = caught.value
    assert (fault.p_abort_cause or fault.reject_problem) == answer
    assert type(fault.p_abort_cause or fault.reject_problem) is type(answer)
    assert (fault.originating, fault.responding, fault.invoke_id) == (originating, responding, invoke_id)
    assert fault.source == "tcap"
    reply = answer_to(fault)
    if originating is None:
        assert reply is None
    elif isinstance(answer, RejectProblem):
        assert reply == response(originating, reject(invoke_id, answer))
    else:
        assert reply == p_abort(originating, answer)


ID = st.integers(0, 255)
PARAMETER = st.sampled_from([None, b"", bytes.fromhex("8d0100"), bytes.fromhex("bf3504850204d2")])
INVOKE = st.builds(
    lambda kind, ids, code, parameter, private: Component(kind, *ids, code, parameter, private),
    st.sampled_from([ComponentType.INVOKE_LAST, ComponentType.INVOKE_NOT_LAST]),
    st.one_of(st.just((None, None)), st.tuples(ID, st.none()), st.tuples(ID, ID)),
    st.integers(0, 0xFFFF),
    PARAMETER,
    st.booleans(),
)
RESULT = st.builds(lambda last, *rest: return_result(*rest, last=last), st.booleans(), ID, PARAMETER)
ERROR = st.builds(return_error, ID, st.integers(0, 0xFFFF), PARAMETER)
REJECT = st.builds(reject, st.one_of(st.none(), ID), st.integers(0, 0xFFFF), st.just(b""))
COMPONENTS = st.lists(st.one_of(INVOKE, RESULT, ERROR, REJECT), max_size=4).map(tuple)
TRANSACTION = st.integers(0, 0xFFFFFFFF)
DIALOGUE = st.sampled_from([b"", bytes.fromhex("da0101")])
PACKAGE = st.one_of(
    st.builds(lambda parts, dialogue: unidirectional(*parts, dialogue=dialogue), COMPONENTS, DIALOGUE),
    st.builds(
        lambda own, parts, may: query(own, *parts, permission=may), TRANSACTION, COMPONENTS, st.booleans()
    ),
    st.builds(lambda own, parts: response(own, *parts), TRANSACTION, COMPONENTS),
    st.builds(
        lambda own, other, parts, may: conversation(own, other, *parts, permission=may),
        TRANSACTION,
        TRANSACTION,
        COMPONENTS,
        st.booleans(),
    ),
    st.builds(p_abort, TRANSACTION, st.integers(1, 10)),
)


@given(PACKAGE)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_every_package_comes_back(package):
    """Whatever is written is read."""
    assert decode_package(encode_package(package)) == package


def settle(octets: bytes) -> None:
    """Decode octets: a package that comes back equal, or a fault with exactly one answer."""
    fault: TcapFault | None = None
    try:
        package = decode_package(octets)
    except TcapFault as error:
        fault = error
    if fault is not None:
        assert (fault.p_abort_cause is None) != (fault.reject_problem is None)
    else:
        assert isinstance(package, Package)
        assert decode_package(encode_package(package)) == package


@given(st.binary(max_size=80))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_octets_give_a_package_or_a_fault(octets):
    """No input makes the decoder raise anything but TcapFault."""
    settle(octets)


@given(st.sampled_from(sorted(VECTORS.values())), st.data())
@settings(derandomize=True, deadline=None, max_examples=400)
def test_any_damage_gives_a_package_or_a_fault(octets, data):
    """A vector with octets changed, removed or put in does not either."""
    damaged = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        if not damaged:
            break
    settle(bytes(damaged))


UNWRITABLE = {
    "no transaction ID": Package(PackageType.RESPONSE),
    "transaction ID of 33 bits": query(1 << 32),
    "correlation ID alone": response(1, invoke(1, b"", None, 1)),
    "component ID of nine bits": response(1, invoke(1, b"", 256)),
    "result with a code": response(1, Component(ComponentType.RETURN_RESULT_LAST, None, 1, 1)),
    "result without ID": response(1, Component(ComponentType.RETURN_RESULT_LAST)),
    "code of 17 bits": response(1, invoke(1 << 16)),
    "code missing": response(1, Component(ComponentType.INVOKE_LAST)),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_impossible_records_are_not_written(name):
    """A record no message can carry is our fault: ValueError, not DecodeError."""
    with pytest.raises(ValueError, match=r"expected|needs|names|has no|byte"):
        encode_package(UNWRITABLE[name])


def test_faults_are_decode_errors():
    """One error type for callers that only drop."""
    assert issubclass(TcapFault, DecodeError)
