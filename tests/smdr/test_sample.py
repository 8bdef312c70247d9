"""A sample is one line of ASCII, checked when read; both samples of a call carry the same identifier.

Source: A-240 to A-243, A-255, A-256; requirements.md section 5.4.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ain_scp.smdr.sample import (
    AttemptSample,
    CompletionSample,
    SampleError,
    all_usual,
    blocked,
    decode,
    encode,
    identifier_of,
    notification_identifier,
    time_of,
)

ATTEMPT = AttemptSample("000000000042", "GOLDEN", "9258341234", "4159212000", 979_725_600_000)
COMPLETION = CompletionSample("000000000042", "COMPLETED", 979_725_780_000, 979_725_600_000)


@pytest.mark.parametrize(
    "sample",
    [
        ATTEMPT,
        COMPLETION,
        AttemptSample("1", "G", "1", "2", 0, "33140205050", "scp-a"),
        CompletionSample("2", "NO_ANSWER", 5),
        blocked(ATTEMPT, "SCREENED"),
    ],
)
def test_a_sample_comes_back_as_it_was(sample):
    assert decode(encode(sample)) == sample
    assert b"\n" not in encode(sample)


def test_the_line_is_json_other_software_reads():
    assert json.loads(encode(ATTEMPT)) == {
        "sample": "attempt",
        "identifier": "000000000042",
        "customer_group": "GOLDEN",
        "calling": "9258341234",
        "called": "4159212000",
        "start_ms": 979_725_600_000,
        "original_called": None,
        "scp": "",
    }


def test_an_identifier_is_six_octets_of_echo_data_or_a_number():
    """A-243: the identifier is the echo data that the response carried and the notification brought back."""
    assert identifier_of(b"\0\0\0\0\xab\xcd") == "00000000ABCD"
    assert notification_identifier(42) == "42"
    with pytest.raises(ValueError, match="octets"):
        identifier_of(b"12345")


def test_a_blocked_call_ends_when_it_starts():
    """A-255."""
    completion = blocked(ATTEMPT, "BLOCKED_800")
    assert completion.end_ms == ATTEMPT.start_ms
    assert completion.connect_ms is None
    assert completion.status == "BLOCKED:BLOCKED_800"
    assert (time_of(ATTEMPT), time_of(completion)) == (ATTEMPT.start_ms, ATTEMPT.start_ms)


def changed(sample, /, **fields):
    return json.dumps({**json.loads(encode(sample)), **fields}).encode()


WRONG = {
    "empty": b"",
    "no object": b"[]",
    "no kind": b'{"identifier":"1"}',
    "another kind": changed(ATTEMPT, sample="other"),
    "unknown field": changed(ATTEMPT, extra=1),
    "not ASCII": '{"sample":"attempt","identifier":"é"}'.encode(),
    "too long": b'{"sample":"' + b"x" * 2000,
    "too deep": b"[" * 1000,
    "no identifier": changed(ATTEMPT, identifier=""),
    "identifier too long": changed(ATTEMPT, identifier="1" * 21),
    "identifier with a blank": changed(ATTEMPT, identifier="1 2"),
    "no group": changed(ATTEMPT, customer_group=""),
    "group with a line end": changed(ATTEMPT, customer_group="A\nB"),
    "letters for digits": changed(ATTEMPT, calling="925834ABCD"),
    "number too long": changed(ATTEMPT, called="1" * 16),
    "empty original": changed(ATTEMPT, original_called=""),
    "before 1970": changed(ATTEMPT, start_ms=-1),
    "fraction": changed(ATTEMPT, start_ms=1.5),
    "status unknown": changed(COMPLETION, status="FINE"),
    "cause unknown": changed(COMPLETION, status="BLOCKED:MOOD"),
    "end before connect": changed(COMPLETION, end_ms=1),
    "name with a blank": changed(COMPLETION, scp="a b"),
}


@pytest.mark.parametrize("octets", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_sample_is_refused_with_its_line(octets):
    with pytest.raises(SampleError) as caught:
        decode(octets, 9)
    assert caught.value.line == 9


def test_the_lines_of_a_node_are_usual():
    lines = [encode(one).decode() for one in (ATTEMPT, COMPLETION, blocked(ATTEMPT, "SCREENED"))]
    for scp in ("SCP", "scp-1.b", ""):
        lines.append(encode(replace(ATTEMPT, scp=scp, original_called="33140205050")).decode())
        lines.append(encode(replace(COMPLETION, connect_ms=None, scp=scp)).decode())
    assert all(all_usual(one) for one in lines)
    assert all_usual("\n".join(lines))


@pytest.mark.parametrize("octets", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_sample_is_never_usual_wherever_it_stands(octets):
    wrong, good = octets.decode(errors="replace"), encode(ATTEMPT).decode()
    compact = json.dumps(json.loads(octets), separators=(",", ":")) if octets[-1:] == b"}" else wrong
    for text in (wrong, compact, f"{compact}\n{good}", f"{good}\n{compact}", f"{good}\n", good[:-1]):
        assert not all_usual(text)


@given(st.integers(0, 1 << 12), st.integers(0, 255))
def test_what_is_usual_is_a_sample(place, octet):
    """A changed octet: where the quick check still says yes, reading the line does, too."""
    for sample in (ATTEMPT, COMPLETION):
        line = bytearray(encode(sample))
        line[place % len(line)] = octet
        if all_usual(bytes(line).decode("latin-1")):
            assert encode(decode(bytes(line))) == bytes(line)


def test_a_line_cut_at_any_octet_is_refused():
    for sample in (ATTEMPT, COMPLETION):
        octets = encode(sample)
        for length in range(len(octets)):
            with pytest.raises(SampleError):
                decode(octets[:length])
