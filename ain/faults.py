"""How a command ends when something is in its way: one line for each problem on standard error, exit 2.

Wrong usage is `click.UsageError`, which shows how the command is used. What lies outside of the command line (a file, a disk,
a port, an extra that is missing) is `Trouble`. Problems with file, line and column are `Refused`.

Source: interfaces.md section 1 (exit codes).
"""

from collections.abc import Sequence
from typing import IO, Any, NoReturn

import click

from ain_scp.provisioning.problems import Problem


class Trouble(click.ClickException):
    """Something outside of the command line is in the way; one line, exit 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the text as it is: it names the file or the option itself."""
        click.echo(self.format_message(), err=True, file=file)


class Refused(Trouble):
    """Input that cannot be used; every problem is one line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Print every problem in the order of its place, and exit 2."""
    raise Refused(sorted(problems))


def file_trouble(path: object, fault: OSError) -> Trouble:
    """What the system says about a file."""
    return Trouble(f"{path}: {fault.strerror or fault}")
