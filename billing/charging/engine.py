"""The embedded door: rating, ledger and sessions in one process, without I/O.

`serve` takes one request at one instant: timers due before it run first, those due at it run after it. What timers
cause is collected in `lines`, in time order.

Source: charging.md 5.1, 6.2, 9.2.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from ain_scp.billing.bills.make import Maker
from ain_scp.billing.charging import events
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.features import Features
from ain_scp.billing.charging.granting import Granting
from ain_scp.billing.charging.inquiries import Inquiries
from ain_scp.billing.charging.money import UNKNOWN, Money
from ain_scp.billing.charging.records import Records
from ain_scp.billing.charging.remote import Request, approach, verdict
from ain_scp.billing.charging.results import Granted, RemoteDenied, RemoteGranted, Said, body
from ain_scp.billing.charging.running import Running
from ain_scp.billing.charging.transfers import FundsTransfers
from ain_scp.billing.events.run import Services
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.units import DAY_MS

At = Literal["switch", "application_cpu", "scp"]
_NAMING = ("account", "from_", "called", "home", "number", "requesting", "payer")
"""Fields of requests that name an account, or a line of one."""
LONGEST_RUN_MS = 10 * DAY_MS
"""How long time runs on after the last request for calls that are still open."""


class TimerLine(msgspec.Struct, frozen=True):
    """What a timer caused, at an instant and the local time it was then."""

    at_ms: int
    offset_ms: int
    event: str
    body: bytes


class Engine:
    """One partition's engine; `at` says where it sits, which changes the printed steps and no charge.

    A ledger without a past begins at `now_ms`. Without `own_timers` the switch holds the timers of calls: it asks for
    periods (`more`), cuts, and says how long a call was; the engine only lets expire what is not settled.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        charging: Charging,
        ledger: Ledger,
        *,
        at: At = "switch",
        trace: bool = False,
        now_ms: int = 0,
        own_timers: bool = True,
    ) -> None:
        self.lines: list[TimerLine] = []
        past = ledger.now_ms
        self.desk = Desk(snapshot, charging, ledger, self._emit, now_ms)
        self._transfers = FundsTransfers(self.desk, self._came_in)
        self.running = Running(self.desk, self._transfers.increment, trace=trace, own_timers=own_timers)
        self.desk.money_free = self.running.money_free
        cpu = at == "application_cpu"
        self._granting = Granting(self.desk, self.running.begin, at_cpu=cpu, trace=trace)
        self.money = Money(self.desk, self._came_in)
        self.features = Features(self.desk, self.money)
        self._records = Records(self.desk, self.running, trace=trace)
        self.inquiries = Inquiries(self.desk)
        self.bills = Maker(self.desk, self.inquiries)
        self.services = Services(self.desk)
        self._own_timers = own_timers
        self._started = False
        self._past_ms = past
        self._handlers: dict[type, Callable[[Any], Said]] = {
            events.Service: self.services.service,
            events.Query: self.services.query,
            events.OffHook: self.features.off_hook,
            events.Access: self.features.access,
            events.Display: self.features.display,
            events.Route: self.features.route,
            events.Fax: self.features.fax,
            events.Lock: self.features.lock,
            events.Balance: self.features.balance,
            events.Authorize: self._granting.authorize,
            events.Answer: self.running.answer,
            events.Release: self.running.release,
            events.More: self.running.more,
            events.Cut: self.running.cut,
            events.Remote: self._remote,
            events.Deposit: self.money.deposit,
            events.Adjust: self.money.adjust,
            events.Purchase: self.money.purchase,
            events.Usage: self.money.usage,
            events.CallConnection: self.money.connection,
            events.CallCompletion: self.money.completion,
            events.Record: self._records.record,
            events.Current: self.inquiries.current,
            events.Summary: self.inquiries.summary,
            events.Group: self.inquiries.group,
            events.Exemplary: self.inquiries.exemplary,
            events.SetupQuery: self.inquiries.setup_query,
            events.Download: self.inquiries.download,
            events.Move: self.inquiries.move,
            events.Profile: self.inquiries.profile,
            events.MakeBill: self.bills.bill,
        }

    # Requests

    def serve(self, asked: events.AnyEvent, now_ms: int, offset_ms: int = 0) -> Said:
        """Answer one request; CLOCK_BACK, and nothing is done, for one before what was already served."""
        if not self.arrive(now_ms, offset_ms):
            return Said("CLOCK_BACK")
        if self.desk.owing:
            self._touch(asked)
        said = self._handlers[type(asked)](asked)
        if said.ok and self.services.subscribed:
            self._subscribe(asked)
        self._replenish()
        return said

    def _subscribe(self, asked: events.AnyEvent) -> None:
        """Run the services that a plan has subscribed to, of an event of one of its accounts."""
        number = str(getattr(asked, "from_", ""))
        self.services.subscribe(asked, self.desk.account_of(str(getattr(asked, "account", "")), number))

    def enter(self) -> bool:
        """Before anything is looked at: what other nodes of the same ledger have decided is taken over; whether they had."""
        news = self.desk.ledger.enter()
        if news:
            self.desk.learn(news)
        return bool(news)

    def arrive(self, now_ms: int, offset_ms: int = 0) -> bool:
        """Let time pass to an instant: timers due before it run; False when that would be going back.

        An instant is not before what another node has decided: their clocks may differ by a little.
        """
        desk = self.desk
        if self.enter() or desk.learned_ms > now_ms:
            now_ms = max(now_ms, desk.learned_ms)
        if now_ms < desk.now_ms:
            desk.counters["CLOCK_BACK"] += 1
            return False
        if not self._started:
            self._start(now_ms, offset_ms)
        while self.step(now_ms):
            pass
        desk.now_ms, desk.offset_ms = now_ms, offset_ms
        return True

    def _start(self, now_ms: int, offset_ms: int) -> None:
        """The first request says where time stands; a ledger with a past continues after it."""
        self._started = True
        self.desk.offset_ms = offset_ms
        since = self._past_ms + 1 if self._past_ms else now_ms
        self._transfers.start(since + offset_ms)

    def _remote(self, asked: events.Remote) -> Said:
        """A remote call: the way to the home switch, the PIN, then an authorization charged to the home line."""
        desk = self.desk
        request = Request(asked.origin_switch, asked.home_switch, asked.complied, asked.application_cpu)
        home = desk.charging.home_switches.get(asked.home_switch)
        refused, steps = approach(request, capable=home is not None and home.capable)
        if refused:
            return Said(refused, body(RemoteDenied(tuple(steps))))
        line = desk.line(asked.home)
        account = None if line is None else desk.payer(line.account)
        reason = UNKNOWN.reason if account is None else desk.try_pin(account, asked.pin)
        if reason or line is None:
            return Said(
                reason, body(RemoteDenied((*steps, *verdict(request, pin_valid=False, approved=False))))
            )
        call = events.Authorize(
            at=asked.at,
            call=asked.call,
            from_=asked.requesting,
            called=asked.called,
            payer=f"home {asked.home}",
        )
        said = self._granting.authorize(call, line)
        steps += verdict(request, pin_valid=True, approved=said.ok)
        if not said.ok:
            return Said(said.reason, body(RemoteDenied(tuple(steps))))
        granted = msgspec.json.decode(said.body, type=Granted)
        known = desk.open_calls.get(asked.call)
        later = known.secondary_ms if known is not None and not known.free else None
        return Said("", body(RemoteGranted(tuple(steps), granted.granted_ms, granted.reserved, later)))

    # Time

    def next_timer(self) -> int | None:
        """The instant at which the engine wants to be called next."""
        call, transfer = self._call_due(), self._transfer_due()
        if call is None or transfer is None:
            return transfer if call is None else call
        return min(call, transfer)

    def next_call_timer(self) -> int | None:
        """The instant at which something is due about a call."""
        return self._call_due()

    def _call_due(self) -> int | None:
        return self.running.next_timer() if self._own_timers else self.desk.ledger.next_expiry()

    def _transfer_due(self) -> int | None:
        local = self._transfers.next_local()
        return None if local is None else local - self.desk.offset_ms

    def step(self, until_ms: int) -> bool:
        """Run the next timer when it is due before an instant; of one instant calls come before funds transfers."""
        if self._own_timers and self.running.idle_until(until_ms):
            due = self._transfer_due()
            if due is None or due >= until_ms:
                return False
        due = self.next_timer()
        if due is None or due >= until_ms:
            return False
        self.desk.now_ms = max(due, self.desk.now_ms)
        if self.desk.owing and self._settled(self.running.next_accounts()):
            return True
        if self._call_due() == due:
            (self.running.handle_timer if self._own_timers else self.running.expire)()
        else:
            self._transfers.handle()
        self._replenish()
        return True

    def finish(self) -> None:
        """Let time run on until no call is open, at most ten days."""
        end = self.desk.now_ms + LONGEST_RUN_MS + 1
        while self.desk.open_calls and self.step(end):
            pass

    # Money

    def _touch(self, asked: events.AnyEvent) -> None:
        """Before a request is served: accounts it may look at have what pools that are adjusted lazily owe them."""
        desk = self.desk
        call = desk.open_calls.get(getattr(asked, "call", ""))
        names = [] if call is None else [party.account for party in call.parties]
        names += [row.party for row in desk.charging.shares.get(getattr(asked, "share", ""), ())]
        for field in _NAMING:
            named = getattr(asked, field, "")
            line = desk.line(named) if named else None
            names += [named] if line is None else [named, line.account]
        self._settled(paying for name in dict.fromkeys(names) if (paying := desk.payer(name)) is not None)

    def _settled(self, accounts: Iterable[str]) -> bool:
        """Post what some accounts are still owed; whether anything was."""
        return sum(map(self.desk.settle, dict.fromkeys(accounts))) > 0

    def _came_in(self, account: str) -> None:
        """A payment, a transfer or a credit: remembered warnings are chosen anew, and waiting calls ask again."""
        self.running.warnings.reselect(account)
        self.running.money_free([account])

    def _replenish(self) -> None:
        """After postings: whose balance fell below what was agreed gets a funds transfer."""
        desk = self.desk
        while desk.posted:
            account = desk.posted.pop(0)
            if self._transfers.watches(account):
                self._transfers.look(account, desk.usable(account))

    def _emit(self, at_ms: int, event: str, said: bytes) -> None:
        self.lines.append(TimerLine(at_ms, self.desk.offset_ms, event, said))
