"""The event kernel."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.ssp_sim.kernel import Kernel, NodeTimers


def test_events_of_one_instant_run_in_the_order_they_were_scheduled():
    kernel, seen = Kernel(), []
    for name in "abc":
        kernel.schedule(5, lambda name=name: seen.append((kernel.now, name)))
    kernel.schedule(1, lambda: seen.append((kernel.now, "first")))
    kernel.run()
    assert seen == [(1, "first"), (5, "a"), (5, "b"), (5, "c")]


def test_a_cancelled_event_never_happens_and_holds_nothing():
    kernel, seen = Kernel(), []
    event = kernel.schedule(3, lambda: seen.append("cancelled"))
    kernel.schedule(4, lambda: seen.append("kept"))
    event.cancel()
    event.cancel()
    assert event.action is None
    assert kernel.next_at() == 4
    kernel.run()
    assert seen == ["kept"]
    assert kernel.events_run == 1


def test_an_instant_already_past_means_now():
    kernel, seen = Kernel(100), []
    kernel.schedule(5, lambda: seen.append(kernel.now))
    kernel.run()
    assert seen == [100]


def test_run_until_includes_its_instant_and_stands_there():
    kernel, seen = Kernel(), []
    for at in (1, 2, 3):
        kernel.schedule(at, lambda at=at: seen.append(at))
    kernel.run_until(2)
    assert (seen, kernel.now) == ([1, 2], 2)
    kernel.run_until(10)
    assert (seen, kernel.now) == ([1, 2, 3], 10)
    assert kernel.next_at() is None
    assert not kernel.step()


def test_an_event_may_schedule_another_at_the_same_instant():
    kernel, seen = Kernel(), []
    kernel.schedule(7, lambda: kernel.schedule(7, lambda: seen.append(kernel.now)))
    kernel.run()
    assert seen == [7]


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_every_event_scheduled_runs_once(count):
    kernel = Kernel()
    for at in range(count):
        kernel.schedule(at * 7919 % 1009, lambda: None)
    kernel.run()
    assert kernel.events_run == count


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["at", "start", "lane", "cancel"]),
        st.sampled_from([0, 1, 5, 2_000_000, 3_000_000_000]),
        st.integers(0, 400_000_000),
    ),
    max_size=60,
)


@given(EVENTS, st.booleans())
def test_lanes_and_slices_keep_the_order_of_one_sorted_list(events, by_steps):
    """Whichever way an event came in, it runs by its instant, then by when it was scheduled; some schedule others."""
    kernel, seen, expected, cancelled = Kernel(), [], [], set()
    lanes, handles = {}, []

    def put(number, kind, delay, when):
        due = kernel.now + (when if kind == "at" else delay)
        expected.append((due, number))
        if kind == "at":
            handles.append((number, kernel.at(due, lambda about, now: happen(about, now), number)))
        elif kind == "lane":
            lane = lanes.setdefault(delay, kernel.lane(delay, lambda number: happen(number, kernel.now)))
            lane.put(number)
        else:
            handles.append((number, kernel.start(delay, happen, number)))

    def happen(number, now):
        seen.append((now, number))
        if number < len(events) and number % 3 == 0:
            put(number + 1000, *events[number])

    for number, (kind, delay, when) in enumerate(events, 1):
        if kind == "cancel" and handles:
            victim, event = handles[when % len(handles)]
            event.cancel()
            cancelled.add(victim)
        else:
            put(number, "start" if kind == "cancel" else kind, delay, when)
    if by_steps:
        while (at := kernel.next_at()) is not None:
            assert kernel.step()
            assert kernel.now == at
    else:
        kernel.run()
    assert seen == sorted(seen, key=lambda one: one[0])
    assert sorted(seen) == sorted(one for one in expected if one[1] not in cancelled)
    order = [number for _, number in expected]
    for (at, one), (then, other) in pairwise(seen):
        assert at < then or order.index(one) < order.index(other)
    assert kernel.events_run == len(seen)


def test_a_lane_counts_what_was_put_in_and_may_change_it():
    kernel, seen = Kernel(), []
    plain, changing = kernel.lane(7, seen.append), kernel.lane(7, seen.append, bytes.upper)
    plain.put(b"one")
    changing.put(b"two")
    plain.put(b"three")
    kernel.run()
    assert (seen, plain.sent, changing.sent, kernel.now) == ([b"one", b"TWO", b"three"], 2, 1, 7)


def test_the_network_is_told_after_each_timer_of_a_node():
    kernel, seen = Kernel(), []
    timers = NodeTimers(kernel, lambda: seen.append("woken"))
    timers.start(5, lambda about, now: seen.append((about, now)), "started")
    timers.schedule(6, lambda: seen.append("scheduled"))
    timers.start(5, lambda about, now: seen.append(about), "cancelled").cancel()
    kernel.run()
    assert seen == [("started", 5), "woken", "scheduled", "woken"]
    assert timers.next_at() is None
