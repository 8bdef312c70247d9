"""What is asked of plans and summaries: current, summary, group, exemplary, set-up query, download; and moves and profiles.

Source: charging.md 9.2, 10.2 to 10.4; B2-004, B2-009, B3-001 to B3-004, B5-002 to B5-012, B6-003, B6-004, B7-013.
"""

from collections.abc import Container

from ain_scp.billing.bills.tab import tab_of
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import (
    Current,
    Download,
    Exemplary,
    Group,
    Move,
    Profile,
    SetupQuery,
    Summary,
)
from ain_scp.billing.charging.money import UNKNOWN
from ain_scp.billing.charging.moves import Moved
from ain_scp.billing.charging.results import (
    Compared,
    CurrentNow,
    Grouped,
    Merged,
    Said,
    SetupMessage,
    Summarized,
    Usable,
    body,
)
from ain_scp.billing.charging.session import Call
from ain_scp.billing.rating.applied import origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.rate import row_at
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.billing.summaries import handset as downloads
from ain_scp.billing.summaries.accumulate import SAVINGS, Value, entries, row_of
from ain_scp.billing.summaries.messages import Held, Spoken, contents_of, entries_of, message_of, text_of
from ain_scp.provisioning.rows_charging import MessageRow, SummaryRow, TariffRow
from ain_scp.provisioning.tables.tariffs import Tariff
from ain_scp.terms.money import MICROS, money_text, round_half_up


