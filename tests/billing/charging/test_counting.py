"""What a record costs does not grow with the past, and what is kept of it is bounded.

Source: charging.md 10.2, 11.3; B2-007, I13.
"""

import pytest

from ain_scp.billing.ledger.record import encode
from ain_scp.billing.plans.discounts import threshold_discount

NAMED = {
    "replace": {
        "charging/summaries.toml": [
            "[[summary]]", 'name = "top"', 'owner = "*"', 'of = "COST"', 'by = ["NUMBER"]', "keys = 3", 'reset = "PERIOD"',
        ]
    }
}  # fmt: skip


def written(desk):
    """The octets of every record the desk's ledger makes from now on."""
    found, ledger = [], desk.engine.desk.ledger
    decide = ledger.decide

    def kept(draft):
        decision = decide(draft)
        found.append(encode(decision.record))
        return decision

    ledger.decide = kept
    return found


def play(desk, many, first=0):
    for number in range(first, first + many):
        moment = f"2001-01-{2 + number // 1440:02d}T{number % 1440 // 60:02d}:{number % 60:02d}:00"
        said = desk(moment, "record", from_="9255550234", called="2125550000", duration_ms=60_000)
        assert said["ok"], said


def test_the_record_of_a_call_does_not_grow_with_history(desk_of):
    desk = desk_of()
    found = written(desk)
    play(desk, 6000)
    early = sum(map(len, found[100:200]))
    late = sum(map(len, found[-100:]))
    assert late < early * 1.10, (early, late)
    assert len(desk.engine.desk.counting.totals.entries) == 1


def test_the_largest_numbers_are_kept_and_the_error_is_said(desk_of):
    desk = desk_of(NAMED)
    many = [3, 9, 1, 4, 8, 2]
    for number, minutes in enumerate(many):
        desk(
            f"2001-01-17T1{number}:00:00",
            "record",
            from_="9255550225",
            called=f"212555000{number}",
            duration_ms=minutes * 60_000,
        )
    said = desk("2001-01-17T19:00:00", "summary", account="B2CUST", name="top")
    assert said["approximate"]
    assert len(said["values"]) == 3
    exact = {f"212555000{number}": minutes * 10 for number, minutes in enumerate(many)}
    for called, value in said["values"].items():
        cents = round(float(value) * 100)
        assert exact[called] <= cents <= exact[called] + round(float(said["error"]) * 100)


TABLE = [
    ({0: 55_100_000}, {}, 100_000, 5_510_000),
    ({0: 40_000_000, 100_000: 10_000_000}, {100_000: 1_000_000}, 150_000, 6_500_000),
    ({150_000: 10_000_000}, {150_000: 1_500_000}, 100_000, 0),
    ({100_000: 10_000_000}, {100_000: 1_000_000}, 100_000, 0),
    ({0: 50_000, 100_000: 100_000}, {100_000: 20_000}, 120_000, 0),
    ({0: 44_999}, {}, 100_000, 0),
    ({0: 50_000}, {}, 100_000, 10_000),
    ({}, {}, 100_000, 0),
    ({0: 55_100_000}, {}, 0, 0),
]


@pytest.mark.parametrize(("gross", "given", "percent", "expected"), TABLE)
def test_what_a_threshold_takes_off(gross, given, percent, expected):
    """Half up to the cent for each own percentage below it, less what was given with the calls, never below 0."""
    assert threshold_discount(gross, given, percent) == expected


def test_an_unknown_number_is_assigned_by_the_line_of_its_own_date(desk_of):
    desk = desk_of()
    said = desk("2001-01-17T10:00:00", "record", from_="9999999999", called="2125550000", duration_ms=60_000)
    assert said["suspense"]
    assert list(desk.engine.desk.ledger.facts["suspense"]) != []


