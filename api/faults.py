"""What the library says of input that cannot be used.

Source: interfaces.md section 1 (bad input: file, line and rule, all problems at once).
"""

from collections.abc import Sequence

from ain_scp.provisioning.problems import Problem


class InputError(ValueError):
    """Input that cannot be used. `problems` has each with file, line, column and rule, where it has a place."""

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


def refused(problems: Sequence[Problem]) -> InputError:
    """All problems of files as one error, in the order of their places."""
    ordered = sorted(problems)
    return InputError("\n".join(map(str, ordered)), ordered)
