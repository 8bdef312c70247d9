"""`ain`: the command group. Commands are imported only when they run, so that help and completion stay quick.

Source: interfaces.md section 1.
"""

import contextlib
import importlib
import os
import signal
import sys
from typing import Any, NamedTuple, NoReturn

import click

from ain_scp.ain import __version__
from ain_scp.ain.everywhere import options, with_options
from ain_scp.ain.groups import Group
from ain_scp.ain.streams import guarded


class Entry(NamedTuple):
    """One command: the module of this room that holds it (as `command`) and its line in the help."""

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo", "Play a shipped scenario: no data set, server or broker needed."),
    "init": Entry("init.command", "Make a small data set with comments, and a scenario that runs."),
    "check": Entry("check", "Load and validate a data set; list every problem."),
    "migrate": Entry("migrate", "Bring a data set of an earlier release to the form of this one."),
    "explain": Entry(
        "explain.command", "Decide calls and show why, step by step, with the rows that decided."
    ),
    "review": Entry(
        "review", "Review a change of a data set by the calls that it decides otherwise, and why."
    ),
    "run": Entry("run.command", "Run a scenario: switches, SCP and calls over the wire."),
    "report": Entry("report", "Write the one-file page of an earlier run, from its JSON."),
    "decode": Entry(
        "decode.command", "Show a message or a capture down to each parameter; ladders, statistics."
    ),
    "replay": Entry(
        "replay.command", "Ask what a capture asked; compare every answer parameter by parameter."
    ),
    "batch": Entry(
        "batch.command", "Decide millions of call attempts without the wire; compare two data sets."
    ),
    "serve": Entry("serve.command", "Run the SCP as a server."),
    "console": Entry(
        "console", "Web console: calls live, explained; a change reviewed, approved, loaded (extra web)."
    ),
    "token": Entry("token", "Tokens of the console and of HTTP doors: add, list, remove."),
    "bench": Entry("bench.command", "Load an SCP and judge its response times."),
    "lnp": Entry("lnp.command", "Number portability: ask an SCP, import ported numbers, compare two tables."),
    "tollfree": Entry("tollfree", "Toll free numbers: send one by another template."),
    "calls": Entry(
        "calls", "Calls in progress at a running SCP, as far as it knows them: list, count, end one."
    ),
    "top": Entry("top", "Watch SCPs on a terminal: rates, answer times, outcomes, load control."),
    "extcap": Entry("extcap", "A running SCP live in Wireshark or tshark, from its tap."),
    "smdr": Entry("smdr.command", "Virtual SMDR: transfer, import, report, check, publish."),
    "ticket": Entry(
        "ticket.command", "Encrypted call accounting: PBX tickets collected, sealed, delivered, profiled."
    ),
    "rate": Entry("rate.command", "Rate usage, usage lines or AMA records by the tariffs; or quote."),
    "account": Entry(
        "account.command", "Real-time accounts: play event lines, look, change, prove the books."
    ),
    "bill": Entry("bill.command", "Bills of accounts: make, read, print, explain every line."),
    "schema": Entry("schema", "Print the JSON Schema of what a command prints or reads, and of TOML files."),
    "completion": Entry("completion", "Print a completion script for bash, zsh or fish."),
    "ama": Entry("ama.command", "AMA records: export, read, originating access, verify."),
}

JSON = "ain.json"
COMPLETING = "_AIN_COMPLETE"
"""What a shell sets when it asks for completions."""
EXAMPLES = """
Examples:
  ain demo
  ain check examples/golden
  ain explain examples/golden --from 9258341234 --dial "7 9212000"
  ain run examples/golden/scenario.toml --ladder
  ain replay capture.pcapng examples/golden
"""


class LazyGroup(Group):
    """A group that knows its commands' names and help lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module now that it is needed."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = importlib.import_module(f"ain_scp.ain.{entry.module}").command
        if COMPLETING in os.environ:
            from ain_scp.ain.completing import attach

            attach(cmd_name, command)
        return with_options(command) if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The command table of the help page."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line; whatever it writes is safe for a terminal."""
        try:
            with guarded():
                return super().main(*args, **options)
        except SystemExit as end:
            if isinstance(end.__context__, click.Abort):  # an interrupt before or after the command itself
                raise SystemExit(128 + signal.SIGINT) from None
            raise

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember whether JSON is asked for: an error is JSON then, too."""
        ctx.meta[JSON] = "--json" in args
        if args[:1] in (["--version"], ["--json"]) and set(args) == {"--version", "--json"}:
            args = ["--version"]
        return super().parse_args(ctx, args)

    def make_context(self, *words: Any, **extra: Any) -> click.Context:
        """Read the arguments; help is printed here."""
        try:
            return super().make_context(*words, **extra)
        except BrokenPipeError:
            _reader_left()

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an interrupt exits with 130, as a shell says it: 1 means that a check does not hold."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nAborted!", err=True)
            ctx.exit(128 + signal.SIGINT)
        except BrokenPipeError:
            _reader_left()
        except click.ClickException as fault:
            if not ctx.meta[JSON]:
                raise
            _print_error(fault)
            ctx.exit(fault.exit_code)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Examples, kept as they are written."""
        formatter.write(EXAMPLES)


def _reader_left() -> NoReturn:
    """End as a program does that SIGPIPE ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    sys.exit(128 + signal.SIGPIPE)


def _print_error(fault: click.ClickException) -> None:
    from ain_scp.ain.faults import Refused
    from ain_scp.ain.forms import ErrorForm, Trouble, write_json

    problems = tuple(fault.problems) if isinstance(fault, Refused) else ()
    write_json(ErrorForm(Trouble(fault.exit_code, fault.format_message(), problems)))


def version_text() -> str:
    """`ain 0.1.0 (interpreted)`, or compiled when the hot modules are."""
    from ain_scp.ain.build import mode

    return f"ain {__version__} ({mode()})"


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from ain_scp.ain.build import mode, warning
        from ain_scp.ain.forms import write_json

        if ctx.meta[JSON]:
            write_json({"ain": __version__, "mode": mode()})
        else:
            click.echo(version_text())
        if warning():
            click.echo(warning(), err=True)
        ctx.exit()


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Version and mode.",
)
def cli() -> None:
    """AIN service control point simulator: the whole network on one machine."""


cli.params += options(hidden=False)


def main() -> None:
    """Entry point. An interrupt exits with 130, and with 141, without a message, once the reader of its output has gone (`ain ... | head`).

    Neither is a verdict: what was to be said may have been that a check does not hold.

    What the system refuses (a full disk below stdout) is one line, exit 2. What any command writes names who called whom,
    so it is for its owner only, unless the shell's umask says less still.
    """
    os.umask(os.umask(0o077) | 0o077)
    try:
        try:
            cli.main(prog_name="ain", standalone_mode=True)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _reader_left()
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        sys.stderr.write(f"ain: {where}{fault.strerror or fault}\n")
        sys.stderr.flush()
        os._exit(2)  # what is left in stdout cannot be written either


if __name__ == "__main__":
    main()
