"""Calls that are up: answer, periods, warnings, cut, end. The table of `session.py` says what is done in which state.

The switch's clock is the call's: lengths count from its answer. Timers that are due at one instant run call by call as
they were authorized, and of one call first the cut, then the request for a period, then the increment that begins.

Source: charging.md 5.1 to 5.3; B1-032 to B1-034, B1-078, B1-091.
"""

import heapq
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Literal

import msgspec

from ain_scp.billing.charging import kept
from ain_scp.billing.charging.counting import Effect
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Answer, Cut, More, Release
from ain_scp.billing.charging.figures import walk
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import (
    NOTHING,
    Answered,
    Ended,
    Extended,
    Said,
    TimerEnded,
    TimerWarn,
    body,
)
from ain_scp.billing.charging.routines import select
from ain_scp.billing.charging.session import (
    Call,
    CallRecord,
    State,
    action,
    detail,
    encode_call,
    record_name,
    shared,
)
from ain_scp.billing.ledger.machine import Draft
from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.billing.summaries.parameters import Counted

How = Literal["release", "cut", "unanswered", "expired"]
DISCONNECT = "DISCONNECT"


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
        self._last = Effect()
        self._trace = trace
        self._own_timers = own_timers
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
        if not call.warned:
            limits = self._desk.limits(call.parties[0].account)
            call.message, call.warned = len(limits) - 1, True
            self._warn(call, limits[-1].message if limits else DISCONNECT)

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
        waiting = {call.order: call for account in accounts for call in desk.calls_of(account)}
        for _, call in sorted(waiting.items()):
            if call.state == State.FINAL and self._extend(call):
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

    def _watched(self, call: Call) -> bool:
        """Whether anything may be said or done at the increments of this call."""
        desk = self._desk
        return call.granted_ms is not None and (
            bool(desk.limits(call.parties[0].account))
            or any(
                row.below is not None
                for party in call.parties
                for row in desk.charging.eft.get(party.account, ())
            )
        )

    def _watch(self, call: Call, after_ms: int = 0) -> None:
        """Find the first increment that begins (`up`) or has ended (`down`, `exact`) at or after a length."""
        price = self._desk.prices.get(call.id)
        if price is None or not self._watched(call):
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
        self._speak(call, begins, counted)

    def _speak(self, call: Call, begins: int, counted: int) -> None:
        """RTWMR: a later message than the last one is spoken once; one without announcement is only remembered."""
        limits = self._desk.limits(call.parties[0].account)
        if not limits:
            return
        place = select(self._basis(call, begins, counted), limits)
        if place <= call.message:
            return
        call.message = place
        spoken = limits[place].announcement is not None
        call.warned = call.warned or (spoken and limits[place].limit is None)
        self._desk.keep("warn", (kept.fact(call),))
        if spoken:
            self._warn(call, limits[place].message)

    def _basis(self, call: Call, begins: int, counted: int) -> int:
        """What a message is selected on: what is usable less the increment that begins at length `begins`."""
        desk, first = self._desk, call.parties[0].account
        usable = desk.usable(first)
        charge_at = desk.row(first).charge_at
        if charge_at == "BEFORE":
            return usable
        if charge_at == "AFTER":
            return usable - desk.part(call, first, counted)
        return usable - desk.part(call, first, counted) + desk.part(call, first, begins)

    def reselect(self, account: str) -> None:
        """After a payment the remembered message of the account's running calls is chosen anew, silently."""
        desk, limits = self._desk, self._desk.limits(account)
        changed = []
        for call in desk.calls_of(account) if limits else ():
            if call.running and call.parties[0].account == account:
                now = desk.elapsed(call)
                place = select(self._basis(call, now, now), limits)
                if place != call.message:
                    call.message = place
                    changed.append(kept.fact(call))
        if changed:
            desk.keep("reselect", tuple(changed))

    def _warn(self, call: Call, message: str) -> None:
        self._desk.emit("warn", TimerWarn(call.id, message))

    # End

    def release(self, asked: Release) -> Said:
        """Somebody hangs up; of a call that has ended the same answer again."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            return self._ended_before(asked.call)
        if action(call.state, "ended") == "settle":
            return Said(call.state)
        elapsed = self._desk.elapsed(call)
        counted = elapsed if asked.duration_ms is None or not call.running else asked.duration_ms
        return self._end(call, counted, "release")

    def cut(self, asked: Cut) -> Said:
        """An operator ends a call now; the switch does it, where the engine sits there."""
        call = self._desk.open_calls.get(asked.call)
        if call is None:
            return self._ended_before(asked.call)
        return self._end(call, self._desk.elapsed(call), "release")

    def bar(self, name: str) -> Said:
        """An operator ends a call at its next event: it gets no more time than it has paid for."""
        call = self._desk.open_calls.get(name)
        if call is None:
            return self._ended_before(name)
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
        self._last = Effect()
        self._end(call, duration_ms, "release")
        return self._last

    def expire(self) -> None:
        """Reservations that nobody settled in time go back; a call that was up waits for its record.

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
        """Whoever had a call has forgotten it: what was reported as used is posted, the rest goes back."""
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
        desk, state = self._desk, call.state
        call.state = State.UNSETTLED
        note = Fact(
            "unsettled", call.id, b"%d %d" % (desk.now_ms, desk.prices[call.id].charge(call.granted_ms or 0))
        )
        draft = Draft("expire", desk.now_ms, holds=kept.closed(call), facts=(kept.fact(call), note))
        if desk.decide(draft).reason:
            call.state = state
            return
        self.money_free([party.account for party in call.parties])

    def _ended_before(self, name: str) -> Said:
        found = self._desk.ledger.keys.kept.get(kept.key_of(name))
        if found is None:
            return Said("UNKNOWN_SESSION")
        answers = kept.decode_kept(found.answer)
        return Said(answers.reason, answers.ended or NOTHING)

    def _end(self, call: Call, duration_ms: int, how: How) -> Said:
        """Post the charge of the whole call, give the rest back, keep the record and the answer."""
        desk, before = self._desk, call.state
        closed = () if before == State.UNSETTLED else kept.closed(call)
        noted = (Fact("unsettled", call.id, None),) if before == State.UNSETTLED else ()
        granted = duration_ms if call.granted_ms is None else min(duration_ms, call.granted_ms)
        charge = 0 if call.free else desk.prices[call.id].charge(granted)
        counted = self._counted(call, duration_ms, charge)
        charge = charge if counted is None else counted.charge
        effect = desk.counting.effect(counted, desk.local_ms)
        amounts = shared(charge, call.parties) if call.parties else []
        reached = not self._own_timers and before == State.FINAL and duration_ms >= (call.granted_ms or 0)
        steps = self._steps(call, duration_ms, "cut" if reached else how)
        said: list[Ended] = []

        def answer() -> bytes:
            first = call.parties[0].account if call.parties else None
            usable = None if first is None else desk.text(desk.usable(first))
            due = effect.bill_due or None
            said.append(Ended(desk.text(charge), duration_ms, usable, steps, due))
            return kept.encode_kept(kept.Kept("", call.answer, body(said[0])))

        call.state = State.ENDED
        draft = Draft(
            "end",
            desk.now_ms,
            kept.key_of(call.id),
            call.content,
            desk.keep_ms,
            transfers=self._transfers(call, amounts) + effect.transfers,
            holds=closed,
            facts=(
                Fact("call", call.id, None),
                *noted,
                *self._records(call, amounts, duration_ms, counted),
                *effect.facts,
            ),
            answer=answer,
        )
        decision = desk.decide(draft)
        if decision.record is None:
            call.state = before
            return Said(decision.reason)
        desk.counting.done(effect)
        self._last = effect
        desk.drop_call(call)
        desk.ended[call.id] = [(party.account, record_name(call)) for party in call.parties]
        if how != "release":
            one = said[0]
            desk.emit(how, TimerEnded(call.id, one.charge, duration_ms, one.usable, steps, one.bill_due))
        self.money_free(dict.fromkeys([*(party.account for party in call.parties), *effect.adjusted]))
        return Said("", body(said[0]))

    def _counted(self, call: Call, duration_ms: int, gross: int) -> Counted | None:
        """The call as its plan and its summaries see it; None for a shared or a free one, which they do not see."""
        if call.free or len(call.parties) > 1:
            return None
        start_ms = (call.answered_ms or self._desk.now_ms) + call.offset_ms
        usage = Usage(
            call.tariff,
            start_ms,
            ((MS, duration_ms),),
            call.origin,
            call.destination,
            call.cos,
            call.features,
        )
        numbers = (call.calling, call.called)
        found = self._desk.counting.counted(
            call.parties[0].account, call.plan, usage, numbers, call.kind, gross=gross
        )
        return None if isinstance(found, str) else found

    def _transfers(self, call: Call, amounts: list[int]) -> tuple[Transfer, ...]:
        code = Code.SHARE if len(call.parties) > 1 else Code.USAGE
        return tuple(
            Transfer(customer(party.account), "revenue:usage", amount, code, call.id)
            for party, amount in zip(call.parties, amounts, strict=True)
            if amount
        )

    def _records(
        self, call: Call, amounts: list[int], duration_ms: int, counted: Counted | None
    ) -> tuple[Fact, ...]:
        """The detail use record, for each who pays."""
        if counted is not None:
            record = detail(counted, self._desk.ledger.sequence + 1, call.id)
            return (Fact(f"cdr/{counted.account}", record_name(call), encode_call(record)),)
        answered = call.answered_ms or self._desk.now_ms
        return tuple(
            Fact(
                f"cdr/{party.account}",
                record_name(call),
                encode_call(
                    CallRecord(
                        self._desk.ledger.sequence + 1,
                        call.id,
                        call.calling,
                        call.called,
                        answered + call.offset_ms,
                        duration_ms,
                        amount,
                        call.kind,
                        call.tariff,
                        call.cos,
                        party.parts,
                    )
                ),
            )
            for party, amount in zip(call.parties, amounts, strict=True)
        )

    def _steps(self, call: Call, duration_ms: int, how: How) -> tuple[str, ...] | None:
        if not self._trace or call.free:
            return None
        answered = call.running
        charges = self._desk.prices[call.id].increments(duration_ms) if answered else 0
        end: Literal["cut", "hangup"] = "cut" if how == "cut" else "hangup"
        return tuple(walk(call.figure, sufficient=True, answered=answered, charges=charges, end=end))

    # Timers

    def next_timer(self) -> int | None:
        """When the next timer is due."""
        while self._timers:
            due, order, rank, name = self._timers[0]
            call = self._desk.open_calls.get(name)
            if call is not None and call.order == order and self._due(call, rank) == due:
                return due
            heapq.heappop(self._timers)
        return None

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
        if due is not None:
            heapq.heappush(self._timers, (due, call.order, rank, call.id))
