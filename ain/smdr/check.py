"""`ain smdr check`: whether everything in a record directory still agrees.

Source: A-248, A-249; reliability.md D7 (a reader proves a run of records by its numbers and checksums).
"""

import sqlite3
from pathlib import Path

import msgspec

from ain_scp.ain.run.records import opened
from ain_scp.ain.smdr.files import files_in
from ain_scp.ain.words import counted
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.smdr.front_end import merged
from ain_scp.smdr.sample import SampleError, decode
from ain_scp.smdr.store import SqliteFrontEnd, SqliteHost, connect_to_read
from ain_scp.smdr.transfer import decode_file


class Found(msgspec.Struct):
    """What was looked at, and what is amiss."""

    journals: int = 0
    samples: int = 0
    files: int = 0
    front_end: int = 0
    host: int = 0
    problems: list[str] = []
    warnings: list[str] = []


def check(directory: Path) -> Found:
    """Look at every journal, transfer file and store of a record directory; UsageError when it is none."""
    records = opened(directory)
    found = Found(problems=[], warnings=_open_to_others(directory))
    for scp in records.scps():
        _journal(records.samples(scp), found)
    ranges: dict[str, list[tuple[int, int]]] = {}
    for path in files_in(records.transfer):
        _file(path, ranges, found)
    for journal, runs in ranges.items():
        for (_, last), (first, _) in zip(merged(runs), merged(runs)[1:], strict=False):
            found.problems.append(
                f"journal {journal}: samples {last + 1} to {first - 1} are in no transfer file"
            )
    if records.front_end.exists() and records.host.exists():
        _stores(records.front_end, records.host, found)
    return found


def _open_to_others(directory: Path) -> list[str]:
    """The first of the files and directories that everybody on this machine may read or write, and how many more."""
    found = [path for path in (directory, *sorted(directory.rglob("*"))) if path.lstat().st_mode & 0o007]
    found = [path for path in found if not path.is_symlink()]
    lines = [
        f"{path}: others may read it, and it says who called whom: chmod o= {path}" for path in found[:1]
    ]
    return lines + ([f"and {len(found) - 1} more: chmod -R o= {directory}"] if len(found) > 1 else [])


def _journal(storage: DiskStorage, found: Found) -> None:
    found.journals += 1
    try:
        for entry in read_directory(storage):
            found.samples += 1
            try:
                decode(entry.payload, entry.sequence)
            except SampleError as fault:
                found.problems.append(f"{storage.directory}: record {entry.sequence}: {fault.reason}")
    except JournalFault as fault:
        found.problems.append(f"{storage.directory}: {fault}")


def _file(path: Path, ranges: dict[str, list[tuple[int, int]]], found: Found) -> None:
    found.files += 1
    try:
        file = decode_file(path.read_bytes())
    except (SampleError, OSError) as fault:
        found.problems.append(f"{path}: {fault}")
        return
    ranges.setdefault(file.journal, []).append((file.first, file.last))


def _stores(front_end: Path, host: Path, found: Found) -> None:
    try:
        found.front_end = SqliteFrontEnd(connect_to_read(front_end)).record_count()
        found.host = SqliteHost(connect_to_read(host)).record_count()
    except sqlite3.Error as fault:
        found.problems.append(f"{front_end.parent}: {fault}")
        return
    if found.front_end != found.host:
        found.problems.append(
            f"the front end has {counted(found.front_end, 'call')}, the host {found.host}: import again"
        )
