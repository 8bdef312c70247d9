"""Query lines for a review of many calls: one caller of the golden data set a line, to every kind of number; seeded.

    python benchmarks/review_calls.py CALLS [SEED] > calls.jsonl

Callers are those of triggers.csv that originate; numbers are on the network, off it, blocked, abroad, free and vacant, most of them met once; times are
spread over a week.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "examples" / "golden"
KINDS = ("92120{:02}", "9213{:03}", "1415921{:04}", "1212777{:04}", "1213969{:04}", "1800555{:04}", "14155{:06}", "1900555{:04}", "0114420794{:05}", "925555{:04}")  # fmt: skip


def lines(calls: int, seed: int) -> Iterator[str]:
    """The lines."""
    rows = (GOLDEN / "network" / "triggers.csv").read_text().splitlines()[1:]
    found = [row.split(",") for row in rows if row and not row.startswith("#")]
    callers = [
        number for number, trigger, *_ in found if trigger != "TAT"
    ]  # a terminating attempt has no caller of ours
    chance = random.Random(seed)
    for number in range(1, calls + 1):
        kind = chance.choice(KINDS)
        digits = kind.format(chance.randrange(10 ** int(kind[kind.index(":0") + 2 : -1])))
        second = chance.randrange(7 * 86_400)
        day, rest = divmod(second, 86_400)
        yield (
            f'{{"id":{number},"query":{{"message":"INFO_ANALYZED","trigger":"CDP_AC","calling_party":"{chance.choice(callers)}",'
            f'"access_code":"{chance.choice("79")}","dialed":"{digits}","bearer":"SPEECH",'
            f'"time":"2001-01-{15 + day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"}}}}\n'
        )


if __name__ == "__main__":
    sys.stdout.writelines(lines(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
