"""Octets of the general node beside those of every quicker way, on data sets made by chance, as many as asked for.

Run: python tests/long/octets.py [--comparisons 2000000] [--seed 1] [--processes 2]

Each data set is the acceptance data set with half of its parts replaced; its calls are drawn from its own prefixes and their
neighbours, by all its callers, at three instants, with two bearers and four access codes. Every message is asked of the general
node and of each quicker way; answers, samples and counters must be the same. Then come batches of messages of every kind, damaged
and repeated ones among them. The short forms are in the suite: tests/scp/fast/test_neighbours.py and test_every_kind.py.
"""

import argparse
import functools
import importlib.util
import json
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent / "src")]

from ain_scp.ain.serve.rehearsal import rehearsal  # noqa: E402 - runs from a checkout
from ain_scp.dialplan.plans import standard_plans  # noqa: E402
from ain_scp.provisioning.compile import compile_dataset  # noqa: E402
from ain_scp.provisioning.loader import load  # noqa: E402
from ain_scp.scp.service_logic.program import Program  # noqa: E402
from kit import kinds  # noqa: E402
from kit.json_data_set import dataset_from_json  # noqa: E402
from kit.ways import Ways, turns_of  # noqa: E402

CALLS = 2_400
"""Messages for each data set."""
BATCHES = 300
"""Batches of messages of all kinds for each data set."""


def generated():
    """The maker of data sets, which stands with the tests of the service."""
    spec = importlib.util.spec_from_file_location("generated", TESTS / "service" / "generated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(seed):
    """One data set: comparisons made, messages answered by the least quick of the fast ways, pairs of classes."""
    chance, maker = random.Random(seed), generated()
    base = json.loads((TESTS / "acceptance" / "provisioning.json").read_text())
    data = maker.changed(chance, base, {part for part in maker.PARTS if chance.random() < 0.5})
    with tempfile.TemporaryDirectory(prefix="octets") as folder:
        loaded = load(dataset_from_json(data, Path(folder) / "set"))
    program = Program(compile_dataset(loaded.dataset), standard_plans())
    ways = Ways(program)
    for at, caller, dialed, access, bearer in turns_of(chance, data, CALLS):
        try:
            ways.asked(caller, dialed, at, access=access, bearer=bearer)
        except AssertionError as fault:
            raise SystemExit(f"seed {seed}: {caller} {access} {dialed} at {at}: {fault}") from None
    beside = kinds.compare(chance, program, messages(), BATCHES, rehearsal if seed % 2 else None)
    return ways.comparisons + beside.compared, ways.quicker, len(program.ledger)


@functools.cache
def messages():
    """What the SCP hears in the golden scenario: messages of every kind, to be repeated, renumbered and damaged."""
    return kinds.golden_messages(lambda dataset: Program(compile_dataset(dataset), standard_plans()))


def main():
    """Compare until there were enough."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--comparisons", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    made = quicker = pairs = sets = 0
    seeds = count(options.seed)
    with ProcessPoolExecutor(options.processes) as pool:
        while made < options.comparisons:
            for found in pool.map(compare, islice(seeds, 4 * options.processes)):
                made, quicker, pairs, sets = made + found[0], quicker + found[1], pairs + found[2], sets + 1
            print(f"{made:,} answers of {sets} data sets are equal", file=sys.stderr)
    print(
        f"{made:,} answers compared on {sets} data sets, none differs; at least {quicker:,} messages were answered by each"
        f" quicker way itself; {pairs:,} pairs of classes were judged"
    )


if __name__ == "__main__":
    main()
