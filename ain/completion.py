"""`ain completion SHELL`: the script that makes a shell complete commands, options and values.

Source: interfaces.md section 6.1.
"""

import click
from click.shell_completion import get_completion_class

from ain_scp.ain.forms import write_json

VARIABLE = "_AIN_COMPLETE"
EPILOG = """\b
Examples: eval "$(ain completion bash)"
          ain completion zsh > ~/.zfunc/_ain
          ain completion fish > ~/.config/fish/completions/ain.fish"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--json", "as_json", is_flag=True, help="The script as JSON on stdout.")
def command(shell: str, as_json: bool) -> None:
    """Print a completion script; values (customers, call ids, tariffs, rules) come from the files that the line names."""
    from ain_scp.ain.__main__ import cli

    kind = get_completion_class(shell)
    if kind is None:  # click knows these three
        raise click.UsageError(f"{shell}: no completion for this shell")
    made = kind(cli, {}, "ain", VARIABLE)
    text = made.source_template % made.source_vars()  # source() would start bash to ask its version
    if as_json:
        write_json({"shell": shell, "script": text})
        return
    click.echo(text)
