"""Every parameter a summary may have: what a call counts in, what is added, what restarts.

Source: charging.md 8.20, 10.2; B2-006, B2-008, B5-009.
"""

import pytest

BY = ("", "DAY", "NUMBER", "AREA", "CITY", "STATE", "COUNTRY", "BAND", "PLAN", "TYPE")


def rows(of, by, reset="PERIOD", owner="*"):
    found = ["[[summary]]", 'name = "asked"', f'owner = "{owner}"', f'of = "{of}"', f'reset = "{reset}"']
    found += [f'by = ["{by}"]'] if by else []
    found += ['numbers = ["2125550000"]'] if by == "NUMBER" else []
    found += ['scheme = "PEAK"'] if by == "BAND" else []
    return {"replace": {"charging/summaries.toml": found}}


CALLS = [
    ("2001-01-17T10:00:00", "2125550000", 60_000, "DIRECT"),
    ("2001-01-17T18:00:00", "+442079460000", 120_001, "COLLECT"),
    ("2001-01-18T08:59:59", "4159212000", 1, "DIRECT"),
]
MINUTES = {
    "": 5,
    "DAY": {"2001-01-17": 4, "2001-01-18": 1},
    "NUMBER": {"2125550000": 1, "OTHER": 4},
    "AREA": {"212": 1, "+44": 3, "415": 1},
    "CITY": {"NY": 1, "UK": 3, "BAY": 1},
    "STATE": {"NY": 1, "OTHER": 3, "CA": 1},
    "COUNTRY": {"NANP": 2, "UK": 3},
    "BAND": {"day": 1, "offpeak": 4},
    "PLAN": {"P_STD": 5},
    "TYPE": {"DIRECT": 2, "COLLECT": 3},
}


def played(desk):
    for at, called, length, kind in CALLS:
        assert desk(at, "record", from_="9255550225", called=called, duration_ms=length, type=kind)["ok"]


def asked(desk, at="2001-01-18T10:00:00"):
    return desk(at, "summary", account="B2CUST", name="asked")["values"]


@pytest.mark.parametrize("by", BY)
def test_minutes_cost_and_calls_by_every_parameter(by, desk_of):
    for of, text in (("MINUTES", int), ("COST", "0.{}0".format), ("CALLS", None)):
        desk = desk_of(rows(of, by))
        played(desk)
        found = asked(desk)
        if of == "CALLS":
            assert (sum(found.values()) if by else found) == 3
        elif by:
            assert found == {key: text(value) for key, value in MINUTES[by].items()}
            assert list(found) == sorted(found)
        else:
            assert found == text(MINUTES[by])


@pytest.mark.parametrize(("reset", "interim", "closed"), [("BILL", 0, 0), ("PERIOD", 5, 0), ("NEVER", 5, 5)])
def test_what_a_bill_restarts(reset, interim, closed, desk_of):
    desk = desk_of(rows("MINUTES", "", reset))
    played(desk)
    bill = {"account": "B2CUST", "from": "2001-01-01", "to": "2001-02-01"}
    made = desk("2001-01-19T00:00:00", "bill", **bill)
    assert made["summaries"]["asked"]["values"] == 5
    assert asked(desk, "2001-01-19T00:00:01") == interim
    assert desk("2001-02-01T00:00:00", "bill", **bill)["closes"]
    assert asked(desk, "2001-02-01T00:00:01") == closed


@pytest.mark.parametrize(
    ("owner", "has"),
    [("B2CUST", True), ("plan:P_STD", True), ("RENTER", False), ("plan:FIFTY", False), ("group:G1", False)],
)
def test_a_summary_is_kept_for_its_owner_alone(owner, has, desk_of):
    desk = desk_of(rows("CALLS", "", owner=owner))
    played(desk)
    said = desk("2001-01-18T10:00:00", "summary", account="B2CUST", name="asked")
    assert (said["ok"], said.get("values"), said.get("reason")) == (
        (True, 3, None) if has else (False, None, "UNKNOWN_SUMMARY")
    )


def test_savings_are_what_the_exemplary_plan_would_have_saved(desk_of):
    for by, expected in (("", "2.07"), ("PLAN", {"PLAN_A": "2.07"})):
        desk = desk_of(rows("SAVINGS", by))
        desk("2001-01-17T10:00:00", "record", from_="9255550227", called="2125550000", duration_ms=6_000_000)
        said = desk("2001-01-17T12:00:00", "summary", account="B5CUST", name="asked")
        assert said["values"] == expected


MESSAGES = [
    ('text = "Now {BALANCE}, {USAGE} min; plan {PLAN} saves {SAVINGS}."', '"BALANCE", "USAGE", "SAVINGS"', "Now 12.07, 100 min; plan A saves 2.07."),
    ('text = "Call {ORDER_NUMBER}."', '"BALANCE"', None),
    ('text = "Plan use {BALANCE}."', '"PLAN_USAGE"', None),
    ("", '"SAVINGS"', "You would have saved $2.07 this billing period if you subscribed to billing plan A."),
    ("", '"BALANCE"', None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "include", "expected"), MESSAGES)
def test_the_sentence_has_what_there_is_to_say(text, include, expected, desk_of):
    row = [
        "[[message]]",
        'owner = "*"',
        f"include = [{include}]",
        'plan = "PLAN_A"',
        *([text] if text else []),
    ]
    desk = desk_of({"replace": {"charging/messages.toml": row}})
    desk("2001-01-17T10:00:00", "record", from_="9255550227", called="2125550000", duration_ms=6_000_000)
    said = desk("2001-01-17T12:00:00", "setup_query", from_="9255550227")
    assert said["text"] == expected
    assert len(said["entries"]) == include.count('"') // 2


def test_of_two_summaries_of_one_name_an_account_has_the_first_that_is_its_own(desk_of):
    """One name, an owner of its own and everybody: they are no one sum of minutes and money."""
    edits = {
        "replace": {
            "charging/summaries.toml": [
                "[[summary]]", 'name = "used"', 'owner = "GA"', 'of = "MINUTES"', 'reset = "NEVER"',
                "[[summary]]", 'name = "used"', 'owner = "*"', 'of = "COST"', 'reset = "PERIOD"',
            ]
        }
    }  # fmt: skip
    desk = desk_of(edits)
    for minute, number in enumerate(("9255550234", "9255550235") * 2):
        assert desk(f"10:0{minute}:00", "record", from_=number, called="2125550000", duration_ms=600_000)[
            "ok"
        ]
    assert desk("11:00:00", "summary", account="GA", name="used")["values"] == 20
    assert desk("11:00:00", "summary", account="GB", name="used")["values"] == "2.00"
    for account, values in (("GA", 20), ("GB", "0.00")):
        asked = {"account": account, "from": "2001-01-01", "to": "2001-02-01"}
        assert desk("2001-02-01T00:00:00", "bill", **asked)["closes"]
        assert desk("2001-02-01T00:00:00", "summary", account=account, name="used")["values"] == values
