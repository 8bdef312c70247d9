"""`ain serve --charging`: calls over AIN and Diameter, orders, and a ledger that loses and doubles nothing."""

import json
import random
import shutil
import signal
import socket
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.account.books import Books
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.message import REQUEST, Message, decode, encode, length_of
from ain_scp.signaling.diameter.peer import WATCHDOG
from ain_scp.signaling.tcap import conversation, encode_package, invoke, unidirectional
from tests.kit.diameter_client import Client
from tests.kit.query import package_of, query_octets, wrapped
from tests.kit.serving import Serving

CHARGING = "examples/charging"
PIN = ((cc.PIN, "1234"),)


@pytest.fixture
def serve(tmp_path):
    """A function: options -> a server that charges, its ledger in `tmp_path / books`."""
    made = []

    def make(*options):
        made.append(Serving(CHARGING, "--charging", tmp_path / "books", *options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def account(*words):
    done = CliRunner().invoke(cli, ["account", *map(str, words)])
    assert done.exit_code in (0, 1), done.output
    return done.stdout


@pytest.fixture
def join():
    """A function: address, name -> a Diameter peer, closed in the end."""
    made = []

    def make(address, name="client.example"):
        made.append(Client(address, name))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def test_a_session_over_diameter(serve, join, tmp_path):
    """Two dollars at a dollar a minute: initial, answer, two periods, the last unit, the end; repeats change nothing."""
    server = serve("--diameter", "127.0.0.1:0")
    client = join(server.endpoint("diameter"))
    first = client.ask(cc.INITIAL, 0, requested=True)
    assert (first.result, first.granted_s, first.validity_s, first.continues, first.announcement) == (
        2001, 60, 180, False, 42,
    )  # fmt: skip
    assert client.ask(cc.UPDATE, 1).granted_s == 60
    for _ in range(2):
        more = client.ask(cc.UPDATE, 2, used_s=50, requested=True)
        assert (more.granted_s, more.final) == (70, False)
    last = client.ask(cc.UPDATE, 3, used_s=60, requested=True)
    assert (last.granted_s, last.final) == (10, True)
    for _ in range(2):
        ended = client.ask(cc.TERMINATION, 4, used_s=10)
        assert (ended.result, ended.cost) == (2001, cc.Money(2, 0, 840))
    assert client.ask(cc.INITIAL, 0, session=2, requested=True).result == 4012
    assert client.ask(cc.INITIAL, 0, session=3, calling="9990000000", requested=True).result == 5030
    assert client.ask(cc.UPDATE, 1, session=9, used_s=1, requested=True).result == 5002
    assert client.ask(cc.EVENT, 0, session=4, action=cc.CHECK_BALANCE).balance_ok is False
    assert client.ask(cc.EVENT, 1, session=4, action=cc.PRICE_ENQUIRY, asked_s=150).cost == cc.Money(
        3, 0, 840
    )
    for _ in range(2):
        refund = client.ask(cc.EVENT, 2, session=4, action=cc.REFUND_ACCOUNT, money=cc.Money(150, -2, 840))
        assert refund.result == 2001
    assert (
        client.ask(
            cc.EVENT, 3, session=4, action=cc.DIRECT_DEBITING, money=cc.Money(1, 0), parameters=PIN
        ).result
        == 2001
    )
    assert (
        client.ask(
            cc.EVENT, 4, session=4, action=cc.DIRECT_DEBITING, money=cc.Money(1, 0), parameters=PIN
        ).result
        == 4012
    )
    assert client.ask(cc.EVENT, 5, session=4, action=cc.DIRECT_DEBITING, money=cc.Money(-1, 0)).result == 5004
    assert client.ask(cc.EVENT, 6, session=4).result == 5012
    much = cc.Money(2**63 - 1, 12)
    assert client.ask(cc.EVENT, 7, session=4, action=cc.CHECK_BALANCE, money=much).result == 5004
    code, _, err = server.end()
    assert (code, err) == (0, "")
    assert "sound" in account("check", tmp_path / "books")
    assert json.loads(account("show", "A2", tmp_path / "books", "--json"))["posted"] == "0.50"


def test_a_peer_that_restarts_has_forgotten_its_sessions(serve, join, tmp_path):
    """Its state id has grown: what was reported is posted, the rest goes back."""
    server = serve("--diameter", "127.0.0.1:0")
    client = join(server.endpoint("diameter"))
    client.ask(cc.INITIAL, 0, requested=True, state_id=7)
    client.ask(cc.UPDATE, 1)
    client.ask(cc.UPDATE, 2, used_s=50, requested=True)
    client.ask(cc.INITIAL, 0, session=2, calling="9255550300", requested=True, state_id=8)
    calls = json.loads(account("calls", "A2", tmp_path / "books", "--json"))["calls"]
    assert [(one["state"], one["duration_ms"], one["charge"]) for one in calls] == [("ENDED", 50_000, "1.00")]
    server.end()


WRONG = [
    ("no capabilities first", encode(cc.request_message(cc.CreditRequest("s", 1, 0), 1, 1))),
    ("another version", b"\x02" + bytes(19)),
    ("longer than any message", b"\x01\xff\xff\xfc" + bytes(16)),
    ("another application", encode(Message(257, 0, ()))),
]


@pytest.mark.parametrize(("what", "octets"), WRONG, ids=[row[0] for row in WRONG])
def test_a_stream_out_of_step_is_closed(what, octets, serve, join):
    """And the server goes on."""
    server = serve("--diameter", "127.0.0.1:0")
    address = server.endpoint("diameter")
    said = b""
    with socket.create_connection(address, timeout=20) as end, suppress(ConnectionResetError):
        end.sendall(octets)
        while more := end.recv(4096):
            said += more
    assert not said or decode(said[: length_of(said)]).number(268) == 5010
    assert join(address).ask(cc.INITIAL, 0, requested=True).result == 2001
    code, _, err = server.end()
    assert (code, err) == (0, "")


def conversed(own, theirs, name, **values):
    """What the switch says in a conversation."""
    known = operation_named(name)
    values = {"userID": UserID(UserIDChoice.DN, "9255550301"), "bearerCapability": 0} | values
    part = invoke(known.code, encode_parameters(known, values), 2)
    return wrapped(encode_package(conversation(own, theirs, part)))


def names(package):
    return [operation(part.code).name for part in package.components]


def test_a_call_over_udp(serve, tmp_path):
    """Announcement, route with timer, answer, period, end by TerminationNotification; then the ledger has it."""
    server = serve()
    opened = package_of(server.ask(query_octets(1, "2125550000", calling="9255550301", access="9")))
    assert names(opened) == ["sendToResource"]
    theirs = opened.originating
    known = operation_named("resourceClear")
    cleared = invoke(known.code, encode_parameters(known, {"clearCause": 0}), 2, 2)
    routed = package_of(server.ask(wrapped(encode_package(conversation(1, theirs, cleared)))))
    assert names(routed) == ["analyzeRoute", "sendNotification", "requestReportBCMEvent"]
    echo = decode_parameters(operation_named("sendNotification"), routed.components[1].parameter).octets(
        "echoData"
    )
    timer = decode_parameters(operation_named("requestReportBCMEvent"), routed.components[2].parameter)
    assert timer["timeoutTimer"].seconds == 50
    server.send(conversed(1, theirs, "oAnswer", notificationIndicator=True))
    spoken = package_of(server.ask(conversed(1, theirs, "timeout")))
    assert names(spoken) == ["connectToResource"]
    (open_call,) = json.loads(account("calls", "A2", tmp_path / "books", "--open", "--json"))["calls"]
    assert open_call["state"] == "TALKING"
    notification = operation_named("terminationNotification")
    values = {"echoData": echo, "terminationIndicator": b"\0", "connectTime": 553}
    part = invoke(notification.code, encode_parameters(notification, values), 1)
    server.send(wrapped(encode_package(unidirectional(part))))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        calls = json.loads(account("calls", "A2", tmp_path / "books", "--json"))["calls"]
        if calls[0]["state"] == "ENDED":
            break
    assert (calls[0]["charge"], calls[0]["duration_ms"]) == ("1.00", 55_300)
    denied = package_of(server.ask(query_octets(2, "2125550000", calling="9255550303", access="9")))
    assert names(denied) == ["sendToResource"]
    plain = package_of(server.ask(query_octets(3, "911", calling="9255550303", access="9")))
    assert names(plain)[0] == "analyzeRoute"
    code, _, err = server.end()
    assert (code, err) == (0, "")
    assert "sound" in account("check", tmp_path / "books")


def test_orders_go_to_the_node_that_has_the_ledger_open(serve, join, tmp_path):
    """Payment, lock, open calls, cut: done by the node, durable when they return; files serve when it is gone."""
    server = serve("--diameter", "127.0.0.1:0")
    books = tmp_path / "books"
    client = join(server.endpoint("diameter"))
    client.ask(cc.INITIAL, 0, requested=True)
    client.ask(cc.UPDATE, 1)
    assert "usable 2.00" in account("deposit", "A2", "1.00", "--key", "r1", books)
    assert "usable 2.00" in account("deposit", "A2", "1.00", "--key", "r1", books)
    assert "LOCALONLY" in account("lock", "A10", books, "--cos", "LOCALONLY")
    assert "client.example;1;1" in account("calls", "A2", books, "--open")
    assert "next event" in account("cut", "client.example;1;1", books)
    more = client.ask(cc.UPDATE, 2, used_s=50, requested=True)
    assert (more.granted_s, more.final) == (10, True)
    refused = CliRunner().invoke(cli, ["account", "cut", "nobody", str(books)])
    assert (refused.exit_code, refused.output) == (1, "refused: UNKNOWN_SESSION\n")
    dated = CliRunner().invoke(
        cli, ["account", "deposit", "A2", "1.00", "--key", "r2", "--at", "2001-01-01T00:00:00", str(books)]
    )
    assert dated.exit_code == 2
    assert "leave --at out" in dated.output
    server.end()
    assert "usable 4.00" in account("deposit", "A2", "1.00", "--key", "r3", books) or "usable" in account(
        "show", "A2", books
    )


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_loses_and_doubles_nothing(seed, serve, join, tmp_path):
    """Killed at a moment of chance: every debit that was acknowledged is in the ledger once, no other but the last."""
    durability = (
        "--durability",
        ("sync", "write")[seed % 2],
    )  # a killed process takes nothing from the system
    server = serve("--diameter", "127.0.0.1:0", *durability)
    client = join(server.endpoint("diameter"))
    chance, acknowledged, asked = random.Random(seed), 0, 0
    kill_after = chance.randint(1, 60)
    try:
        for number in range(100):
            if number == kill_after:
                server.process.send_signal(signal.SIGKILL)
            asked += 1
            said = client.ask(
                cc.EVENT, number, calling="9255550320", action=cc.DIRECT_DEBITING, money=cc.Money(1, -2),
                parameters=PIN,
            )  # fmt: skip
            assert said.result == 2001
            acknowledged += 1
    except (ConnectionError, OSError):
        pass
    server.process.wait(30)
    assert "sound" in account("check", tmp_path / "books")
    posted = json.loads(account("show", "SHOP30", tmp_path / "books", "--json"))["posted"]
    spent = round(3000 - float(posted) * 100)
    assert acknowledged <= spent <= asked
    again = serve("--diameter", "127.0.0.1:0")
    repeated = join(again.endpoint("diameter"))
    for number in range(acknowledged):
        said = repeated.ask(
            cc.EVENT, number, calling="9255550320", action=cc.DIRECT_DEBITING, money=cc.Money(1, -2),
            parameters=PIN,
        )  # fmt: skip
        assert said.result == 2001
    again.end()
    after = json.loads(account("show", "SHOP30", tmp_path / "books", "--json"))["posted"]
    assert after == posted


def test_the_ledger_is_measured(serve, join):
    """/metrics says how the ledger stands, and why it refused."""
    server = serve("--diameter", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
    client = join(server.endpoint("diameter"))
    assert client.ask(cc.INITIAL, 0, calling="9255550300").result == 2001
    refused = client.ask(cc.INITIAL, 0, session=2, calling="9255550303")
    assert refused.result == 4012
    host, port = server.endpoint("http")
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if line.startswith("ain_scp_ledger"))
    assert found['ain_scp_ledger{what="open_calls"}'] == "1"
    assert found['ain_scp_ledger{what="stopped"}'] == "0"
    assert found['ain_scp_ledger_refusals_total{reason="INSUFFICIENT"}'] == "1"
    assert int(found["ain_scp_ledger_records_total"]) > 2
    assert not any("Not described" in line for line in lines)


@pytest.mark.slow
def test_more_accounts_than_a_group_holds(tmp_path):
    """Each of them is opened and kept by the first start, the last one as well."""
    dataset, books = tmp_path / "many", tmp_path / "books"
    shutil.copytree(CHARGING, dataset)
    with (dataset / "charging" / "accounts.csv").open("a") as rows:
        rows.writelines(
            f"X{one},Many,SUBSCRIBER,DURING,1.00,,,FULL,STANDARD,DOLLARP,,,,,,\n" for one in range(20_100)
        )
    server = Serving(dataset, "--charging", books, patience_s=60)
    code, _, err = server.end()
    assert (code, err) == (0, "")
    assert "20,143 accounts" in account("check", books)


def test_options_that_do_not_fit_are_refused(tmp_path):
    def refused(*words):
        done = CliRunner().invoke(cli, ["serve", *map(str, words)])
        assert done.exit_code == 2
        return done.output

    assert "needs --charging" in refused(CHARGING, "--diameter", "127.0.0.1:0")
    assert "needs --charging" in refused(CHARGING, "--durability", "write")
    assert "are its partitions" in refused(CHARGING, "--charging", tmp_path / "b", "--workers", "2")
    assert "no folder charging/" in refused("examples/golden", "--charging", tmp_path / "b")
    CliRunner().invoke(
        cli,
        [
            "account",
            "apply",
            CHARGING,
            "--events",
            "examples/accounts/calls.jsonl",
            "--dir",
            str(tmp_path / "v"),
        ],
    )
    assert "events played" in refused(CHARGING, "--charging", tmp_path / "v")
    assert "--allow-public" in refused(CHARGING, "--charging", tmp_path / "b", "--diameter", "10.0.0.1:3868")


def test_a_child_writes_snapshots_and_segments_behind_the_older_one_are_removed(serve, tmp_path):
    """The disk a ledger takes is bounded, and its state is still proven and still the same after a start."""
    books = Books(tmp_path / "books")

    def until(holds):
        end = time.monotonic() + 90
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.05)

    def deposit(key):
        account("deposit", "A10", "1.00", "--key", key, tmp_path / "books")

    for key in ("a", "b"):  # each start seals the segment of the one before
        server = serve()
        deposit(key)
        server.end()
    server = serve("--snapshots", "0.2", "--ledger-keep", "0")
    deposit("c")
    deposit("d")  # a follower takes what a later group proves
    until(lambda: len(books.snapshots.names()) >= 1)
    deposit("e")
    deposit("f")
    until(lambda: books.first > 1)
    server.end()
    proof = json.loads(account("check", tmp_path / "books", "--json"))
    assert (proof["ok"], proof["problems"]) == (True, [])
    shown = json.loads(account("show", "A10", tmp_path / "books", "--json"))
    assert shown["posted"] == "16.00"
    done = CliRunner().invoke(cli, ["account", "ledger", "A10", str(tmp_path / "books")])
    assert f"records before {books.first} are no longer kept" in done.stderr
    serve()
    deposit("f")  # known from before
    assert json.loads(account("show", "A10", tmp_path / "books", "--json"))["posted"] == "16.00"


def test_a_flood_of_watchdogs_takes_no_memory_and_keeps_nobody_waiting(serve, join):
    """A peer that asks without end and reads nothing is read no further; another one is answered meanwhile."""
    server = serve("--diameter", "127.0.0.1:0")
    flooding, other = join(server.endpoint("diameter")), join(server.endpoint("diameter"))
    request = encode(Message(WATCHDOG, 0, (), REQUEST, 1, 1))
    flooding.socket.settimeout(0.5)
    memory = resident_kib(server.process.pid)
    sent = 0
    with suppress(OSError):  # the socket is full: nobody reads it any more
        while sent < 64 << 20:
            sent += flooding.socket.send(request * 500)
    assert sent < 64 << 20
    other.socket.sendall(request)
    assert length_of(other.socket.recv(65_536)) > 0
    assert resident_kib(server.process.pid) - memory < 16 << 10


def resident_kib(process):
    """The memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
