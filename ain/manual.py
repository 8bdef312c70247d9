"""`docs/commands.md` and the man pages from the commands themselves.

`python -m ain_scp.ain.manual > docs/commands.md` writes the page, `python -m ain_scp.ain.manual DIR` the man pages: ain.1 and one
for each command (ain-serve.1), subcommands on the page of their group.

Source: interfaces.md section 1.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click

from ain_scp.ain import __version__
from ain_scp.ain.__main__ import COMMANDS, cli

_HEAD: Final = """# The commands

What `ain COMMAND --help` prints, on one page. Exit codes: 0 as asked, 1 a difference or an unmet expectation, 2 what was given cannot
be used; `ain bench` has 3 and 4 besides ([performance.md](performance.md)). `--json` prints objects with a `version` each;
`ain schema FORM` prints the JSON Schema of a form.

This page is generated (`python -m ain_scp.ain.manual`).
"""


_CODES: Final = """.SH EXIT STATUS
.TP
.B 0
as asked
.TP
.B 1
a difference or an unmet expectation
.TP
.B 2
what was given cannot be used
"""


class Described(NamedTuple):
    """What a command says of itself: whole name, usage, purpose, (option, meaning) rows, lines of examples."""

    path: str
    usage: str
    purpose: str
    options: list[tuple[str, str]]
    examples: list[str]


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for path, command, context in commands(cli, "ain", click.Context(cli, info_name="ain")):
        parts += _section(described(path, command, context))
    return "\n".join(parts)


def man_pages() -> dict[str, str]:
    """Every man page by its file name, in roff."""
    top = click.Context(cli, info_name="ain")
    whole = described("ain", cli, top)
    rows = "".join(
        f".TP\n.BR {_hyphens('ain-' + name)} (1)\n{_roff(entry.help)}\n" for name, entry in COMMANDS.items()
    )
    found = {
        "ain.1": _title("ain", "AIN service control point simulator") + _body(whole, f".SH COMMANDS\n{rows}")
    }
    for path, command, context in commands(cli, "ain", top):
        name = "-".join(path.split()[:2])
        one = described(path, command, context)
        if path.count(" ") == 1:
            found[f"{name}.1"] = _title(name, COMMANDS[path.split()[1]].help.rstrip(".")) + _body(one)
        else:
            found[f"{name}.1"] += f'.SH "{_roff(path).upper()}"\n' + _manner(one)
    return {name: text + _CODES + _also(name) for name, text in found.items()}


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


def described(path: str, command: click.Command, context: click.Context) -> Described:
    """What a command says of itself."""
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    examples = inspect.cleandoc((command.epilog or "").replace("\b\n", "")).splitlines()
    return Described(
        path,
        " ".join((path, *command.collect_usage_pieces(context))),
        inspect.cleandoc(command.help or "").partition("\f")[0].replace("\b\n", "").strip(),
        [record for one in options if (record := one.get_help_record(context)) is not None],
        [line.partition(": ")[2] if line[:7] == "Example" else line.strip() for line in examples],
    )


def _section(one: Described) -> Iterator[str]:
    """Heading, usage, purpose and options of a command in Markdown."""
    yield f"{'##' if one.path.count(' ') == 1 else '###'} `{one.path}`\n"
    yield f"`{one.usage}`\n"
    yield one.purpose + "\n"
    if one.options:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in one.options)
        yield ""
    if one.examples:
        yield "\n".join(("```text", *one.examples, "```\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _title(name: str, purpose: str) -> str:
    head = f'.TH {_hyphens(name.upper())} 1 "" "ain-scp {__version__}" "User Commands"\n'
    return f"{head}.SH NAME\n{_hyphens(name)} \\- {_roff(purpose)}\n"


def _body(one: Described, commands: str = "") -> str:
    """Synopsis, description, what lies below, options, examples."""
    usage = _hyphens(_roff(one.usage.removeprefix(one.path).strip()))
    head = f".SH SYNOPSIS\n.B {one.path}\n{usage}\n.SH DESCRIPTION\n"
    return (
        head
        + _paragraphs(one.purpose)
        + commands
        + _options(one, ".SH OPTIONS\n")
        + _examples(one, ".SH EXAMPLES\n")
    )


def _manner(one: Described) -> str:
    """A subcommand, below a heading of its own."""
    return f".B {_hyphens(_roff(one.usage))}\n.PP\n{_paragraphs(one.purpose)}{_options(one)}{_examples(one, '.PP' + chr(10))}"


def _options(one: Described, heading: str = "") -> str:
    rows = (f".TP\n.B {_hyphens(_roff(option))}\n{_roff(meaning)}\n" for option, meaning in one.options)
    return heading + "".join(rows) if one.options else ""


def _examples(one: Described, heading: str) -> str:
    lines = "".join(f"{_hyphens(_roff(line))}\n" for line in one.examples if line)
    return f"{heading}.nf\n{lines}.fi\n" if lines else ""


def _also(name: str) -> str:
    other = ".BR ain (1)" if name != "ain.1" else ".BR ain\\-check (1)"
    return f".SH SEE ALSO\n{other}, and the documentation that is installed with the package\n"


def _paragraphs(text: str) -> str:
    return "\n.PP\n".join(_roff(" ".join(part.split())) for part in text.split("\n\n")) + "\n"


def _roff(text: str) -> str:
    """Text for roff: its own signs made harmless, what stands in backticks bold."""
    plain = " ".join(text.replace("\\", "\\e").split())
    guarded = "\\&" + plain if plain[:1] in (".", "'") else plain
    return re.sub("`([^`]*)`", r"\\fB\1\\fP", guarded)


def _hyphens(text: str) -> str:
    return text.replace("-", "\\-")


def main(words: list[str]) -> None:
    """The page on stdout, or the man pages into a directory."""
    if not words:
        sys.stdout.write(page())
        return
    place = Path(words[0])
    place.mkdir(parents=True, exist_ok=True)
    for name, text in man_pages().items():
        (place / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
