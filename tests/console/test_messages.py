"""What the console shows of a running SCP comes from its tap: rows, trees, outcomes, how much was sampled; masked where it must be."""

import json
import socket
import time
import urllib.request

import pytest

from ain_scp.console.live import Hub, Scp
from ain_scp.console.sources.metrics import Sampled, parse
from ain_scp.console.sources.tap import MOST, Tapped, outcome_of, row_of
from ain_scp.journal.ring import Exchange, RingWriter
from ain_scp.ssp_sim.replay.meaning import meaning_of
from tests.console.conftest import ConsoleProcess
from tests.kit.query import query_octets

START = 1_790_000_000_000_000_000


def wait(check):
    """Until it holds; a busy machine gets a minute."""
    end = time.monotonic() + 60
    while not (found := check()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@pytest.fixture
def asked(console):
    """A console whose own SCP was asked three calls."""
    host, _, port = console.read("/me")["scps"][0]["udp"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(30)
        for number, dialed in enumerate(("9212000", "9212001", "1"), 1):
            peer.sendto(query_octets(number, dialed), (host, int(port)))
            peer.recv(4096)
    wait(lambda: len(console.read("/messages")["rows"]) == 3)
    return console


def test_what_the_scp_was_asked_is_there_and_each_down_to_its_parameters(asked):
    rows = asked.read("/messages")["rows"]
    assert {row["scp"] for row in rows} == {"SCP"}
    assert {(row["operation"], row["calling"]) for row in rows} == {("infoAnalyzed", "9258341234")}
    assert [row["called"] for row in rows if row["called"]] == ["1", "9212001", "9212000"]
    assert len(asked.read("/messages?q=9212001")["rows"]) == 1
    one = asked.read(f"/messages/SCP/{rows[-1]['id']}")
    assert bytes.fromhex(one["query_octets"]) == query_octets(1)
    assert "9212000" in json.dumps(one["query"])
    assert asked.ask("/api/messages/SCP/9-9")[0] == 404
    assert asked.ask("/messages.csv")[2].count(b"\r\n") == 4
    frame = wait(lambda: (found := asked.read("/live"))["seen"] and found)
    assert len(frame["seen"]) == 3
    history = asked.read("/live/history")
    assert sum(one["scp"][0]["sampled"]["taken"] for one in history if one["scp"][0].get("sampled")) == 3
    assert all(not one["seen"] for one in history)


def test_decisions_of_a_frame_are_those_that_the_server_counted(asked):
    def words():
        found = [one["scp"][0].get("decisions") or {} for one in asked.read("/live/history")]
        return set().union(*found)

    assert wait(lambda: (found := words()) and found) == {"PSTN", "VACANT_NUMBER"}
    assert all("shares" not in one["scp"][0] for one in asked.read("/live/history"))


def test_of_a_server_that_counts_no_decisions_they_are_shares_of_its_tap():
    hub = Hub([Scp("A", "127.0.0.1", 1, tap="/nowhere")], lambda: None, lambda: "")
    for at in (1.0, 2.0):
        hub._watched["A"].take(parse(f'ain_scp_outcome_total{{outcome="answered"}} {at * 8}'), at)
    hub._sampled["A"] = Sampled(4, 8, 0), {"PSTN": 3, "ANNOUNCEMENT_1": 1}
    frame = hub._frame("A", 2.0)
    assert frame.decisions == {"PSTN": 6.0, "ANNOUNCEMENT_1": 2.0}
    assert frame.shares


def test_masked_numbers_are_whole_nowhere(dataset, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    tokens = tmp_path / "tokens.toml"
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    tokens.write_text(
        f'schema = 1\n[[token]]\nname = "m"\nsha256 = "{digest}"\nrole = "viewer"\nmask = true\n'
    )
    tokens.chmod(0o600)
    started = ConsoleProcess(dataset, tmp_path / "workspace", "--tokens", tokens)
    try:
        assert started.login("test") == 200
        host, _, port = started.read("/me")["scps"][0]["udp"].rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(30)
            peer.sendto(query_octets(1), (host, int(port)))
            peer.recv(4096)
        rows = wait(lambda: started.read("/messages")["rows"])
        shown = [
            started.ask(path)[2]
            for path in ("/api/messages", "/messages.csv", f"/api/messages/SCP/{rows[0]['id']}")
        ]
        request = urllib.request.Request(
            f"{started.url}/api/live/events", headers={"Cookie": started.cookie, "User-Agent": "test"}
        )
        with urllib.request.urlopen(request, timeout=30) as events:
            while b"925834" not in (line := events.readline()):
                assert line
            shown.append(line)
        for octets in shown:
            assert b"9258341234" not in octets
            assert "925834····".encode() in octets
        assert json.loads(shown[2])["query_octets"] == ""
    finally:
        started.end()


def test_a_tap_says_how_much_was_sampled_and_what_was_not_read(tmp_path):
    ring = RingWriter(tmp_path / "tap", 0, START, 200)
    tapped = Tapped("S", tmp_path / "tap")
    assert tapped.look()[0].taken == 0
    ring.passed = 90
    ring.write(START, "x", [query_octets(n) for n in range(10)], [])
    ring.tell()
    sampled, outcomes = tapped.look()
    assert (sampled.taken, sampled.of, sampled.lost) == (10, 100, 0)
    assert outcomes == {"NO_ANSWER": 10}
    ring.write(START, "x", [query_octets(n) for n in range(MOST + 7)], [])
    ring.tell()
    sampled, _ = tapped.look()
    assert (sampled.taken, sampled.of, sampled.lost) == (MOST, MOST + 7, 7)
    ring.close()
    assert tapped.look()[0].taken == 0
    assert "No such file" in tapped.fault
    RingWriter(tmp_path / "tap", 0, START + 1, 200)
    assert tapped.look()[0].taken == 0
    assert tapped.fault == ""


@pytest.mark.parametrize(
    "octets", [b"", b"\0" * 40, b"\x01\x00\x01\x01\x00\x00\x00\x08", query_octets(1)[:60], b"\xff" * 488]
)
def test_whatever_was_sampled_makes_a_row(octets):
    row = row_of("S", 0, Exchange(1, START, "<b>", octets, octets, cut=True))
    assert row.operation
    assert row.at == "2026-09-21T14:13:20.000Z"


def test_an_answer_of_another_transaction_is_not_shown_beside_a_query():
    row = row_of("S", 0, Exchange(1, START, "", query_octets(1), query_octets(2), cut=False))
    assert (row.operation, row.outcome) == ("infoAnalyzed", "NO_ANSWER")


def test_no_answer_and_what_is_none_have_words():
    assert outcome_of(None) == "NO_ANSWER"
    assert outcome_of(meaning_of(b"\x00")) == "malformed"
