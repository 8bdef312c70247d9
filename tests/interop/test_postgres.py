"""The log of several nodes in a real PostgreSQL server: the same state machine as the embedded ledger, with two nodes in it.

Source: charging.md 4.4, 11.1 (I1 to I7).
"""

from copy import deepcopy

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ain_scp.ain.account.shared import SharedBooks
from ain_scp.ain.account.shared import opened as open_node
from ain_scp.billing.ledger import snapshot, verbs
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.durable import UNAVAILABLE
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Code, RecordFault, Terms, Transfer, customer
from ain_scp.journal.faults import JournalFault
from ain_scp.scp.edges.charging.postgres import MIGRATIONS, PostgresStore, shown
from kit.ledger_machine import LedgerMachine
from kit.postgresql import running

pytestmark = [pytest.mark.interop, pytest.mark.slow]

A = customer("A")
place = None
"""The address of the running server, for the state machine, which hypothesis makes by itself."""


@pytest.fixture(scope="module", autouse=True)
def server():
    global place  # noqa: PLW0603 - see there
    with running() as found:
        place = found.address
        yield found


@pytest.fixture
def address(server):
    """An empty ledger."""
    fresh(server.address)
    return server.address


def fresh(address):
    """Make the ledger anew, as no command can."""
    store = PostgresStore(address)
    store._rows("drop schema if exists ain_ledger cascade")
    store.make("/dataset", "wall")
    store.close()


def paid(ledger, key, amount):
    return verbs.transfer(ledger, key, (Transfer("cash:payments", A, amount, Code.DEPOSIT),), 1).reason


class SharedMachine(LedgerMachine):
    """Two nodes of one ledger that take turns; the one that is not on is behind until it enters."""

    def __init__(self):
        store = PostgresStore(place)
        if store.made:
            store._rows("truncate ain_ledger.record, ain_ledger.snapshot")
            store._rows("update ain_ledger.head set last = 0")
        else:
            store.make("/dataset", "wall")
        store.close()
        self.kept = None
        self.other = self.open()
        super().__init__()
        self.keep()

    def open(self):
        return open_node(place)

    def lose(self, keep):
        self.opened.journal.abandon()

    def recovered(self):
        return SharedBooks(place).read()

    def keep(self):
        """What stands now survives the node."""
        self.opened.commit(self.now)
        self.kept = deepcopy(self.books), digest(self.opened)

    @rule()
    def another_node_goes_on(self):
        self.keep()
        self.opened, self.other = self.other, self.opened
        assert digest(self.ledger) == self.kept[1]

    @rule(stored=st.booleans())
    def a_node_dies_with_its_group(self, stored):
        """What was not committed is as if it had never been asked, keys included; the next node may begin with a snapshot."""
        if stored:
            follower = SharedBooks(place).follower()
            follower.step()
            follower.write()
            assert follower.alarms == []
            follower.close()
        self.opened.journal.abandon()
        self.opened = self.open()
        self.books = deepcopy(self.kept[0])
        assert digest(self.ledger) == self.kept[1]

    @rule(keep=st.integers(0, 400))
    def power_is_lost(self, keep):
        self.keep()
        super().power_is_lost(keep)

    def teardown(self):
        super().teardown()
        self.other.journal.abandon()


SharedMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, derandomize=True
)
TestShared = SharedMachine.TestCase


def test_nothing_is_decided_by_a_node_that_has_not_entered(address):
    ledger = open_node(address)
    assert verbs.open_account(ledger, A, Terms("USD"), 0).reason == UNAVAILABLE
    ledger.enter()
    assert verbs.open_account(ledger, A, Terms("USD"), 0).reason == ""
    ledger.commit(0)
    assert paid(ledger, "p", 5) == UNAVAILABLE
    ledger.journal.abandon()


