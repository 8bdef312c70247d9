"""Printed examples of the plans, summaries and messages that no worked case has in their own figures, to the cent.

Source: B2-005, B2-009, B5-001, B5-003, B6-007, B7-005, B7-008, B7-009, B7-010.
"""

import pytest

LINES = {"LA1": "9255550238", "LB1": "9255550239", "LC1": "9255550240"}


def record(desk, at, number, minutes, called="2125550000", seconds=0):
    length_ms = (minutes * 60 + seconds) * 1000
    said = desk(at, "record", from_=number, called=called, duration_ms=length_ms)
    assert said["ok"], said
    return said


def current(desk, at, *accounts):
    return [desk(at, "current", account=account)["current"] for account in accounts]


def test_a_group_is_one_cent_below_and_then_at_a_thousand_dollars(desk_of):
    """B6-007: A 600, B 399.99: none; B +0.01: A 540.00, B 360.00. Six seconds are a cent, so that there are cents."""
    desk = desk_of(
        {"replace_in": {"charging/tariffs.csv": ["STD,2001-01-01,*,*,*,*,ms,,,,,60s,0.10", "STD,2001-01-01,*,*,*,*,ms,,,,,6s,0.01"]}}
    )  # fmt: skip
    record(desk, "2001-01-03T00:00:00", "9255550234", 6000)
    record(desk, "2001-01-08T00:00:00", "9255550235", 3999, seconds=54)
    assert current(desk, "2001-01-12T00:00:00", "GA", "GB") == ["600.00", "399.99"]
    said = record(desk, "2001-01-12T00:00:01", "9255550235", 0, seconds=6)
    assert (said["charge"], said["adjusted"]) == ("0.01", {"GA": "-60.00", "GB": "-40.00"})
    assert current(desk, "2001-01-12T00:00:02", "GA", "GB") == ["540.00", "360.00"]


FORMS = {
    "one profile reached by every line": {},
    "a profile for each line, each naming the common plan": {
        "append": {
            "charging/plans.toml": [
                line
                for name in LINES
                for line in (f"[plans.X_{name}]", 'tariff = "STD"', 'pool_with = "LINES50"')
            ]
        }
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_give_three_lines_in_two_places_one_price(form, desk_of):
    """B7-005, B7-006, B7-008: A 30.00, B 15.00 and C, on another switch, 6.00 are 27.00, 13.50 and 5.40."""
    edits = dict(FORMS[form])
    own = dict.fromkeys(LINES, "") if not edits else {name: f"X_{name}" for name in LINES}
    lines = [f"{number},{name},2001-01-02,{own[name]},,LINE,SSP2004" for name, number in LINES.items()]
    lines[2] = lines[2].replace("SSP2004", "SSP2006")
    edits["append"] = edits.get("append", {}) | {"charging/lines.csv": lines}
    desk = desk_of(edits)
    record(desk, "2001-01-17T10:00:00", LINES["LA1"], 300)
    record(desk, "2001-01-17T16:00:00", LINES["LB1"], 150)
    assert current(desk, "2001-01-17T20:00:00", *LINES) == ["30.00", "15.00", "0.00"]
    said = record(desk, "2001-01-17T20:00:01", LINES["LC1"], 60)
    assert said["plan"] == (own["LC1"] or "LINES50")
    assert current(desk, "2001-01-17T22:00:00", *LINES) == ["27.00", "13.50", "5.40"]


def test_lines_of_one_account_have_different_plans(desk_of):
    """B7-009: account 1 has A of plan X and D of plan Y, at 0.08 a minute; D's calls neither count in X nor are reduced by it."""
    desk = desk_of({"append": {"charging/lines.csv": ["9255550298,LA1,2001-01-01,LINEY,,LINE,SSP2004"]}})
    record(desk, "2001-01-17T10:00:00", LINES["LA1"], 300)
    said = record(desk, "2001-01-17T16:00:00", "9255550298", 300)
    assert (said["account"], said["plan"], said["charge"]) == ("LA1", "LINEY", "24.00")
    assert current(desk, "2001-01-17T22:00:00", "LA1") == ["54.00"]
    said = record(desk, "2001-01-18T10:00:00", LINES["LB1"], 200)
    assert said["adjusted"] == {"LA1": "-3.00", "LB1": "-2.00"}
    assert current(desk, "2001-01-18T20:00:00", "LA1", "LB1") == ["51.00", "18.00"]


def test_a_line_of_an_evening_plan_has_its_discount_and_its_minutes(desk_of):
    """B7-010, B6-005: 10 min at 18:00 at 0.10 are 0.90; discount minutes 10. The account's other line pays in full."""
    desk = desk_of({"append": {"charging/lines.csv": ["9255550298,GD,2001-01-01,TOD10,,LINE,SSP2004"]}})
    assert record(desk, "18:00:00", "9255550298", 10)["charge"] == "0.90"
    values = desk("18:30:00", "summary", account="GD", name="discount_minutes")["values"]
    assert values == {"offpeak": 10}
    assert record(desk, "19:00:00", "9255550237", 10)["charge"] == "1.00"


def ani_of(account):
    """The printed ANI as a line of an account."""
    return {"append": {"charging/lines.csv": [f"9085551212,{account},2001-01-01,,,LINE,SSP2004"]}}


def test_calls_of_an_ani_are_its_customer_s_and_their_sum_is_read_at_once(desk_of):
    """B2-005, B2-009: ANI 9085551212; 1.20 to 201 and 3.00 to 212: 4.20 right after the call."""
    desk = desk_of(ani_of("B2CUST"))
    assert record(desk, "10:00:00", "9085551212", 12, "2015550001")["account"] == "B2CUST"
    record(desk, "11:00:00", "9085551212", 30)
    assert current(desk, "11:00:00", "B2CUST") == ["4.20"]
    values = desk("11:00:00", "summary", account="B2CUST", name="cost_by_area")["values"]
    assert values == {"201": "1.20", "212": "3.00"}


def test_a_set_up_query_of_an_ani_hears_its_savings(desk_of):
    """B5-001, B5-003: 100 min, 12.07 this period; the query {ANI 9085551212} gives 2.07."""
    desk = desk_of(ani_of("B5CUST"))
    record(desk, "10:00:00", "9085551212", 100)
    assert current(desk, "12:00:00", "B5CUST") == ["12.07"]
    assert desk("12:00:00", "summary", account="B5CUST", name="minutes_since_bill")["values"] == 100
    entries = desk("12:00:00", "setup_query", from_="9085551212")["entries"]
    assert entries == [{"id": "SAVINGS_PLAN_A", "contents": "2.07"}]
