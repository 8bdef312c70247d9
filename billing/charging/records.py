"""Records of calls that have ended: priced by their own answer, treated by flag and contract, posted whatever the balance.

A record with the id of a call that was charged live is not charged again: a difference is posted (RECONCILED); one that
comes before the call's end settles it. A record of an unknown number waits in suspense, and so does one that has no price.

Source: charging.md 3.6, 5.1, 9.2, 10.1; A-227 to A-238.
"""

from typing import Final

import msgspec

from ain_scp.billing.charging.counting import Effect
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Record
from ain_scp.billing.charging.money import request_content
from ain_scp.billing.charging.results import Recorded, Said, Stores, body
from ain_scp.billing.charging.running import Running
from ain_scp.billing.charging.session import Party, counted_before, detail, encode_call, shared
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.billing.rating.applied import Applied, origin_of
from ain_scp.billing.rating.contract import FLAGS, Circumstances, Flag, owner_of, treated
from ain_scp.billing.rating.forms import UsageFault, moment_ms
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.billing.summaries.parameters import Counted
from ain_scp.provisioning.rows_charging import LineRow

SUSPENSE: Final = "suspense"
ASSIGNED: Final = "assigned "
"""What the key of a record begins with that is rated out of suspense."""
UNPRICED: Final = frozenset({"NO_TARIFF", "NO_ROW"})
SUSPENSE_MOST: Final = 100_000
"""Records without a known number or a price that are kept; beyond it they are refused, and counted."""
_STORES: Final = {
    "1": Stores(ama="CDD", priced="CDD", summary="SD"),
    "1SD": Stores(ama="CDD", priced="SD", summary="SD"),
    "3": Stores(ama="CDD", priced="CDD", summary="SD"),
    "4": Stores(ama="RC", priced="RC", summary="SD"),
}
"""Where a layout keeps the AMA record, the priced call and the summary; nothing else depends on it (B2-010, B5-011)."""


class Priced(msgspec.Struct, frozen=True):
    """What a record comes to; `disposition` None: it has no flag."""

    call: Counted
    disposition: str | None


def together(one: Effect, more: Effect) -> Effect:
    """What is said of two effects of one record: adjustments added up, and whether a bill is due."""
    accounts = dict.fromkeys([*one.adjusted, *more.adjusted])
    sums = {name: one.adjusted.get(name, 0) + more.adjusted.get(name, 0) for name in accounts}
    adjusted = {name: amount for name, amount in sums.items() if amount}
    return Effect(adjusted=adjusted, bill_due=one.bill_due or more.bill_due)


