"""An SCP's figures from its `/metrics`: read once a second, bounded in time and size, and made rates and percentiles.

Source: console.md section 6; Prometheus text exposition format 0.0.4.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from typing import Final

import msgspec

TIMEOUT_S: Final = 1.0
MOST_OCTETS: Final = 4 << 20
SILENT_S: Final = 3.0
_LINE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+0-9.eE]+|NaN|[+-]Inf)")
_LABEL: Final = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_SECONDS: Final = "ain_scp_service_seconds"


class Sampled(msgspec.Struct, frozen=True):
    """How much of the traffic since the last frame was seen: `taken` of `of` exchanges; `lost` were overwritten unread."""

    taken: int
    of: int
    lost: int


Labels = tuple[tuple[str, str], ...]
Figures = dict[tuple[str, Labels], float]


class MetricsFault(Exception):
    """Metrics that cannot be had: why in a few words."""


class ScpFrame(msgspec.Struct, omit_defaults=True):
    """One SCP in a frame; what is not known is absent. `shares`: its decisions are shares of the exchanges sampled, not counted."""

    name: str
    state: str
    age_s: float | None = None
    rate: float | None = None
    p50_us: float | None = None
    p99_us: float | None = None
    in_flight: int | None = None
    level: int | None = None
    shed: float | None = None
    discrepancies: int | None = None
    outcomes: dict[str, float] | None = None
    decisions: dict[str, float] | None = None
    dataset: str | None = None
    digest: str | None = None
    queue: int | None = None
    sampled: Sampled | None = None
    shares: bool = False


def parse(text: str) -> Figures:
    """The samples of an exposition; lines that are none are left out."""
    found: Figures = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        value = None if match is None else _number(match[3])
        if match is not None and value is not None:
            labels = tuple(sorted((name, _plain(value)) for name, value in _LABEL.findall(match[2] or "")))
            found[match[1], labels] = value
    return found


def _number(text: str) -> float | None:
    """A finite number; None for any other text."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _plain(value: str) -> str:
    return value.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


async def fetch(host: str, port: int, timeout_s: float = TIMEOUT_S) -> str:
    """The text of `/metrics`; MetricsFault when it cannot be had in time and size."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                octets = bytearray()
                while chunk := await reader.read(65_536):
                    octets += chunk
                    if len(octets) > MOST_OCTETS:
                        raise MetricsFault(f"more than {MOST_OCTETS} octets")
            finally:
                writer.close()
    except TimeoutError:
        raise MetricsFault(f"no answer within {timeout_s:g} s") from None
    except ConnectionRefusedError:
        raise MetricsFault("refused: no server listens there") from None
    except OSError as fault:
        raise MetricsFault(fault.strerror or str(fault)) from None
    head, _, body = bytes(octets).partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise MetricsFault("answers, but not with metrics")
    return body.decode("utf-8", "replace")


class Watched:
    """One SCP over time: the last figures that came, and what they became since the ones before."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._figures: Figures = {}
        self._at: float | None = None
        self._frame = ScpFrame(name, "starting")

    def take(self, figures: Figures, at: float) -> None:
        """New figures, read at this second; a counter that went back begins anew."""
        before, since = self._figures, self._at
        self._figures, self._at = figures, at
        frame = ScpFrame(self._name, "serving", dataset=_label(figures, "ain_scp_dataset_info", "name"))
        frame.digest = _label(figures, "ain_scp_dataset_info", "digest")
        frame.in_flight = _whole(figures, "ain_scp_in_flight")
        frame.level = _whole(figures, "ain_scp_overload_level")
        frame.discrepancies = _whole(figures, "ain_scp_discrepancies")
        frame.queue = _whole(figures, "ain_scp_records", (("what", "waiting"),))
        if since is not None and at > since:
            _rates(frame, before, figures, at - since)
        self._frame = frame

    def frame(self, now: float) -> ScpFrame:
        """What to show: the last figures, greyed by `silent` and their age when no others came."""
        if self._at is None:
            return ScpFrame(self._name, self._frame.state)
        age = now - self._at
        state = "silent" if age > SILENT_S and self._frame.state != "gone" else self._frame.state
        return msgspec.structs.replace(self._frame, state=state, age_s=round(age, 1))

    def gone(self) -> None:
        """The server no longer listens there."""
        self._frame.state = "gone"


def _rates(frame: ScpFrame, before: Figures, after: Figures, seconds: float) -> None:
    grown = {key: max(value - before.get(key, 0.0), 0.0) for key, value in after.items()}
    outcomes = {
        dict(labels).get("outcome", ""): value / seconds
        for (name, labels), value in grown.items()
        if name == "ain_scp_outcome_total" and value
    }
    frame.outcomes = {name: round(value, 2) for name, value in outcomes.items()}
    frame.rate = round(outcomes.get("answered", 0.0), 2)
    frame.shed = round(
        sum(value for name, value in outcomes.items() if name.startswith(("shed", "refused"))), 2
    )
    frame.decisions = _decisions(grown, seconds)
    buckets = sorted(
        (bound, value)
        for (name, labels), value in grown.items()
        if name == f"{_SECONDS}_bucket" and (bound := _bound(dict(labels).get("le", ""))) is not None
    )
    frame.p50_us, frame.p99_us = (percentile(buckets, share) for share in (0.5, 0.99))


def _decisions(grown: Figures, seconds: float) -> dict[str, float] | None:
    """Decisions a second by outcome, those of all customers; None where the server does not count them."""
    found: dict[str, float] = {}
    counted = [
        (labels, value) for (name, labels), value in grown.items() if name == "ain_scp_decisions_total"
    ]
    for labels, value in counted:
        outcome = dict(labels).get("outcome", "")
        found[outcome] = found.get(outcome, 0.0) + value / seconds
    return {outcome: round(value, 2) for outcome, value in found.items() if value} if counted else None


def _bound(text: str) -> float | None:
    """The upper bound of a bucket, +Inf too; None for any other text."""
    return math.inf if text == "+Inf" else _number(text)


def percentile(buckets: list[tuple[float, float]], share: float) -> float | None:
    """Microseconds below which this share of a cumulative histogram (upper bounds in seconds) lies, straight within a bucket."""
    total = buckets[-1][1] if buckets else 0.0
    if not total:
        return None
    low, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= total * share:
            if bound == float("inf"):
                return round(low * 1e6, 1)
            part = (total * share - below) / (count - below) if count > below else 1.0
            return round((low + (bound - low) * part) * 1e6, 1)
        low, below = bound, count
    return None


def _label(figures: Figures, name: str, label: str) -> str | None:
    return next((dict(labels).get(label) for (one, labels) in figures if one == name), None)


def _whole(figures: Mapping[tuple[str, Labels], float], name: str, labels: Labels = ()) -> int | None:
    value = figures.get((name, labels))
    return None if value is None else int(value)
