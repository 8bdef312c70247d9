"""AMA records in a journal: taken over durably by the switch, read back with their numbers, exported in files.

The journal's sequence number is the record's. An export is a contiguous run of records, written in one of the three
forms; its position moves only when the receiver has the file, so a file lost on the way is written again, the same.

Source: A-225; reliability.md section 5 (rule 4: numbers assigned inside the transaction, export with trailer), D7.
"""

from typing import Final, Literal

import msgspec

from ain_scp.billing.ama.baf import Office, write_baf
from ain_scp.billing.ama.record import AmaFormatError, AmaRecord, SequencedAma, problems
from ain_scp.billing.ama.text import write_csv, write_json_lines
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import JournalReader
from ain_scp.journal.writer import Journal

AmaForm = Literal["baf", "jsonl", "csv"]
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(AmaRecord)


class AmaExport(msgspec.Struct, frozen=True):
    """One file to send: its name, the records in it, its octets."""

    name: str
    first: int
    last: int
    octets: bytes


class AmaJournal:
    """A switch's AMA records over one journal that holds nothing else."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def record(self, record: AmaRecord) -> int:
        """Take one record and give it its number; durable after `commit`.

        AmaFormatError when no file could hold it, JournalFault when no billable work can be done now, JournalBusy when
        a commit is due first.
        """
        found = problems(record)
        if found:
            raise AmaFormatError(0, "; ".join(found))
        return self._journal.append(_ENCODER.encode(record))

    def commit(self, now_ms: int) -> int:
        """Make everything taken durable; return the last number. Only now the records may be relied on."""
        return self._journal.commit(now_ms)

    def read(self, after: int, most: int) -> list[SequencedAma]:
        """Durable records after a number, in order."""
        entries = JournalReader(self._journal, after).read(most)
        return [decoded(entry.payload, entry.sequence) for entry in entries]

    def export(self, receiver: str, form: AmaForm, office: Office, most: int = 100_000) -> AmaExport | None:
        """Write what a receiver has not accepted yet as one file; None when there is nothing.

        The same call gives the same file until it is accepted, or longer when more was recorded meanwhile.
        """
        records = self.read(self._journal.position(receiver), most)
        if not records:
            return None
        first, last = records[0].sequence, records[-1].sequence
        if form == "baf":
            octets = write_baf(records, office)
        else:
            octets = b"".join((write_json_lines if form == "jsonl" else write_csv)(records))
        return AmaExport(f"ama-{first:011d}-{last:011d}.{form}", first, last, octets)

    def accepted(self, receiver: str, export: AmaExport) -> None:
        """The receiver has the file durably; JournalFault when that cannot be noted."""
        self._journal.acknowledge(receiver, export.last)


def decoded(payload: bytes, sequence: int) -> SequencedAma:
    """Read a journal's record back; JournalFault CORRUPT when it is none."""
    try:
        record = _DECODER.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise JournalFault("CORRUPT", f"record {sequence} is no AMA record") from error
    if problems(record):
        raise JournalFault("CORRUPT", f"record {sequence} is no possible AMA record")
    return SequencedAma(sequence, record)
