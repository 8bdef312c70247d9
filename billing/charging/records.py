"""Records of calls that have ended: priced by their own answer, treated by flag and contract, posted whatever the balance.

A record with the id of a call that was charged live is not charged again: a difference is posted (RECONCILED); one that
comes before the call's end settles it. A record of an unknown number waits in suspense.

Source: charging.md 3.6, 5.1, 9.2, 10.1; A-227 to A-238.
"""

from typing import Final

import msgspec

from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Record
from ain_scp.billing.charging.money import request_content
from ain_scp.billing.charging.results import Recorded, Said, body
from ain_scp.billing.charging.running import Running
from ain_scp.billing.charging.session import CallRecord, Party, encode_call, shared
from ain_scp.billing.ledger.machine import Draft
from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.billing.rating.applied import Applied, origin_of
from ain_scp.billing.rating.contract import FLAGS, Circumstances, Flag, owner_of, treated
from ain_scp.billing.rating.forms import UsageFault, moment_ms
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.rate import amount
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.provisioning.rows_charging import LineRow
from ain_scp.terms.units import DAY_MS

SUSPENSE_MOST: Final = 100_000
"""Records of unknown numbers that are kept; beyond it they are refused, and counted."""


class Priced(msgspec.Struct, frozen=True):
    """What a record comes to, in micros; `disposition` None: it has no flag."""

    account: str
    plan: str
    tariff: str
    gross: int
    charge: int
    disposition: str | None


class Records:
    """The records of a desk."""

    def __init__(self, desk: Desk, running: Running) -> None:
        self._desk = desk
        self._running = running

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
        line = desk.line(asked.from_, answered // DAY_MS)
        account = None if line is None else desk.payer(line.account)
        if line is None or account is None:
            return self._suspend(asked)
        priced = self._price(asked, answered, desk.applied(line, account), line)
        return Said(priced) if isinstance(priced, str) else self._post(asked, answered, priced)

    def _price(self, asked: Record, answered: int, found: Applied, line: LineRow | None) -> Priced | str:
        desk = self._desk
        flags = tuple(flag for flag in FLAGS if flag in (asked.flag, *asked.treatments))
        if len(flags) != len({asked.flag, *asked.treatments} - {""}):
            return "FLAG"
        origin = origin_of(desk.snapshot, asked.from_, asked.called, line)
        destination = zone_of(desk.snapshot, asked.called, asked.from_)
        used = Usage(
            found.tariff, answered, ((MS, asked.duration_ms),), origin, destination, found.cos, asked.features
        )
        gross = 0 if desk.is_free(asked.called) else amount(desk.charging, used)
        return gross if isinstance(gross, str) else self._treat(asked, found, used, gross, flags)

    def _treat(
        self, asked: Record, found: Applied, used: Usage, gross: int, flags: tuple[Flag, ...]
    ) -> Priced:
        charge, disposition = gross, None
        if flags:
            about = Circumstances(
                used.start_ms // DAY_MS, used.origin, used.destination, asked.pair, asked.host, asked.class_
            )
            done = treated(
                self._desk.snapshot, owner_of(self._desk.snapshot, asked.from_), flags, gross, about
            )
            charge, disposition = done.amount, done.disposition
        return Priced(found.account, found.plan, used.tariff, gross, charge, disposition)

    def _post(self, asked: Record, answered: int, priced: Priced) -> Said:
        desk = self._desk
        sequence = desk.ledger.sequence + 1
        kept = CallRecord(
            sequence,
            asked.call,
            asked.from_,
            asked.called,
            answered,
            asked.duration_ms,
            priced.charge,
            asked.type,
            priced.tariff,
        )
        name = f"{asked.call or 'record'}@{sequence}"
        fact = Fact(f"cdr/{priced.account}", name, encode_call(kept))
        moved = _moves(priced.account, priced.charge, asked.call)
        said = self._keep(asked, moved, (fact,), self._said(answered, priced))
        if asked.call and said.ok:
            desk.ended[asked.call] = [(priced.account, name)]
        return said

    def _reconcile(self, asked: Record, answered: int) -> Said | None:
        """The record of a call that was charged live, or is being charged: the difference, by parts; None for others."""
        desk = self._desk
        call = desk.open_calls.get(asked.call)
        if call is not None and not call.free:
            self._running.settle(call, answered, asked.duration_ms)
        kept = desk.records_of_call(asked.call)
        if not kept:
            return None
        first, _, before = kept[0]
        found = Applied(first, "", before.tariff, before.cos)
        priced = self._price(asked, answered, found, desk.line(asked.from_, answered // DAY_MS))
        if isinstance(priced, str):
            return Said(priced)
        amounts = shared(priced.charge, tuple(Party(account, one.parts) for account, _, one in kept))
        moved: tuple[Transfer, ...] = ()
        facts: tuple[Fact, ...] = ()
        for (account, name, one), now in zip(kept, amounts, strict=True):
            moved += _moves(account, now - one.charge, asked.call)
            changed = msgspec.structs.replace(one, duration_ms=asked.duration_ms, charge=now)
            facts += (Fact(f"cdr/{account}", name, encode_call(changed)),)
        more = priced.charge - sum(one.charge for _, _, one in kept)
        return self._keep(asked, moved, facts, self._said(answered, priced, more))

    def _said(self, answered: int, priced: Priced, reconciled: int | None = None) -> bytes:
        desk = self._desk
        return body(
            Recorded(
                account=priced.account,
                plan=priced.plan or None,
                group=desk.charging.group_at(priced.account, answered // DAY_MS) or None,
                gross=desk.text(priced.gross),
                charge=desk.text(priced.charge),
                adjustment=desk.text(0),
                adjusted={},
                disposition=priced.disposition,
                reconciled=None if reconciled is None else desk.text(reconciled),
            )
        )

    def _suspend(self, asked: Record) -> Said:
        """Keep the record of an unknown number until somebody says whose it is."""
        if len(self._desk.ledger.facts.get("suspense", {})) >= SUSPENSE_MOST:
            self._desk.counters["suspense full"] += 1
            return Said("SUSPENSE_FULL")
        place = f"key {asked.key}" if asked.key else f"record@{self._desk.ledger.sequence + 1}"
        fact = Fact("suspense", place, msgspec.json.encode(asked))
        return self._keep(asked, (), (fact,), body(Recorded(account=None, suspense=True)))

    def _keep(self, asked: Record, moved: tuple[Transfer, ...], facts: tuple[Fact, ...], said: bytes) -> Said:
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


def _moves(account: str, more: int, link: str) -> tuple[Transfer, ...]:
    """A charge, or below 0 what is given back."""
    if not more:
        return ()
    name = customer(account)
    ends = (name, "revenue:usage") if more > 0 else ("revenue:usage", name)
    return (Transfer(*ends, abs(more), Code.USAGE, link),)
