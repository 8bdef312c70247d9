"""What a node reports about itself, as Prometheus text: every counter, the sum that must come out, how long answers took.

The exposition is made when it is asked for; counting costs the busy path one addition. Names: `ain_scp_` and the base unit.

Source: Prometheus text exposition format 0.0.4, reliability section 9 (conservation identity).
"""

import os
import resource
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ain_scp.scp.counters import discrepancies, metric_lines

_BOUNDS_US: Final = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000)
_BOUNDS_NS: Final = tuple(1_000 * bound for bound in _BOUNDS_US)


class Latency:
    """How long messages took, from read to answered: counts by upper bound, microseconds inside, seconds outside."""

    __slots__ = ("counts", "total_ns")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS_US) + 1)
        self.total_ns = 0

    @property
    def count(self) -> int:
        """How many messages."""
        return sum(self.counts)

    def record(self, nanoseconds: int, messages: int = 1) -> None:
        """Count messages that took this long each."""
        self.counts[bisect_left(_BOUNDS_NS, nanoseconds)] += messages
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


def figure(value: float) -> str:
    """A figure with all its digits: a time of start must not be minutes wrong, nor a count go up in steps."""
    return str(int(value)) if value == int(value) else repr(float(value))


_ROUTED: Final = "ain_scp_calls_routed_total"

HELP: Final = {
    "ain_scp_received_total": "Messages received.",
    "ain_scp_outcome_total": "What became of them; the outcomes and those in flight add up to the messages received.",
    "ain_scp_event_total": "More about the same messages.",
    "ain_scp_in_flight": "Messages taken and not yet answered.",
    "ain_scp_overload_level": "Level of overload control, 0 = none.",
    "ain_scp_discrepancies": "How often the counters do not add up; 0 unless this program is at fault.",
    "ain_scp_datagrams_total": "Datagrams by port.",
    "ain_scp_service_answers_total": "Queries answered by services beside the dialing plan's, by outcome.",
    "ain_scp_calls_routed_total": "Calls whose end a switch was asked to report, and those whose end was reported.",
    "ain_scp_conversations": "Conversations open with switches.",
    "ain_scp_decisions_total": "Calls decided by the dialing plan service, by customer and outcome.",
    "ain_scp_lnp_answers_total": "Answers of number portability by routing number, asking switch and NPA-NXX.",
    "ain_scp_service_seconds": "From a message read to its answer made.",
    "ain_scp_association_total": "What associations saw, by association.",
    "ain_scp_association_active": "1 while the association carries traffic.",
    "ain_scp_faults_total": "Faults of this program; each cost one message.",
    "ain_scp_reloads_total": "Reloads of the data set asked for, by result.",
    "ain_scp_reload_success": "1 while the last reload asked for succeeded; 0: the data set before it is still in use.",
    "ain_scp_reload_time_seconds": "When the data set in use was loaded.",
    "ain_scp_dataset_info": "The data set in use, by name and digest (docs/operations.md).",
    "ain_scp_build_info": "Version and mode of this program.",
    "ain_scp_start_time_seconds": "When this server began.",
    "ain_scp_clock_steps_total": "How often the wall clock was set while serving.",
    "ain_scp_records": "Records now: stopped (1 while billable calls are refused), samples waiting, answers held, and so on.",
    "ain_scp_records_total": "Samples: durable (all in the journal), lost for want of memory.",
    "ain_scp_broker": "MQTT: connected (1 or 0), records durable and not confirmed.",
    "ain_scp_broker_published_total": "MQTT: records handed to the broker by this server.",
    "ain_scp_ledger": "The ledger now: stopped (1 while it cannot be written), records waiting, answers held, open calls, records in suspense, calls unsettled.",
    "ain_scp_ledger_records_total": "Records of the ledger that are durable.",
    "ain_scp_ledger_refusals_total": "Requests that the ledger refused, by reason.",
    "ain_scp_tap_total": "Exchanges: sampled into the tap, skipped for want of budget, failed to be written.",
    "ain_scp_workers": "Worker processes that answer.",
    "ain_scp_mail_total": "Messages handed from worker to worker.",
    "process_cpu_seconds_total": "Processor time used.",
    "process_resident_memory_bytes": "Resident memory.",
    "process_open_fds": "Open descriptors.",
    "process_max_fds": "Most descriptors that may be open.",
    "process_start_time_seconds": "When the process began.",
}
"""What each metric is, by name: the help texts of the exposition."""


def with_help(text: str) -> str:
    """The exposition with a help text before each metric."""
    lines = []
    for line in text.splitlines():
        words = line.split(" ")
        if words[:2] == ["#", "TYPE"]:
            lines.append(f"# HELP {words[2]} {HELP.get(words[2], 'Not described.')}")
        lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def routed_lines(asked: int, ended: int, conversations: int, *, notified: bool) -> list[str]:
    """The calls that a node knows without charging them; of one that asks for no notification only the conversations."""
    calls = {'state="asked"': asked, 'state="ended"': ended} if notified else {}
    return [*total_lines(_ROUTED, calls), *gauge_lines("ain_scp_conversations", {"": conversations})]


