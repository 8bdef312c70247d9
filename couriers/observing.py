"""What a collector sees of its sources while it runs: outcomes of lines, drift of clocks, silence.

Every line is read with its layout as it is stored, for the counts alone: what is delivered does not depend on it. Labels
and texts never hold a number.

Source: C-010, C-016; Prometheus text exposition format 0.0.4.
"""

import asyncio
import statistics
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final

from ain_scp.tickets.call import Event, Heading, Quarantined
from ain_scp.tickets.collector.gaps import Gaps
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.site import Site
from ain_scp.transport.link import Endpoint
from ain_scp.transport.status import HealthEndpoint

LAST: Final = 200
_DAY_S: Final = 86_400
MOST_PERCENT: Final = 5
DRIFT_S: Final = 120
LIVE: Final = ("tcp-listen", "tcp-connect", "serial")
_KINDS: Final = {Heading: "heading", Event: "event", Quarantined: "quarantined"}


class Seen:
    """One source."""

    def __init__(self, layout: Layout, site: Site, *, live: bool) -> None:
        self._reader = Reader(layout, site, live=live)
        self._live, self.gaps = live, Gaps()
        self.outcomes: Counter[str] = Counter()
        self._unread: deque[bool] = deque(maxlen=LAST)
        self._drifts: deque[int] = deque(maxlen=LAST)

    def lines(self, lines: Iterable[bytes], received: int) -> int:
        """Count stored lines by what they are; how many could not be read. `received` is UTC seconds."""
        before = self.outcomes["quarantined"]
        for line in lines:
            outcome = self._reader.glance(line, received)
            if outcome is None:
                continue
            kind = "ticket" if isinstance(outcome, int) else _KINDS[type(outcome)]
            if isinstance(outcome, int):
                self._call(received - outcome)
            self.outcomes[kind] += 1
            self._unread.append(kind == "quarantined")
        return self.outcomes["quarantined"] - before

    def _call(self, drift_s: int) -> None:
        number = self._reader.call_number
        if number is not None:
            self.gaps.take(number)
        if self._live:
            self._drifts.append(drift_s)

    @property
    def drift_s(self) -> int | None:
        """How far the PBX's clock is behind ours, the median of the last live calls; None for other sources."""
        return int(statistics.median(self._drifts)) if self._drifts else None

    def alarms(self) -> list[str]:
        """What an operator must look at."""
        found = []
        unread = sum(self._unread)
        if len(self._unread) == LAST and 100 * unread > MOST_PERCENT * LAST:
            found.append(
                f"more than {MOST_PERCENT} % of the last {LAST} lines cannot be read: ain ticket layout test"
            )
        drift = self.drift_s
        if drift is not None and abs(drift) > DRIFT_S and len(self._drifts) >= 5:
            found.append("its clock is more than two minutes away from ours")
        if self.outcomes["event"] and self.outcomes["event"] > self.outcomes["ticket"]:
            found.append("more events than calls: its own buffer may be full")
        return found


def silent(last_s: int | None, now_s: int, site: Site, quiet_h: int) -> bool:
    """Whether no ticket has come for so many hours of the working day: 08:00 to 18:00, Monday to Friday, of the site."""
    local = site.zone_for("").local_s(now_s)
    day, second = divmod(local, _DAY_S)
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    if not quiet_h or weekday > 4 or not 8 * 3600 <= second < 18 * 3600:
        return False
    morning = now_s - (second - 8 * 3600)
    return now_s - max(last_s or 0, morning) >= quiet_h * 3600


class Door:
    """`/metrics` and `/health` of a collector on a thread of their own: they show what was last published."""

    def __init__(self, where: Endpoint) -> None:
        self._text, self._healthy = "", True
        self._facts: dict[str, object] = {}
        self._loop = asyncio.new_event_loop()
        endpoint = HealthEndpoint(lambda: self._text, lambda: (self._healthy, self._facts))
        self.port = self._loop.run_until_complete(endpoint.start(where))
        self._close: Callable[[], object] = lambda: asyncio.run_coroutine_threadsafe(
            endpoint.close(), self._loop
        ).result(5)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def publish(self, text: str, *, healthy: bool, facts: dict[str, object]) -> None:
        """Show this from now on."""
        self._text, self._healthy, self._facts = text, healthy, facts

    def close(self) -> None:
        """End."""
        self._close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
