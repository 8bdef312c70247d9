"""A month by two data sets: what each account, plan and row comes to by the one and by the other.

Source: charging.md section 12 (review of a tariff change), A-227.
"""

from collections.abc import Iterable

import msgspec

from ain_scp.billing.batch.sums import Month, Owed
from ain_scp.billing.batch.tables import Tables
from ain_scp.billing.batch.work import Pairs
from ain_scp.billing.rating.row import place
from ain_scp.terms.money import money_text

NOTHING = "no price"


class Difference(msgspec.Struct, frozen=True):
    """One account, plan or pair of rows whose amount is another; calls are those of the first data set."""

    what: str
    name: str
    calls: int
    before: str
    after: str
    difference: str


class Differences(msgspec.Struct, frozen=True):
    """Records compared, records whose price before discounts is another, and where: accounts, plans, rows."""

    compared: int
    changed: int
    rows: tuple[Difference, ...]


def differences(one: tuple[Tables, Month], other: tuple[Tables, Month], pairs: Pairs) -> Differences:
    """Compare two months of the same records; an account that owes the same is not listed."""
    digits = one[0].charging.digits
    found = [
        *_by("account", one[1].owed, other[1].owed, digits),
        *_by("plan", one[1].owed, other[1].owed, digits),
        *_rows(one[0], other[0], pairs, digits),
    ]
    changed = sum(count for count, _, _ in pairs.values())
    if not changed:
        changed = sum(row.calls for row in found if row.what == "account")
    return Differences(one[1].records - one[1].unknown, changed, tuple(found))


def _by(what: str, one: Iterable[Owed], other: Iterable[Owed], digits: int) -> list[Difference]:
    before, after = _sums(what, one), _sums(what, other)
    found = []
    for name in sorted(before.keys() | after.keys()):
        calls, owed = before.get(name, (0, 0))
        _, again = after.get(name, (0, 0))
        if owed != again:
            found.append(_difference(what, name or "none", calls, owed, again, digits))
    return found


def _sums(what: str, owed: Iterable[Owed]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for one in owed:
        name = one.account if what == "account" else one.plan
        calls, total = found.get(name, (0, 0))
        found[name] = (calls + one.calls, total + one.total)
    return found


def _rows(one: Tables, other: Tables, pairs: Pairs, digits: int) -> list[Difference]:
    """Pairs of rows that priced the same records differently, before discounts."""
    found = []
    for (row, again), (calls, gross, changed) in sorted(pairs.items()):
        names = [NOTHING if at < 0 else place(tables.rows[at]) for tables, at in ((one, row), (other, again))]
        name = names[0] if names[0] == names[1] else " -> ".join(names)
        found.append(_difference("row", name, calls, gross, changed, digits))
    return found


def _difference(what: str, name: str, calls: int, before: int, after: int, digits: int) -> Difference:
    texts = (money_text(value, digits) for value in (before, after, after - before))
    return Difference(what, name, calls, *texts)
