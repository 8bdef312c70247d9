"""`ain init DIRECTORY`: a small, commented data set and a scenario that runs.

Source: interfaces.md section 6.1.
"""

from pathlib import Path

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted


class InitForm(msgspec.Struct):
    """What was made, as JSON."""

    directory: str
    files: list[str]


EPILOG = """\b
Example: ain init acme && ain check acme && ain run acme/scenario.toml"""


@click.command(epilog=EPILOG)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(directory: Path, as_json: bool) -> None:
    """Make a data set with comments, and a scenario, in a new or empty directory."""
    from ain_scp.ain.init.sample import files

    made = files()
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise Trouble(f"{directory}: is not an empty directory; name a new one")
        for name, text in made.items():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise file_trouble(fault.filename or directory, fault) from None
    if as_json:
        write_json(InitForm(str(directory), sorted(made)))
        return
    click.echo(
        f"{counted(len(made), 'file')} in {directory}; next: ain check {directory}, ain run {directory}/scenario.toml"
    )
