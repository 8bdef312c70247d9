"""The collector: sources read into the store, batches sealed into the outbox, receipts read, batches delivered.

The order of one turn is that of what makes room: receipts, then sources, then sealing, then delivery. Each event of the
order store, retrieve, encrypt, send goes to `trace` (sequences and batch numbers, nothing else).

Source: C-001, C-005, C-010, C-011, C-015, C-017.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ain_scp.couriers.observing import silent
from ain_scp.couriers.place import Place, Result, Trace
from ain_scp.couriers.provider_line import ProviderLine
from ain_scp.couriers.sources import Sources, write_positions
from ain_scp.couriers.status import Pending, SourceSeen, Status, write_status
from ain_scp.journal.faults import JournalFault
from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.collector.store import MUCH, LayoutLine
from ain_scp.tickets.envelope.content import digest_of


class CollectorRun(Sources):
    """One collector over its files. JournalFault when another process has the store."""

    def __init__(
        self,
        config: Path,
        now: Callable[[], datetime],
        chance: Callable[[int], bytes],
        trace: Trace | None = None,
    ) -> None:
        super().__init__(config, now, chance, trace)
        self._shown = b""
        try:
            place = Place(
                self._base, self._root, self.settings, self.layouts, now, chance, self._trace, self.result
            )
            self.lines = [ProviderLine(place, one, self.store) for one in self.settings.provider]
        except (JournalFault, OSError):
            self._journal.abandon()
            raise

    def once(self) -> Result:
        """One turn over everything, whatever its age."""
        self.turn(force=True)
        return self.again()

    def again(self) -> Result:
        """Receipts once more, and what they make room for."""
        for line in self.lines:
            line.receipts(force=True)
            line.seal_all(force=True)
            line.deliver()
        self._retire()
        self.result.pending = sum(len(line.outbox.unreceipted()) for line in self.lines)
        self._show()
        return self.result

    def _show(self) -> None:
        self._shown = write_status(self._root, self.status(), self._shown)

    def turn(self, *, force: bool = False) -> None:
        """One turn of a running collector: batches close when they are full or old enough."""
        self.result.sealed.clear()
        for line in self.lines:
            line.step()
            line.receipts(force=force, wait=force)
        self.read_sources()
        for line in self.lines:
            line.seal_all(force=force)
            line.deliver(force=force, wait=force)
        self._retire()
        if not self._journal.pending:
            self.store.keep(MUCH)

    @property
    def now_ms(self) -> int:
        """Milliseconds of the calendar."""
        return self._ms()

    def watch(self) -> None:
        """Alarms of sources: lines that cannot be read, clocks away, silence."""
        now_s = self._ms() // 1000
        for source in self.settings.source:
            found = self.seen[source.name].alarms() if source.name in self.seen else []
            last = self._last(source)
            if silent(last.t // 1000 if last else None, now_s, self._site, source.quiet_h):
                found.append(f"no ticket for {source.quiet_h} hours of the working day")
            for text in found:
                self.result.alarm(f"source {source.name}: {text}")
        self._show()

    def pending(self) -> list[Pending]:
        """How far each provider is."""
        rows = []
        for line in self.lines:
            state, chain = line.outbox.state, line.outbox.chain
            rows.append(
                Pending(
                    line.settings.name,
                    self.store.identity,
                    self._journal.durable,
                    chain.next_number - 1,
                    state.accepted_to,
                    self._journal.durable - line.outbox.accepted_ticket,
                    state.stopped,
                    state.refused,
                    self._oldest_s(line),
                    line.error,
                )
            )
        return rows

    def _oldest_s(self, line: ProviderLine) -> int:
        after = self.store.records(line.outbox.accepted_ticket)
        first = next((one for _at, one in after if not isinstance(one, LayoutLine)), None)
        return 0 if first is None else max(0, (self._ms() - first.t) // 1000)

    def status(self) -> Status:
        """What can be seen of it now."""
        rows = []
        for source in self.settings.source:
            seen, last = self.seen.get(source.name), self._last(source)
            outcomes = seen.outcomes if seen is not None else {}
            layout = self.layouts.get(source.name)
            rows.append(
                SourceSeen(
                    source.name,
                    "" if layout is None else layout.name,
                    None if last is None else datetime.fromtimestamp(last.t // 1000, UTC).isoformat(),
                    sum(outcomes.values()),
                    outcomes.get("ticket", 0),
                    outcomes.get("quarantined", 0),
                    None if seen is None else seen.drift_s,
                    0 if seen is None else seen.gaps.missing,
                )
            )
        return Status(self.pending(), rows, self.result.alarms)

    def check(self) -> tuple[int, list[str]]:
        """Make every batch again from the store and compare its digest with the chain's."""
        checked, problems = 0, []
        for line in self.lines:
            for link in line.outbox.chain.every():
                lines = line.again(link)
                checked += 1
                if lines is None or digest_of(link.head.encode(), lines.body) != link.digest:
                    problems.append(
                        f"{line.settings.name}: batch {link.number}: the store gives another digest"
                    )
        return checked, problems

    def close(self) -> None:
        """Commit and release."""
        self.close_streams()
        for line in self.lines:
            line.close()
        self.close_store()

    def step(self) -> None:
        """What the threads of mail and https hand back."""
        for line in self.lines:
            line.step()

    def _retire(self) -> None:
        """Let go of tickets that every provider has had for the days configured."""
        for line in self.lines:
            ticket = line.outbox.accepted_ticket
            if ticket > self._journal.position(line.settings.name):
                self._journal.acknowledge(line.settings.name, ticket)
        keep_after = self._ms() - DAY_MS * self.settings.limits.keep_days
        if len(self._journal.segments) > 1 and self._journal.segments[0].sealed_ms < keep_after:
            write_positions(self._root, self.store.positions)
        self._journal.retire(keep_after)


def utc_now() -> datetime:
    """The calendar clock."""
    return datetime.now(UTC)
