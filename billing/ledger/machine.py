"""The ledger machine: a draft is checked whole, then becomes one record, then is applied; or it is refused.

```
decide(draft) -> Decision     all checks before any change; what it leaves is the record, and applying the record
apply(record)                 the same code for a decision that was just made and for one read from the journal
```
Rules
1. Money moves between accounts only (double entry), so the sum over all accounts is 0 after every record.
2. A grant (reserve, usage event, purchase) never leaves free money below the floor; a draft that takes no more than
   is held already never fails; what is owed anyway (check "") is posted whatever the balance. No amount and no
   balance leaves the 64 bits of a record.
3. One key has one effect and one answer; the same key with another content is refused.
4. Time never goes back.

Source: charging.md 4.1, 4.2; I1 to I7.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ain_scp.billing.ledger.account import USE, Account, Reservation, reduced, weight_of
from ain_scp.billing.ledger.decision import Decision, Draft
from ain_scp.billing.ledger.keys import Keys
from ain_scp.billing.ledger.record import (
    CLOSED,
    CUSTOMER,
    VERSION,
    AccountChange,
    Fact,
    Hold,
    Kept,
    Record,
    RecordFault,
    Transfer,
)


class Refusal(StrEnum):
    """Why the ledger did nothing."""

    CLOCK_BACK = "CLOCK_BACK"
    KEY_REUSED = "KEY_REUSED"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    EXISTS_OTHER = "EXISTS_OTHER"
    CLOSED = "CLOSED"
    EXPIRED = "EXPIRED"
    CURRENCY = "CURRENCY"
    NOT_OPEN = "NOT_OPEN"
    EXCEEDS_RESERVATION = "EXCEEDS_RESERVATION"
    INSUFFICIENT = "INSUFFICIENT"
    AMOUNT = "AMOUNT"


MOST_MOVED: Final = 10**17
"""The most micros that one transfer moves: a hundred thousand million units."""
MOST_HELD: Final = 4 * 10**18
"""The most micros that an account may stand at, either way: records keep 64 bits."""
SPARE_EXPIRIES: Final = 4096
"""How many ends of reservations are kept besides those that count, and as many again as there are reservations."""
KEPT_REFUSALS: Final = frozenset({Refusal.INSUFFICIENT})
"""Refusals that are answers: they are kept under their key."""


class Ledger:
    """All accounts of one partition. `sequence` is the number of its last record, `now_ms` that record's time."""

    def __init__(self) -> None:
        self.sequence = 0
        self.now_ms = 0
        self.accounts: dict[str, Account] = {}
        self.system: dict[str, int] = {}
        self.reservations: dict[str, Reservation] = {}
        self.facts: dict[str, dict[str, bytes]] = {}
        self.keys = Keys()
        self.refusals: Counter[str] = Counter()
        self._checksum = 0
        self._expiries: list[tuple[int, int, str]] = []

    @property
    def failed(self) -> bool:
        """Whether memory is ahead of what is kept, so that nothing it says may leave."""
        return False

    # Deciding

    def enter(self) -> Sequence[Record]:
        """Keep other nodes from deciding, after applying what they decided since. Here there are none."""
        return ()

    def repeat(self, key: str, content: bytes) -> Decision | None:
        """The kept answer to a request, KEY_REUSED for another under the same key, None for a new key."""
        kept = self.keys.kept.get(key)
        if kept is None:
            return None
        if kept.content != content:
            return self._refused(Refusal.KEY_REUSED)
        return Decision(record=None, reason=kept.reason, answer=kept.answer, repeated=True)

    def decide(self, draft: Draft) -> Decision:
        """Check a draft, then make and apply its record; a refusal changes nothing but what its key remembers."""
        if draft.at_ms < self.now_ms:
            return self._refused(Refusal.CLOCK_BACK)
        if draft.key:
            known = self.repeat(draft.key, draft.content)
            if known is not None:
                return known
        refusal = self._check(draft)
        if refusal is None:
            return self._commit(draft)
        if draft.key and refusal in KEPT_REFUSALS:
            self.refusals[refusal] += 1
            return self._commit(
                Draft(draft.kind, draft.at_ms, draft.key, draft.content, draft.keep_ms), reason=refusal
            )
        return self._refused(refusal)

    def _refused(self, refusal: Refusal) -> Decision:
        self.refusals[refusal] += 1
        return Decision(record=None, reason=refusal, answer=b"")

    def _commit(self, draft: Draft, reason: str = "") -> Decision:
        self._change(draft.transfers, draft.holds, draft.accounts, draft.facts)
        answer = draft.answer() if draft.answer is not None else b""
        record = Record(
            VERSION,
            draft.kind,
            draft.at_ms,
            draft.key,
            draft.content,
            draft.keep_ms if draft.key else 0,
            reason,
            answer,
            draft.transfers,
            draft.holds,
            draft.accounts,
            draft.facts,
        )
        self._remember(record)
        return Decision(record, reason, answer)

    # Checks

    def _check(self, draft: Draft) -> Refusal | None:
        """The first thing that is wrong with a draft; None when it may be done whole."""
        for change in draft.accounts:
            known = self.accounts.get(change.account)
            if known is None and change.terms is None:
                return Refusal.UNKNOWN_ACCOUNT
            if (
                known is not None
                and change.terms is not None
                and change.terms.currency != known.terms.currency
            ):
                return Refusal.CURRENCY
        return self._check_money(draft)

    def _check_money(self, draft: Draft) -> Refusal | None:
        taken: dict[str, int] = {}
        for transfer in draft.transfers:
            amount = transfer.amount
            if not 0 < amount <= MOST_MOVED:
                return Refusal.AMOUNT
            if not self._take(taken, transfer.source, amount) or not self._take(
                taken, transfer.target, -amount
            ):
                return Refusal.AMOUNT
        for hold in draft.holds:
            open_now, amount, name = self.reservations.get(hold.reservation), hold.amount, hold.account
            if amount < CLOSED:
                return Refusal.AMOUNT
            if amount == CLOSED:
                amount = 0
                if open_now is None:
                    return Refusal.NOT_OPEN
            if open_now is not None:
                if open_now.account != name:
                    return Refusal.NOT_OPEN
                amount -= open_now.amount
            taken[name] = taken.get(name, 0) + amount
        for name, amount in taken.items():
            refusal = self._check_account(name, amount, draft)
            if refusal is not None:
                return refusal
        return None

    def _take(self, taken: dict[str, int], name: str, amount: int) -> bool:
        """Add to what is taken of customers; False where a system account would leave the 64 bits of a record."""
        if not name.startswith(CUSTOMER):
            return -MOST_HELD < self.system.get(name, 0) - amount < MOST_HELD
        taken[name] = taken.get(name, 0) + amount
        return True

    def _check_account(self, name: str, taken: int, draft: Draft) -> Refusal | None:
        account = self.accounts.get(name)
        if account is None:
            opened = any(one.account == name and one.terms is not None for one in draft.accounts)
            return None if opened and not draft.check else Refusal.UNKNOWN_ACCOUNT
        check = draft.check
        if not -MOST_HELD < account.posted - taken < MOST_HELD:
            return Refusal.AMOUNT
        if not check:
            return None
        terms = account.terms
        if check != "EXTEND":
            if terms.closed:
                return Refusal.CLOSED
            ends = terms.valid_until_ms
            if ends is not None and draft.at_ms + draft.offset_ms >= ends and taken >= 0:
                return Refusal.EXPIRED
        floor = -terms.credit_limit if check == "PURCHASE" else -terms.credit_limit - terms.overrun
        if taken > 0 and account.posted - account.reserved - taken < floor:
            return Refusal.INSUFFICIENT
        return None

    # Applying

    def apply(self, record: Record) -> None:
        """Do what a record of the journal says; RecordFault when it does not fit this ledger."""
        if record.at_ms < self.now_ms:
            raise RecordFault(f"record {self.sequence + 1} is older than the one before it")
        try:
            self._change(record.transfers, record.holds, record.accounts, record.facts)
        except KeyError as missing:
            raise RecordFault(f"record {self.sequence + 1} names {missing}, which is not open") from None
        self._remember(record)

    def _change(
        self,
        transfers: tuple[Transfer, ...],
        holds: tuple[Hold, ...],
        accounts: tuple[AccountChange, ...],
        facts: tuple[Fact, ...],
    ) -> None:
        for change in accounts:
            self._change_account(change)
        for transfer in transfers:
            counts = transfer.amount if transfer.code in USE else 0
            self._post(transfer.source, -transfer.amount, counts)
            self._post(transfer.target, transfer.amount, -counts)
        for hold in holds:
            self._hold(hold)
        for fact in facts:
            kind, value = fact.kind, fact.value
            kept = self.facts.get(kind)
            if kept is None:
                kept = self.facts[kind] = {}
            if value is None:
                kept.pop(fact.name, None)
            else:
                kept[fact.name] = value

    def _change_account(self, change: AccountChange) -> None:
        account = self.accounts.get(change.account)
        if account is None:
            if change.terms is None:
                raise KeyError(change.account)
            account = self.accounts[change.account] = Account(change.account, change.terms)
        elif change.terms is not None:
            account.terms = change.terms
        if change.period:
            account.period = change.period
            account.used = 0

    def _post(self, name: str, amount: int, used: int) -> None:
        account = self.accounts.get(name)
        if account is not None:
            account.posted += amount
            account.used += used
            self._checksum += account.weight * amount
        elif name.startswith(CUSTOMER):
            raise KeyError(name)
        else:
            self.system[name] = self.system.get(name, 0) + amount
            self._checksum += weight_of(name) * amount

    def _hold(self, hold: Hold) -> None:
        account, name, amount = self.accounts[hold.account], hold.reservation, hold.amount
        found = self.reservations.get(name)
        more = 0 if found is None else -found.amount
        if amount == CLOSED:
            del self.reservations[name]
        else:
            more += amount
            expires_ms, sequence = hold.expires_ms, self.sequence + 1
            if found is None:
                self.reservations[name] = Reservation(hold.account, amount, expires_ms, hold.link, sequence)
            else:
                found.amount = amount
                found.expires_ms = expires_ms
            heapq.heappush(self._expiries, (expires_ms, sequence, name))
            if len(self._expiries) > 2 * len(self.reservations) + SPARE_EXPIRIES:
                self._drop_expiries()
        account.reserved += more
        self._checksum += (account.weight << 7) * more

    def _drop_expiries(self) -> None:
        """Forget when reservations would have ended that are closed or end at another time now."""
        live: dict[str, tuple[int, int, str]] = {}
        for one in sorted(self._expiries):
            held = self.reservations.get(one[2])
            if held is not None and held.expires_ms == one[0]:
                live.setdefault(one[2], one)
        self._expiries = list(live.values())

    def _remember(self, record: Record) -> None:
        self.sequence += 1
        self.now_ms = record.at_ms
        self.keys.forget(record.at_ms)
        if record.key:
            kept = Kept(record.content, record.reason, record.answer, record.at_ms + record.keep_ms)
            self.keys.put(record.key, kept, record.keep_ms)

    # Reading

    @property
    def checksum(self) -> int:
        """A running number over all money, equal in two ledgers that hold the same; not a proof against forgery."""
        return reduced(self._checksum)

    def restore(self) -> None:
        """Compute anew what is kept running beside the accounts: the checksum and the order of expiry."""
        money = sum(
            account.weight * (account.posted + (account.reserved << 7)) for account in self.accounts.values()
        )
        self._checksum = money + sum(weight_of(name) * amount for name, amount in self.system.items())
        self._expiries = [(held.expires_ms, held.sequence, name) for name, held in self.reservations.items()]
        heapq.heapify(self._expiries)

    def next_expiry(self) -> int | None:
        """When the next open reservation is over; None: there is none."""
        while self._expiries:
            expires_ms, _, name = self._expiries[0]
            held = self.reservations.get(name)
            if held is not None and held.expires_ms == expires_ms:
                return expires_ms
            heapq.heappop(self._expiries)
        return None

    def due(self, now_ms: int) -> list[str]:
        """Open reservations whose time is over, in the order of (end, record that opened or changed them)."""
        found: dict[str, None] = {}
        while self._expiries and self._expiries[0][0] <= now_ms:
            expires_ms, _, name = heapq.heappop(self._expiries)
            held = self.reservations.get(name)
            if held is not None and held.expires_ms == expires_ms:
                found[name] = None
        return list(found)
