"""A ledger that pays, reserves and commits as fast as it can; every number it prints was durable before.

Started by test_sigkill.py with a directory; it begins with the ten requests before the first it does not know, so each
start repeats what the one before it may or may not have finished.
"""

import sys
import time
from functools import partial

from ain_scp.billing.ledger import verbs
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.record import Code, Terms, Transfer, customer
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Limits

A = customer("A")


def main(directory):
    limits = Limits(segment_octets=40_000, low_octets=0, floor_octets=0)
    ledger = open_ledger(DiskStorage(directory), 0, limits=limits)
    verbs.open_account(ledger, A, Terms("USD"), 0)
    first = len([key for key in ledger.keys.kept if key.startswith("p")])
    tell("open")
    now = ledger.now_ms
    number = max(first - 10, 0)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        group = range(number, number + number % 40 + 1)
        for one in group:
            verbs.transfer(ledger, f"p{one}", (Transfer("cash:payments", A, 5, Code.DEPOSIT),), now)
            verbs.reserve(ledger, f"r{one}", A, 3, now + 1000, now)
            verbs.commit(ledger, f"c{one}", f"r{one}", 2, now)
        ledger.hold(partial(tell, *group))
        ledger.commit(now)
        number = group[-1] + 1


def tell(*words):
    sys.stdout.write("\n".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
