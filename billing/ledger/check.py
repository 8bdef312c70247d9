"""Proof of a ledger's books, and its digest.

Source: charging.md 11.1 (I1, I2, I3, I6), interfaces.md 6.6.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from ain_scp.billing.ledger.machine import Ledger


def problems(ledger: Ledger) -> list[str]:
    """Every invariant that does not hold, one line each; [] for sound books."""
    return [*_double_entry(ledger), *_reservations(ledger), *_checksum(ledger)]


def _double_entry(ledger: Ledger) -> Iterator[str]:
    total = sum(account.posted for account in ledger.accounts.values()) + sum(ledger.system.values())
    if total:
        yield f"I1: all accounts together are {total} micros, not 0"


def _reservations(ledger: Ledger) -> Iterator[str]:
    held: dict[str, int] = {}
    for name, reservation in ledger.reservations.items():
        held[reservation.account] = held.get(reservation.account, 0) + reservation.amount
        if reservation.amount < 0:
            yield f"I3: reservation {name} holds {reservation.amount} micros"
        if reservation.account not in ledger.accounts:
            yield f"I3: reservation {name} is of {reservation.account}, which is no account"
    for name, account in ledger.accounts.items():
        if account.reserved != held.get(name, 0):
            yield f"I3: {name} has {account.reserved} micros reserved, its open reservations {held.get(name, 0)}"


def _checksum(ledger: Ledger) -> Iterator[str]:
    running = ledger.checksum
    ledger.restore()
    if running != ledger.checksum:
        yield "I6: the running checksum differs from the balances"


def digest(ledger: Ledger) -> str:
    """SHA-256 of the whole state, equal for equal states whatever their history of snapshots."""
    hashing = hashlib.sha256(msgspec.msgpack.encode((ledger.sequence, ledger.now_ms)))
    for row in rows(ledger):
        hashing.update(msgspec.msgpack.encode(row))
    return hashing.hexdigest()


def rows(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    """The whole state as plain rows, sorted by kind and name: what a digest and a snapshot are made of."""
    for name, account in sorted(ledger.accounts.items()):
        yield ("account", name, account.terms, account.posted, account.used, account.period)
    for name, amount in sorted(ledger.system.items()):
        yield ("system", name, amount)
    for name, held in sorted(ledger.reservations.items()):
        yield ("hold", name, held.account, held.amount, held.expires_ms, held.link, held.sequence)
    for kind, kept in sorted(ledger.facts.items()):
        for name, value in sorted(kept.items()):
            yield ("fact", kind, name, value)
    for key, answer, keep_ms in ledger.keys.rows():
        yield ("key", key, answer, keep_ms)
