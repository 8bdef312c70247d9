"""Octets of a connection become the same lines however they are cut into pieces."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.tickets.collector.frames import LONGEST, LONGEST_OBJECT, Braces, FrameError, Lengths, Lines


def cut(frames, octets, sizes):
    lines, at = [], 0
    for size in sizes:
        lines += frames.feed(octets[at : at + size])
        at += size
    return lines + frames.feed(octets[at:]) + frames.end()


TEXTS = st.lists(
    st.binary(max_size=9).map(lambda one: one.replace(b"\r", b"").replace(b"\n", b"")), max_size=9
)


@settings(derandomize=True, max_examples=300)
@given(
    TEXTS,
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n"]), min_size=9, max_size=9),
    st.lists(st.integers(0, 9)),
)
def test_lines_are_the_same_for_every_cut(texts, ends, sizes):
    octets = b"".join(text + end for text, end in zip(texts, ends, strict=False))
    assert [line for line in cut(Lines(), octets, sizes) if line] == [text for text in texts if text]


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(st.binary(min_size=1, max_size=30).filter(lambda one: one[-1] not in b"\r\n\0"), max_size=9),
    st.lists(st.integers(0, 9)),
)
def test_records_with_their_length_before_them_too(records, sizes):
    octets = b"".join(len(one).to_bytes(4, "little") + one for one in records)
    assert cut(Lengths(), octets, sizes) == records


def test_a_line_without_end_is_given_once_and_then_dropped():
    frames = Lines()
    lines = [line for _piece in range(40) for line in frames.feed(b"x" * 10_000)]
    assert [len(line) for line in lines] == [LONGEST]
    assert frames.feed(b"\nnext\n") == [b"next"]


def test_a_length_that_no_record_has_ends_the_stream():
    with pytest.raises(FrameError):
        Lengths().feed(b"\xff\xff\xff\xff")


OBJECTS = st.lists(
    st.dictionaries(
        st.text(max_size=4), st.one_of(st.text(max_size=6), st.dictionaries(st.text(max_size=3), st.text(max_size=4), max_size=2)), max_size=3
    ),
    max_size=5,
)  # fmt: skip


@settings(derandomize=True, max_examples=200)
@given(
    OBJECTS,
    st.sampled_from([None, 1]),
    st.sampled_from(["", "\n", "\r\n", "junk\n"]),
    st.lists(st.integers(0, 9)),
)
def test_json_objects_are_cut_by_their_braces_however_they_are_printed(objects, indent, between, sizes):
    octets = "".join(json.dumps(one, indent=indent) + between for one in objects).encode()
    lines = cut(Braces(), octets, sizes)
    assert [json.loads(line) for line in lines if line != b"junk"] == objects
    assert lines.count(b"junk") == (len(objects) if between == "junk\n" else 0)


def test_an_object_without_end_is_bounded():
    frames = Braces()
    lines = [line for _piece in range(40) for line in frames.feed(b'{"a":"' + b"x" * 10_000)]
    assert lines
    assert all(len(line) <= LONGEST_OBJECT + 10_006 for line in lines)
