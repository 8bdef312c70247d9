"""The bounded BER reader: what it takes, what it refuses, and the decoder faults of other stacks it must not share.

Source: X.690; reliability section 6.2 (each row of the corpus names the fault class it stands for).
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import ber
from ain_scp.signaling.errors import DecodeError


def nested(depth: int, core: str = "") -> str:
    """Write `depth` definite SEQUENCEs inside each other."""
    octets = bytes.fromhex(core)
    for _ in range(depth):
        octets = ber.element(b"\x30", octets)
    return octets.hex()


ACCEPTED = {
    "empty": ("3000", "3000"),
    "long length where short would do": ("308103020105", "308103020105"),
    "two length octets": ("308200050203010203", "308200050203010203"),
    "indefinite": ("30800201050000", "3003020105"),
    "indefinite in definite": ("300730800201050000", "30053003020105"),
    "definite in indefinite": ("308030030201050000", "30053003020105"),
    "indefinite in indefinite": ("308030800201050000 0000", "30053003020105"),
    "indefinite and empty": ("30800000", "3000"),
    "two extra tag octets": ("bf810b03800101", "bf810b03800101"),
    "twelve deep": (nested(12), nested(12)),
    "256 elements": ("308201fe" + "0500" * 255, "308201fe" + "0500" * 255),
}

REFUSED = {
    "nothing": "",
    "tag only": "30",
    "length cut short": "3082 00",
    "contents cut short": "3003 0201",
    "child past parent": "3003 0204 05",
    "child past parent inside an indefinite": "3080 3003 0204 05 0000",
    "trailing octet": "3000 00",
    "second element": "3000 3000",
    "trailing garbage after end-of-contents": "3080 0201 05 0000 ff",
    "thirteen deep": nested(13),
    "thirteen deep, indefinite": "3080" * 13 + "0000" * 13,
    "257 elements": "30820200" + "0500" * 256,
    "three extra tag octets": "bf81818101 00",
    "tag number starts with zero bits": "bf8001 00",
    "long tag form for a short number": "bf1e 00",
    "long tag cut short": "bf81",
    "length over 65,535": "3083 010000" + "00" * 65536,
    "reserved length": "30ff 00",
    "end-of-contents missing": "3080 0201 05",
    "end-of-contents cut short": "3080 0201 05 00",
    "end-of-contents out of place": "3002 0000",
    "end-of-contents alone": "0000",
    # decoder faults of other stacks
    "asn1c PR 518: 00 then a non-zero octet": "3080 0001 0000",
    "botan 989: flood of end-of-contents": "3080" + "0000" * 60,
    "pyasn1 119: indefinite length on a primitive": "0380 6000 00",
    "CVE-2026-30922, scapy 1639: 2,000 definite nestings": "30820fa0" * 2000,
    "ASN1.js 131: 10,000 indefinite nestings": "3080" * 10_000,
    "asn1js, simple_asn1: 2,441 nestings": "3080" * 2441 + "0000" * 2441,
    "length of four octets, all ones": "3084 ffffffff",
    "84 FF FF FF FF as it came": "84ffffffff",
    "pycrate 6: length beyond the octets": "3081ff 0201 05",
    "CVE-2026-59884: tag of endless octets": "bf" + "ff" * 1000,
    "zero-length element loop": "3000" * 300,
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_sound_octets_come_back_definite(name):
    """Definite octets come back as they are, indefinite ones with definite lengths."""
    given_octets, due = ACCEPTED[name]
    octets = bytes.fromhex(given_octets)
    found = ber.definite(octets)
    assert found.hex() == due
    assert ber.definite(found) is found


@pytest.mark.parametrize("name", REFUSED)
def test_unsound_octets_are_refused(name):
    """Every unsound encoding is a DecodeError of layer "ber" with an offset inside the octets, or just behind them."""
    octets = bytes.fromhex(REFUSED[name])
    with pytest.raises(DecodeError) as caught:
        ber.definite(octets)
    assert caught.value.source == "ber"
    assert 0 <= caught.value.offset <= len(octets)


@given(st.binary(max_size=80))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_octets_give_an_element_or_a_decode_error(octets):
    """No input makes the reader raise anything else, and what it accepts it accepts again."""
    try:
        found = ber.definite(octets)
    except DecodeError:
        return
    assert ber.definite(found) == found


PRIMITIVE = st.builds(lambda body: ber.element(b"\x04", body), st.binary(max_size=10))
TREE = st.recursive(
    PRIMITIVE,
    lambda inner: st.builds(
        lambda parts, indefinite: (
            b"\x30\x80" + b"".join(parts) + b"\x00\x00"
            if indefinite
            else ber.element(b"\x30", b"".join(parts))
        ),
        st.lists(inner, max_size=4),
        st.booleans(),
    ),
    max_leaves=12,
)


def slow(octets: bytes, at: int = 0) -> tuple[bytes, int]:
    """Rewrite an element with definite lengths the obvious, recursive way: (element, next octet)."""
    tag = octets[at : at + 1]
    size = octets[at + 1]
    at += 2
    if size & 0x80 and size != 0x80:
        count = size & 0x7F
        size = int.from_bytes(octets[at : at + count], "big")
        at += count
    if not tag[0] & 0x20:
        return ber.element(tag, octets[at : at + size]), at + size
    end = at + size if size != 0x80 else None
    parts = []
    while at != end and (end is not None or octets[at : at + 2] != b"\x00\x00"):
        part, at = slow(octets, at)
        parts.append(part)
    return ber.element(tag, b"".join(parts)), at if end is not None else at + 2


@given(TREE)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_any_mixture_of_forms_is_the_same_tree(octets):
    """The iterative rewriting agrees with a recursive one written the obvious way."""
    if max_depth(octets) <= ber.MAX_DEPTH:
        assert ber.definite(octets) == slow(octets)[0]
    else:
        with pytest.raises(DecodeError):
            ber.definite(octets)


def max_depth(octets: bytes) -> int:
    """Count how deep the constructed elements of a sound encoding nest."""
    octets, _ = slow(octets)

    def depth(part: bytes) -> int:
        deepest = 0
        at = 0
        while at < len(part):
            tag, start, stop = ber.header(part, at, len(part))
            if tag & 0x20:
                deepest = max(deepest, 1 + depth(part[start:stop]))
            at = stop
        return deepest

    return depth(octets)


@pytest.mark.parametrize(
    "number", [0, 1, 127, 128, 255, 256, 32767, 32768, -1, -128, -129, 2**63 - 1, -(2**63)]
)
def test_integers_come_back(number):
    """Integers take the fewest octets and come back."""
    octets = ber.integer_contents(number)
    assert ber.integer(octets) == number
    assert len(octets) == 1 or ber.integer(octets[1:]) != number


def test_integers_over_eight_octets_are_refused():
    """Nine octets, and none, are no integer; neither is written."""
    for octets in (b"", bytes(9)):
        with pytest.raises(DecodeError):
            ber.integer(octets)
    with pytest.raises(ValueError, match="eight"):
        ber.integer_contents(2**63)


@pytest.mark.parametrize(
    ("size", "due"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100")]
)
def test_lengths_are_written_shortest(size, due):
    """A length takes no more octets than it must, and over 65,535 none is written."""
    assert ber.length(size).hex() == due
    with pytest.raises(ValueError, match="two-octet"):
        ber.length(0x10000)


@pytest.mark.parametrize("octets", [2, 3, 4, 20, 126])
def test_a_length_may_be_written_with_more_octets_than_it_needs(octets):
    """X.690 8.1.3.5; also inside an element of indefinite length."""
    long = bytes((0x80 | octets,)) + (3).to_bytes(octets, "big")
    inner = b"\x02" + bytes((0x80 | octets,)) + (1).to_bytes(octets, "big") + b"\x05"
    assert ber.header(b"\x04" + long + b"abc", 0, 200) == (0x04, 2 + octets, 5 + octets)
    assert ber.definite(b"\x30\x80" + inner + b"\0\0") == b"\x30\x03\x02\x01\x05"
