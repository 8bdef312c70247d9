"""Problems as GitHub's workflow commands: each is shown at its line of the change that is being reviewed.

Text is escaped as the runner reads it, so that no file name, title or value can be taken for another command.

Source: interfaces.md section 1; GitHub Actions, "Workflow commands for GitHub Actions".
"""

from collections.abc import Iterable
from typing import Literal

import click

from ain_scp.provisioning.problems import Problem
from ain_scp.ssp_sim.record import CallRecord
from ain_scp.terms.safe_text import printable


def annotate(
    level: Literal["error", "warning"], file: str, line: int, column: int, title: str, text: str
) -> None:
    """Print one annotation; without a line (0) it stands at the top of the file."""
    places = {"file": file, "line": line or 1, "col": column, "title": title}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in places.items() if value)
    click.echo(f"::{level} {given}::{_data(text)}")


def annotate_problems(problems: Iterable[Problem], directory: str = "") -> None:
    """Annotate problems; their files are below `directory`."""
    for one in problems:
        file = f"{directory}/{one.file}" if directory else one.file
        level: Literal["error", "warning"] = "error" if one.severity == "error" else "warning"
        annotate(level, file, one.line, one.column, one.rule, one.text)


def annotate_run(file: str, records: Iterable[CallRecord], failures: Iterable[str]) -> None:
    """Annotate every expectation of a run that did not hold, at its line of the scenario."""
    for record in records:
        for unmet in record.unmet:
            annotate("error", file, unmet.line, 0, f"call {record.id}", str(unmet))
    for failure in failures:
        annotate("error", file, 0, 0, "run", failure)


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
