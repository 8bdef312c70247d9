"""Durable debits, beside SQLite doing the same job: `python benchmarks/ledger.py [--json FILE]`.

A debit is two requests, each with a key: money is reserved, then committed. 64 clients wait for their answers, so one group
of 64 requests is made durable at a time; the last rows are one client alone. The SQLite rows keep accounts, reservations and
answered keys in tables (WAL, synchronous=FULL) and check the same things. Runs are interleaved; ratios are medians of the
cycles of one run.

With `--postgres` two rows more, of a PostgreSQL server started for it: see `benchmarks/ledger_postgres.py`.

ledger    reserve and commit of `ain_scp.billing.ledger.verbs`
port      authorize and release at `ain_scp.billing.charging.port`: session, rating, warnings, detail record

Source: charging.md 11.2, 11.3.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from ain_scp.billing.charging import events, lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.ledger import verbs
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.record import Terms, customer
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Limits
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from kit.embedded_port import EmbeddedPort  # noqa: E402 - the path first

CLIENTS = 64
ACCOUNTS = 1000
LIMITS = Limits(segment_octets=64 << 20, low_octets=0, floor_octets=0)
START_MS = lines.moment_of("2001-01-17T10:00:00").at_ms
LINES = ("9255550224", "9255550225", "9255550227", "9255550230", "9255550237")


class LedgerRun:
    """The ledger's verbs on a journal of its own."""

    def __init__(self, directory):
        self.ledger = open_ledger(DiskStorage(directory), 0, limits=LIMITS)
        for number in range(ACCOUNTS):
            verbs.open_account(self.ledger, customer(str(number)), Terms("USD"), 0, 10**15)
        self.ledger.commit(0)
        self.number = 0

    def debits(self, count, group):
        """`count` debits, `group` requests to a commit of the journal."""
        ledger, waiting = self.ledger, []
        done = waiting.append
        for first in range(self.number, self.number + count, group):
            names = range(first, min(first + group, self.number + count))
            for number in names:
                account = customer(str(number % ACCOUNTS))
                verbs.reserve(ledger, f"r{number}", account, 100_000, 60_000, 1)
                ledger.hold(lambda: done(1))
            ledger.commit(1)
            for number in names:
                verbs.commit(ledger, f"c{number}", f"r{number}", 70_000, 1)
                ledger.hold(lambda: done(1))
            ledger.commit(1)
        self.number += count
        assert len(waiting) == 2 * count


class PortRun:
    """The embedded door over the shipped data set, on a journal of its own."""

    def __init__(self, directory):
        loaded = load(ROOT / "examples" / "charging")
        snapshot = compile_dataset(loaded.dataset)
        self.ledger = open_ledger(DiskStorage(directory), 0, limits=LIMITS)
        self.port = EmbeddedPort(Engine(snapshot, snapshot.charging, self.ledger, now_ms=START_MS))
        self.ledger.commit(0)
        self.number = 0

    def debits(self, count, group):
        """`count` calls of 0 s of talk granted and ended, `group` requests to a commit of the journal."""
        port, results = self.port, 0
        for first in range(self.number, self.number + count, group):
            names = range(first, min(first + group, self.number + count))
            for number in names:
                line = LINES[number % len(LINES)]
                port.begin(
                    events.Authorize(at="", call=f"c{number}", from_=line, called="2125550000"), START_MS
                )
            self.ledger.commit(1)
            for number in names:
                port.begin(events.Release(at="", call=f"c{number}"), START_MS)
            self.ledger.commit(1)
            results += sum(result.said.ok for result in port.results())
        self.number += count
        assert results == 2 * count


