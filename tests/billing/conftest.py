import json

import pytest

from ain_scp.billing.charging import lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load


@pytest.fixture(scope="session")
def snapshot_of(charging_dataset):
    """A function: edits of the charging data set -> its snapshot."""
    made = {}

    def make(**edits):
        directory = charging_dataset(edits)
        if directory not in made:
            loaded = load(directory)
            assert loaded.dataset is not None, "\n".join(map(str, loaded.problems))
            made[directory] = compile_dataset(loaded.dataset)
        return made[directory]

    return make


class Desk:
    """An engine and what it says, as dicts; times of one day are written `10:00:00`."""

    def __init__(self, snapshot, ledger=None, **options):
        self.engine = Engine(snapshot, snapshot.charging, ledger or Ledger(), **options)
        self.number = 0

    def __call__(self, at, event, **fields):
        """The result of one line."""
        return self.all(at, event, **fields)[-1]

    def all(self, at, event, **fields):
        """Everything that was said: timers first, the result last, then what the line itself caused."""
        self.number += 1
        moment = at if "T" in at else f"2001-01-17T{at}"
        if "from_" in fields:
            fields["from"] = fields.pop("from_")
        text = json.dumps({"at": moment, "event": event, **fields})
        said = [json.loads(one) for one in lines.play(self.engine, lines.read(text.encode(), self.number))]
        place = next(place for place, one in enumerate(said) if one["line"])
        return said[:place] + said[place + 1 :] + [said[place]]

    def finish(self):
        """What timers say until no call is open."""
        return [json.loads(one) for one in lines.finish(self.engine, zoned=False)]


@pytest.fixture(scope="session")
def desk_of(snapshot_of):
    """A function: edits -> a desk on a ledger in memory."""

    def make(edits=None, **options):
        return Desk(snapshot_of(**(edits or {})), **options)

    return make
