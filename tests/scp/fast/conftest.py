"""Two nodes over one program, the general and the fast one, and queries as switches send them."""

import itertools
from pathlib import Path

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import encode_package, invoke, query
from ain_scp.terms.localtime import parse

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
NOON = parse("2001-01-17T12:00:00") * 1_000_000_000
BEARERS = {"SPEECH": 0, "AUDIO_3K1": 1, "FAX": 1, "MODEM_56": 1, "RDI_56": 3, "UDI_64": 4}


def _query(
    calling="9258341234",
    dialed="9212000",
    access="7",
    transaction=1,
    bearer=0,
    invoke_id=1,
    sls=5,
    opc=SSP,
    operation="infoAnalyzed",
    **more,
):
    """The octets of one query; keys of `more` are further parameters."""
    known = operation_named(operation)
    values = {
        "userID": UserID(UserIDChoice.DN, calling or "0000000000"),
        "bearerCapability": bearer,
        "triggerCriteriaType": 2,
        "callingPartyID": None if calling is None else Digits(3, 1, calling),
        "accessCode": None if access is None else Digits(0, 0, access),
        "collectedAddressInfo": None if dialed is None else Digits(3, 1, dialed),
    } | more
    values = {name: value for name, value in values.items() if value is not None}
    argument = encode_parameters(known, values)
    package = encode_package(query(transaction, invoke(known.code, argument, invoke_id)))
    unit = sccp.UnitData(sccp.Address(250, SCP), sccp.Address(250, opc), package)
    return m3ua.data(opc, SCP, 3, 2, 0, sls, sccp.encode(unit), 100)


class Pair:
    """Both nodes asked the same; every answer and every sample must be the same."""

    def __init__(self, program, innermost=None):
        self.draws = [itertools.cycle(range(0, 10_000, 37)) for _ in range(2)]
        self.general = ScpNode(program, NodeConfig(), self.draws[0].__next__)
        self.fast = FastNode(program, NodeConfig(), self.draws[1].__next__, innermost=innermost)

    def ask(self, datagrams, now=NOON):
        """Ask both; the answers of the general node."""
        expected = []
        for octets in datagrams:
            self.general.receive(octets, "link", now)
            expected += [answer for _, answer in self.general.octets_to_send()]
        assert self.fast.answer_all(datagrams, "link", now) == expected
        assert self.fast.samples() == self.general.samples()
        assert self.fast.counters == self.general.counters
        return expected


@pytest.fixture(scope="session")
def pair(program_of):
    """A function: overrides -> a pair of nodes."""
    return lambda overrides=None: Pair(program_of(overrides))


@pytest.fixture(scope="session")
def query_octets():
    """The function that builds a query."""
    return _query


@pytest.fixture(scope="session")
def pair_of():
    """A function: program, what makes the innermost part -> a pair of nodes."""
    return Pair


@pytest.fixture(scope="session")
def golden():
    """The golden data set's directory."""
    return Path(__file__).parent.parent.parent.parent / "examples" / "golden"
