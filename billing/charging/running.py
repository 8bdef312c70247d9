"""Calls that are up: answer, periods, warnings, cut, end. The table of `session.py` says what is done in which state.

The switch's clock is the call's: lengths count from its answer. Timers that are due at one instant run call by call as
they were authorized, and of one call first the cut, then the request for a period, then the increment that begins.

Source: charging.md 5.1 to 5.3; B1-032 to B1-034, B1-078, B1-091.
"""

import heapq
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final

import msgspec

from ain_scp.billing.charging import kept
from ain_scp.billing.charging.counting import Effect
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.ending import Endings, How, Posted
from ain_scp.billing.charging.events import Answer, Cut, More, Release
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import (
    NOTHING,
    Answered,
    Extended,
    Said,
    body,
)
from ain_scp.billing.charging.session import (
    Call,
    State,
    action,
)
from ain_scp.billing.charging.warning import Warnings
from ain_scp.billing.ledger.decision import Draft

SPARE_TIMERS: Final = 4096
"""How many timers are kept besides those that count, and four times as many again as there are open calls."""
_NONE: Final[dict[str, Call]] = {}


class Rank(IntEnum):
    """The order of one call's timers that are due at the same time."""

    CUT = 0
    PERIOD = 1
    INCREMENT = 2
    SETUP = 3


