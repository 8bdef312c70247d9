"""The door of an engine in this process, held to what is durable: for the tests and benchmarks of the journal below it."""

from collections import deque

from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.events import AnyEvent
from ain_scp.billing.charging.port import DirectPort, Result
from ain_scp.billing.charging.results import Said
from ain_scp.billing.ledger.durable import DurableLedger


class EmbeddedPort:
    """The door of an engine in this process: a result leaves when everything it saw is durable."""

    def __init__(self, engine: Engine) -> None:
        self._direct = DirectPort(engine)
        self._ready: list[Result] = []
        self._held: deque[tuple[int, Result]] = deque()
        self._ticket = 0

    def begin(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> int:
        """Serve a request; its result is held until it is durable."""
        self._ticket += 1
        failed = self._direct.failed
        answer = self._direct.ask(request, now_ms, offset_ms)
        found = Result(self._ticket, answer.said, answer.timers)
        if failed:
            self._ready.append(found)
        else:
            self._give(found)
        return self._ticket

    def results(self) -> list[Result]:
        """The results that are durable, in order."""
        ledger, held = self._direct.engine.desk.ledger, self._held
        durable = ledger.journal.durable if isinstance(ledger, DurableLedger) else ledger.sequence
        while held and held[0][0] <= durable:
            self._ready.append(held.popleft()[1])
        if ledger.failed:
            held.clear()
        found, self._ready = self._ready, []
        return found

    def next_timer(self) -> int | None:
        """The instant at which the engine has something to do."""
        return self._direct.next_timer()

    def handle_timer(self, now_ms: int) -> None:
        """Run what is due up to and including an instant."""
        timers = self._direct.handle_timer(now_ms)
        if timers:
            self._give(Result(0, Said(""), timers))

    def _give(self, result: Result) -> None:
        self._held.append((self._direct.engine.desk.ledger.sequence, result))
