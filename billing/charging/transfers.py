"""Electronic funds transfers: on a day of the month, or when the balance falls below an amount.

Source: charging.md 5.3, 8.17; B1-103.
"""

import datetime as dt
from collections.abc import Callable

from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.results import TimerTransfer
from ain_scp.billing.charging.session import Call
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.provisioning.rows_charging import EftRow
from ain_scp.terms.units import DAY_MS

_EPOCH = dt.date(1970, 1, 1).toordinal()


class FundsTransfers:
    """The transfers of a desk; `came_in(account)` hears of each."""

    def __init__(self, desk: Desk, came_in: Callable[[str], None]) -> None:
        self._desk = desk
        self._came_in = came_in
        rows = [(desk.charging.payer(row.account), row) for row in desk.charging.rows.eft]
        self._below: dict[str, list[EftRow]] = {}
        self._monthly = [(account, row) for account, row in rows if row.every_day is not None]
        for account, row in rows:
            if row.below is not None:
                self._below.setdefault(account, []).append(row)
        self._due: list[tuple[int, int]] = []

    def start(self, local_ms: int) -> None:
        """Time begins: each monthly transfer is due at the first 00:00 of its day that has not passed."""
        self._due = sorted(
            (next_day(row.every_day or 1, local_ms), place) for place, (_, row) in enumerate(self._monthly)
        )

    def watches(self, account: str) -> bool:
        """Whether a transfer is made when an account's balance is below an amount."""
        return account in self._below

    def next_local(self) -> int | None:
        """The local instant at which a monthly transfer is due."""
        return self._due[0][0] if self._due else None

    def handle(self) -> None:
        """Make the monthly transfer that is due."""
        due, place = self._due[0]
        account, row = self._monthly[place]
        self._due[0] = (next_day(row.every_day or 1, due + 1), place)
        self._due.sort()
        self._make(account, row.amount, key=f"eft:{account}/{place}@{due // DAY_MS}")

    def increment(self, call: Call, begins: int, counted: int) -> None:
        """An increment begins: what will be usable after it decides, where calls are charged while they run."""
        desk = self._desk
        for party in call.parties:
            if party.account in self._below and desk.row(party.account).charge_at == "DURING":
                coming = desk.part(call, party.account, counted) - desk.part(call, party.account, begins)
                self.look(party.account, desk.usable(party.account) - coming)

    def look(self, account: str, usable: int) -> None:
        """Make a transfer when the balance is below an agreed amount, so many times a day."""
        desk = self._desk
        for row in self._below.get(account, ()):
            kept = desk.ledger.facts.get("eft", {}).get(account, b"0 0").split()
            made = int(kept[1]) if int(kept[0]) == desk.today else 0
            if row.below is not None and usable < row.below and made < desk.charging.options.eft_per_day:
                self._make(account, row.amount, Fact("eft", account, b"%d %d" % (desk.today, made + 1)))

    def _make(self, account: str, amount: int, fact: Fact | None = None, key: str = "") -> None:
        """Transfer once; `key` names a monthly one, which of several nodes at midnight one makes."""
        desk = self._desk
        moved = Transfer("cash:payments", customer(account), amount, Code.DEPOSIT, "eft")
        facts = () if fact is None else (fact,)
        decision = desk.decide(Draft("eft", desk.now_ms, key, transfers=(moved,), facts=facts))
        if decision.reason or decision.record is None:
            return
        self._came_in(account)
        desk.emit("eft", TimerTransfer(account, desk.text(amount), desk.text(desk.usable(account))))


def next_day(day: int, local_ms: int) -> int:
    """The first 00:00 of a day of the month (1 to 28) at or after a local instant."""
    date = dt.date.fromordinal(_EPOCH + -(-local_ms // DAY_MS))
    if date.day > day:
        date = (date.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return (date.replace(day=day).toordinal() - _EPOCH) * DAY_MS
