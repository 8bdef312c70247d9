"""`ain lnp`: ask an SCP for a routing number, read the download of a number administration, compare two tables.

Source: services design sections 5.4 and 11.
"""

import sys
from pathlib import Path

import click

from ain_scp.ain.groups import Group
from ain_scp.ain.outputs import OutputPath, check_outputs

EPILOG = """Example: ain lnp ask 2135551234 --target udp://127.0.0.1:2905"""


@click.group(cls=Group, epilog=EPILOG)
def command() -> None:
    """Number portability: ask an SCP, import ported numbers, compare two tables."""


@command.command(
    "ask", epilog="Example: ain lnp ask 2135551234 --from 9258341277 --target udp://127.0.0.1:2905"
)
@click.argument("number")
@click.option("--target", required=True, metavar="udp://HOST:PORT", help="The SCP that is asked.")
@click.option("--from", "calling", metavar="N", help="Calling party number, 10 digits.")
@click.option(
    "--criteria", default=37, show_default=True, type=click.IntRange(0, 255), help="Trigger criteria."
)
@click.option("--ssn", default=250, show_default=True, type=click.IntRange(1, 255), help="Subsystem called.")
@click.option(
    "--nature", default=3, show_default=True, type=click.IntRange(0, 127), help="Nature of the called number."
)
@click.option("--timeout-ms", default=3000, show_default=True, type=click.IntRange(1, 60_000), help="T1.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def ask(
    number: str,
    target: str,
    calling: str | None,
    criteria: int,
    ssn: int,
    nature: int,
    timeout_ms: int,
    as_json: bool,
) -> None:
    """Send one query over the wire; print the answer parameter by parameter, the octets and the milliseconds.

    Exit 1 when no routing comes back.
    """
    from ain_scp.ain.lnp.ask import Question, ask_once

    question = Question(number, calling, criteria, ssn, nature)
    sys.exit(ask_once(question, target, timeout_ms, as_json=as_json))


@command.command("import", epilog="Example: ain lnp import subscriptions.txt --out imported")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=OutputPath(directory=True), metavar="DIR", help="Where the tables go."
)
def import_(files: tuple[Path, ...], out: Path) -> None:
    """Read bulk data downloads (fields separated by `|`) and write ported.csv and blocks.csv.

    Fields: version id, number or block NPA-NXX-X, LRN, service provider id, activation time; what follows differs by the
    download's options and is passed over (its order is unconfirmed).
    """
    check_outputs()
    from ain_scp.ain.lnp.tables import import_files

    import_files(files, out)


@command.command("diff", epilog="Example: ain lnp diff old/ported.csv new/ported.csv --out 2027-03-01.csv")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--out", type=OutputPath(), metavar="FILE", help="Write the delta there instead of stdout.")
def diff(old: Path, new: Path, out: Path | None) -> None:
    """Write what changed from one table of ported numbers to another as a delta file (ADD, MOD, DEL).

    OLD and NEW are ported.csv files, or data sets that hold one.
    """
    check_outputs()
    from ain_scp.ain.lnp.tables import diff_tables

    diff_tables(old, new, out)