class SqliteRun:
    """Accounts, reservations and keys in tables: a transaction for each group."""

    def __init__(self, directory):
        directory.mkdir()
        self.db = sqlite3.connect(directory / "ledger.db", isolation_level=None)
        self.db.execute("pragma journal_mode=WAL")
        self.db.execute("pragma synchronous=FULL")
        self.db.execute(
            "create table account (id text primary key, posted integer, reserved integer) without rowid"
        )
        self.db.execute("create table hold (id text primary key, account text, amount integer) without rowid")
        self.db.execute("create table answer (key text primary key, content text, reason text) without rowid")
        self.db.execute(
            "create table transfer (id integer primary key, source text, target text, amount integer)"
        )
        rows = [(str(number), 10**15) for number in range(ACCOUNTS)]
        self.db.executemany("insert into account values (?, ?, 0)", rows)
        self.number = 0

    def debits(self, count, group):
        """The same requests, `group` to a transaction."""
        for first in range(self.number, self.number + count, group):
            names = range(first, min(first + group, self.number + count))
            self.db.execute("begin immediate")
            for number in names:
                self._reserve(number)
            self.db.execute("commit")
            self.db.execute("begin immediate")
            for number in names:
                self._commit(number)
            self.db.execute("commit")
        self.number += count

    def _reserve(self, number):
        run, account, key = self.db.execute, str(number % ACCOUNTS), f"r{number}"
        if run("select reason from answer where key = ?", (key,)).fetchone() is None:
            posted, reserved = run("select posted, reserved from account where id = ?", (account,)).fetchone()
            assert posted - reserved >= 100_000
            run("update account set reserved = reserved + 100000 where id = ?", (account,))
            run("insert into hold values (?, ?, 100000)", (key, account))
            run("insert into answer values (?, ?, '')", (key, account))

    def _commit(self, number):
        run, key, held = self.db.execute, f"c{number}", f"r{number}"
        if run("select reason from answer where key = ?", (key,)).fetchone() is None:
            account, amount = run("select account, amount from hold where id = ?", (held,)).fetchone()
            assert amount >= 70_000
            run(
                "update account set posted = posted - 70000, reserved = reserved - ? where id = ?",
                (amount, account),
            )
            run("insert into transfer values (null, ?, 'revenue:usage', 70000)", (account,))
            run("delete from hold where id = ?", (held,))
            run("insert into answer values (?, ?, '')", (key, held))


RUNS = {"ledger": LedgerRun, "port": PortRun, "SQLite, WAL FULL": SqliteRun}


def measured(run, count, group):
    """Wall and CPU microseconds of one debit; a peer that has a clock of its own says how long it took."""
    clock = getattr(run, "cpu_s", time.process_time)
    wall, cpu = time.perf_counter(), clock()
    told = run.debits(count, group)
    wall = time.perf_counter() - wall if told is None else told
    return wall / count * 1e6, (clock() - cpu) / count * 1e6


@contextmanager
def postgres(directory, *, wanted):
    """The rows of PostgreSQL, where they are asked for."""
    if not wanted:
        yield {}
        return
    sys.path[:0] = [str(Path(__file__).parent)]
    import ledger_postgres as peer

    with peer.running() as server:
        shared = peer.SharedRun(server)
        try:
            yield {"PostgreSQL, rows": peer.RowsRun(server, directory), "PostgreSQL, shared": shared}
        finally:
            shared.close()


def found(cycles, debits, directory, more):
    """Every row: name, group, wall and CPU us a debit, the ratio of SQLite's wall time to it."""
    runs = {name: make(directory / name[:6]) for name, make in RUNS.items()} | more
    rows = []
    for group, count in ((CLIENTS, debits), (1, max(debits // 40, 20))):
        taken = {name: [] for name in runs}
        for _ in range(cycles):
            for name, run in runs.items():
                taken[name].append(measured(run, count, group))
        base = taken["SQLite, WAL FULL"]
        for name, times in taken.items():
            rows.append(
                {
                    "name": name,
                    "clients": group,
                    "wall_us": statistics.median(wall for wall, _ in times),
                    "cpu_us": statistics.median(cpu for _, cpu in times),
                    "ratio": statistics.median(
                        other[0] / mine[0] for mine, other in zip(times, base, strict=True)
                    ),
                }
            )
    return rows


def main():
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--debits", type=int, default=6400, help="in each cycle, of 64 clients")
    parser.add_argument("--postgres", action="store_true", help="beside PostgreSQL at 16 connections")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ain-ledger-", dir=ROOT) as work:
        place = Path(work)
        with postgres(place, wanted=options.postgres) as more:
            rows = found(options.cycles, options.debits, place, more)
    for row in rows:
        row["per_second"] = 1e6 / row["wall_us"]
        row["per_core"] = (
            1e6 / row["cpu_us"] if row["cpu_us"] else 0.0
        )  # too few debits for the system's ticks
        core = f"{row['per_core']:8,.0f}" if row["per_core"] else "  too few"
        print(
            f"{row['name']:<20}{row['clients']:>3} clients  {row['wall_us']:8.1f} us wall  {row['cpu_us']:7.1f} us CPU"
            f"  {row['per_second']:8,.0f} debits/s  {core} per core  {row['ratio']:5.2f} x SQLite"
        )
    if options.json:
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
