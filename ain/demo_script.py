"""A demo of several commands: each is shown, then run, in a directory of its own or the one that is named.

`examples/NAME/demo.txt` holds a line for each: `ain ...`, with `> FILE` where its output goes and `; N` where another
exit code than 0 is right; `append FILE TO`; `# words` are printed. `{examples}` is where the examples are, `{pdf}` asks for
PDF, too, where its extra is installed.

Source: interfaces.md section 6.1 (ain demo).
"""

import shlex
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import click

from ain_scp.ain.faults import Trouble, file_trouble


def play(script: Path, examples: Path, kept: Path | None) -> int:
    """Run the lines of a script; 0 when each ended as it should, else 1 after the first that did not.

    What they make stays in `kept`, which is made or must be empty; with None nothing stays.
    """
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="ain-demo-") as place:
            return _play(script, examples, Path(place))
    try:
        kept.mkdir(parents=True, exist_ok=True)
        if any(kept.iterdir()):
            raise Trouble(f"{kept}: is not an empty directory; name a new one")
    except OSError as fault:
        raise file_trouble(kept, fault) from None
    return _play(script, examples, kept)


def _play(script: Path, examples: Path, place: Path) -> int:
    pdf = " --form pdf" if find_spec("reportlab") else ""
    for line in script.read_text().splitlines():
        if line.startswith("#"):
            click.echo(click.style(line.removeprefix("# "), bold=True))
        elif line and not _run(line.format(examples=examples, pdf=pdf), place):
            return 1
    return 0


def _run(line: str, place: Path) -> bool:
    command, _semicolon, due = line.partition(" ; ")
    click.echo(click.style(f"$ {command}", fg="cyan"))
    words = shlex.split(command)
    if words[0] == "append":
        with (place / words[2]).open("a") as target:
            target.write(Path(words[1]).read_text())
        return True
    output = None
    if len(words) > 2 and words[-2] == ">":
        output = (place / words[-1]).open("wb")
        words = words[:-2]
    sys.stdout.flush()
    done = subprocess.run(  # noqa: S603 - the lines are the package's own
        [sys.executable, "-m", "ain_scp", *words[1:]], cwd=place, stdout=output, check=False
    )
    if output is not None:
        output.close()
    if done.returncode != int(due or 0):
        click.echo(f"ain demo: exit {done.returncode} where {due or 0} is expected", err=True)
        return False
    return True
