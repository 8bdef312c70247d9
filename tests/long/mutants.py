"""Small wrong changes of the code, and whether the tests notice: `python tests/long/mutants.py` (100 of them, all rooms).

Each change is made in a copy of the checkout, one at a time in each copy: a comparison turned or moved by one, `and` for `or`, a number one
higher, a sum for a difference, a condition dropped, a truth value turned. First the tests that import the module run, then, when they
pass, all tests of its room. A change that no test notices lives; it is listed, and the exit code is 1, unless
`mutants_explained.toml` says why it makes no difference. The draw depends on the seed alone, and gives every room its share.

    python tests/long/mutants.py --seed 7 --count 10     # what CI does, with a seed of its own
    python tests/long/mutants.py --list                  # the changes, without running anything
    python tests/long/mutants.py --room journal          # of one room

Limits: modules compiled to C are taken as they are interpreted; tests marked slow, alone or interop do not run.

Source: attacks section 7.
"""

import argparse
import ast
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
EXPLAINED = Path(__file__).with_name("mutants_explained.toml")
ROOMS = {
    "terms": ["tests/terms", "tests/service"],
    "provisioning": ["tests/provisioning"],
    "signaling": ["tests/signaling", "tests/conformance"],
    "transport": ["tests/transport"],
    "journal": ["tests/journal"],
    "dialplan": ["tests/dialplan", "tests/service", "tests/scp/test_dialing.py"],
    "screening": ["tests/screening", "tests/service", "tests/scp/test_tables_screening.py"],
    "asf_rtl": ["tests/asf_rtl", "tests/service", "tests/scp/test_tables_routing.py"],
    "billing": ["tests/billing", "tests/service", "tests/scp/test_tables_billing.py"],
    "smdr": ["tests/smdr"],
    "tickets": ["tests/tickets"],
    "reports": ["tests/reports", "tests/smdr"],
    "figures": ["tests/figures", "tests/ssp_sim/report"],
    "portability": ["tests/acceptance"],
    "tollfree": ["tests/acceptance"],
    "terminating": ["tests/acceptance"],
    "api": ["tests/api"],
    "console": ["tests/console"],
    "couriers": ["tests/couriers"],
    "scp": ["tests/scp", "tests/conformance"],
    "ssp_sim": ["tests/ssp_sim"],
    "ain": ["tests/ain"],
}
"""Every room and the tests that answer for it."""
TURNED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
SWAPPED = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
}
PATIENCE_S = 240


class Mutant(NamedTuple):
    """One change: the file, where in it, what stood there and what stands there now."""

    file: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before!r} -> {self.after!r}"


