"""What the short way does not know, beside the general node of a former commit: CPU time of a message by kind, in one run.

Run: python benchmarks/former.py [--commit 619b820] [--cycles 15] [--calls 1500] [--compiled PYTHON] [--json FILE]

Three processes hold the golden data set and are asked in turns for a pass over the same messages, each pass with transaction IDs
of its own: the former commit's general node (`ScpNode.receive`), this one's general way (`FastNode`, with nothing known of the
message: one walk, one decision, one form), and this one's short way in batches of 32. Ratio = median over the cycles of (the
former's time / this one's). The former commit is taken out of the repository's history; without it (an archive) nothing is said.

Source: general-path sections 0 and 4.
"""

import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.ain.bench.calls import draw_calls  # noqa: E402 - runs from a checkout
from ain_scp.ain.dataset import open_program  # noqa: E402
from benchmarks import side_by_side as beside  # noqa: E402

FORMER = "619b820"
GOLDEN = ROOT / "examples" / "golden"
LEAST_OF_A_KIND = 10
PASS = 400
"""Messages a pass; a rarer kind is asked again and again."""
WORKER = """
import itertools, json, sys, time
from pathlib import Path
way, golden, messages = sys.argv[1:4]
if way == "former":
    from scp.config import NodeConfig
    from scp.node import ScpNode
    from scp.service_logic.program import Program
    from ain.dataset import program_of
    from provisioning.compile import compile_dataset
    from provisioning.loader import load
    program = program_of(compile_dataset(load(Path(golden)).dataset))
else:
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.fast.node import FastNode
    program = open_program(Path(golden))
draw = itertools.cycle(range(50, 10_000, 37)).__next__
node = ScpNode(program, NodeConfig(), draw) if way == "former" else FastNode(program, NodeConfig(), draw)
kinds = {}
for line in Path(messages).read_text().splitlines():
    kind, before, after = line.split(" ")
    kinds.setdefault(kind, []).append((bytes.fromhex(before), bytes.fromhex(after)))
number, now = 0, 1_000_000_000_000_000_000

def one_by_one(asked):
    answers = 0
    for octets in asked:
        node.receive(octets, "udp://1", now)
        answers += len(node.octets_to_send())
    node.samples()
    return answers

def unknown(asked):
    path, answers = node._path, 0
    for octets in asked:
        answers += len(node._elsewhere(path, octets, "udp://1", now))
    node.sample_texts()
    return answers

def batches(asked):
    answers = 0
    for at in range(0, len(asked), 32):
        answers += len(node.answer_all(asked[at : at + 32], "udp://1", now))
    node.sample_texts()
    return answers

ask = {"former": one_by_one, "general": unknown, "short": batches}[way]
print("ready", flush=True)
for line in sys.stdin:
    kind, count = line.split()
    pool, asked = kinds[kind], []
    for at in range(int(count)):
        before, after = pool[at % len(pool)]
        number += 1
        asked.append(before + number.to_bytes(4, "big") + after)
    now += 20_000_000_000
    began = time.process_time_ns()
    answers = ask(asked)
    print(json.dumps([(time.process_time_ns() - began) / len(asked), answers]), flush=True)
"""


class Way:
    """One process of a way's code, which answers a line with a line of JSON; `hour.py` uses it, too."""

    def __init__(self, name, worker, way, python, place, given):
        self.name = name
        words = [python, "-c", worker, way, GOLDEN, given]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=place
        )
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"{name} did not start")

    def ask(self, line=""):
        """What it answers."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def taken_out(commit, place):
    """Put a former commit's files into a folder; why not, or nothing."""
    done = subprocess.run(["git", "archive", commit], capture_output=True, cwd=ROOT, check=False)
    if done.returncode:
        return f"the repository has no commit {commit}"
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(place, filter="data")
    return ""


def measure(commit, cycles, calls, compiled):
    """Every kind each way; a mapping ready to be written as JSON."""
    with tempfile.TemporaryDirectory(prefix="ain-former-") as scratch:
        work = Path(scratch)
        why = taken_out(commit, work / "former")
        if why:
            return {"why": why, "kinds": []}
        drawn = draw_calls(open_program(GOLDEN), calls, 1, 1)
        kinds = {}
        for one in drawn:
            kinds.setdefault(one.kind, []).append(f"{one.kind} {one.before.hex()} {one.after.hex()}")
        kinds = {kind: lines for kind, lines in kinds.items() if len(lines) >= LEAST_OF_A_KIND}
        messages = work / "messages"
        messages.write_text("\n".join(line for lines in kinds.values() for line in lines))
        ways = [Way("former", WORKER, "former", sys.executable, work / "former", messages)]
        for name, python, place in _pythons(compiled):
            ways.append(Way(f"general, {name}", WORKER, "general", python, place, messages))
            ways.append(Way(f"short, {name}", WORKER, "short", python, place, messages))
        try:
            return {
                "why": "",
                "kinds": [_kind(kind, len(lines), ways, cycles) for kind, lines in kinds.items()],
            }
        finally:
            for way in ways:
                way.end()


def _pythons(compiled):
    found = [("interpreted", sys.executable, ROOT / "src")]
    if compiled:
        python, _, where = compiled.partition(":")
        found.append(("compiled", python, where or "/"))
    return found


def _kind(kind, messages, ways, cycles):
    for way in ways:
        way.ask(f"{kind} {PASS}")  # what is made once
    seen = [[way.ask(f"{kind} {PASS}") for way in ways] for _ in range(cycles)]
    wrong = len({tuple(answers for _, answers in row) for row in seen}) - 1
    wrong += any(len({answers for _, answers in row}) > 1 for row in seen)
    return {
        "kind": kind,
        "messages": messages,
        "wrong": wrong,
        "us": {way.name: statistics.median(row[at][0] for row in seen) / 1000 for at, way in enumerate(ways)},
        "ratio": {
            way.name: statistics.median(row[0][0] / row[at][0] for row in seen) for at, way in enumerate(ways)
        },
    }


def main():
    parser = beside.arguments(__doc__, count=15)
    parser.add_argument("--commit", default=FORMER)
    parser.add_argument("--calls", type=int, default=1500, help="calls drawn, whose messages are asked")
    options = parser.parse_args()
    found = measure(options.commit, options.cycles, options.calls, options.compiled)
    if found["why"]:
        print(f"not measured: {found['why']}")
    for one in found["kinds"]:
        times = ", ".join(f"{name} {us:.1f} us x {one['ratio'][name]:.1f}" for name, us in one["us"].items())
        print(
            f"{one['kind']:20} {one['messages']:5} messages: {times}{' ANSWERS DIFFER' if one['wrong'] else ''}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
