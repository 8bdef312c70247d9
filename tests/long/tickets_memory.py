"""A million tickets the whole way, and the memory of each process beside that at a tenth: `python tests/long/tickets_memory.py`.

    python tests/long/tickets_memory.py --tickets 20000    # a short one

Exit 1 when a ticket is missing or doubled, a process takes 150 MB, or more than 5 % above what it takes at a tenth.

Source: C-015; docs/tickets.md.
"""

import argparse
import json
import subprocess
import sys

MOST_MIB = 143
"""150 MB."""
MOST_PERCENT = 105


def measured(tickets):
    """What `ain ticket bench` prints of so many tickets."""
    words = [
        sys.executable,
        "-m",
        "ain_scp.ain",
        "ticket",
        "bench",
        "--tickets",
        str(tickets),
        "--no-openssl",
        "--json",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout)
    if "stages" not in found:
        raise SystemExit(done.stdout)
    return found


def main(words=None):
    """Run; the number of bounds that are exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--beside", type=int, help="the smaller number (a tenth)")
    asked = parser.parse_args(words)
    few, many = measured(asked.beside or asked.tickets // 10), measured(asked.tickets)
    wrong = 0
    for less, more in zip(few["stages"], many["stages"], strict=True):
        grown, whole = less["memory_mib"], more["memory_mib"]
        fits = whole <= MOST_MIB and 100 * whole <= MOST_PERCENT * grown
        wrong += not fits
        rate = round(many["tickets"] / more["cpu_s"]) if more["cpu_s"] else 0
        print(
            f"{more['name']:10} {grown:5} MiB, then {whole:5} MiB {'' if fits else 'TOO MUCH':9} {rate:>9} tickets/s",
            flush=True,
        )
    print(
        f"{many['calls']} calls of {many['tickets']} tickets; tickets/s of one processor: collector {many['collector']}, "
        f"provider {many['provider']}, both {many['per_second']}"
    )
    return wrong + (many["calls"] != many["tickets"])


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
