"""Loading a data set for a command: problems on stderr, one line each, exit 2 when it cannot be used.

Source: interfaces.md section 1.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.service_logic.program import Program


def load_problems(directory: Path) -> tuple[DataSet | None, Sequence[Problem]]:
    """Load, and check also what only the service knows: that every access code names a registered plan."""
    existing(directory)
    loaded = load(directory)
    if loaded.dataset is None:
        return None, loaded.problems
    from ain_scp.provisioning.compile import compile_dataset

    try:
        program_of(compile_dataset(loaded.dataset))
    except ProvisioningError as fault:
        return None, (*loaded.problems, *fault.problems)
    return loaded.dataset, loaded.problems


def program_of(snapshot: Snapshot) -> Program:
    """The service logic over a snapshot, with every registered dialing plan."""
    from ain_scp.dialplan.registry import registered_plans

    return Program(snapshot, registered_plans())


def open_program(directory: Path) -> Program:
    """Load, compile and bind a data set; Refused names every error."""
    existing(directory)
    loaded = load(directory)
    if loaded.dataset is None:
        refuse(_below(directory, [one for one in loaded.problems if one.severity == "error"]))
    from ain_scp.provisioning.compile import compile_dataset

    try:
        return program_of(compile_dataset(loaded.dataset))
    except ProvisioningError as fault:
        refuse(_below(directory, fault.problems))


def existing(directory: Path) -> None:
    """Trouble for what is no directory; a scenario is named as what it is."""
    if directory.is_dir():
        return
    hint = f"; a scenario? ain run {directory}" if directory.suffix == ".toml" and directory.is_file() else ""
    kind = "is a file, not a data set directory" if directory.exists() else "no such data set directory"
    raise Trouble(f"{directory}: {kind}{hint}")


def _below(directory: Path, problems: Sequence[Problem]) -> list[Problem]:
    return [msgspec.structs.replace(problem, file=f"{directory}/{problem.file}") for problem in problems]