def test_a_server_that_goes_away_lets_no_answer_leave_and_the_next_node_knows_what_stands(server, address):
    """The group in hand is lost whole; what was acknowledged is there when the server is back."""
    ledger, said = open_node(address), []
    ledger.enter()
    verbs.open_account(ledger, A, Terms("USD"), 0)
    ledger.hold(lambda: said.append("open"))
    ledger.commit(0)
    ledger.enter()
    assert paid(ledger, "p1", 5) == ""
    ledger.hold(lambda: said.append("p1"))
    server.kill()
    with pytest.raises(JournalFault, match="UNREACHABLE: PostgreSQL: "):
        ledger.commit(0)
    assert said == ["open"]
    assert ledger.enter() == ()
    assert paid(ledger, "p2", 5) == UNAVAILABLE
    with pytest.raises(JournalFault, match="UNREACHABLE: PostgreSQL: "):
        open_node(address)
    server.start()
    again = open_node(address)
    again.enter()
    assert again.accounts[A].posted == 0
    assert paid(again, "p1", 5) == ""
    again.close(0)
    kept = SharedBooks(address).read()
    assert (kept.accounts[A].posted, problems(kept)) == (5, [])


def test_a_node_that_stands_still_with_the_lock_is_thrown_out(address):
    """The server ends its transaction, the other node goes on, and the first one finds out at its commit."""
    still, other = open_node(address), open_node(address)
    still.enter()
    verbs.open_account(still, A, Terms("USD"), 0)
    other.enter()
    assert other.journal.state == "OPEN"
    verbs.open_account(other, A, Terms("USD", 7), 0)
    other.commit(0)
    with pytest.raises(JournalFault, match="UNREACHABLE"):
        still.commit(0)
    assert SharedBooks(address).read().accounts[A].terms.credit_limit == 7
    other.journal.abandon()


def test_a_snapshot_is_written_out_before_the_transaction_begins(address, monkeypatch):
    """However long a large one takes, its connection is not thrown out for idling."""
    store, encode, states = PostgresStore(address), snapshot.encode, []
    store.make("/dataset", "wall")

    def watched(ledger):
        states.append(store._connection.info.transaction_status.name)
        return encode(ledger)

    monkeypatch.setattr(snapshot, "encode", watched)
    assert store.keep(Ledger()) == store.snapshots()[0]
    assert states == ["IDLE"]
    store.close()


def test_two_records_of_one_number_cannot_be_written(address):
    """The primary key holds, whatever became of the lock."""
    first, second = PostgresStore(address), PostgresStore(address)
    assert first.enter(0) == []
    second._turn.acquire()
    first.write(1, [b"one"])
    with pytest.raises(JournalFault, match="duplicate key"):
        second.write(1, [b"another"])
    assert [entry.payload for entry in first.records(0)] == [b"one"]
    first.close()


def test_tables_of_a_later_release_are_refused(address):
    store = PostgresStore(address)
    store._rows("insert into ain_ledger.version values (%s)", len(MIGRATIONS) + 1)
    for act in (lambda: store.made, lambda: store.make("/dataset", "wall")):
        with pytest.raises(
            RecordFault, match=f"version {len(MIGRATIONS) + 1}; this release reads {len(MIGRATIONS)}"
        ):
            act()
    store.close()


def test_commits_wait_for_the_disk_whatever_the_server_says(server, address):
    store = PostgresStore(address)
    store._rows("alter role ain set synchronous_commit = off")
    try:
        again = PostgresStore(address)
        assert again._rows("show synchronous_commit") == [("on",)]
        again.close()
    finally:
        store._rows("alter role ain reset synchronous_commit")
        store.close()


def test_a_server_that_never_syncs_is_refused():
    with running(fsync=False) as other, pytest.raises(JournalFault, match="fsync = off"):
        PostgresStore(other.address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "postgresql://ain:secret@db.example/charging?sslmode=require",
            "postgresql://ain@db.example/charging",
        ),
        ("postgresql://db.example/charging", "postgresql://db.example/charging"),
        ("postgres://ain@/x?host=/run/pg", "postgres://ain@/x"),
    ],
)
def test_no_message_holds_a_password(address, said):
    assert shown(address) == said


def test_an_unknown_record_stops_a_node(address):
    """What another release wrote is not guessed at."""
    ledger, store = open_node(address), PostgresStore(address)
    store.enter(0)
    store.write(1, [b"\xc1"])
    assert ledger.enter() == ()
    assert (ledger.journal.state, ledger.journal.fault.cause) == ("FAILED", "CORRUPT")
    with pytest.raises(RecordFault):
        open_node(address)
    store.close()
