"""The traffic formulas give the values of the published tables."""

import math
import random

import pytest

from kit.erlang import batch_interval, carried, erlang_b, erlang_c, mean_wait_s, trunks_for


@pytest.mark.parametrize(
    ("erlangs", "trunks", "blocking"),
    [
        # ITU-T E.520 / classic Erlang B table: the traffic that N trunks carry at 1 % (and 0.1 %, 5 %) blocking
        (0.0101, 1, 0.01), (0.153, 2, 0.01), (0.455, 3, 0.01), (1.36, 5, 0.01), (4.46, 10, 0.01), (12.03, 20, 0.01),
        (20.34, 30, 0.01), (37.90, 50, 0.01), (84.06, 100, 0.01),
        (0.0010, 1, 0.001), (3.09, 10, 0.001), (9.41, 20, 0.001), (75.24, 100, 0.001),
        (0.0526, 1, 0.05), (6.22, 10, 0.05), (15.25, 20, 0.05),
    ],
)  # fmt: skip
def test_erlang_b_table(erlangs: float, trunks: int, blocking: float) -> None:
    """The loss formula reproduces the table, whose traffic is rounded to three or four digits."""
    assert erlang_b(erlangs, trunks) == pytest.approx(blocking, rel=0.012)


def test_erlang_b_closed_forms() -> None:
    """Small groups follow the formula written out, and the edges are certain."""
    assert erlang_b(1.0, 1) == pytest.approx(1 / 2)
    assert erlang_b(1.0, 2) == pytest.approx(1 / 5)
    assert erlang_b(10.0, 12) == pytest.approx(0.1197, abs=5e-5)
    assert [erlang_b(0, 0), erlang_b(0, 5), erlang_b(3, 0)] == [1.0, 0.0, 1.0]
    series = sum(20.0**k / math.factorial(k) for k in range(26))
    assert erlang_b(20.0, 25) == pytest.approx(20.0**25 / math.factorial(25) / series)


@pytest.mark.parametrize(
    ("erlangs", "servers", "waiting"),
    [(1, 2, 1 / 3), (2, 3, 4 / 9), (8, 10, 0.4092), (20, 25, 0.2092), (5, 5, 1), (9, 5, 1)],
)
def test_erlang_c(erlangs: float, servers: int, waiting: float) -> None:
    """The delay formula: closed forms for small groups, table values for larger ones, certainty when overloaded."""
    assert erlang_c(erlangs, servers) == pytest.approx(waiting, abs=1e-4)


def test_waiting_time() -> None:
    """One server at half load makes everybody wait one holding time on average (M/M/1)."""
    assert mean_wait_s(0.5, 1, 180.0) == pytest.approx(180.0)
    assert mean_wait_s(3, 2, 1.0) == math.inf


def test_dimensioning_is_the_inverse() -> None:
    """The number of trunks found blocks no more than asked; one fewer would."""
    for erlangs in (0.0, 0.5, 4.46, 37.9, 200.0):
        for blocking in (0.001, 0.01, 0.2, 1.0):
            trunks = trunks_for(erlangs, blocking)
            assert erlang_b(erlangs, trunks) <= blocking or erlangs == 0
            assert trunks == 0 or erlang_b(erlangs, trunks - 1) > blocking
    with pytest.raises(ValueError, match="share"):
        trunks_for(1, 0)


def test_carried_never_exceeds_the_trunks() -> None:
    """What gets through is less than offered and than the group can hold."""
    assert carried(10, 12) == pytest.approx(8.803, abs=1e-3)
    assert carried(1000, 12) < 12


def test_batch_interval() -> None:
    """The interval has Student's width, and holds the true mean about 99 times in 100."""
    low, high = batch_interval([0.0, 1.0] * 10)
    assert (high - low) / 2 == pytest.approx(2.861 * math.sqrt(20 / 19 / 4 / 20), rel=1e-3)
    chance = random.Random(7)
    held = 0
    for _ in range(500):
        low, high = batch_interval([chance.gauss(0.12, 0.02) for _ in range(20)])
        held += low <= 0.12 <= high
    assert 485 <= held < 500
    with pytest.raises(ValueError, match="ten stretches"):
        batch_interval([1.0] * 9)
