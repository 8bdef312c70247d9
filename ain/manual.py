"""`docs/commands.md` from the commands themselves: run `python -m ain_scp.ain.manual > docs/commands.md`.

Source: interfaces.md section 1.
"""

import inspect
import sys
from collections.abc import Iterator
from typing import Final

import click

from ain_scp.ain.__main__ import cli

_HEAD: Final = """# The commands

What `ain COMMAND --help` prints, on one page. Exit codes: 0 as asked, 1 a difference or an unmet expectation, 2 what was given cannot
be used; `ain bench` has 3 and 4 besides ([performance.md](performance.md)). `--json` prints objects with a `version` each;
`ain schema FORM` prints the JSON Schema of a form.

This page is generated (`python -m ain_scp.ain.manual`).
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for path, command, context in commands(cli, "ain", click.Context(cli, info_name="ain")):
        parts += _section(path, command, context)
    return "\n".join(parts)


def commands(
    group: click.Group, path: str, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command below a group, in the order of its help, with its whole name and its context."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, parent=context, info_name=name)
        yield f"{path} {name}", command, inner
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}", inner)


def _section(path: str, command: click.Command, context: click.Context) -> Iterator[str]:
    """Heading, usage, purpose and options of a command."""
    yield f"{'##' if path.count(' ') == 1 else '###'} `{path}`\n"
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    yield f"`{usage}`\n"
    purpose = inspect.cleandoc(command.help or "").partition("\f")[0].replace("\b\n", "").strip()
    yield purpose + "\n"
    options = [one for one in command.params if isinstance(one, click.Option)]
    rows = [record for one in options if (record := one.get_help_record(context)) is not None]
    if rows:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in rows)
        yield ""
    if command.epilog:
        lines = inspect.cleandoc(command.epilog.replace("\b\n", "")).splitlines()
        yield "\n".join(
            (
                "```text",
                *(line.partition(": ")[2] if line[:7] == "Example" else line.strip() for line in lines),
                "```\n",
            )
        )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
