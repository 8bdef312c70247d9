"""Records and books as pages: SMDR, AMA, accounts, bills and ticket profiles, each made of what its command prints.

Nothing here changes anything: no order moves money, closes a period or confirms a record.

Source: console.md section 7 (`/smdr`, `/ama`, `/accounts`, `/bills`, `/tickets`).
"""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.sheets import Sheet, Table, facts, named, sheet, table, unset, value
from ain_scp.console.sessions import Identity
from ain_scp.console.sources.commands import Commands
from ain_scp.figures.bars import lying

SMDR_ASKS: Final = ("customer", "since", "until", "calling", "called", "destination", "status", "group_by")
TICKET_ASKS: Final = (
    "enterprise",
    "by",
    "since",
    "until",
    "extension",
    "department",
    "trunk",
    "area",
    "direction",
)
MOST: Final = 5000


class Places:
    """Where the records of a console are; what it was not given is None."""

    def __init__(
        self, records: Path | None = None, charging: Path | None = None, tickets: Path | None = None
    ) -> None:
        self.records = records
        self.charging = charging
        self.tickets = tickets


async def smdr(
    scope: Identity, commands: Commands, places: Places, asked: Mapping[str, str], group: str
) -> Sheet:
    """A report over the host's store; sums by whatever is asked for, drawn as bars. `group`: the scope's customer group."""
    if places.records is None:
        return unset("Call records (SMDR)", "--records DIR", "record directory")
    own = scope.role == "customer"
    words, shown = ([f"--customer={group}"] if own else []), []
    for key in SMDR_ASKS[1:] if own else SMDR_ASKS:
        text = value(asked, key)
        shown.append((key, text))
        several = text.split(",") if key == "group_by" else [text]
        words += [f"--{key.replace('_', '-')}={one.strip()}" for one in several if one.strip()]
    try:
        said = (
            await commands.ask("smdr", "report", str(places.records), "--json", f"--most={MOST}", *words)
        )[0]
    except PageFault as fault:
        if not own or not fault.detail.startswith("--customer"):
            raise
        said = {}  # no call of this group at all, and the command names the groups that have some
    rows = said.get("rows", [])
    group = value(asked, "group_by").split(",")[0].strip()
    bars = [(str(row.get(group)), float(row.get("calls", 0))) for row in rows if group][:60]
    return sheet(
        "Call records (SMDR)", " ".join(["ain smdr report", str(places.records), *words]), rows, asks=shown,
        facts=facts(said.get("totals") or {}), drawing=lying(f"Calls by {group.replace('_', ' ')}", bars),
        empty="No call fits. Records come here by ain smdr transfer and ain smdr import.",
    )  # fmt: skip


async def ama(commands: Commands, places: Places, dataset: Path) -> Sheet:
    """Flagged AMA records with the price they would have had and the price charged."""
    if places.records is None:
        return unset("AMA records", "--records DIR", "record directory")
    words = ("ama", "verify", str(places.records), "--dataset", str(dataset))
    said = (await commands.ask(*words, "--json"))[0]
    more = [
        table(name.replace("_", " "), found)
        for name, found in said.items()
        if name != "records" and _is_table(found)
    ]
    rest = {
        name: found
        for name, found in said.items()
        if name not in ("records", "version") and not _is_table(found)
    }
    return sheet(
        "AMA records", "ain " + " ".join(words), said.get("records", []), facts=facts(rest), more=more,
        empty="No flagged record. ain run SCENARIO --records DIR and ain serve --records DIR make them.",
    )  # fmt: skip


def _may_see(scope: Identity, name: str) -> None:
    """PageFault 404 for an account that is not the scope's."""
    if scope.role == "customer" and name not in scope.accounts:
        raise absent("such account")


async def accounts(scope: Identity, commands: Commands, places: Places) -> Sheet:
    """Every account's balance, of those that are the scope's."""
    if places.charging is None:
        return unset("Accounts", "--charging DIR", "ledger")
    rows = (await commands.ask("account", "list", str(places.charging), "--json"))[0]["accounts"]
    if scope.role == "customer":
        rows = [row for row in rows if row.get("account") in scope.accounts]
    return sheet(
        "Accounts", f"ain account list {places.charging}", rows, links={"account": "/accounts/{}"},
        empty="The ledger has no account. ain serve --charging DIR and ain account apply make them.",
    )  # fmt: skip


