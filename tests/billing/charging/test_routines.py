"""Routines, figures and the session's table, cell by cell.

Source: charging.md 5.1 to 5.4.
"""

import pytest

from ain_scp.billing.charging.figures import FIGURES, granted, walk
from ain_scp.billing.charging.pin import Attempts, attempt, hash_pin, matches
from ain_scp.billing.charging.remote import Request, approach, verdict
from ain_scp.billing.charging.routines import charge_steps, select, warning_steps
from ain_scp.billing.charging.session import EVENTS, Party, State, action, shared
from ain_scp.provisioning.rows_charging import TariffRow

CELLS = [
    # state, and what is done at: authorize, answered, period, end, ended, expired
    ("IDLE", "reserve", "", "", "", "", ""),
    ("SETUP", "repeat", "start", "", "", "release", "release"),
    ("TALKING", "repeat", "ignore", "extend", "", "commit", "unsettle"),
    ("FINAL", "repeat", "ignore", "extend", "cut", "commit", "unsettle"),
    ("CUTTING", "repeat", "ignore", "", "", "commit", "commit"),
    ("UNSETTLED", "", "", "", "", "settle", ""),
    ("DENIED", "repeat", "cut", "", "", "repeat", ""),
    ("ENDED", "repeat", "cut", "", "", "repeat", ""),
]


@pytest.mark.parametrize("row", CELLS, ids=[row[0] for row in CELLS])
def test_every_cell_of_the_session_table(row):
    assert [action(State(row[0]), event) for event in EVENTS] == list(row[1:])


def test_the_table_has_a_row_for_every_state():
    assert {row[0] for row in CELLS} == set(State)


def test_a_warning_is_chosen_by_what_exceeds_a_limit(snapshot_of):
    """Exactly 10.00 does not exceed 10.00; below all limits the disconnect warning."""
    limits = snapshot_of().charging.warnings["STANDARD"]
    assert [select(cents * 10_000, limits) for cents in (1001, 1000, 501, 500, 101, 100, 0, -500)] == [
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        3,
    ]


@pytest.mark.parametrize(
    ("place", "first", "steps"),
    [
        (0, 7000, ["7000", "7010", "7020", "7130"]),
        (2, 7000, ["7000", "7010", "7020", "7030", "7040", "7130"]),
        (3, 7000, ["7000", "7010", "7020", "7030", "7040", "7060", "7130"]),
        (1, 9000, ["9000", "9010", "9020", "9030", "9130"]),
    ],
)
def test_the_steps_of_a_warning(place, first, steps):
    assert warning_steps(place, 3, first) == steps


def test_the_last_of_many_limits_is_7050_and_those_between_share_it_with_an_index():
    """Fig. 7: "up to step 7050 at which the balance is compared with an nth limit, the last of a series"."""
    assert warning_steps(3, 4, 7000)[-3:] == ["7040", "7050", "7130"]
    assert warning_steps(5, 6, 9000)[-4:] == ["9050.1", "9050.2", "9050", "9130"]
    assert warning_steps(6, 6, 7000)[-3:] == ["7050", "7060", "7130"]


