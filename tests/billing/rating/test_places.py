"""Zones: the longest prefix, else the jurisdiction of the call; trunks and services are elsewhere."""

import pytest

from ain_scp.billing.rating.applied import applied, origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.localtime import day_of, parse

DAY = day_of(parse("2001-01-17T00:00:00"))


@pytest.fixture(scope="module")
def snapshot(charging_dataset):
    rows = ["NANP1,+1809", "SEA,+44207"]
    lines = ["0000-0174,TR17,2001-01-01,,,TRUNK,SSP2002", "9255550201,A10,2001-02-01,FIFTY,PBX,LINE,"]
    accounts = ["SUB,,,,,,,,,EIGHT9,,A10,,,,", "PROF,,,,,,,PBX,,,,,,,,"]
    case = {
        "append": {
            "charging/zones.csv": rows,
            "charging/lines.csv": [
                *lines,
                "9255550277,SUB,2001-01-01,,,LINE,",
                "9255550278,PROF,2001-01-01,,,LINE,",
            ],
            "charging/accounts.csv": accounts,
            "charging/plans.toml": ["[plans.EIGHT9]", 'tariff = "EIGHT"'],
            "charging/profiles.csv": [
                "LONGDISTANCE,PROF,tariff,EIGHT",
                "WIRELINE,PROF,tariff,STD",
                "WIRELINE,PROF,plan,FIFTY",
            ],
        }
    }
    return compile_dataset(load_or_raise(charging_dataset(case))[0])


ZONES = [
    ("9255551000", "", "LOCAL"),
    ("2135620000", "", "LA"),
    ("2135550000", "", "LOCAL"),  # the longer prefix
    ("+442079460000", "", "SEA"),
    ("+441079460000", "", "UK"),
    ("+18095551234", "", "NANP1"),
    ("+12135620000", "", "LA"),  # country code 1 is the NANP itself
    ("+33140205050", "", "INTERNATIONAL"),
    ("8005551234", "", "TOLL_FREE"),
    ("9165551000", "9258341234", "INTERLATA"),
    ("9165551000", "9165552000", "INTRALATA"),
    ("9165551000", "", "OTHER"),
    ("9165551000", "ISP.1", "OTHER"),
    ("8675309", "9258341234", "OTHER"),
    ("611", "", "OTHER"),
    ("", "", "OTHER"),
    ("ISP.1", "", "OTHER"),
    ("0000-0174", "9258341234", "OTHER"),
    ("\u0662\u0661\u0663", "", "OTHER"),
]


@pytest.mark.parametrize(("number", "other", "zone"), ZONES)
def test_a_number_has_its_zone(number, other, zone, snapshot):
    assert zone_of(snapshot, number, other) == zone


def test_the_id_of_a_trunk_has_no_zone_whatever_its_digits(snapshot):
    line = snapshot.charging.line_at("17", DAY)
    assert line.kind == "TRUNK"
    assert origin_of(snapshot, "17", "9255551000", line) == "OTHER"
    assert origin_of(snapshot, "9255551000", "2125550000", None) == "LOCAL"


def test_plan_tariff_and_class_are_those_of_the_line_then_the_profile_then_the_account(snapshot):
    charging = snapshot.charging

    def at(number, day=DAY):
        found = applied(charging, charging.line_at(number, day))
        return found.account, found.plan, found.tariff, found.cos

    assert at("9255550200") == ("A10", "DOLLARP", "DOLLAR", "FULL")
    assert at("9255550277") == ("A10", "DOLLARP", "DOLLAR", "FULL")  # the account that pays
    assert at("9255550278") == (
        "PROF",
        "FIFTY",
        "EIGHT",
        "PBX",
    )  # the higher priority's tariff, the only plan
    assert at("9255550201") == ("A2", "DOLLARP", "DOLLAR", "FULL")
    assert at("9255550201", DAY + 15) == ("A10", "FIFTY", "STD", "PBX")  # moved on the 1st of February
    assert charging.line_at("9255550200", DAY - 400) is None
