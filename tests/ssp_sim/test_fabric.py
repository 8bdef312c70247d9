"""The memory fabric: what links do to messages, and that nothing is unaccounted for."""

import random

import pytest

from ain_scp.ssp_sim.fabric import LinkConditions, MemoryFabric

MS = 1_000_000


def fabric(link, seed=1):
    return MemoryFabric(random.Random(seed), {("A", "B"): link})


def test_a_healthy_link_only_delays():
    link = fabric(LinkConditions(delay_ns=3 * MS))
    (arrival,) = link.carry(b"x", "A", "B", 0)
    assert (arrival.delay_ns, arrival.octets) == (3 * MS, b"x")


def test_conditions_hold_in_both_directions_and_only_on_their_link():
    link = fabric(LinkConditions(loss=1.0))
    assert link.carry(b"x", "A", "B", 0) == ()
    assert link.carry(b"x", "B", "A", 0) == ()
    assert len(link.carry(b"x", "A", "C", 0)) == 1


@pytest.mark.parametrize(("now", "arrives"), [(9, True), (10, False), (19, False), (20, True)])
def test_a_link_is_down_from_its_first_instant_up_to_but_not_including_its_last(now, arrives):
    assert bool(fabric(LinkConditions(down=((10, 20),))).carry(b"x", "A", "B", now)) is arrives


def test_loss_and_duplication_keep_their_shares_and_every_message_is_counted():
    link = fabric(LinkConditions(loss=0.2, duplication=0.1))
    arrivals = [len(link.carry(b"x", "A", "B", 0)) for _ in range(10_000)]
    assert link.lost_chance == arrivals.count(0)
    assert 1_850 < link.lost_chance < 2_150
    assert link.duplicated == arrivals.count(2)
    assert 700 < link.duplicated < 900
    assert link.carried + link.lost_chance == 10_000


def test_reordering_holds_a_message_back_behind_the_next():
    link = fabric(LinkConditions(delay_ns=MS, reordering=0.5, reordering_delay_ns=10 * MS))
    delays = {link.carry(b"x", "A", "B", 0)[0].delay_ns for _ in range(100)}
    assert delays == {MS, 11 * MS}


def test_jitter_stays_within_its_width():
    link = fabric(LinkConditions(delay_ns=MS, jitter_ns=MS))
    delays = [link.carry(b"x", "A", "B", 0)[0].delay_ns for _ in range(200)]
    assert MS <= min(delays) < max(delays) < 2 * MS


def test_a_congested_link_queues_then_drops():
    link = fabric(LinkConditions(delay_ns=0, messages_per_second=10, queue_limit=5))
    delays = [found[0].delay_ns if (found := link.carry(b"x", "A", "B", 0)) else None for _ in range(10)]
    assert delays == [100 * MS * n for n in range(1, 7)] + [None] * 4
    assert link.lost_congestion == 4
    assert link.carry(b"x", "A", "B", 10_000 * MS)[0].delay_ns == 100 * MS


def test_one_seed_gives_one_sequence():
    conditions = LinkConditions(loss=0.3, jitter_ns=5 * MS, duplication=0.2)
    first, second = (
        [fabric(conditions, 7)._chance.random()] + [link.carry(b"x", "A", "B", 0) for _ in range(50)]
        for link in (fabric(conditions, 7), fabric(conditions, 7))
    )
    assert first == second
