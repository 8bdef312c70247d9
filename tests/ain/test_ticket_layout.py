"""`ain ticket layout`: what a person sees of a layout and of a file read with it."""

import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "acceptance" / "tickets"
SITE = ("--site", SAMPLES / "site.toml", "--received", "2026-11-29T12:00:00-08:00")


def test_a_file_reads_as_json_lines_with_a_summary_at_the_end(ain):
    done = ain("ticket", "layout", "test", SAMPLES / "threecx.txt", "--layout", "threecx", *SITE, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    expected = [json.loads(line) for line in (SAMPLES / "threecx.expected.jsonl").read_text().splitlines()]
    assert (done.returncode, done.stderr, rows[:-1]) == (0, "", expected)
    assert rows[-1] == {
        "kind": "summary", "lines": 2, "tickets": 2, "calls": 2, "events": 0, "headings": 0, "repeated": 0, "quarantined": 0,
    }  # fmt: skip


def test_a_line_in_quarantine_makes_the_exit_code_1_and_its_text_is_not_shown(ain):
    done = ain("ticket", "layout", "test", SAMPLES / "mitel-3300.txt", "--layout", "mitel-3300", *SITE)
    assert done.returncode == 1
    assert "quarantine BAD_FIELD date" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "6 lines, 5 tickets, 5 calls, 0 events, 0 headings, 0 repeated, 1 quarantined"
    )


def test_a_file_without_a_ticket_is_no_success(ain, tmp_path):
    (tmp_path / "empty").touch()
    assert ain("ticket", "layout", "test", tmp_path / "empty", "--layout", "nec-sl").returncode == 1


def test_a_layout_is_detected_or_named_as_not_far_enough_ahead(ain):
    cucm = SAMPLES / "cdr_StandAloneCluster_01_202611271930_12"
    done = ain("ticket", "layout", "detect", cucm, *SITE, "--json")
    assert (done.returncode, json.loads(done.stdout)["winner"]) == (0, "cisco-cucm")
    done = ain("ticket", "layout", "detect", SAMPLES / "threecx.txt", *SITE)
    assert done.returncode == 1
    assert "name one with --layout" in done.stdout


def test_one_line_is_explained_and_a_secret_stays_hidden(ain):
    done = ain(
        "ticket",
        "layout",
        "test",
        SAMPLES / "avaya-cm-teleseer.txt",
        "--layout",
        "avaya-cm-teleseer",
        "--explain",
        5,
    )
    assert done.returncode == 0
    assert "'10001000A" not in done.stdout
    assert "447311" not in done.stdout
    assert "******" in done.stdout


def test_layouts_are_listed_shown_and_checked(ain, tmp_path):
    assert len(ain("ticket", "layout", "list").stdout.splitlines()) == 13
    assert "means start" in ain("ticket", "layout", "show", "nec-sl").stdout
    mine = tmp_path / "mine.toml"
    mine.write_text('schema = 1\nname = "mine"\nkind = "fixed"\n')
    done = ain("ticket", "layout", "check", mine)
    assert done.returncode == 1
    assert f"{mine}:" in done.stdout
    done = ain("ticket", "layout", "show", "no-such")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no shipped layout" in done.stderr


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("mitel-3300", b" 13/27 09:15  00:03:25 203       3105550142                  T054               ", "BAD_FIELD date: expected date MM/DD"),
        ("mitel-3300", b" 11/27 09:15  00:03:25 203       310555014A                  T054               ", "BAD_FIELD dialed: expected only 0-9 * # +"),
        ("mitel-3300", b"\x0c 11/27 page 2", "CONTROL_OCTETS: no octet below 32 (but tab) and no 127 may stand inside a line"),
        ("mitel-3300", b" 11/27 09:15", "TOO_SHORT: at least 72 characters"),
        ("mitel-3300", b" 11/27 09:15  00:03:25 M\xfcl", "BAD_ENCODING: the octets must be ascii"),
        ("avaya-ipoffice", b"2026/11/27 14:09:10,00:00:1", "TOO_SHORT: at least 17 fields"),
        ("avaya-cm-teleseer", b"   1332", "BAD_FIELD date: expected MMDD"),
        ("avaya-cm-teleseer", b"   1127", "heading: "),
        ("nec-sl", b"BFL  11:00 11/27", "event: no call"),
        ("cisco-cucm", b"1,1", "NO_HEADER: the line of column names must come first"),
        ("nortel-meridian", b"N 030 00 DN203   T010 011 02/29 07:46 00:01:12 A 911", "IMPOSSIBLE_TIME: a calendar must have"),
        ("nortel-meridian", b"N 030 00 garbage", "NO_MATCH: the line must fit the layout's pattern"),
        ("keyvalue", b"start=2026-11-27 duration=-5 direction=outgoing", "BAD_FIELD duration: expected a whole number of 0 or more"),
        ("keyvalue", b"start=2026-11-27 duration=5 direction=out", "expected one of outgoing, incoming, internal, tandem"),
        ("freeswitch-json", b"{}", "NOT_JSON: the line must be one JSON object"),
    ],
)  # fmt: skip
def test_a_refused_line_is_explained_with_its_field_and_rule(ain, tmp_path, name, line, said):
    file = tmp_path / "lines"
    file.write_bytes(line + b"\r\n")
    words = ["--layout", name, "--explain", 1, "--received", "2026-11-27T12:00:00-08:00"]
    done = ain("ticket", "layout", "test", file, *words)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout.splitlines()[-1]
