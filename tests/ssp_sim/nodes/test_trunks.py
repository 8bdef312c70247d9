"""Trunk groups, the order facilities are tried in, and Erlang B."""

import math
import random

import pytest

from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.nodes.trunks import (
    HALF_OF_CIRCUITS,
    MAX_CIRCUIT,
    PSTN,
    Choice,
    TrunkGroup,
    facility_order,
    seizing_end,
)


def group(members, first=1):
    return TrunkGroup("0000-0174", "SSP2014", "ETN2016", "MF", members, first)


def test_members_are_seized_until_none_is_left_and_come_back():
    trunks = group(2)
    first, second = trunks.seize(), trunks.seize()
    assert (first.number, second.number) == (1, 2)
    assert trunks.seize() is None
    trunks.release(first)
    assert trunks.seize() == first
    assert (trunks.offered, trunks.overflowed, trunks.in_use, trunks.peak) == (4, 1, 2, 2)


def test_the_longest_idle_circuit_is_taken_next():
    trunks = group(3)
    one, two, three = trunks.seize(), trunks.seize(), trunks.seize()
    for circuit in (two, three, one):
        trunks.release(circuit)
    assert [trunks.seize() for _ in range(3)] == [two, three, one]


@pytest.mark.parametrize(("members", "first"), [(-1, 1), (2, MAX_CIRCUIT), (1, -1)])
def test_a_group_that_does_not_fit_the_circuit_codes_is_refused(members, first):
    with pytest.raises(ValueError, match="do not fit"):
        group(members, first)


def test_a_circuit_code_belongs_to_one_end():
    assert seizing_end("B", "A", 1) == seizing_end("A", "B", HALF_OF_CIRCUITS) == "A"
    assert seizing_end("B", "A", HALF_OF_CIRCUITS + 1) == "B"


@pytest.mark.parametrize(
    ("trunks", "carriers", "order"),
    [
        ((), (), [PSTN]),
        (("T1", "T2", "T3"), (), [Choice("TRUNK", t) for t in ("T1", "T2", "T3")]),
        ((), ("0333", "0222"), [Choice("CARRIER", "0333"), Choice("CARRIER", "0222")]),
        (("T1",), ("0222",), [Choice("TRUNK", "T1"), Choice("CARRIER", "0222")]),
    ],
)
def test_trunk_groups_come_before_carriers_and_nothing_means_the_public_network(trunks, carriers, order):
    assert facility_order(trunks, carriers) == tuple(order)


def erlang_b(erlangs, trunks):
    """Blocking of a full-availability loss group, by the recursion."""
    blocking = 1.0
    for n in range(1, trunks + 1):
        blocking = erlangs * blocking / (n + erlangs * blocking)
    return blocking


@pytest.mark.parametrize(("erlangs", "trunks"), [(10, 12), (5, 5), (20, 30)])
def test_blocking_of_a_trunk_group_in_virtual_time_is_erlang_b(erlangs, trunks):
    """100 batches of 600 calls; the 99.7 per cent confidence interval of their mean must hold the formula's value."""
    kernel, chance, trunk_group = Kernel(), random.Random("erlang"), group(trunks)
    holding_ns, batches, per_batch = 180_000_000_000, 100, 600
    shares, lost = [], 0

    def arrive():
        nonlocal lost
        circuit = trunk_group.seize()
        if circuit is None:
            lost += 1
        else:
            hold = int(chance.expovariate(1) * holding_ns)
            kernel.schedule(kernel.now + hold, lambda: trunk_group.release(circuit))
        if trunk_group.offered % per_batch == 0:
            shares.append(lost / per_batch)
            lost = 0
        if len(shares) < batches + 1:
            kernel.schedule(kernel.now + int(chance.expovariate(erlangs) * holding_ns), arrive)

    kernel.schedule(0, arrive)
    kernel.run()
    shares = shares[1:]  # the first batch starts with an empty group
    mean = sum(shares) / batches
    deviation = math.sqrt(sum((share - mean) ** 2 for share in shares) / (batches - 1))
    assert abs(mean - erlang_b(erlangs, trunks)) < 3 * deviation / math.sqrt(batches)
    assert trunk_group.in_use == 0
