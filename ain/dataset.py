"""Loading a data set for a command: problems on stderr, one line each, exit 2 when it cannot be used.

Source: interfaces.md section 1.
"""

from collections.abc import Sequence
from pathlib import Path

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.streams import named_from
from ain_scp.api.data import checked
from ain_scp.api.data import load as opened
from ain_scp.api.faults import InputError
from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.service_logic.program import Program


def load_problems(directory: Path) -> tuple[str, Sequence[Problem]]:
    """Its name and its problems, also what only the service knows: that every access code names a registered plan."""
    existing(directory)
    found, program = checked(directory)
    return str(directory) if program is None else program.snapshot.dataset.name, found.problems


def program_of(snapshot: Snapshot) -> Program:
    """The service logic over a snapshot, with every registered dialing plan."""
    from ain_scp.dialplan.registry import registered_plans

    return Program(snapshot, registered_plans())


def open_program(directory: Path) -> Program:
    """Load, compile and bind a data set; Refused names every error."""
    existing(directory)
    try:
        return opened(directory).program
    except InputError as fault:
        refuse(fault.problems)


def existing(directory: Path) -> None:
    """Trouble for what is no directory; a scenario is named as what it is. Links of the output find its files."""
    if directory.is_dir():
        named_from(directory)
        return
    hint = f"; a scenario? ain run {directory}" if directory.suffix == ".toml" and directory.is_file() else ""
    kind = "is a file, not a data set directory" if directory.exists() else "no such data set directory"
    raise Trouble(f"{directory}: {kind}{hint}")
