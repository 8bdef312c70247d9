"""Calls at the desk: who is asked for money, when, and what becomes of it.

Source: charging.md 5.1 to 5.3.
"""

import pytest

TWO = {
    "append": {
        "charging/accounts.csv": ["SECS,x,SUBSCRIBER,DURING,0.10,,,FULL,STANDARD,SECSP,,,,,,"],
        "charging/lines.csv": ["9255550285,SECS,2001-01-01,,,LINE,SSP2004"],
        "charging/plans.toml": ["[plans.SECSP]", 'tariff = "SECS"'],
        "charging/tariffs.csv": ["SECS,2001-01-01,*,*,*,*,ms,,,,,6s,0.01,up,,,,"],
    }
}


def start(desk, call="c", number="9255550201", at="10:00:00", called="2125550000", **fields):
    said = desk(at, "authorize", call=call, from_=number, called=called, **fields)
    desk(at, "answer", call=call)
    return said


def test_a_denied_call_is_denied_again_and_never_connected(desk_of):
    """The same question gets the same answer, even after a payment; an answer to it is cut."""
    desk = desk_of()
    assert (
        desk("10:00:00", "authorize", call="c", from_="9255550203", called="2125550000")["reason"]
        == "INSUFFICIENT"
    )
    desk("10:00:01", "deposit", account="A0", amount="5.00")
    assert (
        desk("10:00:02", "authorize", call="c", from_="9255550203", called="2125550000")["reason"]
        == "INSUFFICIENT"
    )
    assert desk("10:00:03", "answer", call="c")["cut"] is True
    assert desk("10:00:04", "release", call="c")["reason"] == "INSUFFICIENT"


def test_an_answer_after_the_reservation_went_back_is_cut(desk_of):
    """No free talk: set-up lasted longer than setup_s."""
    desk = desk_of()
    desk("10:00:00", "authorize", call="c", from_="9255550201", called="2125550000")
    said = desk.all("10:05:00", "answer", call="c")
    assert (said[0]["event"], said[0]["at"]) == ("unanswered", "2001-01-17T10:03:00")
    assert said[-1]["cut"] is True
    assert desk("10:06:00", "balance", account="A2")["posted"] == "2.00"


def test_a_group_has_no_more_calls_at_once_than_its_bound(desk_of):
    """Of all its accounts together, on the days they are in it; another group's account is asked nothing."""
    desk = desk_of(
        {
            "append": {
                "charging/plans.toml": ["max_calls = 2"],
                "charging/groups.csv": ["G1,A2,2001-01-18,"],
            }
        }
    )
    for number, answer in (("234", ""), ("335", ""), ("236", "TOO_MANY_CALLS"), ("235", "TOO_MANY_CALLS")):
        said = start(desk, call=number, number=f"9255550{number}")
        assert said.get("reason", "") == answer, number
    assert "reason" not in start(desk, call="other", number="9255550201")
    desk("10:00:30", "release", call="234")
    assert "reason" not in start(desk, call="later", number="9255550236", at="10:00:31")


def test_what_nobody_knows_is_unknown(desk_of):
    desk = desk_of()
    for event, fields in (("answer", {"call": "x"}), ("release", {"call": "x"}), ("cut", {"call": "x"})):
        assert desk("10:00:00", event, **fields)["reason"] == "UNKNOWN_SESSION"
    for event, fields in (
        ("balance", {"account": "X"}),
        ("deposit", {"account": "X", "amount": "1.00"}),
        ("purchase", {"account": "X", "amount": "1.00"}),
        ("usage", {"account": "X", "meters": {"unit": 1}}),
        ("off_hook", {"from_": "2125550000"}),
        ("access", {"home": "2125550000", "pin": "1"}),
        ("lock", {"from_": "2125550000", "pin": "1"}),
        ("callConnection", {"from_": "2125550000", "called": "1"}),
        ("display", {"account": "X", "called": "1"}),
    ):
        assert desk("10:00:00", event, **fields)["reason"] == "UNKNOWN_ACCOUNT", event


