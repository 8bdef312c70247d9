"""What the conformance tables share: a node, and a switch that sends any octets under M3UA and SCCP."""

import itertools

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import decode_package

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")


class Switch:
    """Sends to one node and reads what comes back; `now` is local time."""

    def __init__(self, node):
        self.node = node
        self.now = 979_725_600 * 10**9

    def sccp(self, message, opc=SSP):
        """Give an SCCP message (record or octets); the SCCP messages that come back."""
        octets = message if isinstance(message, bytes) else sccp.encode(message)
        self.node.receive(m3ua.data(opc, SCP, 3, 2, 0, 5, octets, 100), "STP", self.now)
        return [sccp.decode(m3ua.decode(out).protocol_data.payload) for _, out in self.node.octets_to_send()]

    def tcap(self, octets, opc=SSP):
        """Give a TCAP package; the packages that come back."""
        unit = sccp.UnitData(sccp.Address(250, SCP), sccp.Address(250, opc), octets)
        return [decode_package(one.data) for one in self.sccp(unit, opc)]


@pytest.fixture
def switch(program_of):
    """A function: config, options of the node -> a switch before a fresh node; every message is accounted for."""
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.counters import discrepancies
    from ain_scp.scp.node import ScpNode

    made = []

    def make(config=None, **options):
        tokens = itertools.count(1)
        node = ScpNode(program_of(), config or NodeConfig(), lambda: 0, token=lambda: next(tokens), **options)
        made.append(node)
        return Switch(node)

    yield make
    for node in made:
        assert discrepancies(node.counters, node.in_flight) == []
