"""`ain report RESULT.json`: the one-file page of an earlier run, from what `ain run --json` printed.

Source: interfaces.md section 6.1; console.md section 11.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.printed import PageForm
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.ain.run.output import RunForm

EPILOG = """\b
Examples: ain run examples/golden/scenario.toml --json > result.json
          ain report result.json
          ain report result.json --out run.html"""


@click.command(epilog=EPILOG)
@click.argument("result", metavar="RESULT.json", type=click.Path(path_type=Path))
@click.option(
    "--out", type=OutputPath(), metavar="FILE.html", show_default="RESULT.html", help="Where the page goes."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.pass_context
def command(ctx: click.Context, result: Path, out: Path | None, as_json: bool) -> None:
    """Write the page of `ain run --report` from the result of a run (`ain run --json`; - = stdin)."""
    from ain_scp.ain.run.report import page_of
    from ain_scp.ssp_sim.result import call_record

    if out is None and str(result) == "-":
        raise click.UsageError("a result from stdin needs --out FILE.html")
    try:
        octets = sys.stdin.buffer.read() if str(result) == "-" else result.read_bytes()
    except OSError as fault:
        raise file_trouble(result, fault) from None
    ctx.params["out"] = target = result.with_suffix(".html") if out is None else out
    check_outputs()
    run = _run_of(octets, result)
    try:
        calls = [call_record(form) for form in run.calls]
    except ValueError as fault:
        raise Trouble(f"{result}: {fault}: not as ain run --json printed it") from None
    write_file(target, page_of(run, calls))
    if as_json:
        write_json(PageForm(str(target), len(calls)))
    else:
        click.echo(f"{target}: {counted(len(calls), 'call')}")


def _run_of(octets: bytes, result: Path) -> "RunForm":
    """The one run of a result; Trouble for what is none, or several."""
    from ain_scp.ain.run.output import RunForm, RunsForm

    several = octets[:40].partition(b",")[2].startswith(b'"runs":')
    try:
        if not several:
            return msgspec.json.decode(octets, type=RunForm)
        runs = msgspec.json.decode(octets, type=RunsForm).runs
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        raise Trouble(f"{result}: no result of ain run --json: {fault}") from None
    raise Trouble(
        f"{result}: the result of {counted(len(runs), 'scenario')}; run the one that you want alone"
    )
