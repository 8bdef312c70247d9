"""The verbs of the ledger: each builds one draft and has it decided.

Source: charging.md 4.2.
"""

from ain_scp.billing.ledger.decision import Check, Decision, Draft
from ain_scp.billing.ledger.keys import content_of
from ain_scp.billing.ledger.machine import Ledger, Refusal
from ain_scp.billing.ledger.record import (
    CLOSED,
    SESSION_MS,
    AccountChange,
    Code,
    Fact,
    Hold,
    Terms,
    Transfer,
)


def open_account(ledger: Ledger, account: str, terms: Terms, at_ms: int, opening: int = 0) -> Decision:
    """A new account with its opening balance (micros, may be below 0); EXISTS_OTHER when its terms differ."""
    known = ledger.accounts.get(account)
    if known is not None:
        if known.terms == terms:
            return Decision(None, "", b"", repeated=True)
        return Decision(None, Refusal.EXISTS_OTHER, b"")
    return ledger.decide(
        Draft(
            "open",
            at_ms,
            transfers=opening_transfers(account, opening),
            accounts=(AccountChange(account, terms),),
        )
    )


def opening_transfers(account: str, opening: int) -> tuple[Transfer, ...]:
    """The transfer that makes an opening balance: a deposit, or a debt brought along."""
    if opening > 0:
        return (Transfer("cash:payments", account, opening, Code.DEPOSIT, "opening"),)
    if opening < 0:
        return (Transfer(account, "cash:payments", -opening, Code.DEPOSIT, "opening"),)
    return ()


def transfer(
    ledger: Ledger, key: str, transfers: tuple[Transfer, ...], at_ms: int, check: Check = ""
) -> Decision:
    """Linked transfers, all or none."""
    content = content_of("transfer", transfers)
    return ledger.decide(Draft("transfer", at_ms, key, content, check=check, transfers=transfers))


def reserve(
    ledger: Ledger, key: str, account: str, amount: int, expires_ms: int, at_ms: int, link: str = ""
) -> Decision:
    """Hold `amount` (0 allowed) of an account; the reservation's name is its key."""
    hold = Hold(key, account, amount, expires_ms, link)
    content = content_of("reserve", account, amount, link)
    return ledger.decide(Draft("reserve", at_ms, key, content, SESSION_MS, "GRANT", holds=(hold,)))


def extend(ledger: Ledger, key: str, reservation: str, more: int, expires_ms: int, at_ms: int) -> Decision:
    """Let a reservation grow by `more`, or shrink when it is below 0; nothing is posted."""
    content = content_of("extend", reservation, more)
    known = ledger.repeat(key, content)
    held = ledger.reservations.get(reservation)
    if known is not None or held is None:
        return known or Decision(None, Refusal.NOT_OPEN, b"")
    if held.amount + more < 0:
        return Decision(None, Refusal.EXCEEDS_RESERVATION, b"")
    hold = Hold(reservation, held.account, held.amount + more, expires_ms, held.link)
    return ledger.decide(Draft("extend", at_ms, key, content, SESSION_MS, "EXTEND", holds=(hold,)))


def commit(
    ledger: Ledger, key: str, reservation: str, amount: int, at_ms: int, code: Code = Code.USAGE
) -> Decision:
    """Post `amount` of a reservation; the rest goes back."""
    content = content_of("commit", reservation, amount)
    known = ledger.repeat(key, content)
    held = ledger.reservations.get(reservation)
    if known is not None or held is None:
        return known or Decision(None, Refusal.NOT_OPEN, b"")
    if not 0 <= amount <= held.amount:
        return Decision(None, Refusal.EXCEEDS_RESERVATION, b"")
    posted = (Transfer(held.account, "revenue:usage", amount, code, held.link),) if amount else ()
    hold = Hold(reservation, held.account, CLOSED, 0, held.link)
    return ledger.decide(Draft("commit", at_ms, key, content, SESSION_MS, transfers=posted, holds=(hold,)))


def settle(ledger: Ledger, key: str, reservation: str, amount: int, at_ms: int, *, proven: bool) -> Decision:
    """The end of a call whose charge may be above what is held, which happens only after lost messages.

    Proven by a record it is posted whole, whatever the balance. Only claimed by a client, what the floor refuses is written
    off: the revenue is booked against `adjustment`, and stands out as WRITE_OFF.
    """
    content = content_of("settle", reservation, amount, proven)
    known = ledger.repeat(key, content)
    held = ledger.reservations.get(reservation)
    if known is not None or held is None:
        return known or Decision(None, Refusal.NOT_OPEN, b"")
    if amount < 0:
        return Decision(None, Refusal.AMOUNT, b"")
    room = max(ledger.accounts[held.account].available, 0) + held.amount
    paid = amount if proven else min(amount, room)
    parts = ((held.account, paid, Code.USAGE), ("adjustment", amount - paid, Code.WRITE_OFF))
    posted = tuple(
        Transfer(source, "revenue:usage", part, code, held.link) for source, part, code in parts if part
    )
    hold = Hold(reservation, held.account, CLOSED, 0, held.link)
    return ledger.decide(Draft("settle", at_ms, key, content, SESSION_MS, transfers=posted, holds=(hold,)))


def release(ledger: Ledger, key: str, reservation: str, at_ms: int) -> Decision:
    """Give all of a reservation back."""
    content = content_of("release", reservation)
    known = ledger.repeat(key, content)
    held = ledger.reservations.get(reservation)
    if known is not None or held is None:
        return known or Decision(None, Refusal.NOT_OPEN, b"")
    hold = Hold(reservation, held.account, CLOSED, 0, held.link)
    return ledger.decide(Draft("release", at_ms, key, content, SESSION_MS, holds=(hold,)))


def expire(ledger: Ledger, at_ms: int) -> list[Decision]:
    """Release what was not settled in time; each is marked UNSETTLED with the amount that was held."""
    decisions = []
    for name in ledger.due(at_ms):
        held = ledger.reservations[name]
        hold = Hold(name, held.account, CLOSED, 0, held.link)
        unsettled = Fact("unsettled", name, f"{at_ms} {held.amount}".encode())
        decisions.append(ledger.decide(Draft("expire", at_ms, holds=(hold,), facts=(unsettled,))))
    return decisions


def adjust(ledger: Ledger, key: str, account: str, amount: int, why: str, at_ms: int) -> Decision:
    """A credit (above 0) or a later charge (below 0), posted whatever the balance."""
    content = content_of("adjust", account, amount, why)
    if amount == 0:
        return ledger.repeat(key, content) or Decision(None, Refusal.AMOUNT, b"")
    ends = ("adjustment", account) if amount > 0 else (account, "adjustment")
    return ledger.decide(
        Draft("adjust", at_ms, key, content, transfers=(Transfer(*ends, abs(amount), Code.ADJUST, why),))
    )


def close_period(ledger: Ledger, account: str, to: str, at_ms: int) -> Decision:
    """The period named by its first day `to` begins: `used` restarts, open reservations stay open."""
    return ledger.decide(Draft("close", at_ms, accounts=(AccountChange(account, None, to),)))
