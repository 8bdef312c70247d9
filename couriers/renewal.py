"""`ain ticket renew`: a collector continues under a new store identity.

For a collector that was restored from a backup or copied: under its old identity it would give old sequences to new
tickets. The new store takes over the tickets without a receipt and how far each source was read; chains begin at 1.
It is made beside the old one and takes its place by two renames; a crash between is finished by the next renewal.

Source: C-014, C-015.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.deciding import carry_over
from ain_scp.couriers.sources import unfinished, write_positions
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalBusy
from ain_scp.journal.writer import Journal
from ain_scp.tickets.collector.settings import read_collector
from ain_scp.tickets.collector.store import LayoutLine

_DONE: Final = "renewed.json"


class Renewed(msgspec.Struct, frozen=True):
    """The new store, where the old one lies, and how many tickets were taken over."""

    store: str
    old: str
    taken_over: int


def renew(config: Path, now: Callable[[], datetime], chance: Callable[[int], bytes]) -> Renewed:
    """Give a collector another store. JournalFault when a process has the old one."""
    root = config.parent / read_collector(config).store
    new = unfinished(root)
    if not (new / _DONE).exists():
        shutil.rmtree(new, ignore_errors=True)
        _make(config, new, now, chance)
    done = msgspec.json.decode((new / _DONE).read_bytes(), type=Renewed)
    if root.exists():
        root.rename(config.parent / done.old)
    new.rename(root)
    (root / _DONE).unlink()
    return done


def _make(config: Path, new: Path, now: Callable[[], datetime], chance: Callable[[int], bytes]) -> None:
    run = CollectorRun(config, now, chance)
    try:
        identity, ms = chance(16), int(now().timestamp() * 1000)
        new.mkdir(mode=0o700)
        journal = Journal.open(DiskStorage(new / "tickets"), ms, identity=identity)
        accepted = min((line.outbox.accepted_ticket for line in run.lines), default=0)
        taken = 0
        for sequence, one in run.store.records(0):
            if isinstance(one, LayoutLine) or sequence > accepted:
                _append(journal, msgspec.json.encode(one), ms)
                taken += not isinstance(one, LayoutLine)
        journal.close(ms)
        write_positions(new, run.store.positions)
        carry_over(config.parent / run.settings.store, new)
        old = f"{run.settings.store}-{run.store.identity[:8]}"
    finally:
        run.close()
    files.put(new, _DONE, msgspec.json.encode(Renewed(identity.hex(), old, taken)))


def _append(journal: Journal, payload: bytes, ms: int) -> None:
    try:
        journal.append(payload)
    except JournalBusy:
        journal.commit(ms)
        journal.append(payload)
