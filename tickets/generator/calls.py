"""Made-up calls of one site, drawn from a seed.

Source: C-001.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from ain_scp.terms.units import DAY_S

EXTENSIONS: Final = tuple(str(number) for number in range(201, 221))
NUMBERS: Final = ("310555", "212555", "510555", "415555", "650555")
WORKDAY_S: Final = (8 * 3600, 18 * 3600)


class Made(NamedTuple):
    """A call: `at` is a whole minute in UTC seconds, its start or its end as a layout prints the one or the other.

    `inside` is our extension, `other` the outside number (ten digits) or the extension called.
    """

    number: int
    at: int
    seconds: int
    ring_s: int
    direction: str
    inside: str
    other: str


def made_up(count: int, seed: int, first: int) -> Iterator[Made]:
    """So many calls in order of time, from a whole day on (UTC seconds); about a thousand a day."""
    chance = random.Random(seed)
    at = first - first % 60
    for number in range(1, count + 1):
        at += 60 * chance.choice((0, 0, 1, 1, 2))
        if at % DAY_S > WORKDAY_S[1]:
            at += DAY_S - at % DAY_S + WORKDAY_S[0]
        direction = chance.choices(("outgoing", "incoming", "internal"), (5, 4, 1))[0]
        answered = chance.random() < 0.85
        inside = chance.choice(EXTENSIONS)
        other = f"{chance.choice(NUMBERS)}{chance.randrange(100, 9999):04}"
        if direction == "internal":
            other = chance.choice([one for one in EXTENSIONS if one != inside])
        seconds = 6 * chance.randrange(1, 200) if answered else 0
        yield Made(number, at, seconds, chance.randrange(1, 30), direction, inside, other)
