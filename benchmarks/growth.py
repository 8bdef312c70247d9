"""Growth: what a query, a decision, an entry, a compile and the first answer cost on plans of a thousand to ten million rows.

Run: python benchmarks/growth.py [--sizes 1000,100000,1000000,10000000] [--rounds 40] [--quick] [--json FILE]

A plan of N rows is a third MDP, a third SDP and a third stations (each station triggers, too), written straight into the
columns of the checked rows. Dense: every third fills half of its own blocks of ten thousand, as numbering plans are assigned.
Scattered: the thirds share blocks of which 5 % is taken; no plan is like that, so it is measured up to SCATTERED rows.

A query is octets to octets through the node without a socket, every one with a transaction of its own; a decision is the
service logic alone. Both are timed in slices of SLICE different calls and in CPU time; the sizes take turns in every round,
in changing order, and the ratio is the median over the rounds of (this size / the smallest), so that what else the machine
does falls on all of them alike. A round asks for other calls than the one before, so that a large plan's tables are as cold
as they are for a server.

The first answer is that of a new process that maps the saved snapshot and answers one query, from its start to the octets.

Source: D-003, D-004, performance.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import octets_of, prepared  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.dialplan.plans import standard_plans  # noqa: E402
from ain_scp.provisioning.compile import compile_dataset  # noqa: E402
from ain_scp.provisioning.image import save_image  # noqa: E402
from ain_scp.provisioning.loader import load_or_raise  # noqa: E402
from ain_scp.provisioning.rows import (  # noqa: E402
    MdpColumns,
    PrefixRow,
    SdpColumns,
    StationColumns,
    TriggerColumns,
    Where,
)
from ain_scp.scp.config import NodeConfig  # noqa: E402
from ain_scp.scp.fast.node import FastNode  # noqa: E402
from ain_scp.scp.service_logic.program import Program  # noqa: E402
from ain_scp.terms.localtime import parse  # noqa: E402
from ain_scp.terms.query import Query  # noqa: E402

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
SCATTERED = 1_000_000
CSV_NUMBERS = 1_000_000
SLICE, BATCH, ROUNDS = 500, 50, 40
AT = parse("2001-01-17T10:00:00")
TEN = 10**10
ASKED, AIM = 2.0, 1.5
FIRST_S = 1.0
FIRST = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.image import map_image
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.program import Program
program = Program(map_image(Path(sys.argv[2]), verify=sys.argv[3] == "verify"), standard_plans())
node = ScpNode(program, NodeConfig(), lambda: 0)
node.receive(bytes.fromhex(sys.argv[4]), "link", 0)
print(next(octets for _, octets in node.octets_to_send()).hex())
"""


def numbers_of(count, seed, share):
    """Different 10-digit numbers in no order, in blocks of ten thousand of which this share is taken."""
    chance = np.random.default_rng(seed)
    areas = np.arange(200, 900)
    blocks = (areas[:, None] * 1000 + np.arange(200, 976)).ravel()
    chosen = chance.choice(blocks, size=min(int(count / 10_000 / share) + 1, len(blocks)), replace=False)
    numbers = (chosen[:, None] * 10_000 + np.arange(10_000)).ravel()
    return chance.choice(numbers, count, replace=False)


def plan_of(rows, spread):
    """Numbers of stations, of the SDP list and of the MDP table, a third each, dense or scattered."""
    third = rows // 3
    if spread == "scattered":
        return numbers_of(3 * third, rows, 0.05).reshape(3, third)
    parts = np.sort(numbers_of(3 * third, rows, 0.5)).reshape(3, third)
    return np.random.default_rng(rows).permuted(parts, axis=1)


def lines_of(column):
    """Line numbers of a file with a header."""
    return np.arange(2, len(column) + 2, dtype=np.int32)


