"""Proof of a ledger directory: replayed twice, compared, and every open call against its reservations.

Source: charging.md 11.1 (I1, I2, I3, I6, I9).
"""

import hashlib
import os
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from ain_scp.ain.account.archive import Archive
from ain_scp.ain.account.books import Books, engine_of, tables_of, troubles
from ain_scp.ain.account.notices import NoticeKeeper, keeper
from ain_scp.ain.faults import Trouble
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.session import State, shared
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.export import postings
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.billing.ledger.recover import Follower, replay
from ain_scp.billing.ledger.snapshot import sequence_of

if TYPE_CHECKING:
    from ain_scp.scp.edges.journals.mqtt_broker import Broker


class Following(msgspec.Struct, frozen=True):
    """What a follower does besides its snapshots; `notices` is the record directory of notices about balances."""

    archive: Path | None
    notices: Path | None
    broker: "Broker | None"
    confirm: Literal["broker", "receiver"]
    once: bool
    every_s: float
    parent: int | None = None
    """Ends when this process is no longer the one that started it."""


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
    """Prove every partition; of several the problems say of which they are, and the digest is one of digests."""
    proofs = [_check(part) for part in books.parts()]
    if len(proofs) == 1:
        return proofs[0]
    return Proof(
        all(one.ok for one in proofs),
        sum(one.records for one in proofs),
        sum(one.accounts for one in proofs),
        sum(one.open_calls for one in proofs),
        hashlib.sha256("".join(one.digest for one in proofs).encode()).hexdigest(),
        sum(one.snapshots for one in proofs),
        tuple(f"partition {home}: {line}" for home, one in enumerate(proofs) for line in one.problems),
    )


def _check(books: Books) -> Proof:
    """Replay the journal from its first record, or where that was retired from the oldest snapshot, and from each snapshot."""
    charging = tables_of(books)
    with troubles(books.root):
        names = books.snapshot_names()
        ledger = Ledger()
        if books.first > 1:
            ledger = _begun(books, names)
        found = replay(ledger, books.entries(ledger.sequence))
        found += problems(ledger)
        for name in names:
            found += _snapshot(books, name, digest(ledger))
    proven, accounts, records = digest(ledger), len(ledger.accounts), ledger.sequence
    desk = engine_of(charging, ledger).desk
    found += _calls(desk)
    return Proof(not found, records, accounts, len(desk.open_calls), proven, len(names), tuple(found))


def _begun(books: Books, names: list[str]) -> Ledger:
    """The ledger of the oldest snapshot, which holds what the removed records said; RecordFault for none."""
    for name in reversed(names):
        if sequence_of(name) >= books.first - 1:
            return books.snapshot(name)
    raise RecordFault(f"records before {books.first} are gone, and no snapshot holds what they said")


def _snapshot(books: Books, name: str, expected: str) -> list[str]:
    """A snapshot and the records after it must come to the same state."""
    ledger = books.snapshot(name)
    found = [f"{name}: {line}" for line in replay(ledger, books.entries(ledger.sequence))]
    return found if digest(ledger) == expected else [*found, f"I6: {name}: the state after it differs"]


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


def follow(books: Books, following: Following) -> Follower:
    """Follow a ledger: take what is proven durable, archive it, keep and publish notices, write a snapshot; for ever, or once."""
    charging = tables_of(books).charging
    if charging is None:
        raise ValueError("the data set does not charge")
    with troubles(books.root), ExitStack() as stack:
        follower = stack.enter_context(closing(books.follower()))
        kept = None if following.archive is None else Archive(following.archive)
        told: NoticeKeeper | None = None
        if following.notices is not None:
            offset_ms = 0 if books.virtual else time.localtime().tm_gmtoff * 1000
            told = stack.enter_context(
                keeper(following.notices, follower, charging, offset_ms, books.partition)
            )
        while True:
            follower.step()
            if kept is not None:
                if 0 < kept.last < books.first - 1:
                    raise Trouble(
                        f"--archive {following.archive}: ends with record {kept.last}, and those before {books.first} are no "
                        "longer kept; name a new file, which begins there"
                    )
                found = postings(books.entries(kept.last))
                kept.append(found, follower.ledger.sequence, charging.currency, charging.digits)
            if told is not None:
                told.keep()
                if following.broker is not None:
                    told.publish(following.broker, following.confirm)
            follower.write()
            for alarm in follower.alarms:
                click.echo(f"{books.root}: {alarm}", err=True)
            if following.once:
                return follower
            follower.alarms.clear()
            time.sleep(following.every_s)
            if following.parent not in (None, os.getppid()):
                return follower
