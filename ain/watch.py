"""`--watch`: a command again whenever a file of its data set changes, with what differs from before on top.

Each time is a process of its own, so nothing of the time before can be left over.

Source: interfaces.md section 6.1; console.md section 11.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

EVERY_S: Final = 0.5
_FLAG: Final = "--watch"

Signature = tuple[tuple[str, int, int], ...]


def watch(dataset: Path, *, rounds: Callable[[], bool] = lambda: True) -> None:
    """Run this command line without `--watch`, again at each change, until interrupted or `rounds` says no."""
    words = [word for word in sys.argv[1:] if word != _FLAG]
    before: list[str] | None = None
    seen = signature(dataset)
    while True:
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "ain_scp", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )  # fmt: skip
        lines = done.stdout.splitlines()
        for line in difference(before, lines):
            click.echo(line)
        click.echo(done.stdout, nl=False)
        click.echo(f"exit {done.returncode}; watching {dataset}, Ctrl-C ends", err=True)
        before = lines
        while (now := signature(dataset)) == seen:
            if not rounds():
                return
            time.sleep(EVERY_S)
        seen = now


def signature(dataset: Path) -> Signature:
    """Every file below a directory by name, size and time of change; what cannot be looked at is not there."""
    found = []
    for path in sorted(dataset.rglob("*")) if dataset.is_dir() else [dataset]:
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


def difference(before: list[str] | None, now: list[str]) -> list[str]:
    """What is gone (-) and what is new (+), a rule between it and the whole; nothing the first time."""
    if before is None:
        return []
    gone, new = Counter(before) - Counter(now), Counter(now) - Counter(before)
    lines = [f"- {line}" for line in before if gone[line] > 0] + [
        f"+ {line}" for line in now if new[line] > 0
    ]
    return ["", *(lines or ["the same as before"]), "-" * 20]