class Inquiries:
    """The questions at a desk about totals; nothing here moves money."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Balances of the period

    def current(self, asked: Current) -> Said:
        """What the account has been charged for usage since its last bill, and the discounts of totals on it."""
        account = self._desk.payer(asked.account)
        if account is None:
            return UNKNOWN
        usage, discount = self._current(account)
        text = self._desk.text
        return Said("", body(CurrentNow(text(usage + discount), text(usage), text(discount))))

    def _current(self, account: str) -> tuple[int, int]:
        """Usage and discount (at most 0) since the last bill."""
        desk = self._desk
        tab = tab_of(desk.ledger.facts, account)
        given = sum(map(desk.counting.discount, desk.counting.open_entries(account)))
        return desk.money(account).used - tab.used, tab.discount - given

    def group(self, asked: Group) -> Said:
        """The calls made as members, each member's in its open period."""
        desk = self._desk
        if asked.group not in desk.charging.groups:
            return Said("UNKNOWN_GROUP")
        found = [
            entry
            for entry in desk.counting.totals.entries.values()
            if entry.group == asked.group and entry.period == desk.counting.period(entry.account)
        ]
        gross, actual = (
            sum(entry.charges for entry in found),
            sum(map(desk.counting.actual, found)),
        )
        calls = sum(entry.calls for entry in found)
        return Said("", body(Grouped(calls, desk.text(gross), desk.text(actual))))

    def exemplary(self, asked: Exemplary) -> Said:
        """The shadow of a plan beside the actual totals of the period."""
        desk, account = self._desk, self._desk.payer(asked.account)
        if account is None or asked.plan not in desk.charging.plans:
            return UNKNOWN if account is None else Said("UNKNOWN_PLAN")
        balance = desk.counting.exemplary(account, asked.plan).actual
        text = desk.text
        return Said("", body(Compared(text(balance), text(self._savings(account, asked.plan)))))

    def _savings(self, account: str, plan: str) -> int:
        counting = self._desk.counting
        actual = sum(map(counting.actual, counting.open_entries(account)))
        return actual - counting.exemplary(account, plan).actual

    # Summaries

    def summary(self, asked: Summary) -> Said:
        """A summary as it stands: of an account, or the sum over the members a group has today."""
        desk = self._desk
        accounts: list[str] | None
        if asked.group:
            accounts = self._members(asked.group)
        else:
            account = desk.payer(asked.account)
            accounts = None if account is None else [account]
        if accounts is None:
            return Said("UNKNOWN_GROUP") if asked.group else UNKNOWN
        rows = [row for account in accounts if (row := self._summary_row(asked.name, account)) is not None]
        if not rows:
            return Said("UNKNOWN_SUMMARY")
        found: dict[str, Value] = {}
        for account in accounts:
            for key, value in self._values(rows[0], account).items():
                known = found.get(key, Value(0))
                found[key] = Value(known.value + value.value, known.error + value.error)
        return Said("", body(self.summarized(rows[0], found)))

    def _members(self, group: str) -> list[str] | None:
        desk = self._desk
        if group not in desk.charging.groups:
            return None
        names = [row.account for row in desk.charging.rows.accounts]
        return [name for name in names if desk.charging.group_at(name, desk.today) == group]

    def _summary_row(self, name: str, account: str) -> SummaryRow | None:
        desk = self._desk
        plan = desk.applied(None, account).plan
        found = row_of(desk.charging, name, account, plan, desk.charging.group_at(account, desk.today))
        if found is not None or not entries(desk.ledger.facts, account, name):
            return found
        return next((row for row in desk.charging.rows.summaries if row.name == name), None)

    def _values(self, row: SummaryRow, account: str) -> dict[str, Value]:
        if row.of != SAVINGS:
            return entries(self._desk.ledger.facts, account, row.name)
        plan = self._desk.charging.plans.get(self._desk.applied(None, account).plan)
        plans = () if plan is None else plan.exemplary
        if row.by:
            return {name: Value(self._savings(account, name)) for name in sorted(plans)}
        return {"": Value(self._savings(account, plans[0]))} if plans else {}

    def summarized(self, row: SummaryRow, found: dict[str, Value]) -> Summarized:
        """A summary's entries as they are printed."""
        money = row.of in ("COST", SAVINGS)
        text = self._desk.text
        error = max((value.error for value in found.values()), default=0)
        bound = (text(error) if money else error) if row.keys else None
        if not row.by:
            value = found.get("", Value(0)).value
            return Summarized(text(value) if money else value)
        values = {key: text(one.value) if money else one.value for key, one in sorted(found.items())}
        return Summarized(values, approximate=bool(row.keys), error=bound)

    def all_summaries(self, account: str) -> dict[str, Summarized]:
        """Every summary an account has, by name, as a bill prints them."""
        found: dict[str, Summarized] = {}
        for name in dict.fromkeys(row.name for row in self._desk.charging.rows.summaries):
            row = self._summary_row(name, account)
            if row is not None:
                found[name] = self.summarized(row, self._values(row, account))
        return found

    # Messages at set-up

    def setup_query(self, asked: SetupQuery) -> Said:
        """The entries and the sentence for a caller; an unknown number has none, and its call proceeds."""
        return Said("", body(self.setup_message(asked.from_)))

    def setup_message(self, calling: str) -> SetupMessage:
        """What is said to a caller before the call is connected."""
        return self._message(*self._of_line(calling))[0]

    def spoken(self, calling: str, call: Call | None) -> Spoken | None:
        """The same as the network plays it; None when nothing is: a template without all of its contents is not.

        `call`: one that was granted just now and is the caller's own.
        """
        if not self._desk.charging.rows.messages:
            return None
        known = self._of_line(calling) if call is None else (call.parties[0].account, call.plan)
        said, template = self._message(*known)
        contents = contents_of(said.entries)
        if not contents or (template and said.text is None):
            return None
        return Spoken(contents, said.text or contents)

    def _of_line(self, calling: str) -> tuple[str | None, str]:
        """Who pays for a line, and its plan; None for an unknown one."""
        desk = self._desk
        line = desk.line(calling)
        account = None if line is None else desk.payer(line.account)
        return (None, "") if account is None else (account, desk.applied(line, account).plan)

    def _message(self, account: str | None, plan: str) -> tuple[SetupMessage, str]:
        """The message for an account, and its template ("" = none)."""
        desk = self._desk
        if account is None:
            return SetupMessage(), ""
        row = message_of(desk.charging, account, plan, desk.charging.group_at(account, desk.today))
        if row is None:
            return SetupMessage(), ""
        said = entries_of(row, self._held(row, account, plan))
        return SetupMessage(tuple(said), text_of(desk.charging, row, said)), row.text

    def _held(self, row: MessageRow, account: str, plan: str) -> Held:
        desk = self._desk
        known = desk.counting.open_entries(account)
        savings = self._rounded(self._savings(account, row.plan)) if row.plan in desk.charging.plans else 0
        return Held(
            balance=desk.text(self._rounded(sum(self._current(account)))),
            minutes=sum(entry.minutes for entry in known),
            plan_minutes=sum(entry.minutes for entry in known if entry.plan == plan),
            savings=desk.text(savings) if savings > 0 else None,
        )

    def _rounded(self, micros: int) -> int:
        return round_half_up(micros, MICROS // 10**self._desk.charging.digits)

    # Handset

    def download(self, asked: Download) -> Said:
        """Grades of the period, the rate of the call about to begin and its band."""
        found = self.handset(asked.from_, asked.called)
        return UNKNOWN if found is None else Said("", body(found))

    def handset(self, calling: str, called: str) -> downloads.Download | None:
        """What a handset is given; None for an unknown number."""
        desk = self._desk
        line = desk.line(calling)
        account = None if line is None else desk.payer(line.account)
        if account is None:
            return None
        found = desk.applied(line, account)
        tariff = desk.charging.tariffs.get(found.tariff)
        if tariff is None:
            return downloads.Download((), None, None)
        origin = origin_of(desk.snapshot, calling, called, line)
        usage = Usage(
            found.tariff,
            desk.local_ms,
            ((MS, 0),),
            origin,
            zone_of(desk.snapshot, called, calling),
            found.cos,
        )
        return self._download(account, tariff, row_at(tariff, usage, MS, "", desk.local_ms))

    def given(self, call: Call) -> downloads.Download | None:
        """What the handset of a call is given that was granted just now and is the caller's own."""
        price = self._desk.prices.get(call.id)
        tariff = self._desk.charging.tariffs.get(call.tariff)
        if price is None or tariff is None:
            return None
        return self._download(call.parties[0].account, tariff, price.row)

    def _download(self, account: str, tariff: Tariff, row: TariffRow | None) -> downloads.Download:
        desk = self._desk
        grades = []
        for band in () if tariff.scheme is None else tariff.scheme.bands:
            minutes, cost = desk.counting.grade(account, band)
            grades.append(downloads.Grade(band, minutes, desk.text(cost)))
        rate = None
        if row is not None and row.next_units:
            price = money_text(row.next_price, desk.charging.digits)
            rate = downloads.Rate(price, -(-row.next_units // 1000))
        now = None if tariff.scheme is None else tariff.scheme.band(desk.local_ms)
        return downloads.Download(tuple(grades), rate, now)

    # Moves and profiles

    def move(self, asked: Move) -> Said:
        """A line is another's, or under another plan, from now on; its earlier calls stay where they are."""
        desk, line = self._desk, self._desk.line(asked.number)
        if line is None:
            return UNKNOWN
        account = line.account if asked.account is None else asked.account
        plan = line.plan if asked.plan is None else asked.plan
        cos = line.cos if asked.cos is None else asked.cos
        if account not in desk.charging.accounts:
            return UNKNOWN
        if plan and plan not in desk.charging.plans:
            return Said("UNKNOWN_PLAN")
        if cos and not self._known_cos(cos):
            return Said("UNKNOWN_COS")
        desk.keep("move", (desk.moves.move(asked.number, Moved(desk.local_ms, account, plan, cos)),))
        return Said("", body(Usable(desk.text(desk.usable(desk.charging.payer(account))))))

    def profile(self, asked: Profile) -> Said:
        """One source's word on an account; merged at once with the others'."""
        desk = self._desk
        if asked.account not in desk.charging.accounts:
            return UNKNOWN
        if not desk.moves.knows(asked.source):
            return Said("UNKNOWN_SOURCE")
        known: Container[str] | None = {
            "plan": desk.charging.plans.keys(),
            "tariff": desk.charging.tariffs.keys(),
        }.get(asked.field)
        if asked.value and not (self._known_cos(asked.value) if known is None else asked.value in known):
            return Said(f"UNKNOWN_{asked.field.upper()}")
        desk.keep("profile", (desk.moves.say(asked.account, asked.field, asked.source, asked.value),))
        return Said("", body(Merged(desk.moves.merged(asked.account, asked.field))))

    def _known_cos(self, cos: str) -> bool:
        return cos == "FULL" or any(row.cos == cos for row in self._desk.charging.rows.cos)
