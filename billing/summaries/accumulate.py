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
    found: list[Fact] = []
    names: set[str] = set()
    due = False
    one = call or before
    owners = () if one is None else owners_of(one.account, one.plan, one.group)
    for row in _rows(charging, owners):
        if one is None or row.name in names:
            continue
        names.add(row.name)
        if row.of == SAVINGS:
            continue
        more = _value(row, call) - _value(row, before)
        if not more and row.of != "COST" and before is not None:
            continue
        changed, low, high = _add(facts, one.account, row, key_of(snapshot, charging, row, one), more)
        found += changed
        if row.bill_at is not None:
            unit = 1 if row.of == "COST" else MICROS
            due = due or low * unit < row.bill_at <= high * unit
    return Gathered(tuple(found), due)


def _rows(charging: Charging, owners: tuple[str, ...]) -> Sequence[SummaryRow]:
    """The summaries of some owners, in file order."""
    found = [charging.summaries[owner] for owner in owners if owner in charging.summaries]
    if len(found) > 1:
        return [row for row in charging.rows.summaries if row.owner in owners]
    return found[0] if found else ()


def _value(row: SummaryRow, call: Counted | None) -> int:
    return 0 if call is None else value_of(row, call)


def _add(facts: Facts, account: str, row: SummaryRow, key: str, more: int) -> tuple[list[Fact], int, int]:
    """The facts of one entry that grows, its value before and after."""
    kind, name = kind_of(account), f"{row.name}{SEPARATOR}{key}"
    octets = facts.get(kind, {}).get(name)
    if octets is None and row.keys and more < 0:
        return [], 0, 0  # it has given way to another already
    if octets is None and row.keys:
        known = entries(facts, account, row.name)
        if len(known) >= row.keys:
            least = min(known, key=lambda one: (known[one].value, one))
            low = known[least].value
            gone = Fact(kind, f"{row.name}{SEPARATOR}{least}", None)
            return [gone, Fact(kind, name, _write(Value(low + more, low)))], low, low + more
    before = Value(0) if octets is None else _read(octets)
    after = Value(before.value + more, before.error)
    return [Fact(kind, name, _write(after))], before.value, after.value


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
    value, _, error = octets.partition(b" ")
    return Value(int(value), int(error or b"0"))


def _write(value: Value) -> bytes:
    return b"%d %d" % (value.value, value.error) if value.error else b"%d" % value.value
