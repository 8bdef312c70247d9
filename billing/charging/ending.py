"""The end of a call: its charge is posted, the rest given back, its record and its answer kept, in one record of the ledger.

Source: charging.md 5.1 ("At the end"); B1-034, B1-079.
"""

from typing import Literal

import msgspec

from ain_scp.billing.charging import kept
from ain_scp.billing.charging.counting import Effect
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.figures import walk
from ain_scp.billing.charging.results import NOTHING, Ended, Said, TimerEnded, body
from ain_scp.billing.charging.session import Call, CallRecord, State, detail, encode_call, record_name, shared
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.billing.summaries.parameters import Counted

How = Literal["release", "cut", "unanswered", "expired"]


class Posted(msgspec.Struct, frozen=True):
    """What is said of an end, and what it changed besides the call's own charge (None: nothing was kept)."""

    said: Said
    effect: Effect | None = None


class Endings:
    """The ends of a desk's calls. `own_timers` False: the switch holds them, and what lasted as long as it was granted was cut."""

    def __init__(self, desk: Desk, *, trace: bool, own_timers: bool) -> None:
        self._desk = desk
        self._trace = trace
        self._own_timers = own_timers

    def before(self, name: str) -> Said:
        """The answer of a call that has ended, once more."""
        found = self._desk.ledger.keys.kept.get(kept.key_of(name))
        if found is None:
            return Said("UNKNOWN_SESSION")
        answers = kept.decode_kept(found.answer)
        return Said(answers.reason, answers.ended or NOTHING)

    def unsettle(self, call: Call) -> bool:
        """What was held goes back, and the call waits for its record; whether that was kept."""
        desk, state = self._desk, call.state
        call.state = State.UNSETTLED
        note = Fact(
            "unsettled", call.id, b"%d %d" % (desk.now_ms, desk.prices[call.id].charge(call.granted_ms or 0))
        )
        draft = Draft("expire", desk.now_ms, holds=kept.closed(call), facts=(kept.fact(call), note))
        if desk.decide(draft).reason:
            call.state = state
            return False
        return True

    def post(self, call: Call, duration_ms: int, how: How) -> Posted:
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
        said = Ended(desk.text(charge), duration_ms, None, steps, effect.bill_due or None)
        octets = NOTHING

        def answer() -> bytes:
            nonlocal said, octets
            if call.parties:
                usable = desk.text(desk.usable(call.parties[0].account))
                said = Ended(said.charge, duration_ms, usable, steps, said.bill_due)
            octets = body(said)
            return kept.encode_kept(kept.Kept("", call.answer, octets))

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
            return Posted(Said(decision.reason))
        desk.counting.done(effect)
        desk.drop_call(call)
        desk.ended[call.id] = [(party.account, record_name(call)) for party in call.parties]
        if how != "release":
            desk.emit(how, TimerEnded(call.id, said.charge, duration_ms, said.usable, steps, said.bill_due))
        return Posted(Said("", octets), effect)

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
        rows = self._desk.prices[call.id].reckoned(duration_ms)
        found = self._desk.counting.counted(
            call.parties[0].account, call.plan, usage, numbers, call.kind, gross=gross, reckoned=rows
        )
        return None if isinstance(found, str) else found

    def _transfers(self, call: Call, amounts: list[int]) -> tuple[Transfer, ...]:
        code = Code.SHARE if len(call.parties) > 1 else Code.USAGE
        return tuple(
            [
                Transfer(customer(call.parties[place].account), "revenue:usage", amount, code, call.id)
                for place, amount in enumerate(amounts)
                if amount
            ]
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
