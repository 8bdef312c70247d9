"""Messages of a running SCP from its tap: sampled exchanges read once a second, and decoded as far as a row of a list needs.

What is shown is a sample: each frame says how many exchanges there were, and how many were overwritten before they were read.

Source: console.md section 6 (tap).
"""

import datetime as dt
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.console.sources.metrics import Sampled
from ain_scp.journal.ring import Exchange, RingFault, RingHead, RingReader
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.tcap import decode_package
from ain_scp.ssp_sim.replay.meaning import Answer, Part, meaning_of

KEPT: Final = 1000
MOST: Final = 500
"""Exchanges decoded a second at most; what is beyond counts as not seen."""
WORKERS: Final = 64
_NUMBER: Final = re.compile(r"[\d#*]+")
_TRUNKS: Final = ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")
_REFUSED: Final = ("ANNOUNCEMENT", "ERROR", "NO_ANSWER", "malformed", "reject", "abort")


class SeenRow(msgspec.Struct, frozen=True):
    """One exchange in a list. `id` is worker and number, `at` UTC."""

    scp: str
    id: str
    at: str
    link: str
    operation: str
    calling: str
    called: str
    answer: str
    outcome: str
    refused: bool


class Tapped:
    """The tap of one SCP, all workers of it; the last `KEPT` exchanges are kept."""

    def __init__(self, scp: str, path: Path) -> None:
        self._scp = scp
        self._path = path
        self._readers: dict[Path, RingReader] = {}
        self._counted: dict[Path, tuple[int, int]] = {}
        self._kept: deque[tuple[SeenRow, Exchange]] = deque(maxlen=KEPT)
        self.fault = ""
        """Why there is nothing to read; empty while there is."""

    def look(self) -> tuple[Sampled, Mapping[str, int]]:
        """Read what is new: how much, and the outcomes of it."""
        found: list[tuple[RingHead, Exchange]] = []
        of = lost = 0
        self.fault = ""
        for path in self._paths():
            reader = self._readers.setdefault(path, RingReader(path))
            before = reader.lost
            try:
                head, exchanges = reader.read(MOST)
            except RingFault as fault:
                self.fault = str(fault)
                continue
            lost += reader.lost - before
            found += [(head, one) for one in exchanges]
            total = head.written + head.passed
            start, counted = self._counted.get(path, (head.start_ns, total - len(exchanges)))
            of += total - counted if start == head.start_ns else total
            self._counted[path] = head.start_ns, total
        rows = [(row_of(self._scp, head.worker, one), one) for head, one in found]
        self._kept += sorted(rows, key=lambda pair: pair[1].time_ns)
        taken = len(rows)
        return Sampled(taken, max(of, taken + lost), lost), Counter(row.outcome for row, _ in rows)

    def rows(self) -> list[SeenRow]:
        """What was seen lately, the latest first."""
        return [row for row, _ in reversed(self._kept)]

    def find(self, name: str) -> tuple[SeenRow, Exchange] | None:
        """One exchange by its id."""
        return next((pair for pair in self._kept if pair[0].id == name), None)

    def close(self) -> None:
        """Let go of the files."""
        for reader in self._readers.values():
            reader.close()

    def _paths(self) -> list[Path]:
        """The ring of one process, or those of the workers."""
        if not self._path.exists():
            many = [self._path.with_name(f"{self._path.name}.{number}") for number in range(WORKERS)]
            found = [path for path in many if path.exists()]
            if found:
                return found
        return [self._path]


def row_of(scp: str, worker: int, one: Exchange) -> SeenRow:
    """One exchange as a row; what cannot be read says so. A query beside an answer of another transaction stands alone."""
    asked, told = payload_of(one.query), payload_of(one.answer)
    if asked is not None and told is not None and not _belong(asked, told):
        told = None
    query, answer = _meant(asked), _meant(told)
    first = query.parts[0] if query is not None and query.parts else None
    told_only = query is not None and query.package == "unidirectional"
    outcome = "NOTIFICATION" if told_only and answer is None else outcome_of(answer)
    return SeenRow(
        scp,
        f"{worker}-{one.number}",
        dt.datetime.fromtimestamp(one.time_ns / 1e9, dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        one.link,
        first.name if first is not None else _kind(one.query),
        _digits(first, ("callingPartyID", "chargeNumber")),
        _digits(first, ("collectedAddressInfo", "collectedDigits", "calledPartyID", "dialedDigits")),
        "" if answer is None else answer.text,
        outcome,
        outcome.startswith(_REFUSED),
    )


def outcome_of(answer: Answer | None) -> str:
    """What an answer comes to, in a word: PSTN, TRUNK_GROUPS, CARRIERS, ANNOUNCEMENT_n, or the operation or error."""
    if answer is None or not answer.parts:
        return "NO_ANSWER"
    part = answer.parts[0]
    if part.name in ("analyzeRoute", "forwardCall"):
        if any(name in part.parameters for name in _TRUNKS):
            return "TRUNK_GROUPS"
        return "CARRIERS" if "carrier" in part.parameters else "PSTN"
    if part.name == "sendToResource":
        block = part.parameters.get("strParameterBlock")
        number = re.search(r"\d+", block.text) if block is not None else None
        return f"ANNOUNCEMENT_{number[0]}" if number is not None else "ANNOUNCEMENT"
    if part.name in ("applicationError", "failureReport") or part.name.startswith("error "):
        return f"ERROR_{part.name}"
    return part.name


def payload_of(octets: bytes) -> bytes | None:
    """The TCAP package in an M3UA message; None when there is none."""
    try:
        data = m3ua.decode(octets).protocol_data
        if data is None or data.si != ServiceIndicator.SCCP:
            return None
        return sccp.decode(data.payload).data
    except DecodeError:
        return None


def _belong(asked: bytes, told: bytes) -> bool:
    try:
        return decode_package(asked).originating == decode_package(told).responding
    except DecodeError:
        return True  # what cannot be read is shown beside what it came with


def _meant(payload: bytes | None) -> Answer | None:
    return None if payload is None else meaning_of(payload)


def _digits(part: Part | None, names: Iterable[str]) -> str:
    """The digits of the first of these parameters that is there."""
    for name in names:
        meant = None if part is None else part.parameters.get(name)
        found = None if meant is None else _NUMBER.match(meant.text)
        if found is not None:
            return found[0]
    return ""


def _kind(octets: bytes) -> str:
    """What a message without a package is."""
    if not octets:
        return "answer alone"
    try:
        kind = m3ua.decode(octets).kind
    except DecodeError:
        return "unreadable"
    return getattr(kind, "name", str(kind)).replace("_", " ")
