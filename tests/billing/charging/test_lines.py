"""Event lines: whatever is in them, they are read or refused in words, and never spoil the ledger.

Source: charging.md 9.2; interfaces.md section 1.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.billing.charging import events, lines
from ain_scp.billing.ledger.check import problems

REFUSED = [
    (b"", "truncated"),
    (b"{", "truncated"),
    (b"[]", "object"),
    (b'{"at": 5, "event": "balance", "account": "A2"}', "at: Expected `str`"),
    (b'{"at": "2001-01-17T10:00:00", "account": "A2"}', "event"),
    (b'{"at": "2001-01-17T10:00:00", "event": "balance"}', "account"),
    (b'{"at": "2001-01-17T10:00:00", "event": "balance", "account": "A2", "acount": "A2"}', "acount"),
    (b'{"at": "2001-01-17T10:00:00", "event": "invoice", "account": "A2"}', "event: Invalid value 'invoice'"),
    (b'{"at": "17.1.2001", "event": "balance", "account": "A2"}', "is not a time"),
    (b'{"at": "1969-12-31T23:59:59", "event": "balance", "account": "A2"}', "between 1970 and 2199"),
    (b'{"at": "9999-12-31T23:59:59", "event": "balance", "account": "A2"}', "between 1970 and 2199"),
    (b'{"at": "2001-01-17T10:00:00", "event": "balance", "account": ""}', "account"),
    (b'{"at": "2001-01-17T10:00:00", "event": "deposit", "account": "A2", "amount": 1.5}', "amount: Expected `str`"),
    (b'{"at": "2001-01-17T10:00:00", "event": "callCompletion", "account": "A2", "called": "1", "duration_ms": -1}', "duration_ms"),
    (b'{"at": "2001-01-17T10:00:00", "event": "balance", "account": "' + b"A" * 500 + b'"}', "account"),
    (b'{"at": "\xff", "event": "balance", "account": "A2"}', "UTF-8"),
    (b"[" * 100_000, ""),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "words"), REFUSED)
def test_a_bad_line_is_refused_in_words(octets, words):
    with pytest.raises(lines.LineFault) as fault:
        lines.read(octets, 1)
    assert words in str(fault.value)
    assert len(str(fault.value)) < 200


@pytest.mark.parametrize(
    ("text", "at_ms", "offset_ms", "zoned"),
    [
        ("2001-01-17T10:00:00", 979_725_600_000, 0, False),
        ("2001-01-17T10:00:00.007", 979_725_600_007, 0, False),
        ("2001-01-17T10:00:00-05:00", 979_743_600_000, -18_000_000, True),
        ("2001-01-17T10:00:00+05:30", 979_705_800_000, 19_800_000, True),
        ("2001-01-17T10:00:00Z", 979_725_600_000, 0, True),
    ],
)
def test_times_are_read_and_written(text, at_ms, offset_ms, zoned):
    moment = lines.moment_of(text)
    assert moment == lines.Moment(at_ms, offset_ms, zoned)
    assert lines.text_of(at_ms, offset_ms, zoned=zoned) == text.replace("Z", "+00:00")


values = st.one_of(
    st.sampled_from(
        [
            "A10", "A2", "9255550200", "911", "+442079460000", "c", "1.00", "-1", "1234", "STD", "UBR", "FULL", "17",
            "2001-01-17", "2001-13-01", "LOCALONLY", "GOLDEN", "SIXTYFORTY", "calling", "", "\x1b[2J", "\u202e", "25MB",
        ]
    ),
    st.integers(-5, 10**9),
    st.none(),
    st.booleans(),
    st.dictionaries(st.sampled_from(["ms", "unit", "octets", "x"]), st.sampled_from([1, -1, "25MB", "x", 10**16]), max_size=2),
    st.lists(st.sampled_from(["CONFERENCE", "UBS", "x"]), max_size=2),
)  # fmt: skip


@st.composite
def anything(draw):
    """A line of some event with fields of its own and values of any kind."""
    kind = draw(st.sampled_from(events.AnyEvent.__args__))
    names = [name for name in kind.__struct_encode_fields__ if name != "at"]
    fields = {
        name: draw(values) for name in names if draw(st.booleans()) or name in ("account", "from", "called")
    }
    return {"event": kind.__struct_config__.tag, **fields}


@given(st.lists(st.tuples(st.integers(-5, 100_000), anything()), min_size=1, max_size=8))
def test_no_line_breaks_the_books(desk_of, rows):
    """Each is read and answered, or refused; the ledger stays sound."""
    desk, at_ms = desk_of(), 979_725_600_000
    for later, fields in rows:
        at_ms += later
        try:
            desk(lines.text_of(at_ms, 0, zoned=False), **fields)
        except lines.LineFault:
            continue
    desk.finish()
    assert problems(desk.engine.desk.ledger) == []
