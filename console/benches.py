"""Load measurements: `ain bench` as a child over the data set on disk, against a server of its own, its results kept.

Source: console.md section 7 (`/bench`).
"""

import contextlib
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.sheets import Sheet, facts, sheet, table
from ain_scp.console.sources.commands import Commands

MOST: Final = 100
LONGEST_S: Final = 60.0
HIGHEST: Final = 100_000.0
_NAME: Final = re.compile(r"[0-9]{6}-[0-9a-f]{6}")
_PLACES: Final = ("p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms")


class Bench(msgspec.Struct):
    """One measurement. `state`: running, done, failed."""

    id: str
    by: str
    at: str
    dataset: str
    rate: float
    duration_s: float
    state: str = "running"
    why: str = ""
    result: dict[str, Any] | None = None


class Benches:
    """The measurements of a workspace; `stamp` is the time as text."""

    def __init__(self, folder: Path, stamp: Callable[[], str]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._stamp = folder, stamp
        self.known: dict[str, Bench] = {}
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
                found = msgspec.json.decode(path.read_bytes(), type=Bench)
                if found.state == "running":
                    found.state, found.why = "failed", "the console ended while it was measured"
                self.known[found.id] = found

    def begin(self, rate: object, duration: object, digest: str, by: str) -> Bench:
        """A new measurement; PageFault for figures that cannot be, or while one is running."""
        values: list[float] = []
        for name, value, least, most in (
            ("rate", rate, 1.0, HIGHEST),
            ("duration", duration, 0.5, LONGEST_S),
        ):
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise PageFault(400, f"{name}: a number from {least:g} to {most:g}")
            values.append(float(value))
        if any(one.state == "running" for one in self.known.values()):
            raise PageFault(429, "a measurement is running already; two at once would measure each other")
        while len(self.known) >= MOST:
            oldest = next(iter(self.known))
            del self.known[oldest]
            (self._folder / f"{oldest}.json").unlink(missing_ok=True)
        number = max((int(name[:6]) for name in self.known), default=0) + 1
        made = Bench(f"{number:06d}-{secrets.token_hex(3)}", by, self._stamp(), digest, values[0], values[1])
        self.known[made.id] = made
        self.keep(made)
        return made

    async def measure(self, commands: Commands, made: Bench, dataset: Path) -> None:
        """Measure, and keep what came of it."""
        words = ("bench", str(dataset), f"--rate={made.rate:g}", f"--duration={made.duration_s:g}", "--json")
        try:
            said = await commands.ask(*words, good=(0, 1, 3, 4), patience_s=LONGEST_S + 120, fresh=True)
        except PageFault as fault:
            made.state, made.why = "failed", "; ".join((fault.detail, *fault.problems[:3]))
        else:
            made.result, made.state = said[0], "done"
        self.keep(made)

    def find(self, name: str) -> Bench:
        """One measurement; PageFault 404 when there is none."""
        found = self.known.get(name) if _NAME.fullmatch(name) else None
        if found is None:
            raise absent("such measurement")
        return found

    def keep(self, made: Bench) -> None:
        """Write its file."""
        part = self._folder / f".{made.id}"
        part.write_bytes(msgspec.json.encode(made))
        part.replace(self._folder / f"{made.id}.json")


def bench_list(benches: Benches, dataset: Path) -> Sheet:
    """Every measurement, the latest first."""
    rows = []
    for one in reversed(benches.known.values()):
        last = (one.result or {}).get("steps", [{}])[-1]
        about = {
            "measurement": one.id,
            "at": one.at,
            "by": one.by,
            "data set": one.dataset[:12],
            "rate": one.rate,
            "seconds": one.duration_s,
        }
        rows.append(
            about
            | {"state": one.state, "verdict": (one.result or {}).get("verdict") or one.why}
            | {name: last.get(name) for name in _PLACES}
        )
    return sheet(
        "Measurements", f"ain bench {dataset} --rate 1000 --duration 5", rows, links={"measurement": "/bench/{}"},
        empty="Nothing was measured yet.",
    )  # fmt: skip


def bench(benches: Benches, name: str, dataset: Path) -> Sheet:
    """One measurement: steps, answer times, kinds of calls."""
    one = benches.find(name)
    command = f"ain bench {dataset} --rate {one.rate:g} --duration {one.duration_s:g}"
    about = {"state": one.state, "why": one.why, "by": one.by, "at": one.at, "data set": one.dataset}
    if one.result is None:
        return sheet(
            f"Measurement {name}",
            command,
            [],
            facts=facts(about),
            empty="It goes on." if one.state == "running" else one.why,
        )
    result = dict(one.result)
    steps = [dict(step) for step in result.pop("steps")]
    kinds = [table(f"Kinds of calls at {step['rate']:g}/s", step.pop("kinds", [])) for step in steps]
    bars = [
        (place.removesuffix("_ms"), steps[-1][place] * 1000)
        for place in _PLACES
        if steps[-1].get(place) is not None
    ]
    return sheet(
        f"Measurement {name}", command, steps, facts=facts(about | result), more=[kind for kind in kinds if kind.rows], bars=bars,
        bars_title=f"Answer time in microseconds, budget {result.get('budget_ms', 0) * 1000:g}",
    )  # fmt: skip
