"""The HTTP door of `ain serve --charging`: events, balances, calls, and who may see what."""

import asyncio
import contextlib
import hashlib
import json
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.serve import charging_http
from tests.kit.serving import Serving

pytest.importorskip("uvicorn", reason="the extra web is not installed: pip install 'ain-scp[web]'")
pytest.importorskip("starlette", reason="the extra web is not installed: pip install 'ain-scp[web]'")
CHARGING = "examples/charging"
TOKENS = {
    "all": ("*", ["read", "charge", "admin"], ""),
    "own": ("A2", ["read", "charge"], ""),
    "reader": ("*", ["read"], ""),
    "nothing": ("*", [], ""),
    "over": ("*", ["read"], "until = 2020-01-01\n"),
}


def tokens_file(place):
    text = "schema = 1\n"
    for name, (accounts, may, more) in TOKENS.items():
        digest = hashlib.sha256(name.encode()).hexdigest()
        listed = json.dumps(accounts if accounts == "*" else [accounts])
        text += f'[[token]]\nname = "{name}"\nsha256 = "{digest}"\naccounts = {listed}\nmay = {json.dumps(may)}\n{more}'
    path = place / "tokens.toml"
    path.touch(0o600)
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    place = tmp_path_factory.mktemp("http")
    one = Serving(
        CHARGING, "--charging", place / "books", "--http", "127.0.0.1:0", "--http-tokens", tokens_file(place)
    )
    yield one
    code, _, err = one.end()
    assert (code, err) == (0, "")
    done = CliRunner().invoke(cli, ["account", "check", str(place / "books")])
    assert "sound" in done.output


@pytest.fixture
def ask(server):
    """A function: method, path, token, body, headers -> status, JSON."""
    host, port = server.endpoint("http-charging")

    def make(method, path, bearer="all", body=None, **headers):
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{host}:{port}{path}", data, method=method)
        if bearer:
            request.add_header("Authorization", f"Bearer {bearer}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, json.loads(fault.read() or b"{}")

    return make


def test_a_call_by_events(ask):
    """Authorize, answer, one more period, release: each an answer, and the call is in the list."""
    number = {"from": "9255550201", "called": "2125550000"}
    status, said = ask("POST", "/v1/events", "own", {"event": "authorize", "call": "h1", **number})
    assert (status, said["ok"], said["granted_ms"], said["account"]) == (200, True, 60_000, "A2")
    status, said = ask(
        "POST",
        "/v1/events",
        "own",
        [{"event": "answer", "call": "h1"}, {"event": "more", "call": "h1", "number": 1, "used_ms": 50_000}],
    )
    assert (status, said[1]["granted_ms"], said[1]["final"]) == (200, 120_000, False)
    assert ask("GET", "/v1/accounts/A2/calls?open=1", "own")[1]["calls"][0]["state"] == "TALKING"
    status, said = ask("POST", "/v1/events", "own", {"event": "release", "call": "h1", "duration_ms": 61_000})
    assert (said["charge"], said["usable"]) == ("2.00", "0.00")
    assert ask("GET", "/v1/accounts/A2/calls?limit=1", "own")[1]["calls"][0]["charge"] == "2.00"
    assert ask("GET", "/v1/accounts/A2", "own")[1]["posted"] == "0.00"


def test_a_key_counts_once(ask):
    paid = {"event": "deposit", "account": "A10", "amount": "5.00"}
    for _ in range(2):
        assert ask("POST", "/v1/events", body=paid, Idempotency_Key="r-1")[1]["usable"] == "15.00"
    other = {"event": "deposit", "account": "A10", "amount": "6.00"}
    assert ask("POST", "/v1/events", body=other, Idempotency_Key="r-1")[1]["reason"] == "KEY_REUSED"


WHO = [
    ("GET", "/v1/accounts/A2", "", None, 401),
    ("GET", "/v1/accounts/A2", "stranger", None, 401),
    ("GET", "/v1/accounts/A2", "over", None, 401),
    ("GET", "/v1/accounts/A2", "nothing", None, 403),
    ("GET", "/v1/accounts/A10", "own", None, 404),
    ("GET", "/v1/accounts/NOBODY", "all", None, 404),
    ("GET", "/v1/accounts/A10/calls", "own", None, 404),
    ("POST", "/v1/events", "", {"event": "balance", "account": "A2"}, 401),
    ("POST", "/v1/events", "own", {"event": "balance", "account": "A10"}, 404),
    ("POST", "/v1/events", "own", {"event": "off_hook", "from": "9255550200"}, 404),
    ("POST", "/v1/events", "own", {"event": "release", "call": "another's"}, 404),
    ("POST", "/v1/events", "own", {"event": "deposit", "account": "A2", "amount": "1.00"}, 403),
    ("POST", "/v1/events", "own", {"event": "authorize", "call": "x", "from": "9255550201", "called": "1",
                                   "account": "A10"}, 400),
    ("POST", "/v1/events", "reader", {"event": "usage", "account": "A2", "meters": {"unit": 1}}, 403),
    ("POST", "/v1/events", "all", {"event": "no such"}, 400),
    ("POST", "/v1/events", "all", {"event": "balance"}, 400),
    ("POST", "/v1/events", "all", b"{", 400),
    ("POST", "/v1/events", "all", b"[]", 400),
    ("POST", "/v1/events", "all", b"3", 400),
    ("POST", "/v1/events", "all", b"[" + b" " * (1 << 20) + b"]", 413),
    ("POST", "/v1/events", "all", {"event": "more", "call": "x", "used_ms": 90_000_001}, 400),
    ("GET", "/v1/accounts/A2/calls?limit=0", "all", None, 400),
    ("GET", "/v1/accounts/A2/calls?limit=1001", "all", None, 400),
    ("GET", "/v1/accounts/A2/summaries/none", "all", None, 404),
    ("GET", "/v1/accounts/A2/calls?limit=" + "9" * 5000, "all", None, 400),
    *(("POST", "/v1/events", "own", {"event": "authorize", "call": "x", "from": "9255550201", "called": "9255550200", **payer}, 404)
      for payer in ({"payer": "called"}, {"payer": "CALLED"}, {"payer": "A10"}, {"share": "SIXTYFORTY"})),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "token", "body", "status"), WHO)
