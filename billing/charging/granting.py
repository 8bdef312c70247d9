"""Authorization: who pays for a call, whether it may be made, and what is held for it.

Deny reasons, in the order they are looked for: KEY_REUSED, UNKNOWN_ACCOUNT, CLOSED, EXPIRED, COS, TOO_MANY_CALLS,
NO_TARIFF, NO_ROW, INSUFFICIENT. Emergency and the provider's own numbers are looked for first and never denied.

Source: charging.md 5.1; B1-001, B1-012, B1-031, B1-050.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.charging import kept
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Authorize
from ain_scp.billing.charging.figures import granted, walk
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import NOTHING, Denied, Granted, Said, body
from ain_scp.billing.charging.routines import select
from ain_scp.billing.charging.session import CPU_FIGURE, FIGURE_OF, Call, Party, State
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.durable import DISK_LOW, UNAVAILABLE
from ain_scp.billing.rating.applied import Applied, origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.usage import FULL_DAY_MS
from ain_scp.provisioning.rows_charging import LineRow
from ain_scp.terms.money import WHOLE

_KINDS: Final = {"calling": "DIRECT", "called": "COLLECT"}


class Payers(msgspec.Struct, frozen=True, gc=False):
    """Who pays for a call, by which line; or why that cannot be said."""

    parties: tuple[Party, ...] = ()
    line: LineRow | None = None
    reason: str = ""


class Granting:
    """Grants and denies; `begin` takes over a call that is granted."""

    def __init__(self, desk: Desk, begin: Callable[[Call], None], *, at_cpu: bool, trace: bool) -> None:
        self._desk = desk
        self._begin = begin
        self._at_cpu = at_cpu
        self._trace = trace

    def authorize(self, asked: Authorize, home: LineRow | None = None) -> Said:
        """Grant or deny a call; `home` is the line that a remote call is charged to."""
        content = kept.content(asked.from_, asked.called, asked.payer, asked.share, asked.features)
        known = self._known(asked.call, content)
        if self._desk.is_free(asked.called):
            return self._free(asked, content, known)
        if known is not None:
            return known
        payers = self._payers(asked, home)
        if payers.reason:
            return self._deny(asked.call, content, payers.reason)
        return self._authorize(asked, content, payers)

    def _known(self, name: str, content: bytes) -> Said | None:
        """The answer that was given under this name; KEY_REUSED when it was to another request."""
        call = self._desk.open_calls.get(name)
        if call is not None:
            return Said("", call.answer) if call.content == content else self._reused()
        found = self._desk.ledger.keys.kept.get(kept.key_of(name))
        if found is None:
            return None
        if found.content != content:
            return self._reused()
        answers = kept.decode_kept(found.answer)
        return Said(answers.reason, answers.granted)

    def _reused(self) -> Said:
        self._desk.counters["KEY_REUSED"] += 1
        return Said("KEY_REUSED")

    # Who pays

    def _payers(self, asked: Authorize, home: LineRow | None) -> Payers:
        """Parties with the same paying account are one; every one must be known."""
        desk = self._desk
        if home is None and not asked.share and asked.payer == "calling":
            line = desk.line(asked.from_)
            account = None if line is None else desk.payer(line.account)
            if account is None:
                return Payers(reason="UNKNOWN_ACCOUNT")
            return Payers((Party(account, WHOLE),), line)
        lines = {"CALLING": desk.line(asked.from_), "CALLED": desk.line(asked.called)}
        wanted = [(asked.payer, WHOLE)]
        if home is not None:
            lines, wanted = {"HOME": home}, [("HOME", WHOLE)]
        elif asked.share:
            wanted = [(row.party, row.percent) for row in desk.charging.shares.get(asked.share, ())]
        elif asked.payer in _KINDS:
            wanted = [(asked.payer.upper(), WHOLE)]
        if not wanted:
            return Payers(reason="UNKNOWN_SHARE")
        parts: dict[str, int] = {}
        for name, percent in wanted:
            line = lines.get(name)
            account = desk.payer(line.account) if line else None if name in lines else desk.payer(name)
            if account is None:
                return Payers(reason="UNKNOWN_ACCOUNT")
            parts[account] = parts.get(account, 0) + percent
        return Payers(tuple(Party(*item) for item in parts.items()), lines.get(wanted[0][0]))

    # Whether

    def _authorize(self, asked: Authorize, content: bytes, payers: Payers) -> Said:
        """What is looked at once it is known who pays."""
        desk = self._desk
        found = desk.applied(payers.line, payers.parties[0].account)
        destination = zone_of(desk.snapshot, asked.called, asked.from_)
        reason = self._in_order(payers.parties, found, destination, asked.pin)
        if reason:
            return self._deny(asked.call, content, reason)
        origin = origin_of(desk.snapshot, asked.from_, asked.called, desk.line(asked.from_))
        price = desk.price(found, origin, destination, asked.features)
        if isinstance(price, str):
            return self._deny(asked.call, content, price)
        return self._reserve(self._call(asked, content, payers.parties, found, price), price)

    def _in_order(self, parties: tuple[Party, ...], found: Applied, destination: str, pin: str | None) -> str:
        desk = self._desk
        names = [party.account for party in parties]
        for name in names:
            if desk.money(name).terms.closed:
                return "CLOSED"
        for name in names:
            if desk.expired(name):
                return "EXPIRED"
        lock = desk.lock_of(found.account)
        if lock and pin is not None:
            said = desk.try_pin(found.account, pin)
            if said:
                return "LOCKED" if said == "LOCKED" else "COS"
            lock = ""
        if not desk.charging.may_call(lock or found.cos, destination):
            return "COS"
        for name in names:
            if self._busy(name) or self._group_busy(name):
                return "TOO_MANY_CALLS"
        return ""

    def _busy(self, account: str) -> bool:
        most = self._desk.row(account).max_calls
        if most is None:
            return False
        return sum(call.state != State.UNSETTLED for call in self._desk.calls_of(account)) >= most

    def _group_busy(self, account: str) -> bool:
        """Whether the accounts that are in the account's group today have as many calls together as the group may have."""
        desk = self._desk
        charging, day = desk.charging, desk.today
        group = charging.group_at(account, day)
        row = charging.groups.get(group)
        if row is None or row.max_calls is None:
            return False
        members = {one.account for one in charging.members_of[group]}
        open_ = {
            call.id
            for member in members
            if charging.group_at(member, day) == group
            for call in desk.calls_of(member)
            if call.state != State.UNSETTLED
        }
        return len(open_) >= row.max_calls

    # What is held

    def _call(
        self, asked: Authorize, content: bytes, parties: tuple[Party, ...], found: Applied, price: CallPrice
    ) -> Call:
        desk, usage = self._desk, price.usage
        periods = price.periods
        figure = FIGURE_OF[desk.row(parties[0].account).kind]
        return Call(
            id=asked.call,
            order=desk.next_order(),
            content=content,
            calling=asked.from_,
            called=asked.called,
            parties=parties,
            tariff=usage.tariff,
            cos=usage.cos,
            origin=usage.origin,
            destination=usage.destination,
            features=usage.features,
            kind="SHARED" if len(parties) > 1 else _KINDS.get(asked.payer, "THIRD"),
            plan=found.plan,
            figure=CPU_FIGURE[figure] if self._at_cpu else figure,
            free=False,
            authorized_ms=desk.now_ms,
            offset_ms=desk.offset_ms,
            granted_ms=None if price.free else periods.initial_ms,
            initial_ms=periods.initial_ms,
            secondary_ms=periods.secondary_ms,
        )

    def _reserve(self, call: Call, price: CallPrice) -> Said:
        """Hold the price of the initial period, or of all that the balance pays for."""
        desk, first = self._desk, call.parties[0].account
        if desk.grants_balance(call) and not price.free:
            quoted = price.quote(desk.money(first).available)
            call.granted_ms = FULL_DAY_MS if quoted is None else quoted
        if call.granted_ms == 0:
            return self._deny(call.id, call.content, "INSUFFICIENT", call)
        limits = desk.limits(first)
        call.message = select(desk.usable(first), limits) if limits else -1
        held = price.charge(call.granted_ms or 0)
        call.answer = body(
            Granted(
                granted_ms=call.granted_ms,
                reserved=desk.text(held),
                message=limits[call.message].message if limits else None,
                account=first,
                steps=tuple(granted(call.figure)) if self._trace else None,
            )
        )
        draft = Draft(
            "authorize",
            desk.now_ms,
            check="GRANT",
            offset_ms=desk.offset_ms,
            holds=kept.holds(call, held, desk.charging.options),
            facts=(kept.fact(call),),
        )
        reason = desk.decide(draft).reason
        if reason:
            return self._deny(call.id, call.content, reason, call)
        desk.prices[call.id] = price
        self._begin(call)
        return Said("", call.answer)

    def _free(self, asked: Authorize, content: bytes, known: Said | None) -> Said:
        """No account is asked and nothing is timed; under a name that is taken the call is connected all the same."""
        desk = self._desk
        if known is not None:
            return known if known.ok else Said("", body(Granted(None, desk.text(0), None, None)))
        call = Call(
            id=asked.call,
            order=desk.next_order(),
            content=content,
            calling=asked.from_,
            called=asked.called,
            parties=(),
            tariff="",
            cos="",
            origin="",
            destination="",
            features=(),
            kind="FREE",
            plan="",
            figure="2b",
            free=True,
            authorized_ms=desk.now_ms,
            offset_ms=desk.offset_ms,
            answer=body(Granted(None, desk.text(0), None, None)),
        )
        desk.keep("authorize", (kept.fact(call),))
        self._begin(call)
        return Said("", call.answer)

    def _deny(self, name: str, content: bytes, reason: str, call: Call | None = None) -> Said:
        """Say no and remember that it was said; when nothing can be kept at the moment, say that alone."""
        desk = self._desk
        if reason in (UNAVAILABLE, DISK_LOW):
            return Said(reason)
        steps = tuple(walk(call.figure, sufficient=False)) if self._trace and call else None
        said = body(Denied(steps)) if steps else NOTHING
        answer = kept.encode_kept(kept.Kept(reason, said, b""))
        desk.decide(
            Draft("deny", desk.now_ms, kept.key_of(name), content, desk.keep_ms, answer=lambda: answer)
        )
        return Said(reason, said)
