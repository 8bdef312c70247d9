"""Transfer files on disk: written whole or not at all, then accepted; read back in order.

The same for `ain smdr transfer` and for a serving SCP, which sends its own files every hour.

Source: A-244 to A-246, A-252, A-257; reliability.md section 5 (rule 4).
"""

from collections.abc import Callable
from pathlib import Path

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.storage import replace_file
from ain_scp.journal.writer import Journal
from ain_scp.scp.sample_journal import ScpKind
from ain_scp.smdr.distributor import DataDistributor, billing_lines
from ain_scp.smdr.lscp import LscpStore
from ain_scp.smdr.transfer import TransferFile

Due = Callable[[int], TransferFile | None]
Accepted = Callable[[TransferFile], None]


def sender_of(journal: Journal, kind: ScpKind) -> tuple[Due, Accepted]:
    """What sends an SCP's samples: the data distributor's ASCII interface, or the LSCP itself."""
    if kind == "lscp":
        store = LscpStore(journal)
        return store.file, store.accepted
    distributor = DataDistributor(journal)
    return distributor.ascii_file, distributor.accepted


def transfer(
    journal: Journal, scp: str, target: Path, now_ms: int, kind: ScpKind, *, billing: bool = False
) -> list[TransferFile]:
    """Write every file whose hour is over, one after the other; each is durable before it is accepted.

    `billing` writes the billing interface's form beside it (ISCP only). OSError or JournalFault when that fails; what was
    written before stands, what was not accepted is written again next time, the same.
    """
    due, accepted = sender_of(journal, kind)
    written: list[TransferFile] = []
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = DiskStorage(target)
    while (file := due(now_ms)) is not None:
        replace_file(storage, file_name(scp, file.name), file.octets)
        if billing:
            lines = "\n".join(billing_lines(file)) + "\n"
            replace_file(
                storage, file_name(scp, file.name).removesuffix(".txt") + ".billing.csv", lines.encode()
            )
        accepted(file)
        written.append(file)
    return written


def file_name(scp: str, name: str) -> str:
    """The file's name in a directory that several SCPs send to: smdr-SCP-20010117T10-000000000001.txt."""
    return name.replace("smdr-", f"smdr-{scp}-", 1)


def files_in(directory: Path) -> list[Path]:
    """The transfer files of a directory, in the order of their names."""
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.glob("smdr-*.txt") if path.is_file())