def test_what_is_not_allowed_or_wrong(method, path, token, body, status, ask):
    found, said = ask(method, path, token, body)
    assert found == status
    assert said["error"]


def test_one_bad_event_refuses_the_whole_array(ask):
    before = ask("GET", "/v1/accounts/SHOP30")[1]["posted"]
    pay = {"event": "deposit", "account": "SHOP30", "amount": "1.00"}
    assert ask("POST", "/v1/events", body=[pay, {"event": "deposit"}])[0] == 400
    assert ask("GET", "/v1/accounts/SHOP30")[1]["posted"] == before


def test_a_closed_bill_is_read_in_every_form(ask, server):
    """Made by an event, read by its month; nothing is made by reading, and nobody reads another's."""
    assert ask("GET", "/v1/bills/RENTER/2001-01.json")[0] == 404
    asked = {"event": "bill", "account": "RENTER", "from": "2001-01-01", "to": "2001-02-01"}
    made = ask("POST", "/v1/events", body=asked)[1]
    assert made["closes"]
    status, found = ask("GET", "/v1/bills/RENTER/2001-01.json")
    assert (status, found["number"], found["totals"]) == (200, made["number"], made["totals"])
    host, port = server.endpoint("http-charging")
    for form, begins in (("txt", made["name"].encode()), ("html", b"<!")):
        request = urllib.request.Request(f"http://{host}:{port}/v1/bills/RENTER/2001-01.{form}")
        request.add_header("Authorization", "Bearer reader")
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            assert begins in answer.read()[:400]
    for path, token, wanted in (
        ("RENTER/2001-01.json", "own", 404), ("RENTER/2001-01.exe", "all", 404), ("RENTER/2001-01", "all", 404),
        ("RENTER/2001-02.json", "all", 404), ("NOBODY/2001-01.json", "all", 404), ("RENTER/2001-01.json", "", 401),
    ):  # fmt: skip
        assert ask("GET", f"/v1/bills/{path}", token)[0] == wanted


def test_a_head_that_never_ends_keeps_no_place(tmp_path, monkeypatch):
    """Octet by octet, or nothing at all: the connection is closed; one that asks in time is answered."""
    monkeypatch.setattr(charging_http, "HEAD_S", 0.3)
    monkeypatch.setattr(charging_http, "SWEEP_S", 0.05)

    async def main():
        server = charging_http.HttpServer(("127.0.0.1", 0), tokens_file(tmp_path), None, None)
        host, _, port = (await server.start(None, None, lambda: 0)).rpartition(":")
        async with asyncio.timeout(60):
            silent = await asyncio.open_connection(host, int(port))
            slow = await asyncio.open_connection(host, int(port))
            whole = await asyncio.open_connection(host, int(port))
            whole[1].write(b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await whole[0].read()).startswith(b"HTTP/1.1 200")
            slow[1].write(b"GET /v1/openapi.json HTTP/1.1\r\n")
            with contextlib.suppress(ConnectionError):
                while not slow[0].at_eof():
                    slow[1].write(b"X")
                    await slow[1].drain()
                    await asyncio.sleep(0.02)
            with contextlib.suppress(ConnectionError):
                assert await silent[0].read() == b""
            for _, writer in (silent, slow, whole):
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
        await server.stop()

    asyncio.run(main())


def test_the_form_names_every_event(ask):
    status, said = ask("GET", "/v1/openapi.json", "")
    assert status == 200
    assert {"Authorize", "Deposit", "Release"} <= said["components"]["schemas"].keys()


def test_options_that_do_not_fit_are_refused(tmp_path):
    def refused(*words):
        done = CliRunner().invoke(cli, ["serve", CHARGING, *map(str, words)])
        assert done.exit_code == 2
        return done.output

    books = ("--charging", tmp_path / "b")
    assert "need --charging" in refused("--http", "127.0.0.1:0")
    assert "need --http" in refused(*books, "--http-tokens", "x")
    assert "--http-tokens FILE" in refused(*books, "--http", "127.0.0.1:0")
    bad = tmp_path / "tokens.toml"
    bad.write_text("schema = 1\n")
    bad.chmod(0o644)
    assert "chmod 600" in refused(*books, "--http", "127.0.0.1:0", "--http-tokens", bad)
    public = ("--http", "10.0.0.1:8080", "--http-tokens", tokens_file(tmp_path))
    assert "--http-certificate" in refused(*books, *public)
    assert "travel" in refused(*books, *public, "--allow-public")
