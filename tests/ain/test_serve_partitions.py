"""`ain serve --charging` with a process for each of two partitions: the tests of one process hold, and those below."""

import json
import os
import random
import signal
import threading
import time

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.account.books import Books
from ain_scp.signaling.diameter import credit_control as cc
from tests.ain.test_serve_charging import (
    account,
    join,
    names,
    test_a_call_over_udp,
)
from tests.ain.test_serve_http import (
    ask,
    test_a_call_by_events,
    test_a_closed_bill_is_read_in_every_form,
    test_a_key_counts_once,
    test_one_bad_event_refuses_the_whole_array,
    test_what_is_not_allowed_or_wrong,
    tokens_file,
)
from tests.kit.partitioned import partitioned, processes
from tests.kit.query import package_of, query_octets
from tests.kit.serving import Serving

__all__ = [
    "ask",
    "join",
    "test_a_call_by_events",
    "test_a_call_over_udp",
    "test_a_closed_bill_is_read_in_every_form",
    "test_a_key_counts_once",
    "test_one_bad_event_refuses_the_whole_array",
    "test_what_is_not_allowed_or_wrong",
]
PIN = ((cc.PIN, "1234"),)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return partitioned(tmp_path_factory.mktemp("data") / "set", 2)


@pytest.fixture(scope="module")
def server(dataset, tmp_path_factory):
    place = tmp_path_factory.mktemp("served")
    doors = ("--diameter", "127.0.0.1:0", "--http", "127.0.0.1:0", "--http-tokens", tokens_file(place))
    one = Serving(dataset, "--charging", place / "books", "--metrics", "127.0.0.1:0", *doors)
    one.books = Books(place / "books")
    yield one
    code, _, err = one.end()
    assert (code, err) == (0, "")
    assert "sound" in account("check", place / "books")


