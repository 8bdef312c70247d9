"""The event kernel."""

import pytest

from ssp_sim.kernel import Kernel


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
