"""A record directory: one place for the journals of a run or a server, and what is made from them.

```
DIR/smdr/<SCP>/      journal of SMDR samples (the data distributor's store, or the LSCP's own)
DIR/ama/<switch>/    journal of AMA records, one per switch
DIR/balance/<name>/  journal of notices about accounts' balances, one per ledger
DIR/transfer/        hourly transfer files
DIR/front_end.db     the front end server's store
DIR/host.db          the host's store
DIR/export/          AMA files by receiver
```
Names of SCPs and switches are 1 to 32 letters, digits, `-` and `_`; directories are made when first written to, mode 0700.

Source: A-225, A-244 to A-249, reliability.md section 5.
"""

from pathlib import Path
from typing import Final

from ain_scp.journal.disk import DiskStorage

MAX_NAME: Final = 32
KINDS: Final = ("smdr", "ama", "balance")
"""What is kept in journals, and published."""
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


class RecordDirectory:
    """The layout of one record directory; touches nothing until asked to prepare a journal."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @property
    def transfer(self) -> Path:
        """Where transfer files go."""
        return self.root / "transfer"

    @property
    def front_end(self) -> Path:
        """The front end's database."""
        return self.root / "front_end.db"

    @property
    def host(self) -> Path:
        """The host's database."""
        return self.root / "host.db"

    def export(self, receiver: str) -> Path:
        """Where files for a receiver of AMA records go."""
        return self.root / "export" / receiver

    def samples(self, scp: str) -> DiskStorage:
        """The storage of an SCP's samples; ValueError for an impossible name."""
        return DiskStorage(self.root / "smdr" / checked(scp))

    def usage(self, switch: str) -> DiskStorage:
        """The storage of a switch's AMA records; ValueError for an impossible name."""
        return DiskStorage(self.root / "ama" / checked(switch))

    def notices(self, ledger: str) -> DiskStorage:
        """The storage of a ledger's notices; ValueError for an impossible name."""
        return DiskStorage(self.root / "balance" / checked(ledger))

    def scps(self) -> list[str]:
        """Names of the SCPs with samples here, sorted."""
        return _names(self.root / "smdr")

    def switches(self) -> list[str]:
        """Names of the switches with AMA records here, sorted."""
        return _names(self.root / "ama")

    def ledgers(self) -> list[str]:
        """Names of the ledgers with notices here, sorted."""
        return _names(self.root / "balance")

    def journals(self) -> dict[str, DiskStorage]:
        """Every journal that is published, as `kind/owner`."""
        found = {f"smdr/{name}": self.samples(name) for name in self.scps()}
        found |= {f"ama/{name}": self.usage(name) for name in self.switches()}
        return found | {f"balance/{name}": self.notices(name) for name in self.ledgers()}

    def prepare(self, *more: str) -> None:
        """Make the directories that journals of records stand in, and `more`; OSError when that cannot be done.

        An empty directory made beforehand becomes its owner's only; one that is in use keeps the mode it was given.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(self.root.iterdir()):
            self.root.chmod(0o700)
        for name in ("smdr", "ama", *more):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)


def checked(name: str) -> str:
    """The name, if it may name a directory here; ValueError otherwise."""
    if not 0 < len(name) <= MAX_NAME or not set(name) <= _PLAIN:
        raise ValueError(f"{name!r}: a name has 1 to {MAX_NAME} letters, digits, - and _")
    return name


def _names(directory: Path) -> list[str]:
    if not directory.is_dir():
        return []
    return sorted(entry.name for entry in directory.iterdir() if entry.is_dir() and not entry.is_symlink())
