"""`ain calls`: charged calls one by one, of the others how many; one is ended; what is not known is said."""

import json
import re

import pytest

from ain_scp.signaling.diameter import credit_control as cc
from tests.ain.test_serve_charging import Client
from tests.kit.query import query_octets
from tests.kit.serving import Serving


@pytest.fixture
def server(tmp_path):
    """A server that charges, with a control socket."""
    made = Serving(
        "examples/charging",
        "--charging",
        tmp_path / "books",
        "--control",
        tmp_path / "control",
        "--diameter",
        "127.0.0.1:0",
    )
    yield made
    made.close()


def test_charged_calls_are_listed_counted_and_ended(server, ain, tmp_path):
    client = Client(server.endpoint("diameter"))
    client.ask(cc.INITIAL, 0, requested=True)
    client.ask(cc.UPDATE, 1)
    found = json.loads(ain("calls", "--control", tmp_path / "control", "--json").stdout)
    (call,) = found["calls"]
    assert (call["call"], call["account"], call["from"]) == ("client.example;1;1", "A2", "9255550301")
    assert found["routed"]["charging"] is True
    text = ain("calls", "--control", tmp_path / "control", "--by", "account").stdout
    assert "A2" in text
    assert "not kept one by one" in text
    assert call["reason"] == "charged"
    counted = json.loads(ain("calls", "--control", tmp_path / "control", "--by", "reason", "--json").stdout)
    assert counted["counts"]["charged"] == 1
    assert ain("calls", "--control", tmp_path / "control", "--account", "A10").stdout.startswith(
        "no charged call"
    )
    done = ain("calls", "--control", tmp_path / "control", "--disconnect", "client.example;1;1")
    assert (done.returncode, done.stdout) == (0, "client.example;1;1 ends at its next event\n")
    done = ain("calls", "--control", tmp_path / "control", "--disconnect", "nobody")
    assert (done.returncode, "UNKNOWN_SESSION" in done.stderr) == (2, True)
    client.socket.close()


def test_a_server_that_charges_nothing_says_how_many_calls_it_knows(ain, tmp_path):
    server = Serving("examples/golden", "--control", tmp_path / "control")
    try:
        for transaction in range(1, 4):
            server.ask(query_octets(transaction, "9212000"))
        found = json.loads(ain("calls", "--control", tmp_path / "control", "--json").stdout)
        assert found["calls"] == []
        assert (found["routed"]["asked"], found["routed"]["not_yet_ended"], found["routed"]["charging"]) == (
            3,
            3,
            False,
        )
        counted = ain("calls", "--control", tmp_path / "control", "--by", "reason").stdout
        assert re.search(r"routed, not yet ended +3", counted)
        done = ain("calls", "--control", tmp_path / "control", "--account", "A1")
        assert (done.returncode, "nothing is charged there" in done.stderr) == (2, True)
    finally:
        server.close()
    done = ain("calls", "--control", tmp_path / "control")
    assert (done.returncode, "ain serve --control" in done.stderr) == (2, True)
    assert ain("calls", "--control", tmp_path / "x", "--disconnect", "a", "--by", "group").returncode == 2


def test_workers_say_together_how_many_calls_they_know(ain, tmp_path):
    server = Serving("examples/golden", "--control", tmp_path / "control", "--workers", "2")
    try:
        for transaction in range(1, 6):
            server.ask(query_octets(transaction, "9212000"))
        for _ in range(40):  # a worker tells its figures now and then
            routed = json.loads(ain("calls", "--control", tmp_path / "control", "--json").stdout)["routed"]
            if routed["asked"] == 5:
                break
        assert routed == {
            "notified": True, "asked": 5, "ended": 0, "not_yet_ended": 5, "conversations": 0, "charging": False,
        }  # fmt: skip
    finally:
        server.close()
