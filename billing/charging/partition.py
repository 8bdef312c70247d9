"""Partitions of a ledger: where each account lives, and which of them a request is for.

```
unit         accounts that share a balance, a group or a pool of discounts (`ain_scp.provisioning.units`): one partition has them all
placement    the partition of each unit, kept once it is known, so that a new member does not move it
part         the tables as one partition sees them: accounts that live elsewhere are not there
```
A request belongs to the partition of the account that pays. Requests about a call go where the call is: that is remembered, and
found again by asking all when it is not.

Source: charging.md 4.4, decision 8; B4-009.
"""

import copy
from collections.abc import Mapping
from typing import Final
from zlib import crc32

import msgspec

from ain_scp.billing.charging import events
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import ChargingSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.provisioning.units import pools_of, units_of

MOST_CALLS: Final = 1_000_000
"""Calls whose partition is remembered; the oldest are forgotten first, and asked for when they are named again."""
OF_CALL: Final = (events.Answer, events.Release, events.More, events.Cut)
"""Requests that name a call and nothing else."""


class UnitApart(Exception):
    """Accounts that belong together now, and live in two partitions."""


def placed(rows: ChargingSet, partitions: int, known: Mapping[str, int]) -> dict[str, int]:
    """The partition of every account: that of its unit as known, else by the unit's smallest name; UnitApart."""
    plans = {row.name: row for row in rows.plans}
    pools = pools_of(rows.accounts, rows.lines, rows.members, rows.profiles, plans)
    units: dict[str, list[str]] = {}
    for account, unit in units_of(rows.accounts, pools).items():
        units.setdefault(unit, []).append(account)
    found: dict[str, int] = {}
    for members in units.values():
        members.sort()
        homes = {known[name]: name for name in reversed(members) if name in known}
        if len(homes) > 1:
            apart = " and ".join(f"{name} (partition {home})" for home, name in sorted(homes.items()))
            raise UnitApart(f"{apart} share a balance, a group or a pool now, and live apart")
        home = next(iter(homes)) if homes else crc32(members[0].encode()) % partitions
        found |= dict.fromkeys(members, home)
    return found


def part_of(snapshot: Snapshot, homes: Mapping[str, int], partition: int) -> Snapshot:
    """The tables of one partition; everything but accounts, their transfers and memberships is whole."""
    whole = snapshot.charging
    if whole is None:
        return snapshot
    rows = whole.rows

    def own(account: str) -> bool:
        return homes.get(account) == partition

    rows = msgspec.structs.replace(
        rows,
        accounts=tuple(row for row in rows.accounts if own(row.account)),
        eft=tuple(row for row in rows.eft if own(row.account)),
        members=tuple(row for row in rows.members if own(row.account)),
    )
    found = copy.copy(snapshot)
    found.charging = Charging(rows, whole.zones)
    return found


class Router:
    """Which partition a request is for, by the lines of the data set and the calls that were granted."""

    def __init__(self, charging: Charging, homes: Mapping[str, int]) -> None:
        self.charging = charging
        self.homes = homes
        self._calls: dict[str, int] = {}

    def note(self, call: str, partition: int) -> None:
        """A call is in a partition."""
        self._calls.pop(call, None)
        self._calls[call] = partition
        if len(self._calls) > MOST_CALLS:
            del self._calls[next(iter(self._calls))]

    def call(self, name: str) -> int | None:
        """Where a call is; None: not known, every partition has to be asked."""
        return self._calls.get(name)

    def account(self, name: str) -> int | None:
        """Where an account lives; None for one that is unknown."""
        return self.homes.get(name)

    def line(self, number: str, day: int) -> int | None:
        """Where the account of a line lives."""
        row = self.charging.line_at(number, day)
        return None if row is None else self.account(row.account)

    def of(self, asked: events.AnyEvent, day: int) -> frozenset[int]:
        """The partitions of everybody who pays for what is asked: one, or several for a share; a call's is not looked at.

        An unknown account is for the first partition to refuse.
        """
        if isinstance(asked, events.Authorize):
            found = {self._party(name, asked, day) for name in self._payers(asked)}
        else:
            found = {self._named(asked, day)}
        return frozenset(0 if home is None else home for home in found)

    def _payers(self, asked: events.Authorize) -> list[str]:
        if asked.share:
            return [row.party for row in self.charging.shares.get(asked.share, ())] or ["CALLING"]
        return [asked.payer]

    def _party(self, name: str, asked: events.Authorize, day: int) -> int | None:
        if name.upper() == "CALLING":
            return self.line(asked.from_, day)
        return self.line(asked.called, day) if name.upper() == "CALLED" else self.account(name)

    def _named(self, asked: events.AnyEvent, day: int) -> int | None:
        """By the account, else the line, else the group that a request names."""
        account = getattr(asked, "account", "")
        if isinstance(account, str) and account and not isinstance(asked, events.Move):
            return self.account(account)
        if isinstance(asked, events.Service | events.Query):
            name = asked.argument if isinstance(asked, events.Query) else self._of_service(asked)
            return self.homes.get(name, self.line(name, day))
        for name in ("home", "number", "from_"):
            number = getattr(asked, name, "")
            if number and not isinstance(asked, events.MakeBill):
                return self.line(number, day)
        return self._group(getattr(asked, "group", ""))

    def _of_service(self, asked: events.Service) -> str:
        return str(asked.fields.get("account", asked.fields.get("customer", asked.fields.get("from", ""))))

    def _group(self, name: str) -> int | None:
        return next(
            (self.account(row.account) for row in self.charging.rows.members if row.group == name), None
        )
