"""Random calls over a program's own numbers, and what two decisions have in common."""

import random

import pytest

from ain_scp.provisioning.tables.digits import digits_of
from ain_scp.terms.decision import Decision
from ain_scp.terms.query import Query
from ain_scp.terms.vocabulary import BEARERS
from kit.names import fields

FIELDS = fields(Decision)


class Caller:
    """Makes queries that hit every table of a program, and the shapes that no column holds."""

    def __init__(self, program, seed):
        self.chance = random.Random(seed)
        snapshot = program.snapshot
        self.triggers = [digits_of(int(code)) for code in snapshot.dataset.triggers.numbers]
        rows = [customer.rows for customer in snapshot.customers]
        self.keys = [digits_of(int(code)) for one in rows for code in one.mdp.dialed] or ["5551212"]
        self.numbers = [digits_of(int(code)) for one in rows for code in one.sdp.number] or ["9258341234"]
        self.prefixes = ["44"] + [
            row.number
            for one in rows
            for table in (*one.blocking.values(), one.international_completion)
            for row in table
        ]

    def digits(self, count):
        return "".join(self.chance.choice("0123456789") for _ in range(count))

    def dialed(self):
        pick, digits = self.chance.choice, self.digits
        return pick(
            (
                lambda: pick(self.keys),
                lambda: pick(self.keys),
                lambda: pick(self.numbers),
                lambda: "1" + pick(self.numbers + self.keys),
                lambda: "011" + pick(self.prefixes) + digits(self.chance.randrange(9)),
                lambda: pick(
                    ("0", "00", "911", "411", "511", "555", "", "1", "011", "01", "011911", "1010222911")
                ),
                lambda: pick(("0", "01", "101" + digits(4), "1")) + digits(pick((7, 10, 11, 3, 0))),
                lambda: (pick(self.prefixes) + digits(10))[:10],
                lambda: pick(self.numbers)[3:],
                lambda: digits(self.chance.randrange(20)),
                lambda: pick(("800", "900", "888")) + digits(7),
                lambda: pick(("*72", "12a", "9" * 19, "١٢٣", digits(3) + "976" + digits(4))),
            )
        )()

    def query(self):
        pick, chance = self.chance.choice, self.chance
        time, draw = chance.randrange(2 * 10**9), chance.randrange(10_000)
        if chance.random() < 0.03:
            return Query(
                "TERMINATION_ATTEMPT", "TAT", pick(self.triggers), time, called_party=pick(self.triggers),
                original_called_party=pick(self.numbers), original_called_non=3, draw=draw,
            )  # fmt: skip
        strangers = [None, self.digits(10), self.digits(7)]
        return Query(
            "INFO_ANALYZED", "CDP_AC", pick(strangers if chance.random() < 0.05 else self.triggers), time,
            trunk_group=pick([None] * 8 + ["OHD-CONCORD", "STG-CONCORD", "X"]),
            access_code=pick(["7", "7", "8", "9", "9", None, "5"]), dialed=self.dialed(),
            bearer=pick(BEARERS), draw=draw,
        )  # fmt: skip

    def queries(self, count):
        return [self.query() for _ in range(count)]


@pytest.fixture
def caller():
    """A function: program, seed -> a maker of queries."""
    return Caller


@pytest.fixture
def as_fields():
    """A function: decision or undecidable -> every field by name."""

    def fields(decided):
        if isinstance(decided, Decision):
            return {name: getattr(decided, name) for name in FIELDS}
        return {"error": decided.reason}

    return fields