@pytest.mark.parametrize(
    ("event", "fields", "reason"),
    [
        ("summary", {"account": "NOBODY", "name": "total"}, "UNKNOWN_ACCOUNT"),
        ("summary", {"account": "GA", "name": "nosuch"}, "UNKNOWN_SUMMARY"),
        ("summary", {"group": "G9", "name": "total"}, "UNKNOWN_GROUP"),
        ("group", {"group": "G9"}, "UNKNOWN_GROUP"),
        ("exemplary", {"account": "GA", "plan": "NOSUCH"}, "UNKNOWN_PLAN"),
        ("move", {"number": "5550000000"}, "UNKNOWN_ACCOUNT"),
        ("move", {"number": "9255550234", "plan": "NOSUCH"}, "UNKNOWN_PLAN"),
        ("move", {"number": "9255550234", "account": "NOSUCH"}, "UNKNOWN_ACCOUNT"),
        ("move", {"number": "9255550234", "cos": "NOSUCH"}, "UNKNOWN_COS"),
        ("profile", {"source": "X", "account": "GA", "field": "plan", "value": "P_STD"}, "UNKNOWN_SOURCE"),
        ("profile", {"source": "WIRELINE", "account": "GA", "field": "plan", "value": "X"}, "UNKNOWN_PLAN"),
        ("profile", {"source": "WIRELINE", "account": "GA", "field": "tariff", "value": "X"}, "UNKNOWN_TARIFF"),
        ("bill", {"account": "GA", "from": "2001-01-01", "to": "2001-01-01"}, "DATE"),
        ("bill", {"account": "GA", "from": "1 January", "to": "2001-02-01"}, "DATE"),
        ("bill", {"account": "X", "from": "2001-01-01", "to": "2001-02-01"}, "UNKNOWN_ACCOUNT"),
        ("bill", {"customer": "X", "from": "2001-01-01", "to": "2001-02-01"}, "UNKNOWN_CUSTOMER"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_by_name_and_changes_nothing(event, fields, reason, desk_of):
    desk = desk_of()
    before = desk.engine.desk.ledger.sequence
    said = desk("2001-01-17T10:00:00", event, **fields)
    assert (said["ok"], said.get("reason")) == (False, reason)
    assert desk.engine.desk.ledger.sequence == before


def bill(desk, at, account, start, to):
    return desk(at, "bill", account=account, **{"from": start, "to": to}, untaxed=True)


def test_a_plan_that_many_accounts_have_is_no_pool(desk_of):
    """P_STD has no threshold: B2CUST's open January does not hold RENTER's February back."""
    desk = desk_of()
    desk("2001-01-17T10:00:00", "record", from_="9255550225", called="2125550000", duration_ms=60_000)
    desk("2001-01-17T10:00:00", "record", from_="9255550224", called="2125550000", duration_ms=60_000)
    assert bill(desk, "2001-02-01T00:00:00", "RENTER", "2001-01-01", "2001-02-01")["ok"]
    assert bill(desk, "2001-03-01T00:00:00", "RENTER", "2001-02-01", "2001-03-01")["ok"]


@pytest.mark.parametrize(("caller", "member"), [("9255550235", "GC"), ("9255550239", "LC1")])
def test_a_member_without_calls_waits_for_those_with(caller, member, desk_of):
    """A pool keeps two periods: nobody's next one is closed while another member's calls lie in the one before."""
    desk = desk_of()
    desk("2001-01-17T10:00:00", "record", from_=caller, called="2125550000", duration_ms=60_000)
    assert bill(desk, "2001-02-01T00:00:00", member, "2001-01-01", "2001-02-01")["ok"]
    said = bill(desk, "2001-03-01T00:00:00", member, "2001-02-01", "2001-03-01")
    assert (said["ok"], said["reason"]) == (False, "PERIOD_OPEN")
    other = {"GC": "GB", "LC1": "LB1"}[member]
    assert bill(desk, "2001-03-01T00:00:01", other, "2001-01-01", "2001-02-01")["ok"]
    assert bill(desk, "2001-03-01T00:00:02", member, "2001-02-01", "2001-03-01")["ok"]


def test_a_free_call_saves_nothing(desk_of):
    desk = desk_of()
    desk("2001-01-17T10:00:00", "record", from_="9255550227", called="611", duration_ms=600_000)
    said = desk("2001-01-17T11:00:00", "exemplary", account="B5CUST", plan="PLAN_A")
    assert (said["balance"], said["difference"]) == ("0.00", "0.00")


def test_a_record_that_settles_a_call_says_what_it_adjusted(desk_of):
    """49.90 before; the call's own record comes before its end, reaches 50.00 and says so."""
    desk = desk_of()
    desk("2001-01-17T08:00:00", "record", from_="9255550230", called="2125550000", duration_ms=29_940_000)
    desk("2001-01-17T18:00:00", "authorize", call="x", from_="9255550230", called="2125550000")
    desk("2001-01-17T18:00:00", "answer", call="x")
    said = desk(
        "2001-01-17T18:00:30", "record", from_="9255550230", called="2125550000", duration_ms=20_000, call="x",
        answer="2001-01-17T18:00:00",
    )  # fmt: skip
    assert (said["charge"], said["reconciled"], said["adjustment"]) == ("0.10", "0.00", "-5.00")
    assert said["adjusted"] == {"F50": "-5.00"}
    assert desk("2001-01-17T18:01:00", "current", account="F50")["current"] == "45.00"


def test_a_record_without_a_price_waits_and_is_charged_once(desk_of):
    """Refused, never free and never lost (3.2); sent again when the tariff has a row, it waits no longer."""
    edits = {
        "append": {
            "charging/lines.csv": ["9255550286,A10,2000-01-01,,,LINE,SSP2004"],
            "charging/tariffs.csv": ["OLD,2000-01-01,*,*,*,*,ms,,,,,60s,0.10,up,,,,"],
        }
    }
    desk = desk_of(edits)
    record = {
        "from_": "9255550286",
        "called": "2125550000",
        "duration_ms": 60_000,
        "answer": "2000-06-01T10:00:00",
    }
    for given in ({"key": "k"}, {"key": "k"}, {}):
        said = desk("10:00:00", "record", **record, **given)
        assert (said["ok"], said["reason"]) == (False, "NO_ROW")
    waiting = desk.engine.desk.ledger.facts["suspense"]
    assert len(waiting) == 2
    assert desk("10:01:00", "balance", account="A10")["used"] == "0.00"
    assert desk("10:02:00", "profile", source="WIRELINE", account="A10", field="tariff", value="OLD")["ok"]
    assert desk("10:03:00", "record", **record, key="k")["charge"] == "0.10"
    assert len(waiting) == 1
    assert desk("10:04:00", "record", **record, key="k")["charge"] == "0.10"
    assert desk("10:05:00", "balance", account="A10")["used"] == "0.10"


def test_rows_of_an_account_that_another_pays_for_are_the_payers(desk_of):
    """Everywhere an account with `pays` stands for the account that pays (5.1): its items are billed, its transfers drawn."""
    edits = {
        "append": {
            "charging/accounts.csv": ["CHILD,x,SUBSCRIBER,AFTER,,,,,,P_STD,,C20,,,,"],
            "charging/lines.csv": ["9255550286,CHILD,2001-01-01,,,LINE,SSP2004"],
            "charging/recurring.csv": ["telephone of the child,2001-01-01,,CHILD,ACCOUNT,3.00,none"],
            "charging/groups.csv": ["G1,CHILD,2001-01-01,"],
        }
    }
    desk = desk_of(edits)
    said = desk("10:00:00", "record", from_="9255550286", called="2125550000", duration_ms=60_000)
    assert (said["account"], said["group"]) == ("C20", "G1")
    asked = {"account": "CHILD", "from": "2001-01-01", "to": "2001-02-01"}
    bill = desk("2001-02-01T00:00:00", "bill", **asked, untaxed=True)
    assert bill["account"] == "C20"
    assert ("telephone of the child", "3.00") in [(line["text"], line["amount"]) for line in bill["lines"]]


EARLY = {
    "append": {
        "charging/plans.toml": [
            "[plans.EARLY]", 'tariff = "STD"', "[[plans.EARLY.discount]]", 'kind = "THRESHOLD"', 'measure = "CHARGES"',
            'reaches = "1.00"', 'percent = "50"', "retroactive = false", 'pool = "ACCOUNT"',
            "[plans.WITHOUT]", 'tariff = "STD"', 'exemplary = ["EARLY"]',
        ],
        "charging/accounts.csv": [f"{plan}1,,,,,100.00,,,,{plan},,,,,," for plan in ("EARLY", "WITHOUT")],
        "charging/lines.csv": ["9255559001,EARLY1,2001-01-01,,,,", "9255559002,WITHOUT1,2001-01-01,,,,"],
    }
}  # fmt: skip


def test_a_plan_somebody_has_and_the_same_plan_as_an_exemplary_one_come_to_the_same(desk_of):
    """B5-002: a threshold without retroactive effect holds for calls that begin after it was reached, there too."""
    desk = desk_of(EARLY)
    for came, answered in (("10:10:00", "10:00"), ("10:20:00", "10:05"), ("10:40:00", "10:30")):
        for number in ("9255559001", "9255559002"):
            answer = f"2001-01-17T{answered}:00"
            said = desk(came, "record", from_=number, called="9255551000", duration_ms=600_000, answer=answer)
            assert said["ok"], said
    assert desk("10:41:00", "current", account="EARLY1")["current"] == "2.50"
    assert desk("10:41:00", "exemplary", account="WITHOUT1", plan="EARLY")["balance"] == "2.50"
    last = {"from_": "2001-01-01", "to": "2001-02-01"}
    assert desk("2001-02-01T00:00:00", "bill", account="WITHOUT1", **last)["closes"] is True
    answer = {"called": "9255551000", "duration_ms": 600_000, "answer": "2001-02-01T00:10:00"}
    assert desk("2001-02-01T00:20:00", "record", from_="9255559002", **answer)["ok"]
    assert desk("2001-02-01T00:21:00", "exemplary", account="WITHOUT1", plan="EARLY")["balance"] == "1.00"


def test_a_live_call_whose_record_has_a_flag_counts_no_longer(desk_of):
    """3.3: a record with a flag takes no part in plans, totals and summaries; told again it is not taken away twice."""
    summary = ["[[summary]]", 'name = "all"', 'owner = "*"', 'of = "COST"', 'reset = "PERIOD"']
    desk = desk_of(EARLY | {"replace": {"charging/summaries.toml": summary}})
    call = {"from_": "9255559002", "called": "9255551000"}
    for name, minute in (("x", 0), ("y", 20)):
        desk(f"10:{minute:02d}:00", "authorize", call=name, **call)
        desk(f"10:{minute:02d}:00", "answer", call=name)
        assert desk(f"10:{minute + 6:02d}:00", "release", call=name)["charge"] == "0.60"
    assert desk("10:30:00", "exemplary", account="WITHOUT1", plan="EARLY")["balance"] == "1.20"
    flagged = {"call": "y", "duration_ms": 360_000, "answer": "2001-01-17T10:20:00", **call}
    for number in range(2):
        said = desk(f"10:3{number + 1}:00", "record", treatments=["RBR", "UBS"], key=f"{number}", **flagged)
        assert said["disposition"] == "DISCOUNTED"
    (entry,) = desk.engine.desk.counting.totals.of_account("WITHOUT1")
    assert (entry.charges, entry.minutes, entry.calls) == (600_000, 6, 1)
    assert desk("10:40:00", "exemplary", account="WITHOUT1", plan="EARLY")["balance"] == "0.60"
    assert desk("10:40:00", "summary", account="WITHOUT1", name="all")["values"] == "0.60"
    bill = desk("10:41:00", "bill", account="WITHOUT1", from_="2001-01-01", to="2001-02-01")
    assert [one["flag"] for one in bill["others"]] == ["UBS,RBR"]
    assert len(bill["calls"]) == 1