class Records:
    """The records of a desk."""

    def __init__(self, desk: Desk, running: Running, *, trace: bool) -> None:
        self._desk = desk
        self._running = running
        self._trace = trace

    def record(self, asked: Record) -> Said:
        """Price and post one record."""
        desk = self._desk
        if asked.key:
            known = desk.ledger.repeat(f"key:{asked.key}", request_content(asked))
            if known is not None:
                return Said(known.reason, known.answer or b"{}")
        try:
            answered = moment_ms(asked.answer) if asked.answer else desk.local_ms
        except UsageFault:
            return Said("DATE")
        live = self._reconcile(asked, answered) if asked.call else None
        if live is not None:
            return live
        line = desk.line_at(asked.from_, answered)
        account = None if line is None else desk.payer(line.account)
        if line is None or account is None:
            return self._suspend(asked)
        priced = self._price(asked, answered, desk.applied(line, account), line)
        return self._unpriced(asked, priced) if isinstance(priced, str) else self._post(asked, priced)

    def _unpriced(self, asked: Record, reason: str) -> Said:
        """Refuse a record; without a tariff or a row it waits, until it is sent again or assigned (3.2)."""
        kept = self._desk.ledger.facts.get(SUSPENSE, {})
        place = self._place(asked)
        if reason not in UNPRICED or place in kept or asked.key.removeprefix(ASSIGNED) in kept:
            return Said(reason)
        if len(kept) >= SUSPENSE_MOST:
            self._desk.counters["suspense full"] += 1
        else:
            self._desk.keep("suspense", (Fact(SUSPENSE, place, msgspec.json.encode(asked)),))
        return Said(reason)

    def _place(self, asked: Record) -> str:
        return f"key {asked.key}" if asked.key else f"record@{self._desk.ledger.sequence + 1}"

    def _price(
        self,
        asked: Record,
        answered: int,
        found: Applied,
        line: LineRow | None,
        percent: int | None = None,
    ) -> Priced | str:
        """Price a record by its plan, or by flag and contract; `percent` is its own discount where that is known."""
        desk = self._desk
        flags = _flags(asked)
        if len(flags) != len({asked.flag, *asked.treatments} - {""}):
            return "FLAG"
        origin = origin_of(desk.snapshot, asked.from_, asked.called, line)
        destination = zone_of(desk.snapshot, asked.called, asked.from_)
        used = Usage(
            found.tariff, answered, ((MS, asked.duration_ms),), origin, destination, found.cos, asked.features
        )
        call = desk.counting.counted(
            found.account,
            found.plan,
            used,
            (asked.from_, asked.called),
            asked.type,
            gross=0 if desk.is_free(asked.called) else None,
            percent=0 if flags else percent,
        )
        return call if isinstance(call, str) else self._treat(asked, call, flags)

    def _treat(self, asked: Record, call: Counted, flags: tuple[Flag, ...]) -> Priced:
        if not flags:
            return Priced(call, None)
        about = Circumstances(call.day, call.origin, call.destination, asked.pair, asked.host, asked.class_)
        snapshot = self._desk.snapshot
        done = treated(snapshot, owner_of(snapshot, asked.from_), flags, call.gross, about)
        return Priced(msgspec.structs.replace(call, charge=done.amount), done.disposition)

    def _post(self, asked: Record, priced: Priced) -> Said:
        desk, call = self._desk, priced.call
        sequence = desk.ledger.sequence + 1
        kept = detail(call, sequence, asked.call, flag=",".join(_flags(asked)))
        name = f"{asked.call or 'record'}@{sequence}"
        facts: tuple[Fact, ...] = (Fact(f"cdr/{call.account}", name, encode_call(kept)),)
        if self._place(asked) in desk.ledger.facts.get(SUSPENSE, {}):
            facts += (Fact(SUSPENSE, self._place(asked), None),)
        moved = _moves(call.account, call.charge, asked.call)
        counted = None if priced.disposition else call
        said = self._keep(asked, priced, moved, facts, desk.counting.effect(counted, desk.local_ms))
        if asked.call and said.ok:
            desk.ended[asked.call] = [(call.account, name)]
        return said

    def _reconcile(self, asked: Record, answered: int) -> Said | None:
        """The record of a call that was charged live, or is being charged: the difference, by parts; None for others."""
        desk = self._desk
        call = desk.open_calls.get(asked.call)
        settled = Effect()
        if call is not None and not call.free:
            settled = self._running.settle(call, answered, asked.duration_ms)
        kept = desk.records_of_call(asked.call)
        if not kept:
            return None
        first, _, before = kept[0]
        found = Applied(first, before.plan, before.tariff, before.cos)
        priced = self._price(asked, answered, found, desk.line_at(asked.from_, answered), before.percent)
        if isinstance(priced, str):
            return Said(priced)
        now = priced.call
        amounts = shared(now.charge, tuple(Party(account, one.parts) for account, _, one in kept))
        moved: tuple[Transfer, ...] = ()
        facts: tuple[Fact, ...] = ()
        for (account, name, one), amount in zip(kept, amounts, strict=True):
            moved += _moves(account, amount - one.charge, asked.call)
            changed = msgspec.structs.replace(
                one,
                duration_ms=asked.duration_ms,
                charge=amount,
                gross=now.gross,
                percent=now.percent,
                rows=now.rows,
                flag=",".join(_flags(asked)),
            )
            facts += (Fact(f"cdr/{account}", name, encode_call(changed)),)
        was = counted_before(first, before)
        counted = None if priced.disposition or was is None else now
        effect = desk.counting.effect(counted, desk.local_ms, was)
        more = now.charge - sum(one.charge for _, _, one in kept)
        return self._keep(asked, priced, moved, facts, effect, more, settled)

    def _said(self, priced: Priced, effect: Effect, reconciled: int | None) -> bytes:
        desk, call = self._desk, priced.call
        adjusted = {account: desk.text(amount) for account, amount in effect.adjusted.items()}
        adjustment = ("210",) if adjusted else ()
        return body(
            Recorded(
                account=call.account,
                plan=call.plan or None,
                group=call.group or None,
                gross=desk.text(call.gross),
                charge=desk.text(call.charge),
                adjustment=desk.text(effect.adjusted.get(call.account, 0)),
                adjusted=adjusted,
                bill_due=effect.bill_due or None,
                disposition=priced.disposition,
                reconciled=None if reconciled is None else desk.text(reconciled),
                steps=("202", "204", "206", "208", *adjustment, "212") if self._trace else None,
                stores=_STORES[desk.charging.options.layout] if self._trace else None,
            )
        )

    def _suspend(self, asked: Record) -> Said:
        """Keep the record of an unknown number until somebody says whose it is."""
        if len(self._desk.ledger.facts.get(SUSPENSE, {})) >= SUSPENSE_MOST:
            self._desk.counters["suspense full"] += 1
            return Said("SUSPENSE_FULL")
        fact = Fact(SUSPENSE, self._place(asked), msgspec.json.encode(asked))
        return self._decide(asked, (), (fact,), body(Recorded(account=None, suspense=True)))

    def _keep(
        self,
        asked: Record,
        priced: Priced,
        moved: tuple[Transfer, ...],
        facts: tuple[Fact, ...],
        effect: Effect,
        reconciled: int | None = None,
        settled: Effect | None = None,
    ) -> Said:
        """Post a record and all it changes; calls that wait for money are asked again where a discount brought some."""
        said = self._decide(
            asked,
            moved + effect.transfers,
            facts + effect.facts,
            self._said(priced, effect if settled is None else together(settled, effect), reconciled),
        )
        if said.ok:
            self._desk.counting.done(effect)
            self._running.money_free([name for name, amount in effect.adjusted.items() if amount < 0])
        return said

    def _decide(
        self, asked: Record, moved: tuple[Transfer, ...], facts: tuple[Fact, ...], said: bytes
    ) -> Said:
        desk = self._desk
        draft = Draft(
            "record",
            desk.now_ms,
            f"key:{asked.key}" if asked.key else "",
            request_content(asked) if asked.key else b"",
            transfers=moved,
            facts=facts,
            answer=lambda: said,
        )
        decision = desk.decide(draft)
        return Said(decision.reason, decision.answer or b"{}")


def _flags(asked: Record) -> tuple[Flag, ...]:
    """The treatments of a record, each once, in one order."""
    return tuple(flag for flag in FLAGS if flag in (asked.flag, *asked.treatments))


def _moves(account: str, more: int, link: str) -> tuple[Transfer, ...]:
    """A charge, or below 0 what is given back."""
    if not more:
        return ()
    name = customer(account)
    ends = (name, "revenue:usage") if more > 0 else ("revenue:usage", name)
    return (Transfer(*ends, abs(more), Code.USAGE, link),)