@pytest.fixture
def serve(dataset, tmp_path):
    """A function: options -> a server of its own."""
    made = []

    def make(*options):
        made.append(Serving(dataset, "--charging", tmp_path / "books", *options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def lines_apart(books):
    """A line, its account, and its partition: one of each partition, all with money."""
    homes = books.placement()
    known = {"9255550300": "A10", "9255550330": "F50"}
    found = {homes[name]: (line, name) for line, name in known.items()}
    assert found.keys() == {0, 1}, homes
    return found


def test_sessions_are_where_their_accounts_are(server, join):
    """Each partition has its own; an update is found by its session, one that is unknown by nobody."""
    client = join(server.endpoint("diameter"), "apart.example")
    apart = lines_apart(server.books)
    for session, (line, _) in apart.items():
        assert client.ask(cc.INITIAL, 0, session, line, requested=True).result == 2001
        assert client.ask(cc.UPDATE, 1, session, line).result == 2001
    for session, (line, _) in apart.items():
        assert client.ask(cc.TERMINATION, 2, session, line, used_s=1).result == 2001
    assert client.ask(cc.UPDATE, 1, 9, used_s=1, requested=True).result == 5002
    assert client.ask(cc.INITIAL, 0, 10, "9990000000", requested=True).result == 5030
    for _, name in apart.values():
        calls = json.loads(account("calls", name, server.books.root, "--json"))["calls"]
        assert [one["call"].partition(";")[0] for one in calls] == ["apart.example"]
    listed = json.loads(account("list", server.books.root, "--json"))["accounts"]
    assert len(listed) == len({one["account"] for one in listed}) > 40


def test_a_peer_that_restarts_has_forgotten_its_sessions_in_both(server, join):
    """The first message that says so goes to one of them."""
    client = join(server.endpoint("diameter"), "restarts.example")
    apart = lines_apart(server.books)
    for session, (line, _) in apart.items():
        client.ask(cc.INITIAL, 0, session, line, requested=True, state_id=7)
        client.ask(cc.UPDATE, 1, session, line)
        client.ask(cc.UPDATE, 2, session, line, used_s=50, requested=True)
    client.ask(cc.INITIAL, 0, 3, apart[0][0], requested=True, state_id=8)
    for session, (_, name) in apart.items():
        calls = json.loads(account("calls", name, server.books.root, "--json"))["calls"]
        states = {one["call"]: one["state"] for one in calls}
        assert states[f"restarts.example;1;{session}"] == "ENDED"


def test_an_array_of_events_over_both(server, ask):
    """Each is served where its account lives, and answered in the order asked."""
    names = [name for _, name in lines_apart(server.books).values()] * 2
    lines = [
        {"event": "deposit", "account": name, "amount": "0.01", "key": f"{place}"}
        for place, name in enumerate(names)
    ]
    status, said = ask("POST", "/v1/events", "all", [*lines, {"event": "balance", "account": names[0]}])
    assert (status, [one["ok"] for one in said]) == (200, 5 * [True])
    assert said[4]["account"] == names[0]
    assert said[4]["usable"] == said[2]["usable"]


def test_a_name_that_is_taken_in_one_partition_is_refused_from_the_other(server, ask, join):
    """By events and over Diameter; the call that has the name goes on."""
    (own, account_name), (other, _) = (lines_apart(server.books)[home] for home in (0, 1))
    wanted = {"event": "authorize", "call": "taken", "called": "2125550000"}
    assert ask("POST", "/v1/events", "all", {**wanted, "from": own})[1]["account"] == account_name
    assert ask("POST", "/v1/events", "all", {**wanted, "from": other})[1]["reason"] == "KEY_REUSED"
    assert ask("POST", "/v1/events", "all", {**wanted, "from": own})[1]["account"] == account_name
    assert ask("POST", "/v1/events", "all", {"event": "release", "call": "taken"})[1]["charge"] == "0.00"
    client = join(server.endpoint("diameter"), "taken.example")
    assert client.ask(cc.INITIAL, 0, 1, own, requested=True).result == 2001
    assert client.ask(cc.INITIAL, 0, 1, other, requested=True).result == 5012
    assert client.ask(cc.TERMINATION, 1, 1, own).result == 2001


def test_a_share_over_two_partitions_is_refused_by_name(server, ask):
    (calling, _), (called, _) = (lines_apart(server.books)[home] for home in (0, 1))
    wanted = {"event": "authorize", "call": "apart", "from": calling, "called": called, "share": "SIXTYFORTY"}
    status, said = ask("POST", "/v1/events", "all", wanted)
    assert (status, said["ok"], said["reason"]) == (200, False, "PARTITION")


def test_a_hundred_starts_at_once_on_money_for_one_call(server, join):
    """Over ten connections, none waiting for another: one is granted."""
    account("deposit", "A0", "1.00", "--key", "money for one call", server.books.root)
    clients = [join(server.endpoint("diameter"), f"peer{many}.example") for many in range(10)]
    together, results = threading.Barrier(len(clients)), []

    def start(client):
        together.wait(30)
        for session in range(10):
            client.request(cc.INITIAL, 0, session, "9255550303", requested=True)
        results.extend(client.answer().result for _ in range(10))

    threads = [threading.Thread(target=start, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [2001] + 99 * [4012]
    found = json.loads(account("show", "A0", server.books.root, "--json"))
    assert (found["posted"], found["reserved"], found["open_calls"]) == ("1.00", "1.00", 1)


def test_a_partition_is_killed_and_comes_back(server, join):
    """Every debit that was acknowledged is there once; the other partition serves meanwhile, and 911 is asked of nobody."""
    client = join(server.endpoint("diameter"), "killed.example")
    home = server.books.placement()["SHOP30"]
    other = lines_apart(server.books)[1 - home][0]

    def debit(number):
        asked = {"action": cc.DIRECT_DEBITING, "money": cc.Money(1, -2), "parameters": PIN}
        return client.ask(cc.EVENT, number, calling="9255550320", **asked).result

    for kill_after in random.Random(3).sample(range(1, 30), 1):
        before = json.loads(account("show", "SHOP30", server.books.root, "--json"))["posted"]
        results = [debit(1000 * kill_after + number) for number in range(kill_after)]
        os.kill(processes(server)[home], signal.SIGKILL)
        results.append(debit(1000 * kill_after + kill_after))
        assert results[:-1] == kill_after * [2001]
        assert client.ask(cc.INITIAL, 0, 5000 + kill_after, other, requested=True).result == 2001
        plain = package_of(server.ask(query_octets(kill_after, "911", calling="9255550303", access="9")))
        assert names(plain)[0] == "analyzeRoute"
        deadline = time.monotonic() + 30
        while (again := debit(1000 * kill_after)) != 2001:
            assert again == 3004
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for number in range(kill_after):
            assert debit(1000 * kill_after + number) == 2001
        after = json.loads(account("show", "SHOP30", server.books.root, "--json"))["posted"]
        spent = round(float(before) * 100 - float(after) * 100)
        assert spent in (kill_after, kill_after + 1)
        assert "ended with -9; starting it again" in server.error_line()


def test_another_data_set_is_loaded_by_front_and_partitions(server, dataset, ask):
    """An account that is new is placed and opened; what its unit is joined with is noted."""
    rows = dataset / "charging" / "accounts.csv"
    before = rows.read_text()
    new, names = "{},New,SUBSCRIBER,DURING,3.00,,,FULL,,,,,,,,\n", ("NEW", "NEW1")
    rows.write_text(before + "".join(map(new.format, names)))
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while [ask("GET", f"/v1/accounts/{name}")[0] for name in names] != [200, 200]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    rows.write_text(before)
    assert server.error_line() == "data set reloaded"
    homes = server.books.placement()
    assert {homes[name] for name in names} == {0, 1}
    assert [ask("GET", f"/v1/accounts/{name}")[1]["posted"] for name in names] == ["3.00", "3.00"]


def test_accounts_do_not_move_between_partitions(server, tmp_path):
    other = partitioned(tmp_path / "set", 3)
    done = CliRunner().invoke(cli, ["serve", str(other), "--charging", str(server.books.root)])
    assert done.exit_code == 2
    assert "has 2 partitions, and accounts do not move between them: write partitions = 2" in done.output
    played = ("apply", "examples/charging", "--events", "examples/accounts/calls.jsonl")
    done = CliRunner().invoke(cli, ["account", *played, "--dir", str(server.books.root)])
    assert done.exit_code == 2
    assert "with 2 partitions; events are played into one" in done.output
    done = CliRunner().invoke(cli, ["account", "follow", str(server.books.root), "--once"])
    assert done.exit_code == 2
    assert "--partition: one of 0 to 1" in done.output
    done = CliRunner().invoke(
        cli, ["account", "follow", str(server.books.root), "--once", "--partition", "1"]
    )
    assert done.exit_code == 0, done.output
