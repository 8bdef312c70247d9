"""Traffic has the rates, shapes and mixes its scenario names, the same for the same seed."""

import heapq
import itertools
import statistics
import tracemalloc

import msgspec
import pytest

from ain_scp.ssp_sim.scenario import Holding, Mix, MmppState, Scenario, ScenarioCall, TrafficSource, parse
from ain_scp.ssp_sim.traffic import (
    arrival_times,
    holding_times,
    planned_calls,
    stream,
    traffic_calls,
)
from ain_scp.terms.units import SECOND_NS
from kit.erlang import batch_interval, erlang_b

TEN = 979_725_600 * SECOND_NS
MIX = (Mix(("9258341234",), ("7 9212000",)),)
POISSON = TrafficSource("t", TEN, 10_000.0, 2.0, MIX)


def seconds(source: TrafficSource, seed: int = 1) -> list[float]:
    return [(at - TEN) / SECOND_NS for at in arrival_times(source, stream(seed, "arrivals"))]


def test_poisson_arrivals() -> None:
    """The number of arrivals and the spread of the gaps are those of a Poisson process."""
    times = seconds(POISSON)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert len(times) == pytest.approx(20_000, abs=4 * 20_000**0.5)
    assert statistics.stdev(gaps) / statistics.fmean(gaps) == pytest.approx(1, abs=0.03)
    assert times == sorted(times)


def test_fixed_rate() -> None:
    """A fixed rate is evenly spaced and ends with the source."""
    assert seconds(msgspec.structs.replace(POISSON, arrivals="fixed", duration_s=2.1)) == [0.5, 1.0, 1.5, 2.0]


def test_no_rate_no_calls() -> None:
    """A rate of 0 offers nothing, for every kind of arrivals that has one."""
    for kind in ("poisson", "fixed", "mass_call"):
        assert seconds(msgspec.structs.replace(POISSON, arrivals=kind, rate_per_s=0.0)) == []


def test_a_day_profile() -> None:
    """Each hour gets its share: factor times rate, and an hour of factor 0 nothing."""
    profile = [0.0] * 24
    profile[10], profile[11], profile[13] = 1.0, 3.0, 0.5
    times = seconds(
        msgspec.structs.replace(
            POISSON, arrivals="profile", profile=tuple(profile), rate_per_s=1.0, duration_s=14_400
        )
    )
    hours = [sum(hour * 3600 <= at < hour * 3600 + 3600 for at in times) for hour in range(4)]
    assert hours[2] == 0
    for count, mean in zip((hours[0], hours[1], hours[3]), (3600, 10_800, 1800), strict=True):
        assert count == pytest.approx(mean, abs=4 * mean**0.5)


def test_bursts() -> None:
    """An MMPP has the mean rate of its states and more variance than a Poisson process."""
    states = (MmppState(10.0, 5.0), MmppState(0.0, 15.0))
    times = seconds(msgspec.structs.replace(POISSON, arrivals="mmpp", states=states, duration_s=100_000))
    per_minute = [0] * 1667
    for at in times:
        per_minute[int(at) // 60] += 1
    assert len(times) / 100_000 == pytest.approx(2.5, rel=0.1)
    assert statistics.variance(per_minute) / statistics.fmean(per_minute) > 10


def test_a_mass_call() -> None:
    """During the step the televoters come on top of the ordinary calls, and are gone afterwards."""
    source = msgspec.structs.replace(
        POISSON, arrivals="mass_call", rate_per_s=1.0, duration_s=3000, step_at_s=1000.0, step_duration_s=100.0, step_rate_per_s=50.0
    )  # fmt: skip
    times = seconds(source)
    assert sum(1000 <= at < 1100 for at in times) == pytest.approx(5100, abs=300)
    assert sum(at < 1000 for at in times) == pytest.approx(1000, abs=130)
    assert sum(at >= 1100 for at in times) == pytest.approx(1900, abs=180)
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("holding", "cv"),
    [
        (Holding("fixed", 180.0), 0),
        (Holding("exponential", 180.0), 1),
        (Holding("lognormal", 180.0, 1.5), 1.5),
    ],
)
def test_holding_times(holding: Holding, cv: float) -> None:
    """Each kind has the mean and the coefficient of variation asked for."""
    times = list(itertools.islice(holding_times(holding, stream(3, "h")), 200_000))
    assert statistics.fmean(times) == pytest.approx(180, rel=0.02)
    assert statistics.pstdev(times) / 180 == pytest.approx(cv, rel=0.06)
    assert min(times) > 0


