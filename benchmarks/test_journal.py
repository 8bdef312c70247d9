"""Journal throughput on this machine's disk, by records per commit, and the cost of one append.

Run with `pytest --benchmark-enable benchmarks/test_journal.py`. Records/s = 1 / (mean time / records per commit).

Source: libraries.md section 6a (the same table for other stores), reliability.md section 8.
"""

import pytest

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Journal, Limits
from ain_scp.smdr.sample import AttemptSample, encode
from kit.model_storage import ModelStorage

RECORD = (
    b'{"kind":"attempt","identifier":"000000000042","calling":"9258341234","called":"4159212000"}' + b" " * 70
)
LIMITS = Limits(segment_octets=64 << 20, low_octets=0, floor_octets=0)


@pytest.mark.parametrize("records", [1, 10, 50, 1000])
def test_durable_records_by_records_per_commit(benchmark, tmp_path, records):
    """One group: `records` appends, one write, one fsync."""
    journal = Journal.open(DiskStorage(tmp_path / "journal"), 0, LIMITS)

    def group():
        for _ in range(records):
            journal.append(RECORD)
        journal.commit(0)

    benchmark(group)
    benchmark.extra_info["records_per_second"] = (
        round(records / benchmark.stats["mean"]) if benchmark.stats else 0
    )
    journal.close(0)


def test_append_alone(benchmark):
    """What the answering thread pays per record: encoding into memory, no system call."""
    journal = Journal.open(ModelStorage(), 0, LIMITS)

    def append():
        if journal.pending > 10_000:
            journal.take()
        journal.append(RECORD)

    benchmark(append)


def test_one_attempt_sampled_and_taken(benchmark):
    """What s216 adds to a query: the sample is made, written as its line and appended (AMB-81), nothing awaited."""
    journal = Journal.open(ModelStorage(), 0, LIMITS)

    def sample():
        if journal.pending > 10_000:
            journal.take()
        attempt = AttemptSample("000000000042", "GOLDEN", "9258341234", "4159212000", 979_725_600_000)
        journal.append(encode(attempt))

    benchmark(sample)