def test_short_increments_are_asked_for_until_the_lead_is_paid(desk_of):
    """Six seconds at a time, ten seconds ahead: at the answer the second is asked for at once, then the third."""
    desk = desk_of(TWO)
    start(desk, number="9255550285")
    assert desk("10:00:00.001", "balance", account="SECS")["reserved"] == "0.02"
    assert desk("10:00:02.001", "balance", account="SECS")["reserved"] == "0.03"
    last = desk.finish()[-1]
    assert (last["event"], last["at"], last["charge"]) == ("cut", "2001-01-17T10:01:00", "0.10")


def test_who_hangs_up_at_a_boundary_does_not_pay_the_next_minute(desk_of):
    """Timers of an instant run after its events: 4:00 exactly is four minutes."""
    desk = desk_of()
    start(desk, number="9255550200")
    assert desk("10:04:00", "release", call="c")["charge"] == "4.00"


def test_the_next_period_is_asked_for_ten_seconds_before_the_end(desk_of):
    desk = desk_of()
    start(desk, number="9255550200")
    assert desk("10:00:50", "balance", account="A10")["reserved"] == "1.00"
    assert desk("10:00:50.001", "balance", account="A10")["reserved"] == "2.00"


def test_a_dearer_band_at_the_answer_takes_more_or_cuts_at_no_charge(desk_of):
    """Granted at 0.10 before nine o'clock, answered at 0.20 after it."""
    edits = {
        "append": {
            "charging/accounts.csv": [
                "B1,x,SUBSCRIBER,DURING,0.20,,,FULL,,B1P,,,,,,",
                "B2,x,SUBSCRIBER,DURING,0.15,,,FULL,,B1P,,,,,,",
            ],
            "charging/lines.csv": [
                "9255550285,B1,2001-01-01,,,LINE,SSP2004",
                "9255550286,B2,2001-01-01,,,LINE,SSP2004",
            ],
            "charging/plans.toml": ["[plans.B1P]", 'tariff = "TODRATE"'],
        }
    }
    desk = desk_of(edits)
    for call, number in (("a", "9255550285"), ("b", "9255550286")):
        assert (
            desk("08:59:50", "authorize", call=call, from_=number, called="2125550000")["reserved"] == "0.10"
        )
    desk("09:00:00", "answer", call="a")
    assert desk("09:00:01", "balance", account="B1")["reserved"] == "0.20"
    said = desk.all("09:00:02", "answer", call="b")
    assert (said[0]["event"], said[0]["charge"], said[0]["duration_ms"]) == ("cut", "0.00", 0)
    assert desk("09:00:03", "balance", account="B2")["posted"] == "0.15"


def test_money_of_another_call_is_offered_in_order_of_authorization(desk_of):
    """Two calls in their last period, and money for one more minute: the first one gets it."""
    desk = desk_of()
    desk("09:59:00", "purchase", account="BG10", amount="8.00")
    start(desk, "a", "9255550291")
    start(desk, "b", "9255550292")
    desk("10:00:55", "deposit", account="BG10", amount="1.00")
    cuts = {line["call"]: line["at"][11:] for line in desk.finish() if line["event"] == "cut"}
    assert cuts == {"a": "10:02:00", "b": "10:01:00"}


def test_a_call_extended_again_is_warned_again(desk_of):
    """Refused, warned, paid for, and refused once more."""
    edits = {
        "replace_in": {
            "charging/accounts.csv": [
                "VS1,Virtual subscriber,VSUB,DURING,2.00,,,FULL,STANDARD",
                "VS1,Virtual subscriber,VSUB,DURING,2.00,,,FULL,",
            ]
        }
    }
    desk = desk_of(edits)
    start(desk, number="9255550211")
    said = desk.all("10:01:55", "deposit", account="VS1", amount="1.00") + desk.finish()
    assert [(line["event"], line["at"][11:]) for line in said if not line["line"]] == [
        ("warn", "10:01:50"),
        ("warn", "10:02:50"),
        ("cut", "10:03:00"),
    ]


def test_a_free_call_asks_nobody_and_counts_nowhere(desk_of):
    """At balance 0, to a name that is taken, and beside as many calls as are allowed."""
    desk = desk_of()
    assert desk("10:00:00", "authorize", call="c", from_="9255550203", called="911") == {
        "line": 1, "at": "2001-01-17T10:00:00", "event": "authorize", "ok": True,
        "granted_ms": None, "reserved": "0.00", "message": None, "account": None,
    }  # fmt: skip
    start(desk, "d", "9255550201")
    assert desk("10:00:01", "authorize", call="d", from_="9255550203", called="911")["ok"]
    desk("10:00:02", "answer", call="c")
    assert desk("10:00:03", "release", call="c")["charge"] == "0.00"


