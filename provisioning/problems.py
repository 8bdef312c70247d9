"""What is wrong with a data set: every problem at once, each with its place and the rule it breaks.

Source: D-012, A-265, interfaces.md sections 1 and 2.
"""

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One problem. `line` and `column` are 1-based, 0 = the whole file; `rule` is a requirement id or a short name."""

    file: str
    line: int
    column: int
    text: str
    rule: str
    severity: str = "error"  # or "warning": legal but odd, does not stop a load

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else "warning: "
        place = f":{self.line}: {self.column}" if self.line else ""
        return f"{self.file}{place}: {mark}{self.text} ({self.rule})"


class ProvisioningError(Exception):
    """A data set that must not be loaded; `problems` holds all of them, warnings included."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
