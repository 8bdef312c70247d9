"""What a shell may propose for values: names out of the data set, scenario or records that the command line names already.

Attached only while a shell completes, so that no command pays for it. What cannot be read proposes nothing: a shell is no place for
messages.

Source: interfaces.md section 6.1; click, "Shell Completion".
"""

import csv
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

MOST: Final = 500
"""At most so many values are proposed: a table may have millions."""
LONGEST_READ: Final = 4_000_000
DATA_SETS: Final = ("dataset", "old", "directory")
Values = Callable[[click.Context], Iterable[str]]


class Proposed(click.ParamType):  # type: ignore[type-arg,unused-ignore] # generic since click 8.4
    """The values of a parameter while a shell completes."""

    name = "text"

    def __init__(self, values: Values) -> None:
        self._values = values

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        """As it stands."""
        return value

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Those that begin so, as they stand in their file."""
        try:
            found = dict.fromkeys(one for one in self._values(ctx) if one.startswith(incomplete))
        except (OSError, ValueError, LookupError, csv.Error):
            return []
        return [CompletionItem(one) for one in list(found)[:MOST]]


def attach(name: str, command: click.Command) -> None:
    """Give the parameters of a command their values."""
    for param in command.params:
        values = VALUES.get((name, param.name or ""))
        if values is not None:
            param.type = Proposed(values)
    if isinstance(command, click.Group):
        for inner, one in command.commands.items():
            attach(f"{name} {inner}", one)


def _named(ctx: click.Context, *names: str) -> list[Path]:
    """The files and directories of these arguments; click leaves them unread when an option still waits for its value."""
    given = [ctx.params[name] for name in names if ctx.params.get(name)]
    whole = [one for value in given for one in (value if isinstance(value, tuple) else (value,))]
    return [Path(one) for one in whole or ctx.args]


def _data_set(ctx: click.Context) -> Path:
    """The data set that the command line names."""
    return _named(ctx, *DATA_SETS)[0]


def _scenarios(ctx: click.Context) -> list[Path]:
    return _named(ctx, "scenarios")


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.loads(file.read(LONGEST_READ).decode("utf-8-sig"))


def _column(path: Path, name: str) -> list[str]:
    """A column of a table, as far as it is read."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = file.read(LONGEST_READ).splitlines()
    rows = csv.DictReader(line for line in lines if line and not line.startswith("#"))
    return [row[name] for row in rows if row.get(name)]


def calls(ctx: click.Context) -> list[str]:
    """The ids of the calls of every scenario named."""
    return [
        str(call["id"]) for file in _scenarios(ctx) for call in _toml(file).get("call", []) if "id" in call
    ]


def customers(ctx: click.Context) -> list[str]:
    """The customers of the data set."""
    return sorted(one.name for one in (_data_set(ctx) / "customers").iterdir() if one.is_dir())


def trunk_groups(ctx: click.Context) -> list[str]:
    """The PBX trunk groups of every customer."""
    return [one for file in _of_customers(ctx, "trunk_groups.csv") for one in _column(file, "id")]


def stations(ctx: click.Context) -> list[str]:
    """Numbers that have a trigger, the first of a large table."""
    return _column(_data_set(ctx) / "network" / "triggers.csv", "number")


def access_codes(ctx: click.Context) -> list[str]:
    """The access codes of every customer."""
    return [
        code for file in _of_customers(ctx, "customer.toml") for code in _toml(file).get("access_codes", {})
    ]


def services(ctx: click.Context) -> list[str]:
    """The services that the data set names."""
    return _column(_data_set(ctx) / "network" / "services.csv", "service")


def tariffs(ctx: click.Context) -> list[str]:
    """The tariffs of the data set."""
    return _column(_data_set(ctx) / "charging" / "tariffs.csv", "tariff")


def accounts(ctx: click.Context) -> list[str]:
    """The accounts of the data set."""
    return _column(_data_set(ctx) / "charging" / "accounts.csv", "account")


def groups(ctx: click.Context) -> list[str]:
    """The customer groups of the host's calls."""
    from ain_scp.journal.directory import RecordDirectory
    from ain_scp.smdr.host import Host
    from ain_scp.smdr.request import ReportRequest
    from ain_scp.smdr.store import SqliteHost, connect_to_read

    host = Host(SqliteHost(connect_to_read(RecordDirectory(_named(ctx, "directory")[0]).host)))
    return [str(row[0]) for row in host.report(ReportRequest(group_by=("customer_group",)), None).rows]


def columns(_ctx: click.Context) -> list[str]:
    """The columns of SMDR reports, those of plug-ins too."""
    from importlib.metadata import entry_points

    from ain_scp.smdr.computed import GROUP
    from ain_scp.smdr.request import COLUMNS

    return [*(one.name for one in COLUMNS), *(one.name for one in entry_points(group=GROUP))]


def dimensions(_ctx: click.Context) -> list[str]:
    """What SMDR reports may be grouped by."""
    from ain_scp.smdr.request import DIMENSIONS

    return [one.name for one in DIMENSIONS]


def rules(_ctx: click.Context) -> list[str]:
    """Every rule that a problem may cite."""
    from ain_scp.provisioning.manual.rules import RULES

    return list(RULES)


def forms(_ctx: click.Context) -> list[str]:
    """Every form that has a schema."""
    from ain_scp.ain.schema import FORMS
    from ain_scp.ain.toml_schemas.files import FILES

    return [*FORMS, *FILES]


def demos(_ctx: click.Context) -> list[str]:
    """Every shipped demo."""
    from ain_scp.ain.shipped import examples, scenarios, scripted

    place = examples()
    return [] if place is None else [*scenarios(place), *scripted(place)]


def _of_customers(ctx: click.Context, name: str) -> list[Path]:
    return sorted((_data_set(ctx) / "customers").glob(f"*/{name}"))


VALUES: Final[dict[tuple[str, str], Values]] = {
    ("run", "only"): calls,
    ("explain", "calling"): stations,
    ("explain", "trunk_group"): trunk_groups,
    ("explain", "access_code"): access_codes,
    ("explain", "service"): services,
    ("batch", "service"): services,
    ("check", "rule"): rules,
    ("rate", "tariff"): tariffs,
    ("bill", "customer"): customers,
    ("bill", "account"): accounts,
    ("smdr report", "customer"): groups,
    ("smdr report", "fields"): columns,
    ("smdr report", "group_by"): dimensions,
    ("schema", "form"): forms,
    ("demo", "name"): demos,
}
"""Command and parameter -> where its values come from."""
