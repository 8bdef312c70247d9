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
    """Collects steps in order. Deciding code writes to it only if it was given one, so it costs nothing otherwise.

    Looking up notes what it found under a key, and judging cites it where that decides: only then it becomes a step.
    `called` is the number the query calls and `bearer` its bearer, for the words of a step.
    """

    __slots__ = ("_noted", "bearer", "called", "steps")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.called = ""
        self.bearer = ""
        self._noted: dict[str, list[Step]] = {}

    def add(self, step: str, table: str = "", row: str = "", found: str = "") -> None:
        """Record one step."""
        self.steps.append(Step(step, table, row, found))

    def note(self, key: str, table: str, row: str, found: str, *, step: str = "") -> None:
        """Note a step to be cited under its key, which is also the step's id unless `step` is another."""
        self._noted.setdefault(key, []).append(Step(step or key, table, row, found))

    def cite(self, key: str) -> None:
        """Record the steps that were noted under a key."""
        self.steps += self._noted.get(key, ())

    def path(self) -> list[str]:
        """The step ids in order, each run of look-ups within one step named once."""
        path: list[str] = []
        for step in self.steps:
            if not path or path[-1] != step.step:
                path.append(step.step)
        return path