def tariff_row(connect=0, first=0, following=0):
    amounts = (connect, first, first // 6, following, 100_000 if following else 0)
    return TariffRow("T", 0, "*", "*", "*", "*", "ms", "", *amounts, "up", None, None, "start", 10_000, None)


@pytest.mark.parametrize(
    ("row", "options", "steps"),
    [
        (tariff_row(connect=500_000), {}, "8000 8010 8020 8060 8070 8110"),
        (tariff_row(first=180_000, following=60_000), {}, "8000 8010 8030 8040 8060 8070 8110"),
        (tariff_row(connect=1, following=60_000), {}, "8000 8010 8030 8040 8060 8070 8110"),
        (tariff_row(following=60_000), {"meters": 2}, "8000 8010 8030 8040 8060 8070 8110"),
        (tariff_row(following=60_000), {}, "8000 8010 8030 8050 8060 8070 8110"),
        (tariff_row(following=60_000), {"sufficient": False}, "8000 8010 8030 8050 8060 8070 8080 8120"),
        (tariff_row(following=60_000), {"due": False}, "8000"),
    ],
)
def test_rtcr_takes_the_way_of_its_row(row, options, steps):
    """Flat, complex, single rate; not enough: the disconnect routine; not yet time: nothing."""
    assert charge_steps(row, **options) == steps.split()


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_begins_its_walk_the_same_way(figure):
    """What is granted is the beginning of the whole walk, and a denial shares all but its end."""
    opening = granted(figure)
    assert walk(figure, sufficient=True, answered=True)[: len(opening)] == opening
    assert walk(figure, sufficient=False)[: len(opening) - 1] == opening[:-1]


def test_shares_lose_nothing():
    """Floors in micros; the first party carries the rest."""
    thirds = (Party("A", 333_333), Party("B", 666_667))
    assert shared(100_000, thirds) == [33_334, 66_666]
    assert shared(1, thirds) == [1, 0]
    assert shared(0, thirds) == [0, 0]


def test_a_pin_is_known_by_its_proof_alone():
    stored = hash_pin("1234", bytes(16))
    assert "1234" not in stored
    assert [matches(pin, stored) for pin in ("1234", "1235", "", "12345")] == [True, False, False, False]
    for damaged in ("", "scrypt$zz$00", "scrypt$00", stored.replace("scrypt", "plain"), "1234"):
        assert not matches("1234", damaged)


def test_three_wrong_pins_in_a_row_lock_for_a_time():
    """A right one in between begins anew; when the lock is over one more wrong one does not lock at once."""
    stored = hash_pin("1234", bytes(16))
    said, after = [], Attempts()
    for now_ms, pin in enumerate(["1", "2", "1234", "1", "2", "3", "1234"]):
        reason, after = attempt(after, pin, stored, now_ms, 3, 900)
        said.append(reason)
    assert said == ["PIN", "PIN", "", "PIN", "PIN", "PIN", "LOCKED"]
    assert attempt(after, "1234", stored, 5 + 899, 3, 900)[0] == "LOCKED"
    assert attempt(after, "1234", stored, 5 + 900, 3, 900) == ("", Attempts())
    reason, again = attempt(after, "9", stored, 5 + 900, 3, 900)
    assert (reason, again) == ("PIN", Attempts(1, 0))


FAR = {"origin_switch": "SSP2002", "home_switch": "SSP2004"}
NEAR = {"origin_switch": "SSP2004", "home_switch": "SSP2004"}
WAYS = [
    (FAR, True, True, True, "6000 6010 6020 6050 6060 6080 6090 6130 6140 6150 6160 6200 6210"),
    (
        FAR,
        True,
        True,
        False,
        "6000 6010 6020 6050 6060 6080 6090 6130 6140 6150 6160 6200 6170 6180 6190 6110 6120",
    ),
    (NEAR, True, True, False, "6000 6010 6020 6050 6060 6070 6150 6160 6200 6170 6110 6120"),
    (NEAR, False, True, False, "6000 6010 6020 6050 6060 6070 6030 6040"),
    (
        {**NEAR, "application_cpu": True},
        True,
        False,
        False,
        "6000 6010 6020 6050 6055 6060 6075 6150 6160 6170 6110 6120",
    ),
    (
        {**FAR, "application_cpu": True},
        False,
        True,
        False,
        "6000 6010 6020 6050 6055 6060 6080 6090 6105 6110 6120",
    ),
    ({**FAR, "complied": False}, True, True, True, "6000 6010 6020 6030 6040"),
]


@pytest.mark.parametrize(("where", "capable", "pin_valid", "approved", "steps"), WAYS)
def test_the_way_of_a_remote_call(where, capable, pin_valid, approved, steps):
    request = Request(**where)
    refused, taken = approach(request, capable=capable)
    if not refused:
        taken += verdict(request, pin_valid=pin_valid, approved=approved)
    assert taken == steps.split()
