"""The innermost part, run interpreted here: plain calls on a plan whose tables are flat, answered as the general node does."""

import random

import pytest

from ain_scp.ain.bench.calls import draw_queries
from ain_scp.ain.bench.plan import grow
from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load
from ain_scp.scp.fast.kinds import cells_of
from ain_scp.scp.service_logic.program import Program

core = pytest.importorskip("ain_scp.scp.fast.core", reason="needs librt, which compiled installations have")


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
    both = pair_of(program, core)
    for turn in range(4):
        sent = octets(asked, 10_000 * turn)
        for at in range(0, len(sent), 60):
            both.ask(sent[at : at + 60])
    assert both.fast.short > 3.5 * len(asked)
    doors = [door for door in both.fast._path._core._doors if door is not None]
    assert sum(len(door.answers) for door in doors) > 20


def test_mutated_plain_calls(program, asked, pair_of):
    both = pair_of(program, core)
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
    both = pair_of(program, core)
    both.ask(octets(asked[:200], 0))
    chance = random.Random(5)
    for turn in range(1, 6):
        mixed = octets(asked[: 200 + 40 * turn], 10_000 * turn)
        chance.shuffle(mixed)
        both.ask(mixed)


@pytest.mark.parametrize("used", [(1 << 31) - 20, (1 << 32) - 20, (1 << 39) - 20])
def test_echo_data_of_a_node_that_answered_for_long(program, asked, pair_of, used):
    """Every octet of the counter takes every value, whatever its sign as a native integer."""
    both = pair_of(program, core)
    both.ask(octets(asked[:100], 0))
    both.general._echo = both.fast._path.echo = used
    both.ask(octets(asked[:100], 10_000))
    assert both.fast._path.echo > used + 50


class Watched:
    """Makes the innermost part and notes the messages it did not answer."""

    def __init__(self):
        self.missed = []

    def make_memory(self, t1_ns, capacity):
        return core.make_memory(t1_ns, capacity)

    def make_core(self, *parts):
        made, missed = core.make_core(*parts), self.missed

        class Part:
            def __getattr__(self, name):
                return getattr(made, name)

            def __setattr__(self, name, value):
                setattr(made, name, value)

            def run(self, datagrams, start, answers):
                count = made.run(datagrams, start, answers)
                if start + count < len(datagrams):
                    missed.append(datagrams[start + count])
                return count

        return Part()


def test_numbers_of_any_length_are_answered_there_once_known(pair_of, program_of, query_octets):
    """Digits that no table leads to are the same for all callers of a class: services, operators, other countries."""
    watched = Watched()
    both = pair_of(program_of(None), watched)
    callers = ["9258341234", "9258341240"]
    dialed = ["411", "0", "00", "01174951234567", "01144207946099", "12137770100", "5551234", "4159215678"]
    transaction = 0
    for turn in range(10):
        watched.missed.clear()
        for opc in (0x0A0B0C, 0x010203):
            asked = []
            for number in dialed:
                for caller in callers:
                    transaction += 1
                    asked.append(
                        query_octets(caller, number, "9", transaction, opc=opc, bearer=turn // 5 and 3)
                    )
            both.ask(asked)
        if turn in {4, 9}:
            assert watched.missed == []


def test_a_number_that_a_row_leads_to_is_not_taken_for_the_same_digits_dialed(
    pair_of, program_of, query_octets
):
    """7+ 9212000 leads to a number of the plan; the same digits dialed in full may mean something else."""
    both = pair_of(program_of(None), core)
    for turn in range(5):
        asked = []
        for place, dialed in enumerate(["9212000", "9259212000", "4159212000", "9258341234", "8341234"]):
            for access in "79":
                transaction = 100 * turn + 10 * place + int(access)
                asked.append(query_octets("9258341234", dialed, access, transaction, bearer=turn % 2))
        both.ask(asked)
    assert both.fast.short > 20


def test_repeated_queries_in_one_batch_and_the_next(pair_of, program_of, query_octets):
    """A-264: one answer, one sample, wherever the repetition comes."""
    both = pair_of(program_of(None), core)
    for transaction in range(4):
        both.ask([query_octets(transaction=transaction)])
    first, second = query_octets(transaction=50), query_octets(transaction=51)
    other = query_octets(transaction=50, dialed="9692300")
    both.ask([first, second, first, other, second])
    both.ask([second, first, other])
    assert both.fast.counters["replayed"] == 4
    assert both.fast.counters["rejected_duplicate"] == 2


def test_calls_without_a_sample(pair_of, program_of, query_octets):
    """A-056: a vacant number is announced, and has no SMDR record."""
    watched = Watched()
    both = pair_of(program_of(None), watched)
    for turn in range(6):
        watched.missed.clear()
        both.ask(
            [
                query_octets(transaction=10 * turn + place, dialed=dialed)
                for place, dialed in enumerate(VACANT)
            ]
        )
    assert watched.missed == []
    assert both.fast.short > 4 * len(VACANT)


VACANT = ["9212000", "2", "77777", "5559999", "", "999999999999"]
