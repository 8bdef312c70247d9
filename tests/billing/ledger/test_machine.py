"""The ledger's verbs: all checks before any change, one effect per key, the floor never passed."""

import pytest

from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.machine import SPARE_EXPIRIES
from ain_scp.billing.ledger.record import Code, Hold, Terms, Transfer, customer
from ain_scp.billing.ledger.verbs import (
    adjust,
    close_period,
    commit,
    expire,
    extend,
    open_account,
    release,
    reserve,
    settle,
    transfer,
)

A, B = customer("A"), customer("B")
USD = Terms("USD")


def test_a_reservation_is_committed_in_part_and_the_rest_goes_back(ledger):
    """Of 3.00 held 1.20 are posted to revenue and 1.80 are free again."""
    assert reserve(ledger, "c", A, 3_000_000, 60_000, 1).reason == ""
    assert (ledger.accounts[A].posted, ledger.accounts[A].reserved) == (10_000_000, 3_000_000)
    assert commit(ledger, "c/end", "c", 1_200_000, 2).reason == ""
    assert (ledger.accounts[A].posted, ledger.accounts[A].reserved) == (8_800_000, 0)
    assert ledger.accounts[A].used == 1_200_000
    assert ledger.system["revenue:usage"] == 1_200_000
    assert problems(ledger) == []


REFUSED = [
    ("more than there is", lambda ledger: reserve(ledger, "x", A, 10_000_001, 9, 1), "INSUFFICIENT"),
    ("more than credit and overrun", lambda ledger: reserve(ledger, "x", B, 6_000_001, 9, 1), "INSUFFICIENT"),
    ("a purchase on the overrun", lambda ledger: buy(ledger, B, 5_000_001), "INSUFFICIENT"),
    (
        "an account nobody opened",
        lambda ledger: reserve(ledger, "x", customer("Z"), 0, 9, 1),
        "UNKNOWN_ACCOUNT",
    ),
    ("a deposit to nobody", lambda ledger: deposit(ledger, customer("Z"), 1), "UNKNOWN_ACCOUNT"),
    ("a transfer of nothing", lambda ledger: deposit(ledger, A, 0), "AMOUNT"),
    ("a negative transfer", lambda ledger: deposit(ledger, A, -5), "AMOUNT"),
    ("more than a record holds", lambda ledger: deposit(ledger, A, 10**17 + 1), "AMOUNT"),
    ("an adjustment of nothing", lambda ledger: adjust(ledger, "x", A, 0, "why", 1), "AMOUNT"),
    ("a commit of nothing open", lambda ledger: commit(ledger, "x", "none", 1, 1), "NOT_OPEN"),
    ("a release of nothing open", lambda ledger: release(ledger, "x", "none", 1), "NOT_OPEN"),
    ("an extension of nothing open", lambda ledger: extend(ledger, "x", "none", 1, 9, 1), "NOT_OPEN"),
    (
        "a period of nobody",
        lambda ledger: close_period(ledger, customer("Z"), "2001-02-01", 1),
        "UNKNOWN_ACCOUNT",
    ),
    ("another currency", lambda ledger: reopen(ledger, Terms("EUR")), "EXISTS_OTHER"),
]


def buy(ledger, account, amount):
    draft = Draft(
        "purchase",
        1,
        check="PURCHASE",
        transfers=(Transfer(account, "revenue:purchases", amount, Code.PURCHASE),),
    )
    return ledger.decide(draft)


def deposit(ledger, account, amount, key="d"):
    return transfer(ledger, key, (Transfer("cash:payments", account, amount, Code.DEPOSIT),), 1)


def reopen(ledger, terms):
    return open_account(ledger, A, terms, 1)


