"""Traffic in virtual time around a fresh node."""

import pytest

from kit.overload import Traffic


@pytest.fixture
def traffic(program_of):
    """A function: capacity, options -> traffic on a fresh node; all messages are accounted for at the end."""
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.counters import discrepancies
    from ain_scp.scp.node import ScpNode

    made = []

    def make(capacity, config=None, **options):
        node = ScpNode(program_of(), config or NodeConfig(), lambda: 0)
        made.append(Traffic(node, capacity, **options))
        return made[-1]

    yield make
    for one in made:
        assert discrepancies(one.node.counters, one.node.in_flight) == []
        assert one.node.counters["received"] + one.lost == len(one.offered)
