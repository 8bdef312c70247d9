"""Two nodes over one program, the general and the fast one, and queries as switches send them."""

import importlib.util
import itertools
import sys
import tempfile
from pathlib import Path

import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load, load_or_raise
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.localtime import parse
from kit import query
from kit.json_data_set import dataset_from_json
from kit.kinds import GOLDEN, golden_messages, program_for
from kit.ways import Ways

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
        assert self.fast.decisions == self.general.decisions
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


@pytest.fixture(scope="session")
def ways(program_of):
    """A function: overrides -> all ways to answer."""

    def made(overrides=None):
        program = program_of(overrides)
        program.times.ahead_s = 0  # as a server in UTC
        return Ways(program)

    return made


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


@pytest.fixture(scope="module")
def golden_program():
    return program_for(load_or_raise(GOLDEN)[0])


@pytest.fixture(scope="module")
def messages():
    """The messages of the golden scenario, as switches send them."""
    return golden_messages(program_for)
