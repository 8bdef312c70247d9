"""`ain ticket profile`: usage of one enterprise by any dimensions.

Source: C-003, C-009, C-018.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.books import Books, asked, shown
from ain_scp.ain.ticket.sides import config_argument, json_option

if TYPE_CHECKING:
    from ain_scp.figures.bars import Chart
    from ain_scp.reports.report import Report
    from ain_scp.tickets.profile.adding import Key, Sum
    from ain_scp.tickets.profile.grouped import Asked


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
@click.option("--calls", is_flag=True, help="The calls themselves, each with its cost and its tickets.")
@click.option(
    "--show", is_flag=True, help="With --calls: the lines as the PBX printed them (they hold numbers)."
)
@click.option(
    "--hide-digits",
    type=click.IntRange(0, 15),
    metavar="N",
    help="Show the last N digits of outside numbers as x.",
)
@click.option(
    "--form",
    type=click.Choice(["table", "csv", "json", "html"]),
    default="table",
    show_default=True,
    help="Form of the output.",
)
@json_option
def command(
    config: Path, enterprise: str, by: str, since: str | None, until: str | None, *, extension: str | None,
    department: str | None, trunk: str | None, area: str | None, direction: str | None, measures: bool, calls: bool, show: bool,
    hide_digits: int | None, form: str, as_json: bool,
) -> None:  # fmt: skip
    """Calls, answered calls, seconds and cents by extension, department, trunk, called area, hour, day ..."""
    from ain_scp.ain.ticket.profile_calls import calls_report
    from ain_scp.tickets.profile.adding import DIMENSIONS, MEASURES, MORE_MEASURES, Unknown
    from ain_scp.tickets.profile.grouped import usage
    from ain_scp.tickets.profile.hiding import hide_rows

    if by == "help":
        click.echo("\n".join(DIMENSIONS))
        return
    if show and not calls:
        raise click.UsageError("--show belongs to --calls")
    if calls and (by != "extension" or measures):
        raise click.UsageError("--calls lists calls: without --by and --measures")
    names = by.split(",")
    with shown(config, enterprise) as found:
        wanted = {
            "extension": extension,
            "department": department,
            "trunk": trunk,
            "called_area": area,
            "direction": direction,
        }
        which = asked(
            names, since, until, {name: value for name, value in wanted.items() if value is not None}
        )
        hidden = found.hide_digits if hide_digits is None else hide_digits
        if calls:
            if show and hidden:
                raise click.UsageError("--show: printed lines have every digit: not where digits are hidden")
            report = calls_report(found, which, hidden, show=show)
            _print(report, f"Calls of {enterprise}", form, (since, until), found.versions, as_json=as_json)
            return
        try:
            sums, totals = usage(found.calls.database, which, found.tables.around, found.tables.site.name)
        except Unknown as fault:
            raise click.UsageError(f"--by {fault}") from None
        sums = hide_rows(sums, names, hidden, found.tables.known.ours)
        heads = [name.partition(":")[0] for name in names]
        charts = _charts(found, which, sums, ", ".join(heads)) if form == "html" and not as_json else ()
        versions = found.versions
    columns = (*MEASURES, *(MORE_MEASURES if measures else ()))
    report = _report(sums, totals, heads, columns)
    _print(report, f"Usage of {enterprise}", form, (since, until), versions, charts, as_json=as_json)


def _print(
    report: "Report", title: str, form: str, period: tuple[str | None, str | None], versions: dict[str, str],
    charts: "tuple[Chart, ...]" = (), *, as_json: bool,
) -> None:  # fmt: skip
    from ain_scp.reports.page import as_html
    from ain_scp.reports.report import as_csv, as_table

    if as_json or form == "json":
        _json(report, period, versions)
    elif form == "csv":
        sys.stdout.write(as_csv(report))
    elif form == "html":
        click.echo(as_html(title, report, charts), nl=False)
    else:
        click.echo(as_table(report), nl=False)


def _report(sums: "dict[Key, Sum]", totals: "Sum", heads: list[str], columns: tuple[str, ...]) -> "Report":
    """Rows and totals in the form that all reports have."""
    from ain_scp.reports.report import Report

    rows = tuple((*key, *_values(row, columns).values()) for key, row in sums.items())
    return Report((*heads, *columns), rows, _values(totals, columns), columns)


def _values(row: "Sum", columns: tuple[str, ...]) -> dict[str, int]:
    return {name: getattr(row, name) for name in columns}


def _json(report: "Report", period: tuple[str | None, str | None], versions: dict[str, str]) -> None:
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    write_json(
        {
            "rows": rows,
            "totals": report.totals,
            "period": {"since": period[0], "until": period[1]},
            "versions": versions,
        }
    )


def _charts(found: Books, which: "Asked", sums: "dict[Key, Sum]", head: str) -> "tuple[Chart, ...]":
    """Calls by hour and by day, and the ten largest rows by seconds."""
    from ain_scp.figures.bars import Chart
    from ain_scp.tickets.profile.grouped import usage

    def by(name: str, title: str) -> Chart:
        which_by = which._replace(dimensions=[name])
        rows = usage(found.calls.database, which_by, found.tables.around, found.tables.site.name)[0]
        return Chart(title, tuple(key[0] or "-" for key in rows), tuple(row.calls for row in rows.values()))

    largest = sorted(sums.items(), key=lambda item: -item[1].seconds)[:10]
    top = Chart(
        f"Seconds by {head}, the ten largest",
        tuple(" ".join(part or "-" for part in key) for key, _row in largest),
        tuple(row.seconds for _key, row in largest),
    )
    return by("hour", "Calls by hour"), by("day", "Calls by day"), top
