"""Number tables beside what else there is: dict, numpy, marisa-trie, datrie, pytricia; nanoseconds, octets, build time.

Run: pytest benchmarks/test_tables.py --benchmark-enable --benchmark-timer=time.process_time
10 thousand numbers by default, 1 million as well without `-m 'not slow'`, 10 million with AIN_BENCH_LARGE=1.

Numbers are a dense plan (blocks of ten thousand, 80 % full), asked for in random order, 70 % listed. The prefix table is
90 % ten-digit numbers, 9 % seven-digit blocks, and prefixes of six and three digits. Every contender's answers are
compared before it is timed. The last test prints all results as one table.

The octets of datrie and pytricia, which do not say, are what the process grew by. Tables that cannot be built in reasonable
time or memory are skipped with the reason (UNFIT).

Source: performance.md section 3.
"""

import contextlib
import ctypes
import gc
import os
import statistics
import sys
import time
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ain_scp.provisioning.tables.batch import find_many, longest_many
from ain_scp.provisioning.tables.build import compile_exact, compile_prefix

LARGE = pytest.mark.skipif(
    os.environ.get("AIN_BENCH_LARGE") != "1", reason="10 million numbers: set AIN_BENCH_LARGE=1"
)
SIZES = [
    pytest.param(10_000, id="10k"),
    pytest.param(1_000_000, id="1M", marks=pytest.mark.slow),
    pytest.param(10_000_000, id="10M", marks=[pytest.mark.slow, LARGE]),
]
UNFIT = {"datrie": (50_000, "it takes minutes to build"), "pytricia": (1_000_000, "it takes gigabytes")}
"""The most entries a contender is built with, and why not more."""
ASKED = 20_000
BATCH = 1 << 18
TURNS = 9
RESULTS = []


class Contender(NamedTuple):
    """A built table: its look-up by digit string, its octets, and whether processes can map it from a file."""

    find: object
    octets: int
    mappable: bool


class Plan(NamedTuple):
    """Numbers and prefixes in rising row order, numbers to ask for, and the expected rows."""

    codes: np.ndarray
    digits: list
    asked: list
    batch: np.ndarray
    expected: list
    by_dict: object
    """The same question to a dict: the yardstick, asked in turns with every contender."""


