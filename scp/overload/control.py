"""The node's decision whether to serve a query now, and the controls its answers carry.

Order of precedence: emergency calls are always served; a query older than the switch's own patience (T1) is dropped without
an answer, as its switch no longer waits for it; a query for a code that is asked about far more than all others is shed once the queue is
an eighth full or a fifth as old as it may get; any query is shed when the queue is full or too old. What is not a query is never judged here.
While the level is above 0 or a query is shed, answers carry ACG: ten digits for the code that stands out, six digits
otherwise; at most one a second for each code and peer and `acg_per_second` in all; a removal when things are well again.

Source: ain-wire section 4.3 items 8, 10; reliability section 2.3, targets O1-O6; A-103.
"""

from enum import IntEnum
from typing import Final

import msgspec

from ain_scp.scp.overload.acg import (
    FOCUSED_DIGITS,
    GENERAL_DIGITS,
    Gap,
    component,
    duration_for,
    interval_pair,
    removal,
)
from ain_scp.scp.overload.codes import CodeCounts, Demand, is_emergency
from ain_scp.scp.overload.levels import WINDOW_NS, Levels
from ain_scp.signaling.ain.gapping import DURATION_S, NATIONAL_MS
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.tcap import Component
from ain_scp.terms.units import SECOND_NS

MAX_KEYS: Final = 4096
ACG_INVOKE_ID: Final = 9
"""Above every other invoke of an answer."""


class OverloadConfig(msgspec.Struct, frozen=True):
    """Bounds of admission: queue places, age limits, levels, and what an overloaded node may send by itself.

    A query is shed when `queue` others wait, or the first of them has waited `wait_ms`. `hot_per_second` is how many queries a second, over all peers, a focused control aims at.
    """

    queue: int = 64
    wait_ms: int = 25
    stale_ms: int = 3_000
    raise_ms: int = 20
    clear_ms: int = 5
    translation_type: int = 254
    gap_seconds: int = 8
    hot_per_second: float = 5.0
    acg_per_second: float = 500.0
    busy_per_second: float = 500.0


class Verdict(IntEnum):
    """What becomes of a query."""

    SERVE = 0
    SHED = 1
    SHED_FOCUSED = 2
    STALE = 3


class _Sent:
    """The control in force for one code at one peer; `since` is when its interval last changed."""

    __slots__ = ("at", "gap_s", "interval", "level", "since", "until")

    def __init__(self, at: int, until: int, interval: int, level: int, since: int) -> None:
        self.at = at
        self.until = until
        self.interval = interval
        self.level = level
        self.since = since
        self.gap_s = max(NATIONAL_MS[interval], 0) / 1_000


