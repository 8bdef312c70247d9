"""Many conditions in order: the first that applies is the one that asking all of them gives, and few of them are asked."""

import random

import pytest

from ain_scp.terms.conditions import ALWAYS, condition_of, first_match
from ain_scp.terms.ordered import FEW, Ordered
from ain_scp.terms.origin import Origin
from ain_scp.terms.origin_questions import EVERY_KIND
from ain_scp.terms.questions import MINUTES, Facts, TimeIs

AREAS, STATES, LATAS = ["213", "415", "925", "212"], ["CA", "NY", "TX", "NV"], ["722", "730", "132", "488"]
DAY = 86_400


def numbers(chance, count):
    return [f"{chance.choice(AREAS)}555{chance.randrange(100):04d}" for _ in range(count)]


ASKED = {
    "ctc": lambda chance: chance.sample([101, 131, 231, 151], 2),
    "npa": lambda chance: chance.sample(AREAS, 2),
    "from_number": lambda chance: numbers(chance, chance.choice((1, 2, 90))),
    "from_npanxx": lambda chance: [one[:6] for one in numbers(chance, 2)],
    "from_npa": lambda chance: chance.sample(AREAS, 2),
    "from_lata": lambda chance: chance.sample(LATAS, 2),
    "from_state": lambda chance: chance.sample(STATES, 2),
    "anonymous": lambda chance: [chance.randrange(2)],
    "dow": lambda chance: chance.sample(range(1, 8), 3),
    "date": lambda chance: chance.sample(range(11_320, 11_340), 2),
    "tod": lambda chance: chance.sample(range(MINUTES), 2),
}


def condition(chance, most=4):
    keys = chance.sample(sorted(ASKED), chance.randrange(most))
    asked = {key: ASKED[key](chance) for key in keys}
    if chance.random() < 0.2:
        asked["percent"] = [chance.choice([1, 5, 20])]
    return condition_of(asked, EVERY_KIND)


def call(chance):
    number = chance.choice([*numbers(chance, 6), "", "5551234"])
    origin = Origin(number, chance.choice([*LATAS, ""]), chance.choice([*STATES, ""]), chance.random() < 0.5)
    time = chance.randrange(11_320 * DAY, 11_340 * DAY)
    return Facts(
        chance.choice([101, 131, 231, 0]), chance.choice(AREAS), time, chance.randrange(10_000), origin
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_first_is_that_of_asking_all(seed):
    chance = random.Random(seed)
    rules = [condition(chance) for _ in range(chance.choice([0, FEW, FEW + 1, 60, 400]))]
    rules = [one for one in rules if one.questions or one.percent is not None]
    if seed % 2:
        rules.insert(chance.randrange(len(rules) + 1), ALWAYS)
    ordered, found = Ordered(rules), set()
    for _ in range(400):
        facts = call(chance)
        found.add(ordered.first(facts))
        assert ordered.first(facts) == first_match(rules, facts)
    assert len(found) > 5 or len(rules) < 20


@pytest.mark.parametrize(
    "keys", [["from_number"], ["from_npanxx", "from_state"], ["from_lata", "tod"], ["tod", "dow"]]
)
def test_of_many_a_call_is_compared_with_few(keys):
    """Each asks for what others do not: of 4,000 a call looks at those alone that ask for what it is."""
    chance = random.Random(1)
    values = {
        "from_number": lambda: [f"{chance.randrange(2 * 10**9, 10**10)}"],
        "from_npanxx": lambda: [f"{chance.randrange(200_000, 999_999)}"],
        "from_lata": lambda: [f"{chance.randrange(100, 1000)}"],
        "tod": lambda: [(start := chance.randrange(MINUTES - 9)), start + chance.randrange(1, 9)],
    }
    rules = [
        condition_of(
            {key: values[key]() if key in values else ASKED[key](chance) for key in keys}, EVERY_KIND
        )
        for _ in range(4_000)
    ]
    ordered = Ordered(rules)
    for _ in range(50):
        facts = call(chance)
        assert ordered.first(facts) == first_match(rules, facts)
        assert sum(map(len, ordered._asked(facts))) <= 40


def test_windows_hold_in_their_blocks_and_nowhere_else():
    chance = random.Random(2)
    for _ in range(60):
        start, end = chance.sample(range(MINUTES + 1), 2)
        if start == MINUTES:
            continue
        window = TimeIs((start, end))
        for minute in range(MINUTES):
            inside = start <= minute < end if start < end else minute >= start or minute < end
            facts = Facts(0, "", minute * 60, 0)
            assert window.holds(facts) == inside
            assert sum(one in window.wanted for one in window.sought(facts)) == inside
    assert TimeIs((0, MINUTES)).always()
    assert TimeIs((1320, 0)) == TimeIs((1320, MINUTES))


def test_a_window_covers_another_that_lies_in_it():
    chance = random.Random(3)
    minutes = lambda window: {one for one in range(MINUTES) if window.holds(Facts(0, "", one * 60, 0))}  # noqa: E731
    for _ in range(60):
        one, other = (TimeIs(chance.sample(range(0, MINUTES, 60), 2)) for _ in range(2))
        assert one.covers(other) == (minutes(other) <= minutes(one))


def test_those_that_no_look_up_tells_apart_are_counted():
    """A condition that asks for the same caller as a thousand others, and for more than can be looked up."""
    callers = [f"415555{one:04d}" for one in range(70)]
    rules = [
        condition_of({"from_number": callers, "tod": [one, one + 1], "dow": [1 + one % 7]}, EVERY_KIND)
        for one in range(1_200)
    ]
    assert Ordered(rules).alike < 40, "by minute and day"
    many = [
        condition_of({"from_number": callers, "date": list(range(one % 50, 400 + one))}, EVERY_KIND)
        for one in range(1_200)
    ]
    assert Ordered(many).alike > 1_000
