"""Random tariffs and usages: the closed form equals a loop over every increment, to the micro; so does the quote."""

import importlib.util
from pathlib import Path

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from ain_scp.billing.rating.quote import quote
from ain_scp.billing.rating.rate import amount, rate
from ain_scp.billing.rating.usage import Usage, with_duration
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import (
    BandRow,
    ChargingOptions,
    ChargingSet,
    Holiday,
    TariffRow,
)
from ain_scp.provisioning.tables.build import codes_of, compile_prefix
from ain_scp.provisioning.tables.zones import Zones
from ain_scp.provisioning.where import Where

SPEC = importlib.util.spec_from_file_location("slow", Path(__file__).with_name("slow.py"))
slow = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(slow)

UNSHRUNK = [Phase.explicit, Phase.generate]
"""A case that fails is shown as it is: making it smaller would take minutes."""

DAY_MS = 86_400_000
BANDS = ("day", "night", "eve")
FIRST_DAY = 11_323  # 2001-01-01
NO_ZONES = compile_prefix(codes_of([]), codes_of([]).astype("int32"))
PRICES = st.one_of(st.just(0), st.integers(0, 2_000_000), st.sampled_from((8_300, 100_000, 120_700, 600)))


@st.composite
def schemes(draw):
    """One scheme of two or three bands over weekdays, weekends and, at times, a holiday of its own."""
    rows = []
    for days in ("12345", "67", *(["H"] if draw(st.booleans()) else [])):
        cuts = sorted(draw(st.sets(st.integers(1, 1439), min_size=2, max_size=4)))
        names = list(BANDS) + draw(st.lists(st.sampled_from(BANDS), min_size=2, max_size=2))
        for start, end, band in zip([0, *cuts], [*cuts, 1440], names, strict=False):
            rows.append(BandRow("PEAK", band, days, start, end, Where("bands.csv", len(rows) + 2)))
    return tuple(rows)


@st.composite
def tariffs(draw, lengths):
    """Rows of one tariff; those of a meter can follow each other where bands do."""
    by_band = draw(st.booleans())
    increment = draw(st.sampled_from(("up", "down", "exact")))
    rows = []
    for line in range(2, 2 + draw(st.integers(1, 9))):
        meter = draw(st.sampled_from(("ms", "ms", "ms", "octets")))
        feature = draw(st.sampled_from(("", "", "", "", "F")))
        banded = by_band and meter == "ms"
        everybody = draw(st.booleans())
        first = draw(st.one_of(st.just(0), lengths))
        following = draw(lengths if banded else st.one_of(st.just(0), lengths))
        bounds = sorted(draw(st.lists(PRICES, min_size=2, max_size=2)))
        rows.append(
            TariffRow(
                tariff="T",
                effective=FIRST_DAY + draw(st.sampled_from((0, 0, 3, 8))),
                origin="*" if everybody else draw(st.sampled_from(("*", "A", "B"))),
                destination="*" if everybody else draw(st.sampled_from(("*", "A", "B"))),
                cos="*" if everybody else draw(st.sampled_from(("*", "FULL", "X"))),
                band=draw(st.sampled_from(("*", *BANDS))),
                meter=meter,
                feature=feature,
                connect=draw(st.one_of(st.just(0), PRICES)),
                first_units=first,
                first_price=draw(PRICES) if first else 0,
                next_units=following,
                next_price=draw(PRICES) if following else 0,
                increment=increment if banded else draw(st.sampled_from(("up", "down", "exact"))),
                minimum=draw(st.sampled_from((None, None, bounds[0]))),
                maximum=draw(st.sampled_from((None, None, None, bounds[1]))),
                band_at="increment" if banded else "start",
                round_to=draw(st.sampled_from((10_000, 10_000, 100, 1, 50_000, 1_000_000))),
                where=Where("charging/tariffs.csv", line),
            )
        )
    # a key and date given twice is refused by the checks
    return tuple(
        {(*map(row.__getattribute__, slow.KEY), row.effective): row for row in reversed(rows)}.values()
    )[::-1]


def charging_sets(lengths):
    def put_together(bands, rows, holidays):
        return ChargingSet(ChargingOptions("USD"), bands=bands, tariffs=rows, holidays=holidays)

    holidays = st.sampled_from(((), (Holiday(FIRST_DAY + 2, "", Where("holidays.csv", 2)),)))
    return st.builds(put_together, schemes(), tariffs(lengths), holidays)


