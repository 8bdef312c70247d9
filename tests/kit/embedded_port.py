"""The door of an engine in this process, held to what is durable: for the tests and benchmarks of the journal below it."""

from collections import deque

import msgspec

from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.events import AnyEvent
from ain_scp.billing.charging.port import DirectPort, Result
from ain_scp.billing.charging.results import Said
from ain_scp.billing.ledger.durable import DurableLedger


class EmbeddedPort:
    """The door of an engine in this process: a result leaves when everything it saw is durable."""

    def __init__(self, engine: Engine) -> None:
        self._direct = DirectPort(engine)
        self._ready: deque[Result] = deque()
        self._ticket = 0

    def begin(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> int:
        """Serve a request; its result is held until it is durable."""
        self._ticket += 1
        failed = not self._direct.enter() and self._direct.failed
        found = msgspec.structs.replace(self._direct.ask(request, now_ms, offset_ms), ticket=self._ticket)
        if failed:
            self._ready.append(found)
        else:
            self._give(found)
        return self._ticket

    def results(self) -> list[Result]:
        """The results that are durable, in order."""
        found = list(self._ready)
        self._ready.clear()
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
        ledger = self._direct.engine.desk.ledger
        if isinstance(ledger, DurableLedger):
            ledger.hold(lambda: self._ready.append(result))
        else:
            self._ready.append(result)
