"""What is reported of an account: money gets low or is used up, was paid, the account has expired or is locked.

Derived from the records of a ledger by a follower, so a serving process does nothing for it and the same records always
give the same notices. `usable` is what is posted and the credit limit; a running call changes it at its end.

| event | when |
|---|---|
| LOW | `usable` falls to a later row of the account's warning profile than before; the row's message is told, and the limit not exceeded any more |
| USED_UP | `usable` falls to 0 or below |
| PAID | a deposit or a funds transfer; with the amount |
| EXPIRED | the first record after the account's last day |
| LOCKED | too many wrong PINs, or a phone lock; `by` says which |

Source: charging.md 4.3, 10.5 (streams); B1-090.
"""

import heapq
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import CUSTOMER, Code, Fact, Record

Event = Literal["LOW", "USED_UP", "PAID", "EXPIRED", "LOCKED"]
Limits = tuple[tuple[str, int | None], ...]
"""The rows of a warning profile, descending: message and limit in micros; the last has none."""
OPENING: Final = "opening"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One notice; `place` numbers those of one record. Amounts are micros."""

    sequence: int
    place: int
    event: Event
    account: str
    at_ms: int
    usable: int
    amount: int | None = None
    message: str = ""
    limit: int | None = None
    by: Literal["", "PIN", "PHONE"] = ""


class Notices:
    """Applies records to a ledger, and tells what they mean for its accounts."""

    def __init__(
        self,
        ledger: Ledger,
        limits: Mapping[str, Limits],
        locked_until: Callable[[bytes], int],
        offset_ms: int = 0,
    ) -> None:
        """Begin behind the ledger's last record.

        `locked_until` reads a PIN counter (ms; 0: not locked); `offset_ms` is local time less the ledger's, for last days.
        """
        self._ledger = ledger
        self._offset_ms = offset_ms
        self._limits = limits
        self._locked_until = locked_until
        self._ends = [
            (account.terms.valid_until_ms, account.name)
            for account in ledger.accounts.values()
            if account.terms.valid_until_ms is not None
            and account.terms.valid_until_ms > ledger.now_ms + offset_ms
        ]
        heapq.heapify(self._ends)

    def apply(self, record: Record) -> list[Notice]:
        """Apply one record and say what it brought, in order of account."""
        ledger = self._ledger
        moved = {
            end for one in record.transfers for end in (one.source, one.target) if end.startswith(CUSTOMER)
        }
        before = {name: self._usable(name) for name in moved if name in ledger.accounts}
        locks = {
            (fact.kind, fact.name): ledger.facts.get(fact.kind, {}).get(fact.name) for fact in record.facts
        }
        ledger.apply(record)
        found: list[Notice] = []

        def tell(event: Event, name: str, **more: object) -> None:
            about = {
                "account": name.removeprefix(CUSTOMER),
                "at_ms": record.at_ms,
                "usable": self._usable(name),
            }
            found.append(
                msgspec.convert(
                    {**about, **more, "event": event, "sequence": ledger.sequence, "place": len(found)},
                    Notice,
                )
            )

        for one in record.transfers:
            if one.code == Code.DEPOSIT and one.target in ledger.accounts and one.link != OPENING:
                tell("PAID", one.target, amount=one.amount)
        for name in sorted(before):
            self._lower(name, before[name], tell)
        for name in self._expired(record):
            tell("EXPIRED", name)
        for fact in record.facts:
            by = self._lock(fact, locks[fact.kind, fact.name], record.at_ms)
            if by and CUSTOMER + fact.name in ledger.accounts:
                tell("LOCKED", CUSTOMER + fact.name, by=by)
        return found

    def _usable(self, name: str) -> int:
        account = self._ledger.accounts.get(name)
        return 0 if account is None else account.posted + account.terms.credit_limit

    def _lower(self, name: str, before: int, tell: Callable[..., None]) -> None:
        """LOW and USED_UP of an account whose money has become less."""
        after = self._usable(name)
        limits = self._limits.get(name.removeprefix(CUSTOMER), ())
        row = _place(after, limits)
        if after >= before:
            return
        if row > _place(before, limits):
            tell("LOW", name, message=limits[row][0], limit=limits[row - 1][1])
        if after <= 0 < before:
            tell("USED_UP", name)

    def _expired(self, record: Record) -> list[str]:
        """Accounts whose last day is over by now; one that was extended meanwhile comes up again later."""
        for change in record.accounts:
            if change.terms is not None and change.terms.valid_until_ms is not None:
                heapq.heappush(self._ends, (change.terms.valid_until_ms, change.account))
        found: list[str] = []
        while self._ends and self._ends[0][0] <= record.at_ms + self._offset_ms:
            ends, name = heapq.heappop(self._ends)
            if self._ledger.accounts[name].terms.valid_until_ms == ends and name not in found:
                found.append(name)
        return found

    def _lock(self, fact: Fact, before: bytes | None, at_ms: int) -> Literal["", "PIN", "PHONE"]:
        if fact.value is None:
            return ""
        if fact.kind == "lock":
            return "" if fact.value == before else "PHONE"
        return "PIN" if fact.kind == "pin" and self._locked_until(fact.value) > at_ms else ""


def _place(usable: int, limits: Limits) -> int:
    """The first row whose limit is exceeded, as a call's warning is chosen."""
    return next((at for at, (_, limit) in enumerate(limits) if limit is None or usable > limit), 0)