def usages(longest_ms):
    start = st.integers(FIRST_DAY * DAY_MS, (FIRST_DAY + 9) * DAY_MS)
    minute = start.map(lambda moment: moment // 60_000 * 60_000)
    units = st.one_of(st.integers(0, longest_ms), st.integers(0, longest_ms // 1000).map(lambda s: s * 1000))
    meters = st.one_of(
        st.tuples(st.tuples(st.just("ms"), units)),
        st.tuples(st.tuples(st.just("ms"), units), st.tuples(st.just("octets"), units)),
    )
    return st.builds(
        Usage,
        tariff=st.sampled_from(("T", "T", "T", "T", "T", "T", "NOSUCH")),
        start_ms=st.one_of(start, minute),
        meters=meters,
        origin=st.sampled_from(("A", "B", "")),
        destination=st.sampled_from(("A", "B", "ELSEWHERE")),
        cos=st.sampled_from(("FULL", "X")),
        features=st.sampled_from(((), ("F",), ("F", "F", "UNKNOWN"))),
    )


SHORT = st.one_of(st.integers(900, 90_000), st.sampled_from((1_500, 6_000, 60_000, 180_000)))
LONG = st.one_of(st.integers(900_000, 9_000_000), st.sampled_from((1_800_000, 3_600_000)))


def compiled(rows):
    return Charging(rows, Zones((), NO_ZONES, NO_ZONES))


@settings(max_examples=120, phases=UNSHRUNK)
@given(charging_sets(SHORT), usages(500_000))
def test_a_charge_equals_the_sum_over_every_increment(rows, usage):
    charging = compiled(rows)
    expected = slow.charge(rows, usage)
    assert amount(charging, usage) == expected
    found = rate(charging, usage)
    if isinstance(expected, int):
        assert found.amount == found.gross == expected
        assert sum(line.amount for line in found.lines) == expected
    else:
        assert found == expected


@settings(max_examples=40, phases=UNSHRUNK)
@given(charging_sets(LONG), usages(3 * DAY_MS))
def test_a_charge_over_days_equals_the_sum_over_every_increment(rows, usage):
    assert amount(compiled(rows), usage) == slow.charge(rows, usage)


@settings(max_examples=40, phases=UNSHRUNK)
@given(charging_sets(LONG), usages(0), st.integers(0, 60_000_000))
def test_a_quote_is_the_last_increment_end_that_is_paid_for(rows, usage, money):
    usage = with_duration(usage, 0)
    whole_day = slow.charge(rows, with_duration(usage, DAY_MS))
    if isinstance(whole_day, str):
        assert quote(compiled(rows), usage, money) == whole_day
        return
    main = slow.row_for(rows, usage, "ms", "", usage.start_ms)
    assume(main.increment != "exact")  # 86,400 candidates: the next test
    assert quote(compiled(rows), usage, money) == slow.longest(rows, usage, money, with_duration)


@settings(max_examples=50, phases=UNSHRUNK)
@given(charging_sets(SHORT), usages(0), st.integers(0, 60_000_000))
def test_what_is_quoted_is_paid_for_and_a_moment_more_is_not(rows, usage, money):
    charging = compiled(rows)
    usage = with_duration(usage, 0)
    granted = quote(charging, usage, money)
    if granted is None:
        assert amount(charging, with_duration(usage, DAY_MS)) <= money
    elif isinstance(granted, int):
        assert amount(charging, with_duration(usage, granted)) <= money
        main = slow.row_for(rows, usage, "ms", "", usage.start_ms)
        alone = not usage.features
        if alone and main.increment == "up":
            assert amount(charging, with_duration(usage, granted + 1)) > money
        if alone and main.increment == "exact":
            assert granted % 1000 == 0
            assert amount(charging, with_duration(usage, granted + 1000)) > money


@settings(max_examples=50, phases=UNSHRUNK)
@given(charging_sets(SHORT), usages(0), st.lists(st.integers(0, 400_000), min_size=2, max_size=6))
def test_a_charge_never_falls_as_a_call_grows_longer(rows, usage, durations):
    charging = compiled(rows)
    charges = [amount(charging, with_duration(usage, one)) for one in sorted(durations)]
    if all(isinstance(one, int) for one in charges):
        assert charges == sorted(charges)
