"""Every representation of a table answers as a scan of all its entries does: one by one, in columns, and after saving."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.tables.batch import find_many, longest_many
from ain_scp.provisioning.tables.build import codes_of, compile_exact, compile_prefix
from ain_scp.provisioning.tables.digits import code, is_digits
from ain_scp.provisioning.tables.lookup import BucketTable
from ain_scp.provisioning.tables.segments import exact_from_segments, prefix_from_segments, to_segments

SETTINGS = settings(derandomize=True, deadline=None, max_examples=40)
ORDERS = [(3, 2, 1), (6, 3), (6,), (6, 5, 4, 3, 2, 1), (1, 5, 3), (-1, 0, 19, 2), ()]


def codes(numbers):
    """Give the codes of the digit strings, and integers that are no code for the rest."""
    return np.array([code(number) if is_digits(number) else -len(number) for number in numbers], np.int64)


def exact_agrees(table, rows, numbers, order, scans):
    """Compare one table with the scans, by string and in columns."""
    scan_exact, _, scan_search = scans
    expected = [scan_exact(rows, number) for number in numbers]
    assert [table.find(number) for number in numbers] == expected
    assert find_many(table, codes(numbers)).tolist() == expected
    for complete in (True, False):
        expected = [scan_search(rows, number, order, complete) for number in numbers]
        assert [table.search(number, order, complete) for number in numbers] == expected


def prefix_agrees(table, rows, numbers, scans):
    """Compare one prefix table with the scans, by string, by code and in columns."""
    scan_exact, scan_longest, _ = scans
    expected = [scan_longest(rows, number) for number in numbers]
    assert [table.longest(number) for number in numbers] == expected
    assert longest_many(table, codes(numbers)).tolist() == expected
    expected = [scan_exact(rows, number) for number in numbers]
    assert [table.find(number) for number in numbers] == expected
    assert find_many(table, codes(numbers)).tolist() == expected


@pytest.mark.parametrize("representation", [None, "dict", "mixed"])
@given(data=st.data())
@SETTINGS
def test_complete_numbers_of_all_lengths(drawn, scans, representation, data):
    """Lengths 1 to 18 side by side: only the complete number hits, and chosen prefixes when searched."""
    rows, numbers = data.draw(drawn())
    table = compile_exact(list(rows), list(rows.values()), representation=representation)
    order = data.draw(st.sampled_from(ORDERS))
    exact_agrees(table, rows, numbers, order, scans)
    exact_agrees(exact_from_segments(dict(to_segments(table))), rows, numbers, order, scans)


@pytest.mark.parametrize(
    ("representation", "width"),
    [("flat", width) for width in range(1, 12)] + [("buckets", width) for width in range(1, 19)],
)
@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=6)
def test_complete_numbers_of_one_length(drawn, scans, representation, width, data):
    """Tables of a single length, each length that the representation can hold."""
    rows, numbers = data.draw(drawn(width, width))
    table = compile_exact(list(rows), list(rows.values()), representation=representation)
    exact_agrees(table, rows, numbers, (3, 2, 1), scans)
    exact_agrees(exact_from_segments(dict(to_segments(table))), rows, numbers, (6, 3), scans)


@pytest.mark.parametrize(
    ("representation", "longest"), [(None, 18), ("dict", 18), ("trie", 18), ("ladder", 18)]
)
@given(data=st.data())
@SETTINGS
def test_longest_prefix_of_any_length(drawn, scans, representation, longest, data):
    """The longest listed prefix decides, whatever lengths are listed and however short the number is."""
    rows, numbers = data.draw(drawn(1, longest))
    table = compile_prefix(list(rows), list(rows.values()), representation=representation)
    prefix_agrees(table, rows, numbers, scans)
    prefix_agrees(prefix_from_segments(dict(to_segments(table))), rows, numbers, scans)


@pytest.mark.parametrize("longest", range(1, 12))
@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=12)
def test_longest_prefix_in_a_flat_table(drawn, scans, longest, data):
    """A flat table pushes short prefixes down to its leaves without losing which entry was listed."""
    rows, numbers = data.draw(drawn(1, longest))
    table = compile_prefix(list(rows), list(rows.values()), representation="flat")
    prefix_agrees(table, rows, numbers, scans)
    prefix_agrees(prefix_from_segments(dict(to_segments(table))), rows, numbers, scans)


@pytest.mark.parametrize("representation", ["dict", "flat", "trie", "ladder"])
def test_six_lengths_of_an_index(representation):
    """Each of the six index lengths answers for the number given as its example; there is none for other numbers."""
    index = ["925834", "92578", "4159", "213", "91", "2"]
    numbers = [
        "9258341234",
        "9257884101",
        "4159212000",
        "2135622345",
        "9165551000",
        "2125557000",
        "3105550100",
    ]
    table = compile_prefix(index, representation=representation)
    assert [table.longest(number) for number in numbers] == [0, 1, 2, 3, 4, 5, -1]


@pytest.mark.parametrize("representation", ["dict", "mixed"])
def test_exact_length_rules_of_the_blocking_lists(representation):
    """A toll free area code alone blocks nothing; four international digits match only as the complete number."""
    toll_free = compile_exact(["800", "888976", "8005550100"], representation=representation)
    assert toll_free.search("8005550199", (6,)) == -1
    assert toll_free.search("8889761234", (6,)) == 1
    assert toll_free.search("8005550100", (6,)) == 2
    international = compile_exact(["850", "5", "3314", "44207946"], representation=representation)
    assert international.search("85021812345", (3, 2, 1)) == 0
    assert international.search("53712345", (3, 2, 1)) == 1
    assert international.search("33140205050", (3, 2, 1)) == -1
    assert international.search("3314", (3, 2, 1)) == 2
    assert international.search("442079460000", (3, 2, 1)) == -1


@pytest.mark.parametrize("representation", ["dict", "flat", "buckets", "mixed"])
def test_a_hundred_thousand_random_numbers(representation):
    """One by one and in columns, 100,000 random numbers get the rows a dictionary gives; block edges included."""
    chance = np.random.default_rng(7)
    blocks = chance.choice(9000, 60, replace=False) + 1000
    plan = (10_000_000 + blocks[:, None] * 1000 + np.arange(1000)).ravel()
    plan = chance.permutation(plan)[:48_000]
    rows = chance.permutation(plan.size)
    table = compile_exact(plan + 10**10, rows, representation=representation)
    slow = dict(zip((plan + 10**10).tolist(), rows.tolist(), strict=True))
    edges = (10_000_000 + blocks[:, None] * 1000 + np.array([-1, 0, 999, 1000])).ravel()
    asked = np.concatenate(
        [chance.choice(plan, 50_000), 10_000_000 + chance.integers(0, 10_000_000, 50_000), edges]
    )
    asked = asked + 10**10
    expected = [slow.get(number, -1) for number in asked.tolist()]
    assert find_many(table, asked).tolist() == expected
    assert [table.find(str(number)[1:]) for number in asked.tolist()] == expected


@pytest.mark.parametrize("representation", ["flat", "trie", "ladder"])
def test_a_hundred_thousand_random_numbers_by_prefix(representation):
    """100,000 random numbers get the row of their longest prefix, found by trying every length in a dictionary."""
    chance = np.random.default_rng(8)
    parts = [
        chance.choice(10**length, min(10**length // 3, 8_000), replace=False) + 10**length
        for length in (2, 3, 6, 7, 10)
    ]
    listed = np.concatenate(parts)
    table = compile_prefix(listed, representation=representation)
    slow = {str(number)[1:]: row for row, number in enumerate(listed.tolist())}
    seeds = chance.choice(listed, 50_000)
    near = [(str(number)[1:] + "0000000000")[:10] for number in seeds.tolist()]
    far = [f"{number:010d}" for number in chance.integers(0, 10**10, 50_000).tolist()]
    expected = [next((slow[n[:k]] for k in range(10, 0, -1) if n[:k] in slow), -1) for n in near + far]
    assert [table.longest(number) for number in near + far] == expected
    assert longest_many(table, codes_of(near + far)).tolist() == expected


@pytest.mark.parametrize("representation", ["dict", "mixed", "flat", "buckets"])
def test_a_listed_prefix_catches_no_hostile_text(representation):
    """A prefix of three digits hits 18 digits that begin with it, but not 19, nor digits followed by anything else."""
    table = compile_exact(["850"], representation=representation)
    assert table.search("850" + "0" * 15, (3, 2, 1)) == 0
    for text in ("850" + "0" * 16, "850a", "8501*", "850\n", "850\u0661", "850 ", "850" * 1000):
        assert table.search(text, (3, 2, 1)) == table.search(text, (3, 2, 1), False) == table.find(text) == -1


def test_a_bucket_ends_before_the_next():
    """A number beyond the last of its bucket is not mistaken for the first of the next with the same last digits."""
    listed = [f"{head}{7 * head + more:02d}" for head in range(10) for more in range(4)]
    table = compile_exact(listed, representation="buckets")
    assert isinstance(table, BucketTable)
    assert table.head_digits == 1
    numbers = [f"{number:03d}" for number in range(1000)]
    expected = [listed.index(number) if number in listed else -1 for number in numbers]
    assert [table.find(number) for number in numbers] == expected
    assert find_many(table, codes_of(numbers)).tolist() == expected


@pytest.mark.parametrize("representation", ["dict", "mixed", "flat", "buckets"])
def test_an_empty_and_a_single_entry_table(hostile, representation):
    """Nothing is in an empty table; one entry is the only number there is, and no hostile text is one."""
    empty = compile_exact([], representation=representation)
    single = compile_exact(["0000000000"], [41], representation=representation)
    for text in [*hostile, "0", "000000000", "00000000000", "0000000001"]:
        assert empty.find(text) == single.find(text) == -1
        assert empty.search(text, (3, 2, 1)) == single.search(text, (3, 2, 1)) == -1
    assert single.find("0000000000") == 41
    assert find_many(single, codes_of(["0000000000", "0", "1000000000"])).tolist() == [41, -1, -1]
    assert find_many(empty, codes_of(["0000000000", "0"])).tolist() == [-1, -1]
    assert find_many(single, np.empty(0, np.int64)).tolist() == []


@pytest.mark.parametrize("representation", ["dict", "flat", "trie", "ladder"])
def test_an_empty_and_a_single_entry_prefix_table(hostile, representation):
    """A single prefix catches every number that begins with it, and no hostile text even if that begins with it."""
    empty = compile_prefix([], representation=representation)
    single = compile_prefix(["4"], [7], representation=representation)
    for text in [*hostile, "4a", "41555501O0", "4\n", "4155550100*"]:
        assert empty.longest(text) == single.longest(text) == single.find(text) == -1
    assert [single.longest(text) for text in ("4", "41", "4" * 18, "5")] == [7, 7, 7, -1]
    assert [empty.longest(text) for text in ("4", "41")] == [-1, -1]


def test_integers_that_are_no_code_are_not_there():
    """Negative, unprefixed and huge integers get -1 from every representation."""
    wrong = [-(2**63), -1, 0, 1, 9, 2, 925, 2 * 10**10, 2**63 - 1, 2 * 10**18]
    numbers = ["9258341234", "9258341235"]
    tables = [compile_exact(numbers, representation=kind) for kind in ("dict", "flat", "buckets", "mixed")]
    for table in tables:
        assert find_many(table, np.array(wrong)).tolist() == [-1] * len(wrong)
    for kind in ("dict", "flat", "trie", "ladder"):
        prefixes = compile_prefix(["9"], representation=kind)
        assert longest_many(prefixes, np.array(wrong)).tolist() == [-1] * len(wrong)
