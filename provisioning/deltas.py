"""A delta of ported numbers taken into service without loading the rest of a data set again.

Whether only delta files changed is seen by name, size, inode and time of change of every other file a load reads. What then is
made lies over the tables in use, which stay untouched: each decision sees the old changes or the new ones, whole.

Source: B4-012; rule LNP-12.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.check.services import delta
from ain_scp.provisioning.check.services.cells import FOLDER, Known
from ain_scp.provisioning.check.services.lnp import FILES
from ain_scp.provisioning.digest import FOLDERS
from ain_scp.provisioning.forms import HEAD
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.services import LnpTables
from ain_scp.provisioning.tables.batch import find_many

Signature = Mapping[str, tuple[int, int, int]]
_DELTA: Final = f"{delta.HERE}/"


def signature_of(directory: Path) -> Signature:
    """Size, inode and time of change of every file that a load reads, but for delta files. OSError: cannot be read."""
    paths = [directory / HEAD] + [path for folder in FOLDERS for path in (directory / folder).rglob("*")]
    found: dict[str, tuple[int, int, int]] = {}
    for path in paths:
        name = path.relative_to(directory).as_posix()
        if path.is_file() and not name.startswith(_DELTA):
            status = path.stat()
            found[name] = status.st_size, status.st_ino, status.st_mtime_ns
    return found


def with_deltas(
    directory: Path, tables: LnpTables, toll_free_npas: tuple[str, ...], unfit: list[Problem] | None = None
) -> LnpTables:
    """The tables under the delta files as they are now; ProvisioningError with every problem when one is wrong.

    `unfit` gets the rows made for other numbers than these (LNP-12), which are applied as what they must mean.
    """
    findings = Findings()
    files = Files(directory, findings)
    files.open_root()
    files.open_any(FOLDER)
    files.open_folder(f"{FOLDER}/lnp", FILES)
    known = Known((), (), toll_free_npas, ())
    rows = delta.read_deltas(
        files, known, lambda codes: find_many(tables.numbers, codes) >= 0, tables.routing_numbers
    )
    if findings.errors:
        raise ProvisioningError(list(findings.problems()))
    if unfit is not None:
        unfit += findings.problems()
    return tables.changed_by(rows)
