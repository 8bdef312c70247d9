"""Counts over the dialogues of a capture: operations, outcomes, response times, repeats, what stayed unanswered.

Source: D-006; ITU-T E.490 (percentiles), Q.706 (repeated and lost messages).
"""

from typing import Final

import msgspec

from ain_scp.signaling.ain.operations import REGISTRY, Registry
from ain_scp.ssp_sim.capture.dialogues import Dialogue, Exchange
from ain_scp.ssp_sim.capture.naming import payload_names
from ain_scp.ssp_sim.histogram import Histogram

_MAX_NAMES: Final = 256  # the table of AIN has some eighty; a hostile capture may name 65,536 more
_OTHERS: Final = "other operations"
_PERCENTILES: Final = (50.0, 90.0, 95.0, 99.0, 99.9)


class ResponseTimes(msgspec.Struct, frozen=True):
    """Response times in nanoseconds; `percentiles` are (percent, value), each within 0.4 %; all 0 without a value."""

    count: int
    minimum: int
    mean: int
    maximum: int
    percentiles: tuple[tuple[float, int], ...]


class Summary(msgspec.Struct, frozen=True):
    """Everything counted, ready for a table or JSON.

    `response` and `by_operation` are the times the answering side took for the messages of the side that opened the
    dialogue, by the name of the first operation asked; `unanswered` counts such messages without answer. `repeats` are
    retransmissions, `relayed` copies met on another link before their dialogue ended.
    """

    dialogues: int
    messages: int
    repeats: int
    relayed: int
    unanswered: int
    outcomes: dict[str, int]
    operations: dict[str, int]
    response: ResponseTimes
    by_operation: dict[str, ResponseTimes]


class Statistics:
    """Adds up dialogues, one by one, in constant memory.

    Source: D-006.
    """

    __slots__ = (
        "_by_operation",
        "_registry",
        "_response",
        "dialogues",
        "messages",
        "operations",
        "outcomes",
        "relayed",
        "repeats",
        "unanswered",
    )

    def __init__(self, registry: Registry = REGISTRY) -> None:
        self._registry = registry
        self._response = Histogram()
        self._by_operation: dict[str, Histogram] = {}
        self.dialogues = 0
        self.messages = 0
        self.repeats = 0
        self.relayed = 0
        self.unanswered = 0
        self.outcomes: dict[str, int] = {}
        self.operations: dict[str, int] = {}

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue."""
        self.dialogues += 1
        self.messages += len(dialogue.messages)
        self.repeats += dialogue.repeats
        self.relayed += dialogue.relayed
        self.outcomes[dialogue.outcome.value] = self.outcomes.get(dialogue.outcome.value, 0) + 1
        first_names: dict[int, str] = {}
        for message in dialogue.messages:
            names = payload_names(message.payload, self._registry)
            first_names[message.frame.number] = names[0]
            for name in names:
                known = name if name in self.operations or len(self.operations) < _MAX_NAMES else _OTHERS
                self.operations[known] = self.operations.get(known, 0) + 1
        for exchange in dialogue.exchanges:
            if exchange.from_originator:
                self._add_exchange(exchange, first_names[exchange.query.frame.number])

    def summary(self) -> Summary:
        """Return the counts so far; names by falling count."""
        return Summary(
            self.dialogues,
            self.messages,
            self.repeats,
            self.relayed,
            self.unanswered,
            _falling(self.outcomes),
            _falling(self.operations),
            _times(self._response),
            {name: _times(histogram) for name, histogram in sorted(self._by_operation.items())},
        )

    def _add_exchange(self, exchange: Exchange, name: str) -> None:
        response_ns = exchange.response_ns
        if response_ns is None:
            self.unanswered += 1
            return
        self._response.record(response_ns)
        if name not in self._by_operation and len(self._by_operation) >= _MAX_NAMES:
            name = _OTHERS
        self._by_operation.setdefault(name, Histogram()).record(response_ns)


def _falling(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _times(histogram: Histogram) -> ResponseTimes:
    return ResponseTimes(
        histogram.count,
        histogram.minimum,
        round(histogram.mean),
        histogram.maximum,
        tuple((percent, histogram.percentile(percent)) for percent in _PERCENTILES),
    )
