"""Options of every command, before its name or after it: colours, how much is said, what a file:line opens.

Source: interfaces.md section 6.1 (everywhere), console.md section 11.
"""

import re
from collections.abc import Callable
from typing import Final

import click

from ain_scp.ain.streams import EDITOR, coloured

QUIET: Final = "ain.quiet"
VERBOSE: Final = "ain.verbose"
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+")


def is_quiet() -> bool:
    """Whether `-q` was given: errors and results only."""
    return _given(QUIET)


def is_verbose() -> bool:
    """Whether `-v` was given: reasons, too."""
    return _given(VERBOSE)


def note(text: str) -> None:
    """What is said on standard error besides errors; nothing with `-q`."""
    if not is_quiet():
        click.echo(text, err=True)


def _given(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and name in context.meta


def _color(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None or ctx.parent is None:
        ctx.color = coloured(value or "auto")


def _flag(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def take(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta[name] = True

    return take


def _editor(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    if "{path}" not in value or not _SCHEME.fullmatch(value):
        raise click.BadParameter("an address with {path} in it, such as vscode://file{path}:{line}")
    ctx.meta[EDITOR] = value


def options(*, hidden: bool) -> list[click.Option]:
    """The options; `hidden`: they work, and the help of each command does not repeat them."""
    return [
        click.Option(
            ["--color"], type=click.Choice(("auto", "always", "never")), expose_value=False, callback=_color, hidden=hidden,
            help="When to write colours (auto: on a terminal, as NO_COLOR and FORCE_COLOR say).",
        ),
        click.Option(
            ["-q", "--quiet"], is_flag=True, expose_value=False, callback=_flag(QUIET), hidden=hidden,
            help="Errors and results only: no notes, no progress, no warnings, of a run what failed.",
        ),
        click.Option(
            ["-v", "--verbose"], is_flag=True, expose_value=False, callback=_flag(VERBOSE), hidden=hidden,
            help="Reasons, too: the rule of each problem, the row that decided each call.",
        ),
        click.Option(
            ["--editor"], metavar="TEMPLATE", expose_value=False, callback=_editor, hidden=hidden,
            help="What file:line opens on a terminal with links, such as vscode://file{path}:{line} (default: the file).",
        ),
    ]  # fmt: skip


def with_options(command: click.Command) -> click.Command:
    """The command, and those below it, which take the options after their names, too."""
    if not any(one.name == "editor" for one in command.params):
        command.params += options(hidden=True)
        for inner in command.commands.values() if isinstance(command, click.Group) else ():
            with_options(inner)
    return command
