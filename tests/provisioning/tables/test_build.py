"""What the compiler refuses, what it chooses, and what ten million numbers cost."""

import time

import numpy as np
import pytest

from ain_scp.provisioning.tables.batch import find_many, longest_many
from ain_scp.provisioning.tables.build import codes_of, compile_exact, compile_prefix, lengths_of
from kit.long_forms import in_full


def dense_plan(count, chance):
    """Give codes of ten-digit numbers in blocks of ten thousand that are 80 % full, in random order."""
    blocks = chance.choice(800_000, count // 8_000, replace=False) + 200_000
    return chance.choice(
        (10**10 + blocks[:, None] * 10_000 + np.arange(10_000)).ravel(), count, replace=False
    )


@pytest.mark.parametrize("compile_table", [compile_exact, compile_prefix])
def test_a_number_listed_twice_is_named(compile_table):
    """The digits and both rows are in the message."""
    with pytest.raises(ValueError, match="0911 is listed twice, in rows 5 and 8"):
        compile_table(["0911", "911", "0911"], [5, 6, 8])
    with pytest.raises(ValueError, match="925 is listed twice"):
        compile_table(np.array([1925, 1415, 1925]))


@pytest.mark.parametrize(
    ("codes", "rows", "message"),
    [
        (["925", "92a"], None, "number 1: '92a' is not a string of 1 to 18 digits"),
        (np.array([1925, 25]), None, "25 is not the code"),
        (np.array([-5]), None, "-5 is not the code"),
        (np.array([19.5]), None, "not a column of integers"),
        (["925"], [-1], "row -1 of 925 is outside"),
        (["925"], [2**29], "row 536870912 of 925 is outside"),
        (["925"], [1.5], "not a column of integers"),
        (["925"], [1, 2], "do not go with"),
        (np.array([[1925]]), None, "do not go with"),
    ],
)
@pytest.mark.parametrize("compile_table", [compile_exact, compile_prefix])
def test_bad_columns_are_refused(compile_table, codes, rows, message):
    """No code, no row, no integers, or columns of different lengths: each has its message."""
    with pytest.raises(ValueError, match=message):
        compile_table(codes, rows)


@pytest.mark.parametrize(
    ("compile_table", "numbers", "representation", "message"),
    [
        (compile_exact, ["9", "92"], "flat", "numbers of one length"),
        (compile_exact, ["9", "92"], "buckets", "numbers of one length"),
        (compile_exact, ["9" * 12], "flat", "at most 11 digits"),
        (compile_prefix, ["9" * 12], "flat", "at most 11 digits"),
        (compile_exact, ["9"], "hash", "'hash' is none of"),
        (compile_prefix, ["9"], "hash", "'hash' is none of"),
    ],
)
def test_a_representation_that_cannot_hold_the_numbers_is_refused(
    compile_table, numbers, representation, message
):
    """A forced representation is built or refused, never replaced in silence."""
    with pytest.raises(ValueError, match=message):
        compile_table(numbers, representation=representation)


def test_lengths_of_codes():
    """Each code's number of digits, 0 for what is no code."""
    assert lengths_of(codes_of(["0", "00", "911", "9" * 18])).tolist() == [1, 2, 3, 18]
    assert lengths_of(np.array([0, 1, 9, 20, -7, 2 * 10**18, 2**63 - 1])).tolist() == [0] * 7


def test_the_callers_columns_stay_the_callers():
    """Changing the arrays after compiling changes nothing in the table."""
    codes, rows = codes_of(["1", "2", "3"]), np.array([4, 5, 6], np.int32)
    table = compile_exact(codes, rows)
    codes[:] = 0
    rows[:] = 0
    assert [table.find(digits) for digits in "123"] == [4, 5, 6]
    assert find_many(table, codes_of(["1", "2", "3"])).tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    ("numbers", "exact", "prefix"),
    [
        (np.arange(100) + 10**10, "dict", "ladder (dict)"),
        (np.arange(80_000) + 10**7, "flat 7/4", "flat 7/4"),
        (np.arange(100_000) * 90_000 + 10**10, "buckets", "ladder (mixed (buckets))"),
        ((np.arange(14)[:, None] * 10_000 + np.arange(0, 10_000, 2)).ravel() + 10**10, "flat 10/4", "trie"),
        (np.arange(60_000) + 10**12, "buckets", "trie"),
        ((np.arange(1200)[:, None] * 830_000 + np.arange(100)).ravel() + 10**9, "flat 9/2", "flat 9/2"),
        (np.arange(60_000) * 10**12 + 10**18, "buckets", "ladder (mixed (buckets))"),
        (
            np.concatenate([np.arange(60_000) + 10**7, np.arange(10) + 1000]),
            "mixed (dict, flat 7/4)",
            "flat 7/4",
        ),
        (np.arange(900) + 1000, "dict", "flat 3/4"),
    ],
)
def test_the_choice_follows_size_and_density(numbers, exact, prefix):
    """Few numbers get a dict, blocks a flat array no larger than the largest dict, scattered ones something small."""
    assert compile_exact(numbers).describe().representation == exact
    described = compile_prefix(numbers).describe()
    assert described.representation == prefix
    assert described.entries == numbers.size


@pytest.mark.parametrize("width", [10, 11, 15, 18])
def test_scattered_numbers_do_not_explode(width):
    """60,000 numbers at random cost at most 20 octets each as complete numbers and 80 as prefixes."""
    chance = np.random.default_rng(3)
    numbers = np.unique(chance.integers(0, 10**width, 60_000)) + 10**width
    exact, prefix = compile_exact(numbers), compile_prefix(numbers)
    assert exact.describe().octets_per_entry <= 20
    assert prefix.describe().octets_per_entry <= 80
    asked = np.concatenate([numbers[:1000], numbers[:1000] + 1])
    slow = {number: row for row, number in enumerate(numbers.tolist())}
    expected = [slow.get(number, -1) for number in asked.tolist()]
    assert find_many(exact, asked).tolist() == longest_many(prefix, asked).tolist() == expected


def test_a_dense_plan_is_compact_and_complete():
    """400,000 numbers of a dense plan are all found, and cost at most 16 octets each."""
    codes = dense_plan(400_000, np.random.default_rng(4))
    for table, ask in ((compile_exact(codes), find_many), (compile_prefix(codes), longest_many)):
        assert ask(table, codes).tolist() == list(range(codes.size))
        assert table.describe().octets_per_entry <= 16


@pytest.mark.slow
@pytest.mark.compiled
def test_millions_of_numbers_compile_fit_and_answer(record_property):
    """Two or ten million numbers of a dense plan: at most 16 octets each; seconds and octets are recorded with the result."""
    codes = dense_plan(in_full(10_000_000, otherwise=2_000_000), np.random.default_rng(5))
    for name, compile_table, ask in (
        ("exact", compile_exact, find_many),
        ("prefix", compile_prefix, longest_many),
    ):
        start = time.perf_counter()
        table = compile_table(codes)
        record_property(f"{name}_seconds", round(time.perf_counter() - start, 2))
        record_property(f"{name}_octets_per_entry", round(table.describe().octets_per_entry, 2))
        assert table.describe().octets_per_entry <= 16
        assert np.array_equal(ask(table, codes), np.arange(codes.size))
