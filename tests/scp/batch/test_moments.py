"""What is left open is asked of columns as it is asked of one call."""

import random

import numpy as np
import pytest

from ain_scp.scp.batch.moments import first_match
from ain_scp.terms import conditions

MINUTES = (0, 479, 480, 1020, 1439)


def by_chance(chance):
    asked = {}
    if chance.random() < 0.4:
        asked["dow"] = chance.sample(range(1, 8), 3)
    if chance.random() < 0.4:
        asked["tod"] = chance.sample(MINUTES, 2)
    if chance.random() < 0.2:
        asked["date"] = [11_340, 11_342]
    if chance.random() < 0.4:
        asked["percent"] = [chance.choice((1, 30, 50, 100))]
    return conditions.condition_of(asked)


@pytest.mark.parametrize("seed", range(40))
def test_the_first_match_of_each_call_is_that_of_the_call_alone(seed):
    """Source: A-124..A-128."""
    chance = random.Random(seed)
    rules = [by_chance(chance) for _ in range(chance.randint(1, 5))]
    time = np.array(
        [86_400 * chance.randint(11_338, 11_345) + 60 * chance.choice(MINUTES) for _ in range(200)]
    )
    draw = np.array([chance.randrange(10_000) for _ in range(200)], np.int32)
    alone = [
        conditions.first_match(rules, conditions.Facts(0, "", int(one), int(share)))
        for one, share in zip(time, draw, strict=True)
    ]
    assert first_match(rules, time, draw).tolist() == alone
