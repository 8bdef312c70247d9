"""Loading a data set for a command: problems on stderr, one line each, exit 2 when it cannot be used.

Source: interfaces.md section 1.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ain_scp.provisioning.loader import load
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.service_logic.program import Program


def load_problems(directory: Path) -> tuple[DataSet | None, Sequence[Problem]]:
    """Load, and check also what only the service knows: that every access code names a registered plan."""
    if not directory.is_dir():
        raise click.UsageError(f"{directory}: no such data set directory")
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


def open_program(directory: Path, *, quiet: bool = True) -> Program:
    """Load, compile and bind a data set, or tell every problem and exit 2. Warnings are shown unless `quiet`."""
    if not directory.is_dir():
        raise click.UsageError(f"{directory}: no such data set directory")
    loaded = load(directory)
    problems = [problem for problem in loaded.problems if problem.severity == "error" or not quiet]
    for problem in problems:
        click.echo(f"{directory}/{problem}", err=True)
    if loaded.dataset is None:
        sys.exit(2)
    from ain_scp.provisioning.compile import compile_dataset

    try:
        return program_of(compile_dataset(loaded.dataset))
    except ProvisioningError as fault:
        for problem in fault.problems:
            click.echo(f"{directory}/{problem}", err=True)
        sys.exit(2)