class OverloadControl:
    """Admission and code gapping of one node; peers are point codes."""

    def __init__(self, config: OverloadConfig) -> None:
        self.config = config
        self.levels = Levels(config.raise_ms, config.clear_ms)
        self.codes = CodeCounts()
        self.demand = Demand()
        self.acg_sent = 0
        self.acg_limited = 0
        self._sent: dict[tuple[int, str], _Sent] = {}
        self._acg = Allowance(config.acg_per_second, max(1.0, config.acg_per_second))
        self._busy = Allowance(config.busy_per_second, max(1.0, config.busy_per_second))
        self._stale_ns = config.stale_ms * 1_000_000
        self._wait_ns = config.wait_ms * 1_000_000
        self._residual = 0.0
        self._residual_level = 0
        self._rolled = 0

    @property
    def level(self) -> int:
        """0 when well, up to 30."""
        return self.levels.level

    @property
    def controls(self) -> int:
        """How many controls are in force."""
        return len(self._sent)

    def arrived(self, peer: int, code: str, waiting: int, age: int, now: int) -> Verdict:
        """Judge a query as it arrives, `waiting` others being queued and the first of them since `age` ns."""
        self._roll(now)
        self.codes.count(code)
        self.demand.count(peer, code[:GENERAL_DIGITS])
        if is_emergency(code):
            return Verdict.SERVE
        if (waiting * 8 >= self.config.queue or age * 5 >= self._wait_ns) and self.codes.is_hot(code):
            self.demand.count(peer, code)
            self.levels.focused(now)
            return Verdict.SHED_FOCUSED
        if waiting >= self.config.queue or age >= self._wait_ns:
            self.levels.observe(now, 0, shed=True)
            return Verdict.SHED
        return Verdict.SERVE

    def shed_unread(self, now: int) -> None:
        """A query was dropped without being read."""
        self._roll(now)
        self.levels.observe(now, 0, shed=True)

    def read(self, now: int, served: int, age: int, shed: int) -> None:
        """Queries that were served without being judged one by one, at this age, or were dropped before they were read."""
        self._roll(now)
        self.levels.observe_many(now, served, age, shed)

    def due(self, code: str, arrival: int, now: int) -> Verdict:
        """Judge a query again as its turn comes."""
        self._roll(now)
        age = max(now - arrival, 0)
        self.levels.observe(now, age, shed=False)
        if age >= self._stale_ns and not is_emergency(code):
            return Verdict.STALE
        return Verdict.SERVE

    def may_answer_busy(self, now: int) -> bool:
        """Whether one more refusal may be answered; beyond that they are silent."""
        return self._busy.take(now)

    def control(self, peer: int, code: str, now: int, *, focused: bool = False) -> Component | None:
        """The ACG component an answer about `code` to this peer should carry now, or None."""
        if not code or is_emergency(code):
            return None
        if focused or (self.level and self.codes.is_hot(code)):
            return self._send(peer, code[:FOCUSED_DIGITS], self._focused_gap(peer, code), now)
        general = code[:GENERAL_DIGITS]
        if self.level:
            return self._send(peer, general, self._general_gap(peer, general), now)
        for controlled in (general, code[:FOCUSED_DIGITS]):
            if (peer, controlled) in self._sent:
                return self._remove(peer, controlled, now)
        return None

    def _focused_gap(self, peer: int, code: str) -> int:
        peers = max(1, sum(1 for _, controlled in self._sent if controlled == code[:FOCUSED_DIGITS]))
        wanted = self.config.hot_per_second / peers
        demand = self.demand.rate(peer, code)
        gap_ms = 1_000 / wanted - 1_000 / max(demand, wanted)
        return interval_pair(max(gap_ms, 100.0))[1]

    def _general_gap(self, peer: int, code: str) -> int:
        """Of the two intervals around the wanted gap, the one that brings the sum over all codes nearer to its aim."""
        demand = self.demand.rate(peer, code)
        aim = demand * self.levels.fraction
        below, above = interval_pair(1_000 / aim - 1_000 / demand)
        sent = self._sent.get((peer, code))
        if sent is not None and sent.level == self.level and sent.interval in (below, above):
            return sent.interval
        if self._residual_level != self.level:
            self._residual, self._residual_level = 0.0, self.level
        chosen = above if self._residual > 0 else below
        gap_ms = NATIONAL_MS[chosen]
        through = demand / (1 + demand * gap_ms / 1_000) if gap_ms >= 0 else 0.0
        self._residual = max(-1_000.0, min(1_000.0, self._residual + through - aim))
        return chosen

    def _send(self, peer: int, code: str, interval: int, now: int) -> Component | None:
        key = (peer, code)
        before = self._sent.get(key)
        if before is not None and now - before.at < SECOND_NS:
            return None
        if before is None and len(self._sent) >= MAX_KEYS:
            return None
        unneeded = before is None and NATIONAL_MS[interval] == 0
        if not unneeded and not self._take(now):
            return None
        duration = duration_for(interval, self.config.gap_seconds)
        until = now + (DURATION_S[duration] or 0) * SECOND_NS
        same = before is not None and before.interval == interval
        since = before.since if before is not None and same else now
        self._sent[key] = _Sent(now, until, interval, self.level, since)
        if unneeded:
            return None
        return component(Gap(code, duration, interval), ACG_INVOKE_ID, self.config.translation_type)

    def _remove(self, peer: int, code: str, now: int) -> Component | None:
        sent = self._sent[(peer, code)]
        if now - sent.at < SECOND_NS or not self._take(now):
            return None
        del self._sent[(peer, code)]
        return component(removal(code), ACG_INVOKE_ID, self.config.translation_type)

    def _take(self, now: int) -> bool:
        if not self._acg.take(now):
            self.acg_limited += 1
            return False
        self.acg_sent += 1
        return True

    def _roll(self, now: int) -> None:
        """Once a second: new counts, controls that are over forgotten."""
        if not self._rolled:
            self._rolled = now
            return
        if now - self._rolled < WINDOW_NS:
            return
        began, self._rolled = self._rolled, now
        seconds = (now - began) / SECOND_NS
        self.levels.advance(now)
        over = [key for key, sent in self._sent.items() if now >= sent.until]
        for key in over:
            del self._sent[key]
        steady = {key: sent.gap_s for key, sent in self._sent.items() if sent.since <= began}
        self.demand.roll(seconds, steady, self._sent.keys() - steady.keys())
        self.codes.roll()
