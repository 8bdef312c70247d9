"""A ledger that pays, reserves and commits as fast as it can; every number it prints was durable before.

Started by test_sigkill.py with a directory, and with the address of a database by test_postgres_kills.py; it begins with the ten requests before the first it does not know, so each
start repeats what the one before it may or may not have finished.
"""

import sys
import time
from functools import partial

from ain_scp.billing.ledger import verbs
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.record import Code, Terms, Transfer, customer
from ain_scp.billing.ledger.shared import open_shared
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Limits
from ain_scp.scp.edges.charging.postgres import PostgresStore

A = customer("A")


def opened(place):
    if place.startswith("postgresql://"):
        store = PostgresStore(place)
        return open_shared(store, store.newest()[0])
    limits = Limits(segment_octets=40_000, low_octets=0, floor_octets=0)
    return open_ledger(DiskStorage(place), 0, limits=limits)


def main(place):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            work(place, end)
        except JournalFault as fault:
            if fault.cause != "UNREACHABLE":
                raise


def work(place, end):
    ledger = opened(place)
    ledger.enter()
    verbs.open_account(ledger, A, Terms("USD"), ledger.now_ms)
    ledger.commit(ledger.now_ms)
    first = len([key for key in ledger.keys.kept if key.startswith("p")])
    tell("open")
    number = max(first - 10, 0)
    while time.monotonic() < end:
        group = range(number, number + number % 40 + 1)
        ledger.enter()
        now = ledger.now_ms
        reasons = set()
        for one in group:
            paid = verbs.transfer(ledger, f"p{one}", (Transfer("cash:payments", A, 5, Code.DEPOSIT),), now)
            held = verbs.reserve(ledger, f"r{one}", A, 3, now + 1000, now)
            posted = verbs.commit(ledger, f"c{one}", f"r{one}", 2, now)
            reasons |= {paid.reason, held.reason, posted.reason}
        if reasons != {""}:
            raise ledger.journal.fault or ValueError(reasons)
        ledger.hold(partial(tell, *group))
        ledger.commit(now)
        number = group[-1] + 1


def tell(*words):
    sys.stdout.write("\n".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
