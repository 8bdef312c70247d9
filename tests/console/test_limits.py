"""What a stranger can cost: half a head, wrong codes, links in the workspace, a door beyond loopback; and what pages say of themselves."""

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from ain_scp.console import heads
from ain_scp.console.app import MOST_STREAMS
from ain_scp.console.desk import MOST_REFUSED, Desk
from ain_scp.console.routes import ACTIONS, PAGES
from tests.console.conftest import ConsoleProcess


def test_half_a_head_ends_after_ten_seconds_and_whole_ones_go_on(console):
    pytest.importorskip("h11")
    assert heads.HEAD_S == 10.0
    host, _, port = console.url.removeprefix("http://").rpartition(":")
    lines = (
        b"",
        b"GET /health HTTP/1.1\r\nHost: 127",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /he",
    )
    ends = [socket.create_connection((host, int(port)), timeout=60) for _ in lines]
    try:
        for end, octets in zip(ends, lines, strict=True):
            end.sendall(octets)
        for end, octets in zip(ends, lines, strict=True):
            heard = b""
            while chunk := end.recv(4096):  # until the console ends it
                heard += chunk
            assert heard.count(b"200 OK") == octets.count(b"\r\n\r\n")
        assert console.ask("/health")[0] == 200
    finally:
        for end in ends:
            end.close()


def test_wrong_codes_do_not_fill_the_audit_journal(console):
    cookie, csrf = console.cookie, console.csrf
    found = [console.login("wrong") for _ in range(3 * MOST_REFUSED)]
    assert found == [403] * MOST_REFUSED + [429] * (2 * MOST_REFUSED)
    console.cookie, console.csrf = cookie, csrf
    rows = console.read("/audit")["rows"]
    assert sum(row["result"] == "refused" for row in rows) == MOST_REFUSED


def test_how_many_were_left_out_is_written_later(tmp_path, dataset, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("ain_scp.console.desk.time.monotonic", lambda: now[0])
    desk = Desk(dataset, tmp_path / "workspace", [])
    assert [desk.note_refused() for _ in range(MOST_REFUSED + 5)] == [True] * MOST_REFUSED + [False] * 5
    now[0] += 61
    assert desk.note_refused()
    assert [one.about for one in desk.audit.entries()][-1] == "5 more were refused before"
    desk.audit.close()
    desk.uploads.close()


@pytest.mark.parametrize("name", ["audit", "sets", "runs", "reviews", "uploads", "bench"])
def test_a_workspace_whose_folder_is_a_link_is_refused(ain, dataset, tmp_path, name):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    workspace, elsewhere = tmp_path / "workspace", tmp_path / "elsewhere"
    workspace.mkdir()
    elsewhere.mkdir()
    (workspace / name).symlink_to(elsewhere)
    done = ain("console", dataset, "--workspace", workspace, "--http", "127.0.0.1:0", "--scp", "127.0.0.1:1")
    assert done.returncode == 2
    assert "link" in done.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate of 127.0.0.1 and its key."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=console", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_beyond_loopback_only_with_certificate_key_and_tokens(ain, dataset, tmp_path, certificate):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    cert, key = certificate
    secret = ain("token", "add", tmp_path / "t.toml", "--name", "me", "--role", "viewer").stdout.strip()
    common = ("console", dataset, "--workspace", tmp_path / "w", "--scp", "127.0.0.1:1")
    for words, told in (
        (("--http", "0.0.0.0:0"), "--allow-public"),
        (("--http", "0.0.0.0:0", "--allow-public"), "needs --http-certificate"),
        (
            ("--http", "0.0.0.0:0", "--allow-public", "--http-certificate", cert, "--http-key", key),
            "and --tokens",
        ),
        (("--http-certificate", cert), "both or none"),
        (("--http-certificate", key, "--http-key", key), "key.pem"),
    ):
        done = ain(*common, *words)
        assert done.returncode == 2, (words, done)
        assert told in done.stderr
    options = (
        "--scp",
        "127.0.0.1:1",
        "--tokens",
        tmp_path / "t.toml",
        "--http-certificate",
        cert,
        "--http-key",
        key,
    )
    started = ConsoleProcess(dataset, tmp_path / "w", *options)
    try:
        assert started.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(cert))
        body = json.dumps({"code": secret}).encode()
        asked = {"Content-Type": "application/json", "Origin": started.url}
        request = urllib.request.Request(f"{started.url}/api/login", body, asked, method="POST")
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]
    finally:
        started.end()


