"""Two nodes over one program, the general and the fast one, and queries as switches send them."""

import importlib.util
import itertools
import sys
import tempfile
from pathlib import Path

import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.from_json import dataset_from_json
from ain_scp.provisioning.loader import load
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.exact import ExactNode
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import tcap
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
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


def _host_query(calling, original, called, transaction):
    """The octets of a host's query."""
    known = operation_named("terminationAttempt")
    values = {
        "userID": UserID(UserIDChoice.DN, digits=called),
        "bearerCapability": 0,
        "triggerCriteriaType": 15,
        "callingPartyID": Digits(3, 1, calling),
        "calledPartyID": Digits(3, 1, called),
        "originalCalledPartyID": Digits(3, 1, original),
    }
    part = tcap.invoke(known.code, encode_parameters(known, values), 1)
    return query.wrapped(tcap.encode_package(tcap.query(transaction, part)))


class Ways:
    """The general node and every quicker way, asked the same, one message at a time."""

    def __init__(self, program):
        draws = lambda: itertools.cycle(range(0, 10_000, 377)).__next__  # noqa: E731 - a word, not a function
        self.general = ScpNode(program, NodeConfig(), draws())
        self._fast = {"path": FastNode(program, NodeConfig(), draws())}
        if importlib.util.find_spec("librt") is not None:
            from ain_scp.scp.fast import core

            self._fast["core"] = FastNode(program, NodeConfig(), draws(), innermost=core)
        self._exact = ExactNode(program, NodeConfig(), draws())
        self._transaction = 0

    @property
    def names(self):
        """What the quicker ways are called."""
        return (*self._fast, "exact")

    @property
    def quicker(self):
        """How many messages the least quick of the fast ways answered itself."""
        return min(node.short for node in self._fast.values())

    def ask(self, octets, now):
        """The general node's answers, which are those of all."""
        self.general.receive(octets, "link", now)
        expected = [answer for _, answer in self.general.octets_to_send()]
        samples = self.general.samples()
        for name, node in self._fast.items():
            assert node.answer_all([octets], "link", now) == expected, name
            assert node.samples() == samples, name
        self._exact.receive(octets, "link", now)
        assert [answer for _, answer in self._exact.octets_to_send()] == expected
        assert self._exact.samples() == samples
        while self._exact.next_event() is not None:
            pass
        return expected

    def asked(self, calling, dialed, at="2001-01-17T10:00:00", access="9", bearer=0):
        """One call; the answer."""
        self._transaction += 1
        octets = _query(calling, dialed, access, self._transaction, bearer)
        (answer,) = self.ask(octets, parse(at) * 1_000_000_000) or (None,)
        return answer

    def known(self, calling, dialed, at="2001-01-17T10:00:00", access="9", bearer=0, *, numbers=False):
        """A call asked until every way knows it: what its answer says; the number called only if `numbers` are asked."""
        for _ in range(4):
            answer = self.asked(calling, dialed, at, access, bearer)
        return _said(answer, numbers=numbers)

    def host_known(self, calling, original, called, at, turns=3):
        """The same of a host's query."""
        for _ in range(turns):
            self._transaction += 1
            octets = _host_query(calling, original, called, self._transaction)
            (answer,) = self.ask(octets, parse(at) * 1_000_000_000)
        return _said(answer)


def _said(answer, *, numbers=False):
    """The parameters of the answer's first component but those that follow from the number dialed."""
    first = query.package_of(answer).components[0]
    known = operation(first.code)
    parameters = decode_parameters(known, first.parameter or b"")
    names = ("primaryTrunkGroup", "carrier", "redirectingPartyID", "aMAslpID", "strParameterBlock")
    called = parameters.get("calledPartyID") if numbers or parameters.get("redirectingPartyID") else None
    return (
        known.name,
        called,
        tuple(bool(parameters.get(n)) if n[0] == "r" else parameters.get(n) for n in names),
    )


@pytest.fixture(scope="session")
def ways(program_of):
    """A function: overrides -> all ways to answer."""
    return lambda overrides=None: Ways(program_of(overrides))


@pytest.fixture(scope="session")
def ways_of():
    """A function: data set as JSON -> all ways to answer."""

    def make(data):
        with tempfile.TemporaryDirectory(prefix="ways") as folder:
            loaded = load(dataset_from_json(data, Path(folder) / "set"))
        assert loaded.dataset is not None, "\n".join(map(str, loaded.problems))
        return Ways(Program(compile_dataset(loaded.dataset), standard_plans()))

    return make


@pytest.fixture(scope="session")
def generated():
    """`changed(chance, base, parts)` makes a legal data set; PARTS names what it can replace."""
    path = Path(__file__).parent.parent.parent / "service" / "generated.py"
    spec = importlib.util.spec_from_file_location("fast_generated", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