class Places:
    """Offsets in a source by the line and UTF-8 column that syntax trees have."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def of(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        octets = self.text[start : self._lines[line]].encode()[:column]
        return start + len(octets.decode())


def changes(file: str, text: str) -> Iterator[Mutant]:
    """Every change of one module."""
    places = Places(text)
    tree = ast.parse(text)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    options = {one for node in classes for keyword in node.keywords for one in ast.walk(keyword)}
    for node in ast.walk(tree):
        for first, last, old, new in () if node in options else _of_node(node):
            start, end = places.of(*first), places.of(*last)
            piece = text[start:end]
            if old is not None:
                at = piece.find(old)
                if at < 0 or piece.count(old) != 1:
                    continue
                start, end = start + at, start + at + len(old)
            yield Mutant(file, first[0], start, end, text[start:end], new)


Span = tuple[tuple[int, int], tuple[int, int], str | None, str]


def _of_node(node: ast.AST) -> Iterator[Span]:
    """(from, to, what to look for in between or None for all of it, what to write)."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        words = {ast.NotIn: "not in", ast.IsNot: "is not", ast.In: "in", ast.Is: "is"}
        signs = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
        operator = type(node.ops[0])
        yield _end(node.left), _begin(node.comparators[0]), (words | signs)[operator], TURNED[operator]
    elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield _end(node.values[0]), _begin(node.values[1]), old, new
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _is_text(node):
        old, new = SWAPPED[type(node.op)]
        yield _end(node.left), _begin(node.right), old, new
    elif isinstance(node, ast.Constant) and type(node.value) is int and 0 <= node.value < 1000:
        yield _begin(node), _end(node), None, str(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _begin(node), _end(node), None, str(not node.value)
    elif isinstance(node, ast.If):
        yield _begin(node.test), _end(node.test), None, "False"


def _begin(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def _is_text(node: ast.BinOp) -> bool:
    texts = (ast.JoinedStr,)
    return any(
        isinstance(one, texts) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
        for one in (node.left, node.right)
    )


def modules(room: str) -> list[Path]:
    """The modules of a room that hold code, without type checks of their own."""
    found = sorted((ROOT / room).rglob("*.py"))
    return [path for path in found if path.name not in {"__init__.py", "__main__.py"}]


def drawn(seed: int, count: int, rooms: list[str]) -> list[Mutant]:
    """So many changes, the same for a seed: each room in turn gives one of one of its modules."""
    chance = random.Random(seed)
    found: list[Mutant] = []
    while len(found) < count:
        room = rooms[len(found) % len(rooms)]
        path = chance.choice(modules(room))
        text = path.read_text()
        every = list(changes(str(path.relative_to(ROOT)), text))
        if every:
            found.append(chance.choice(every))
    return found


def explained() -> set[tuple[str, str, str]]:
    """Changes that make no difference, each with its reason in the file: (file, the whole line as it is, what stands there then)."""
    rows = tomllib.loads(EXPLAINED.read_text()).get("mutant", [])
    return {(row["file"], row["line"], row["after"]) for row in rows if row["why"]}


class Copy:
    """A copy of the checkout in which changes are tried."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="ain-mutants-"))
        names = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        ).stdout.split(b"\0")
        for name in filter(None, map(os.fsdecode, names)):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists() or (ROOT / name).is_symlink():
                shutil.copy2(ROOT / name, self.root / name, follow_symlinks=False)

    def close(self) -> None:
        shutil.rmtree(self.root)

    def lives(self, mutant: Mutant) -> bool:
        """Whether all tests pass with a change."""
        path = self.root / mutant.file
        text = path.read_text()
        path.write_text(text[: mutant.start] + mutant.after + text[mutant.end :])
        try:
            return all(self._passes(tests) for tests in self._suites(mutant.file))
        finally:
            path.write_text(text)

    def _suites(self, file: str) -> list[list[str]]:
        """The tests that import the module, then all of the room."""
        room, *_ = file.split("/")
        module = "ain_scp." + file.removesuffix(".py").replace("/", ".")
        whole = [tests for tests in ROOMS[room] if (self.root / tests).exists()]
        near = [
            str(path.relative_to(self.root))
            for path in sorted((self.root / "tests").rglob("test_*.py"))
            if module in path.read_text() and path.parts[-2] != "benchmarks"
        ]
        return [near, whole] if near else [whole]

    def _passes(self, tests: list[str]) -> bool:
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:randomly",
            "-m",
            "not slow and not alone and not interop",
        ]
        environment = {**os.environ, "PYTHONPATH": str(self.root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [*words, *tests],
                cwd=self.root,
                env=environment,
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode in (0, 5)


def main() -> int:
    """Draw, try, list who lives; 1 when any of them is not explained."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--room", choices=ROOMS, action="append")
    parser.add_argument(
        "--allow", type=int, default=0, help="how many may live without making the exit code 1"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are tried at once")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    mutants = drawn(given.seed, given.count, given.room or list(ROOMS))
    if given.list:
        print(*mutants, sep="\n")
        return 0
    known = explained()
    alive = []
    with contextlib.ExitStack() as stack:
        free: SimpleQueue[Copy] = SimpleQueue()
        for _ in range(given.jobs):
            free.put(copy := Copy())
            stack.callback(copy.close)

        def tried(mutant: Mutant) -> bool:
            copy = free.get()
            try:
                return copy.lives(mutant)
            finally:
                free.put(copy)

        pool = stack.enter_context(ThreadPoolExecutor(given.jobs))
        for mutant, lives in zip(mutants, pool.map(tried, mutants), strict=True):
            line = (ROOT / mutant.file).read_text().splitlines()[mutant.line - 1].strip()
            why = lives and (mutant.file, line, mutant.after) in known
            print(f"{'explained' if why else 'LIVES' if lives else 'killed'}  {mutant}    {line}", flush=True)
            alive += [mutant] if lives and not why else []
    print(f"{len(mutants)} changes, {len(alive)} live and are not explained")
    return 1 if len(alive) > given.allow else 0


if __name__ == "__main__":
    sys.exit(main())
