"""The innermost part, run interpreted here: plain calls on a plan whose tables are flat, answered as the general node does."""

import random

import pytest

from ain.bench_calls import draw_queries
from ain.bench_plan import grow
from dialplan.plans import standard_plans
from provisioning.compile import compile_dataset
from provisioning.loader import load
from scp.fast.path import cells_of
from scp.service_logic.program import Program

core = pytest.importorskip("scp.fast.core", reason="needs librt, which compiled installations have")


@pytest.fixture(scope="module", params=[20_000, 350_000], ids=["dictionaries", "flat"])
def program(request, golden, tmp_path_factory):
    """A plan with small tables, and one large enough for flat ones."""
    target = tmp_path_factory.mktemp("plan") / "grown"
    grow(golden, target, request.param)
    made = Program(compile_dataset(load(target).dataset), standard_plans())
    assert (cells_of(made.snapshot.triggers, 10) is not None) == (request.param > 300_000)
    return made


@pytest.fixture(scope="module")
def asked(program):
    return draw_queries(program, 1_500, 3)


def octets(pool, start):
    return [one.before + (start + number).to_bytes(4, "big") + one.after for number, one in enumerate(pool)]


def test_plain_calls_and_all_others_are_answered_as_the_general_node_answers(program, asked, pair_of):
    both = pair_of(program, core.make_core)
    for turn in range(4):
        sent = octets(asked, 10_000 * turn)
        for at in range(0, len(sent), 60):
            both.ask(sent[at : at + 60])
    assert both.fast.short > 3.5 * len(asked)
    doors = [door for door in both.fast._path._core._doors if door is not None]
    assert sum(len(door.answers) for door in doors) > 20


def test_mutated_plain_calls(program, asked, pair_of):
    both = pair_of(program, core.make_core)
    for turn in range(3):
        both.ask(octets(asked[:300], 10_000 * turn))
    chance = random.Random(11)
    for turn in range(12):
        sent = []
        for whole in octets(asked[:300], 100_000 + 1_000 * turn):
            changed = bytearray(whole)
            for _ in range(chance.choice((0, 1, 1, 2))):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            sent.append(bytes(changed))
        both.ask(sent)
    assert both.fast.short > 1_500


def test_echo_data_and_lines_keep_their_order_between_the_ways(program, asked, pair_of):
    """Plain calls, others and new ones in turns: samples are compared in order by the pair."""
    both = pair_of(program, core.make_core)
    both.ask(octets(asked[:200], 0))
    chance = random.Random(5)
    for turn in range(1, 6):
        mixed = octets(asked[: 200 + 40 * turn], 10_000 * turn)
        chance.shuffle(mixed)
        both.ask(mixed)


@pytest.mark.parametrize("used", [(1 << 31) - 20, (1 << 32) - 20, (1 << 39) - 20])
def test_echo_data_of_a_node_that_answered_for_long(program, asked, pair_of, used):
    """Every octet of the counter takes every value, whatever its sign as a native integer."""
    both = pair_of(program, core.make_core)
    both.ask(octets(asked[:100], 0))
    both.general._echo = both.fast._path.echo = used
    both.ask(octets(asked[:100], 10_000))
    assert both.fast._path.echo > used + 50
