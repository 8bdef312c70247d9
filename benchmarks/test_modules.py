"""Every hot module by itself: what the compiler compiles, timed on the golden data set, interpreted or compiled.

Run: pytest benchmarks/test_modules.py --benchmark-enable --benchmark-only
One row for each module of ain/build.py's HOT_MODULES; each row is a call as a query makes it (or fifty of them, when a pass of
one would be too short) and checks the answer. `ain_scp.scp.fast.core` is the innermost part of the short way; it needs librt, which compiled installations have.

Source: D-004, libraries.md section 14.
"""

import itertools
from pathlib import Path

import pytest

from ain_scp.ain.bench.calls import octets_of
from ain_scp.ain.build import HOT_MODULES
from ain_scp.asf_rtl.host import host_ways
from ain_scp.asf_rtl.looking import profile_of
from ain_scp.asf_rtl.select import select
from ain_scp.asf_rtl.ways import ways_of
from ain_scp.billing.treat import treat_pstn
from ain_scp.dialplan.call_type import classify
from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import standard_plans
from ain_scp.dialplan.public import translate_public
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.tables.build import compile_exact, compile_prefix
from ain_scp.provisioning.tables.digits import code
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.fast.recent import Recent
from ain_scp.scp.fast.shapes import Shapes
from ain_scp.scp.fast.template import template_of
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.judge import VACANT, judge
from ain_scp.scp.service_logic.program import Program
from ain_scp.screening.blocking import check_blocking
from ain_scp.screening.looking import privilege_class
from ain_scp.screening.ocs import permits
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ber import children, header
from ain_scp.signaling.flat.walk import Flat
from ain_scp.terms.conditions import Condition, first_match
from ain_scp.terms.cost_days import CostCalendar, CostDays
from ain_scp.terms.decision import Decision, Route, Translation
from ain_scp.terms.dialed import emergency_digits
from ain_scp.terms.digits import is_number
from ain_scp.terms.localtime import parse
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.origin import Origin
from ain_scp.terms.origin_questions import FromExchange
from ain_scp.terms.query import Query
from ain_scp.terms.questions import CallTypeIs, Facts
from ain_scp.transport.runs import by_length, cut

GOLDEN = Path(__file__).parent.parent / "examples" / "golden"
CALLING, CALLED, MAY = "9258341234", "4159212000", 201
AT = parse("2001-01-17T10:00:00")
OCTETS = octets_of(CALLING, "7", "9212000", transaction=1)
ASKED = Query("INFO_ANALYZED", "CDP_AC", CALLING, AT, access_code="7", dialed="9212000")
FEW = [str(9_250_000_000 + 7 * at) for at in range(50)]


class Parts:
    """The golden data set and what the rows take of it."""

    def __init__(self):
        self.program = Program(compile_dataset(load_or_raise(GOLDEN)[0]), standard_plans())
        self.snapshot = self.program.snapshot
        self.customer = self.snapshot.customer_named["GOLDEN"]
        self.pair = self.program.decide(ASKED).pair
        self.profile = self.customer.profiles[self.pair.caller.profile]
        self.host = next(iter(self.customer.rtl.values()))

    def answer(self):
        """The general node's answer to OCTETS."""
        node = ScpNode(self.program, NodeConfig(), lambda: 0)
        node.receive(OCTETS, "link", 0)
        return next(octets for _, octets in node.octets_to_send())


@pytest.fixture(scope="module")
def parts():
    return Parts()


def placed(parts):
    """The call's translation, placed."""
    translation = Translation(CALLED, 3)
    place(parts.customer, CALLING, translation)
    return translation


class NoCore:
    """The short way without its innermost part, compiled or not."""

    make_memory = Recent

    @staticmethod
    def make_core(*_):
        """None."""


def fifty(parts, innermost):
    """Fifty queries through the short way: their answers."""
    node = FastNode(parts.program, NodeConfig(), lambda: 0, innermost=innermost)
    before, _, after = OCTETS.partition(b"\x00\x00\x00\x01\xe8")
    numbers = itertools.count(10)

    def work():
        octets = [b"%b%b\xe8%b" % (before, next(numbers).to_bytes(4, "big"), after) for _ in range(50)]
        answers = node.answer_all(octets, "link", 0)
        node.sample_texts()
        return len(answers)

    work()
    return work


