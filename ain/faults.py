"""How a command ends when something is in its way: one line for each problem on standard error, exit 2.

Wrong usage is `click.UsageError`, which shows how the command is used. What lies outside of the command line (a file, a disk,
a port, an extra that is missing) is `Trouble`. Problems with file, line and column are `Refused`.

Source: interfaces.md section 1 (exit codes).
"""

from collections import Counter
from collections.abc import Sequence
from typing import IO, Any, Final, NoReturn

import click

from ain_scp.ain.words import counted
from ain_scp.provisioning.problems import Problem

SHOWN: Final = 10


class Trouble(click.ClickException):
    """Something outside of the command line is in the way; one line, exit 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the text as it is: it names the file or the option itself."""
        click.echo(self.format_message(), err=True, file=file)


class Refused(Trouble):
    """Input that cannot be used; every problem is one line, and many of one kind are the first and their number.

    `ain check` lists all of a data set, and `--json` has them all.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(_in_short(problems)))
        self.problems = problems


def _in_short(problems: Sequence[Problem]) -> list[str]:
    """Each problem as a line, of one rule in one file the first `SHOWN`; when any are left out, the cause comes last again."""
    kinds = Counter((problem.file, problem.rule) for problem in problems)
    shown: Counter[tuple[str, str]] = Counter()
    lines = []
    for problem in problems:
        kind = problem.file, problem.rule
        shown[kind] += 1
        if shown[kind] <= SHOWN:
            lines.append(str(problem))
        elif shown[kind] == kinds[kind]:
            lines.append(f"{problem.file}: {kinds[kind] - SHOWN} more like this ({problem.rule})")
    if len(problems) > len(lines):
        lines.append(f"{counted(len(problems), 'problem')}; ain check lists all; the first: {problems[0]}")
    return lines


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Print every problem in the order of its place, and exit 2."""
    raise Refused(sorted(problems))


def file_trouble(path: object, fault: OSError) -> Trouble:
    """What the system says about a file."""
    return Trouble(f"{path}: {fault.strerror or fault}")
