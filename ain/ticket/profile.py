"""`ain ticket profile`: usage of one enterprise by any dimensions.

Source: C-003, C-009, C-018.
"""

import csv
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.ticket.books import books, within
from ain_scp.ain.ticket.sides import config_argument, json_option, print_json

if TYPE_CHECKING:
    from ain_scp.tickets.profile.adding import Key, Sum


@click.command(
    epilog="Example: ain ticket profile try/TELCO/provider.toml --enterprise ACME --by department:1,month"
)
@config_argument
@click.option("--enterprise", required=True, metavar="ID", help="Whose tickets.")
@click.option(
    "--by", default="extension", show_default=True, metavar="D[,D]", help="Dimensions; --by help lists them."
)
@click.option("--since", metavar="LOCAL", help="First start, local of the site.")
@click.option("--until", metavar="LOCAL", help="Starts before this.")
@click.option("--extension", metavar="N", help="This extension only.")
@click.option("--department", metavar="NAME", help="This department and those below it.")
@click.option("--trunk", metavar="NAME", help="This trunk group only.")
@click.option("--area", metavar="CODE", help="An NPA, or + and a country code.")
@click.option(
    "--direction",
    type=click.Choice(["outgoing", "incoming", "internal", "tandem"]),
    help="Calls of this direction only.",
)
@click.option("--measures", is_flag=True, help="Also ring_s, busy, longest_s, unrated.")
@click.option(
    "--hide-digits",
    type=click.IntRange(0, 15),
    metavar="N",
    help="Show the last N digits of outside numbers as x.",
)
@click.option(
    "--form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Form of the output.",
)
@json_option
def command(
    config: Path, enterprise: str, by: str, since: str | None, until: str | None, *, extension: str | None,
    department: str | None, trunk: str | None, area: str | None, direction: str | None, measures: bool,
    hide_digits: int | None, form: str, as_json: bool,
) -> None:  # fmt: skip
    """Calls, answered calls, seconds and cents by extension, department, trunk, called area, hour, day ..."""
    from ain_scp.tickets.profile.adding import DIMENSIONS, MEASURES, MORE_MEASURES, Unknown, add_up, dimension

    if by == "help":
        click.echo("\n".join(DIMENSIONS))
        return
    names = by.split(",")
    with books(config, enterprise) as found:
        wanted = {
            "extension": extension,
            "department": department,
            "trunk": trunk,
            "called_area": area,
            "direction": direction,
        }
        rows = within(found.told, since, until)
        for name, value in wanted.items():
            if value is not None:
                take = dimension(name, found.around)
                rows = [
                    one
                    for one in rows
                    if _fits(take(one, one.call.extension), value, tree=name == "department")
                ]
        try:
            sums, totals = add_up(rows, names, found.around)
        except Unknown as fault:
            raise click.UsageError(f"--by {fault}") from None
        hidden = found.hide_digits if hide_digits is None else hide_digits
        sums = _hidden(sums, names, hidden)
    columns = (*MEASURES, *(MORE_MEASURES if measures else ()))
    heads = [name.partition(":")[0] for name in names]
    if as_json or form == "json":
        _json(sums, totals, heads, columns, (since, until))
    elif form == "csv":
        sys.stdout.write(_csv(sums, heads, columns))
    else:
        _table(sums, totals, heads, columns)


def _fits(value: str | None, wanted: str, *, tree: bool) -> bool:
    return value == wanted or (tree and value is not None and value.startswith(wanted + "/"))


def _hidden(sums: "dict[Key, Sum]", names: list[str], digits: int) -> "dict[Key, Sum]":
    """Rows of called numbers with their last digits as x, those that look alike then put together."""
    if not digits or "called" not in names:
        return sums
    at = names.index("called")
    found: dict[Key, Sum] = {}
    for key, row in sums.items():
        number = key[at]
        if number is not None and len(number) > 4:
            number = number[:-digits] + "x" * min(digits, len(number))
        hidden = (*key[:at], number, *key[at + 1 :])
        found[hidden] = row.plus(found[hidden]) if hidden in found else row
    return found


def _values(row: "Sum", columns: tuple[str, ...]) -> dict[str, int]:
    return {name: getattr(row, name) for name in columns}


def _json(
    sums: "dict[Key, Sum]",
    totals: "Sum",
    heads: list[str],
    columns: tuple[str, ...],
    period: tuple[str | None, str | None],
) -> None:
    rows = [{**dict(zip(heads, key, strict=True)), **_values(row, columns)} for key, row in sums.items()]
    print_json(
        {"rows": rows, "totals": _values(totals, columns), "period": {"since": period[0], "until": period[1]}}
    )


def _csv(sums: "dict[Key, Sum]", heads: list[str], columns: tuple[str, ...]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([*heads, *columns])
    for key, row in sums.items():
        writer.writerow([*(_safe(value) for value in key), *_values(row, columns).values()])
    return out.getvalue()


def _safe(value: str | None) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = value or ""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _table(sums: "dict[Key, Sum]", totals: "Sum", heads: list[str], columns: tuple[str, ...]) -> None:
    click.echo("  ".join(f"{name:20}" for name in heads) + "".join(f"{name:>12}" for name in columns))
    for key, row in sums.items():
        words = "  ".join(f"{value or '-':20}" for value in key)
        click.echo(words + "".join(f"{value:>12}" for value in _values(row, columns).values()))
    words = "  ".join(f"{name:20}" for name in ("total", *("" for _head in heads[1:])))
    click.echo(words + "".join(f"{value:>12}" for value in _values(totals, columns).values()))