def test_mixes_and_fates() -> None:
    """Callers are drawn by weight, and answered, busy and unanswered calls in their shares."""
    mix = (
        Mix(("9258341234", "9258341235"), ("7 9212000",), 3.0),
        Mix(("9257884101",), ("9 5105553000",), 1.0, "FAX", "PRI"),
    )
    source = msgspec.structs.replace(POISSON, mix=mix, answer_ratio=0.7, busy_ratio=0.2, ring_mean_s=6.0)
    calls = list(traffic_calls(source, 5))
    total = len(calls)
    assert sum(call.trunk_group == "PRI" for call in calls) / total == pytest.approx(0.25, abs=0.02)
    assert {(call.bearer, call.access_code, call.digits) for call in calls} == {
        ("SPEECH", "7", "9212000"),
        ("FAX", "9", "5105553000"),
    }
    assert sum(call.calling == "9258341234" for call in calls) / total == pytest.approx(0.375, abs=0.02)
    assert sum(call.answered for call in calls) / total == pytest.approx(0.7, abs=0.02)
    assert sum(call.called_busy for call in calls) / total == pytest.approx(0.2, abs=0.02)
    assert not any(call.answered and call.called_busy for call in calls)
    assert statistics.fmean((call.ring_ns or 0) / SECOND_NS for call in calls) == pytest.approx(6, rel=0.05)


def test_the_same_seed_gives_the_same_calls() -> None:
    """A run is repeated by its seed; another seed gives another run; a limit cuts, and changes nothing before."""
    source = msgspec.structs.replace(POISSON, duration_s=50.0, ring_mean_s=3.0)
    assert list(traffic_calls(source, 1)) == list(traffic_calls(source, 1))
    assert list(traffic_calls(source, 1)) != list(traffic_calls(source, 2))
    limited = msgspec.structs.replace(source, limit=7)
    assert list(traffic_calls(limited, 1)) == list(traffic_calls(source, 1))[:7]


def test_streams_are_independent() -> None:
    """Other holding times, or another source beside it, leave the arrivals of a source as they were."""
    source = msgspec.structs.replace(POISSON, duration_s=100.0)
    changed = msgspec.structs.replace(source, holding=Holding("fixed", 5.0))
    beside = Scenario("f", ".", traffic=(msgspec.structs.replace(source, name="u"), source))
    arrivals = [call.at_ns for call in traffic_calls(source, 1)]
    assert [call.at_ns for call in traffic_calls(changed, 1)] == arrivals
    assert [call.at_ns for call in planned_calls(beside, 1) if call.source == "t"] == arrivals


def test_planned_calls_are_in_order() -> None:
    """Written calls, repetitions and traffic come as one stream in order of time."""
    call = ScenarioCall(
        "A", TEN + 3 * SECOND_NS, "9258341234", "7 9212000", "7", "9212000", repeat=3, every_ns=2 * SECOND_NS
    )
    first = msgspec.structs.replace(call, id="B", at_ns=TEN, repeat=1)
    calls = list(
        planned_calls(
            Scenario("f", ".", calls=(call, first), traffic=(msgspec.structs.replace(POISSON, duration_s=9),))
        )
    )
    assert [one.at_ns for one in calls] == sorted(one.at_ns for one in calls)
    assert [(one.id, (one.at_ns - TEN) / SECOND_NS) for one in calls if not one.source] == [
        ("B", 0), ("A", 3), ("A#2", 5), ("A#3", 7),
    ]  # fmt: skip


