"""Two nodes over one program, the general and the fast one, and queries as switches send them."""

import itertools
from pathlib import Path

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.terms.localtime import parse
from kit import query

NOON = parse("2001-01-17T12:00:00") * 1_000_000_000


def _query(calling="9258341234", dialed="9212000", access="7", transaction=1, bearer=0, **more):
    """The octets of one query; `more` as in the kit."""
    return query.query_octets(transaction, dialed, calling=calling, access=access, bearer=bearer, **more)


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
