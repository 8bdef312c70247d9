"""Two processes on one ledger in PostgreSQL, killed at random instants, the server too: what was acknowledged stands, once.

20 kills in the normal run, as many as LEDGER_KILLS says in a longer one.

Source: charging.md 11.1 (I5, I7), 11.3.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.ain.account.shared import SharedBooks
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import customer
from ain_scp.billing.ledger.recover import replay
from ain_scp.scp.edges.charging.postgres import PostgresStore
from kit.postgresql import running

KILLS = int(os.environ.get("LEDGER_KILLS", "20"))
SCRIPT = Path(__file__).parents[1] / "billing" / "ledger" / "ledger_process.py"
pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(120 + 4 * KILLS)]


class Node:
    """One process; `said` are the numbers whose debits it has acknowledged."""

    def __init__(self, address):
        command = [sys.executable, str(SCRIPT), address]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"open\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        with self.process:
            lines = self.process.stdout.read().split(b"\n")[:-1]
        return {int(line) for line in lines if line != b"open"}


class Reader:
    """A ledger that reads what is new of the log; the whole log comes to the same state in the end."""

    def __init__(self, address):
        self.address = address
        self.ledger = Ledger()

    def assert_kept(self, said):
        """Each acknowledged debit is there with both its halves, and the balance is that of the keys."""
        ledger, store = self.ledger, PostgresStore(self.address)
        assert replay(ledger, store.records(ledger.sequence)) == []
        store.keep(ledger)  # a node that starts begins there
        store.close()
        kept = ledger.keys.kept
        assert not [number for number in said if f"p{number}" not in kept or f"c{number}" not in kept]
        paid, committed, reserved = (sum(key[0] == kind for key in kept) for kind in "pcr")
        account = ledger.accounts[customer("A")]
        assert (account.posted, account.reserved) == (5 * paid - 2 * committed, 3 * (reserved - committed))
        assert problems(ledger) == []


def test_nothing_acknowledged_is_lost_or_doubled():
    """Every fourth kill is the server's, with all its processes; a node that lives goes on when it is back."""
    chance, said = random.Random(760833), set()
    with running() as server:
        store = PostgresStore(server.address)
        store.make("/dataset", "wall")
        store.close()
        nodes, reader = [Node(server.address), Node(server.address)], Reader(server.address)
        for number in range(KILLS):
            time.sleep(chance.uniform(0.0, 0.15))
            if number % 4 == 3:
                server.kill()
                server.start()
                continue
            said |= nodes.pop(chance.randrange(2)).kill()
            reader.assert_kept(said)
            nodes.append(Node(server.address))
        for node in nodes:
            said |= node.kill()
        reader.assert_kept(said)
        whole, store = Ledger(), PostgresStore(server.address)
        assert replay(whole, store.records(0)) == []
        store.close()
        assert digest(whole) == digest(reader.ledger) == digest(SharedBooks(server.address).read())
    assert len(said) > 10 * min(KILLS, 20)
