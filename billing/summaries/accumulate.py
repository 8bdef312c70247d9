"""Summaries kept per call: one small fact an entry, at a cost that no history changes.

A summary by NUMBER with `keys` keeps that many numbers, the least one giving way to a new one and handing down its value
(Space-Saving): it is approximate, each entry says by how much it may be too large.

Source: charging.md 10.2; B2-003, B2-006 to B2-009; Metwally et al. 2005.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.plans.totals import SEPARATOR
from ain_scp.billing.summaries.parameters import Counted, key_of, owners_of, value_of
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import SummaryRow
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.money import MICROS

Facts = Mapping[str, Mapping[str, bytes]]
SAVINGS: Final = "SAVINGS"


class Value(msgspec.Struct, frozen=True):
    """One entry: micros, minutes or calls, and by how much it may be too large."""

    value: int
    error: int = 0


class Gathered(msgspec.Struct, frozen=True):
    """Facts that a call changes, and whether an entry reached the amount at which a bill is due."""

    facts: tuple[Fact, ...]
    bill_due: bool


def kind_of(account: str) -> str:
    """The kind of fact under which an account's summaries are kept."""
    return f"sum/{account}"


def entries(facts: Facts, account: str, name: str) -> dict[str, Value]:
    """The entries of a summary by key, sorted."""
    front = name + SEPARATOR
    kept = facts.get(kind_of(account), {})
    return {one[len(front) :]: _read(kept[one]) for one in sorted(kept) if one.startswith(front)}


def gather(
    snapshot: Snapshot,
    charging: Charging,
    facts: Facts,
    call: Counted | None,
    before: Counted | None = None,
) -> Gathered:
    """Count a call in the summaries that concern it, of one name the first; with `before` only what is different now.

    None instead of a call: it counts no longer.
    """
    one = call or before
    if one is None:
        return Gathered((), bill_due=False)
    kind, due = kind_of(one.account), False
    kept = facts.get(kind, {})
    found: list[Fact] = []
    for row in _rows(charging, owners_of(one.account, one.plan, one.group)):
        more = 0 if call is None else value_of(row, call)
        if before is not None:
            more -= value_of(row, before)
            if not more and row.of != "COST":
                continue
        name = row.name + SEPARATOR + key_of(snapshot, charging, row, one)
        octets = kept.get(name)
        low = error = 0
        if octets is not None:
            low, error = _parts(octets)
        elif row.keys:
            if more < 0:
                continue  # it has given way to another already
            known = entries(facts, one.account, row.name)
            if len(known) >= row.keys:
                least = min(known, key=lambda one: (known[one].value, one))
                low = error = known[least].value
                found.append(Fact(kind, f"{row.name}{SEPARATOR}{least}", None))
        high = low + more
        found.append(Fact(kind, name, b"%d %d" % (high, error) if error else b"%d" % high))
        if row.bill_at is not None:
            unit = 1 if row.of == "COST" else MICROS
            due = due or low * unit < row.bill_at <= high * unit
    return Gathered(tuple(found), due)


def _rows(charging: Charging, owners: tuple[str, ...]) -> Sequence[SummaryRow]:
    """The summaries of some owners that are kept call by call, in file order; of one name the first."""
    found = [charging.summaries[owner] for owner in owners if owner in charging.summaries]
    if len(found) < 2:
        return found[0] if found else ()
    first: dict[str, SummaryRow] = {}
    for row in charging.rows.summaries:
        if row.owner in owners:
            first.setdefault(row.name, row)
    return [row for row in first.values() if row.of != SAVINGS]


def restarted(
    charging: Charging, facts: Facts, account: str, plan: str, group: str, *, closes: bool
) -> tuple[Fact, ...]:
    """Facts that restart the summaries a bill restarts."""
    resets = {"BILL", "PERIOD"} if closes else {"BILL"}
    first = {row.name: row for row in reversed(charging.rows.summaries)}
    own = {name: row_of(charging, name, account, plan, group) or row for name, row in first.items()}
    fronts = tuple(name + SEPARATOR for name, row in own.items() if row.reset in resets)
    kind = kind_of(account)
    return tuple(Fact(kind, name, None) for name in facts.get(kind, {}) if fronts and name.startswith(fronts))


def row_of(charging: Charging, name: str, account: str, plan: str, group: str) -> SummaryRow | None:
    """The summary of that name that an account has: the first whose owner it is."""
    owners = owners_of(account, plan, group)
    return next((row for row in charging.rows.summaries if row.name == name and row.owner in owners), None)


def _read(octets: bytes) -> Value:
    return Value(*_parts(octets))


def _parts(octets: bytes) -> tuple[int, int]:
    value, _, error = octets.partition(b" ")
    return int(value), int(error) if error else 0
