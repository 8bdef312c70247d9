"""Goodput late in a long overload, in virtual time: switches that obey controls ask for more than a node can serve.

Run: python benchmarks/overload.py [--factor 2 --factor 5] [--seconds 60] [--trace] [--json FILE]

The server is modelled (a query costs 1/400 s, a fifth of it for reading), the node and every message are the real ones. Goodput =
queries served a second in the second half of the run, of what the node can serve at most. --trace shows each second: offered,
served, the level at its end, controls sent. Virtual time: the same figures on every machine.

Source: reliability targets O2 and O4.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from ain_scp.ain.dataset import open_program  # noqa: E402 - runs from a checkout
from ain_scp.scp.config import NodeConfig  # noqa: E402
from ain_scp.scp.node import ScpNode  # noqa: E402
from ain_scp.signaling.mtp3 import parse_point_code  # noqa: E402
from kit.overload import SECOND, Traffic  # noqa: E402

CAPACITY = 400
PEERS = [parse_point_code(f"246-3-{member}") for member in range(1, 21)]
CODES = [f"41592{office}2000" for office in range(10)]


def run(factor, seconds):
    """One run; what is reported of it."""
    node = ScpNode(open_program(ROOT / "examples" / "golden"), NodeConfig(), lambda: 0)
    traffic, levels = Traffic(node, CAPACITY, obey=True), {}
    offer = node.offer

    def noted(octets, link, now, arrival=None):
        levels[now // SECOND] = node.overload.level
        offer(octets, link, now, arrival)

    node.offer = noted
    share = CAPACITY * factor / len(PEERS) / len(CODES)
    traffic.run([(peer, code, share) for peer in PEERS for code in CODES], seconds)
    offered = Counter(at // SECOND for at, _ in traffic.offered)
    served = Counter(at // SECOND for at, _, _, good in traffic.outcomes if good)
    sent = Counter(at // SECOND for at, _, _ in traffic.acg)
    return {
        "factor": factor,
        "goodput": traffic.goodput(seconds // 2, seconds) / CAPACITY,
        "offered": traffic.offered_rate(seconds // 2, seconds) / CAPACITY,
        "p99_ms": traffic.p99(seconds // 2, seconds),
        "level_changes": node.overload.levels.changes,
        "trace": [(at, offered[at], served[at], levels.get(at), sent[at]) for at in range(seconds)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--factor", type=float, action="append", help="times what can be served; 2 and 5")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = [run(factor, options.seconds) for factor in options.factor or (2, 5)]
    for one in found:
        print(
            f"{one['factor']:g} times capacity: goodput {one['goodput']:.2f} of it, offered {one['offered']:.2f}, "
            f"p99 {one['p99_ms']:.0f} ms, {one['level_changes']} changes of level"
        )
        for second in one["trace"] if options.trace else ():
            print("  second {:3}: offered {:4}, served {:4}, level {}, controls {}".format(*second))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
