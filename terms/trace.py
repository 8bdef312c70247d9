"""The steps of one decision, recorded only when somebody asks why.

Source: D-010, interfaces.md section 4 (`steps`), house.md section 2.
"""

from typing import NamedTuple, final


class Step(NamedTuple):
    """One step of the figures: what was looked up, which row (file:line) answered, what was found."""

    step: str
    table: str
    row: str
    found: str


@final
class Trace:
    """Collects steps in order. Deciding code writes to it only if it was given one, so it costs nothing otherwise."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, step: str, table: str = "", row: str = "", found: str = "") -> None:
        """Record one step."""
        self.steps.append(Step(step, table, row, found))

    def path(self) -> list[str]:
        """The step ids in order, each run of look-ups within one step named once."""
        path: list[str] = []
        for step in self.steps:
            if not path or path[-1] != step.step:
                path.append(step.step)
        return path
