"""Data sets changed at random in any of their parts: the product and the reference still agree on every call.

Hypothesis draws which parts are replaced and the seed that replaces them, so a failure shrinks to the few parts that
matter.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.long_forms import in_full

SOURCES = st.data()
CALLS = 25


def check(draw, provisioning, generated, product_of, disagreements, calls):
    parts = draw(st.frozensets(st.sampled_from(generated.PARTS)), label="parts")
    seed = draw(st.integers(0, 2**32), label="seed")
    data = generated.changed(random.Random(seed), provisioning, parts)
    differ, _ = disagreements(data, product_of(data), seed, calls)
    assert not differ, differ[:2]


def check_dense(chance, provisioning, generated, product_of, disagreements, calls):
    """Half of the parts at once: what rarely meets under `check`."""
    parts = {part for part in generated.PARTS if chance.random() < 0.5}
    data = generated.changed(chance, provisioning, parts)
    seed = chance.randrange(2**32)
    differ, seen = disagreements(data, product_of(data), seed, calls)
    assert not differ, (sorted(parts), seed, differ[:2])
    return seen


@settings(derandomize=True, deadline=None, max_examples=25)
@given(SOURCES)
def test_a_change_of_any_parts_is_understood_alike(
    provisioning, generated, product_of, disagreements, sources
):
    check(sources.draw, provisioning, generated, product_of, disagreements, CALLS)


@pytest.mark.slow
@pytest.mark.compiled
@settings(derandomize=True, deadline=None, max_examples=in_full(600, otherwise=150))
@given(SOURCES)
def test_many_changes_of_any_parts_are_understood_alike(
    provisioning, generated, product_of, disagreements, sources
):
    check(sources.draw, provisioning, generated, product_of, disagreements, CALLS)


@pytest.mark.parametrize("seed", range(30))
def test_a_data_set_changed_throughout_is_understood_alike(
    seed, provisioning, generated, product_of, disagreements
):
    check_dense(random.Random(seed), provisioning, generated, product_of, disagreements, CALLS)


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(20))
def test_many_data_sets_changed_throughout_are_understood_alike(
    seed, provisioning, generated, product_of, disagreements
):
    chance, causes = random.Random(100 + seed), set()
    for _ in range(in_full(40, otherwise=15)):
        seen = check_dense(chance, provisioning, generated, product_of, disagreements, 2 * CALLS)
        causes |= {cause for _, cause, _ in seen}
    assert {"BLOCKED_EMERGENCY", "RTL_NO_OUTCOME", "UNKNOWN_ACCESS_CODE"} <= causes
