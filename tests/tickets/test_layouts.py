"""Every shipped layout reads its printed samples, and no line of any octets is lost (C-001, C-010)."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.call import Heading, Record
from ain_scp.tickets.layout.detect import candidates, winner
from ain_scp.tickets.layout.joins import Joiner
from ain_scp.tickets.layout.library import names, shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.times import duration, moment
from ain_scp.tickets.layout.trial import lines_of, trial
from ain_scp.tickets.site import read_site

from .conftest import RECEIVED, SAMPLES, expected, outcomes
from .plain_times import moment_of

INDEX = json.loads((SAMPLES / "index.json").read_text())
SMDR = b"""identifier,start_time,connect_time,end_time,duration_s,calling_party_id,destination,status
A1,2001-01-17T10:00:00.046,2001-01-17T10:00:00.214,2001-01-17T10:03:00.214,180,9258341234,14159215678,COMPLETED
A2,2001-01-17T10:05:00.046,,2001-01-17T10:05:00.090,0,9258341235,12139692300,BLOCKED:SCREENED
"""
LINES = {"ain-smdr": SMDR} | {one["layout"]: (SAMPLES / one["file"]).read_bytes() for one in INDEX}
SITE = read_site((SAMPLES / "site.toml").read_text())


@pytest.mark.parametrize("sample", INDEX, ids=[one["layout"] for one in INDEX])
def test_a_printed_sample_reads_field_for_field(sample, site):
    received = int(datetime.fromisoformat(sample["received"]).timestamp())
    rows, counts = outcomes(LINES[sample["layout"]], sample["layout"], site, received)
    assert rows == expected(SAMPLES / sample["expected"])
    assert counts.lines == sample["records"]


def test_every_shipped_layout_has_a_sample():
    assert set(names()) == set(LINES)


def balanced(counts):
    parts = counts.tickets + counts.events + counts.headings + counts.repeated + counts.quarantined
    return counts.lines == parts and counts.calls <= counts.tickets


@pytest.mark.parametrize("name", names())
@settings(derandomize=True, max_examples=150, deadline=None)
@given(data=st.data())
def test_no_line_is_lost_and_none_raises_whatever_its_octets(name, data):
    """Sample lines with pieces cut, doubled, shifted or replaced by any octets, and lines of any octets."""
    good = LINES[name].splitlines()
    lines = data.draw(st.lists(st.one_of(st.binary(max_size=90), mangled(good)), max_size=12))
    layout = shipped(name)
    octets = b"\n".join(lines)
    shown, counts = trial(lines_of(octets, layout), layout, SITE, RECEIVED)
    assert balanced(counts)
    of_calls = [line for one in shown if one.call for line in one.call.lines]
    others = [one.line for one in shown if not one.call]
    assert len(of_calls) == counts.tickets
    assert len(set(of_calls + others)) == len(of_calls + others)


@st.composite
def mangled(draw, good):
    line = draw(st.sampled_from(good))
    at = draw(st.integers(0, len(line)))
    to = draw(st.integers(at, min(len(line), at + 9)))
    return line[:at] + draw(st.binary(max_size=6)) + line[to:]


REFUSED = [
    ("keyvalue", b"start=2026-11-27T09:15:02-08:00\x07", "CONTROL_OCTETS", None),
    ("keyvalue", b"start=2026-11-27T09:15:02-08:00 trunk=\xff", "BAD_ENCODING", None),
    ("keyvalue", b"x=" + b"1" * 5000, "TOO_LONG", None),
    ("keyvalue", b"start=yesterday", "BAD_FIELD", "start"),
    ("mitel-3300", b" 11/27", "TOO_SHORT", None),
    ("cisco-cucm", b"1,1,5000123,3001", "NO_HEADER", None),
    ("freeswitch-json", b"[" * 20_000, "NOT_JSON", None),
    ("freeswitch-json", b'{"variables": 3}', "NOT_JSON", None),
    ("nortel-meridian", b"N 030 00 garbage", "NO_MATCH", None),
    ("avaya-cm-teleseer", b"   085900109                  203 5551                               ", "NO_DATE", None),
    ("avaya-cm-teleseer", b"   1399", "BAD_FIELD", "date"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "reason", "field"), REFUSED)
def test_a_line_that_cannot_be_read_is_kept_with_its_reason(name, line, reason, field, site):
    rows, counts = outcomes(line, name, site)
    assert rows == [{"kind": "quarantine", "line": 1, "reason": reason, "field": field}]
    assert counts.quarantined == 1


def test_a_day_without_a_year_is_the_one_nearest_to_its_receipt(site):
    """29 February read in a year without one, and no year near has it."""
    line = b" 02/29 09:15  00:03:25 203       3105550142                A T054                    000"
    assert outcomes(line, "mitel-3300", site)[0][0]["reason"] == "IMPOSSIBLE_TIME"
    january = int(datetime.fromisoformat("2027-01-02T08:00:00-08:00").timestamp())
    line = line.replace(b"02/29", b"12/31")
    assert outcomes(line, "mitel-3300", site, january)[0][0]["start"] == "2026-12-31T09:15:00-08:00"


CLOCK_CHANGES = [
    # local start, seconds, start and end as they are, notes
    ("2026/03/08 02:30:00", 60, "2026-03-08T03:30:00-07:00", "2026-03-08T03:31:00-07:00", ["GAP_TIME"]),
    ("2026/03/08 01:59:30", 60, "2026-03-08T01:59:30-08:00", "2026-03-08T03:00:30-07:00", []),
    ("2026/11/01 01:30:00", 60, "2026-11-01T01:30:00-07:00", "2026-11-01T01:31:00-07:00", ["AMBIGUOUS_TIME"]),
]


@pytest.mark.parametrize(("start", "seconds", "begins", "ends", "notes"), CLOCK_CHANGES)
def test_a_call_over_a_change_of_the_clock_keeps_its_length(start, seconds, begins, ends, notes, site):
    line = f"{start},00:00:{seconds:02},0,203,O,913105550142,913105550142,,0,7,0,E203,Ann,T9001,L,0,0"
    line = line.replace("00:00:60", "00:01:00").encode()
    call = outcomes(line, "avaya-ipoffice", site)[0][0]
    assert (call["start"], call["end"], call["notes"]) == (begins, ends, notes)


def test_in_the_hour_that_comes_twice_a_file_goes_on_and_does_not_go_back(site):
    form = "2026/11/01 {},00:01:00,0,203,O,913105550142,913105550142,,0,{},0,E203,Ann,T9001,L,0,0"
    octets = "\n".join(form.format(at, n) for n, at in enumerate(["01:58:00", "01:03:00"])).encode()
    rows, _counts = outcomes(octets, "avaya-ipoffice", site)
    assert [row["start"][-6:] for row in rows] == ["-07:00", "-08:00"]


ASKED = [
    ("913105550142", "3105550142", "national"), ("9911", "911", "service"), ("911", "911", "service"),
    ("9011442079460000", "442079460000", "international"), ("+13105550142", "3105550142", "national"),
    ("+442079460000", "442079460000", "international"), ("95550142", "9255550142", "national"), ("90", "0", "service"),
    ("9", "9", "unknown"), ("204", "204", "internal"), ("90115", "0115", "service"), ("9*70", "9*70", "unknown"),
    ("91234", "1234", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("dialed", "called", "kind"), ASKED)
def test_a_called_number_has_one_form_and_a_kind(dialed, called, kind, site):
    line = f"2026/11/27 09:15:02,00:03:25,6,203,O,{dialed},{dialed},,0,7,0,E203,Ann,T9001,L,0,0".encode()
    call = outcomes(line, "avaya-ipoffice", site)[0][0]
    assert (call["called"], call["called_kind"]) == (called, kind)


def test_a_layout_is_found_by_its_lines(site):
    """Twelve calls of one PBX; the others read none of them or are behind."""
    good = LINES["avaya-ipoffice"].splitlines()[0]
    lines = b"\n".join(good.replace(b"1000014155", str(at).encode()) for at in range(12))
    found = candidates([(shipped(name), lines_of(lines, shipped(name))) for name in names()], site, RECEIVED)
    assert winner(found) == "avaya-ipoffice"
    assert winner([]) is None
    assert winner(found[:1] * 2) is None


def test_few_calls_make_no_winner(site):
    lines = LINES["threecx"].splitlines()
    assert winner(candidates([(shipped("threecx"), lines)], site, RECEIVED)) is None


def test_the_calls_of_our_own_virtual_smdr_are_tickets_too(site):
    rows, counts = outcomes(SMDR, "ain-smdr", site)
    assert [(row["direction"], row["status"], row["called"], row["duration_s"]) for row in rows] == [
        ("tandem", "COMPLETED", "4159215678", 180), ("tandem", "BLOCKED", "2139692300", 0),
    ]  # fmt: skip
    assert (counts.headings, counts.calls) == (1, 2)


def own(text, *lines, site=SITE, received=RECEIVED):
    layout = parse(text, "own.toml", shipped)
    return trial(lines, layout, site, received)


SAID = """schema = 1
name = "own"
kind = "keyvalue"
[fields]
start = { type = "iso8601", means = "start" }
direction = { type = "text" }
[[direction]]
is = { field = "direction" }
"""


@pytest.mark.parametrize("said", ["sideways", "Outgoing", "False"])
def test_a_direction_that_is_none_is_no_direction(said):
    shown, _counts = own(SAID, f"start=2026-11-27T09:15:02Z direction={said}".encode())
    assert [one.reason for one in shown] == ["NO_DIRECTION"]


@pytest.mark.parametrize("encoding", ["hex", "rot13", "utf-16", "", "no-such"])
def test_an_encoding_that_no_line_can_have_is_named(encoding):
    with pytest.raises(ProvisioningError, match="no encoding of text"):
        parse(SAID.replace("schema = 1", f'schema = 1\nencoding = "{encoding}"'), "own.toml", shipped)


def nortel(kind, number, second, origin="T010 016", terminal="DN204"):
    return f"{kind} {number:03} 00 {origin} {terminal}   11/27 07:47:{second:02} 00:00:05 2125550199".encode()


def test_a_record_that_neither_opens_nor_closes_leaves_the_open_call_alone():
    """Nortel: S opens a transferred call of a trunk, N on the same trunk is a call of its own, E still closes the first."""
    lines = [nortel("S", 1, 0), nortel("N", 2, 10, terminal="DN205"), nortel("E", 3, 20, terminal="DN207")]
    shown, counts = trial(lines, shipped("nortel-meridian"), SITE, RECEIVED)
    assert [(one.call.lines, one.call.notes) for one in shown] == [((1, 3), ()), ((2,), ())]
    assert counts.calls == 2


def test_an_open_call_stays_open_when_later_tickets_show_that_its_next_part_did_not_come():
    """Receipts decide, not the clock: a ticket more than `within_s` later ends the wait (nortel: a day)."""
    layout = shipped("nortel-meridian")
    reader, joiner = Reader(layout, SITE), Joiner(layout.join)
    first, new = joiner.add(reader.read(nortel("S", 1, 0), RECEIVED, 1), RECEIVED)
    assert new
    joiner.passed(RECEIVED + 86_401)
    _second, new = joiner.add(reader.read(nortel("E", 2, 20), RECEIVED, 2), RECEIVED)
    assert new
    assert first.call.notes == ("JOIN_OPEN",)


def test_a_line_that_the_store_had_to_cut_is_too_long_whatever_its_layout():
    line = b'{"variables": {"uuid": "1 [cut: 70000 octets, sha256 0123456789abcdef]'
    shown, _counts = trial([line], shipped("freeswitch-json"), SITE, RECEIVED)
    assert [one.reason for one in shown] == ["TOO_LONG"]


PARTS = (
    b"2026/11/01 01:10:00,00:01:30,5,6505550177,I,203,9258340203,,0,77,1,E203,Ann Lee,T9003,Line 1.3,12,0",
    b"2026/11/01 01:10:00,00:02:00,3,6505550177,I,203,9258340203,007A,0,77,0,E207,M\xfcller,T9003,Line 1.3,0,0",
)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_joined_call_shows_its_notes_in_the_order_encoding_overflow_time(order):
    """Whichever record brought them; the continuation flag stays with the place."""
    names_of = [PARTS[at].split(b",")[12] for at in order]
    lines = [part.replace(part.split(b",")[12], name) for part, name in zip(PARTS, names_of, strict=True)]
    shown, counts = trial(lines, shipped("avaya-ipoffice"), SITE, RECEIVED)
    assert (counts.calls, counts.tickets) == (1, 2)
    assert shown[0].call.notes == ("ENCODING_FALLBACK", "AMBIGUOUS_TIME")
    assert shown[0].call.account == "007A"


@pytest.mark.parametrize("around", [(b"", b""), (b"\r\n", b"\r\n\0\0\0"), (b"\0\0 \t", b"\n\n")])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_file_that_is_one_object_over_several_lines_is_one_record_whatever_surrounds_it(around, end):
    whole = json.dumps(json.loads(LINES["freeswitch-json"].splitlines()[0]), indent=1).encode()
    octets = around[0] + whole.replace(b"\n", end) + around[1]
    layout = shipped("freeswitch-json")
    shown, counts = trial(lines_of(octets, layout), layout, SITE, RECEIVED)
    assert (counts.lines, counts.calls) == (1, 1)
    assert shown[0].call.duration_s == 21


@pytest.mark.parametrize("form", ["H:mm:ss", "M'ss"])
def test_a_number_of_thousands_of_digits_is_no_duration(form):
    read = duration(form)
    rest = form.lstrip("HM").replace("mm", "00").replace("ss", "00")
    assert read("7" + rest) == (7 * 3600 if "H" in form else 7 * 60)
    assert read("9" * 5000 + rest) is None


@pytest.mark.parametrize(
    ("recorded", "record", "received", "first"),
    [
        ("2026-12-31T23:59:30-08:00", b"0101", "2026-12-31T23:59:30-08:00", "2026-01-01"),
        ("2026-12-31T23:59:30-08:00", b"0101", "2027-01-01T00:04:00-08:00", "2027-01-01"),
        ("2026-12-31T00:00:10-08:00", b"1231", "2027-01-01T00:00:20-08:00", "2026-12-31"),
        ("2027-01-01T00:00:30-08:00", b"1231", "2027-01-01T00:00:30-08:00", "2026-12-31"),
        ("2026-11-29T23:59:30-08:00", b"1130", "2026-11-30T00:04:00-08:00", "2026-11-30"),
        ("2026-11-29T12:00:00-08:00", b"1201", "2026-11-29T12:00:00-08:00", "2025-12-01"),
        ("2028-02-28T12:00:00-08:00", b"0229", "2028-02-29T12:00:00-08:00", "2028-02-29"),
    ],
)
def test_a_date_record_is_of_this_year_or_the_one_before_as_its_calls_come(recorded, record, received, first):
    """A PBX that is half a minute fast prints its date record before the year is over: its calls come after."""
    line = b"   121000347   101     3105550142  203                    014        "
    reader = Reader(shipped("avaya-cm-teleseer"), SITE)
    at, then = (int(datetime.fromisoformat(one).timestamp()) for one in (recorded, received))
    assert isinstance(reader.read(b"   " + record, at), Heading)
    start = reader.read(line, then).call.start
    assert datetime.fromtimestamp(start, ZoneInfo("America/Los_Angeles")).date().isoformat() == first


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("keyvalue", 'start=2026-11-27T09:15:02-08:00 duration=5 direction=outgoing calling=203 called=411 account="12'),
        ("keyvalue", 'start=2026-11-27T09:15:02-08:00 duration=5 direction=outgoing calling=203 called=411 x="'),
        ("asterisk-csv", LINES["asterisk-csv"].splitlines()[0].decode()[:-1]),
        ("avaya-ipoffice", '2026/11/27 09:15:02,00:03:25,6,203,O,913105550142,913105550142,,0,1,0,E203,A,T9001,L,0,0,1,,"1'),
    ],
)  # fmt: skip
def test_a_line_with_a_quote_that_does_not_close_is_not_whole(name, line):
    """What is behind the quote may be cut: no cell of it is guessed."""
    found = Reader(shipped(name), SITE).read(line.encode(), RECEIVED)
    assert (found.reason, found.field) == ("TOO_SHORT", None)
    whole = Reader(shipped(name), SITE).read(line.encode() + b'"', RECEIVED)
    assert isinstance(whole, Record)


@pytest.mark.parametrize(
    "form", ["YYYY/MM/DD hh:mm:ss", "MM/DD hh:mm:ss", "MM/DD/YY hh:mmap", "hh:mm:ss MM/DD"]
)
@pytest.mark.parametrize(
    "text",
    [
        "2026/11/27 09:15:02", "2026/11/27 24:00:00", "2026/02/29 09:15:02", "2026/11/27 09:15:60", "2026/11/27 09:15:0",
        "2026/11/27 09-15:02", "2026/11/27 09:15:021", "2026/11/27", "", "11/27 23:59:59", "02/29 00:00:00", "02/30 00:00:00",
        "11/27/26 09:15PM", "11/27/26 12:00am", "11/27/26 9:15PM", "09:15:02 11/27", "2026/11/27 ٠٩:15:02", "2026/11/2709:15:02",
    ],
)  # fmt: skip
def test_a_date_and_a_time_are_read_as_one_whole(form, text):
    found = moment(form)(text)
    assert (None if found is None else tuple(found)) == moment_of(form, text)


def test_the_same_date_is_read_with_every_time():
    read = moment("YYYY/MM/DD hh:mm:ss")
    assert [read(f"2026/11/27 {one}") for one in ("00:00:00", "23:59:59", "23:60:00")] == [
        (2026, 11, 27, 0),
        (2026, 11, 27, 86_399),
        None,
    ]
