"""Random calls on the acceptance data set: the product and the reference give the same answer, path included."""

import pytest

QUICK, MANY, SLICES = 5000, 100_000, 10


@pytest.fixture(scope="module")
def product(product_of, provisioning):
    return product_of(provisioning)


@pytest.fixture(scope="module")
def some(product, provisioning, disagreements):
    return disagreements(provisioning, product, 1, QUICK)


def test_five_thousand_calls_are_decided_alike(some):
    differ, seen = some
    assert not differ, differ[:3]
    assert len(seen) > 50, sorted(seen, key=str)


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(SLICES))
def test_a_hundred_thousand_calls_are_decided_alike(seed, product, provisioning, disagreements):
    differ, _ = disagreements(provisioning, product, 1000 + seed, MANY // SLICES)
    assert not differ, differ[:3]


def test_the_calls_reach_every_announcement_and_route(some):
    """The comparison is worth little if its calls all end alike."""
    _, seen = some
    kinds = {kind for kind, _, _ in seen}
    causes = {cause for _, cause, _ in seen}
    assert kinds == {"PSTN", "CRS", "CCS", "CRS_CCS", "ASF_RTL", "ASF_RTL_HOST", "NONE"}
    never = {"BLOCKED_EMERGENCY", "CTC_BLOCKED"}  # this data set has no emergency and lets no 209 pass
    assert causes | never >= {
        None, "SCREENED", "BLOCKED_INTERNATIONAL", "BLOCKED_DOMESTIC", "BLOCKED_800", "VACANT_NUMBER",
        "UNKNOWN_ACCESS_CODE", "RTL_UNAUTHORIZED", "RTL_NO_OUTCOME", "RTL_NO_ROW", "RTL_INVALID_ROW",
    }  # fmt: skip