def make_plan(count, prefixes):
    """Make a dense plan of about `count` entries, the same one every time."""
    chance = np.random.default_rng(count)
    blocks = chance.choice(800_000, max(count // 8_000, 2), replace=False) + 200_000
    codes = chance.choice(
        (10**10 + blocks[:, None] * 10_000 + np.arange(10_000)).ravel(), count, replace=False
    )
    if prefixes:
        nine = count * 9 // 10
        npas = np.arange(200, 1000) + 10**3
        codes = np.concatenate(
            [codes[:nine], np.unique(codes[nine:] // 1000), blocks[: len(blocks) // 2] + 10**6, npas]
        )
    listed = chance.random(BATCH) < 0.7
    full = codes[codes >= 10**10]
    batch = np.where(
        listed,
        chance.choice(full, BATCH),
        10**10 + chance.choice(blocks, BATCH) * 10_000 + chance.integers(0, 10_000, BATCH),
    )
    digits = [str(code)[1:] for code in codes.tolist()]
    asked = [str(code)[1:] for code in batch[:ASKED].tolist()]
    rows = {text: row for row, text in enumerate(digits)}
    lengths = (10, 7, 6, 3) if prefixes else (10,)
    expected = [next((rows[n[:k]] for k in lengths if n[:k] in rows), -1) for n in asked]
    by_dict = longest_of(rows, lengths) if prefixes else lambda text: rows.get(text, -1)
    return Plan(codes, digits, asked, batch, expected, by_dict)


def longest_of(rows, lengths):
    """One dict of entries of these lengths, tried from the longest down."""

    def longest(text):
        for length in lengths:
            row = rows.get(text[:length])
            if row is not None:
                return row
        return -1

    return longest


@pytest.fixture(scope="module", params=SIZES)
def plan(request):
    """Complete numbers only."""
    return make_plan(request.param, prefixes=False)


@pytest.fixture(scope="module", params=SIZES)
def prefix_plan(request):
    """Numbers and prefixes."""
    return make_plan(request.param, prefixes=True)


def ours(representation):
    """Build our table, in the representation it chooses or the one named."""

    def build(plan):
        table = compile_exact(plan.codes, representation=representation)
        return Contender(table.find, table.describe().octets, mappable=True)

    return build


def dictionary(plan):
    """Build a dict by digit string."""
    rows = {text: row for row, text in enumerate(plan.digits)}
    octets = sys.getsizeof(rows) + sum(map(sys.getsizeof, plan.digits[:1000])) * len(rows) // len(
        plan.digits[:1000]
    )
    return Contender(lambda text: rows.get(text, -1), octets + 32 * len(rows), mappable=False)


def searchsorted(plan):
    """Build sorted numpy columns, asked one number at a time."""
    order = np.argsort(plan.codes)
    codes, rows = plan.codes[order], order.astype(np.int32)

    def find(text):
        code = int("1" + text)
        at = codes.searchsorted(code)
        return int(rows[at]) if at < len(codes) and codes[at] == code else -1

    return Contender(find, codes.nbytes + rows.nbytes, mappable=True)


def marisa(plan):
    """Build a marisa trie with a column of rows beside it."""
    marisa_trie = pytest.importorskip("marisa_trie")
    trie = marisa_trie.Trie(plan.digits)
    rows = np.empty(len(plan.digits), np.int32)
    rows[list(map(trie.__getitem__, plan.digits))] = np.arange(len(plan.digits))
    column = memoryview(rows)

    def find(text):
        key = trie.get(text)
        return -1 if key is None else column[key]

    return Contender(find, len(trie.tobytes()) + rows.nbytes, mappable=True)


def marisa_longest(plan):
    """Build the same trie, asked for all prefixes, of which the last is the longest."""
    marisa_trie = pytest.importorskip("marisa_trie")
    trie = marisa_trie.Trie(plan.digits)
    rows = np.empty(len(plan.digits), np.int32)
    rows[list(map(trie.__getitem__, plan.digits))] = np.arange(len(plan.digits))
    column = memoryview(rows)

    def longest(text):
        found = trie.prefixes(text)
        return column[trie[found[-1]]] if found else -1

    return Contender(longest, len(trie.tobytes()) + rows.nbytes, mappable=True)


def datrie(plan):
    """Build a double-array trie; its build time grows out of hand beyond some ten thousand numbers."""
    module = fitting("datrie", plan)
    trie = module.BaseTrie("0123456789")
    for row, text in enumerate(plan.digits):
        trie[text] = row
    return Contender(lambda text: trie.longest_prefix_value(text, -1), 0, mappable=False)


def pytricia(plan):
    """Build a Patricia tree of IPv6 prefixes, a digit to each nibble."""
    module = fitting("pytricia", plan)
    tree = module.PyTricia(128)
    for row, text in enumerate(plan.digits):
        tree.insert(bytes.fromhex(text.ljust(32, "0")), 4 * len(text), row)
    pad = "0" * 22
    return Contender(lambda text: tree.get(bytes.fromhex(text + pad), -1), 0, mappable=False)


def fitting(name, plan):
    """Import a contender, or skip when it is not installed or cannot hold this plan."""
    module = pytest.importorskip(name, reason=f"{name} is not installed")
    most, why = UNFIT[name]
    if len(plan.digits) > most:
        pytest.skip(f"{name}: {why}")
    return module


def ours_longest(representation):
    """Build our prefix table, in the representation it chooses or the one named."""

    def build(plan):
        table = compile_prefix(plan.codes, representation=representation)
        return Contender(table.longest, table.describe().octets, mappable=True)

    return build


def dictionaries(plan):
    """Build one dict for each length, tried from the longest down."""
    by_length = {length: {} for length in (10, 7, 6, 3)}
    for row, text in enumerate(plan.digits):
        by_length[len(text)][text] = row
    ladder = list(by_length.items())

    def longest(text):
        for length, rows in ladder:
            row = rows.get(text[:length])
            if row is not None:
                return row
        return -1

    octets = sum(map(sys.getsizeof, by_length.values())) + (59 + 32) * len(plan.digits)
    return Contender(longest, octets, mappable=False)


EXACT = {
    "ours": ours(None), "flat": ours("flat"), "buckets": ours("buckets"), "dict": dictionary,
    "searchsorted": searchsorted, "marisa-trie": marisa, "datrie": datrie, "pytricia": pytricia,
}  # fmt: skip
PREFIX = {
    "ours": ours_longest(None), "flat": ours_longest("flat"), "trie": ours_longest("trie"),
    "dict per length": dictionaries, "marisa-trie": marisa_longest, "datrie": datrie, "pytricia": pytricia,
}  # fmt: skip


def timed(benchmark, name, plan, build):
    """Build, compare, time; note nanoseconds, octets and seconds of building."""
    release()
    before, start = resident(), time.perf_counter()
    contender = build(plan)
    seconds = time.perf_counter() - start
    octets = contender.octets or max(resident() - before, 1)
    find, asked = contender.find, plan.asked
    assert [find(text) for text in asked] == plan.expected

    def ask():
        for text in asked:
            find(text)

    benchmark(ask)
    if benchmark.stats:
        benchmark.extra_info["to_dict"] = beside_dict(find, plan)
    note(benchmark, name, plan, len(asked), octets, seconds, contender.mappable)


def beside_dict(find, plan):
    """How many times as fast as the dict: median over TURNS of passes in turns, so that a slow phase falls on both."""
    ratios = []
    for _ in range(TURNS):
        took = []
        for ask in (plan.by_dict, find):
            start = time.process_time_ns()
            for text in plan.asked:
                ask(text)
            took.append(time.process_time_ns() - start)
        ratios.append(took[0] / took[1])
    return statistics.median(ratios)


def release():
    """Give unused memory back, so that what is built next shows as growth (glibc; elsewhere some of it may not)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident():
    """Octets of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def note(benchmark, name, plan, asked, octets, seconds, mappable):
    """Keep a result for the table at the end and for the benchmark's own file."""
    if not benchmark.stats:
        return
    nanoseconds = benchmark.stats["min"] / asked * 1e9
    entries = len(plan.codes)
    per_entry = round(octets / entries, 1) if octets else None
    benchmark.extra_info.update(
        name=name,
        entries=entries,
        ns_per_look_up=round(nanoseconds, 1),
        octets_per_entry=per_entry,
        build_s=round(seconds, 3),
        mappable=mappable,
    )
    RESULTS.append((name, entries, nanoseconds, per_entry, seconds, mappable))


@pytest.mark.parametrize("name", EXACT)
def test_complete_numbers_one_by_one(benchmark, plan, name):
    timed(benchmark, f"exact {name}", plan, EXACT[name])


@pytest.mark.parametrize("name", PREFIX)
def test_longest_prefix_one_by_one(benchmark, prefix_plan, name):
    timed(benchmark, f"prefix {name}", prefix_plan, PREFIX[name])


@pytest.mark.parametrize("name", ["ours", "searchsorted"])
def test_complete_numbers_in_columns(benchmark, plan, name):
    start = time.perf_counter()
    table = compile_exact(plan.codes)
    compiled = time.perf_counter()
    order = np.argsort(plan.codes)
    codes, rows = plan.codes[order], order.astype(np.int32)
    seconds = time.perf_counter() - compiled if name == "searchsorted" else compiled - start

    def sorted_search():
        found = np.empty(BATCH, np.int32)
        for start in range(0, BATCH, 1 << 16):
            chunk = plan.batch[start : start + (1 << 16)]
            at = np.minimum(codes.searchsorted(chunk), len(codes) - 1)
            found[start : start + (1 << 16)] = np.where(codes[at] == chunk, rows[at], -1)
        return found

    ask = sorted_search if name == "searchsorted" else lambda: find_many(table, plan.batch)
    assert ask()[:ASKED].tolist() == plan.expected
    benchmark(ask)
    octets = codes.nbytes + rows.nbytes if name == "searchsorted" else table.describe().octets
    note(benchmark, f"exact columns {name}", plan, BATCH, octets, seconds, mappable=True)


def test_longest_prefix_in_columns(benchmark, prefix_plan):
    start = time.perf_counter()
    table = compile_prefix(prefix_plan.codes)
    seconds = time.perf_counter() - start
    assert longest_many(table, prefix_plan.batch)[:ASKED].tolist() == prefix_plan.expected
    benchmark(lambda: longest_many(table, prefix_plan.batch))
    note(
        benchmark, "prefix columns ours", prefix_plan, BATCH, table.describe().octets, seconds, mappable=True
    )


def line(name, entries, nanoseconds, octets, seconds, mappable):
    """Write one result."""
    shown = "-" if octets is None else f"{octets:.1f}"
    return f"{name:28}{entries:>10}{nanoseconds:>10.0f}{shown:>10}{seconds:>10.2f}{'yes' if mappable else 'no':>6}"


def test_results_as_a_table(capsys):
    """Print what was measured; nothing when the benchmarks are switched off."""
    if not RESULTS:
        pytest.skip("nothing was timed: run with --benchmark-enable")
    with capsys.disabled():
        print(f"\n{'':28}{'entries':>10}{'ns':>10}{'octets':>10}{'build s':>10}{'map':>6}")
        print("\n".join(starmap(line, sorted(RESULTS, key=lambda result: (result[1], result[0])))))
