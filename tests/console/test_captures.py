"""Captures in the console: uploaded whole or not at all, read by children, replayed; nothing outside the workspace is touched."""

import hashlib
import http.client
import json
import socket
import time

import pytest

from ain_scp.ain.bench.judge import Verdict
from tests.console.conftest import ROOT


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """A capture of the golden run."""
    from click.testing import CliRunner

    from ain_scp.ain.__main__ import cli

    target = tmp_path_factory.mktemp("capture") / "golden.pcap"
    words = [
        "run",
        str(ROOT / "examples/golden/scenario.toml"),
        "--transport",
        "memory",
        "--pcap",
        str(target),
    ]
    assert CliRunner().invoke(cli, words).exit_code == 0
    return target.read_bytes()


def put(console, octets, *, length=None, label="golden.pcap", **headers):
    """Upload octets; status and JSON."""
    host, _, port = console.url.removeprefix("http://").rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    given = {
        "Content-Type": "application/octet-stream", "Origin": console.url, "X-AIN-CSRF": console.csrf, "Cookie": console.cookie,
        "User-Agent": "test", "Content-Length": str(len(octets) if length is None else length), **headers,
    }  # fmt: skip
    connection.putrequest("PUT", f"/api/uploads?label={label}")
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders()
    try:
        connection.send(octets)
        if length is not None and length > len(octets):
            connection.sock.shutdown(socket.SHUT_WR)
        answer = connection.getresponse()
        text = answer.read()
    except (http.client.HTTPException, OSError):
        return 0, {}
    finally:
        connection.close()
    return answer.status, json.loads(text) if text.startswith(b"{") else {}


def wait(check):
    end = time.monotonic() + 120
    while not (found := check()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_a_capture_from_the_upload_to_the_verdict(console, golden):
    status, made = put(console, golden)
    assert (status, made["sha"]) == (200, hashlib.sha256(golden).hexdigest())
    kept = console.workspace / "uploads" / made["sha"]
    assert kept.read_bytes() == golden
    assert kept.stat().st_mode & 0o777 == 0o600
    view = console.read(f"/captures/{made['sha']}")
    assert view["statistics"]["operations"]["infoAnalyzed"] == 32
    assert view["count"] == len(view["rows"]) == 40
    assert view["rows"][0]["first"] == "9258341234 to 14159215678"
    call = console.read(f"/captures/{made['sha']}/0")
    assert [one["name"] for one in call["messages"]][:2] == [
        "infoAnalyzed",
        "analyzeRoute + sendNotification",
    ]
    assert call["messages"][0]["at"] == 0
    assert len(call["journeys"]) == len(call["messages"])
    assert console.ask(f"/api/captures/{made['sha']}/99999")[0] == 404
    assert console.ask(f"/captures/{made['sha']}.csv")[2].count(b"\r\n") == 41

    status, _ = console.do(f"/captures/{made['sha']}/replay", {"local_times": True})
    assert status == 200
    up = wait(lambda: (one := console.read("/captures")["rows"][0])["state"] != "running" and one)
    assert (up["state"], up["replay"]["report"]["equal"], up["replay"]["count"]) == ("done", 40, 0)
    table = console.dataset / "customers/GOLDEN/stations.csv"
    table.write_text(table.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))
    console.do(f"/captures/{made['sha']}/replay", {"local_times": True})
    up = wait(lambda: (one := console.read("/captures")["rows"][0])["state"] != "running" and one)
    assert up["replay"]["count"] == len(up["replay"]["differences"]) > 0

    said = [(row["what"], row["result"]) for row in console.read("/audit")["rows"]]
    assert said.count(("replay", "done")) == 2
    assert said.count(("upload", "done")) == 1
    assert console.do(f"/captures/{made['sha']}", {}, "DELETE")[0] == 200
    assert console.read("/captures")["rows"] == []
    assert list((console.workspace / "uploads").iterdir()) == []


def test_the_same_octets_are_one_capture_and_no_capture_is_said_to_be_none(console, golden):
    for _ in range(2):
        assert put(console, golden)[0] == 200
    assert len(console.read("/captures")["rows"]) == 1
    status, made = put(console, b"hello", label="%3Cscript%3E")
    assert status == 200
    status, _, octets = console.ask(f"/api/captures/{made['sha']}")
    assert status == 422
    assert b"Traceback" not in octets
    assert made["label"] == "<script>"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Content-Type": "application/json"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": None}, 403),
        ({"X-AIN-CSRF": "wrong"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Length": str((64 << 20) + 1)}, 403),
        ({"Content-Length": "x"}, 400),
        ({"Cookie": ""}, 401),
    ],
)
def test_an_upload_passes_the_door_as_all_else_does(console, change, status):
    octets = (
        b"" if status == 400 else b"x" * 10
    )  # what follows a length that is none would reset the connection
    assert put(console, octets, **change)[0] == status
    assert list((console.workspace / "uploads").iterdir()) == []


def test_what_is_cut_short_leaves_nothing(console):
    assert put(console, b"x" * 10, length=20)[0] in (0, 400, 408)
    wait(lambda: not list((console.workspace / "uploads").iterdir()))


def test_links_in_the_workspace_are_not_followed(console, golden, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(golden)
    made = put(console, golden)[1]
    kept = console.workspace / "uploads" / made["sha"]
    kept.unlink()
    kept.symlink_to(secret)
    assert console.ask(f"/api/captures/{made['sha']}")[0] == 404
    assert console.do(f"/captures/{made['sha']}", {}, "DELETE")[0] == 200
    assert secret.read_bytes() == golden
    kept.symlink_to(secret)
    assert put(console, golden)[0] == 200  # replaces the link, not what it names
    assert not kept.is_symlink()
    assert secret.stat().st_size == len(golden)


def test_a_measurement_from_its_order_to_its_figures(console):
    for body in (
        {},
        {"rate": 0, "duration": 1},
        {"rate": "x", "duration": 1},
        {"rate": 10, "duration": 1e9},
        {"rate": True, "duration": 1},
    ):
        assert console.do("/bench", body)[0] == 400, body
    status, made = console.do("/bench", {"rate": 50, "duration": 1})
    assert status == 200
    assert console.do("/bench", {"rate": 50, "duration": 1})[0] == 429
    row = wait(lambda: (one := console.read("/bench")["rows"][0])["state"] != "running" and one)
    assert (row["state"], row["measurement"]) == ("done", made["id"]), row
    assert row["verdict"] in {one.name for one in Verdict}
    page = console.read(f"/bench/{made['id']}")
    assert page["rows"][0]["sent"] > 20
    assert page["more"][0]["rows"]
    drawing = page["drawing"]
    assert [name for name, *_ in drawing["key"]] == ["50/s", "bare echo"]
    assert "p99 within 5 ms" in [text for _, _, text in drawing["parts"]]
    assert ["calls", "originating"] in page["facts"]
    assert not {"latency", "echo", "kinds"} & set(page["columns"])
    assert console.ask(f"/bench/{made['id']}.svg")[0] == 200
    _, headers, text = console.ask(f"/bench/{made['id']}.hgrm")
    assert headers["Content-Type"].startswith("text/plain")
    assert f"Total count    = {page['rows'][0]['answered']:12d}]".encode() in text
    assert console.ask("/api/bench/../../etc")[0] == 404
    assert ("bench", "done") in [(row["what"], row["result"]) for row in console.read("/audit")["rows"]]
