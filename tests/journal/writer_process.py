"""A process that writes a journal until it is killed; what it acknowledged goes to its standard output.

Not a test: `test_sigkill.py` starts it. Each line is the last durable sequence number, written only after the commit.
"""

import sys
import time

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Journal, Limits


def main():
    now = int(time.time() * 1000)
    began = time.perf_counter()
    limits = Limits(segment_octets=20_000, low_octets=0, floor_octets=0)
    journal = Journal.open(DiskStorage(sys.argv[1]), now, limits)
    out = sys.stdout.buffer
    out.write(b"opened %d %d\n" % (journal.durable, int((time.perf_counter() - began) * 1e6)))
    out.flush()
    while True:
        for _ in range(journal.durable % 7 + 1):
            number = journal.durable + journal.pending + 1
            journal.append(b'{"n":%d,"x":"%s"}' % (number, b"x" * (number % 90)))
        out.write(b"%d\n" % journal.commit(now))
        out.flush()


if __name__ == "__main__":
    main()
