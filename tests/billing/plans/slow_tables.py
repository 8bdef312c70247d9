"""Bills of any tables, the slow way: every call of every period rated again from the beginning, in fractions.

Written from the text of the requirements; it shares nothing with the room but the rows of the data set. A call is priced by
`rating/slow.py`, increment by increment.
"""

import datetime as dt
import importlib.util
from fractions import Fraction
from pathlib import Path

from ain_scp.billing.rating.usage import Usage

SPEC = importlib.util.spec_from_file_location("slow_rating", Path(__file__).parents[1] / "rating" / "slow.py")
rating = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rating)

CENT = 10_000
EPOCH = dt.date(1970, 1, 1)
MINUTE_MS = 60_000


def half_up(amount, unit):
    """The nearest whole multiple of a unit, halves away from zero."""
    whole = int(abs(amount) / unit + Fraction(1, 2)) * unit
    return whole if amount >= 0 else -whole


def percent(row):
    return Fraction(row.percent, 1_000_000)


class Slow:
    """What came in, in order, and what every account's bills must say of it."""

    def __init__(self, rows, accounts):
        self.rows = rows
        self.accounts = accounts
        self.plans = {row.name: row for row in rows.plans}
        self.groups = {row.name: row for row in rows.groups}
        self.calls = []
        self.moves = {}
        self.period = dict.fromkeys(accounts, "")
        self.number = 0
        self.billed = dict.fromkeys(accounts, 0)
        self.shown = dict.fromkeys(accounts, 0)
        self.given = {}
        self.adjustments = {account: [] for account in accounts}

    # What applies

    def account_plan(self, account):
        return next(row.plan for row in self.rows.accounts if row.account == account)

    def line(self, number, moment):
        """Account and plan of a number at a moment (ms)."""
        row = next(row for row in self.rows.lines if row.number == number)
        plan = row.plan
        for at, moved in self.moves.get(number, ()):
            plan = moved if at <= moment else plan
        return row.account, plan or self.account_plan(row.account)

    def group(self, account, day):
        for row in self.rows.members:
            if row.account == account and row.effective <= day and (row.until is None or day < row.until):
                return row.group
        return ""

    def gross(self, tariff, call):
        usage = Usage(tariff, call["start"], (("ms", call["ms"]),), call["origin"], call["destination"])
        return rating.charge(self.rows, usage)

    def finest(self, tariff, call):
        usage = Usage(tariff, call["start"], (), call["origin"], call["destination"])
        return rating.row_for(self.rows, usage, "ms", "", call["start"]).round_to

    def in_band(self, band, moment):
        """Whether a moment lies in a band, whatever the tariff."""
        (scheme,) = {row.scheme for row in self.rows.bands if row.band == band}
        when = rating.EPOCH + dt.timedelta(milliseconds=moment)
        minute = when.hour * 60 + when.minute
        holidays = {row.date for row in self.rows.holidays}
        knows = any("H" in row.days for row in self.rows.bands if row.scheme == scheme)
        day = "H" if knows and (when.date() - EPOCH).days in holidays else str(when.isoweekday())
        return any(
            row.band == band and day in row.days and row.start <= minute < row.end for row in self.rows.bands
        )

    # Discounts

    def discounts(self, plan, group):
        """The discounts of a call's plan with the thresholds of the one it pools with, and of its group's plan."""
        for name in (plan, self.groups[group].plan if group else ""):
            own = self.plans.get(name)
            if own is None:
                continue
            yield from ((name, row) for row in own.discounts)
            common = self.plans.get(own.pool_with)
            if common is not None:
                yield from ((common.name, row) for row in common.discounts if row.kind == "THRESHOLD")

    def root(self, plan):
        row = self.plans.get(plan)
        return plan if row is None else row.pool_with or plan

    def pool(self, name, row, call):
        for other in self.calls:
            if other["period"] != call["period"]:
                continue
            if row.pool == "ACCOUNT":
                found = other["account"] == call["account"]
            elif row.pool == "PLAN":
                found = bool(other["plan"]) and self.root(other["plan"]) == self.root(name)
            else:
                found = call["group"] != "" and other["group"] == call["group"]
            if found:
                yield other

    @staticmethod
    def reached(row, calls):
        return (
            sum(one["gross"] if row.measure == "CHARGES" else one["minutes"] * 1_000_000 for one in calls)
            >= row.reaches
        )

    def own(self, call):
        """What the call itself is priced with."""
        found = Fraction(0)
        for name, row in self.discounts(call["plan"], call["group"]):
            if row.kind == "BAND":
                holds = self.in_band(row.band, call["start"])
            else:
                before = [one for one in self.pool(name, row, call) if one["came"] <= call["start"]]
                holds = not row.retroactive and self.reached(row, before)
            found = max(found, percent(row) if holds else 0)
        return found

    def entries(self, account):
        """An account's calls by plan, group and period."""
        found = {}
        for call in self.calls:
            if call["account"] == account:
                found.setdefault((call["plan"], call["group"], call["period"]), []).append(call)
        return found

    def discount(self, entry):
        largest = Fraction(0)
        for name, row in self.discounts(entry[0]["plan"], entry[0]["group"]):
            if row.kind == "THRESHOLD" and row.retroactive and percent(row) > largest:
                largest = percent(row) if self.reached(row, self.pool(name, row, entry[0])) else largest
        taken = 0
        for own in {call["own"] for call in entry if call["own"] < largest}:
            alike = [call for call in entry if call["own"] == own]
            gross = sum(call["gross"] for call in alike)
            taken += half_up(gross * largest, CENT) - sum(call["gross"] - call["charge"] for call in alike)
        return max(taken, 0)

    def all_discounts(self):
        """By account and period, all there is."""
        found = {}
        for account in self.accounts:
            for (_, _, period), entry in self.entries(account).items():
                found[account, period] = found.get((account, period), 0) + self.discount(entry)
        return found

    # Events

    def record(self, number, start, duration_ms, came, where):
        """A call whose record comes at `came`; what the engine must say of it."""
        account, plan = self.line(number, start)
        group = self.group(account, start // 86_400_000)
        origin, destination = where
        call = {
            "account": account, "plan": plan, "group": group, "ms": duration_ms, "start": start, "came": came,
            "origin": origin, "destination": destination, "period": self.period[account],
            "minutes": -(-duration_ms // MINUTE_MS),
        }  # fmt: skip
        tariff = self.plans[plan].tariff
        call["gross"] = self.gross(tariff, call)
        call["own"] = self.own(call)
        call["charge"] = half_up(call["gross"] * (1 - call["own"]), self.finest(tariff, call))
        if not call["own"]:
            call["charge"] = call["gross"]
        before = self.all_discounts()
        self.number += 1
        call["number"] = self.number
        self.calls.append(call)
        call["adjusted"] = self.adjusted(before)
        return call

    def adjusted(self, before):
        """What discounts changed, by account; those of closed periods wait for the next bill."""
        after, found = self.all_discounts(), {}
        for (account, period), amount in after.items():
            more = amount - before.get((account, period), 0)
            if more:
                found[account] = found.get(account, 0) - more
                if period != self.period[account]:
                    self.late(account, -more)
        return {account: amount for account, amount in found.items() if amount}

    def late(self, account, amount):
        kept = self.adjustments[account]
        for place, (why, known) in enumerate(kept):
            if why == "discount of the period before":
                kept[place] = (why, known + amount)
                return
        kept.append(("discount of the period before", amount))

    # Bills

    def current(self, account):
        usage = sum(c["charge"] for c in self.calls if c["account"] == account) - self.billed[account]
        now = self.all_discounts().get((account, self.period[account]), 0)
        return usage, self.shown[account] - now

    def bill(self, account, start, to, today, untaxed):
        """The lines of a bill, each as (kind, text, quantity, amount); and its end."""
        closes = today >= to
        usage, discount = self.current(account)
        fresh = [
            c for c in self.calls if c["account"] == account and c["number"] > self.given.get(account, 0)
        ]
        found = [("USAGE", "usage", len(fresh), usage), ("DISCOUNT", "threshold", 1, discount)]
        if closes:
            found += self.recurring(account, start, to) + self.shortfall(account, to)
        found += [("ADJUSTMENT", why, 1, amount) for why, amount in self.adjustments[account]]
        if not untaxed:
            found += self.taxes(found, to - 1 if closes else today)
        total = sum(line[3] for line in found)
        found.append(("ROUNDING", "rounding", 1, half_up(total, CENT) - total))
        return [line for line in found if line[3] or line[0] == "RECURRING"]

    def billed_now(self, account, closes, to):
        """The bill was made."""
        self.given[account] = self.number
        usage, _ = self.current(account)
        self.billed[account] += usage
        self.adjustments[account] = []
        self.shown[account] = 0 if closes else self.all_discounts().get((account, self.period[account]), 0)
        if closes:
            self.period[account] = to

    def numbers_of(self, account, day):
        last = (day + 1) * 86_400_000 - 1
        return [
            self.line(row.number, last)[1]
            for row in self.rows.lines
            if row.account == account and row.effective <= day
        ]

    def recurring(self, account, start, to):
        found = []
        plans = self.numbers_of(account, to - 1)
        for row in self.rows.recurring:
            days = min(to, to if row.until is None else row.until) - max(start, row.effective)
            plan = row.owner.removeprefix("plan:") if row.owner.startswith("plan:") else None
            if days <= 0 or (plan is None and row.owner != account):
                continue
            under = len(plans) if plan is None else plans.count(plan)
            if plan is not None and not under and self.account_plan(account) != plan:
                continue
            quantity = 1 if row.per == "ACCOUNT" else under
            amount = quantity * row.amount
            if row.prorate:
                amount = half_up(Fraction(amount * days, to - start), CENT)
            found.append(("RECURRING", row.item, quantity, amount))
        return found

    def shortfall(self, account, to):
        plan = self.plans[self.account_plan(account)]
        if not plan.minimum_minutes:
            return []
        used = sum(
            call["minutes"]
            for call in self.calls
            if call["account"] == account and call["plan"] == plan.name
            and call["period"] == self.period[account]
        )  # fmt: skip
        missing = plan.minimum_minutes - used
        row = next(
            (
                row
                for row in self.rows.tariffs
                if row.tariff == plan.tariff and row.band in ("*", plan.shortfall_band)
                and row.origin == row.destination == "*"
            ),
            None,
        )  # fmt: skip
        if missing <= 0 or row is None or row.effective > to - 1:
            return []
        price = Fraction(row.next_price * MINUTE_MS, row.next_units)
        return [("SHORTFALL", plan.shortfall_band, missing, half_up(missing * price, row.round_to))]

    def taxes(self, lines, day):
        def of(*kinds):
            return sum(line[3] for line in lines if line[0] in kinds)

        usage = of("USAGE", "DISCOUNT", "SHORTFALL")
        base = {"USAGE": usage, "RECURRING": of("RECURRING"), "ALL": usage + of("RECURRING")}
        found = []
        for name in dict.fromkeys(row.tax for row in self.rows.taxes):
            rows = [row for row in self.rows.taxes if row.tax == name and row.effective <= day]
            if rows:
                row = max(rows, key=lambda one: one.effective)
                found.append(("TAX", name, 1, half_up(base[row.on] * percent(row), CENT)))
        return found