class Running:
    """The open calls of a desk. `replenish(call, before, after)` is asked at each increment of a call charged DURING."""

    def __init__(
        self,
        desk: Desk,
        replenish: Callable[[Call, int, int], None],
        *,
        trace: bool,
        own_timers: bool = True,
    ) -> None:
        """`own_timers` False: the switch holds them, and nothing is done here before it asks."""
        self._desk = desk
        self._replenish = replenish
        self._own_timers = own_timers
        self.warnings = Warnings(desk)
        self._endings = Endings(desk, trace=trace, own_timers=own_timers)
        self._timers: list[tuple[int, int, Rank, str]] = []
        for call in desk.open_calls.values():
            self._resume(call)

    def begin(self, call: Call) -> None:
        """A call was granted: it is open, and waits for its answer."""
        self._desk.add_call(call)
        self._set(call, Rank.SETUP)

    def _resume(self, call: Call) -> None:
        """Set the timers of a call that was open when the ledger was last closed."""
        if call.begins_ms >= 0:
            self._watch(call, after_ms=self._desk.elapsed(call))
        for rank in Rank:
            self._set(call, rank)

    # Answer

    def answer(self, asked: Answer) -> Said:
        """The clock starts; what was granted is priced again by the band and the date of the answer."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            known = kept.key_of(asked.call) in self._desk.ledger.keys.kept
            return Said("", body(Answered(cut=True))) if known else Said("UNKNOWN_SESSION")
        if action(call.state, "answered") != "start":
            self._desk.counters["answered again"] += 1
            return Said("", NOTHING)
        if call.free:
            self._start(call, 0)
            return Said("", NOTHING)
        return self._price_again(call)

    def _price_again(self, call: Call) -> Said:
        """Another band or date may apply now; the difference is reserved or goes back, or the call is cut at once."""
        desk = self._desk
        before = desk.prices[call.id]
        found = desk.call_price(call, desk.local_ms)
        price = found if isinstance(found, CallPrice) else before
        held = before.charge(call.granted_ms or 0)
        if price.free:
            call.granted_ms = None
        elif call.granted_ms is None:
            call.granted_ms = call.initial_ms
        elif desk.grants_balance(call) and price.charge(call.granted_ms) > held:
            quoted = price.quote(desk.money(call.parties[0].account).available + held)
            call.granted_ms = call.granted_ms if quoted is None else min(quoted, call.granted_ms)
        desk.prices[call.id] = price
        cost = price.charge(call.granted_ms or 0)
        if call.barred or call.granted_ms == 0 or not self._start(call, cost):
            self._end(call, 0, "cut")
            return Said("", body(Answered(cut=True)))
        if cost < held:
            self.money_free([party.account for party in call.parties])
        return Said("", NOTHING)

    def _start(self, call: Call, cost: int) -> bool:
        desk = self._desk
        call.state, call.answered_ms, call.offset_ms = State.TALKING, desk.now_ms, desk.offset_ms
        self._watch(call)
        holds = kept.holds(call, cost, desk.charging.options)
        if desk.decide(
            Draft("answer", desk.now_ms, check="EXTEND", holds=holds, facts=(kept.fact(call),))
        ).reason:
            call.state = State.SETUP
            return False
        for rank in Rank:
            self._set(call, rank)
        return True

    # Periods

    def _more(self, call: Call, at_ms: int | None = None) -> None:
        """Ask for the secondary period; refused, the call is warned and ends with what is paid for."""
        if self._extend(call, at_ms):
            self._set(call, Rank.PERIOD)
            return
        call.state, call.more = State.FINAL, body(Extended(call.granted_ms, True))
        self._desk.keep("refused", (kept.fact(call),))
        self._set(call, Rank.CUT)
        self.warnings.refused(call)

    def _extend(self, call: Call, at_ms: int | None = None) -> bool:
        """Reserve one more period, all parties or none; asked for at a length of the call (now)."""
        desk, before = self._desk, msgspec.structs.replace(call)
        if call.barred:
            return False
        call.granted_ms = (call.granted_ms or 0) + call.secondary_ms
        call.asked_ms, call.state = desk.elapsed(call) if at_ms is None else at_ms, State.TALKING
        call.warned = call.warned and before.state == State.TALKING
        call.more = body(Extended(call.granted_ms, False))
        holds = kept.holds(call, desk.prices[call.id].charge(call.granted_ms), desk.charging.options)
        draft = Draft("extend", desk.now_ms, check="EXTEND", holds=holds, facts=(kept.fact(call),))
        if not desk.decide(draft).reason:
            return True
        call.granted_ms, call.asked_ms = before.granted_ms, before.asked_ms
        call.state, call.warned = before.state, before.warned
        return False

    def money_free(self, accounts: Iterable[str]) -> None:
        """Something came back or came in: calls in their last period ask again, as they were authorized."""
        desk = self._desk
        waiting: dict[int, Call] = {}
        for account in accounts:
            for call in desk.by_account.get(account, _NONE).values():
                if call.state is State.FINAL:
                    waiting[call.order] = call
        for _, call in sorted(waiting.items()):
            if call.state is State.FINAL and self._extend(call):
                self._set(call, Rank.PERIOD)
                self._set(call, Rank.INCREMENT)

    def more(self, asked: More) -> Said:
        """A switch that holds the timers asks for the next period itself."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            known = kept.key_of(asked.call) in self._desk.ledger.keys.kept
            return Said("", body(Answered(cut=True))) if known else Said("UNKNOWN_SESSION")
        if action(call.state, "period") != "extend":
            return Said(call.state)
        if asked.number is not None and asked.number <= call.number:
            return Said("", call.more) if asked.number == call.number else Said("OLD_REQUEST")
        used = self._desk.elapsed(call) if asked.used_ms is None else asked.used_ms
        call.used_ms = call.used_ms if asked.used_ms is None else max(call.used_ms, asked.used_ms)
        call.number = call.number if asked.number is None else asked.number
        if call.granted_ms is None:
            call.more = body(Extended(None, False))
            return Said(self._desk.keep("more", (kept.fact(call),)).reason, call.more)
        self._increments(call, used)
        self._more(call, used)
        said = call.more
        self._increments(call, used + 1)
        return Said("", said)

    def _increments(self, call: Call, until_ms: int) -> None:
        """What is done at the increments that have begun before a length, for a switch that holds the timers."""
        while not self._own_timers and self._due(call, Rank.INCREMENT) is not None:
            if call.begins_ms >= until_ms:
                return
            self._increment(call)

    # Warnings

    def _watch(self, call: Call, after_ms: int = 0) -> None:
        """Find the first increment that begins (`up`) or has ended (`down`, `exact`) at or after a length."""
        price = self._desk.prices.get(call.id)
        if price is None or not self.warnings.watched(call):
            call.begins_ms = -1
            return
        at: int | None = 0 if price.row.increment == "up" else price.next_end(0)
        while at is not None and at < after_ms:
            at = price.next_end(at)
        call.begins_ms = -1 if at is None else at

    def _increment(self, call: Call) -> None:
        """RTCR at an increment: funds transfers first, then RTWMR."""
        price, begins = self._desk.prices[call.id], call.begins_ms
        counted = begins + 1 if price.row.increment == "up" else begins
        end = price.next_end(begins)
        call.begins_ms = -1 if end is None else end
        self._set(call, Rank.INCREMENT)
        self._replenish(call, begins, counted)
        self.warnings.speak(call, begins, counted)

    # End

    def release(self, asked: Release) -> Said:
        """Somebody hangs up; of a call that has ended the same answer again."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            return self._endings.before(asked.call)
        if action(call.state, "ended") == "settle":
            return Said(call.state)
        elapsed = self._desk.elapsed(call)
        counted = elapsed if asked.duration_ms is None or not call.running else asked.duration_ms
        return self._end(call, counted, "release")

    def cut(self, asked: Cut) -> Said:
        """An operator ends a call now; the switch does it, where the engine sits there."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            return self._endings.before(asked.call)
        if action(call.state, "ended") == "settle":
            return Said(call.state)
        return self._end(call, self._desk.elapsed(call), "release")

    def bar(self, name: str) -> Said:
        """An operator ends a call at its next event: it gets no more time than it has paid for."""
        call = self._desk.open_calls.get(name)
        if call is None:
            return self._endings.before(name)
        call.barred = True
        self._desk.keep("bar", (kept.fact(call),))
        return Said("", NOTHING)

    def settle(self, call: Call, answered_ms: int, duration_ms: int) -> Effect:
        """The record of a call has come before its end: it says how long the call was, whatever was granted.

        What the end changed besides the call's own charge is given back; nothing when the ledger kept nothing.
        """
        desk = self._desk
        if call.state == State.SETUP:
            price = desk.call_price(call, answered_ms)
            if isinstance(price, CallPrice):
                desk.prices[call.id] = price
            call.answered_ms, call.state = answered_ms - call.offset_ms, State.TALKING
        call.granted_ms = None
        return self._post(call, duration_ms, "release").effect or Effect()

    def expire(self) -> None:
        """Reservations that were not settled in time go back; a call that was up waits for its record.

        What its switch has reported as used is posted: a report is a record.
        """
        desk = self._desk
        for name in desk.ledger.due(desk.now_ms):
            held = desk.ledger.reservations.get(name)
            call = None if held is None else desk.open_calls.get(held.link)
            if call is None:
                continue
            done = action(call.state, "expired")
            if done == "unsettle" and call.used_ms:
                self._desk.counters["expired with a report"] += 1
                self._end(call, call.used_ms, "expired")
            elif done == "unsettle":
                self._unsettle(call)
            elif done:
                self._end(call, call.granted_ms or 0 if done == "commit" else 0, "unanswered")

    def abandon(self, name: str) -> None:
        """The node that had a call has forgotten it: what was reported as used is posted, the rest goes back."""
        call = self._desk.open_calls.get(name)
        if call is None or call.state == State.UNSETTLED:
            return
        if not call.running or call.free:
            self._end(call, 0, "unanswered")
        elif call.used_ms:
            self._end(call, call.used_ms, "expired")
        else:
            self._unsettle(call)

    def _unsettle(self, call: Call) -> None:
        if self._endings.unsettle(call):
            self.money_free([party.account for party in call.parties])

    def _end(self, call: Call, duration_ms: int, how: How) -> Said:
        return self._post(call, duration_ms, how).said

    def _post(self, call: Call, duration_ms: int, how: How) -> Posted:
        """End a call; what it gives back may let others go on."""
        posted = self._endings.post(call, duration_ms, how)
        if posted.effect is not None:
            accounts = [*(party.account for party in call.parties), *posted.effect.adjusted]
            self.money_free(dict.fromkeys(accounts))
        return posted

    # Timers

    def idle_until(self, until_ms: int) -> bool:
        """Whether no timer is due before an instant; quick, where `next_timer` looks whether each still counts."""
        return not self._timers or self._timers[0][0] >= until_ms

    def next_timer(self) -> int | None:
        """When the next timer is due."""
        while self._timers:
            if self._counts(self._timers[0]):
                return self._timers[0][0]
            heapq.heappop(self._timers)
        return None

    def next_accounts(self) -> list[str]:
        """Who pays for the call of the next timer."""
        call = self._desk.open_calls.get(self._timers[0][3]) if self._timers else None
        return [] if call is None else [party.account for party in call.parties]

    def handle_timer(self) -> None:
        """Do what the next timer says; the desk's clock stands at it."""
        _, _, rank, name = heapq.heappop(self._timers)
        call = self._desk.open_calls[name]
        if rank == Rank.SETUP:
            self._end(call, 0, "unanswered")
        elif rank == Rank.CUT:
            self._end(call, call.granted_ms or 0, "cut")
        elif rank == Rank.PERIOD:
            self._more(call)
        else:
            self._increment(call)

    def _due(self, call: Call, rank: Rank) -> int | None:
        """When a timer of a call is due as things stand; None: not at all."""
        options = self._desk.charging.options
        if call.state == State.SETUP:
            return call.authorized_ms + options.setup_s * 1000 if rank == Rank.SETUP else None
        granted = call.granted_ms
        if not call.running or granted is None:
            return None
        if rank == Rank.PERIOD:
            ask = max(call.asked_ms, granted - options.warning_lead_s * 1000)
            return call.answered_ms + ask if call.state == State.TALKING else None
        if rank == Rank.CUT:
            return call.answered_ms + granted if call.state == State.FINAL else None
        over = call.state == State.FINAL and call.begins_ms >= granted
        return None if call.begins_ms < 0 or over or rank == Rank.SETUP else call.answered_ms + call.begins_ms

    def _set(self, call: Call, rank: Rank) -> None:
        due = self._due(call, rank) if self._own_timers else None
        if due is None:
            return
        heapq.heappush(self._timers, (due, call.order, rank, call.id))
        if len(self._timers) > 4 * len(self._desk.open_calls) + SPARE_TIMERS:
            self._timers = [one for one in self._timers if self._counts(one)]
            heapq.heapify(self._timers)

    def _counts(self, timer: tuple[int, int, Rank, str]) -> bool:
        """Whether a timer still belongs to a call, and is due when it says."""
        due, order, rank, name = timer
        call = self._desk.open_calls.get(name)
        return call is not None and call.order == order and self._due(call, rank) == due
