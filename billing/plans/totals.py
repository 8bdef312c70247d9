"""The sums of a period: per account, plan of the call and group of the account on the call's date.

A call stays with the plan and the group it was made under, so lines may move and members come and go at any date. A pool
(an account, a plan with those that pool with it, a group) adds up entries of one period, whether the accounts' bills are
closed already or not.

Source: charging.md 10.1; B6-003, B7-001, B7-006, B7-009, B7-013.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, final

import msgspec

from ain_scp.billing.ledger.record import Fact
from ain_scp.provisioning.charging import Charging
from ain_scp.terms.money import MICROS

ENTRY: Final = "entry"
"""The kind of fact under which the ledger keeps entries."""
DROPPED: Final = "dropped"
"""The kind of fact that keeps what forgotten entries of a pool came to, while others of it are kept."""
SEPARATOR: Final = "\x1f"
Measure = Literal["CHARGES", "MINUTES"]


class PoolKey(msgspec.Struct, frozen=True):
    """One pool in one period; a period is named by its first day, "" the one in which an account began."""

    kind: Literal["ACCOUNT", "PLAN", "GROUP"]
    name: str
    period: str

    @property
    def mark(self) -> str:
        """The pool's name among facts."""
        return SEPARATOR.join((self.kind, self.name, self.period))


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What calls of one account, plan, group and period add up to. Micros by own percentage of a call, parts per million.

    `gross` is before any plan discount, `given` what was taken off call by call, `discount` the threshold discount posted
    so far; `minutes` are started ones.
    """

    account: str
    plan: str
    group: str
    period: str
    gross: dict[int, int] = {}
    given: dict[int, int] = {}
    minutes: int = 0
    calls: int = 0
    discount: int = 0

    @property
    def name(self) -> str:
        """The entry's name among facts."""
        return SEPARATOR.join((self.account, self.plan, self.group, self.period))

    @property
    def charges(self) -> int:
        """All calls at their price before any discount of a plan."""
        return sum(self.gross.values())

    @property
    def actual(self) -> int:
        """What the calls come to with all discounts."""
        return self.charges - sum(self.given.values()) - self.discount

    def total(self, measure: Measure) -> int:
        """The sum a threshold looks at, in micros; minutes are in micros of a minute."""
        return self.charges if measure == "CHARGES" else self.minutes * MICROS


class Step(msgspec.Struct, frozen=True):
    """What one call adds to an entry, or takes from it when it is below 0."""

    percent: int
    gross: int
    given: int
    minutes: int
    calls: int


def added(entry: Entry, step: Step) -> Entry:
    """The entry with one more call in it."""
    gross, given, percent = entry.gross.copy(), entry.given.copy(), step.percent
    gross[percent] = gross.get(percent, 0) + step.gross
    given[percent] = given.get(percent, 0) + step.given
    return Entry(
        entry.account,
        entry.plan,
        entry.group,
        entry.period,
        gross,
        given,
        entry.minutes + step.minutes,
        entry.calls + step.calls,
        entry.discount,
    )


def started_minutes(duration_ms: int) -> int:
    """Minutes of a call, each started one whole."""
    return -(-duration_ms // 60_000)


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Entry)


def fact_of(entry: Entry) -> Fact:
    """The entry, to be kept."""
    return Fact(ENTRY, entry.name, _encode(entry))


def root_of(charging: Charging, plan: str) -> str:
    """The plan whose pool a plan's entries belong to."""
    row = charging.plans.get(plan)
    return plan if row is None else row.pool_with or plan


