"""Data sets: load one, or list what is wrong with it.

Source: interfaces.md sections 1 and 2, D-012.
"""

from collections import Counter
from pathlib import Path
from typing import final

import msgspec

from ain_scp.api.faults import InputError, refused
from ain_scp.api.html import items, table, titled
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.scp.service_logic.program import Program


@final
class DataSet:
    """A data set that was checked and compiled. It does not change, and does not follow its files."""

    __slots__ = ("directory", "program", "warnings")

    def __init__(self, directory: Path, program: Program, warnings: tuple[Problem, ...]) -> None:
        """`load` makes one; `program` is not part of what is promised."""
        self.directory = directory
        self.program = program
        self.warnings = warnings

    @property
    def name(self) -> str:
        """Its name in dataset.toml."""
        return self.program.snapshot.dataset.name

    @property
    def customers(self) -> tuple[str, ...]:
        """The names of its customers."""
        return tuple(one.name for one in self.program.snapshot.customers)

    def digest(self) -> str:
        """SHA-256 over its files as they are now, 64 hexadecimal digits."""
        from ain_scp.provisioning.digest import digest_of

        return digest_of(self.directory)

    def __repr__(self) -> str:
        return f"<DataSet {self.name} of {self.directory}>"

    def _repr_html_(self) -> str:
        rows = [("directory", self.directory), ("customers", ", ".join(self.customers))]
        return titled(f"Data set {self.name}", table(("", ""), rows), items(map(str, self.warnings)))


class Check(msgspec.Struct, frozen=True):
    """What `check` found: every problem of every file, errors and warnings, in the order of their places."""

    directory: Path
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the data set can be loaded: warnings do not stop a load."""
        return all(one.severity != "error" for one in self.problems)

    def __str__(self) -> str:
        counts = Counter(one.severity for one in self.problems)
        head = f"{'OK' if self.ok else 'not OK'}: {counts['error']} errors, {counts['warning']} warnings"
        return "\n".join([head, *map(str, self.problems)])

    def _repr_html_(self) -> str:
        rows = [(one.file, one.line or None, one.severity, one.text, one.rule) for one in self.problems]
        head = ("file", "line", "severity", "problem", "rule")
        return titled(str(self).partition("\n")[0], table(head, rows) if rows else "")


def load(directory: Path | str) -> DataSet:
    """Load, check and compile a data set, with every registered plug-in; InputError has every error at once."""
    place = Path(directory)
    found, program = checked(place)
    if program is None:
        raise refused([_below(place, one) for one in found.problems if one.severity == "error"])
    return DataSet(place, program, found.problems)


def check(directory: Path | str) -> Check:
    """List everything that is wrong or odd; InputError only for what is no directory."""
    return checked(Path(directory))[0]


def loaded(data: DataSet | Path | str) -> DataSet:
    """A data set as it is, or loaded."""
    return data if isinstance(data, DataSet) else load(data)


def checked(directory: Path) -> tuple[Check, Program | None]:
    """What is wrong with a data set, and the service logic over it unless an error stops it."""
    from ain_scp.dialplan.registry import plan_faults, registered_plans
    from ain_scp.provisioning.compile import compile_dataset
    from ain_scp.provisioning.loader import load as read
    from ain_scp.screening.rules import rule_faults

    if not directory.is_dir():
        raise InputError(f"{directory}: no such data set directory")
    found = read(directory)
    unusable = [
        Problem("plug-ins", 0, 0, text, "A-025", "warning") for text in (*plan_faults(), *rule_faults())
    ]
    problems = (*found.problems, *unusable)
    if found.dataset is None:
        return Check(directory, problems), None
    try:
        program = Program(compile_dataset(found.dataset), registered_plans())
    except ProvisioningError as fault:
        return Check(directory, (*problems, *fault.problems)), None
    return Check(directory, problems), program


def _below(directory: Path, problem: Problem) -> Problem:
    return msgspec.structs.replace(problem, file=f"{directory}/{problem.file}")
