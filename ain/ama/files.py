"""AMA files out of a record directory: durable first, then the receiver's position moves.

Source: A-225, A-237; reliability.md section 5 (rule 4), D7.
"""

from pathlib import Path
from typing import Literal

import msgspec

from ain_scp.ain.faults import file_trouble
from ain_scp.ain.run.records import journal_of, opened
from ain_scp.billing.ama.baf import Office, write_baf
from ain_scp.billing.ama.journaled import AmaJournal
from ain_scp.billing.ama.provider import for_providers
from ain_scp.billing.ama.record import SequencedAma
from ain_scp.billing.ama.text import write_csv, write_json_lines
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.storage import replace_file
from ain_scp.journal.writer import Journal
from ain_scp.provisioning.snapshot import Snapshot

Form = Literal["baf", "jsonl", "csv"]
MOST = 100_000


class Written(msgspec.Struct, frozen=True):
    """One file written: where, from which switch, which numbers."""

    path: str
    switch: str
    first: int
    last: int
    records: int


def office_of(switch: str) -> Office:
    """The office fields of a switch: the digits of its name, since a data set has no Bellcore office codes."""
    digits = "".join(character for character in switch if character.isdigit())[-7:] or "0"
    return Office(sensor_id=digits, recording_office_id=digits)


def export_all(directory: Path, form: Form, receiver: str, *, again: bool) -> list[Written]:
    """Write what a receiver has not had, switch by switch, files of at most 100,000 records."""
    records = opened(directory)
    written: list[Written] = []
    for switch in records.switches():
        with journal_of(records.usage(switch)) as journal:
            if again:
                written += _again(records, journal, switch, form, receiver)
            else:
                written += _new(records, journal, switch, form, receiver)
    return written


def _new(records: RecordDirectory, journal: Journal, switch: str, form: Form, receiver: str) -> list[Written]:
    ama, written = AmaJournal(journal), []
    while (file := ama.export(receiver, form, office_of(switch), MOST)) is not None:
        written.append(
            _write(
                records.export(receiver), f"{switch}-{file.name}", switch, file.first, file.last, file.octets
            )
        )
        ama.accepted(receiver, file)
    return written


def _again(
    records: RecordDirectory, journal: Journal, switch: str, form: Form, receiver: str
) -> list[Written]:
    ama, written, after = AmaJournal(journal), [], 0
    while items := ama.read(after, MOST):
        after = items[-1].sequence
        written.append(_file(records, receiver, switch, form, items))
    return written


def export_providers(directory: Path, form: Form, snapshot: Snapshot) -> list[Written]:
    """Write each other provider's copy of the flagged records (A-237), numbered for itself; what it had stays so."""
    records = opened(directory)
    provider_of = {one.group_id: one.provider for one in snapshot.dataset.customers if one.provider}
    written: list[Written] = []
    for switch in records.switches():
        with journal_of(records.usage(switch)) as journal:
            items = AmaJournal(journal).read(0, journal.durable)
            for provider, copies in sorted(for_providers(items, provider_of).items()):
                consumer = (
                    "provider_" + "".join(c if c.isalnum() and c.isascii() else "_" for c in provider)[:24]
                )
                had = len(
                    for_providers(_until(items, journal.position(consumer)), provider_of).get(provider, [])
                )
                if copies[had:]:
                    written.append(_file(records, provider, switch, form, copies[had:]))
                journal.acknowledge(consumer, journal.durable)
    return written


def _until(items: list[SequencedAma], last: int) -> list[SequencedAma]:
    return [item for item in items if item.sequence <= last]


def _file(
    records: RecordDirectory, receiver: str, switch: str, form: Form, items: list[SequencedAma]
) -> Written:
    if form == "baf":
        octets = write_baf(items, office_of(switch))
    else:
        octets = b"".join((write_json_lines if form == "jsonl" else write_csv)(items))
    first, last = items[0].sequence, items[-1].sequence
    name = f"{switch}-ama-{first:011d}-{last:011d}.{form}"
    return _write(records.export(receiver), name, switch, first, last, octets)


def _write(target: Path, name: str, switch: str, first: int, last: int, octets: bytes) -> Written:
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(DiskStorage(target), name, octets)
    except OSError as fault:
        raise file_trouble(target, fault) from None
    return Written(str(target / name), switch, first, last, last - first + 1)
