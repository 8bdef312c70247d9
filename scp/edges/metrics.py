"""What a node tells of itself, as Prometheus text: every counter, the sum that must come out, how long answers took.

The exposition is made when it is asked for; counting costs the busy path one addition. Names: `ain_scp_` and the base unit.

Source: Prometheus text exposition format 0.0.4, reliability section 9 (conservation identity).
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from ain_scp.scp.counters import discrepancies, metric_lines

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS_US: Final = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000)


class Latency:
    """How long messages took, from read to answered: counts by upper bound, microseconds inside, seconds outside."""

    __slots__ = ("count", "counts", "total_ns")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS_US) + 1)
        self.count = 0
        self.total_ns = 0

    def record(self, nanoseconds: int, messages: int = 1) -> None:
        """Count messages that took this long each."""
        self.counts[bisect_left(_BOUNDS_US, nanoseconds / 1000)] += messages
        self.count += messages
        self.total_ns += nanoseconds * messages

    def lines(self, name: str) -> list[str]:
        """Return the histogram as Prometheus wants it: cumulative, with +Inf, sum and count."""
        lines = [f"# TYPE {name} histogram"]
        below = 0
        for bound, count in zip(_BOUNDS_US, self.counts, strict=False):
            below += count
            lines.append(f'{name}_bucket{{le="{bound / 1_000_000:g}"}} {below}')
        lines.append(f'{name}_bucket{{le="+Inf"}} {self.count}')
        return [*lines, f"{name}_sum {self.total_ns / 1e9:.9f}", f"{name}_count {self.count}"]


def label(text: str) -> str:
    """Return a label value, escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def counter_lines(name: str, key: str, counters: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return one counter of several owners: `name{key="owner",event="..."} n`."""
    lines = [f"# TYPE {name} counter"]
    for owner, counts in sorted(counters.items()):
        lines += [
            f'{name}{{{key}="{label(owner)}",event="{label(event)}"}} {count}'
            for event, count in sorted(counts.items())
        ]
    return lines


def gauge_lines(name: str, values: Mapping[str, float]) -> list[str]:
    """Return a gauge; the key of each value is its labels, written out, or empty."""
    rows = [
        f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in values.items()
    ]
    return [f"# TYPE {name} gauge", *rows]


def node_lines(counters: Mapping[str, int], in_flight: int, level: int) -> list[str]:
    """Return the counters of a node, and whether they add up (0 = they do)."""
    wrong = len(discrepancies(counters, in_flight))
    return [*metric_lines(counters, in_flight, level), *gauge_lines("ain_scp_discrepancies", {"": wrong})]


def record_lines(figures: Mapping[str, float]) -> list[str]:
    """Return what a recorder tells of its journal."""
    return gauge_lines("ain_scp_records", {f'what="{name}"': value for name, value in figures.items()})