def test_frames_end_with_the_session(console):
    asked = urllib.request.Request(
        f"{console.url}/api/live/events", headers={"Cookie": console.cookie, "User-Agent": "test"}
    )
    with urllib.request.urlopen(asked, timeout=30) as frames:
        assert frames.readline()
        assert console.do("/logout", {})[0] == 200
        while frames.readline():  # the frame that is under way, and no more
            pass
    assert console.ask("/api/live")[0] == 401


def test_a_session_has_so_many_streams(console):
    asked = urllib.request.Request(
        f"{console.url}/api/live/events", headers={"Cookie": console.cookie, "User-Agent": "test"}
    )
    with contextlib.ExitStack() as held:
        for _ in range(MOST_STREAMS):
            held.enter_context(urllib.request.urlopen(asked, timeout=30)).readline()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=30)
        refused.value.close()
        assert refused.value.code == 503


def test_tokens_are_read_again_at_a_signal_and_who_has_none_any_more_is_out(ain, dataset, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    path = tmp_path / "tokens.toml"
    secrets = [
        ain("token", "add", path, "--name", name, "--role", "viewer").stdout.strip()
        for name in ("stays", "goes")
    ]
    started = ConsoleProcess(dataset, tmp_path / "w", "--scp", "127.0.0.1:1", "--tokens", path)
    try:
        cookies = []
        for secret in secrets:
            assert started.login(secret) == 200
            cookies.append(started.cookie)
        ain("token", "remove", path, "--name", "goes")
        started.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while started.ask("/api/me")[0] != 401:
            assert time.monotonic() < end
            time.sleep(0.05)
        started.cookie = cookies[0]
        assert started.ask("/api/me")[0] == 200
        path.write_text("schema = 2")
        started.process.send_signal(signal.SIGHUP)
        assert "tokens stay as they were" in started.process.stderr.readline()
        assert started.ask("/api/me")[0] == 200
    finally:
        started.end()


def test_what_belongs_to_a_data_set_is_not_sent_twice(console):
    for path in ("/api/data", "/data/table.csv?name=customers/GOLDEN/mdp.csv", "/api/data/number/9258341234"):
        status, headers, octets = console.ask(path)
        assert (status, headers["Cache-Control"]) == (200, "private, no-cache")
        assert octets
        again = console.ask(path, headers={"If-None-Match": headers["ETag"]})
        assert (again[0], again[2]) == (304, b"")
    table = console.dataset / "customers/GOLDEN/mdp.csv"
    table.write_text(table.read_text() + "# changed\n")
    assert (
        console.ask("/api/data", headers={"If-None-Match": console.ask("/api/me")[1].get("ETag", '"x"')})[0]
        == 200
    )
    assert console.ask("/api/me")[1]["Cache-Control"] == "no-store"


def test_the_interface_describes_every_address(console):
    said = console.read("/openapi.json")
    assert said["openapi"] == "3.1.0"
    assert {f"/api{page.path}" for page in PAGES} | {action.path for action in ACTIONS} == set(said["paths"])
    assert set(said["paths"]["/api/captures/{sha}"]) == {"get", "delete"}
    text = json.dumps(said)
    refs = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert refs <= set(said["components"]["schemas"])
    assert {"Frame", "Sheet", "CallList"} <= set(said["components"]["schemas"])
    assert all(operation["summary"] for path in said["paths"].values() for operation in path.values())