async def account(scope: Identity, commands: Commands, places: Places, name: str) -> Sheet:
    """One account: balance, limits, calls under way and over, ledger."""
    _may_see(scope, name)
    if places.charging is None:
        return unset("Account", "--charging DIR", "ledger")
    name, books = named(name, "such account"), str(places.charging)
    said, calls, ledger = await asyncio.gather(
        *(commands.ask("account", verb, name, books, "--json") for verb in ("show", "calls", "ledger"))
    )
    about = dict(said[0])
    reservations, limits = about.pop("reservations", []), about.pop("limits", [])
    more = [table("Reservations", reservations), table("Limits", limits), table("Calls", calls[0]["calls"])]
    return sheet(
        f"Account {name}", f"ain account ledger {name} {books}", ledger[0]["transfers"], facts=facts(about),
        more=[one for one in more if one.rows], empty="No transfer yet.",
    )  # fmt: skip


async def bill(scope: Identity, commands: Commands, places: Places, name: str, period: str) -> Sheet:
    """A bill as it is or would be; looking never closes a period."""
    _may_see(scope, name)
    if places.charging is None:
        return unset("Bill", "--charging DIR", "ledger")
    words = (
        "bill",
        named(name, "such account"),
        "--dir",
        str(places.charging),
        "--period",
        named(period, "such period"),
    )
    said = dict((await commands.ask(*words, "--form", "json", "--preview"))[0])
    lines, calls, sums = said.pop("lines", []), said.pop("calls", []), said.pop("summaries", None) or {}
    more = [table("Calls", calls), *_summaries(sums)] + [
        table(key.replace("_", " "), found) for key, found in said.items() if _is_table(found)
    ]
    about = facts({key: found for key, found in said.items() if not _is_table(found)})
    return sheet(
        f"Bill of {name}, {period}",
        " ".join(["ain", *words, "--preview"]),
        lines,
        facts=about,
        more=[one for one in more if one.rows],
    )


async def tickets(scope: Identity, commands: Commands, places: Places, asked: Mapping[str, str]) -> Sheet:
    """Usage of an enterprise's telephones from its tickets, and what was refused."""
    if places.tickets is None:
        return unset("Tickets", "--tickets PROVIDER.toml", "provider of tickets")
    config = str(places.tickets)
    known = (await commands.ask("ticket", "enterprise", "list", config, "--json"))[0].get("enterprises", [])
    refused = (await commands.ask("ticket", "quarantine", config, "--json"))[0]
    if scope.role == "customer":
        known = [one for one in known if one.get("enterprise") == scope.enterprise]
        refused = {
            key: [one for one in rows if one.get("enterprise") == scope.enterprise]
            for key, rows in refused.items()
            if _is_table(rows)
        }
    asks = [(key, value(asked, key)) for key in TICKET_ASKS]
    who = dict(asks)["enterprise"]
    more = [table(f"Refused: {key}", found) for key, found in refused.items() if _is_table(found) and found]
    if not who:
        return sheet("Tickets", f"ain ticket enterprise list {config}", known, links={"enterprise": "/tickets?enterprise={}"}, more=more,
                     empty="No enterprise is registered.")  # fmt: skip
    if who not in {one.get("enterprise") for one in known}:
        raise PageFault(404, "there is no such enterprise")
    words = ["ticket", "profile", config, *(f"--{key}={text}" for key, text in asks if text)]
    said = (await commands.ask(*words, "--json"))[0]
    return sheet(f"Tickets of {who}", "ain " + " ".join(words), said.get("rows", []), facts=facts(said.get("totals") or {}), asks=asks, more=more,
                 empty="No ticket fits.")  # fmt: skip


def _summaries(sums: Mapping[str, Any]) -> Iterator[Table]:
    """The summaries of a bill: those of one value together, each of the others a table."""
    values = {
        name.replace("_", " "): one.get("values") for name, one in sums.items() if isinstance(one, dict)
    }
    yield table("Summaries", [{"summary": name, "value": one} for name, one in values.items() if not isinstance(one, dict)])  # fmt: skip
    for name, one in values.items():
        if isinstance(one, dict):
            yield table(name, [{"of": key, "value": value} for key, value in one.items()])


def _is_table(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) for one in found)
