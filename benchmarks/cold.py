"""The first messages of a server: what they cost beside the same server's when it is warm.

Run: python benchmarks/cold.py [--numbers 20000] [--cycles 3] [--warm 24000] [--compiled PYTHON] [--json FILE]

Each cycle starts a server anew and sends it the messages of whole calls, one awaited at a time; CPU time a message of the first
FIRST of them, then, after so many more (--warm), that of as many again. The figure is the median over the cycles of (cold / warm).

Source: performance.md sections 1 and 8.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import draw_calls  # noqa: E402 - runs from a checkout
from ain_scp.ain.bench.plan import grow  # noqa: E402
from ain_scp.ain.dataset import open_program  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

FIRST = 200


def sent(generator, server, count):
    """CPU microseconds a message of the next `count`, one awaited at a time."""
    before, first = server.schedule()[0], generator.number
    while generator.number - first < count:
        generator.visit(server, 0.0)
    return (server.schedule()[0] - before) / (generator.number - first) / 1000


def measure(numbers, cycles, compiled, warm):
    """Start each server `cycles` times; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-cold-") as scratch:
        dataset = Path(scratch) / "plan"
        grow(ROOT / "examples" / "golden", dataset, numbers)
        pool = draw_calls(open_program(dataset), beside.POOL, 1)
        if os.cpu_count() > 1:
            os.sched_setaffinity(0, {1})
        seen = {}
        for _ in range(cycles):
            for server in beside.servers(dataset, compiled, Path(scratch)):
                try:
                    if server.name.startswith("SCP"):
                        generator = beside.Generator(pool, plain=True, window=1)
                        cold = sent(generator, server, FIRST)
                        sent(generator, server, warm)
                        seen.setdefault(server.name, []).append((cold, sent(generator, server, FIRST)))
                finally:
                    server.end()
    return {
        "servers": [
            {
                "name": name,
                "cold_us": statistics.median(cold for cold, _ in pairs),
                "warm_us": statistics.median(warm for _, warm in pairs),
                "ratio": statistics.median(cold / warm for cold, warm in pairs),
            }
            for name, pairs in seen.items()
        ]
    }


def main():
    parser = beside.arguments(__doc__, count=3)
    parser.add_argument(
        "--warm", type=int, default=24_000, help="messages between the first and the later ones"
    )
    options = parser.parse_args()
    found = measure(options.numbers, options.cycles, options.compiled, options.warm)
    for one in found["servers"]:
        print(
            f"{one['name']:20} first {FIRST}: {one['cold_us']:.1f} us a message, later {one['warm_us']:.1f} us, x {one['ratio']:.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
