"""Proof of a ledger directory: replayed twice, compared, and every open call against its reservations.

Source: charging.md 11.1 (I1, I2, I3, I6, I9).
"""

import time
from pathlib import Path

import click
import msgspec

from ain_scp.ain.account.archive import Archive
from ain_scp.ain.account.books import Books, charged_snapshot, engine_of, troubles
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.session import State, shared
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.export import postings
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.recover import Follower, replay


class Proof(msgspec.Struct, frozen=True):
    """What a check found: how much was read, the digest of the state, and every difference."""

    ok: bool
    records: int
    accounts: int
    open_calls: int
    digest: str
    snapshots: int
    problems: tuple[str, ...]


def check(books: Books) -> Proof:
    """Replay the journal from its first record and from each snapshot; prove every invariant."""
    charging = charged_snapshot(books.dataset())
    with troubles(books.root):
        ledger = Ledger()
        found = replay(ledger, books.entries())
        found += problems(ledger)
        names = books.snapshot_names()
        for name in names:
            found += _snapshot(books, name, digest(ledger))
    proven, accounts = digest(ledger), len(ledger.accounts)
    desk = engine_of(charging, ledger).desk
    found += _calls(desk)
    return Proof(not found, ledger.sequence, accounts, len(desk.open_calls), proven, len(names), tuple(found))


def _snapshot(books: Books, name: str, expected: str) -> list[str]:
    """A snapshot and the records after it must come to the same state."""
    ledger = books.snapshot(name)
    found = [f"{name}: {line}" for line in replay(ledger, books.entries(ledger.sequence))]
    return found if digest(ledger) == expected else [*found, f"I6: {name}: the state behind it differs"]


def _calls(desk: Desk) -> list[str]:
    """I2: what is held for an open call is the charge of what was granted, by parts; I3: nothing else is held."""
    found, held = [], set()
    for call in desk.open_calls.values():
        if call.state == State.UNSETTLED:
            continue  # its reservation went back; its record will say what it costs
        price = desk.prices.get(call.id)
        charge = 0 if price is None else price.charge(call.granted_ms or 0)
        for place, (party, amount) in enumerate(
            zip(call.parties, shared(charge, call.parties) if call.parties else (), strict=True)
        ):
            name = f"{call.id}/{place}"
            held.add(name)
            one = desk.ledger.reservations.get(name)
            if one is None or one.amount != amount:
                now = "nothing" if one is None else desk.text(one.amount)
                found.append(f"I2: call {call.id}: {party.account} has {now} held, not {desk.text(amount)}")
    found += [
        f"I3: reservation {name} belongs to no open call"
        for name, one in desk.ledger.reservations.items()
        if name not in held and one.link
    ]
    return found


def follow(books: Books, archive: Path | None, *, once: bool, every_s: float) -> Follower:
    """Follow a ledger: take what is proven durable, archive it, write a snapshot; for ever, or once."""
    charging = charged_snapshot(books.dataset()).charging
    with troubles(books.root):
        follower = books.follower()
        kept = None if archive is None else Archive(archive)
        while True:
            follower.step()
            if kept is not None and charging is not None:
                found = postings(books.entries(kept.last))
                kept.append(found, follower.ledger.sequence, charging.currency, charging.digits)
            follower.write()
            for alarm in follower.alarms:
                click.echo(f"{books.root}: {alarm}", err=True)
            if once:
                follower.close()
                return follower
            follower.alarms.clear()
            time.sleep(every_s)