def test_memory_stays_constant() -> None:
    """Twenty thousand calls pass through in a few hundred kilobytes."""
    source = msgspec.structs.replace(POISSON, rate_per_s=20.0, duration_s=1000.0)
    tracemalloc.start()
    count = sum(1 for _ in planned_calls(Scenario("f", ".", traffic=(source,))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 19_000
    assert peak < 500_000


def test_the_streams_show_erlang_b() -> None:
    """Ten erlangs offered to twelve trunks: the losses of the streams lie within the interval around Erlang's value."""
    source = msgspec.structs.replace(
        POISSON, rate_per_s=1.0, duration_s=60_000.0, holding=Holding("exponential", 10.0)
    )
    ends: list[int] = []
    lost = [0] * 20
    offered = [0] * 20
    for call in traffic_calls(source, 11):
        while ends and ends[0] <= call.at_ns:
            heapq.heappop(ends)
        batch = (call.at_ns - TEN) // SECOND_NS // 3000
        offered[batch] += 1
        if len(ends) < 12:
            heapq.heappush(ends, call.at_ns + call.duration_ns)
        else:
            lost[batch] += 1
    low, high = batch_interval([bad / all_ for bad, all_ in zip(lost, offered, strict=True)])
    assert low < erlang_b(source.rate_per_s * source.answer_ratio * source.holding.mean_s, 12) < high
    assert high - low < 0.03


def test_traffic_in_a_scenario_file() -> None:
    """The TOML form reads into the same source, single or as an array."""
    text = """
dataset = "."
start = 2001-01-17T10:00:00
[traffic]
name = "busy hour"
duration_s = 3600
rate_per_h = 7200
holding = { kind = "lognormal", mean_s = 120, cv = 1.2 }
answer_ratio = 0.7
busy_ratio = 0.2
mix = [
  { from = ["9258341234", "925-834-1235"], dial = ["7 9212000", "9 14157770100"], weight = 3 },
  { from = "9257884101", dial = "9 5105553000", trunk_group = "PRI-CONCORD" },
]
"""
    (source,) = parse(text).traffic
    assert (source.name, source.start_ns, source.rate_per_s, source.duration_s) == (
        "busy hour",
        TEN,
        2.0,
        3600,
    )
    assert source.holding == Holding("lognormal", 120, 1.2)
    assert source.mix[0] == Mix(("9258341234", "9258341235"), ("7 9212000", "9 14157770100"), 3)
    assert source.mix[1].trunk_group == "PRI-CONCORD"
    assert parse(text.replace("[traffic]", "[[traffic]]")).traffic == (
        msgspec.structs.replace(source, line=4),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('arrivals = "poison"', "arrivals: 'poison' is unknown, did you mean 'poisson'?"),
        ('arrivals = "profile"', "arrivals = 'profile' needs 'profile'"),
        ('arrivals = "mmpp"\nstates = [{ rate_per_s = 1, mean_s = 2 }]', "states: expected at least two"),
        ("profile = [1, 2]", "profile: expected 24 factors"),
        ("step = { at_s = 1 }", "'step' belongs to arrivals = 'mass_call'"),
        ("rate_per_h = 3", "give rate_per_s or rate_per_h, not both"),
        ("answer_ratio = 0.9\nbusy_ratio = 0.2", "answer_ratio and busy_ratio together are more than 1"),
        ('holding = { kind = "fixed", cv = 2 }', "'cv' belongs to kind = 'lognormal'"),
        ('mix = [{ from = "9258341234", dial = "7 1", weight = 0 }]', "mix: no caller has a weight"),
        ("limit = 0", "limit: 0 is not in 1..1000000000"),
    ],
)
def test_wrong_traffic_is_named(line: str, problem: str) -> None:
    """What contradicts itself or lacks something is a problem with its place."""
    from ain_scp.provisioning.problems import ProvisioningError

    head = 'dataset = "."\n[[traffic]]\nstart = 2001-01-17T10:00:00\nduration_s = 60\nrate_per_s = 1\n'
    tail = "" if "mix" in line else '\nfrom = "9258341234"\ndial = "7 9212000"\n'
    with pytest.raises(ProvisioningError) as refused:
        parse(head + line + tail)
    assert any(problem in str(one) for one in refused.value.problems)
    assert all(one.line > 0 for one in refused.value.problems)