def test_a_call_that_costs_nothing_is_not_timed(desk_of):
    edits = {
        "append": {
            "charging/accounts.csv": ["GRATIS,x,SUBSCRIBER,DURING,0.00,,,FULL,STANDARD,FREEP,,,,,,"],
            "charging/lines.csv": ["9255550285,GRATIS,2001-01-01,,,LINE,SSP2004"],
        }
    }
    desk = desk_of(edits)
    assert start(desk, number="9255550285")["granted_ms"] is None
    assert desk("23:00:00", "release", call="c")["duration_ms"] == 13 * 3_600_000


def test_an_operator_cuts_a_call_where_it_stands(desk_of):
    """Charged for what was talked; the rest of the period goes back."""
    desk = desk_of()
    start(desk, number="9255550200")
    said = desk("10:01:30", "cut", call="c")
    assert (said["charge"], said["duration_ms"], said["usable"]) == ("2.00", 90_000, "8.00")


def test_shares_reserve_at_all_parties_or_at_none(desk_of):
    """The called party cannot pay its part: nothing is held of the caller's."""
    desk = desk_of()
    desk("09:00:00", "purchase", account="PAYEE", amount="4.90")
    said = desk(
        "10:00:00", "authorize", call="c", from_="9255550200", called="9255550213", share="SIXTYFORTY"
    )
    assert said["reason"] == "INSUFFICIENT"
    assert desk("10:00:01", "balance", account="A10")["reserved"] == "0.00"
    assert (
        desk("10:00:02", "authorize", call="d", from_="9255550200", called="9255550213", share="NONE")[
            "reason"
        ]
        == "UNKNOWN_SHARE"
    )


def test_a_record_that_comes_first_settles_its_call(desk_of):
    """And the release that follows gets the answer of the end; the record again changes nothing."""
    desk = desk_of()
    start(desk, number="9255550200")
    fields = {
        "from_": "9255550200",
        "called": "2125550000",
        "duration_ms": 90_000,
        "call": "c",
        "answer": "2001-01-17T10:00:00",
    }
    assert desk("10:01:31", "record", key="r", **fields)["reconciled"] == "0.00"
    assert desk("10:01:32", "record", key="r", **fields)["reconciled"] == "0.00"
    assert desk("10:01:33", "release", call="c")["charge"] == "2.00"
    assert desk("10:01:34", "balance", account="A10")["posted"] == "8.00"


def test_a_record_that_says_otherwise_posts_the_difference(desk_of):
    """Longer: charged whatever the balance; shorter: given back, and the use falls."""
    desk = desk_of()
    start(desk)
    assert desk("10:01:00", "release", call="c")["charge"] == "1.00"
    fields = {"from_": "9255550201", "called": "2125550000", "call": "c", "answer": "2001-01-17T10:00:00"}
    assert desk("10:02:00", "record", duration_ms=240_000, key="1", **fields)["reconciled"] == "3.00"
    assert desk("10:02:01", "balance", account="A2")["posted"] == "-2.00"
    assert desk("10:02:02", "record", duration_ms=60_000, key="2", **fields)["reconciled"] == "-3.00"
    said = desk("10:02:03", "balance", account="A2")
    assert (said["posted"], said["used"]) == ("1.00", "1.00")


@pytest.mark.parametrize("amount", ["-1.00", "1.0000001", "1e3", "0,10", "", "9999999999999"])
def test_an_amount_that_is_none_is_refused(desk_of, amount):
    desk = desk_of()
    if amount:
        assert desk("10:00:00", "deposit", account="A2", amount=amount)["reason"] == "AMOUNT"
        assert desk("10:00:00", "purchase", account="SHOP30", amount=amount, pin="1234")["reason"] == "AMOUNT"
    assert desk("10:00:01", "balance", account="A2")["posted"] == "2.00"


