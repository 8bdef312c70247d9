"""The LSCP form: the SCP itself samples, stores and sends; there is no data distributor.

The same hourly files go to the same front end; only the identifier is another (the notification ID).

Source: A-252, A-243; Fig. 10b; [0186], [0194].
"""

from ain_scp.journal.writer import Journal
from ain_scp.smdr.sample import Sample, SampleError, encode, problem
from ain_scp.smdr.transfer import TransferFile, TransferQueue


class LscpStore:
    """The store of call data inside an LSCP, over a journal that holds nothing but samples."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._queue = TransferQueue(journal)

    def store(self, sample: Sample) -> int:
        """Store one sample.

        SampleError when no transfer file could hold it (nothing is stored), JournalFault or JournalBusy when it cannot be
        taken now.
        """
        found = problem(sample)
        if found:
            raise SampleError(1, found)
        return self._journal.append(encode(sample))

    def commit(self, now_ms: int) -> int:
        """Make everything stored durable; return the last sequence number."""
        return self._journal.commit(now_ms)

    def file(self, now_ms: int) -> TransferFile | None:
        """The next hourly file for the front end; None when no hour is over that was not accepted."""
        return self._queue.due(now_ms)

    def accepted(self, file: TransferFile) -> None:
        """The front end server has the file durably."""
        self._queue.accepted(file)
