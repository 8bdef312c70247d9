"""Samples that a record directory could not take at the end of a server, kept elsewhere until the next start stores them.

One file a server's end, `NAME-MILLISECONDS.jsonl`, a sample a line as the journal would have it; it goes once its samples are
durable. A kill between the two stores samples twice, which the front end knows as repeated.

Source: A-240, A-244; reliability.md section 5.
"""

from pathlib import Path

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.storage import replace_file
from ain_scp.journal.writer import Journal
from ain_scp.smdr.sample import decode


def spill(directory: Path, name: str, lines: list[bytes], now_ms: int) -> Path:
    """Keep the samples of SCP `name`; the file. OSError when that cannot be done."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = f"{name}-{now_ms}.jsonl"
    replace_file(DiskStorage(directory), file, b"".join(line + b"\n" for line in lines))
    return directory / file


def take_back(directory: Path, name: str, journal: Journal, now_ms: int) -> int:
    """Store what was kept for SCP `name`; how many samples. OSError, JournalFault: what is not durable stays kept.

    SampleError for a line that is no sample, before any of its file is stored.
    """
    stored = 0
    for path in sorted(directory.glob(f"{name}-*.jsonl")):
        lines = path.read_bytes().splitlines()
        for number, line in enumerate(lines, 1):
            decode(line, number)
        for line in lines:
            journal.append(line)
            if journal.pending * 2 >= journal.limits.pending_records:
                journal.commit(now_ms)
        journal.commit(now_ms)
        path.unlink()
        stored += len(lines)
    return stored
