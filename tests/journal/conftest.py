import json

import pytest

from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage

SMALL = Limits(
    segment_octets=400,
    segment_ms=10_000,
    record_octets=4096,
    pending_records=50,
    pending_octets=8192,
    low_octets=2000,
    floor_octets=500,
)


@pytest.fixture
def small_limits():
    return SMALL


@pytest.fixture
def storage():
    return ModelStorage()


@pytest.fixture
def payload():
    """Payloads that tell their own number, of changing length."""
    return lambda number: json.dumps({"n": number, "x": "x" * (number * 7 % 60)}).encode()


@pytest.fixture
def opened(storage):
    return Journal.open(storage, 0, SMALL)


@pytest.fixture
def fill(payload):
    """Append records in groups of changing size and commit each group; return what was acknowledged."""

    def run(journal, count, now=0):
        acknowledged = {}
        waiting = {}
        for number in range(1, count + 1):
            octets = payload(journal.durable * 1000 + number)
            waiting[journal.append(octets)] = octets
            if number % 3 == 0 or number == count:
                journal.commit(now)
                acknowledged |= waiting
                waiting = {}
        return acknowledged

    return run
