"""pytest: scenario files as tests. Loaded by pytest itself (entry point `pytest11`); costs an import of nothing but this until used.

`ain_scenario(path)` is a fixture that plays a scenario and fails the test with every expectation that did not hold. A scenario file is
a test of its own when it is named on pytest's command line, or fits a pattern of the option `ain_scenarios` of pytest's
configuration (`ain_scenarios = scenarios/*.toml`, relative to the configuration's directory).

Source: interfaces.md section 3; pytest, "Working with non-python tests".
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ain_scp.api import Run

INI = "ain_scenarios"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of the configuration."""
    parser.addini(INI, "Scenario files of ain that are tests: patterns.", type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """A scenario that is named or configured."""
    if file_path.suffix != ".toml":
        return None
    patterns: list[str] = parent.config.getini(INI)
    named = parent.session.isinitpath(file_path) and file_path.name != "pyproject.toml"
    if not named and not any(_fits(file_path, parent.config.rootpath, one) for one in patterns):
        return None
    made: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return made


def _fits(file: Path, root: Path, pattern: str) -> bool:
    return file.is_relative_to(root) and file.relative_to(root).match(pattern)


class Unmet(Exception):
    """Expectations that did not hold, or a scenario that cannot be played: what pytest prints, without a traceback."""


class ScenarioFile(pytest.File):
    """One scenario file."""

    def collect(self) -> Iterable["ScenarioItem"]:
        """Give the one test that plays it."""
        item: ScenarioItem = ScenarioItem.from_parent(self, name="scenario")
        yield item


class ScenarioItem(pytest.Item):
    """A scenario played."""

    def runtest(self) -> None:
        """Play it; Unmet names every expectation that did not hold."""
        judge(play(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **options: Any) -> Any:
        """What did not hold; anything else as pytest shows it."""
        if isinstance(excinfo.value, Unmet):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **options)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"scenario {self.path.name}"


def play(path: Path) -> "Run":
    """Play a scenario in this process; Unmet when it cannot be read."""
    from ain_scp.api import InputError
    from ain_scp.api import play as played

    try:
        return played(path)
    except InputError as fault:
        raise Unmet(str(fault)) from None


def judge(run: "Run") -> None:
    """Unmet with every expectation of a run that did not hold."""
    if not run.ok:
        raise Unmet("\n".join([f"{run.scenario}: {run}", *run.failures]))


@pytest.fixture
def ain_scenario(request: pytest.FixtureRequest) -> "Callable[..., Run]":
    """A function: path of a scenario, relative to the test's directory -> its Run; `check=False` leaves judging to the test."""

    def scenario(path: Path | str, *, check: bool = True) -> "Run":
        run = play(request.path.parent / path)
        if check:
            judge(run)
        return run

    return scenario
