"""The same debits in PostgreSQL, for `benchmarks/ledger.py --postgres`: a server of its own, on a Unix socket, fsync on.

rows    what an application would write: reserve and commit as functions, accounts, reservations and keys in tables, the account's
        row locked before it is looked at, each request a transaction; 16 connections of pgbench
shared  this project's ledger of several nodes: 16 processes with a connection each, 64 clients between them, so 4 to a group

Source: charging.md 4.4, 11.3.
"""

import re
import subprocess
import sys
from pathlib import Path

from ain_scp.billing.ledger import verbs
from ain_scp.billing.ledger.record import Terms, customer
from ain_scp.billing.ledger.shared import open_shared
from ain_scp.scp.edges.charging.postgres import PostgresStore

sys.path[:0] = [str(Path(__file__).parent.parent / "tests")]
from kit.postgresql import USER, cpu_s, running  # noqa: E402 - after the path

CONNECTIONS = 16
ROWS = """
create table account (id int primary key, posted bigint not null, reserved bigint not null);
create table hold (id bigint primary key, account int not null, amount bigint not null);
create table answer (key text primary key, content text not null, reason text not null);
create table transfer (id bigserial primary key, source int not null, target text not null, amount bigint not null);
create function reserve(number bigint, who int, wanted bigint) returns text language plpgsql as $$
declare one account; said text;
begin
  select * into one from account where id = who for update;
  select reason into said from answer where key = 'r' || number;
  if found then return said; end if;
  said := case when one.posted - one.reserved < wanted then 'INSUFFICIENT' else '' end;
  if said = '' then
    update account set reserved = reserved + wanted where id = who;
    insert into hold values (number, who, wanted);
  end if;
  insert into answer values ('r' || number, who || ' ' || wanted, said);
  return said;
end $$;
create function settle(number bigint, charge bigint) returns text language plpgsql as $$
declare held hold; said text;
begin
  select * into held from hold where id = number;
  if found then perform from account where id = held.account for update; end if;
  select reason into said from answer where key = 'c' || number;
  if found then return said; end if;
  if held.amount is null then return 'NOT_OPEN'; end if;
  if charge > held.amount then return 'EXCEEDS_RESERVATION'; end if;
  update account set posted = posted - charge, reserved = reserved - held.amount where id = held.account;
  insert into transfer (source, target, amount) values (held.account, 'revenue:usage', charge);
  delete from hold where id = number;
  insert into answer values ('c' || number, number || ' ' || charge, '');
  return '';
end $$;
create sequence debit;
insert into account select one, 1000000000000000, 0 from generate_series(0, 999) as one;
"""
DEBIT = """select nextval('debit') as number \\gset
select reserve(:number, (:number % 1000)::int, 100000);
select settle(:number, 70000);
"""


class RowsRun:
    """pgbench on functions and row locks."""

    def __init__(self, server, directory):
        self.server = server
        self.script = directory / "debit.sql"
        self.script.write_text(DEBIT)
        store = PostgresStore(server.address)
        store._rows(ROWS)  # noqa: SLF001 - any statement will do
        store.close()

    def cpu_s(self):
        """CPU of the server; the client's is left out."""
        return self.server.cpu_s()

    def debits(self, count, group):
        """`count` debits over the connections; pgbench says how long they took without connecting: seconds."""
        clients = min(CONNECTIONS, group)
        each = max(count // clients, 1)
        command = [
            str(self.server.programs / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
            "-t", str(each), "-f", str(self.script), "-h", self.server.directory, "-U", USER, "postgres",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rate = re.search(r"tps = ([0-9.]+) \(without initial", done.stdout)
        return count / float(rate[1])


class SharedRun:
    """Processes that share a ledger; each is a child that gets a number of debits and says when they are durable."""

    def __init__(self, server):
        self.server = server
        store = PostgresStore(server.address)
        store.make("/dataset", "wall")
        store.close()
        command = [sys.executable, __file__, server.address]
        self.nodes = [
            subprocess.Popen([*command, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for place in range(CONNECTIONS)
        ]
        for node in self.nodes:
            node.stdout.readline()

    def cpu_s(self):
        """CPU of the server and the nodes."""
        return self.server.cpu_s() + cpu_s(*(node.pid for node in self.nodes))

    def debits(self, count, group):
        """`count` debits by all nodes, or by one of them when there is one client."""
        nodes = self.nodes[: min(CONNECTIONS, group)]
        for node in nodes:
            node.stdin.write(f"{max(count // len(nodes), 1)} {max(group // len(nodes), 1)}\n")
            node.stdin.flush()
        for node in nodes:
            node.stdout.readline()

    def close(self):
        """End the children."""
        for node in self.nodes:
            node.stdin.close()
            node.wait(30)
            node.stdout.close()


def node(address, place):
    """One child: lines `count group` in, a line out when they are done."""
    ledger = open_shared(PostgresStore(address))
    ledger.enter()
    for number in range(1000):
        verbs.open_account(ledger, customer(str(number)), Terms("USD"), 0, 10**15)
    ledger.commit(0)
    print("ready", flush=True)
    done = 0
    for line in sys.stdin:
        count, group = map(int, line.split())
        for first in range(done, done + count, group):
            names = range(first, min(first + group, done + count))
            for act in (reserve, commit):
                ledger.enter()
                for number in names:
                    assert not act(ledger, f"{place}.{number}", customer(str(number % 1000))).reason
                ledger.commit(1)
        done += count
        print("done", flush=True)


def reserve(ledger, name, account):
    """The first request of a debit."""
    return verbs.reserve(ledger, f"r{name}", account, 100_000, 60_000, 1)


def commit(ledger, name, _account):
    """The second one."""
    return verbs.commit(ledger, f"c{name}", f"r{name}", 70_000, 1)


if __name__ == "__main__":
    node(*sys.argv[1:])

__all__ = ["RowsRun", "SharedRun", "running"]
