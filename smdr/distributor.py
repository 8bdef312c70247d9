"""The data distributor of the ISCP form: takes samples as they are, stores, sorts and sends them.

Its ASCII interface passes the SCP's octets on unmodified and feeds Virtual SMDR; its billing interface hands the same
calls out as comma-separated columns. The distributor stores in a journal: a sample is taken over when `commit` returns.

Source: A-244, A-245, A-246, A-257; [0185], [0190]-[0192]; AMB-62.
"""

from typing import Final

from ain_scp.journal.reader import JournalReader
from ain_scp.journal.writer import Journal
from ain_scp.smdr.sample import AttemptSample, decode
from ain_scp.smdr.transfer import TransferFile, TransferQueue, decode_file
from ain_scp.terms.safe_text import to_cell

BILLING_COLUMNS: Final = (
    "sample,identifier,customer_group,calling,called,original_called,status,start_or_connect_ms,end_ms"
)


class DataDistributor:
    """One distributor over one journal that holds nothing but samples."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._ascii = TransferQueue(journal)

    def receive(self, octets: bytes) -> int:
        """Take one sample on the ASCII interface, unchanged; return its sequence number.

        SampleError when it is none (nothing is stored), JournalFault or JournalBusy when it cannot be taken now.
        """
        decode(octets)
        return self._journal.append(octets)

    def commit(self, now_ms: int) -> int:
        """Make everything received durable; return the last sequence number taken over."""
        return self._journal.commit(now_ms)

    def stored(self, after: int, most: int) -> list[bytes]:
        """The samples in the store, in the order received, octet for octet."""
        return [entry.payload for entry in JournalReader(self._journal, after).read(most)]

    def ascii_file(self, now_ms: int) -> TransferFile | None:
        """The next hourly file of the ASCII interface; None when no hour is over that was not accepted."""
        return self._ascii.due(now_ms)

    def accepted(self, file: TransferFile) -> None:
        """The front end server has the file durably."""
        self._ascii.accepted(file)


def billing_lines(file: TransferFile) -> list[str]:
    """The billing interface's form of one hour: header and one row of columns per sample."""
    rows = [BILLING_COLUMNS]
    for sample in decode_file(file.octets).samples:
        if isinstance(sample, AttemptSample):
            cells = [
                "attempt",
                sample.identifier,
                sample.customer_group,
                sample.calling,
                sample.called,
                sample.original_called or "",
                "",
                str(sample.start_ms),
                "",
            ]
        else:
            connect = "" if sample.connect_ms is None else str(sample.connect_ms)
            cells = [
                "completion",
                sample.identifier,
                "",
                "",
                "",
                "",
                sample.status,
                connect,
                str(sample.end_ms),
            ]
        rows.append(",".join(str(to_cell(cell)) for cell in cells))
    return rows