ROWS = {}
"""By module: what makes the work, and what the work must answer."""
ELSEWHERE = {
    "ain_scp.ssp_sim.fields": "test_replay.py",
    "ain_scp.ssp_sim.capture": "test_replay.py",
    "ain_scp.scp.fast": "test_codec.py",
    "ain_scp.signaling.flat.rows": "test_codec.py",
    "ain_scp.terms.origin_questions": "test_network.py",
    "ain_scp.signaling.shapes": "test_network.py",
    "ain_scp.ssp_sim.kernel": "test_network.py",
    "ain_scp.ssp_sim.nodes": "test_network.py",
    "ain_scp.ssp_sim.prices": "test_network.py",
    "ain_scp.ssp_sim.stations": "test_network.py",
    "ain_scp.ssp_sim.world": "test_network.py",
}
"""Modules, by how their names begin, that a file of its own times together with what they work with."""


def row(module, expected):
    """Enter a function that makes a module's work of the golden data set."""

    def enter(make):
        ROWS[module] = make, expected
        return make

    return enter


@row("ain_scp.terms.conditions", expected=True)
def conditions(parts):
    return lambda: first_match(parts.host.conditions, Facts(MAY, "415", AT, 0)) >= -1


@row("ain_scp.terms.questions", expected=True)
def questions(parts):  # noqa: ARG001 - rows look alike
    asked, facts = CallTypeIs(range(100, 300)), Facts(MAY, "415", AT, 0)
    return lambda: asked.holds(facts)


@row("ain_scp.terms.ordered", 102)
def ordered(parts):  # noqa: ARG001 - rows look alike
    among = Ordered([Condition((FromExchange([f"{npa}555"]),)) for npa in range(100, 1000)] + [Condition(())])
    facts = Facts(MAY, "415", AT, 0, Origin("2025550101"))
    return lambda: among.first(facts)


@row("ain_scp.terms.cost_days", expected=True)
def cost_days(parts):  # noqa: ARG001 - rows look alike
    asked, facts = CostDays(range(14), CostCalendar([], frozenset())), Facts(MAY, "415", AT, 0)
    return lambda: asked.holds(facts)


@row("ain_scp.terms.origin_questions", expected=True)
def origin_questions(parts):  # noqa: ARG001 - rows look alike
    asked = FromExchange([f"{npa}555" for npa in range(200, 1000)])
    facts = Facts(MAY, "415", AT, 0, Origin("4155550101"))
    return lambda: asked.holds(facts)


@row("ain_scp.asf_rtl.host", "ASF_RTL_HOST")
def host(parts):
    return lambda: host_ways(parts.customer, parts.host, MAY, "415").routes[0].kind


@row("ain_scp.asf_rtl.looking", expected=True)
def profile(parts):
    return lambda: profile_of(parts.customer, CALLING) >= 0


@row("ain_scp.asf_rtl.select", expected=True)
def facilities(parts):
    asked = parts.customer, parts.profile, MAY, parts.pair.caller, parts.pair.called, -1, None, None
    return lambda: bool(select(*asked).routes)


@row("ain_scp.asf_rtl.ways", expected=True)
def ways(parts):
    route = Route("PSTN")
    rules = [(condition, route, []) for condition in parts.host.conditions]
    return lambda: bool(ways_of(rules, route, [], MAY, "415").routes)


@row("ain_scp.billing.treat", expected=True)
def treatment(parts):
    words = parts.customer, parts.pair.caller, parts.pair.called, MAY, 0, None
    return lambda: treat_pstn(*words, voice=True).ctc >= 0


@row("ain_scp.dialplan.call_type", expected=True)
def call_type(parts):
    return lambda: classify(parts.customer, parts.pair.caller, parts.pair.called) > 0


@row("ain_scp.dialplan.on_net", expected=True)
def on_net(parts):
    return lambda: placed(parts).on_net


@row("ain_scp.dialplan.plans", CALLED)
def plan(parts):
    mdp = parts.program.plans["MDP"]
    return lambda: mdp.translate(parts.snapshot, parts.customer, CALLING, "9212000", None).called_number


@row("ain_scp.dialplan.public", "4155550000")
def public(parts):
    return lambda: translate_public(parts.snapshot, CALLING, "14155550000").called_number


@row("ain_scp.provisioning.tables.digits", 14159212000)
def digits(_):
    return lambda: code(CALLED)


@row("ain_scp.provisioning.tables.lookup", 50)
def lookup(_):
    table = compile_exact(FEW, representation="flat")
    return lambda: sum(table.find(number) >= 0 for number in FEW)


@row("ain_scp.provisioning.tables.prefix", 50)
def prefix(_):
    table = compile_prefix([*FEW, "925"], representation="flat")
    return lambda: sum(table.longest(number) >= 0 for number in FEW)


@row("ain_scp.scp.fast.core", 50)
def core(parts):
    module = pytest.importorskip(
        "ain_scp.scp.fast.core", reason="needs librt, which compiled installations have"
    )
    return fifty(parts, module)


@row("ain_scp.scp.fast.path", 50)
def path(parts):
    return fifty(parts, NoCore)