@final
class Totals:
    """All entries of a ledger, and the sums of their pools, kept up as they change."""

    def __init__(self, charging: Charging, facts: Mapping[str, Mapping[str, bytes]]) -> None:
        self._charging = charging
        self._facts = facts
        self.entries: dict[str, Entry] = {}
        self._pools: dict[PoolKey, dict[str, None]] = {}
        self._sums: dict[PoolKey, list[int]] = {}
        self._adds_to: dict[str, list[list[int]]] = {}
        self._of: dict[str, dict[str, None]] = {}
        self._open: dict[str, dict[tuple[str, str], dict[str, None]]] = {}
        for octets in facts.get(ENTRY, {}).values():
            self.put(_decoder.decode(octets))

    def entry(self, account: str, plan: str, group: str, period: str) -> Entry:
        """The entry of that name; an empty one when there is none yet."""
        found = self.entries.get(SEPARATOR.join((account, plan, group, period)))
        return Entry(account, plan, group, period) if found is None else found

    def pools_of(self, entry: Entry) -> list[PoolKey]:
        """The pools an entry counts in."""
        keys = [PoolKey("ACCOUNT", entry.account, entry.period)]
        if entry.plan:
            keys.append(PoolKey("PLAN", root_of(self._charging, entry.plan), entry.period))
        if entry.group:
            keys.append(PoolKey("GROUP", entry.group, entry.period))
        return keys

    def put(self, entry: Entry) -> None:
        """An entry has changed."""
        name, charges, minutes = entry.name, entry.charges, entry.minutes
        before = self.entries.get(name)
        self.entries[name] = entry
        if before is None:
            self._begin(name, entry)
        else:
            charges -= before.charges
            minutes -= before.minutes
        for sums in self._adds_to[name]:
            sums[0] += charges
            sums[1] += minutes

    def _begin(self, name: str, entry: Entry) -> None:
        """An entry is new: it is found by its account, its kind and its pools from now on."""
        kinds = self._open.setdefault(entry.period, {})
        kinds.setdefault((entry.plan, entry.group), {})[name] = None
        self._of.setdefault(entry.account, {})[name] = None
        keys = self.pools_of(entry)
        for key in keys:
            self._pools.setdefault(key, {})[name] = None
        self._adds_to[name] = [self._sums.setdefault(key, [0, 0]) for key in keys]

    def learn(self, name: str, octets: bytes | None) -> None:
        """An entry as another node has kept it; None: it is forgotten there."""
        if octets is not None:
            self.put(_decoder.decode(octets))
        elif name in self.entries:
            self.drop(self.entries[name])

    def drop(self, entry: Entry) -> list[PoolKey]:
        """An entry is forgotten; the pools that are empty now."""
        del self.entries[entry.name], self._adds_to[entry.name]
        self._of[entry.account].pop(entry.name)
        self._open[entry.period][entry.plan, entry.group].pop(entry.name, None)
        empty = []
        for key in self.pools_of(entry):
            self._pools[key].pop(entry.name)
            self._sums[key][0] -= entry.charges
            self._sums[key][1] -= entry.minutes
            if not self._pools[key]:
                del self._pools[key], self._sums[key]
                empty.append(key)
        return empty

    def total(self, key: PoolKey, measure: Measure) -> int:
        """The sum of a pool, in micros, with the entries that are forgotten already; minutes in micros of a minute."""
        place = 0 if measure == "CHARGES" else 1
        sums = self._sums.get(key)
        total = (0 if sums is None else sums[place]) + self._dropped(key)[place]
        return total if measure == "CHARGES" else total * MICROS

    def _dropped(self, key: PoolKey) -> tuple[int, int]:
        kept = self._facts.get(DROPPED)
        octets = kept.get(key.mark) if kept else None
        if octets is None:
            return 0, 0
        charges, minutes = octets.split()
        return int(charges), int(minutes)

    def has(self, key: PoolKey) -> bool:
        """Whether a pool has entries."""
        return key in self._pools

    def left_behind(
        self, gone: Iterable[Entry], watched: Callable[[PoolKey], bool], looked_at: Callable[[PoolKey], bool]
    ) -> Iterable[Fact]:
        """Facts that keep the sums of entries about to be forgotten, of every watched pool in which others stay or that others look at."""
        pools: dict[PoolKey, list[Entry]] = {}
        for entry in gone:
            for key in filter(watched, self.pools_of(entry)[1:]):
                pools.setdefault(key, []).append(entry)
        for key, entries in pools.items():
            if len(entries) < len(self._pools[key]) or looked_at(key):
                charges, minutes = self._dropped(key)
                charges += sum(entry.charges for entry in entries)
                minutes += sum(entry.minutes for entry in entries)
                yield Fact(DROPPED, key.mark, b"%d %d" % (charges, minutes))

    def behind(self, period: str, open_period: Callable[[str], str]) -> Iterable[tuple[str, str]]:
        """Plan and group of entries that are open still in periods before one; those found closed are not looked at again."""
        for begun, kinds in self._open.items():
            for kind, names in kinds.items() if begun < period else ():
                while names:
                    entry = self.entries[next(iter(names))]
                    if open_period(entry.account) == begun:
                        yield kind
                        break
                    del names[entry.name]

    def many(self, keys: Iterable[PoolKey], own: str, accounts: int) -> bool:
        """Whether the entries of some pools, with one of an account of its own, are of so many accounts or more."""
        found = {own}
        for key in keys:
            for name in self._pools.get(key, ()):
                found.add(self.entries[name].account)
                if len(found) >= accounts:
                    return True
        return False

    def members(self, keys: Iterable[PoolKey]) -> list[Entry]:
        """The entries of some pools, each once, in the order in which they began."""
        names = {name: None for key in keys for name in self._pools.get(key, ())}
        return [self.entries[name] for name in names]

    def of_account(self, account: str, period: str | None = None) -> list[Entry]:
        """The entries of an account, of one period or of all that are kept."""
        found = (self.entries[name] for name in self._of.get(account, ()))
        return [entry for entry in found if period is None or entry.period == period]