@pytest.mark.parametrize(("what", "act", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_refusal_is_named_and_changes_no_money(ledger, what, act, reason):
    before = [(account.posted, account.reserved) for account in ledger.accounts.values()]
    assert act(ledger).reason == reason
    assert [(account.posted, account.reserved) for account in ledger.accounts.values()] == before
    assert problems(ledger) == []


def test_what_may_be_taken_goes_to_the_floor_exactly(ledger):
    """Credit and overrun carry a call; a purchase ends at the credit limit."""
    assert reserve(ledger, "x", B, 6_000_000, 9, 1).reason == ""
    assert release(ledger, "y", "x", 1).reason == ""
    assert buy(ledger, B, 5_000_000).reason == ""


def test_a_request_for_no_more_than_is_held_never_fails(ledger):
    """A record has taken the account below the floor; a running call still gets cheaper, and ends."""
    reserve(ledger, "c", A, 9_000_000, 60_000, 1)
    owed = (Transfer(A, "revenue:usage", 5_000_000, Code.USAGE),)
    assert transfer(ledger, "r", owed, 2).reason == ""
    assert extend(ledger, "e0", "c", 1, 60_000, 3).reason == "INSUFFICIENT"
    assert extend(ledger, "e1", "c", 0, 90_000, 3).reason == ""
    assert extend(ledger, "e2", "c", -1_000_000, 90_000, 3).reason == ""
    assert commit(ledger, "e3", "c", 8_000_000, 4).reason == ""
    assert ledger.accounts[A].posted == -3_000_000


def test_several_transfers_are_done_all_or_none(ledger):
    """One of two parties cannot pay: nothing happens to the other."""
    holds = (Hold("c/0", A, 1_000_000, 9), Hold("c/1", B, 7_000_000, 9))
    assert ledger.decide(Draft("authorize", 1, check="GRANT", holds=holds)).reason == "INSUFFICIENT"
    assert ledger.reservations == {}
    assert ledger.accounts[A].reserved == 0


def test_the_same_request_again_has_one_effect_and_the_first_answer(ledger):
    first = deposit(ledger, A, 5)
    again = deposit(ledger, A, 5)
    assert (first.repeated, again.repeated, ledger.accounts[A].posted) == (False, True, 10_000_005)
    assert deposit(ledger, A, 6).reason == "KEY_REUSED"
    assert ledger.refusals["KEY_REUSED"] == 1


def test_insufficient_is_an_answer_and_is_kept(ledger):
    """A payment in between does not change what was said to the first request."""
    assert reserve(ledger, "c", A, 11_000_000, 9, 1).reason == "INSUFFICIENT"
    deposit(ledger, A, 5_000_000)
    again = reserve(ledger, "c", A, 11_000_000, 9, 1)
    assert (again.reason, again.repeated) == ("INSUFFICIENT", True)


def test_a_key_is_forgotten_after_its_time(ledger):
    """A session's answers are kept an hour, a payment's 45 days."""
    reserve(ledger, "c", A, 1, 9, 1)
    deposit(ledger, A, 5)
    release(ledger, "c/end", "c", 3_600_000)
    close_period(ledger, A, "2001-02-01", 3_600_002)
    assert "c" not in ledger.keys.kept
    assert "d" in ledger.keys.kept


def test_a_full_store_of_keys_forgets_the_oldest_and_counts_it(ledger):
    ledger.keys.most = 2
    for number in range(4):
        deposit(ledger, A, 1, f"k{number}")
    assert sorted(ledger.keys.kept) == ["k2", "k3"]
    assert ledger.keys.forgotten_early == 2


def test_a_clock_that_goes_back_changes_nothing(ledger):
    deposit(ledger, A, 5)
    before = digest(ledger)
    assert adjust(ledger, "x", A, 5, "why", 0).reason == "CLOCK_BACK"
    assert digest(ledger) == before


def test_reservations_nobody_settles_go_back_in_order(ledger):
    """The earlier end first, of one end the earlier record; each is marked UNSETTLED."""
    for name, ends in (("c3", 30), ("c1", 10), ("c2", 10)):
        reserve(ledger, name, A, 1_000_000, ends, 1)
    assert [decision.record.holds[0].reservation for decision in expire(ledger, 29)] == ["c1", "c2"]
    assert sorted(ledger.facts["unsettled"]) == ["c1", "c2"]
    assert ledger.accounts[A].reserved == 1_000_000
    assert expire(ledger, 29) == []


def test_ends_of_closed_reservations_are_forgotten_and_open_ones_keep_their_order(ledger):
    """Memory is that of the open reservations, however many came and went; I13."""
    for number, expires_ms in ((0, 900), (1, 300), (2, 300)):
        reserve(ledger, f"open{number}", A, 1, expires_ms, 1)
    extend(ledger, "later", "open2", 0, 600, 1)
    for number in range(3 * SPARE_EXPIRIES):
        reserve(ledger, f"r{number}", A, 1, 300, 1)
        release(ledger, f"e{number}", f"r{number}", 1)
    assert len(ledger._expiries) <= SPARE_EXPIRIES + 2 * len(ledger.reservations)
    assert ledger.next_expiry() == 300
    assert ledger.due(900) == ["open1", "open2", "open0"]


def test_an_extended_reservation_expires_at_its_new_end(ledger):
    reserve(ledger, "c", A, 1, 10, 1)
    extend(ledger, "e", "c", 1, 20, 2)
    assert expire(ledger, 10) == []
    assert len(expire(ledger, 20)) == 1


def test_an_account_that_has_expired_spends_nothing_and_may_be_paid_into(ledger):
    """The first local instant after the last day counts, not the instant of the clock."""
    name = customer("O")
    open_account(ledger, name, Terms("USD", valid_until_ms=1000), 0, 5)
    draft = Draft("authorize", 900, check="GRANT", offset_ms=99, holds=(Hold("c", name, 0, 9),))
    assert ledger.decide(draft).reason == ""
    late = Draft("authorize", 900, check="GRANT", offset_ms=100, holds=(Hold("d", name, 0, 9),))
    assert ledger.decide(late).reason == "EXPIRED"
    assert transfer(ledger, "p", (Transfer("cash:payments", name, 5, Code.DEPOSIT),), 2000).reason == ""


def test_a_period_that_closes_restarts_what_was_used_and_leaves_calls_open(ledger):
    reserve(ledger, "c", A, 2_000_000, 60_000, 1)
    transfer(ledger, "r", (Transfer(A, "revenue:usage", 7, Code.USAGE),), 1)
    transfer(ledger, "p", (Transfer(A, "revenue:purchases", 9, Code.PURCHASE),), 1)
    assert ledger.accounts[A].used == 7
    close_period(ledger, A, "2001-02-01", 2)
    assert (ledger.accounts[A].used, ledger.accounts[A].period, ledger.accounts[A].reserved) == (
        0,
        "2001-02-01",
        2_000_000,
    )


def test_opening_the_same_account_again_changes_nothing(ledger):
    assert open_account(ledger, A, USD, 1, 99).repeated
    assert ledger.accounts[A].posted == 10_000_000


def test_a_check_finds_books_that_were_changed_behind_its_back(ledger):
    """The proof itself can fail: one micro more on an account, one less reserved."""
    ledger.accounts[A].posted += 1
    assert [line[:2] for line in problems(ledger)] == ["I1", "I6"]
    ledger.accounts[A].posted -= 1
    ledger.restore()
    ledger.accounts[A].reserved += 1
    assert [line[:2] for line in problems(ledger)] == ["I3", "I6"]


@pytest.mark.parametrize(
    ("proven", "posted", "written_off"),
    [(True, -3_000_000, 0), (False, 0, -3_000_000)],
    ids=["record", "client"],
)
def test_a_charge_above_what_is_held_is_owed_when_proven_and_else_written_off(
    ledger, proven, posted, written_off
):
    """Of 10.00 two are held, and 13.00 were used: a client's word goes to the floor and no further."""
    reserve(ledger, "c", A, 2_000_000, 60_000, 1)
    assert settle(ledger, "e", "c", 13_000_000, 2, proven=proven).reason == ""
    assert ledger.accounts[A].posted == posted
    assert ledger.system.get("adjustment", 0) == written_off
    assert ledger.system["revenue:usage"] == 13_000_000
    assert settle(ledger, "e", "c", 13_000_000, 2, proven=proven).repeated
    assert settle(ledger, "f", "c", 1, 2, proven=proven).reason == "NOT_OPEN"
    assert problems(ledger) == []
