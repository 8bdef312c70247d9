"""`ain ticket layout`: list, show, check, test and detect the forms of PBX tickets.

Source: C-001, C-010.
"""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import real_path
from ain_scp.ain.words import counted, tally
from ain_scp.terms.safe_text import printable

if TYPE_CHECKING:
    from ain_scp.tickets.layout.schema import Layout
    from ain_scp.tickets.layout.trial import Shown
    from ain_scp.tickets.site import Site

EPILOG: Final = "Example: ain ticket layout test smdr.log --layout avaya-ipoffice --site site.toml"
file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable on stdout.")
site_option = click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Zone, extensions and prefixes of the PBX's site (default: UTC, no extensions).",
)
received_option = click.option(
    "--received",
    metavar="ISO",
    help="When the lines came (default: now); years that are not printed follow from it.",
)


@click.group(epilog=EPILOG)
def command() -> None:
    """Which forms of tickets are known, and how a file reads with one of them."""


@command.command("list", epilog="Example: ain ticket layout list")
@json_option
def list_(*, as_json: bool) -> None:
    """Name every shipped layout."""
    from ain_scp.tickets.layout.library import names, shipped

    found = [shipped(name) for name in names()]
    if as_json:
        write_json({"layouts": [{"name": one.name, "kind": one.kind, "title": one.title} for one in found]})
        return
    for one in found:
        click.echo(f"{one.name:22} {one.kind:10} {one.title}")


@command.command("show", epilog="Example: ain ticket layout show nec-sl")
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Describe one layout: its fields, where they stand, and what they mean."""
    layout = layout_of(name)
    if as_json:
        values = msgspec.to_builtins(layout)
        write_json({key: value for key, value in values.items() if key != "text"})
        return
    click.echo(
        f"{layout.name}: {layout.title}\nkind {layout.kind}, digest {layout.digest[:12]}\nbasis: {layout.basis}\n"
    )
    for field in layout.fields:
        place = "-".join(map(str, field.at)) if field.at else ", ".join(field.sources)
        words = [
            field.type,
            field.format,
            f"means {field.means}" if field.means else "",
            "secret" * field.secret,
        ]
        click.echo(f"  {field.name:22} {place:12} {' '.join(filter(None, words))}")


@command.command("check", epilog="Example: ain ticket layout check my-pbx.toml")
@file_argument
@json_option
def check(file: Path, *, as_json: bool) -> None:
    """Check a layout file; print every problem with its line."""
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.tickets.layout.library import find

    problems = []
    try:
        find(str(real_path(file)))
    except ProvisioningError as fault:
        problems = fault.problems
    if as_json:
        write_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(
            f"{file}: {counted(len(problems), 'problem')}" if problems else f"{file}: a layout, no problems"
        )
    sys.exit(1 if problems else 0)


@command.command("test", epilog=EPILOG)
@file_argument
@click.option("--layout", "name", required=True, metavar="NAME|PATH", help="A shipped layout, or a file.")
@site_option
@received_option
@click.option(
    "--explain",
    "line",
    type=click.IntRange(1),
    metavar="LINE",
    help="Show what each field of one line holds.",
)
@json_option
def test(
    file: Path, name: str, site_file: Path | None, received: str | None, line: int | None, *, as_json: bool
) -> None:
    """Read a file with a layout: calls, events, repeats, and the lines that cannot be read, each with its reason.

    Exit 1 if anything is quarantined, or if the file holds no ticket at all.
    """
    from ain_scp.tickets.call import call_json
    from ain_scp.tickets.layout.trial import lines_of, trial

    layout, site = layout_of(name), site_of(site_file)
    lines = lines_of(file.read_bytes(), layout)
    if line is not None:
        _explain(lines, line, layout, site, seconds_of(received))
        return
    shown, counts = trial(lines, layout, site, seconds_of(received))
    zone = site.zone_for("")
    if as_json:
        for one in shown:
            click.echo(msgspec.json.encode(call_json(one.call, zone) if one.call else _line_json(one)))
        click.echo(msgspec.json.encode({"kind": "summary", **msgspec.to_builtins(counts)}))
    else:
        for one in shown:
            click.echo(printable(_row(one, site)))
        click.echo(tally(msgspec.to_builtins(counts)))
    sys.exit(1 if counts.quarantined or not counts.tickets else 0)


@command.command("detect", epilog="Example: ain ticket layout detect smdr.log --site site.toml")
@file_argument
@site_option
@received_option
@json_option
def detect(file: Path, site_file: Path | None, received: str | None, *, as_json: bool) -> None:
    """Find the layout of a file by its first 200 lines. Exit 1 without a winner."""
    from ain_scp.tickets.layout.detect import candidates, winner
    from ain_scp.tickets.layout.library import names, shipped
    from ain_scp.tickets.layout.trial import lines_of

    layouts = [shipped(name) for name in names()]
    octets, site = file.read_bytes(), site_of(site_file)
    found = candidates([(one, lines_of(octets, one)) for one in layouts], site, seconds_of(received))
    first = winner(found)
    if as_json:
        write_json({"winner": first, "candidates": found})
    else:
        for one in found:
            click.echo(
                f"{one.score:6.3f}  {one.layout:22} {counted(one.calls, 'call')}, {counted(one.quarantined, 'line')} not read"
            )
        click.echo(f"layout: {first}" if first else "no layout is far enough ahead; name one with --layout")
    sys.exit(0 if first else 1)


def layout_of(name: str) -> "Layout":
    """A layout by name or path, or the command's end with every problem."""
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.tickets.layout.library import find

    try:
        return find(name)
    except ProvisioningError as fault:
        refuse(fault.problems)


def site_of(file: Path | None) -> "Site":
    """The site in a file, or one in UTC without extensions."""
    from ain_scp.tickets.names import SettingsError, text_of
    from ain_scp.tickets.site import Site, SiteError, read_site

    if file is None:
        return Site(name="none", zone="UTC")
    try:
        return read_site(text_of(file), str(file))
    except (SettingsError, SiteError) as fault:
        raise Trouble(str(fault)) from None


def seconds_of(received: str | None) -> int:
    """UTC seconds of an option in ISO form with its offset; now when there is none."""
    if received is None:
        return int(time.time())
    try:
        at = datetime.fromisoformat(received)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.UsageError(f"--received {received}: expected a time such as 2026-11-29T12:00:00-08:00")
    return int(at.timestamp())


def _explain(lines: list[bytes], line: int, layout: "Layout", site: "Site", received: int) -> None:
    from ain_scp.tickets.layout.explain import explain

    if line > len(lines):
        raise click.UsageError(f"--explain {line}: the file has {counted(len(lines), 'line')}")
    for row in explain(lines[:line], layout, site, received):
        click.echo(printable(row))


def _line_json(one: "Shown") -> dict[str, object]:
    if one.kind == "quarantine":
        return {"kind": one.kind, "line": one.line, "reason": one.reason, "field": one.field}
    return {"kind": one.kind, "line": one.line}


def _row(one: "Shown", site: "Site") -> str:
    call = one.call
    if call is None:
        reason = f" {one.reason}{f' {one.field}' if one.field else ''}" if one.reason else ""
        return f"{one.line:>6}  {one.kind}{reason}"
    start = site.zone_for("").text(call.start)[:19].replace("T", " ")
    other = call.calling if call.direction == "incoming" else call.called
    notes = f"  {' '.join(call.notes)}" if call.notes else ""
    return (
        f"{one.line:>6}  {start}  {call.direction:8} {call.extension or '-':>6}  {other or '-':16} "
        f"{call.duration_s:>6} s  {call.status}{notes}"
    )
