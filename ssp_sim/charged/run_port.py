"""The door of a run's charging, which remembers what was said of each call.

Source: charging.md 6.2, 9.1 (JSON).
"""

from collections.abc import Iterable

import msgspec

from ain_scp.billing.charging import events
from ain_scp.billing.charging.engine import Engine, TimerLine
from ain_scp.billing.charging.port import DirectPort, Greeting, Result
from ain_scp.billing.charging.results import (
    BalanceNow,
    Denied,
    Ended,
    Granted,
    RemoteDenied,
    RemoteGranted,
    TimerEnded,
    TimerWarn,
)
from ain_scp.billing.ledger.durable import UNAVAILABLE
from ain_scp.terms.units import SECOND_MS


class CallCharge(msgspec.Struct):
    """What came of charging one call; amounts are decimal text, `messages` those spoken or silent, in order.

    `setup_message` is what the caller heard before the call was connected.
    """

    amount: str | None = None
    granted_s: float | None = None
    cut_s: float | None = None
    denied: str | None = None
    messages: list[str] = []
    steps: tuple[str, ...] = ()
    account: str | None = None
    setup_message: str | None = None


class RunPort(DirectPort):
    """A door that remembers; `charges` by the call's name, `balances` of those who paid when it ended."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.charges: dict[str, CallCharge] = {}
        self.balances: dict[str, dict[str, BalanceNow]] = {}

    def ask(self, request: events.AnyEvent, now_ms: int, offset_ms: int = 0) -> Result:
        """Serve a request and note what was said of its call."""
        standing = None
        if isinstance(request, events.Release):
            standing = self.standing(request.call)
        result = super().ask(request, now_ms, offset_ms)
        self.note(result.timers)
        if isinstance(request, events.Authorize | events.Remote):
            self._begun(request, result)
        elif isinstance(request, events.Release) and result.said.ok:
            ended = msgspec.json.decode(result.said.body, type=Ended)
            self._ended(request.call, ended)
            if standing is not None and standing.final and ended.duration_ms == standing.granted_ms:
                self._of(request.call).cut_s = ended.duration_ms / SECOND_MS
        return result

    def greeting(self, call: str, calling: str, called: str) -> Greeting:
        """What goes out with the set-up, noted."""
        found = super().greeting(call, calling, called)
        if found.announcement is not None:
            self._of(call).setup_message = found.text
        return found

    def next_timer(self) -> int | None:
        """That of calls; a run does not wait for the payments of next month."""
        return None if self.down else self.engine.next_call_timer()

    def handle_timer(self, now_ms: int) -> tuple[TimerLine, ...]:
        """Let time pass, and note what that caused."""
        timers = super().handle_timer(now_ms)
        self.note(timers)
        return timers

    def note(self, timers: tuple[TimerLine, ...]) -> None:
        """Remember warnings and cuts."""
        for line in timers:
            if line.event == "warn":
                warned = msgspec.json.decode(line.body, type=TimerWarn)
                self._of(warned.call).messages.append(warned.message)
            elif line.event in ("cut", "unanswered", "expired"):
                ended = msgspec.json.decode(line.body, type=TimerEnded)
                found = self._of(ended.call)
                if line.event == "cut":
                    found.cut_s = ended.duration_ms / SECOND_MS
                self._ended(ended.call, Ended(ended.charge, ended.duration_ms, ended.usable, ended.steps))

    def balance(self, account: str) -> BalanceNow | None:
        """An account as it stands."""
        desk = self.engine.desk
        if account not in desk.charging.accounts:
            return None
        said = self.engine.features.balance(events.Balance(at="", account=account))
        return msgspec.json.decode(said.body, type=BalanceNow) if said.ok else None

    def _of(self, call: str) -> CallCharge:
        return self.charges.setdefault(call, CallCharge())

    def _begun(self, request: events.Authorize | events.Remote, result: Result) -> None:
        found, said = self._of(request.call), result.said
        remote = isinstance(request, events.Remote)
        if not said.ok:
            found.denied = said.reason
            kind: type[RemoteDenied | Denied] = RemoteDenied if remote else Denied
            found.steps = msgspec.json.decode(said.body, type=kind).steps or ()
            line = self.engine.desk.line(
                request.requesting if isinstance(request, events.Remote) else request.from_
            )
            if line is not None and not self.down:
                self._balances(request.call, [line.account])
            return
        if isinstance(request, events.Remote):
            granted = msgspec.json.decode(said.body, type=RemoteGranted)
            found.steps, length = granted.steps, granted.granted_ms
        else:
            plain = msgspec.json.decode(said.body, type=Granted)
            found.steps, length = plain.steps or (), plain.granted_ms
            found.messages += [plain.message] if plain.message is not None else []
        found.granted_s = None if length is None else length / SECOND_MS
        found.account = self.account_of(request.call)

    def _ended(self, call: str, ended: Ended) -> None:
        found = self._of(call)
        found.amount = ended.charge
        remote = found.steps[:1] == ("6000",)
        found.steps = found.steps if remote else ended.steps or found.steps
        self._balances(call, [account for account, _ in self.engine.desk.ended.get(call, ())])

    def _balances(self, call: str, accounts: Iterable[str]) -> None:
        found = {name: balance for name in accounts if (balance := self.balance(name)) is not None}
        self.balances[call] = found

    def unheard(self, call: str) -> None:
        """A set-up message came too late to be played."""
        self._of(call).setup_message = None

    def missed(self, call: str) -> None:
        """A call was refused because no charge processor answered."""
        self._of(call).denied = UNAVAILABLE
