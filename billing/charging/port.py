"""The door of charging: requests go in, results come out when they may leave.

A result of the embedded engine leaves when everything it saw is durable; of a charge processor elsewhere it comes when
that answers. The users of the door (the simulator's switch, the SCP, a command) see nothing else.

Source: charging.md 6.2, decision 7.
"""

from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

from ain_scp.billing.charging.engine import Engine, TimerLine
from ain_scp.billing.charging.events import AnyEvent, Authorize, More, Remote
from ain_scp.billing.charging.results import Extended, Granted, Said, body
from ain_scp.billing.charging.session import State
from ain_scp.billing.charging.warning import DISCONNECT
from ain_scp.billing.ledger.durable import DISK_LOW, UNAVAILABLE
from ain_scp.billing.summaries.handset import display_text
from ain_scp.terms.units import DAY_MS

DISCONNECT_WARNING: Final = "DISCONNECT_WARNING"
SETUP_MESSAGE: Final = "SETUP_MESSAGE"
_CAUSES: Final[dict[str, str]] = {
    "COS": "COS_DENIED",
    "LOCKED": "LOCKED",
    "PIN": "PIN_DENIED",
    UNAVAILABLE: "CHARGING_UNAVAILABLE",
    DISK_LOW: "CHARGING_UNAVAILABLE",
}


def denial(reason: str) -> str:
    """The cause in announcements.csv that is spoken for a deny reason."""
    return _CAUSES.get(reason, "CREDIT_DENIED")


class Result(msgspec.Struct, frozen=True, gc=False):
    """The answer to one request, or (ticket 0) what timers caused."""

    ticket: int
    said: Said
    timers: tuple[TimerLine, ...] = ()


class CallTerms(msgspec.Struct, frozen=True):
    """What is agreed about a call besides its numbers: its name, who pays, what the caller keys.

    `home` is the line a remote call is charged to, `switch` the one the call began at.
    """

    call: str
    payer: str = "calling"
    share: str = ""
    pin: str | None = None
    features: tuple[str, ...] = ()
    home: str = ""
    switch: str = ""
    application_cpu: bool = False


class Grant(msgspec.Struct, frozen=True):
    """What any authorization that is granted says: for how long (None: no bound), what is said first, whose balance it is."""

    granted_ms: int | None
    message: str | None = None
    account: str | None = None


class Greeting(msgspec.Struct, frozen=True):
    """What goes out with the set-up of a granted call.

    The announcement that speaks the set-up message (None: none does), its variable data and the words; what the caller's
    handset downloads ("" = nothing).
    """

    announcement: int | None = None
    contents: str = ""
    text: str = ""
    display: str = ""


class Standing(msgspec.Struct, frozen=True):
    """An open call: how long it may last (None: no bound), whether it gets no more, whether its clock runs.

    `used_ms` is what was reported as used, `number` the last numbered request.
    """

    granted_ms: int | None
    final: bool
    running: bool
    used_ms: int
    number: int


