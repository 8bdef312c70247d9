"""A zone gives UTC and local time of each other; times of queries follow the zone of the caller only where a clock is known.

Source: A-125, C-001.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ain_scp.terms.localtime import parse, text
from ain_scp.terms.zone import Kind, Times, Zone

NEW_YORK, PARIS = "America/New_York", "Europe/Paris"
NAMES = (NEW_YORK, "America/Los_Angeles", "America/Phoenix", "Asia/Kolkata", "Australia/Lord_Howe", PARIS)


@pytest.mark.parametrize("name", NAMES)
def test_the_wall_at_an_instant_is_that_of_the_zone_data(name):
    """Every quarter of an hour around both changes of a year, and one instant a month."""
    zone, data = Zone(name), ZoneInfo(name)
    for start in (985_996_800, 1_004_227_200, 1_017_532_800, *range(946_684_800, 1_000_000_000, 2_592_000)):
        for utc in range(start - 86_400, start + 2 * 86_400, 900):
            wall = dt.datetime.fromtimestamp(utc, data).replace(tzinfo=None)
            assert text(zone.local_s(utc)) == wall.isoformat(), utc


def test_a_local_time_may_come_twice_or_not_at_all():
    zone = Zone(NEW_YORK)
    assert zone.instants(parse("2001-10-28T01:30:00")).kind is Kind.TWICE
    assert zone.instants(parse("2001-04-01T02:30:00")).kind is Kind.GAP
    assert zone.instants(parse("2001-04-01T03:30:00")).kind is Kind.PLAIN


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../etc/passwd", "America", "new york"])
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ValueError, match="no time zone is named"):
        Zone(name)


@pytest.mark.parametrize("ahead_h", [0, -5, 2, 5.5])
def test_times_follow_the_callers_zone_whatever_clock_they_count_from(ahead_h):
    times, utc = Times(), parse("2001-01-17T13:30:00")
    times.ahead_s = int(ahead_h * 3600)
    clock = utc + times.ahead_s
    assert text(times.local(clock, NEW_YORK)) == "2001-01-17T08:30:00"
    assert text(times.local(clock, PARIS)) == "2001-01-17T14:30:00"
    assert times.local(clock, "") == clock


def test_local_times_are_left_alone():
    assert Times().local(12_345, NEW_YORK) == 12_345


@pytest.mark.parametrize("utc", [-(10**12), 10**12])
def test_beyond_the_years_of_a_calendar_the_clock_holds(utc):
    assert Zone(PARIS).local_s(utc) == utc
