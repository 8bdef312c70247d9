"""Two servers on one set of accounts in PostgreSQL, and commands beside them; the server of the accounts killed under them.

Source: charging.md 4.4, 9.1, 11.1 (I2, I5, I7, I10); decisions 9, 14, 15.
"""

import json
import signal
import threading
import time
import urllib.request

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.scp.edges.charging.postgres import PostgresStore
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.diameter import credit_control as cc
from kit.diameter_client import Client
from kit.postgresql import running
from kit.query import package_of, query_octets
from kit.serving import Serving

pytestmark = [pytest.mark.interop, pytest.mark.slow]

CHARGING = "examples/charging"
CALLS = "examples/accounts/calls.jsonl"
EMERGENCY = ["analyzeRoute", "sendNotification"]


@pytest.fixture(scope="module")
def database():
    with running() as found:
        yield found


@pytest.fixture
def address(database):
    store = PostgresStore(database.address)
    store._rows("drop schema if exists ain_ledger cascade")
    store.close()
    return database.address


@pytest.fixture
def serve(address):
    """A function: a node of the ledger with a Diameter door."""
    made = []

    def make(*options):
        made.append(Serving(CHARGING, "--charging", address, "--diameter", "127.0.0.1:0", *options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def join():
    """A function: node, name of the peer -> a Diameter client of it."""
    made = []

    def make(node, name="client.example"):
        made.append(Client(node.endpoint("diameter"), name))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def ain(*words, code=0):
    done = CliRunner().invoke(cli, [*map(str, words)])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output


def test_the_same_events_come_to_the_same_state_as_in_a_directory(address, tmp_path):
    """Results line for line, the digest, the export; a snapshot, a deposit that is repeated, a bill."""
    books = tmp_path / "books"
    said = [
        ain("account", "apply", CHARGING, "--events", CALLS, "--dir", place) for place in (books, address)
    ]
    assert said[0] == said[1]
    proofs = [json.loads(ain("account", "check", place, "--json")) for place in (books, address)]
    assert proofs[0]["ok"]
    assert proofs[0] == proofs[1]
    assert ain("account", "export", books) == ain("account", "export", address)
    assert "record 73" in ain("account", "follow", address, "--once")
    for _ in range(2):
        assert "usable 25.00" in ain("account", "deposit", "A2", "25.00", "--key", "r17", address)
    proof = json.loads(ain("account", "check", address, "--json"))
    assert (proof["ok"], proof["records"], proof["snapshots"]) == (True, 74, 1)
    assert (
        ain("account", "deposit", "A2", "26.00", "--key", "r17", address, code=1) == "refused: KEY_REUSED\n"
    )
    bills = [ain("bill", "BG10", "--dir", place, "--period", "2001-01") for place in (books, address)]
    assert bills[0] == bills[1]


def test_what_a_command_is_told(address):
    assert "no ledger in this database" in ain("account", "list", address, code=2)
    assert "UNREACHABLE" in ain("account", "list", "postgresql://ain:secret@127.0.0.1:1/x", code=2)
    assert "secret" not in ain("account", "list", "postgresql://ain:secret@127.0.0.1:1/x", code=2)
    ain("account", "apply", CHARGING, "--events", CALLS, "--dir", address)
    assert "events played" in ain("serve", CHARGING, "--charging", address, code=2)
    assert "always waits" in ain("serve", CHARGING, "--charging", address, "--durability", "write", code=2)


def test_an_operator_locks_and_opens_and_reconciles_with_the_switches(address, tmp_path):
    """The switches' records of a run whose calls this ledger has never seen: posted once, and then nothing differs."""
    recorded = tmp_path / "recorded"
    ain("run", f"{CHARGING}/scenario_scp.toml", "--transport", "memory", "--records", recorded)
    ain("account", "apply", CHARGING, "--events", CALLS, "--dir", address)
    assert "LOCALONLY" in ain("account", "lock", "A10", address, "--cos", "LOCALONLY")
    assert "FULL" in ain("account", "unlock", "A10", address)
    words = ("account", "reconcile", address, "--records", recorded)
    assert "compared, 8 differences\n" in ain(*words, code=1)
    left = ain(*words, "--post", code=1)
    assert left.startswith("prepaid: no AMA record: ledger 2.00, AMA nothing\n")
    assert left.endswith("compared, 1 difference\n")
    before = ain("account", "check", address)
    assert "82 records" in before
    assert "sound" in before
    assert ain(*words, "--post", code=1) == left
    assert ain("account", "check", address) == before


def test_a_session_moves_from_node_to_node(serve, join, address):
    """Each request goes to the other node, repeats too; a payment by a command in between counts at once."""
    nodes = [serve(), serve()]
    one, two = (join(node) for node in nodes)
    first = one.ask(cc.INITIAL, 0, requested=True)
    assert (first.result, first.granted_s) == (2001, 60)
    assert two.ask(cc.INITIAL, 0, requested=True).granted_s == 60
    assert two.ask(cc.UPDATE, 1).granted_s == 60
    for client in (one, two):
        more = client.ask(cc.UPDATE, 2, used_s=50, requested=True)
        assert (more.granted_s, more.final) == (70, False)
    assert "usable 2.00" in ain("account", "deposit", "A2", "1.00", "--key", "r1", address)
    assert "client.example;1;1" in ain("account", "calls", "A2", address, "--open")
    assert two.ask(cc.UPDATE, 3, used_s=60, requested=True).final is False
    assert "next event" in ain("account", "cut", "client.example;1;1", address)
    assert one.ask(cc.UPDATE, 4, used_s=60, requested=True).final is True
    for client in (two, one):
        ended = client.ask(cc.TERMINATION, 5, used_s=10)
        assert (ended.result, ended.cost) == (2001, cc.Money(3, 0, 840))
    for node in nodes:
        code, _, err = node.end()
        assert (code, err) == (0, "")
    assert "sound" in ain("account", "check", address)
    assert json.loads(ain("account", "show", "A2", address, "--json"))["posted"] == "0.00"


def test_a_hundred_starts_at_once_on_money_for_one_call(serve, join, address):
    """Over two nodes, fifty each, none waiting for another: one is granted."""
    nodes = [serve(), serve()]
    ain("account", "adjust", "A2", "-1.00", "--why", "money for one call", address)
    clients = [
        join(node, f"peer{place}-{many}.example") for place, node in enumerate(nodes) for many in range(5)
    ]
    together, results = threading.Barrier(len(clients)), []

    def start(client):
        together.wait(30)
        for session in range(10):
            client.request(cc.INITIAL, 0, session, requested=True)
        results.extend(client.answer().result for _ in range(10))

    threads = [threading.Thread(target=start, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [2001] + 99 * [4012]
    found = json.loads(ain("account", "show", "A2", address, "--json"))
    assert (found["posted"], found["reserved"], found["open_calls"]) == ("1.00", "1.00", 1)
    assert "sound" in ain("account", "check", address)


def test_a_call_goes_on_at_another_node_when_its_own_is_killed(serve, join, address):
    first, second = serve(), serve()
    client = join(first)
    assert client.ask(cc.INITIAL, 0, requested=True).result == 2001
    assert client.ask(cc.UPDATE, 1).result == 2001
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(30)
    again = join(second)
    assert again.ask(cc.UPDATE, 1).result == 2001
    assert again.ask(cc.UPDATE, 2, used_s=50, requested=True).granted_s == 70
    assert again.ask(cc.TERMINATION, 3, used_s=30).cost == cc.Money(2, 0, 840)
    assert "sound" in ain("account", "check", address)


def test_without_the_database_prepaid_fails_closed_postpaid_open_and_911_is_not_asked(
    serve, join, address, database
):
    """The server killed under a node: each refusal has its name, and when it is back the node goes on by itself."""
    node = serve("--metrics", "127.0.0.1:0")
    client = join(node)
    assert client.ask(cc.INITIAL, 0, requested=True).result == 2001
    database.kill()
    try:
        assert client.ask(cc.INITIAL, 0, session=2, calling="9255550300", requested=True).result == 3004
        assert client.ask(cc.INITIAL, 0, session=3, calling="9255550324", requested=True).result == 2001
        spoken = package_of(node.ask(query_octets(1, "911", calling="9255550303", access="9")))
        assert [operation(part.code).name for part in spoken.components] == EMERGENCY
        denied = package_of(node.ask(query_octets(2, "2125550000", calling="9255550301", access="9")))
        assert [operation(part.code).name for part in denied.components] == ["sendToResource"]
        assert node.error_line().startswith("ALARM ledger: journal UNREACHABLE: PostgreSQL: ")
        assert measured(node)['ain_scp_ledger{what="stopped"}'] == "1"
    finally:
        database.start()
    assert node.error_line() == "ledger: writing again"
    assert measured(node)['ain_scp_ledger{what="stopped"}'] == "0"
    assert client.ask(cc.INITIAL, 0, session=4, calling="9255550300", requested=True).result == 2001
    assert client.ask(cc.TERMINATION, 1, used_s=0).result == 2001
    code, _, _ = node.end()
    assert code == 0
    assert "sound" in ain("account", "check", address)


def measured(node):
    host, port = node.endpoint("http")
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=20) as answer:
        return dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")


def test_a_node_that_is_idle_keeps_up(serve, join, address):
    """What another node decides is known a second later, without a request."""
    busy, idle = serve(), serve("--metrics", "127.0.0.1:0")
    assert join(busy).ask(cc.INITIAL, 0, requested=True).result == 2001
    deadline = time.monotonic() + 10
    while measured(idle)['ain_scp_ledger{what="open_calls"}'] != "1":
        assert time.monotonic() < deadline