def grown(base, rows, spread):
    """The acceptance data set, its first customer's plan replaced by one of `rows` rows."""
    third = rows // 3
    numbers = plan_of(rows, spread).ravel()
    stations, sdp, routed = (
        TEN + numbers[:third],
        TEN + numbers[third : 2 * third],
        TEN + numbers[2 * third :],
    )
    customer = base.customers[0]
    tables = tuple(f"OCS_{digit}" for digit in range(2, 10))
    table = (numbers[:third] // 10**9 - 2).astype(np.int16)
    index = tuple(PrefixRow(str(at + 2), name, Where("", 1)) for at, name in enumerate(tables))
    grown_customer = msgspec.structs.replace(
        customer,
        mdp=MdpColumns(routed, routed, np.full(third, 3, np.int16), lines_of(routed), "mdp.csv"),
        sdp=SdpColumns(np.concatenate([sdp, stations[: third // 2]]), lines_of(np.arange(len(sdp) + third // 2)), "sdp.csv"),
        ocs_index=index,
        stations=StationColumns(
            tables, table, stations, (numbers[:third] % 2).astype(np.int16), np.full(third, 7, np.int16),
            lines_of(stations), "stations.csv",
        ),
    )  # fmt: skip
    zeros = np.zeros(third, np.int16)
    triggers = TriggerColumns(stations, zeros, zeros, zeros, lines_of(stations))
    return msgspec.structs.replace(base, customers=(grown_customer,), triggers=triggers), numbers


def calls_between(numbers, third, count, seed):
    """Calls between listed numbers, by either plan, and now and then to a number in no list."""
    chance = np.random.default_rng(seed)
    callers = chance.choice(numbers[:third], count).tolist()
    called = np.concatenate(
        [
            chance.choice(numbers[: third // 2], count),
            chance.choice(numbers[third : 2 * third], count),
            chance.choice(numbers[2 * third :], count),
            chance.integers(2_000_000_000, 9_999_999_999, count),
        ]
    )
    chance.shuffle(called)
    return [
        Query("INFO_ANALYZED", "CDP_AC", str(caller), AT, access_code="79"[at % 2], dialed=str(number))
        for at, (caller, number) in enumerate(zip(callers, called[:count].tolist(), strict=True))
    ]


class Plan:
    """One size of plan, compiled, with a node and the calls that it is asked about, slice by slice."""

    def __init__(self, base, rows, spread, rounds):
        dataset, numbers = grown(base, rows, spread)
        start = time.process_time()
        snapshot = compile_dataset(dataset)
        self.compiled = time.process_time() - start
        self.rows, self.spread, self.dataset = rows, spread, dataset
        self.program = Program(snapshot, standard_plans())
        start = time.process_time()
        self.node = FastNode(self.program, NodeConfig(), lambda: 0)
        self.prepared = time.process_time() - start
        self.asked = calls_between(numbers, rows // 3, rounds * SLICE, 1)
        self.octets = [
            prepared(octets_of(one.calling_party, one.access_code, one.dialed), "") for one in self.asked
        ]
        self.transaction, self.short = 1, 0
        self.query_ns, self.decision_ns = [], []

    def tables(self):
        """Describe the compiled tables that grow with the plan."""
        snapshot = self.program.snapshot
        customer = snapshot.customers[0]
        named = {
            "triggers": snapshot.triggers,
            "mdp": customer.mdp,
            "listed": customer.listed,
            "stations": customer.stations,
        }
        return {name: table.describe() for name, table in named.items()}

    def octets_per_entry(self):
        """Octets of all these tables by their entries."""
        described = self.tables().values()
        return sum(one.octets for one in described) / sum(one.entries for one in described)

    def messages(self, turn):
        """The queries of a slice in batches, each with a transaction ID that no other has."""
        first = self.transaction
        self.transaction += SLICE
        made = [
            b"%b%b%b" % (one.before, (first + at).to_bytes(4, "big"), one.after)
            for at, one in enumerate(self.octets[turn * SLICE : (turn + 1) * SLICE])
        ]
        return [made[at : at + BATCH] for at in range(0, SLICE, BATCH)]

    def check(self, rounds):
        """Teach the node its kinds of calls; most calls must be allowed and listed, else little is measured."""
        found = [self.program.decide(query) for query in self.asked[:2000]]
        if sum(one.on_net is True and one.screening == "ALLOW" for one in found) < len(found) // 2:
            raise ValueError("too few of the calls are allowed to numbers of the plan")
        for turn in range(rounds):
            answers = [self.node.answer_all(batch, "link", 0) for batch in self.messages(turn)]
            if any(len(batch) != BATCH for batch in answers):
                raise ValueError("a query was not answered")
            self.node.sample_texts()

    def ask(self, turn):
        """Time one slice of queries and one of decisions, in CPU nanoseconds each."""
        batches, node, decide = self.messages(turn), self.node, self.program.decide
        before = node.short
        start = time.process_time_ns()
        for batch in batches:
            node.answer_all(batch, "link", 0)
        node.sample_texts()
        middle = time.process_time_ns()
        for query in self.asked[turn * SLICE : (turn + 1) * SLICE]:
            decide(query)
        self.short += node.short - before
        self.query_ns.append((middle - start) / SLICE)
        self.decision_ns.append((time.process_time_ns() - middle) / SLICE)


def measure(base, sizes, spread, rounds):
    """Make all sizes, let them take turns, and give each one's figures; the first is what the others are compared to."""
    plans = [Plan(base, rows, spread, rounds) for rows in sizes]
    for plan in plans:
        plan.check(rounds)
    for turn in range(rounds):
        for plan in plans[turn % len(plans) :] + plans[: turn % len(plans)]:
            plan.ask(turn)
    return plans, [figures(plan, plans[0]) for plan in plans]


def figures(plan, smallest):
    """What was measured of one plan."""
    return {
        "spread": plan.spread,
        "rows": plan.rows,
        "query_us": statistics.median(plan.query_ns) / 1000,
        "query_ratio": ratio(plan.query_ns, smallest.query_ns),
        "decision_us": statistics.median(plan.decision_ns) / 1000,
        "decision_ratio": ratio(plan.decision_ns, smallest.decision_ns),
        "octets": plan.octets_per_entry(),
        "compile_s": plan.compiled,
        "prepare_s": plan.prepared,
        "tables": {name: one.representation for name, one in plan.tables().items()},
        "short_share": plan.short / (len(plan.query_ns) * SLICE),
        "first_answer_s": None,
    }


def ratio(slices, smallest):
    """The median over the rounds of a slice's cost by that of the smallest plan in the same round."""
    return statistics.median(one / other for one, other in zip(slices, smallest, strict=True))


def csv_load(numbers, work):
    """CPU seconds and rows a second of reading and checking a data set of CSV files whose plan has this many numbers."""
    folder = work / "csv"
    grow(ROOT / "examples" / "golden", folder, numbers)
    start = time.process_time()
    dataset = load_or_raise(folder)[0]
    seconds = time.process_time() - start
    customer = dataset.customers[0]
    columns = dataset.triggers.numbers, customer.mdp.dialed, customer.sdp.number, customer.stations.number
    return seconds, sum(map(len, columns)) / seconds


def first_answer(plan, work, *, verify=False, tries=3):
    """Seconds from the start of a process that maps the saved snapshot to its first answer, the best of some tries."""
    image, octets = work / "snapshot", plan.octets[0]
    if not image.exists():
        save_image(plan.dataset, image)
    query = octets.before + (1).to_bytes(4, "big") + octets.after
    words = [sys.executable, "-c", FIRST, str(ROOT), str(image), "verify" if verify else "", query.hex()]
    seconds = []
    for _ in range(tries):
        start = time.perf_counter()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd="/") as child:
            answer = child.stdout.readline()
            seconds.append(time.perf_counter() - start)
        if len(answer) < 100:
            raise ValueError(f"no answer: {answer}")
    return min(seconds)


def everything(sizes, rounds):
    """All sizes and spreads; a mapping ready to be written as JSON."""
    base = load_or_raise(ROOT / "examples" / "golden")[0]
    plans, found = measure(base, sizes, "dense", rounds)
    with tempfile.TemporaryDirectory(prefix="ain-growth-") as work:
        found[-1]["first_answer_s"] = first_answer(plans[-1], Path(work))
        checked = first_answer(plans[-1], Path(work), verify=True)
        load_s, rows_s = csv_load(min(sizes[-1], CSV_NUMBERS), Path(work))
        megabytes = (Path(work) / "snapshot").stat().st_size / 1e6
    del plans
    largest = found[-1]
    scattered = measure(base, [rows for rows in sizes if rows <= SCATTERED], "scattered", rounds)[1]
    forms = "; ".join(
        f"{one['rows']:,} rows: {', '.join(sorted(set(one['tables'].values())))}" for one in found
    )
    short = min(one["short_share"] for one in found + scattered)
    notes = (
        f"The snapshot of {largest['rows']:,} rows is a file of {megabytes:,.0f} MB. With every checksum compared the first",
        f"answer takes {checked:.2f} s. It is the general node that answers; a server makes its short way ready, too, which takes",
        f"{largest['prepare_s']:.1f} s more. At least {short:.0%} of the queries timed were answered the short way.",
        "",
        f"Loading CSV: {min(sizes[-1], CSV_NUMBERS):,} numbers, each in four files, are read and checked in {load_s:.1f} s of CPU time,",
        f"{rows_s:,.0f} rows a second. Tables of the dense plans: {forms}.",
    )
    targets = [
        {
            "what": f"a query on {one['rows']:,} rows ({one['spread']}), to one on {found[0]['rows']:,}",
            "asked": ASKED, "aim": AIM, "found": one["query_ratio"], "most": True,
        }
        for one in (largest, scattered[-1])
    ]  # fmt: skip
    first = {"what": f"first answer from a mapped snapshot of {largest['rows']:,} rows, s", "asked": FIRST_S}
    targets.append({**first, "aim": 0.5, "found": largest["first_answer_s"], "most": True})
    return {"plans": found + scattered, "notes": notes, "targets": targets}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="rows, the smallest first")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="two small sizes, few rounds")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sizes = [int(word) for word in options.sizes.split(",")]
    found = everything(*((sizes, options.rounds) if not options.quick else ([3_000, 60_000], 6)))
    for one in found["plans"]:
        print(
            f"{one['spread']:<10}{one['rows']:>11,} rows: query {one['query_us']:.2f} us x {one['query_ratio']:.2f}, decision "
            f"{one['decision_us']:.2f} us x {one['decision_ratio']:.2f}, {one['octets']:.1f} octets/entry, compiled in "
            f"{one['compile_s']:.2f} s, short way in {one['prepare_s']:.2f} s"
        )
    for one in found["targets"]:
        print(f"{one['what']}: {one['found']:.2f} (asked {one['asked']})")
    print("\n".join(filter(None, found["notes"])))
    if options.json:
        options.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
