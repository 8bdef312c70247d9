"""Secret fields are overwritten before a line is stored, and nothing else of it changes (C-002, C-016)."""

import random

import pytest

from ain_scp.tickets.call import Quarantined, Reason
from ain_scp.tickets.layout.library import names, shipped
from ain_scp.tickets.layout.masking import Masker
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.reading import Reader

from .conftest import RECEIVED
from .test_layouts import LINES, SITE
from .test_nasty_lines import nasty

SECRET = [name for name in names() if any(field.secret for field in shipped(name).fields)]
OWN = """schema = 1
name = "own"
kind = "{kind}"
[record]
{record}
[fields]
start = {{ type = "iso8601", means = "start" }}
code = {{ type = "text", secret = true, means = "authorization" }}
[[direction]]
is = "outgoing"
"""
KINDS = [
    ("keyvalue", "quote = '\"'", b"start=2026 code=447311 x=1", b"start=2026 code=****** x=1"),
    ("keyvalue", "quote = '\"'", b'start=2026 code="44 7311" x=1', b'start=2026 code="** ****" x=1'),
    ("json", "", b'{"start": "2026", "code": "447311"}', b'{"start": "2026", "code": "******"}'),
    ("json", "", b'{"start": "2026", "code": 447311}', b'{"start": "2026", "code": ******}'),
    ("delimited", 'columns = ["start", "code", "x"]', b"2026,447311,9", b"2026,******,9"),
    (
        "delimited",
        'quote = \'"\'\ncolumns = ["start", "code", "x"]',
        b'"20,26","447311",9',
        b'"20,26","******",9',
    ),
    ("pattern", "pattern = '^(?P<start>[0-9]+) (?P<code>[0-9]+)$'", b"2026 447311", b"2026 ******"),
]


@pytest.mark.parametrize(("kind", "record", "line", "masked"), KINDS)
def test_a_secret_is_overwritten_in_its_place_whatever_the_kind(kind, record, line, masked):
    assert Masker(parse(OWN.format(kind=kind, record=record), "own.toml", shipped)).mask(line) == masked


@pytest.mark.parametrize("name", [name for name in SECRET if b"447311" in LINES[name]])
def test_the_code_of_a_printed_sample_is_not_stored(name):
    masker = Masker(shipped(name))
    lines = [masker.mask(line) for line in LINES[name].splitlines()]
    assert b"447311" not in b"\n".join(lines)
    assert [len(line) for line in lines] == [len(line) for line in LINES[name].splitlines()]
    assert b"105550142" in b"\n".join(lines)


@pytest.mark.parametrize("name", names())
def test_a_line_is_as_long_as_before_and_without_secret_fields_it_is_the_same(name):
    chance = random.Random(name)
    masker = Masker(shipped(name))
    for _one in range(300):
        line = nasty(chance, name).replace(b"\n", b"")
        masked = masker.mask(line)
        assert len(masked) == len(line)
        if name not in SECRET:
            assert masked == line


@pytest.mark.parametrize("name", SECRET)
def test_a_control_octet_is_seen_wherever_it_stands(name):
    """In a secret field it would be overwritten, and the line would count as a call."""
    layout = shipped(name)
    reader, masker = Reader(layout, SITE), Masker(layout)
    line = max(LINES[name].splitlines(), key=len)
    for at in range(1, len(line) - 1):
        spoiled = line[:at] + b"\x07" + line[at + 1 :]
        assert reader.read(masker.mask(spoiled), RECEIVED) == Quarantined(Reason.CONTROL_OCTETS)


def test_a_source_may_name_other_fields_or_none():
    line = LINES["avaya-ipoffice"].splitlines()[6]
    layout = shipped("avaya-ipoffice")
    assert Masker(layout, ()).mask(line) == line
    masked = Masker(layout, ("called", "dialed")).mask(line)
    assert b"9011442079460000" not in masked
    assert b"447311" in masked