def test_a_funds_transfer_below_an_amount_is_made_so_often_a_day(desk_of):
    """Three times, then the day is over."""
    edits = {"replace_in": {"charging/eft.csv": ["EFTLOW,20.00,,5.00", "EFTLOW,1.00,,5.00"]}}
    desk = desk_of(edits)
    said = desk.all("10:00:00", "purchase", account="EFTLOW", amount="5.50")
    assert [line["usable"] for line in said if line["event"] == "eft"] == ["1.50", "2.50", "3.50"]
    said = desk.all("2001-01-18T10:00:00", "purchase", account="EFTLOW", amount="0.10")
    assert [line["usable"] for line in said if line["event"] == "eft"] == ["4.40", "5.40"]


def test_a_lock_is_opened_by_the_pin_in_the_request_alone(desk_of):
    """A wrong one denies even what the lock allows, and counts as an attempt."""
    desk = desk_of()
    desk("10:00:00", "lock", from_="9255550200", pin="1234", cos="LOCALONLY")
    assert desk("10:00:01", "balance", account="A10")["cos"] == "LOCALONLY"
    for number in range(3):
        said = desk(
            "10:00:02", "authorize", call=f"c{number}", from_="9255550200", called="9255551000", pin="0"
        )
        assert said["reason"] == "COS"
    assert desk("10:00:03", "access", home="9255550200", pin="1234")["reason"] == "LOCKED"
    assert desk("10:00:03", "balance", account="A10")["locked"] is True
    assert desk("10:00:04", "lock", from_="9255550203", pin="1234", cos=None)["reason"] == "PIN"


def test_no_pin_is_in_any_record(desk_of):
    """Nor in the answers that are kept."""
    desk = desk_of()
    desk("10:00:00", "access", home="9255550200", pin="771177")
    desk("10:00:01", "purchase", account="SHOP30", amount="1.00", pin="661166", key="p")
    desk("10:00:02", "lock", from_="9255550200", pin="551155", cos="LOCALONLY")
    ledger = desk.engine.desk.ledger
    kept = repr(ledger.facts) + repr(ledger.keys.kept)
    assert not [pin for pin in ("771177", "661166", "551155") if pin in kept]


@pytest.mark.parametrize("number", ["9255550285", "9255550286", "9255550287", "9255550288", "9255550289"])
@pytest.mark.parametrize("money", ["0.05", "0.31", "1.00", "1.99", "4.40"])
def test_one_call_lasts_as_long_as_its_money_is_quoted_to_last(desk_of, number, money):
    """Asked for period by period, where a period is an increment, a call ends where the quote for the balance says."""
    tariffs = {
        "9255550285": "STD",
        "9255550286": "COMPLEX",
        "9255550287": "PULSE",
        "9255550288": "TODSEC",
        "9255550289": "CONNECT",
    }
    edits = {"append": {
        "charging/accounts.csv": [f"Q{name},x,SUBSCRIBER,DURING,{money},,,FULL,,Q{name}P,,,,,," for name in tariffs.values()],
        "charging/lines.csv": [f"{line},Q{name},2001-01-01,,,LINE,SSP2004" for line, name in tariffs.items()],
        "charging/plans.toml": [f'[plans.Q{name}P]\ntariff = "{name}"' for name in tariffs.values()],
    }}  # fmt: skip
    desk = desk_of(edits)
    account = f"Q{tariffs[number]}"
    quoted = desk("10:00:00", "display", account=account, called="2125550000")["remaining_ms"]
    said = desk("10:00:00", "authorize", call="c", from_=number, called="2125550000")
    if not said["ok"]:
        assert (said["reason"], quoted) == ("INSUFFICIENT", 0)
        return
    desk("10:00:00", "answer", call="c")
    if quoted is None:
        assert desk("2001-01-18T10:00:00", "release", call="c")["charge"] == "1.00"
        return
    ended = desk.finish()[-1]
    assert (ended["event"], ended["duration_ms"]) == ("cut", quoted)
    assert desk("2001-01-18T10:00:00", "balance", account=account)["reserved"] == "0.00"


