"""A second opinion on TCAP: pycrate's own ANSI TCAP reads and writes the same octets.

Not asked about Return Error, which pycrate codes otherwise (explicit private error code), nor about AIN arguments, which it
does not know. Its module objects hold state, so one test asks at a time.

Source: ain-wire section 7.
"""

import pathlib

import pytest

from ain_scp.signaling.tcap import ComponentType, decode_package, encode_package

pytestmark = pytest.mark.interop

TCAP_ANSI = pytest.importorskip("pycrate_asn1dir.TCAP_ANSI", reason="pycrate is not installed")

PATH = pathlib.Path(__file__).with_name("vectors_ain.txt")
ROWS = [line.split() for line in PATH.read_text().splitlines() if not line.startswith("#")]
VECTORS = {name: bytes.fromhex(octets) for name, _, octets in ROWS}
ASKED = {
    name: octets
    for name, octets in VECTORS.items()
    if all(one.kind is not ComponentType.RETURN_ERROR for one in decode_package(octets).components)
}
KINDS = {
    "invokeLast": ComponentType.INVOKE_LAST,
    "invokeNotLast": ComponentType.INVOKE_NOT_LAST,
    "returnResultLast": ComponentType.RETURN_RESULT_LAST,
    "returnResultNotLast": ComponentType.RETURN_RESULT_NOT_LAST,
    "reject": ComponentType.REJECT,
}


def test_only_return_errors_are_left_out():
    """Three of the fifty vectors carry a Return Error."""
    assert len(ASKED) == len(VECTORS) - 3


@pytest.mark.parametrize("name", ASKED)
def test_pycrate_reads_what_we_read(name):
    """Package, transaction IDs, component kinds, IDs, codes and parameters agree."""
    ours = decode_package(ASKED[name])
    theirs = TCAP_ANSI.TCAPPackage.PackageType
    theirs.from_ber(encode_package(ours))
    kind, portion = theirs.get_val()
    assert kind.lower().replace("perm", "permission") == ours.kind.name.lower().replace("_", "")
    ids = b"".join(one.to_bytes(4, "big") for one in (ours.originating, ours.responding) if one is not None)
    assert portion["identifier"] == ids
    components = portion.get("componentPortion", [])
    assert len(components) == len(ours.components)
    for (their_kind, body), one in zip(components, ours.components, strict=True):
        assert KINDS[their_kind] is one.kind
        named = [number for number in (one.invoke_id, one.correlation_id) if number is not None]
        assert body["componentIDs" if one.is_invoke else "componentID"] == bytes(named)
        if one.is_invoke:
            assert body["opcode"] == ("private", one.code)
            assert body["parameter"][1] == one.parameter


@pytest.mark.parametrize("name", ASKED)
def test_pycrate_writes_what_we_write(name):
    """Read by pycrate and written again, our octets are the same."""
    ours = encode_package(decode_package(ASKED[name]))
    theirs = TCAP_ANSI.TCAPPackage.PackageType
    theirs.from_ber(ours)
    assert theirs.to_ber() == ours
