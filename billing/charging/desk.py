"""The desk: the data set's tables over a ledger, and what both say of an account at a moment.

Everything of charging is asked through it: balances, classes of service, lines, prices, PINs. `now_ms` is the instant
of the request being served, `offset_ms` how far local time is ahead of it.

Source: charging.md 4.1, 5.1, 5.3.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import product

import msgspec

from ain_scp.billing.charging.counting import Counting
from ain_scp.billing.charging.moves import Moves
from ain_scp.billing.charging.pin import Attempts, attempt
from ain_scp.billing.charging.pricing import CallPrice, Prices
from ain_scp.billing.charging.results import body
from ain_scp.billing.charging.routines import select
from ain_scp.billing.charging.session import Call, CallRecord, State, decode_call, decode_record, shared
from ain_scp.billing.ledger.account import Account
from ain_scp.billing.ledger.decision import Decision, Draft
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import CUSTOMER, AccountChange, Fact, Record, Terms, customer
from ain_scp.billing.ledger.verbs import opening_transfers
from ain_scp.billing.plans.discounts import LAZY
from ain_scp.billing.plans.totals import ENTRY
from ain_scp.billing.rating.applied import Applied, applied
from ain_scp.billing.rating.usage import Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import AccountRow, LineRow, WarningRow
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.dialed import EMERGENCY_NUMBER
from ain_scp.terms.money import money_text
from ain_scp.terms.units import DAY_MS

Emit = Callable[[int, str, bytes], None]


class Desk:
    """One partition's accounts with the tables that say what they cost; `open_calls` by id, in order of authorization."""

    def __init__(
        self, snapshot: Snapshot, charging: Charging, ledger: Ledger, emit: Emit, now_ms: int = 0
    ) -> None:
        ledger.enter()
        self.snapshot = snapshot
        self.charging = charging
        self.ledger = ledger
        self.now_ms = max(ledger.now_ms, now_ms)
        self.learned_ms = 0
        self.offset_ms = 0
        self.counters: Counter[str] = Counter()
        self._prices = Prices(charging)
        self.prices: dict[str, CallPrice] = {}
        self.open_calls: dict[str, Call] = {}
        self.by_account: dict[str, dict[str, Call]] = {}
        self.posted: list[str] = []
        self.ended: dict[str, list[tuple[str, str]]] = {}
        self._emit = emit
        self.money_free: Callable[[Iterable[str]], None] = lambda _accounts: None
        self.moves = Moves(charging, ledger.facts)
        self._applied: dict[str, tuple[LineRow, Applied]] = {}
        self.counting = Counting(snapshot, charging, ledger)
        self._open_accounts()
        self._index_records()
        calls = [decode_call(octets) for octets in ledger.facts.get("call", {}).values()]
        for call in sorted(calls, key=lambda call: call.order):
            self.add_call(call)
        self._order = max((call.order for call in calls), default=0)

    def _open_accounts(self) -> None:
        """Open what the data set names and the ledger does not know; take over changed terms.

        An account that is new where bills were closed already begins in the period of its pools (10.1).
        """
        for row in self.charging.rows.accounts:
            name, terms = customer(row.account), self.terms_of(row)
            known = self.ledger.accounts.get(name)
            if (
                known is not None
                and known.terms.valid_until_ms is not None
                and terms.valid_until_ms is not None
            ):
                later = max(known.terms.valid_until_ms, terms.valid_until_ms)
                terms = msgspec.structs.replace(terms, valid_until_ms=later)
            if known is None or known.terms != terms:
                opening = opening_transfers(name, row.opening) if known is None else ()
                period = self._joined(row.account) if known is None else ""
                change = AccountChange(name, terms, period)
                self.ledger.enter()
                self.ledger.decide(Draft("open", self.now_ms, transfers=opening, accounts=(change,)))

    def _joined(self, account: str) -> str:
        """The period in which a new account begins: the latest that a member of its pools has begun."""
        latest = self._latest
        return max((latest.get(pool, "") for pool in self.pools_of(account)), default="") if latest else ""

    @cached_property
    def _latest(self) -> dict[tuple[str, str], str]:
        """The latest period that a member of each pool has begun, as the ledger was found."""
        found: dict[tuple[str, str], str] = {}
        for account in self.charging.accounts:
            money = self.ledger.accounts.get(customer(account))
            period = "" if money is None else money.period
            for pool in self.pools_of(account) if period else ():
                found[pool] = max(period, found.get(pool, ""))
        return found

    def pools_of(self, account: str) -> set[tuple[str, str]]:
        """The pools of several accounts that an account is a member of, whether or not it has calls there."""
        entries = self.counting.totals.of_account(account)
        lines = [self._itself(account), *self.moves.lines_of(account, self.today)]
        plans = {applied(self.charging, line, self.moves.merged).plan for line in lines}
        groups = {"", *(row.group for row in self.charging.members.get(account, ()))}
        kinds = {(entry.plan, entry.group) for entry in entries} | set(product(plans, groups))
        return {pool for kind in kinds for pool in self.counting.discounts.shared(*kind)}

    def _itself(self, account: str) -> LineRow:
        """The line of an account that is asked without one."""
        return LineRow("", account, 0, "", "", "SERVICE", "", self.row(account).where)

    def _index_records(self) -> None:
        """Where the detail use records of a call are: accounts and names, by the call's id."""
        for kind, kept in self.ledger.facts.items():
            if kind.startswith("cdr/"):
                for name in kept:
                    self.ended.setdefault(name.rpartition("@")[0], []).append((kind[4:], name))

    def learn(self, records: Sequence[Record]) -> None:
        """Take over what other nodes have decided: open calls, records of calls, totals; all else is asked of the ledger."""
        self.learned_ms = self.ledger.now_ms
        self.now_ms = max(self.now_ms, self.learned_ms)
        calls: dict[str, bytes | None] = {}
        for record in records:
            for fact in record.facts:
                if fact.kind == "call":
                    calls[fact.name] = fact.value
                elif fact.kind == ENTRY:
                    self.counting.totals.learn(fact.name, fact.value)
                elif fact.kind.startswith("cdr/") and fact.value is not None:
                    self._learn_record(fact.kind[4:], fact.name)
        for name, octets in calls.items():
            known = self.open_calls.get(name)
            if known is not None:
                self.drop_call(known)
            if octets is not None:
                call = decode_call(octets)
                self.add_call(call)
                self._order = max(self._order, call.order)

    def _learn_record(self, account: str, name: str) -> None:
        """A record of an ended call: those of an earlier call of the same id are of no more use, as in a node of its own."""
        known = self.ended.setdefault(name.rpartition("@")[0], [])
        if (account, name) not in known:
            known[:] = [one for one in known if one[1] == name] + [(account, name)]

    def records_of_call(self, call: str) -> list[tuple[str, str, CallRecord]]:
        """The detail use records of the last call of that name: account, name, record; the first party's first."""
        found = [
            (account, name, decode_record(octets))
            for account, name in self.ended.get(call, ())
            if (octets := self.ledger.facts.get(f"cdr/{account}", {}).get(name)) is not None
        ]
        last = max((name for _, name, _ in found), key=lambda name: int(name.rpartition("@")[2]), default="")
        return [one for one in found if one[1] == last]

    def terms_of(self, row: AccountRow) -> Terms:
        """The ledger's terms of an account row."""
        ends = None if row.valid_until is None else (row.valid_until + 1) * DAY_MS
        return Terms(self.charging.currency, row.credit_limit, row.overrun, ends)

    # Time, text

    @property
    def local_ms(self) -> int:
        """Local time of the request."""
        return self.now_ms + self.offset_ms

    @property
    def today(self) -> int:
        """The local date, as a day number."""
        return self.local_ms // DAY_MS

    def text(self, micros: int) -> str:
        """An amount as decimal text."""
        return money_text(micros, self.charging.digits)

    def emit(self, event: str, result: msgspec.Struct) -> None:
        """Say something that a timer caused."""
        self._emit(self.now_ms, event, body(result))

    # Deciding

    def decide(self, draft: Draft) -> Decision:
        """Have a draft decided; whose money moved is noted, for funds transfers."""
        decision = self.ledger.decide(draft)
        if decision.record is not None:
            for transfer in decision.record.transfers:
                for name in (transfer.source, transfer.target):
                    if name.startswith(CUSTOMER):
                        self.posted.append(name.removeprefix(CUSTOMER))
        return decision

    @property
    def owing(self) -> bool:
        """Whether any pool is adjusted lazily, so that accounts may be owed something."""
        return bool(self.ledger.facts.get(LAZY))

    def settle(self, account: str) -> bool:
        """Post what an account is still owed by pools that are adjusted lazily; whether anything was."""
        effect = self.counting.settlement(account) if self.owing else None
        if effect is None:
            return False
        draft = Draft("adjust", self.now_ms, transfers=effect.transfers, facts=effect.facts)
        if self.decide(draft).record is None:
            return False
        self.counting.done(effect)
        self.money_free(account for account, amount in effect.adjusted.items() if amount < 0)
        return True

    # Lines and accounts

    def is_free(self, called: str) -> bool:
        """Emergency and the provider's own numbers are free."""
        return called == EMERGENCY_NUMBER or called in self.charging.free_numbers

    def line(self, number: str, day: int | None = None) -> LineRow | None:
        """The row of a number in effect now, or at the end of a local date."""
        return self.line_at(number, self.local_ms if day is None else (day + 1) * DAY_MS - 1)

    def line_at(self, number: str, local_ms: int) -> LineRow | None:
        """The row of a number in effect at a local moment, as rows and moves have it."""
        return self.moves.line_at(number, local_ms)

    def payer(self, account: str) -> str | None:
        """The account that pays for an account; None for an unknown one."""
        row = self.charging.accounts.get(account)
        return None if row is None else self.charging.payer(account)

    def account_of(self, account: str, number: str) -> str | None:
        """The paying account a request names, by itself or by one of its lines."""
        if account:
            return self.payer(account)
        line = self.line(number) if number else None
        return None if line is None else self.payer(line.account)

    def row(self, account: str) -> AccountRow:
        """The data set's row of a known account."""
        return self.charging.accounts[account]

    def money(self, account: str) -> Account:
        """The ledger's account of a known account."""
        return self.ledger.accounts[customer(account)]

    def applied(self, line: LineRow | None, account: str) -> Applied:
        """What applies to a line, or to an account without one."""
        line = self._itself(account) if line is None else line
        found = self._of_line(line)
        if line.cos or found.account not in self.charging.limits:
            return found
        return msgspec.structs.replace(found, cos=self.limited(found.account, found.cos))

    def _of_line(self, line: LineRow) -> Applied:
        """What applies to a row, remembered while no profile has changed."""
        if self.moves.profiled:
            return applied(self.charging, line, self.moves.merged)
        known = self._applied.get(line.number)
        if known is None or known[0] is not line:
            known = self._applied[line.number] = line, applied(self.charging, line)
        return known[1]

    # Balances

    def accrued(self, account: str) -> int:
        """The charge so far of the account's running calls, its part; 0 unless it is charged DURING calls."""
        accrued = 0
        if account in self.by_account and self.row(account).charge_at == "DURING":
            for call in self.by_account[account].values():
                if call.running:
                    accrued += self.part(call, account, self.elapsed(call))
        return accrued

    def usable(self, account: str) -> int:
        """What can be spent, as the account's owner hears it."""
        money = self.money(account)
        held = money.reserved if self.row(account).charge_at == "BEFORE" else 0
        return money.posted - held - self.accrued(account) + money.terms.credit_limit

    def part(self, call: Call, account: str, duration_ms: int) -> int:
        """What an account pays of a call of some length."""
        parts = shared(self.prices[call.id].charge(duration_ms), call.parties)
        found = 0
        for place, party in enumerate(call.parties):
            if party.account == account:
                found += parts[place]
        return found

    def elapsed(self, call: Call) -> int:
        """How long a call has been up."""
        return self.now_ms - call.answered_ms if call.running else 0

    def expired(self, account: str) -> bool:
        """The last day on which the account's money may be spent is over."""
        ends = self.money(account).terms.valid_until_ms
        return ends is not None and self.local_ms >= ends

    # Classes of service

    def limited(self, account: str, own: str) -> str:
        """The account's own class as its limits change it: SECONDARY over PRIMARY."""
        money, found = self.money(account), own
        for rank in ("PRIMARY", "SECONDARY"):
            for row in self.charging.limits.get(account, ()):
                use = money.used if row.measure == "USE" else max(0, -money.posted)
                if row.rank == rank and row.limit - use <= row.threshold:
                    found = row.cos
                    break
        return found

    def lock_of(self, account: str) -> str:
        """The class the phone lock holds the account to; "" = open."""
        return self.ledger.facts.get("lock", {}).get(account, b"").decode()

    def cos_in_force(self, account: str) -> str:
        """The class of an account's calls."""
        return self.lock_of(account) or self.applied(None, account).cos

    # PINs

    def locked_out(self, account: str) -> bool:
        """Too many wrong PINs, and not long enough ago."""
        return self.now_ms < self._attempts(account).locked_until_ms

    def try_pin(self, account: str, pin: str) -> str:
        """Say "" for the right PIN, else PIN or LOCKED; what is counted is kept with the money."""
        options, before = self.charging.options, self._attempts(account)
        most, lock_ms = options.pin_attempts, options.pin_lock_s * 1000
        said, after = attempt(before, pin, self.row(account).pin, self.now_ms, most, lock_ms)
        if after != before:
            value = msgspec.msgpack.encode(after) if after != Attempts() else None
            self.keep("pin", (Fact("pin", account, value),))
        return said

    def _attempts(self, account: str) -> Attempts:
        octets = self.ledger.facts.get("pin", {}).get(account)
        return Attempts() if octets is None else msgspec.msgpack.decode(octets, type=Attempts)

    def keep(self, kind: str, facts: tuple[Fact, ...]) -> Decision:
        """Keep facts; no money moves."""
        return self.decide(Draft(kind, self.now_ms, facts=facts))

    # Prices

    def price(
        self, found: Applied, origin: str, destination: str, features: tuple[str, ...]
    ) -> CallPrice | str:
        """The price of a call that begins now, or why it has none."""
        usage = Usage(found.tariff, self.local_ms, (("ms", 0),), origin, destination, found.cos, features)
        return self._prices.of(usage)

    def call_price(self, call: Call, start_ms: int) -> CallPrice | str:
        """The price of a known call that begins at local time `start_ms`."""
        usage = Usage(
            call.tariff, start_ms, (("ms", 0),), call.origin, call.destination, call.cos, call.features
        )
        return self._prices.of(usage)

    # Warnings

    def limits(self, account: str) -> tuple[WarningRow, ...]:
        """The warnings of an account's profile; () without one."""
        return self.charging.warnings.get(self.row(account).warning, ())

    def warning(self, account: str) -> str | None:
        """CWMR: the message on what is usable now; None without a profile."""
        limits = self.limits(account)
        return limits[select(self.usable(account), limits)].message if limits else None

    # Open calls

    def next_order(self) -> int:
        """The place of the next call among those of one instant."""
        self._order += 1
        return self._order

    def grants_balance(self, call: Call) -> bool:
        """Whether the first grant is all that the balance pays for, instead of a period."""
        return self.charging.options.grant == "balance" and len(call.parties) == 1

    @property
    def keep_ms(self) -> int:
        """How long the answers of a call that has ended are kept."""
        return self.charging.options.keep_answers_s * 1000

    def add_call(self, call: Call) -> None:
        """A call is open."""
        self.open_calls[call.id] = call
        for party in call.parties:
            self.by_account.setdefault(party.account, {})[call.id] = call
        if call.free or call.id in self.prices:
            return
        start_ms = call.answered_ms if call.state != State.SETUP else call.authorized_ms
        price = self.call_price(call, start_ms + call.offset_ms)
        if isinstance(price, CallPrice):
            self.prices[call.id] = price

    def drop_call(self, call: Call) -> None:
        """A call is open no longer."""
        del self.open_calls[call.id]
        self.prices.pop(call.id, None)
        for party in call.parties:
            calls = self.by_account[party.account]
            calls.pop(call.id, None)
            if not calls:
                del self.by_account[party.account]

    def calls_of(self, account: str) -> list[Call]:
        """The open calls an account pays for, in order of authorization."""
        return list(self.by_account.get(account, {}).values())
