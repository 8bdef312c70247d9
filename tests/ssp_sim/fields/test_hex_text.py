"""Hex as people have it: digits in any grouping, dumps with offsets of every usual tool; never offsets among the octets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling.errors import DecodeError
from ain_scp.ssp_sim.fields.hex_text import octets_of
from ain_scp.ssp_sim.fields.tree import form_of

OCTETS = bytes.fromhex("e23ac70400000001e832e930cf0101d102640330") + b"ab cd ef 12 \x00\xff"


def column(octets):
    return "".join(chr(octet) if 32 <= octet < 127 else "." for octet in octets)


def od(octets, width=16):
    """Od -A x -t x1, and text2pcap's form."""
    return "\n".join(f"{at:06x} {octets[at : at + width].hex(' ')}" for at in range(0, len(octets), width))


def od_decimal(octets):
    return (
        "\n".join(f"{at:07d} {octets[at : at + 16].hex(' ')}" for at in range(0, len(octets), 16))
        + f"\n{len(octets):07d}"
    )


def od_with_end(octets):
    return od(octets) + f"\n{len(octets):06x}"


def hexdump(octets):
    """Hexdump -C."""
    lines = []
    for at in range(0, len(octets), 16):
        part = octets[at : at + 16]
        both = f"{part[:8].hex(' ')}  {part[8:].hex(' ')}"
        lines.append(f"{at:08x}  {both:<48}  |{column(part)}|")
    return "\n".join([*lines, f"{len(octets):08x}"])


def wireshark(octets):
    lines = (
        f"{at:04x}  {octets[at : at + 16].hex(' '):<47}   {column(octets[at : at + 16])}"
        for at in range(0, len(octets), 16)
    )
    return "\n".join(lines) + "\n"


def fours(part):
    return " ".join(part[at : at + 2].hex() for at in range(0, len(part), 2))


def tcpdump(octets):
    return "\n".join(
        f"\t0x{at:04x}:  {fours(octets[at : at + 16]):<39}  {column(octets[at : at + 16])}"
        for at in range(0, len(octets), 16)
    )


def xxd(octets):
    return "\n".join(
        f"{at:08x}: {fours(octets[at : at + 16]):<39}  {column(octets[at : at + 16])}"
        for at in range(0, len(octets), 16)
    )


DUMPS = [od, od_decimal, od_with_end, hexdump, wireshark, tcpdump, xxd]
GROUPINGS = [
    bytes.hex,
    lambda octets: octets.hex(" "),
    lambda octets: octets.hex(":").upper(),
    lambda octets: octets.hex("-", 2),
]


@pytest.mark.parametrize("dump", [*DUMPS, *GROUPINGS])
@settings(derandomize=True, max_examples=60)
@given(octets=st.binary(min_size=1, max_size=70))
def test_a_dump_gives_the_octets_that_were_dumped(dump, octets):
    assert octets_of(dump(octets)) == octets


@pytest.mark.parametrize("dump", DUMPS)
def test_a_column_that_looks_like_hex_is_left_out(dump):
    assert octets_of(dump(OCTETS)) == OCTETS


@pytest.mark.parametrize(
    "text",
    [
        "000000 e2 3a\n000010 02 64",
        "000000 e2 3a\n000000 02 64",
        "0010 e2 3a\n0012 02 64",
        "e2 3",
        "e2 3g",
        "",
        "  \n",
        "00 0x",
    ],
)
def test_offsets_that_do_not_fit_and_odd_digits_are_refused(text):
    with pytest.raises(DecodeError):
        octets_of(text)


@pytest.mark.parametrize(
    "octets",
    [
        "deadbeef",
        "45000034abcd4000400684010a000001",
        "ff" * 20,
        "0000",
        "00",
        "474554202f20485454502f312e31",
    ],
)
def test_what_fits_no_form_is_no_message(octets):
    with pytest.raises(DecodeError, match="no M3UA, SCCP, TCAP or ISUP message"):
        form_of(bytes.fromhex(octets))
