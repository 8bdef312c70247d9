"""Classes and pairs of classes by column are those found one by one, whatever room there is."""

import random

import numpy as np
import pytest

from ain_scp.dialplan.on_net import place
from ain_scp.scp.classes import columns
from ain_scp.scp.classes.callers import caller_facts, classify_callers
from ain_scp.scp.classes.columns import STATIONS, CalledColumns, Numbers, PairColumns
from ain_scp.scp.classes.numbered import CLASS_SHIFT, CODE_MASK, CalledNumbers
from ain_scp.terms.decision import Translation

G = "customers/GOLDEN/"
LONG = {
    G + "asf_profiles/SAC/rtl": [{"prefix": "4159210", "rtl": "9257893412"}, {"number": "4157770100", "rtl": "9257893412"}],
    G + "blocking/domestic": ["415555", "809", "2125550100"],
    G + "international_completion": ["44", "442", "81332345678"],
}  # fmt: skip
STARTS = [
    "4159210",
    "4159211",
    "4157770100",
    "4157770101",
    "2125550100",
    "809555",
    "800555",
    "9258341235",
    "44",
    "442",
    "8133234567",
]


def numbers_by_chance(chance, customer):
    """Translations of all kinds, placed."""
    for _ in range(400):
        start = chance.choice(STARTS)
        special = chance.choice((0, 0, 0, 0, 262, 281))
        if special == 281:
            number, non = chance.choice(("911", "411")), None
        elif special or chance.random() < 0.3:
            number, non = (
                (start + "".join(chance.choices("01", k=9)))[: chance.randint(3, 15)],
                chance.choice((4, None)),
            )
        else:
            number, non = (start + "".join(chance.choices("01", k=8)))[:10], 3
        translation = Translation(number, non, special=special if non is None else 0)
        place(customer, "9258341234", translation)
        yield translation


def laid_out(found):
    """Translations as columns."""
    return Numbers(
        np.array([int("1" + one.called_number) for one in found], np.int64),
        np.array([one.non or 0 for one in found], np.uint8),
        np.array([one.special for one in found], np.int16),
        np.full(len(found), -1, np.int16),
        np.array([one.on_net for one in found]),
        np.array([STATIONS.index(one.called_class) for one in found], np.uint8),
        np.ones(len(found), np.bool_),
    )


@pytest.mark.parametrize("overrides", [None, LONG], ids=["golden", "long entries"])
def test_called_numbers_have_the_class_by_column_that_they_have_alone(program_of, overrides):
    program = program_of(overrides)
    customer, classes = program.snapshot.customer_named["GOLDEN"], program.called["GOLDEN"]
    by_column = CalledColumns(classes)
    for seed in range(3):
        found = list(numbers_by_chance(random.Random(seed), customer))
        ids = by_column.of(laid_out(found)).tolist()
        assert [classes.facts[one] for one in ids] == [classes.of(translation) for translation in found]


@pytest.mark.parametrize("overrides", [None, LONG], ids=["golden", "long entries"])
def test_the_numbers_laid_out_at_load_have_the_class_that_they_have_alone(program_of, overrides):
    program = program_of(overrides)
    customer, classes = program.snapshot.customer_named["GOLDEN"], program.called["GOLDEN"]
    numbered = CalledNumbers(customer, classes)
    for number in {*STARTS, "9258341234", "9257884102", "4159212000", "2135622345"}:
        row = numbered.numbers.find(number)
        translation = Translation(number, 3)
        place(customer, "9258341234", translation)
        assert row < 0 or classes.facts[row] == classes.of(translation), number
    for row, packed in enumerate(numbered.by_row):
        number = str(packed & CODE_MASK)[1:]
        if packed >= 0:
            assert number == customer.routing_number(row)
            translation = Translation(number, 3, on_net=True)
            place(customer, "9258341234", translation)
            assert classes.facts[packed >> CLASS_SHIFT] == classes.of(translation)


def test_a_triggering_number_has_the_facts_of_its_class(program_of):
    snapshot = program_of().snapshot
    callers = classify_callers(snapshot)
    for row, code in enumerate(snapshot.dataset.triggers.numbers.tolist()):
        number, index = str(code)[1:], int(callers.of_trigger[row])
        assert callers.table.find(number) == index
        if index >= 0:
            customer = snapshot.customer_of(row)
            assert callers.classes[index] == (customer, caller_facts(snapshot, customer, number, row))
    assert callers.of_trigger[-1] == -1


@pytest.mark.parametrize("most", [columns.MOST_CELLS, 64])
def test_a_pair_keeps_its_number_while_there_is_room_and_is_asked_again_when_there_is_not(monkeypatch, most):
    monkeypatch.setattr(columns, "MOST_CELLS", most)
    asked = []
    pairs = PairColumns(9, lambda *pair: asked.append(pair) or 1000 * pair[0] + 10 * pair[1] + pair[2])
    chance = np.random.default_rng(1)
    for turn in range(1, 12):
        caller, called = (
            chance.integers(0, 9, 50).astype(np.int32),
            chance.integers(0, turn, 50).astype(np.int32),
        )
        voice = chance.random(50) < 0.5
        assert (pairs.of(caller, called, voice) == 1000 * caller + 10 * called + voice).all()
    assert (len(asked) == len(set(asked))) == (most > 64)
