"""Streams of calls from a few figures: when they arrive, how long they last, who calls whom.

Each source draws from its own generators, seeded by the run's seed and the source's name, one per purpose: taking out one
source, or changing its holding times, leaves all other draws as they were. Everything is an iterator, so a day of
traffic needs no more memory than a second.

Source: interfaces.md section 3; ITU-T E.711 for the call attempt words; Lewis and Shedler 1979 for thinning.
"""

import heapq
import itertools
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import attrgetter

import msgspec

from ain_scp.ssp_sim.scenario.calls import dialed
from ain_scp.ssp_sim.scenario.rows import Holding, Mix, Scenario, ScenarioCall, TrafficSource
from ain_scp.terms.localtime import minute_of_day
from ain_scp.terms.units import SECOND_NS

_DAY_HOURS = 24


def stream(seed: int, *names: str) -> random.Random:
    """Make the generator of one purpose: the same seed and names give the same draws on every machine."""
    return random.Random("/".join([str(seed), *names]))


def planned_calls(scenario: Scenario, seed: int | None = None) -> Iterator[ScenarioCall]:
    """Give every call of a scenario in order of time: the written ones, repeated as asked, and those of the traffic.

    `seed` None = the scenario's own. Calls at the same moment keep the order of the file, written ones first.
    """
    chosen = scenario.seed if seed is None else seed
    written = [repeated(call) for call in scenario.calls]
    sources = [traffic_calls(source, chosen) for source in scenario.traffic]
    streams = [*written, *sources]
    return streams[0] if len(streams) == 1 else heapq.merge(*streams, key=attrgetter("at_ns"))


def repeated(call: ScenarioCall) -> Iterator[ScenarioCall]:
    """Give the call as often as it asks for; from the second time on the id gets a number (C05#2)."""
    yield call
    for number in range(1, call.repeat):
        yield msgspec.structs.replace(
            call, id=f"{call.id}#{number + 1}", at_ns=call.at_ns + number * call.every_ns
        )


def traffic_calls(source: TrafficSource, seed: int) -> Iterator[ScenarioCall]:
    """Give the calls of one source in order of time, ids NAME-1, NAME-2 ..."""
    split = lru_cache(maxsize=4096)(dialed)
    choose = chooser(source.mix, stream(seed, source.name, "mix"))
    hold = holding_times(source.holding, stream(seed, source.name, "holding"))
    fates = stream(seed, source.name, "fate")
    arrivals = itertools.islice(arrival_times(source, stream(seed, source.name, "arrivals")), source.limit)
    for number, at_ns in enumerate(arrivals, 1):
        mix, calling, dial = choose()
        _, code, digits = split(dial)
        fate = fates.random()
        ring_ns = round(fates.expovariate(1 / source.ring_mean_s) * SECOND_NS) if source.ring_mean_s else None
        yield ScenarioCall(
            id=f"{source.name}-{number}",
            at_ns=at_ns,
            calling=calling,
            dial=dial,
            access_code=code,
            digits=digits,
            bearer=mix.bearer,
            answered=fate < source.answer_ratio,
            duration_ns=round(next(hold) * SECOND_NS),
            ring_ns=ring_ns,
            trunk_group=mix.trunk_group,
            switch=mix.switch,
            called_busy=fate >= 1 - source.busy_ratio,
            source=source.name,
        )


def arrival_times(source: TrafficSource, chance: random.Random) -> Iterator[int]:
    """Give the arrival times of one source, rising, in simulated local nanoseconds."""
    seconds = {
        "poisson": lambda: poisson(source.rate_per_s, chance),
        "fixed": lambda: fixed(source.rate_per_s),
        "profile": lambda: _profile(source, chance),
        "mmpp": lambda: _mmpp(source, chance),
        "mass_call": lambda: _mass_call(source, chance),
    }[source.arrivals]()
    for second in itertools.takewhile(lambda at: at < source.duration_s, seconds):
        yield source.start_ns + round(second * SECOND_NS)


def poisson(rate: float, chance: random.Random) -> Iterator[float]:
    """Give the times of a Poisson process of `rate` per second, for ever; none when the rate is 0."""
    at = 0.0
    while rate > 0:
        at += chance.expovariate(rate)
        yield at


def fixed(rate: float) -> Iterator[float]:
    """Give evenly spaced times, the first one interval after the start."""
    number = 0
    while rate > 0:
        number += 1
        yield number / rate


def thinned(peak: float, rate_at: Callable[[float], float], chance: random.Random) -> Iterator[float]:
    """Give the times of a Poisson process whose rate changes with time and never exceeds `peak`, by thinning."""
    for at in poisson(peak, chance):
        if chance.random() * peak < rate_at(at):
            yield at


def _profile(source: TrafficSource, chance: random.Random) -> Iterator[float]:
    start = source.start_ns / SECOND_NS

    def rate_at(at: float) -> float:
        return source.rate_per_s * source.profile[minute_of_day(int(start + at)) // 60]

    hours = min(math.ceil(source.duration_s / 3600) + 1, _DAY_HOURS)
    first = minute_of_day(int(start)) // 60
    peak = max(source.profile[(first + hour) % _DAY_HOURS] for hour in range(hours))
    return thinned(source.rate_per_s * peak, rate_at, chance)


def _mass_call(source: TrafficSource, chance: random.Random) -> Iterator[float]:
    """Give the ordinary calls and, during the step, the televoters on top of them."""
    usual = poisson(source.rate_per_s, chance)
    own = stream(chance.getrandbits(64), "step")
    crowd = (source.step_at_s + at for at in poisson(source.step_rate_per_s, own))
    step = itertools.takewhile(lambda at: at < source.step_at_s + source.step_duration_s, crowd)
    return heapq.merge(usual, step)


def _mmpp(source: TrafficSource, chance: random.Random) -> Iterator[float]:
    """Give bursts: a Poisson process whose rate is that of the present state; states follow one another in a circle."""
    begin = 0.0
    for state in itertools.cycle(source.states):
        if begin >= source.duration_s:
            return
        end = begin + chance.expovariate(1 / state.mean_s)
        for at in poisson(state.rate_per_s, chance):
            if begin + at >= end:
                break
            yield begin + at
        begin = end


def holding_times(holding: Holding, chance: random.Random) -> Iterator[float]:
    """Give holding times in seconds, for ever."""
    if holding.kind == "fixed":
        return itertools.repeat(holding.mean_s)
    if holding.kind == "exponential":
        return (chance.expovariate(1 / holding.mean_s) for _ in itertools.count())
    variance = math.log(1 + holding.cv**2)
    middle = math.log(holding.mean_s) - variance / 2
    return (chance.lognormvariate(middle, math.sqrt(variance)) for _ in itertools.count())


def chooser(mixes: tuple[Mix, ...], chance: random.Random) -> Callable[[], tuple[Mix, str, str]]:
    """Make a drawing of (mix, calling number, what is dialed), mixes by weight, callers and numbers evenly."""
    up_to = list(itertools.accumulate(mix.weight for mix in mixes))

    def choose() -> tuple[Mix, str, str]:
        mix = mixes[min(bisect_right(up_to, chance.random() * up_to[-1]), len(mixes) - 1)]
        return mix, chance.choice(mix.calling), chance.choice(mix.dial)

    return choose
