"""`ain migrate DATASET`: bring a data set of an earlier release to the form of this one.

Source: interfaces.md section 6.1.
"""

import difflib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from ain_scp.ain import __version__
from ain_scp.ain.dataset import existing, load_problems
from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import write_file
from ain_scp.ain.words import counted
from ain_scp.provisioning.forms import HEAD, SCHEMA, form_of, migrated


class MigrateForm(msgspec.Struct):
    """What was changed, or would be: the forms before and after, and the files."""

    dataset: str
    before: int
    after: int
    written: bool
    files: list[str]


EPILOG = """\b
Examples: ain migrate acme --dry-run
          ain migrate acme"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(dataset: Path, dry_run: bool, as_json: bool) -> None:
    """Bring a data set of an earlier release to the form that this one reads; one that has it stays as it is.

    The result is checked before a file is written. Keep the old one, in version control or as a copy: no command goes back.
    """
    existing(dataset)
    form = _form(dataset)
    changed: dict[str, str] = {}
    if form < SCHEMA:
        files = _texts(dataset)
        changed = migrated(files, form)
        _checked(dataset, changed)
        if not dry_run:
            for name, text in changed.items():
                write_file(dataset / name, text)
        elif not as_json:
            _show(files, changed)
    if as_json:
        write_json(MigrateForm(str(dataset), form, SCHEMA, bool(changed) and not dry_run, list(changed)))
    elif not changed:
        click.echo(f"{dataset}: schema {form}, that of this release; nothing to do")
    else:
        done = "would be written" if dry_run else "written"
        click.echo(f"{dataset}: schema {form} becomes {SCHEMA}; {counted(len(changed), 'file')} {done}")


def _form(dataset: Path) -> int:
    """The form that the data set says; one of a later release is refused by its number."""
    try:
        form = form_of(_text(dataset / HEAD))
    except (OSError, UnicodeDecodeError):
        form = None
    if form is None:
        refuse([one for one in load_problems(dataset)[1] if one.severity == "error" and one.file == HEAD])
    if form > SCHEMA:
        raise Trouble(
            f"{dataset / HEAD}: schema {form} is of a later release; ain {__version__} reads up to schema {SCHEMA}: "
            "use the release that wrote it, or its copy from before"
        )
    return form


def _text(path: Path) -> str:
    """A file as text, its line ends as they are."""
    return path.read_bytes().decode("utf-8-sig")


def _texts(dataset: Path) -> dict[str, str]:
    """Every file of the data set that is text, by its name in it."""
    found = {}
    for path in sorted(dataset.rglob("*")):
        if path.is_file() and path.suffix in (".toml", ".csv"):
            try:
                found[path.relative_to(dataset).as_posix()] = _text(path)
            except UnicodeDecodeError:
                continue  # the check of the result names it
            except OSError as fault:
                raise file_trouble(path, fault) from None
    return found


def _checked(dataset: Path, changed: Mapping[str, str]) -> None:
    """Refuse with all problems when the result could not be loaded; nothing is written then."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "dataset"
        shutil.copytree(dataset, copy, ignore=shutil.ignore_patterns(".*"))
        for name, text in changed.items():
            (copy / name).write_text(text, encoding="utf-8")
        problems = load_problems(copy)[1]
    if errors := [one for one in problems if one.severity == "error"]:
        refuse(errors)


def _show(files: Mapping[str, str], changed: Mapping[str, str]) -> None:
    for name, text in changed.items():
        pair = (files.get(name, "").splitlines(keepends=True), text.splitlines(keepends=True))
        click.echo("".join(difflib.unified_diff(*pair, f"a/{name}", f"b/{name}")), nl=False)
