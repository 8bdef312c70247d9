"""Random tariffs and usages: the closed form equals a loop over every increment, to the micro; so does the quote.

Durations lie at ends of increments and a millisecond beside them, calls begin shortly before bands change, and money is
what a duration costs, or a micro less: what goes wrong goes wrong there.
"""

import importlib.util
import random
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
"""A seed that fails is shown as it is: a smaller one means nothing."""
SEEDS = st.integers(0, 2**64)

DAY_MS = 86_400_000
BANDS = ("day", "night", "eve")
FIRST_DAY = 11_323  # 2001-01-01
NO_ZONES = compile_prefix(codes_of([]), codes_of([]).astype("int32"))
SHORT = (1_500, 6_000, 60_000, 180_000, None)
LONG = (1_800_000, 3_600_000, None)


class Case:
    """One tariff over one scheme of bands, and usages of it, all drawn from a seed."""

    def __init__(self, seed, lengths):
        self.chance = random.Random(seed)
        self.lengths = lengths
        holidays = self.chance.choice(((), (Holiday(FIRST_DAY + 2, "", Where("holidays.csv", 2)),)))
        self.rows = ChargingSet(
            ChargingOptions("USD"), bands=self._bands(), tariffs=self._tariff(), holidays=holidays
        )
        self.charging = Charging(self.rows, Zones((), NO_ZONES, NO_ZONES))

    def _bands(self):
        rows = []
        for days in ("12345", "67", *self.chance.choice(((), ("H",)))):
            cuts = sorted(self.chance.sample(range(1, 1440), self.chance.randint(2, 4)))
            names = [*BANDS, *self.chance.choices(BANDS, k=2)]
            for start, end, band in zip([0, *cuts], [*cuts, 1440], names, strict=False):
                rows.append(BandRow("PEAK", band, days, start, end, Where("bands.csv", len(rows) + 2)))
        return tuple(rows)

    def _length(self):
        low = min(filter(None, self.lengths)) * 3 // 5
        return self.chance.choice(self.lengths) or self.chance.randrange(low, 60 * low)

    def _price(self):
        return self.chance.choice((0, 600, 8_300, 100_000, 120_700, self.chance.randrange(2_000_000)))

    def _tariff(self):
        """Rows for some places, bands and classes, and nearly always some for everybody."""
        chance = self.chance
        by_band, increment = chance.random() < 0.5, chance.choice(("up", "down", "exact"))
        rows = []
        for _ in range(chance.randint(0, 5)):
            key = [chance.choice(("*", "A", "B")) for _ in range(2)] + [chance.choice(("*", "FULL", "X"))]
            rows.append(self._row(key, chance.choice(("*", *BANDS)), by_band, increment))
        if chance.random() < 0.9:
            bands = chance.choice((("*",), BANDS))
            rows += [self._row(["*"] * 3, band, by_band, increment, meter="ms", feature="") for band in bands]
        if chance.random() < 0.9:
            rows.append(self._row(["*"] * 3, "*", by_band, increment, meter="octets", feature=""))
        for row in rows[:]:
            if chance.random() < 0.4:  # a later version, at another price
                rows.append(replace(row, effective=FIRST_DAY + 3, next_price=row.next_price // 2))
        # a key and date given twice is refused by the checks
        known = {(*(getattr(row, field) for field in slow.KEY), row.effective): row for row in reversed(rows)}
        return tuple(
            replace(row, where=Where("charging/tariffs.csv", line))
            for line, row in enumerate([*known.values()][::-1], 2)
        )

    def _row(self, key, band, by_band, increment, meter=None, feature=None):
        chance = self.chance
        meter = meter or chance.choice(("ms", "ms", "ms", "octets"))
        banded = by_band and meter == "ms"
        first = chance.choice((0, self._length()))
        following = self._length() if banded or chance.random() < 0.8 else 0
        low, high = sorted(self._price() for _ in range(2))
        return TariffRow(
            tariff="T",
            effective=FIRST_DAY + chance.choice((0, 0, 0, 3)),
            origin=key[0],
            destination=key[1],
            cos=key[2],
            band=band,
            meter=meter,
            feature=chance.choice(("", "", "", "F")) if feature is None else feature,
            connect=chance.choice((0, 0, self._price())),
            first_units=first,
            first_price=self._price() if first else 0,
            next_units=following,
            next_price=self._price() if following else 0,
            increment=increment if banded else chance.choice(("up", "down", "exact")),
            minimum=chance.choice((None, None, None, low)),
            maximum=chance.choice((None, None, None, 5 * high)),
            band_at="increment" if banded else "start",
            round_to=chance.choice((10_000, 10_000, 100, 1, 50_000, 1_000_000)),
            where=Where("charging/tariffs.csv", 2),
        )

    def usage(self, longest_ms):
        """A usage that begins at any time or shortly before a band ends."""
        chance = self.chance
        start = FIRST_DAY * DAY_MS + chance.randrange(9 * DAY_MS)
        if chance.random() < 0.6:
            band = chance.choice(self.rows.bands)
            start = (
                start // DAY_MS * DAY_MS
                + band.start * 60_000
                - chance.choice((0, 1, chance.randrange(longest_ms)))
            )
        if chance.random() < 0.2:
            start = (FIRST_DAY + 3) * DAY_MS - chance.choice((0, 1, chance.randrange(longest_ms)))
        meters = [("ms", self.duration(longest_ms))]
        if chance.random() < 0.3:
            meters.append(("octets", self.duration(longest_ms)))
        return Usage(
            tariff="NOSUCH" if chance.random() < 0.02 else "T",
            start_ms=max(start, FIRST_DAY * DAY_MS),
            meters=tuple(meters),
            origin=chance.choice(("A", "B", "")),
            destination=chance.choice(("A", "B", "ELSEWHERE")),
            cos=chance.choice(("FULL", "X")),
            features=chance.choice(((), ("F",), ("F", "F", "UNKNOWN"))),
        )

    def duration(self, longest_ms):
        """The end of an increment of some row or a moment beside it, or any duration."""
        row = self.chance.choice(self.rows.tariffs) if self.rows.tariffs else None
        if row is None or self.chance.random() < 0.2:
            return self.chance.randrange(longest_ms)
        end = row.first_units + self.chance.randrange(8) * row.next_units
        return max(0, min(longest_ms, end) + self.chance.choice((-1, 0, 0, 1)))


@settings(max_examples=1000, phases=UNSHRUNK)
@given(SEEDS)
def test_a_charge_equals_the_sum_over_every_increment(seed):
    case = Case(seed, SHORT)
    for _ in range(3):
        usage = case.usage(400_000)
        expected = slow.charge(case.rows, usage)
        assert amount(case.charging, usage) == expected
        found = rate(case.charging, usage)
        if isinstance(expected, int):
            assert found.amount == found.gross == expected
            assert sum(line.amount for line in found.lines) == expected
        else:
            assert found == expected


@settings(max_examples=150, phases=UNSHRUNK)
@given(SEEDS)
def test_a_charge_over_days_equals_the_sum_over_every_increment(seed):
    case = Case(seed, LONG)
    usage = case.usage(3 * DAY_MS)
    assert amount(case.charging, usage) == slow.charge(case.rows, usage)


@settings(max_examples=150, phases=UNSHRUNK)
@given(SEEDS)
def test_a_quote_is_the_last_increment_end_that_is_paid_for(seed):
    case = Case(seed, LONG)
    usage = case.usage(DAY_MS)
    whole_day = slow.charge(case.rows, with_duration(usage, DAY_MS))
    if isinstance(whole_day, str):
        assert quote(case.charging, usage, 0) == whole_day
        return
    if slow.row_for(case.rows, usage, "ms", "", usage.start_ms).increment == "exact":
        return  # 86,400 candidates: the next test
    for money in (
        slow.charge(case.rows, usage) - case.chance.choice((0, 0, 1)),
        case.chance.randrange(40_000_000),
    ):
        assert quote(case.charging, usage, money) == slow.longest(case.rows, usage, money, with_duration)


@settings(max_examples=400, phases=UNSHRUNK)
@given(SEEDS)
def test_what_is_quoted_is_paid_for_and_a_moment_more_is_not(seed):
    case = Case(seed, SHORT)
    usage = case.usage(400_000)
    price = amount(case.charging, usage)
    if isinstance(price, str):
        return
    money = price - case.chance.choice((0, 0, 1))
    granted = quote(case.charging, usage, money)
    if granted is None:
        assert amount(case.charging, with_duration(usage, DAY_MS)) <= money
    elif isinstance(granted, int) and (granted or money >= price):
        assert amount(case.charging, with_duration(usage, granted)) <= money
        main = slow.row_for(case.rows, usage, "ms", "", usage.start_ms)
        if not usage.features and main.increment != "down":
            more = 1 if main.increment == "up" else 1000
            assert granted % 1000 == 0 or more == 1
            assert amount(case.charging, with_duration(usage, granted + more)) > money


@settings(max_examples=300, phases=UNSHRUNK)
@given(SEEDS)
def test_a_charge_never_falls_as_a_call_grows_longer(seed):
    case = Case(seed, SHORT)
    usage = case.usage(400_000)
    durations = sorted(case.duration(400_000) for _ in range(6))
    charges = [amount(case.charging, with_duration(usage, one)) for one in durations]
    if all(isinstance(one, int) for one in charges):
        assert charges == sorted(charges)