def fifty_kept(kept):
    """Fifty answers kept and found again."""
    keys = [at.to_bytes(8, "big") for at in range(50)]

    def work():
        kept.turn(0)
        for key in keys:
            kept.keep(key, 0, OCTETS, b"")
        return sum(kept.find(key, 1) is not None for key in keys)

    return work


@row("ain_scp.scp.fast.recent", 50)
def recent(_):
    return fifty_kept(Recent(10**9, 10_000))


@row("ain_scp.scp.fast.native_recent", 50)
def native_recent(_):
    module = pytest.importorskip(
        "ain_scp.scp.fast.native_recent", reason="needs librt, which compiled installations have"
    )
    return fifty_kept(module.NativeRecent(10**9, 10_000))


@row("ain_scp.scp.fast.int_map", 50)
def int_map(_):
    module = pytest.importorskip(
        "ain_scp.scp.fast.int_map", reason="needs librt, which compiled installations have"
    )
    known = module.IntMap()
    for key in range(0, 5_000, 100):
        known.put(key, 1)
    return lambda: sum(known.get(key) for key in range(0, 5_000, 100))


@row("ain_scp.scp.fast.shapes", expected=True)
def shapes(_):
    known, flat = Shapes(), Flat()
    flat.walk(OCTETS)
    known.learn(flat)
    return lambda: known.find(OCTETS) is not None


@row("ain_scp.signaling.flat.walk", expected=True)
def walk(_):
    flat = Flat()
    return lambda: flat.walk(OCTETS)


@row("ain_scp.scp.fast.template", expected=True)
def template(parts):
    answer = parts.answer()
    return lambda: template_of(answer, has_ids=True, called_hole=True, redirecting_hole=False) is not None


@row("ain_scp.scp.service_logic.judge", expected=True)
def judged(parts):
    return lambda: bool(judge(parts.customer, parts.pair).outcomes)


@row("ain_scp.scp.classes.called", expected=True)
def classes(parts):
    translation, called = placed(parts), parts.program.called["GOLDEN"]
    return lambda: called.class_of(called.of(translation)) >= 0


@row("ain_scp.scp.classes.ledger", expected=True)
def ledger(parts):
    return lambda: bool(parts.program.ledger.judged(parts.customer, parts.pair).outcomes)


@row("ain_scp.scp.service_logic.program", CALLED)
def program(parts):
    return lambda: parts.program.decide(ASKED).response_called_party_id


@row("ain_scp.screening.blocking", expected=True)
def blocking(parts):
    return lambda: bool(check_blocking(parts.customer, 5, MAY, parts.pair.called, None))


@row("ain_scp.screening.ocs", expected=True)
def ocs(parts):
    return lambda: permits(parts.customer, MAY, 5, None)


@row("ain_scp.screening.looking", expected=True)
def screened(parts):
    station = parts.customer.station(CALLING)
    return lambda: privilege_class(parts.customer, CALLING, station, None) > 0


@row("ain_scp.signaling.ber", expected=True)
def ber(_):
    package = sccp.decode(m3ua.decode(OCTETS).protocol_data.payload).data
    _, start, end = header(package, 0, len(package))
    return lambda: len(children(package, start, end)) > 1


@row("ain_scp.terms.decision", CALLING)
def decision(_):
    return lambda: Decision("GOLDEN", CALLING, "CENTREX", VACANT).calling_party


@row("ain_scp.terms.dialed", expected=True)
def dialed(_):
    return lambda: not emergency_digits("7", CALLED)


@row("ain_scp.terms.digits", expected=True)
def number(_):
    return lambda: is_number(CALLED, 10, 10)


@row("ain_scp.terms.query", CALLED)
def query(_):
    return lambda: Query("INFO_ANALYZED", "CDP_AC", CALLING, AT, access_code="7", dialed=CALLED).dialed


@row("ain_scp.transport.runs", 50)
def runs(_):
    octets, size = OCTETS * 50, len(OCTETS)
    return lambda: sum(len(one) for one in by_length(cut(octets, size)).values())


@pytest.mark.benchmark(group="hot module")
@pytest.mark.parametrize("name", ROWS)
def test_module(name, benchmark, parts):
    make, expected = ROWS[name]
    benchmark.extra_info["calls"] = expected if expected == 50 else 1
    assert benchmark(make(parts)) == expected


def test_every_hot_module_has_its_row():
    """A module that is compiled because it is hot is also timed."""
    assert set(ROWS) <= set(HOT_MODULES)
    assert [name for name in HOT_MODULES if name not in ROWS and not name.startswith(tuple(ELSEWHERE))] == []
    assert all((Path(__file__).parent / name).exists() for name in ELSEWHERE.values())