def test_a_record_of_a_shared_or_collect_call_goes_to_those_who_paid(desk_of):
    """By the parts of the call, whatever line the record names; a number without an account is no matter."""
    desk = desk_of()
    desk("10:00:00", "authorize", call="s", from_="9255550200", called="9255550213", share="SIXTYFORTY")
    desk("10:00:00", "answer", call="s")
    desk("10:01:00", "release", call="s")
    fields = {"from_": "9255550200", "called": "9255550213", "answer": "2001-01-17T10:00:00"}
    said = desk("10:02:00", "record", call="s", duration_ms=61_000, key="1", **fields)
    assert (said["charge"], said["reconciled"]) == ("2.00", "1.00")
    assert desk("10:02:01", "balance", account="A10")["posted"] == "8.80"
    assert desk("10:02:01", "balance", account="PAYEE")["posted"] == "4.20"
    desk("10:03:00", "authorize", call="c", from_="2125550001", called="9255550213", payer="called")
    desk("10:03:00", "answer", call="c")
    desk("10:04:00", "release", call="c")
    fields = {"from_": "2125550001", "called": "9255550213", "answer": "2001-01-17T10:03:00"}
    assert desk("10:05:00", "record", call="c", duration_ms=60_000, key="2", **fields)["reconciled"] == "0.00"
    assert desk("10:05:01", "balance", account="PAYEE")["posted"] == "3.20"


def test_a_record_under_the_name_of_a_call_nobody_knew_is_charged_once(desk_of):
    """The second one, under another key, says otherwise: the difference."""
    desk = desk_of()
    fields = {"from_": "9255550200", "called": "2125550000", "call": "x", "answer": "2001-01-17T10:00:00"}
    assert desk("10:05:00", "record", duration_ms=60_000, key="1", **fields)["charge"] == "1.00"
    assert desk("10:05:01", "record", duration_ms=60_000, key="2", **fields)["reconciled"] == "0.00"
    assert desk("10:05:02", "balance", account="A10")["posted"] == "9.00"


def test_a_switch_that_holds_the_timers_asks_for_periods_itself(desk_of):
    """Two minutes of money: the third is refused, and the switch's own count is what is charged."""
    desk = desk_of(own_timers=False)
    start(desk)
    assert desk("10:00:50", "more", call="c") | {"at": 0, "line": 0} == {
        "line": 0, "at": 0, "event": "more", "ok": True, "granted_ms": 120_000, "final": False,
    }  # fmt: skip
    assert desk("10:01:50", "more", call="c")["final"] is True
    said = desk("10:02:01", "release", call="c", duration_ms=120_000)
    assert (said["charge"], said["duration_ms"], said["usable"]) == ("2.00", 120_000, "0.00")
    assert desk("10:02:02", "more", call="c")["cut"] is True
    assert desk("10:02:02", "more", call="x")["reason"] == "UNKNOWN_SESSION"


def test_what_no_switch_settles_goes_back_and_waits_for_the_record(desk_of):
    """The end of the grant and validity_s later; a client's word no longer counts, the record's does."""
    desk = desk_of(own_timers=False)
    start(desk)
    assert desk("10:02:59", "balance", account="A2")["reserved"] == "1.00"
    assert desk("10:03:01", "balance", account="A2")["reserved"] == "0.00"
    assert desk("10:03:02", "release", call="c")["reason"] == "UNSETTLED"
    assert desk("10:03:02", "cut", call="c")["reason"] == "UNSETTLED"
    fields = {
        "from_": "9255550201",
        "called": "2125550000",
        "duration_ms": 180_000,
        "answer": "2001-01-17T10:00:00",
    }
    assert desk("10:04:00", "record", call="c", key="r", **fields)["charge"] == "3.00"
    said = desk("10:04:01", "balance", account="A2")
    assert (said["posted"], said["open_calls"]) == ("-1.00", 0)
    assert not desk.engine.desk.ledger.facts["unsettled"]


def test_a_set_up_that_nobody_ends_expires(desk_of):
    """setup_s, the grant and validity_s after the authorization."""
    desk = desk_of(own_timers=False)
    desk("10:00:00", "authorize", call="c", from_="9255550201", called="2125550000")
    said = desk.all("10:06:01", "balance", account="A2")
    assert (said[0]["event"], said[0]["at"], said[-1]["reserved"]) == (
        "unanswered",
        "2001-01-17T10:06:00",
        "0.00",
    )
