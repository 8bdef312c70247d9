"""Frames leave in order of time, whatever the order of the file, as far as the window reaches."""

import random

import pytest

from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, CaptureFault, Frame, Transport
from ain_scp.ssp_sim.capture.order import TimeOrder


def frame(number, time_ns, size=1):
    return Frame(number, time_ns, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.UDP, b"x" * size)


def by_time(frames):
    return sorted(frames, key=lambda one: (one.time_ns, one.number))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("change", [random.Random.shuffle, lambda _, frames: frames.reverse()])
def test_any_order_becomes_that_of_time_and_equal_times_stay_as_they_came(seed, change):
    chance = random.Random(seed)
    times = [chance.randrange(50) for _ in range(200)]
    change(chance, times)
    frames = [frame(number, at) for number, at in enumerate(times)]
    order = TimeOrder()
    assert list(order.frames(frames)) == by_time(frames)
    assert order.late == 0


@pytest.mark.parametrize("window", [1, 2, 7])
def test_a_frame_may_stand_as_far_from_its_place_as_the_window_is_wide(window):
    times = [*range(100)]
    for at in range(0, 100 - window, 2 * window + 1):
        times.insert(at + window, times.pop(at))
    frames = [frame(number, at) for number, at in enumerate(times)]
    near, far = TimeOrder(window=window), TimeOrder(window=window - 1)
    assert list(near.frames(frames)) == by_time(frames)
    assert near.late == 0
    given = list(far.frames(frames))
    assert sorted(given, key=lambda one: one.number) == frames, "none is lost"
    assert far.late > 0


def test_octets_that_wait_are_bounded():
    taken = 0

    def growing():
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield frame(number, number, 100)

    given = TimeOrder(octets=1000).frames(growing())
    next(given)
    assert taken == 11


def test_a_stream_that_grows_is_not_held_back_beyond_the_horizon():
    taken = []

    def growing():
        for number in range(100):
            taken.append(number)
            yield frame(number, number)

    given = TimeOrder(5).frames(growing())
    assert next(given).number == 0
    assert len(taken) == 6


def test_what_was_read_before_a_fault_is_given_before_it():
    def broken():
        yield frame(0, 5)
        yield frame(1, 3)
        raise CaptureFault(7, "cut")

    given, kept = TimeOrder().frames(broken()), []
    with pytest.raises(CaptureFault, match="cut"):
        kept.extend(given)
    assert [one.number for one in kept] == [1, 0]