class Report(msgspec.Struct, frozen=True):
    """What a switch says about one of its calls, at an instant of its clock (ns).

    `number` counts its requests for periods, `talked_ms` is how long the call has been up.
    """

    kind: Literal["off_hook", "authorize", "answer", "more", "release"]
    call: str
    calling: str
    called: str
    now: int
    number: int = 0
    talked_ms: int = 0
    switch: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What a switch is told: whether, for how long (None: no bound), whether that is all, and the announcement to play.

    `greeting` comes with the answer to an authorization.
    """

    ok: bool = True
    granted_ms: int | None = None
    final: bool = False
    cut: bool = False
    announcement: int | None = None
    greeting: Greeting | None = None


class Processor(Protocol):
    """Who charges the calls of a switch: an engine in it, or an application CPU to which it talks.

    `holds_timers`: it says by itself when a call is warned and cut, by `warn` (call, announcement) and `cut` (call, ms
    talked, now), which the switch puts in place.
    """

    holds_timers: bool
    warn: Callable[[str, int], None]
    cut: Callable[[str, int, int], None]

    def minds(self, report: Report) -> bool:
        """Whether a call is charged at all."""

    def ask(self, report: Report, then: Callable[[Reply, int], None]) -> None:
        """Report; `then` is called with what to do, now or later."""


class ChargePort(Protocol):
    """What every door of charging does."""

    def begin(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> int:
        """Hand a request over; the ticket under which its result comes."""

    def results(self) -> list[Result]:
        """The results that may leave now, in order."""

    def next_timer(self) -> int | None:
        """The instant at which `handle_timer` wants to be called."""

    def handle_timer(self, now_ms: int) -> None:
        """Let time pass to an instant."""


class DirectPort:
    """The door of an engine in this process whose results come at once.

    What runs it lets nothing out that a result has caused before that is durable. `down` says that the charge processor is
    dead. Then, and when the journal has failed, free numbers and postpaid accounts may call, no others; such a call is
    charged by its record, when that comes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.down = False

    def ask(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> Result:
        """Serve a request."""
        if not self.enter():
            return Result(0, self._without_ledger(request))
        said = self.engine.serve(request, now_ms, offset_ms)
        return Result(0, said, self.timers())

    def enter(self) -> bool:
        """Whether something can be decided; where several nodes share a ledger, by this one alone from now on."""
        if self.down or self.failed:
            return False
        self.engine.enter()
        return not self.failed

    def next_timer(self) -> int | None:
        """The instant at which the engine has something to do."""
        return None if self.down or self.failed else self.engine.next_timer()

    def handle_timer(self, now_ms: int) -> tuple[TimerLine, ...]:
        """Run what is due up to and including an instant; what that caused. What cannot be kept now is tried again later."""
        self.enter()
        ledger, before = self.engine.desk.ledger, None
        while not self.down and not self.failed and self.engine.step(now_ms + 1):
            now = ledger.sequence, self.engine.next_timer()
            if now == before:
                break
            before = now
        return self.timers()

    def timers(self) -> tuple[TimerLine, ...]:
        """What timers caused since the last time this was asked."""
        if not self.engine.lines:
            return ()
        found, self.engine.lines = self.engine.lines, []
        return tuple(found)

    @property
    def lead_ms(self) -> int:
        """How long before the end of what is paid for the next period is asked for."""
        return self.engine.desk.charging.options.warning_lead_s * 1000

    def asks(self, called: str) -> bool:
        """Whether a called number asks for money at all."""
        return not self.engine.desk.is_free(called)

    def charged(self, terms: CallTerms, calling: str, called: str, local_ms: int) -> bool:
        """Whether an account pays for a call: that of its line, or the one named."""
        desk, day = self.engine.desk, local_ms // DAY_MS
        if terms.home or terms.share or terms.payer not in ("calling", "called"):
            return True
        line = desk.line(called if terms.payer == "called" else calling, day)
        return line is not None and desk.payer(line.account) is not None

    def fails_open(self, calling: str, local_ms: int) -> bool:
        """Whether a line may call while the charge processor is dead."""
        desk = self.engine.desk
        line = desk.line(calling, local_ms // DAY_MS)
        account = None if line is None else desk.payer(line.account)
        return account is None or desk.row(account).fail == "open"

    def announcement(self, account: str | None, message: str | None) -> int | None:
        """The number of the announcement that speaks a message of an account's profile; None: silent."""
        if account is None or message is None:
            return None
        limits = self.engine.desk.limits(account)
        found = next((row.announcement for row in limits if row.message == message), None)
        if found is None and not limits and message == DISCONNECT:
            return self.cause(DISCONNECT_WARNING)
        return found

    def cause(self, name: str) -> int | None:
        """The number of the network's announcement for a cause."""
        row = self.engine.desk.snapshot.announcements.get(name)
        return None if row is None else row.id

    def greeting(self, call: str, calling: str, called: str) -> Greeting:
        """What goes out with the set-up of a call that was granted just now; nothing while there is no ledger to ask."""
        if self.down or self.failed:
            return Greeting()
        inquiries, known = self.engine.inquiries, self.engine.desk.open_calls.get(call)
        own = known if known is not None and known.kind == "DIRECT" and len(known.parties) == 1 else None
        given = inquiries.handset(calling, called) if own is None else inquiries.given(own)
        number = self.cause(SETUP_MESSAGE)
        said = None if number is None else inquiries.spoken(calling, own)
        display = "" if given is None else display_text(given)
        return (
            Greeting(display=display) if said is None else Greeting(number, said.contents, said.text, display)
        )

    def standing(self, call: str) -> Standing | None:
        """How an open call stands, and at other nodes of the ledger stood; None for one that is not open."""
        self.enter()
        found = self.engine.desk.open_calls.get(call)
        return (
            None
            if found is None
            else Standing(
                found.granted_ms, found.state == State.FINAL, found.running, found.used_ms, found.number
            )
        )

    def rounds_up(self, call: str) -> bool:
        """Whether a started increment of an open call counts; a timer is then never longer than what is paid for."""
        price = self.engine.desk.prices.get(call)
        return price is None or price.row.increment == "up"

    def line_account(self, number: str, local_ms: int) -> str | None:
        """The account that pays for a line."""
        line = self.engine.desk.line(number, local_ms // DAY_MS)
        return None if line is None else self.engine.desk.payer(line.account)

    def account_of(self, call: str) -> str | None:
        """The first party of an open call."""
        found = self.engine.desk.open_calls.get(call)
        return None if found is None or not found.parties else found.parties[0].account

    def parties(self, call: str) -> list[str]:
        """The accounts that pay for a call, open or ended."""
        found = self.engine.desk.open_calls.get(call)
        if found is not None:
            return [party.account for party in found.parties]
        return [account for account, _ in self.engine.desk.ended.get(call, ())]

    def request(self, terms: CallTerms, at: str, calling: str, called: str) -> AnyEvent:
        """The request that a call begins with."""
        if not terms.home:
            return Authorize(
                at=at,
                call=terms.call,
                from_=calling,
                called=called,
                payer=terms.payer,
                share=terms.share,
                pin=terms.pin,
                features=terms.features,
            )
        line = self.engine.desk.charging.lines.get(terms.home, ())
        return Remote(
            at=at,
            call=terms.call,
            requesting=calling,
            home=terms.home,
            pin=terms.pin or "",
            called=called,
            origin_switch=terms.switch or "-",
            home_switch=line[-1].switch if line and line[-1].switch else "-",
            complied=terms.pin is not None,
            application_cpu=terms.application_cpu,
        )

    @property
    def failed(self) -> bool:
        """Memory is ahead of the disk: nothing that it says may leave."""
        return self.engine.desk.ledger.failed

    def _without_ledger(self, request: AnyEvent) -> Said:
        """What is said while nothing can be kept."""
        desk = self.engine.desk
        if isinstance(request, More):
            call = desk.open_calls.get(request.call)
            closed = call is None or any(desk.row(party.account).fail == "closed" for party in call.parties)
            return Said(UNAVAILABLE) if closed else Said("", body(Extended(None, False)))
        if not isinstance(request, Authorize):
            return Said(UNAVAILABLE)
        if desk.is_free(request.called):
            return Said("", body(Granted(None, desk.text(0), None, None)))
        own = request.payer == "calling" and not request.share
        account = desk.account_of("", request.from_) if own else None
        if account is None or desk.row(account).fail == "closed":
            return Said(UNAVAILABLE)
        return Said("", body(Granted(None, desk.text(0), None, account)))