def routed_of(text: str) -> dict[str, object]:
    """The same read off an exposition, of one server or of several added up."""
    found = {
        name: int(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines() if line[:1] != "#")
        if name.startswith((_ROUTED, "ain_scp_conversations"))
    }
    asked, ended = (found.get(f'{_ROUTED}{{state="{state}"}}') for state in ("asked", "ended"))
    return {
        "notified": asked is not None,
        "asked": asked or 0,
        "ended": ended or 0,
        "not_yet_ended": max((asked or 0) - (ended or 0), 0),
        "conversations": found.get("ain_scp_conversations", 0),
    }


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
        f"{name}{{{labels}}} {figure(value)}" if labels else f"{name} {figure(value)}"
        for labels, value in values.items()
    ]
    return [f"# TYPE {name} gauge", *rows]


def node_lines(counters: Mapping[str, int], in_flight: int, level: int) -> list[str]:
    """Return the counters of a node, and whether they add up (0 = they do)."""
    wrong = len(discrepancies(counters, in_flight))
    return [*metric_lines(counters, in_flight, level), *gauge_lines("ain_scp_discrepancies", {"": wrong})]


def service_lines(answers: Mapping[tuple[str, str], int]) -> list[str]:
    """Return what services beside the dialing plan's answered; nothing where none was asked."""
    if not answers:
        return []
    rows = {
        f'service="{name}",outcome="{outcome}"': count for (name, outcome), count in sorted(answers.items())
    }
    return total_lines("ain_scp_service_answers_total", rows)


def decision_lines(decisions: Mapping[tuple[str, str], int]) -> list[str]:
    """Return what was decided, by customer and outcome; nothing where nothing was."""
    if not decisions:
        return []
    rows = {
        f'customer="{label(customer)}",outcome="{outcome}"': count
        for (customer, outcome), count in sorted(decisions.items())
    }
    return total_lines("ain_scp_decisions_total", rows)


def total_lines(name: str, values: Mapping[str, float]) -> list[str]:
    """Return a counter; the key of each value is its labels, written out, or empty."""
    _, *rows = gauge_lines(name, values)
    return [f"# TYPE {name} counter", *rows]


def record_lines(figures: Mapping[str, float]) -> list[str]:
    """Return what a recorder reports of its journal: all of it as it is now, and the running totals as counters."""
    totals = {f'what="{word}"': figures[word] for word in ("durable", "lost")}
    return [
        *gauge_lines("ain_scp_records", {f'what="{name}"': value for name, value in figures.items()}),
        *total_lines("ain_scp_records_total", totals),
    ]


def ledger_lines(figures: Mapping[str, float], durable: int, refusals: Mapping[str, int]) -> list[str]:
    """Return what the keeper of a ledger reports: it as it is now, records, refusals by reason."""
    reasons = {f'reason="{label(name)}"': count for name, count in sorted(refusals.items())}
    return [
        *gauge_lines("ain_scp_ledger", {f'what="{name}"': value for name, value in figures.items()}),
        *total_lines("ain_scp_ledger_records_total", {"": durable}),
        *(total_lines("ain_scp_ledger_refusals_total", reasons) if reasons else ()),
    ]


def reload_lines(done: int, refused: int, loaded_at: float, *, failed: bool) -> list[str]:
    """Return what became of the reloads asked for."""
    return [
        *total_lines("ain_scp_reloads_total", {'result="done"': done, 'result="refused"': refused}),
        *gauge_lines("ain_scp_reload_success", {"": not failed}),
        *gauge_lines("ain_scp_reload_time_seconds", {"": loaded_at}),
    ]


def identity_lines(version: str, mode: str, name: str, digest: str) -> list[str]:
    """Return who serves what."""
    return [
        *gauge_lines("ain_scp_build_info", {f'version="{label(version)}",mode="{label(mode)}"': 1}),
        *gauge_lines("ain_scp_dataset_info", {f'name="{label(name)}",digest="{digest}"': 1}),
    ]


def process_lines() -> list[str]:
    """Return what the system knows of this process; nothing where there is no /proc."""
    try:
        words = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = float(Path("/proc/stat").read_text().partition("btime ")[2].split()[0])
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
    except (OSError, IndexError, ValueError):
        return []
    hertz = os.sysconf("SC_CLK_TCK")
    return [
        *total_lines("process_cpu_seconds_total", {"": (int(words[11]) + int(words[12])) / hertz}),
        *gauge_lines("process_resident_memory_bytes", {"": int(words[21]) * os.sysconf("SC_PAGE_SIZE")}),
        *gauge_lines("process_open_fds", {"": descriptors}),
        *gauge_lines("process_max_fds", {"": resource.getrlimit(resource.RLIMIT_NOFILE)[0]}),
        *gauge_lines("process_start_time_seconds", {"": began + int(words[19]) / hertz}),
    ]
